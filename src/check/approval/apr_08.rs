//! `APR-08`: an approval by somebody whom nobody named.

use crate::check::define::check;
use crate::check::policies::{Untold, approvals, decided_at};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Asked, Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::model::controls::{AC_2_D, CC6_2, CC6_3};
use crate::model::{CheckId, Decision, EntitlementKey, Finding, Instant, PrincipalId, ReasonCode, Severity, Window};

check! {
    /// A request was approved by somebody whom the policy does not name
    ///
    /// ## Why it matters
    /// A policy names who may agree: the manager, the owner, a sponsor, a group.
    /// An approval by somebody else was given without that authority, or the policy has changed since.
    ///
    /// ## What it looks for
    /// Approvals of the last 365 days by an account that the policy, as it was then, does not name: not as approver, fallback or escalation approver, not through a group, and that is neither manager nor sponsor of whoever asked, nor owner of the package's catalog or of a group in it.
    /// Approvers can delegate their decisions in My Access, of which no record tells an application.
    /// So such an approval is told as not evaluable, unless the configuration says that nobody delegates (`approver_delegation = 0`).
    ///
    /// ## Known false positives
    /// Security's own stage that Entra puts before the policy's for risky users.
    ///
    /// ## What to do
    /// Have the approval confirmed by somebody whom the policy names.
    ///
    /// ## Examples
    /// Di is no approver, and nobody delegates; without that setting, nobody can tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | setting  |       |         | approver_delegation | 0 |   |
    /// | 08:00 | policy   |       |         | payroll | stage cy |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | di    | ana     | payroll |   | ◀ |
    ///
    /// The same where approvers may have delegated:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | payroll | stage cy |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | di    | ana     | payroll |   | ? |
    ///
    /// A named approver, a member of a named group, the manager, and a fallback:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | setting  |       |         | approver_delegation | 0 |   |
    /// | 08:00 | user     |       | bo      |         | manager eve |   |
    /// | 08:00 | policy   |       |         | payroll | stage manager fallback cy |   |
    /// | 08:00 | add-to-group | admin | di  | owners  |   |   |
    /// | 08:10 | policy   |       |         | library | stage group owners |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | cy    | ana     | payroll |   |   |
    /// | 10:00 | request  | bo    | bo      | payroll |   |   |
    /// | 10:30 | approve  | eve   | bo      | payroll |   |   |
    /// | 11:00 | request  | ana   | ana     | library |   |   |
    /// | 11:30 | approve  | di    | ana     | library |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-08"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_2_D, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &DELEGATION],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Policies, Table::Assignments, Table::Users, Table::Groups, Table::Memberships, Table::RoleSchedules, Table::DirectoryRoles, Table::Packages, Table::ResourceRoles, Table::ServicePrincipals, Table::Coverage],
        shard_by: Shard::Package,
        cost: "decisions of the period, each against those whom its policy names",
        run,
    }
}

static DELEGATION: Threshold = Threshold {
    name: "approver_delegation",
    default: 1,
    unit: "0 or 1",
    origin: "vendor: approvers may delegate in My Access, and only they themselves can read it",
    help: "Whether approvers may have delegated their decisions (1), or nobody does (0).",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut untold = Untold::default();
    for story in cx.requests(&LOOK_BACK) {
        if approvals(story).next().is_none() {
            if super::is_due(cx, story) {
                untold.push(story, "no record tells who approved");
            }
            continue;
        }
        let verdicts: Vec<(Standing, &Decision)> = approvals(story).map(|d| (standing(cx, story, d), d)).collect();
        let outsider = verdicts.iter().find(|(s, _)| *s == Standing::Outsider);
        let unknown = verdicts
            .iter()
            .find_map(|(s, _)| if let Standing::Unknown(why) = s { Some(why.clone()) } else { None });
        match (outsider, unknown) {
            (Some(_), _) if cx.threshold(&DELEGATION) != 0 => {
                untold.push(
                    story,
                    "the policy does not name the approver, and no record tells whether somebody had delegated to them",
                );
            }
            (Some((_, decision)), _) => out.push(found(cx, story, decision)),
            (None, Some(why)) => untold.push(story, why),
            (None, None) => out.pass_of(cx, story, "approved by those whom the policy names"),
        }
    }
    let clears_when = "Snapshots of policies, groups, managers and sponsors of that time; and the setting approver_delegation where nobody delegates.";
    untold.rows(
        cx,
        ReasonCode::JoinMissing,
        "whether the approver was entitled cannot be told",
        clears_when,
        &mut out,
    );
    out
}

/// How an approver stands to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Entitled,
    Outsider,
    Unknown(String),
}

fn standing(cx: &Context, story: &RequestHistory, decision: &Decision) -> Standing {
    if decision.who.is_empty() {
        return Standing::Unknown("the decision names no approver".into());
    }
    let approver = PrincipalId::new(&decision.who);
    let at = decided_at(decision).or(story.created_at);
    if owns(cx, story, &approver) {
        return Standing::Entitled;
    }
    let policy = match cx.policy_facts_at(story.policy.as_ref(), at) {
        Ok(policy) => policy,
        Err(why) => return Standing::Unknown(why),
    };
    let mut unknown = None;
    for asked in everybody(policy) {
        match names(cx, story, &asked, &approver, at) {
            Standing::Entitled => return Standing::Entitled,
            Standing::Unknown(why) => drop(unknown.get_or_insert(why)),
            Standing::Outsider => {}
        }
    }
    if policy.stages.is_empty() {
        return Standing::Unknown("the record of its policy names no approver".into());
    }
    unknown.map_or(Standing::Outsider, Standing::Unknown)
}

/// Everybody whom a policy names in any stage.
fn everybody(policy: &PolicyFacts) -> Vec<Asked> {
    let lists = policy.stages.iter().flat_map(|s| [&s.approvers, &s.fallbacks, &s.alternates]);
    lists.flatten().map(|text| Asked::of(text)).collect()
}

/// Whether an entry of a policy is, or may be, an approver.
fn names(cx: &Context, story: &RequestHistory, asked: &Asked, approver: &PrincipalId, at: Option<Instant>) -> Standing {
    let person = story.recipient.as_ref().or(story.requestor.as_ref()).and_then(|p| cx.access.people.get(p));
    let yes = |is: bool, otherwise: Standing| if is { Standing::Entitled } else { otherwise };
    match asked {
        Asked::User(id) => yes(id == approver, Standing::Outsider),
        Asked::Group(group) => member(cx, group, approver, at),
        Asked::Manager(_) => {
            let manager = person.and_then(|p| p.manager.as_ref());
            // Who was the manager then is not on record: the look may be later.
            yes(manager == Some(approver), Standing::Unknown("no record tells who was the manager then".into()))
        }
        Asked::Sponsor => {
            let sponsors = person.and_then(|p| p.sponsors.as_ref());
            let is = sponsors.is_some_and(|s| s.contains(approver));
            yes(is, Standing::Unknown("no record tells who were the sponsors then".into()))
        }
        Asked::Other(kind) => Standing::Unknown(format!("\"{kind}\" is a kind of approver that is not known")),
    }
}

/// Whether somebody was a member of a group at an instant.
fn member(cx: &Context, group: &str, approver: &PrincipalId, at: Option<Instant>) -> Standing {
    let Some(at) = at else {
        return Standing::Unknown("no record tells when the decision was made".into());
    };
    let key = EntitlementKey::group(group);
    let own = cx.index.groups_of(approver);
    if own
        .iter()
        .any(|h| h.entitlement == key && h.held_from.or(h.from_latest).is_none_or(|f| f <= at) && h.held_until.is_none_or(|u| at < u))
    {
        return Standing::Entitled;
    }
    let nested = cx.members_of(group).iter().any(|h| h.principal_type == "group");
    let possible = own
        .iter()
        .any(|h| h.entitlement == key && h.outer().meets(&Window { from: at, until: at.plus(1) }));
    let logged = cx
        .access
        .coverage
        .get("audit")
        .is_some_and(|c| c.attested_spans(Window { from: at, until: cx.as_of() }));
    match (nested || possible, cx.members_listed(group) && logged) {
        (false, true) => Standing::Outsider,
        _ => Standing::Unknown("no record tells who was in the group of approvers then".into()),
    }
}

/// Whether somebody owns the package's catalog, or a group or an application in it.
fn owns(cx: &Context, story: &RequestHistory, approver: &PrincipalId) -> bool {
    let Some(facts) = story.package.as_ref().and_then(|p| cx.access.packages.get(p)) else {
        return false;
    };
    let catalog = cx.access.owners_of_catalogs.get(&facts.catalog);
    let resources = facts.roles.iter().filter_map(|r| cx.access.owners.get(&r.resource));
    catalog.into_iter().chain(resources).any(|owners| owners.contains(approver))
}

fn found(cx: &Context, story: &RequestHistory, decision: &Decision) -> Finding {
    let mut draft = Draft::of_request(cx, cx.principal(&PrincipalId::new(&decision.who)), story);
    let when = decided_at(decision).map_or_else(String::new, |t| format!(" on {}", words::minute(t)));
    let whom = story
        .recipient
        .as_ref()
        .map_or_else(String::new, |r| format!(" for {}", cx.access.principal_name(r)));
    draft.severity = Severity::Medium;
    draft.reason = "not-named";
    draft.until = decided_at(decision);
    draft.evidence.extend(story.policy.iter().map(|p| format!("policies:{p}")));
    draft.message = format!(
        "{} approved the request for {}{whom}{when}, and the policy names others",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A confirmation by somebody whom the policy names.".into();
    cx.finding(draft)
}
