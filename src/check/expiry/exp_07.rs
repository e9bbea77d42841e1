//! `EXP-07`: a period may be asked for, and nobody asks for one.

use crate::check::define::check;
use crate::check::policies::{CEILING_EMPLOYEE, CEILING_SENSITIVE, is_delivered};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Known, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::model::controls::AC_6;
use crate::model::{CheckId, Finding, PackageId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// People ask for access without an end where they could name one
    ///
    /// ## Why it matters
    /// A request for a specific period is the easiest way to give no more than is needed.
    /// Where the form offers it and nobody uses it, the default decides, and the default is too long.
    ///
    /// ## What it looks for
    /// Packages of whose delivered requests in the last 365 days half or more asked for no end, under a policy that lets requestors name a period and that itself sets no end, or one later than the class of the package allows: 90 days for a sensitive one, 365 for others.
    /// Fewer than three such requests are no habit.
    ///
    /// ## Known false positives
    /// A package for work that has no end, such as a standing duty.
    ///
    /// ## What to do
    /// Set a default end in the policy, and tell people that they can ask for less.
    ///
    /// ## Examples
    /// Three of four asked for no end:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | custom schedule, no expiry | ◀ low |
    /// | 2026-01-05 | deliver |  | ana | payroll | no end |   |
    /// | 2026-01-06 | deliver |  | bo | payroll | no end |   |
    /// | 2026-01-07 | deliver |  | cy | payroll | no end |   |
    /// | 2026-01-08 | deliver |  | di | payroll | until 2026-06-30 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Most name an end; the policy sets one; and nobody can name one:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | custom schedule, no expiry |   |
    /// | 2026-01-01 | policy |  |  | library | custom schedule, expires P90D |   |
    /// | 2026-01-01 | policy |  |  | intranet | no expiry |   |
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-06-30 |   |
    /// | 2026-01-06 | deliver |  | bo | payroll | until 2026-06-30 |   |
    /// | 2026-01-07 | deliver |  | cy | payroll | no end |   |
    /// | 2026-01-05 | deliver |  | ana | library | no end |   |
    /// | 2026-01-06 | deliver |  | bo | library | no end |   |
    /// | 2026-01-07 | deliver |  | cy | library | no end |   |
    /// | 2026-01-05 | deliver |  | ana | intranet | no end |   |
    /// | 2026-01-06 | deliver |  | bo | intranet | no end |   |
    /// | 2026-01-07 | deliver |  | cy | intranet | no end |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-07"),
        severity: Severity::Low,
        practice: &["P0", "P4"],
        controls: &[AC_6],
        thresholds: &[&LOOK_BACK, &SHARE, &LEAST, &CEILING_SENSITIVE, &CEILING_EMPLOYEE],
        reads: &[Table::Requests, Table::Policies, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups, Table::AuditEvents, Table::Coverage],
        shard_by: Shard::Package,
        cost: "requests of the period, each with its policy as it was",
        run,
    }
}

static SHARE: Threshold = Threshold {
    name: "endless_request_share",
    default: 50,
    unit: "percent",
    origin: "ours: where half do it, it is the custom",
    help: "Which share of requests without an end is a finding.",
};

static LEAST: Threshold = Threshold {
    name: "endless_requests",
    default: 3,
    unit: "requests",
    origin: "ours: fewer are no custom",
    help: "How many requests without an end there must be.",
};

/// The requests of a package: without an end, with one, and of which no record tells.
#[derive(Default)]
struct Asked<'a> {
    endless: Vec<&'a RequestHistory>,
    ending: i64,
    unknown: i64,
    why: Option<String>,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut packages: BTreeMap<&PackageId, Asked> = BTreeMap::new();
    // Of a delivery whose request is not on record nobody can tell whether anybody asked.
    for story in cx.requests(&LOOK_BACK).filter(|s| is_delivered(s) && !s.kind.is_empty()) {
        let Some(package) = &story.package else { continue };
        let asked = packages.entry(package).or_default();
        let told = match story.expiration_type.to_ascii_lowercase().as_str() {
            "noexpiration" => Some(true),
            "afterdatetime" | "afterduration" => Some(false),
            "notspecified" => Some(story.end_at.is_none()),
            _ if story.end_at.is_some() => Some(false),
            _ => None,
        };
        let policy = cx.policy_facts_at(story.policy.as_ref(), story.created_at);
        let open = policy.map(|p| is_open(cx, package, p));
        match (told, open) {
            (_, Ok(Some(false))) => {}
            (Some(false), _) => asked.ending += 1,
            (Some(true), Ok(Some(true))) => asked.endless.push(story),
            (None, Ok(_)) => {
                asked.unknown += 1;
                asked.why.get_or_insert("no record tells for how long they asked".into());
            }
            (_, Ok(None)) => {
                asked.unknown += 1;
                asked
                    .why
                    .get_or_insert("no record tells whether the policy lets them name a period, or how long the package may be held".into());
            }
            (_, Err(why)) => {
                asked.unknown += 1;
                asked.why.get_or_insert(why);
            }
        }
    }
    for (package, asked) in packages {
        judge(cx, package, &asked, &mut out);
    }
    out
}

/// Whether a policy lets requestors name a period and sets none itself that is short enough; `None` where nobody can tell.
fn is_open(cx: &Context, package: &PackageId, policy: &PolicyFacts) -> Option<bool> {
    if policy.automatic || policy.custom_schedule == Some(false) {
        return Some(false);
    }
    if policy.may_be_by_rule() {
        return None;
    }
    let longer = |threshold: &Threshold| policy.expires_after.map(|d| d.longest() > cx.days(threshold));
    let open = match policy.expiration_type.to_ascii_lowercase().as_str() {
        "noexpiration" => Some(true),
        "afterdatetime" => Some(false),
        "afterduration" => match cx.is_sensitive(package) {
            Known::Yes(_) => longer(&CEILING_SENSITIVE),
            Known::No => longer(&CEILING_EMPLOYEE),
            Known::Unknown(_) => longer(&CEILING_SENSITIVE).filter(|l| Some(*l) == longer(&CEILING_EMPLOYEE)),
        },
        _ => None,
    };
    match (open, policy.custom_schedule) {
        (Some(false), _) => Some(false),
        (open, Some(_)) => open,
        (_, None) => None,
    }
}

fn judge(cx: &Context, package: &PackageId, asked: &Asked, out: &mut Outcome) {
    let endless = i64::try_from(asked.endless.len()).unwrap_or(i64::MAX);
    let (share, least) = (cx.threshold(&SHARE), cx.threshold(&LEAST).max(1));
    let enough = |endless: i64, all: i64| endless >= least && endless.saturating_mul(100) >= share.saturating_mul(all);
    let all = endless + asked.ending + asked.unknown;
    let draft = Draft {
        subject: cx.package(package),
        evidence: asked.endless.iter().flat_map(|s| s.evidence.iter().map(ToString::to_string)).collect(),
        ..Draft::default()
    };
    // Whatever those are of which no record tells.
    if enough(endless, all) {
        return out.push(found(cx, draft, endless, all));
    }
    if !enough(endless + asked.unknown, all) {
        return out.pass_of(cx, &draft, "most requests name an end");
    }
    let why = asked.why.clone().unwrap_or_default();
    let message = format!(
        "whether people ask for {} without an end is unknown: of {}, {why}",
        draft.subject.name,
        words::count(asked.unknown, "request")
    );
    let draft = Draft {
        object: Thing::new("source", Table::Requests.name(), ""),
        ..draft
    };
    out.push(draft.untold(
        cx,
        ReasonCode::JoinMissing,
        message,
        "Assignment requests with their schedule, and snapshots of policies of that time.",
    ));
}

fn found(cx: &Context, mut draft: Draft, endless: i64, all: i64) -> Finding {
    draft.severity = Severity::Low;
    draft.reason = "asked-for-no-end";
    draft.message = format!(
        "of {} for {} in the last {}, {endless} asked for no end, though the policy lets people name one and sets none that is short enough",
        words::count(all, "request"),
        draft.subject.name,
        words::count(cx.threshold(&LOOK_BACK), "day")
    );
    draft.clears_when = "A default end in the policy, or requests that name a period.".into();
    cx.finding(draft)
}
