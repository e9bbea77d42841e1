//! `APR-02`: nobody is asked, though the access is sensitive or for outsiders.

use crate::check::define::check;
use crate::check::policies::{Agreed, SENSITIVITY_CLEARS, is_delivered};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::model::controls::{AC_2_E, CC6_2, CC6_3};
use crate::model::{CheckId, PolicyId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Nobody approves access that is sensitive or for outsiders
    ///
    /// ## Why it matters
    /// Whoever is in the scope of such a policy has the access by asking for it.
    /// That suits a canteen's menu, and neither a privileged group nor people of other organisations.
    ///
    /// ## What it looks for
    /// A policy by which people may ask, and that asks no approver, where the package is sensitive (high), or where people of other organisations may ask or guests were given it (medium).
    /// It counts the requests of the last 365 days that were delivered so, by their own record or by the policy as it was then: a policy that asks for approval today is told for what it gave before.
    /// Policies that assign by a rule are left out; by those for direct assignment only nobody asks.
    ///
    /// ## Known false positives
    /// Approval that was given elsewhere, such as a contract that names the people of a partner.
    ///
    /// ## What to do
    /// Name an approver in the policy, and have the access that was given so far reviewed.
    ///
    /// ## Examples
    /// A sensitive package without approval, and one for partners:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | no approval | ◀ high |
    /// | 2026-01-05 | deliver |  | ana | keys |  |   |
    /// | 2026-01-01 | policy |  |  | library | scope allExternalUsers | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A guest asked, and nobody was asked:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | policy |  |  | library | scope allDirectoryUsers | ◀ medium |
    /// | 2026-01-05 | request | gil | gil | library |  |   |
    /// | 2026-01-05 00:01 | auto-approve |  | gil | library |  |   |
    /// | 2026-01-05 00:02 | deliver |  | gil | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// An ordinary package without approval, a sensitive one with an approver, and one that only administrators assign:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | library | no approval |   |
    /// | 2026-01-05 | deliver |  | ana | library |  |   |
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | stage boss |   |
    /// | 2026-01-06 | request | ana | ana | keys |  |   |
    /// | 2026-01-06 10:00 | approve | boss | ana | keys |  |   |
    /// | 2026-01-06 10:01 | deliver |  | ana | keys |  |   |
    /// | 2026-01-01 | package |  |  | safe | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | safe | scope notSpecified |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-02"),
        severity: Severity::High,
        practice: &["P3"],
        controls: &[AC_2_E, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Policies, Table::Requests, Table::Approvals, Table::AuditEvents, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups, Table::Users, Table::ServicePrincipals, Table::Memberships, Table::AppRoleAssignments, Table::DirectoryRoles, Table::Coverage],
        shard_by: Shard::Package,
        cost: "one pass over each policy and each request of the period",
        run,
    }
}

/// What was given by one policy.
#[derive(Default)]
struct Given<'a> {
    unapproved: Vec<&'a RequestHistory>,
    untold: usize,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("who must approve") {
        out.push_for(row, 0);
        return out;
    }
    cx.not_understood(&mut out, &[Table::Requests]);
    let mut given: BTreeMap<&PolicyId, Given> = BTreeMap::new();
    for story in cx.requests(&LOOK_BACK).filter(|s| is_delivered(s)) {
        let Some(policy) = &story.policy else { continue };
        let of = given.entry(policy).or_default();
        match cx.agreed(story) {
            Agreed::ByPolicy => of.unapproved.push(story),
            Agreed::ByPeople => {}
            Agreed::Untold(_) => of.untold += 1,
        }
    }
    for (id, policy) in cx.live_policies(&mut out) {
        judge(cx, id, policy, given.remove(id).unwrap_or_default(), &mut out);
    }
    out
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, given: Given, out: &mut Outcome) {
    let now = match (policy.is_for_requests(), policy.approval_required) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        (None, _) | (_, None) => None,
    };
    let (draft, called) = Draft::of_policy(cx, id, policy);
    if now == Some(false) && given.unapproved.is_empty() {
        if given.untold == 0 {
            return pass(cx, &draft, out);
        }
        let message = format!(
            "{called} asks for approval now, and of {} no record tells whether anybody approved",
            words::many(given.untold, "delivered request")
        );
        return out.push(draft.untold(
            cx,
            ReasonCode::OutsideRetention,
            message,
            "Audit events or approvals of the time of those requests.",
        ));
    }
    if now.is_none() && given.unapproved.is_empty() {
        let message = format!("the record of {called} does not tell who may ask, or whether anybody approves");
        return out.push(draft.untold(
            cx,
            ReasonCode::NoTelemetry,
            message,
            "An export of assignment policies with their approval settings.",
        ));
    }
    let outsiders = given.unapproved.iter().filter_map(|s| Some(cx.account(s.recipient.as_ref()?)));
    let outsiders: Vec<crate::check::Account> = outsiders.collect();
    let guests = outsiders.iter().filter(|a| **a == crate::check::Account::Guest).count();
    let unclear = outsiders
        .iter()
        .any(|a| matches!(a, crate::check::Account::User | crate::check::Account::Unknown));
    let (severity, reason, class) = match cx.is_for_sensitive(policy) {
        Known::Yes(why) => (Severity::High, "sensitive", format!("the package is sensitive ({why})")),
        _ if policy.is_for_external() == Some(true) => (Severity::Medium, "external", "people of other organisations may ask".into()),
        _ if guests > 0 => (Severity::Medium, "guests", format!("{} had it so", words::many(guests, "guest"))),
        Known::Unknown(why) => {
            let message = format!("by {called} nobody approves, and whether its package is sensitive is unknown: {why}");
            return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, SENSITIVITY_CLEARS));
        }
        Known::No if unclear || policy.is_for_external().is_none() || given.untold > 0 => {
            let message = format!("by {called} nobody approves, and whether people of other organisations have it so is unknown");
            let clears_when = "A snapshot of users with their type, and of policies with their scope.";
            return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, clears_when));
        }
        Known::No => return pass(cx, &draft, out),
    };
    out.push(found(cx, (draft, called), (severity, reason, class), now, &given));
}

/// Nothing is wrong, as far as all requests are on record.
fn pass(cx: &Context, draft: &Draft, out: &mut Outcome) {
    if cx.looked_whole(Table::Requests) {
        return out.pass_of(cx, draft, "those whose access it gives were approved, or need not be");
    }
    let message = "no complete snapshot of assignment requests is in the lake, so what was given without approval is unknown";
    out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Requests, message, "Ingest all assignment requests."));
}

fn found(
    cx: &Context,
    (mut draft, called): (Draft, String),
    (severity, reason, class): (Severity, &'static str, String),
    now: Option<bool>,
    given: &Given,
) -> crate::model::Finding {
    let number = words::many(given.unapproved.len(), "request");
    let given_so = format!("{number} of the last {} came to a delivery so", words::count(cx.threshold(&LOOK_BACK), "day"));
    draft.severity = severity;
    draft.reason = reason;
    draft.message = match now {
        Some(true) => format!("{called} asks nobody to approve, though {class}; {given_so}"),
        _ => format!(
            "by {called} nobody approved {number} of the last {}, though {class}",
            words::count(cx.threshold(&LOOK_BACK), "day")
        ),
    };
    draft
        .evidence
        .extend(given.unapproved.iter().flat_map(|s| s.evidence.iter().map(ToString::to_string)));
    draft.clears_when = "An approver in the policy, and a review of what was given without one.".into();
    cx.finding(draft)
}
