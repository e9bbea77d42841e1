//! `CAP-03`: sign-ins to a package's application that one factor was enough for.

use crate::check::define::check;
use crate::check::judge::stretch_to;
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::AppFacts;
use crate::ledger::evidence::UsageDay;
use crate::model::controls::IA_2_1;
use crate::model::{CheckId, Finding, PackageId, ReasonCode, Severity};
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// A package's application let people in with one factor
    ///
    /// ## Why it matters
    /// A package decides who may use an application, and Conditional Access under which conditions.
    /// Where a password alone is enough, a stolen password has all that the package gives.
    ///
    /// ## What it looks for
    /// For each application in a package, interactive sign-ins of the last 90 days that succeeded though one factor was enough.
    /// Records without that member count where no Conditional Access policy applied; where one applied, they do not tell what it asked, and an application of which such records alone are there is not evaluable.
    /// One finding an application, with the number of sign-ins and of people.
    ///
    /// ## Known false positives
    /// A second factor that was satisfied earlier in the same session is recorded as required, and is not counted; one that another identity provider asked may be recorded as not required.
    ///
    /// ## What to do
    /// Put the application under a policy that requires multi-factor authentication, and look at the policy's exclusions.
    ///
    /// ## Examples
    /// One factor was enough for Ana; the other application asked for two:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-01 | package |  |  | library | app catalogue |   |
    /// | 2025-12-15 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-02-02 09:00 | sign-in | ana |  | ledger | one factor | ◀ |
    /// | 2026-02-03 09:00 | sign-in | bo |  | catalogue | two factors |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A failure lets nobody in, an application outside packages is not the question, and what was before the 90 days is past:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | package |  |  | payroll | app ledger |   |
    /// | 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2025-12-05 09:00 | sign-in | ana |  | ledger | one factor |   |
    /// | 2026-02-02 09:00 | sign-in | ana |  | ledger | failed, one factor |   |
    /// | 2026-02-02 09:10 | sign-in | ana |  | ledger | two factors |   |
    /// | 2026-02-02 09:20 | sign-in | ana |  | weather | one factor |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Of one sign-in to the ledger no record tells of factors; the scanner was reached with one:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | package |  |  | payroll | app ledger | ? |
    /// | 2025-12-01 | package |  |  | library | app scanner |   |
    /// | 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-02-02 09:00 | sign-in | ana |  | ledger | two factors |   |
    /// | 2026-02-03 09:00 | sign-in | bo |  | ledger |  |   |
    /// | 2026-02-04 09:00 | sign-in | bo |  | scanner | one factor | ◀ |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The log covers too little to say that there were none:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger | ? |
    /// | 2026-03-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-03-02 09:00 | sign-in | ana |  | ledger | two factors |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("CAP-03"),
        severity: Severity::High,
        practice: &["P6"],
        controls: &[IA_2_1],
        thresholds: &[&WINDOW, &SIGN_IN_LAG],
        reads: &[Table::SignIns, Table::ResourceRoles, Table::ServicePrincipals, Table::Packages, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "one pass over the condensed sign-ins",
        run,
    }
}

static WINDOW: Threshold = Threshold {
    name: "weak_sign_in_days",
    default: 90,
    unit: "days",
    origin: "ours: one quarterly review",
    help: "How far back sign-ins are looked at.",
};

const STREAM: &str = "sign_ins:interactiveUser";

/// An application in packages, and what its sign-ins show.
#[derive(Default)]
struct Seen<'a> {
    packages: Vec<&'a PackageId>,
    single: i64,
    unprotected: i64,
    untold: i64,
    people: BTreeSet<&'a str>,
    examples: BTreeSet<&'a str>,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let mut apps: BTreeMap<&str, Seen> = BTreeMap::new();
    for (id, facts) in cx.access.packages.iter().filter(|(_, f)| !f.removed) {
        for role in facts.roles.iter().filter(|r| r.kind == "application") {
            let packages = &mut apps.entry(&role.resource).or_default().packages;
            if !packages.contains(&id) {
                packages.push(id);
            }
        }
    }
    let since = cx.since(&WINDOW);
    let recent = |u: &&UsageDay| u.last_success.unwrap_or(u.day) >= since && u.day <= cx.as_of();
    let usage: Vec<&UsageDay> = cx.access.usage.iter().filter(recent).collect();
    if let Some(row) = lack(cx, &usage) {
        out.push_for(row, apps.len());
        return out;
    }
    let ids = by_id(cx, &apps);
    let elsewhere = &usage
        .iter()
        .filter(|u| u.single_factor + u.unprotected + u.untold > 0)
        .copied()
        .collect::<Vec<&UsageDay>>();
    for day in &usage {
        let named = [&day.resource_sp_id, &day.resource_app_id, &day.client_app_id];
        let at: BTreeSet<&str> = named.iter().filter_map(|n| ids.get(n.as_str()).copied()).collect();
        for sp in at {
            if let Some(seen) = apps.get_mut(sp) {
                seen.add(day);
            }
        }
    }
    let until = cx.as_of().plus(-cx.hours(&SIGN_IN_LAG));
    let covered = cx.access.coverage.get(STREAM).and_then(|c| stretch_to(&c.any, until));
    for (sp, seen) in apps {
        if seen.single + seen.unprotected > 0 {
            out.push(found(cx, sp, &seen));
        } else if seen.untold > 0 {
            let mut draft = draft(cx, sp, &seen);
            draft.message = format!(
                "no sign-in to {} with one factor is on record, and {} do not tell whether a second one was asked",
                draft.subject.name,
                words::count(seen.untold, "sign-in")
            );
            draft.clears_when = "Sign-ins in the beta or diagnostic format, which has authenticationRequirement.".into();
            out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        } else if let Some(unjoined) = unjoined(cx, sp, elsewhere) {
            let mut draft = draft(cx, sp, &seen);
            draft.message = format!("no sign-in to {} with one factor is on record, and {unjoined}", draft.subject.name);
            draft.clears_when = "An export of service principals with their appId.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        } else if covered.is_some_and(|w| w.from <= since) {
            out.pass_of(cx, &draft(cx, sp, &seen), "the log covers the time, and no sign-in with one factor is in it");
        } else {
            let mut draft = draft(cx, sp, &seen);
            draft.message = format!(
                "no sign-in to {} with one factor is on record, and the log does not cover all of the last {}",
                draft.subject.name,
                words::count(cx.threshold(&WINDOW), "day")
            );
            draft.clears_when = "Interactive sign-in logs of all that time.".into();
            out.push(cx.not_evaluable(ReasonCode::OutsideRetention, draft));
        }
    }
    out
}

/// Why sign-ins with one factor that were seen may have been to an application; `None` when none was, or all are joined.
fn unjoined(cx: &Context, sp: &str, weak: &[&UsageDay]) -> Option<String> {
    let app_id = cx.access.apps.get(sp).is_some_and(|f| !f.app_id.is_empty());
    let nameless = |u: &&&UsageDay| u.resource_app_id.is_empty() && u.resource_sp_id.is_empty();
    match (app_id, weak.iter().find(nameless)) {
        (false, _) if !weak.is_empty() => Some("no record of the application tells its application id, so those that were seen cannot be joined to it".into()),
        (true, Some(_)) => Some("some that were seen name no resource".into()),
        _ => None,
    }
}

/// What the whole tenant lacks.
fn lack(cx: &Context, usage: &[&UsageDay]) -> Option<Finding> {
    if let Some(row) = cx.contents_unknown() {
        return Some(row);
    }
    let (source, message, clears_when) = if !cx.access.has_log(STREAM) && cx.access.usage.is_empty() {
        (
            Table::SignIns,
            "no interactive sign-ins are in the lake, so how people sign in to packages' applications is unknown",
            "Ingest interactive sign-in logs.",
        )
    } else if usage.iter().any(|u| u.successes > 0) && usage.iter().all(|u| u.telling == 0) {
        (
            Table::SignIns,
            "no sign-in record tells of factors or of Conditional Access",
            "Ingest sign-ins in the beta or diagnostic format, which has authenticationRequirement.",
        )
    } else {
        return None;
    };
    Some(cx.lacking(ReasonCode::NoTelemetry, source, message, clears_when))
}

/// Applications by each id that a sign-in may give.
fn by_id<'a>(cx: &Context<'a>, apps: &BTreeMap<&'a str, Seen>) -> BTreeMap<&'a str, &'a str> {
    let mut ids = BTreeMap::new();
    for sp in apps.keys() {
        ids.insert(*sp, *sp);
        let app_id = cx.access.apps.get(*sp).map(|f: &AppFacts| f.app_id.as_str());
        if let Some(app_id) = app_id.filter(|a| !a.is_empty()) {
            ids.insert(app_id, *sp);
        }
    }
    ids
}

impl<'a> Seen<'a> {
    fn add(&mut self, day: &'a UsageDay) {
        self.single += day.single_factor;
        self.unprotected += day.unprotected;
        self.untold += day.untold;
        if day.single_factor + day.unprotected > 0 {
            self.people.insert(day.principal.as_str());
            self.examples.extend(day.weak_example.as_deref());
        }
    }
}

/// So many sign-ins stand as evidence; the message counts them all.
const EXAMPLES: usize = 20;

fn draft(cx: &Context, sp: &str, seen: &Seen) -> Draft {
    let name = cx.access.apps.get(sp).map_or("", |f| f.name.as_str());
    let mut roles = seen.packages.iter().filter_map(|p| cx.access.packages.get(*p)).flat_map(|p| &p.roles);
    let told = roles.find(|r| r.resource == sp).map_or("", |r| r.resource_name.as_str());
    Draft {
        subject: Thing::new("application", sp, if name.is_empty() { told } else { name }),
        // Of several packages none is the one that it is about.
        object: match seen.packages.as_slice() {
            [one] => cx.package(one),
            _ => Thing::default(),
        },
        from: Some(cx.since(&WINDOW)),
        until: Some(cx.as_of()),
        evidence: seen.examples.iter().take(EXAMPLES).map(|id| format!("sign_ins:{id}")).collect(),
        ..Draft::default()
    }
}

fn found(cx: &Context, sp: &str, seen: &Seen) -> Finding {
    let mut draft = draft(cx, sp, seen);
    let packages: Vec<String> = seen.packages.iter().map(|p| cx.package(p).name).collect();
    let mut kinds = Vec::new();
    if seen.single > 0 {
        kinds.push(format!("{} for which one factor was enough", words::count(seen.single, "interactive sign-in")));
    }
    if seen.unprotected > 0 {
        kinds.push(format!(
            "{} to which no Conditional Access policy applied",
            words::count(seen.unprotected, "interactive sign-in")
        ));
    }
    draft.severity = Severity::High;
    draft.reason = if seen.single > 0 { "single-factor" } else { "no-policy-applied" };
    draft.message = format!(
        "{}, in {}, let {} in with {} in the last {}",
        draft.subject.name,
        words::listed(&packages),
        words::many(seen.people.len(), "account"),
        kinds.join(" and "),
        words::count(cx.threshold(&WINDOW), "day")
    );
    draft.covers = seen.people.iter().map(ToString::to_string).collect();
    draft.clears_when = format!(
        "{} without such a sign-in, under a policy that requires two factors.",
        words::count(cx.threshold(&WINDOW), "day")
    );
    cx.finding(draft)
}
