//! `REV-01`: a policy without a review, or with one too rare.

use super::items::{instances_of, looked_at_part, next_of};
use crate::check::define::check;
use crate::check::judge::Rhythm;
use crate::check::policies::BRIEF;
use crate::check::thresholds::{REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK};
use crate::check::{Context, Draft, Known, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::ledger::governance::ReviewSeries;
use crate::model::controls::{AC_2_J, CC6_2, CC6_3, PCI_7_2_4};
use crate::model::time::DAY;
use crate::model::{CheckId, Interned, PackageId, PolicyId, ReasonCode, Severity};

check! {
    /// A policy's access is reviewed too rarely or never
    ///
    /// ## Why it matters
    /// What was right when it was granted goes stale without anybody noticing.
    /// A periodic review is the one moment at which somebody must say again that the access is needed.
    ///
    /// ## What it looks for
    /// A policy of a live package whose review is off or absent, happens once only, has come to the end of its series, or recurs more rarely than its class asks: every three months for sensitive packages, every six for others, and seven days of slack.
    /// It weighs high for sensitive packages.
    /// Policies by which access ends within a day of itself are left out: whoever needs it asks anew each time.
    /// A review series from outside the policy that covers the package, one of its policies or its whole catalog, goes on and recurs as often, is as good.
    /// A series of which no instance ever began does not go on.
    /// Policies that assign by a rule are left out.
    ///
    /// ## Known false positives
    /// Packages reviewed by a review of the group itself, or in another tool.
    /// Policies whose assignments end within days, and are asked for anew.
    ///
    /// ## What to do
    /// Switch on the access review in the policy, with a reviewer who is neither the holder nor the approver.
    ///
    /// ## Examples
    /// No review, one that is too rare, and one that is too rare for what the package contains:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no review | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | review P1Y | ◀ medium |
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | review P6M | ◀ high |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A series that ended, and a review that happens once:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | review P3M, series until 2026-02-15 | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | review P3M, reviewed once | ◀ medium |
    /// | 2026-01-01 | policy |  |  | intranet | review P3M, series until 2026-12-31 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The policy has no review of its own, and a series from outside covers it each quarter; another series has ended:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no review |   |
    /// | 2026-01-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-01-02 | instance |  |  | payroll | until 2026-01-14 |   |
    /// | 2026-01-03 | review | cy | ana | payroll | approve |   |
    /// | 2026-01-01 | policy |  |  | library | no review | ◀ medium |
    /// | 2026-01-01 | series |  |  | library | every P1M, until 2026-02-28 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Access of two hours and of a day; of a week; and one of which no record tells how long it lasts:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no review, expires PT2H |   |
    /// | 2026-01-01 | policy |  |  | library | no review, expires P1D |   |
    /// | 2026-01-01 | policy |  |  | intranet | no review, expires P7D | ◀ medium |
    /// | 2026-01-01 | policy |  |  | keys | no review, expiry untold | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Often enough, a rule that assigns, and a record that does not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | review P6M |   |
    /// | 2026-01-01 | policy |  |  | intranet | automatic, no review |   |
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | review P3M |   |
    /// | 2026-01-01 | policy |  |  | library | review untold | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-01"),
        severity: Severity::High,
        practice: &["P2"],
        controls: &[AC_2_J, PCI_7_2_4, CC6_2, CC6_3],
        thresholds: &[&REVIEW_SENSITIVE, &REVIEW_OTHER, &REVIEW_SLACK, &BRIEF],
        reads: &[Table::Policies, Table::Packages, Table::ResourceRoles, Table::Groups, Table::ReviewDefinitions, Table::ReviewInstances, Table::ReviewDecisions, Table::Assignments],
        shard_by: Shard::Package,
        cost: "one pass over each policy",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.policies.is_empty() && !cx.looked_at(Table::Policies) {
        let message = "no assignment policies are in the lake, so how often access is reviewed is unknown";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::Policies, message, "Ingest assignment policies."), 0);
        return out;
    }
    let dead = |p: &PolicyFacts| p.package.as_ref().and_then(|id| cx.access.packages.get(id)).is_some_and(|f| f.removed);
    for (id, policy) in &cx.access.policies {
        let package = policy.package.as_ref().map(|p| p.as_str()).unwrap_or_default();
        if !cx.mine(package) || policy.automatic || policy.removed || dead(policy) {
            continue;
        }
        if !cx.may_be_by_rule(id, policy, &mut out) {
            judge(cx, id, policy, &mut out);
        }
    }
    out
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) {
    let object = policy.package.as_ref().map(|p| cx.package(p)).unwrap_or_default();
    let why = policy.package.as_ref().and_then(|p| cx.sensitive(p));
    let mut draft = Draft {
        subject: Thing::new("policy", id.as_str(), &policy.name),
        evidence: vec![format!("policies:{id}")],
        ..Draft::default()
    };
    let of = if object.name.is_empty() {
        String::new()
    } else {
        format!(" of {}", object.name)
    };
    draft.object = object;
    let name = &draft.subject.name;
    let class = why
        .as_ref()
        .map_or_else(|| "packages that are not sensitive".to_string(), |w| format!("sensitive packages ({w})"));
    let (reason, message) = match cx.rhythm(policy.package.as_ref(), policy) {
        Rhythm::Enough { .. } => return out.pass_of(cx, &draft, "reviewed as often as its class asks"),
        Rhythm::Never { asked } => (
            "no-review",
            format!(
                "the policy \"{name}\"{of} has no access review, where one every {} is asked for {class}",
                words::count(asked, "month")
            ),
        ),
        Rhythm::Rare { every, asked } => (
            "too-rare",
            format!(
                "the policy \"{name}\"{of} is reviewed every {every}, where once every {} is asked for {class}",
                words::count(asked, "month")
            ),
        ),
        Rhythm::Over { ended, asked } => (
            "series-ended",
            format!(
                "the review of the policy \"{name}\"{of} ended on {}, where one every {} is asked for {class}",
                words::day(ended),
                words::count(asked, "month")
            ),
        ),
        Rhythm::Once { asked } => (
            "once-only",
            format!(
                "the policy \"{name}\"{of} is reviewed once and never again, where one every {} is asked for {class}",
                words::count(asked, "month")
            ),
        ),
        Rhythm::ClassUnknown { every } => {
            draft.message = format!(
                "the policy \"{name}\"{of} is reviewed every {every}, and whether that is often enough depends on whether the package is sensitive, which is unknown"
            );
            draft.clears_when = "A snapshot of packages with their contents, and of the groups in them.".into();
            return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        Rhythm::Unknown => {
            draft.message = format!("the record of the policy \"{name}\"{of} does not tell whether and how often its access is reviewed");
            draft.clears_when = "An export of assignment policies with their review settings.".into();
            return out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        }
    };
    match cx.is_brief(policy) {
        Some(true) => return out.pass_of(cx, &draft, "access ends of itself within a day"),
        Some(false) => {}
        None => {
            draft.message = format!("{message}, and its record does not tell whether access ends of itself within a day");
            draft.clears_when = "An export of assignment policies with their expiration.".into();
            return out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        }
    }
    match elsewhere(cx, policy) {
        Known::Yes(_) => return out.pass_of(cx, &draft, "another review covers it as often as its class asks"),
        Known::Unknown(doubt) => {
            draft.message = format!("{message}, and {doubt}");
            draft.clears_when = "A snapshot of review definitions, with their recurrence, and of their instances.".into();
            return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        Known::No => {}
    }
    draft.severity = if why.is_some() { Severity::High } else { Severity::Medium };
    draft.reason = reason;
    draft.message = message;
    draft.clears_when = "Review settings in the policy that are on and frequent enough.".into();
    out.push(cx.finding(draft));
}

/// Whether a series from outside the policy reviews its package as often as its class asks.
fn elsewhere(cx: &Context, policy: &PolicyFacts) -> Known {
    let gap = cx.access.collection_gaps.contains_key(Table::ReviewDefinitions.name());
    let others = !cx.access.review_decisions.is_empty() || !cx.access.governance.instances.is_empty();
    // Series over many resources are listed apart; the others are the tenant's.
    let listed = cx.access.looks.contains_key(&(Table::ReviewDefinitions.name().into(), "tenant".into()));
    if !listed && (others || cx.looked_at(Table::ReviewDefinitions)) || gap {
        return Known::Unknown("reviews were held whose series are not in the lake, so whether one of them covers it is unknown".into());
    }
    let Some(package) = &policy.package else {
        return Known::No;
    };
    let live = |s: &&ReviewSeries| !s.removed && s.until.is_none_or(|t| cx.as_of() < t);
    let mut told = match cx.access.governance.series.values().filter(live).find(|s| s.unclear) {
        Some(series) => Known::Unknown(format!("the record of the review \"{}\" does not tell what it reviews", series.name)),
        None => Known::No,
    };
    for (id, series) in cx.series_of(package) {
        match keeps_up(cx, package, id, series) {
            Known::Yes(why) => return Known::Yes(why),
            Known::Unknown(why) => told = Known::Unknown(why),
            Known::No => {}
        }
    }
    told
}

/// Whether a series goes on, and often enough.
fn keeps_up(cx: &Context, package: &PackageId, id: &Interned, series: &ReviewSeries) -> Known {
    if series.until.is_some_and(|t| t <= cx.as_of()) || series.status.eq_ignore_ascii_case("Completed") {
        return Known::No;
    }
    let Some(every) = series.every else {
        let why = format!("the record of the review \"{}\" does not tell how often it happens", series.name);
        return if series.recurrence_told { Known::No } else { Known::Unknown(why) };
    };
    if series.range_unclear {
        return Known::Unknown(format!(
            "the record of the review \"{}\" does not tell whether it has come to its end",
            series.name
        ));
    }
    let slack = cx.threshold(&REVIEW_SLACK);
    let within = |months: i64| every.longest() <= (months * 31 + slack) * DAY;
    let (strict, mild) = (cx.threshold(&REVIEW_SENSITIVE), cx.threshold(&REVIEW_OTHER));
    let often = match cx.is_sensitive(package) {
        Known::Yes(_) => within(strict),
        Known::No => within(mild),
        Known::Unknown(_) if within(strict.min(mild)) => true,
        Known::Unknown(_) if !within(strict.max(mild)) => false,
        Known::Unknown(why) => {
            return Known::Unknown(format!(
                "whether the review \"{}\" is frequent enough depends on whether the package is sensitive: {why}",
                series.name
            ));
        }
    };
    // A series whose next instance did not come, be it its first, has stopped, whatever its record says.
    let Some(looked) = looked_at_part(cx, Table::ReviewInstances, id) else {
        return Known::Unknown(format!("no look at the instances of the review \"{}\" tells whether it goes on", series.name));
    };
    match (often, next_of(series, every, instances_of(cx, id))) {
        (false, _) => Known::No,
        (true, Err(why)) => Known::Unknown(format!("of the review \"{}\" {why}", series.name)),
        (true, Ok(next)) if next.plus(cx.days(&REVIEW_SLACK)) < looked => Known::No,
        (true, Ok(_)) => Known::Yes(series.name.clone()),
    }
}
