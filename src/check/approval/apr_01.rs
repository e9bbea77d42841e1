//! `APR-01`: the requester is also the approver.

use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_5, CC6_2, CC6_3, ISO_A_5_3};
use crate::model::{CheckId, Decision, Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Requester approved their own request
    ///
    /// ## Why it matters
    /// Approval is the only human look between a request and standing access.
    /// Entra refuses an approver who is the requester, but not one who asks with one account and approves with another, nor one who approves what is asked for them.
    ///
    /// ## What it looks for
    /// An approval whose approver is the requester, or the person who receives the access, or another account of either by the house's rule for naming administrative accounts.
    /// Requests made in the last 365 days count.
    ///
    /// ## Known false positives
    /// Two people whose names differ by the administrative prefix or suffix only.
    /// Packages for emergencies whose policy names the requester as the sole approver.
    ///
    /// ## What to do
    /// Have a second approver confirm the access or revoke it, then correct the policy's approvers.
    ///
    /// ## Examples
    /// The requester decides four minutes after asking:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:04 | approve  | ana   | ana     | payroll |   | ◀ |
    ///
    /// The requester's administrative account decides, and somebody approves what a colleague asked for them:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|--------|---------|---------|---|---|
    /// | 09:00 | request  | ana    | ana     | payroll |   |   |
    /// | 09:04 | approve  | az-ana | ana     | payroll |   | ◀ |
    /// | 10:00 | request  | bo     | cy      | library |   |   |
    /// | 10:04 | approve  | cy     | cy      | library |   | ◀ |
    ///
    /// A colleague decides instead, and an approver with a similar name is another person:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|---------|---------|---------|---|---|
    /// | 09:00 | request  | ana     | ana     | payroll |   |   |
    /// | 09:04 | approve  | bo      | ana     | payroll |   |   |
    /// | 10:00 | request  | ana     | ana     | library |   |   |
    /// | 10:04 | approve  | az-anan | ana     | library |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-01"),
        severity: Severity::High,
        practice: &["P3"],
        controls: &[AC_5, ISO_A_5_3, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Users, Table::Policies],
        shard_by: Shard::Package,
        cost: "requests of the period with their decisions",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    let mut untold: BTreeMap<&PackageId, Vec<&RequestHistory>> = BTreeMap::new();
    for story in cx.requests(&LOOK_BACK) {
        let approvals: Vec<&Decision> = story.decisions.iter().filter(|d| d.decision == "approved").collect();
        if approvals.is_empty() {
            if let Some(package) = story.package.as_ref().filter(|_| approval_is_due(cx, story)) {
                untold.entry(package).or_default().push(story);
            }
            continue;
        }
        match approvals.into_iter().find_map(|d| Some((d, same_person(cx, story, d)?))) {
            Some((decision, how)) => out.push(found(cx, story, decision, how)),
            None => out.pass(),
        }
    }
    for (package, stories) in untold {
        let number = stories.len();
        let name = cx.package(package).name;
        let draft = Draft {
            subject: cx.package(package),
            message: format!(
                "for {name}, {} under a policy with approval came to a delivery, and no record tells who approved",
                words::many(number, "request")
            ),
            evidence: stories.iter().map(|s| format!("requests:{}", s.id)).collect(),
            clears_when: "Audit events or approvals of the time of those requests.".into(),
            ..Draft::default()
        };
        out.push_for(cx.not_evaluable(ReasonCode::OutsideRetention, draft), number);
    }
    out
}

/// A delivered request of a policy that wants approval must have been approved by somebody.
fn approval_is_due(cx: &Context, story: &RequestHistory) -> bool {
    let policy = story.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    let wanted = policy.is_some_and(|p| p.approval_required == Some(true) && !p.automatic);
    let delivered = matches!(story.state.as_str(), "delivered" | "partiallyDelivered");
    let by_policy = story.decisions.iter().any(|d| d.decision == "auto-approved");
    matches!(story.kind.as_str(), "userAdd" | "onBehalfAdd") && wanted && delivered && !by_policy
}

/// How the approver is one of the two whom the request concerns; `None` when they are somebody else.
fn same_person(cx: &Context, story: &RequestHistory, decision: &Decision) -> Option<(&'static str, String)> {
    let approver = PrincipalId::new(&decision.who);
    let roles = [
        ("self-approval", &story.requestor, "who had asked"),
        ("own-access", &story.recipient, "who was to receive it"),
    ];
    for (reason, person, role) in roles {
        let Some(person) = person else { continue };
        if *person == approver {
            return Some((reason, role.into()));
        }
        let names = account_name(cx, &approver, &decision.name).zip(cx.upn(person));
        if let Some((_, b)) = names.filter(|(a, b)| cx.config.admin_accounts.linked(a, b)) {
            return Some(("linked-account", format!("by its name another account of {b}, {role}")));
        }
    }
    None
}

fn account_name<'a>(cx: &'a Context, id: &PrincipalId, told: &'a str) -> Option<&'a str> {
    cx.upn(id).or_else(|| Some(told).filter(|t| t.contains('@')))
}

fn found(cx: &Context, story: &RequestHistory, decision: &Decision, how: (&'static str, String)) -> Finding {
    let approver = PrincipalId::new(&decision.who);
    let mut draft = Draft::of_request(cx, cx.principal(&approver), story);
    let decided = Instant::parse(&decision.at);
    let took = story
        .created_at
        .zip(decided)
        .map(|(a, b)| format!(", {} after it was made", words::duration(b.0 - a.0)));
    let when = decided.map_or_else(String::new, |at| format!(" on {}", words::minute(at)));
    let recipient = story
        .recipient
        .as_ref()
        .map_or_else(String::new, |r| format!(" to be given to {}", cx.access.principal_name(r)));
    draft.severity = Severity::High;
    draft.reason = how.0;
    draft.until = decided;
    draft.message = format!(
        "{}, {}, approved the request for {}{recipient}{when}{}",
        draft.subject.name,
        how.1,
        draft.object.name,
        took.unwrap_or_default()
    );
    draft.clears_when = "Nothing clears what was done; a second approver's confirmation belongs in the register of exceptions.".into();
    cx.finding(draft)
}
