//! `DRF-01`: a package that gives more than its holders were approved for.

use crate::check::define::check;
use crate::check::known::shown;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageRole;
use crate::model::controls::{AC_2, CM_3};
use crate::model::{CheckId, EntitlementKind, Finding, Holding, Instant, PackageId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// A role was added to a package after people were approved for it
    ///
    /// ## Why it matters
    /// Whoever holds the package gets what is added to it, and nobody approved that.
    ///
    /// ## What it looks for
    /// A group's, application's or directory role that entered a package within the last 365 days, while people held it who still do, and of whom no reviewer has kept it since.
    /// It weighs high where the role is a directory role or of a role-assignable group.
    /// Holders by a rule were never approved, and do not count.
    ///
    /// ## Known false positives
    /// A group that replaces another one with the same rights.
    ///
    /// ## What to do
    /// Have the package's owner confirm the role for those who hold it, or take it out and offer it as a package of its own.
    ///
    /// ## Examples
    /// Ana and Bo were approved before the application came:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-06 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-10 | package |  |  | payroll | app ledger | ◀ ledger |
    /// | 2026-02-20 | deliver |  | cy | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A role-assignable group came later:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | app doors |   |
    /// | 2026-01-05 | deliver |  | ana | keys |  |   |
    /// | 2026-02-10 | package |  |  | keys | privileged group vault | ◀ high |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// It was there before anybody held it, or a reviewer has kept everybody since:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers, app ledger |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-01 | package |  |  | library | group readers |   |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-02-10 | package |  |  | library | app books |   |
    /// | 2026-03-01 | decide | boss | bo | library | approve |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("DRF-01"),
        severity: Severity::High,
        practice: &["P1", "P3"],
        controls: &[CM_3, AC_2],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::ResourceRoles, Table::Packages, Table::Groups, Table::Assignments, Table::Requests, Table::AuditEvents, Table::Policies, Table::ReviewDecisions, Table::ReviewDefinitions, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "one pass over each role of each package, and the holders of those that are new",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.contents_unknown() {
        out.push_for(row, 0);
        return out;
    }
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    if let Some(row) = stale(cx) {
        out.push_for(row, 0);
    }
    let mut holders: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for holding in cx.held().filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage) {
        holders.entry(holding.entitlement.resource()).or_default().push(holding);
    }
    let kept = kept(cx);
    let since = cx.since(&LOOK_BACK);
    for (id, facts) in cx.access.packages.iter().filter(|(_, f)| !f.removed) {
        let held = holders.get(id.as_str()).map_or(&[][..], Vec::as_slice);
        for role in facts.roles.iter().filter(|r| r.kind != "other") {
            judge(cx, (id, role), held, &kept, since, &mut out);
        }
    }
    out
}

/// The row that says that packages were looked at much earlier than who holds them, and that no log tells of the time between.
fn stale(cx: &Context) -> Option<Finding> {
    let contents = cx.index.newest_look(Table::ResourceRoles).max(cx.index.newest_look(Table::Packages))?;
    let held = cx.index.newest_look(Table::Assignments)?;
    let logs = cx.access.coverage.get("audit").map_or(&[][..], |c| c.any.as_slice());
    let logged = logs.iter().any(|w| w.from <= contents && held.plus(-STALE) <= w.until);
    (held.0 - contents.0 > STALE && !logged).then(|| {
        let message = format!(
            "packages were last looked at on {}, and who holds them on {}, so what entered a package in between is unknown",
            words::day(contents),
            words::day(held)
        );
        cx.lacking(
            ReasonCode::SourceStale,
            Table::ResourceRoles,
            &message,
            "A snapshot of packages with their contents of the same time.",
        )
    })
}

/// Looks of one export may be so far apart.
const STALE: i64 = 2 * crate::model::time::DAY;

/// By person and what was reviewed: the last time a reviewer kept somebody, and, with `false`, that a review kept them of which no
/// record tells who decided or when.
type Kept<'a> = BTreeMap<(&'a str, &'a str, bool), Instant>;

fn kept<'a>(cx: &Context<'a>) -> Kept<'a> {
    let mut kept = Kept::new();
    for d in cx
        .access
        .review_decisions
        .iter()
        .filter(|d| d.decision.eq_ignore_ascii_case("approve") && (d.reviewer.is_some() || !d.reviewer_told))
    {
        let clear = d.reviewer.is_some() && d.reviewed_at.is_some();
        let at = d.reviewed_at.unwrap_or(cx.as_of());
        if at > cx.as_of() {
            continue;
        }
        let latest = kept.entry((d.principal.as_str(), d.resource.as_str(), clear)).or_insert(at);
        *latest = at.max(*latest);
    }
    kept
}

fn judge(cx: &Context, (id, role): (&PackageId, &PackageRole), held: &[&Holding], kept: &Kept, since: Instant, out: &mut Outcome) {
    let name = shown(&role.resource_name, &role.resource);
    let draft = Draft {
        subject: cx.package(id),
        object: Thing::new(&role.kind, &role.resource, name),
        ..Draft::default()
    };
    let Some(added) = role.since else {
        let message = format!("no record tells when {name} entered {}", draft.subject.name);
        return out.push(draft.untold(
            cx,
            ReasonCode::NoTelemetry,
            message,
            "An export of the package's resource roles with createdDateTime.",
        ));
    };
    if added < since || added > cx.as_of() {
        return out.pass_of(cx, &draft, format_args!("in the package since {}", words::day(added)));
    }
    let kept_since = |h: &Holding, clear: bool| {
        let at = |resource: &str| kept.get(&(h.principal.as_str(), resource, clear)).copied();
        let by = at(id.as_str()).max(h.policy.as_ref().and_then(|p| at(p.as_str())));
        by.is_some_and(|t| t > added)
    };
    let (mut before, mut unclear): (Vec<&Holding>, usize) = (Vec::new(), 0);
    for holding in held.iter().filter(|h| !kept_since(h, true)) {
        let begun = cx.began(holding).is_some_and(|t| t < added);
        let later = holding.from_earliest.is_some_and(|t| t >= added);
        match (cx.by_rule(holding), begun, later) {
            (Some(true), ..) | (_, _, true) => {}
            (Some(false), true, _) if !kept_since(holding, false) => before.push(holding),
            (Some(false), true, _) => unclear += 1,
            (None, ..) | (_, false, false) => unclear += 1,
        }
    }
    let unreviewed = !cx.looked_at(Table::ReviewDecisions) && cx.access.review_decisions.is_empty();
    match (before.is_empty(), unclear) {
        (true, 0) => out.pass_of(cx, &draft, "nobody holds it who was approved before, or a reviewer has kept them since"),
        (true, number) => {
            let message = format!(
                "{name} entered {} on {}, and of {} no record tells whether they were there before, were approved, or a person has kept them since",
                draft.subject.name,
                words::day(added),
                words::many(number, "holder")
            );
            out.push(draft.untold(
                cx,
                ReasonCode::JoinMissing,
                message,
                "The requests or audit events of their grants, and a snapshot of policies.",
            ));
        }
        (false, _) if unreviewed && before.iter().any(|h| !cx.unreviewed(h)) => {
            let message = "no review decisions are in the lake, so whether reviewers have kept holders since a role was added is unknown";
            let clears_when = "Ingest the decisions of access reviews.";
            out.push(cx.lacking(ReasonCode::NoTelemetry, Table::ReviewDecisions, message, clears_when));
        }
        (false, _) => out.push(found(cx, draft, (role, added), &before)),
    }
}

fn found(cx: &Context, mut draft: Draft, (role, added): (&PackageRole, Instant), before: &[&Holding]) -> Finding {
    let privileged = role.kind == "directory_role" || cx.access.groups.get(&role.resource).is_some_and(|g| g.role_assignable);
    let names: Vec<String> = before.iter().map(|h| h.principal_name.to_string()).collect();
    draft.severity = if privileged { Severity::High } else { Severity::Medium };
    draft.reason = if privileged { "privileged-role-added" } else { "role-added" };
    draft.from = Some(added);
    draft.evidence = before.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)).collect();
    draft.evidence.push(format!("packages:{}", draft.subject.id));
    draft.covers = before.iter().map(|h| h.principal.to_string()).collect();
    draft.message = format!(
        "{} entered {} on {}, when {} held it who still do: {}",
        draft.object.name,
        draft.subject.name,
        words::day(added),
        words::many(before.len(), "person").replace("persons", "people"),
        words::listed(&names)
    );
    draft.clears_when = "A review that keeps those holders, or the role out of the package.".into();
    cx.finding(draft)
}
