//! `EXC-11`: contents of a package that nobody who holds it uses.

use crate::check::define::check;
use crate::check::judge::stretch_to;
use crate::check::surround::holdings;
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageContent;
use crate::ledger::evidence::UsageDay;
use crate::model::controls::AC_6_7;
use crate::model::{CheckId, EntitlementKind, Finding, Holding, Instant, PackageId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Nobody who holds a package uses an application of it
    ///
    /// ## Why it matters
    /// What nobody uses does no good and can do harm: each holder of the package can be tricked into opening that door.
    ///
    /// ## What it looks for
    /// An application that has been in a package for ninety days or more, while no holder of the package has signed in to it for ninety days, interactively or not; both kinds of sign-ins must be covered for all that time, and somebody must have held the package as long.
    /// Groups and sites have no sign-ins of their own and are left out.
    ///
    /// ## Known false positives
    /// Applications that are used once a year, and those that people reach by another application's session.
    ///
    /// ## What to do
    /// Take the application out of the package, or put it into one of its own for the few who need it.
    ///
    /// ## Examples
    /// The ledger is used, the scanner never was:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | package |  |  | payroll | app scanner | ◀ low |
    /// | 2025-12-01 | package |  |  | payroll | app ledger |   |
    /// | 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2025-12-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-02-02 09:00 | sign-in | ana |  | ledger |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Bo used it and Ana did not, and one application came last month:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-03-01 | package |  |  | payroll | app scanner |   |
    /// | 2025-12-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2025-12-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-02-01 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 09:00 | sign-in | bo |  | ledger |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The log covers a month only:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | package |  |  | payroll | app ledger | ? |
    /// | 2026-03-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2025-12-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-11"),
        severity: Severity::Low,
        practice: &["P1"],
        controls: &[AC_6_7],
        thresholds: &[&UNUSED, &SIGN_IN_LAG],
        reads: holdings!(SignIns, Coverage),
        shard_by: Shard::Package,
        cost: "holders of packages with applications, each with their sign-ins",
        run,
    }
}

static UNUSED: Threshold = Threshold {
    name: "unused_content_days",
    default: 90,
    unit: "days",
    origin: "ours: one quarterly review",
    help: "How long nobody may have used an application of a package.",
};

/// The streams of people's sign-ins: the absence of use needs both.
const STREAMS: [&str; 2] = ["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"];

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings().or_else(|| cx.contents_unknown()) {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    if let Some(row) = no_logs(cx) {
        out.push_for(row, 0);
        return out;
    }
    let mut holders: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    let held = |h: &&Holding| h.entitlement.kind == EntitlementKind::AccessPackage && h.held_at(cx.as_of());
    for holding in cx.access.holdings.iter().filter(held).filter(|h| cx.mine(h.entitlement.resource())) {
        if cx.account(&holding.principal).is_person() != Some(false) {
            holders.entry(holding.entitlement.resource()).or_default().push(holding);
        }
    }
    let is_app = |c: &&PackageContent| c.entitlement.as_ref().is_some_and(|k| k.kind == EntitlementKind::AppRole);
    let mut told: BTreeMap<(&str, &str), &PackageContent> = BTreeMap::new();
    for content in cx.access.contents.iter().filter(|c| c.span.lasts_at(cx.as_of())).filter(is_app) {
        let app = content.entitlement.as_ref().map_or("", |k| k.resource());
        told.entry((content.package.as_str(), app)).or_insert(content);
    }
    for ((package, app), content) in told {
        if let Some(list) = holders.get(package) {
            judge(cx, (package, app), content, list, &mut out);
        }
    }
    out
}

/// No stream of people's sign-ins is there at all.
fn no_logs(cx: &Context) -> Option<Finding> {
    let none = STREAMS.iter().any(|s| !cx.access.has_log(s)) && cx.access.usage.is_empty();
    none.then(|| {
        let message = "no sign-ins are in the lake, so which applications people use is unknown";
        cx.lacking(
            ReasonCode::NoTelemetry,
            Table::SignIns,
            message,
            "Ingest the interactive and the non-interactive sign-in logs.",
        )
    })
}

fn judge(cx: &Context, (package, app): (&str, &str), content: &PackageContent, holders: &[&Holding], out: &mut Outcome) {
    let since = cx.since(&UNUSED);
    // Too young to be missed: the application in the package, or all who hold it.
    let began = |t: Option<Instant>| t.is_some_and(|t| since < t);
    if began(content.span.from_earliest) || holders.iter().all(|h| began(h.from_earliest)) {
        return;
    }
    let (mut used, mut perhaps) = (false, false);
    for day in holders
        .iter()
        .flat_map(|h| cx.index.usage_of(&h.principal))
        .filter(|d| d.successes > 0 && d.day >= since.plus(-DAY_OF_START))
    {
        match is_at(cx, day, app) {
            Some(true) => used = true,
            None => perhaps = true,
            Some(false) => {}
        }
    }
    let mut draft = Draft {
        subject: cx.package(&PackageId::new(package)),
        object: Thing::new(
            "application",
            app,
            cx.access.apps.get(app).map_or(content.resource_name.as_str(), |f| f.name.as_str()),
        ),
        evidence: content.evidence.iter().map(ToString::to_string).collect(),
        from: Some(since),
        until: Some(cx.as_of()),
        ..Draft::default()
    };
    let (what, where_) = (draft.object.name.clone(), draft.subject.name.clone());
    let days = words::count(cx.threshold(&UNUSED), "day");
    if used {
        return out.pass_of(cx, &draft, "a holder has used it");
    }
    let until = cx.as_of().plus(-cx.hours(&SIGN_IN_LAG));
    let covers = |s: &&str| {
        cx.access
            .coverage
            .get(*s)
            .and_then(|c| stretch_to(&c.any, until))
            .is_some_and(|w| w.from <= since)
    };
    let old =
        holders.iter().any(|h| cx.began(h).is_some_and(|t| t <= since)) && content.span.from_latest.or(content.span.held_from).is_some_and(|t| t <= since);
    let doubt = match () {
        () if perhaps => Some((ReasonCode::JoinMissing, "sign-ins of holders cannot be joined to applications")),
        () if !STREAMS.iter().all(covers) => Some((ReasonCode::OutsideRetention, "the sign-in logs do not cover all that time")),
        () if !old => Some((ReasonCode::TooYoung, "nothing tells that it was there and held for all that time")),
        () if !cx.looked_whole(Table::Assignments) => Some((ReasonCode::NoTelemetry, "no complete snapshot of assignments tells who else holds it")),
        () => None,
    };
    if let Some((reason, why)) = doubt {
        draft.message = format!("no holder of {where_} was seen to use {what} in the last {days}, and {why}");
        draft.clears_when = "Sign-in logs of people, interactive or not, with the ids of applications, of all that time.".into();
        return out.push(cx.not_evaluable(reason, draft));
    }
    draft.severity = Severity::Low;
    draft.reason = "unused-content";
    draft
        .evidence
        .extend(holders.iter().take(EXAMPLES).flat_map(|h| h.evidence.iter().map(ToString::to_string)));
    draft.message = format!(
        "none of {} of {where_} has signed in to {what} in the last {days}, though it is in the package",
        words::many(holders.len(), "holder")
    );
    draft.clears_when = format!("A sign-in of a holder to {what}, or the package without it.");
    out.push(cx.finding(draft));
}

/// So many holders stand as evidence; the message counts them all.
const EXAMPLES: usize = 20;

/// Use is counted by day: the day on which the time begins counts whole.
const DAY_OF_START: i64 = crate::model::time::DAY;

/// Whether a day of sign-ins was at an application; `None` when its record names none, or names it by an id that cannot be joined.
fn is_at(cx: &Context, day: &UsageDay, app: &str) -> Option<bool> {
    let id = cx.access.apps.get(app).map(|f| f.app_id.as_str()).unwrap_or_default();
    let (by_object, by_id) = (day.resource_sp_id.as_str(), day.resource_app_id.as_str());
    let same = |a: &str, b: &str| !a.is_empty() && a == b;
    if same(by_object, app) || same(by_id, id) || same(day.client_app_id.as_str(), id) {
        return Some(true);
    }
    match (by_object.is_empty(), by_id.is_empty(), id.is_empty()) {
        (true, true, _) | (true, false, true) => None,
        // The client may be the application, of which no id is on record.
        (false, _, true) if !day.client_app_id.is_empty() => None,
        _ => Some(false),
    }
}
