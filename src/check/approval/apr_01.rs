//! `APR-01`: the requester is also the approver.

use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
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
    /// An approval whose approver is the requester, or the person who receives the access, or another account of either: by the list or the rule for names of the configuration, or by a shared employee number.
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
    /// Two accounts share an employee number, though their names do not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|--------|---------|---------|---|---|
    /// | 08:00 | user     |        | gil     |         | employee 17 |   |
    /// | 08:00 | user     |        | root17  |         | employee 17 |   |
    /// | 08:00 | user     |        | bo      |         | employee 18 |   |
    /// | 09:00 | request  | gil    | gil     | payroll |   |   |
    /// | 09:04 | approve  | root17 | gil     | payroll |   | ◀ |
    /// | 10:00 | request  | gil    | gil     | library |   |   |
    /// | 10:04 | approve  | bo     | gil     | library |   |   |
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
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Users, Table::Policies, Table::Assignments],
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
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut untold: BTreeMap<(Why, &PackageId), Vec<&RequestHistory>> = BTreeMap::new();
    for story in cx.requests(&LOOK_BACK) {
        let approvals: Vec<&Decision> = story.decisions.iter().filter(|d| d.decision == "approved").collect();
        if approvals.is_empty() {
            if let (Some(package), Some(why)) = (&story.package, approval_is_due(cx, story)) {
                untold.entry((why, package)).or_default().push(story);
            }
            continue;
        }
        match approvals.iter().find_map(|d| Some((*d, same_person(cx, story, d)?))) {
            Some((decision, how)) => out.push(found(cx, story, decision, how)),
            None if !cx.looked_at(Table::Users) => out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Users,
                "no users are in the lake, so which accounts are one person's is unknown",
                "Export users with userPrincipalName and employeeId.",
            )),
            None if approvals.iter().any(|d| nameless(cx, story, d)) => out.push(unnamed(cx, story)),
            None => out.pass_of(cx, story, "approved, and by nobody who asked or receives it"),
        }
    }
    for ((why, package), stories) in untold {
        out.push_for(silent(cx, why, package, &stories), stories.len());
    }
    out
}

/// Why a request without an approval on record cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// Its policy wants approval.
    Due,
    /// Its policy is not on record, or does not tell.
    PolicyUnknown,
}

/// A delivered request of a policy that wants approval must have been approved by somebody; `None` when none is due.
fn approval_is_due(cx: &Context, story: &RequestHistory) -> Option<Why> {
    let policy = story.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    let delivered = matches!(story.state.as_str(), "delivered" | "partiallyDelivered");
    let by_policy = story.decisions.iter().any(|d| d.decision == "auto-approved");
    let asked = matches!(story.kind.as_str(), "userAdd" | "onBehalfAdd") && delivered && !by_policy;
    let why = match policy {
        Some(p) if p.automatic => None,
        Some(p) => match p.approval_required {
            Some(true) => Some(Why::Due),
            Some(false) => None,
            None => Some(Why::PolicyUnknown),
        },
        None => Some(Why::PolicyUnknown),
    };
    why.filter(|_| asked)
}

fn silent(cx: &Context, why: Why, package: &PackageId, stories: &[&RequestHistory]) -> Finding {
    let (name, requests) = (cx.package(package).name, words::many(stories.len(), "request"));
    let (object, reason, message, clears_when) = match why {
        Why::Due => (
            Thing::default(),
            ReasonCode::OutsideRetention,
            format!("for {name}, {requests} under a policy with approval came to a delivery, and no record tells who approved"),
            "Audit events or approvals of the time of those requests.",
        ),
        Why::PolicyUnknown => (
            Thing::new("source", Table::Policies.name(), ""),
            ReasonCode::JoinMissing,
            format!("for {name}, {requests} came to a delivery with no approval on record, and none of their policies tells whether one was due"),
            "A snapshot of assignment policies, or audit events or approvals of the time of those requests.",
        ),
    };
    let draft = Draft {
        subject: cx.package(package),
        object,
        message,
        evidence: stories.iter().map(|s| format!("requests:{}", s.id)).collect(),
        clears_when: clears_when.into(),
        ..Draft::default()
    };
    cx.not_evaluable(reason, draft)
}

/// Whether the rule for names could link the approver with one of the two, and a name is missing.
fn nameless(cx: &Context, story: &RequestHistory, decision: &Decision) -> bool {
    let approver = PrincipalId::new(&decision.who);
    let both = [&story.requestor, &story.recipient];
    let unknown = |id: &PrincipalId| cx.upn(id).is_none();
    account_name(cx, &approver, &decision.name).is_none() || both.into_iter().flatten().any(unknown)
}

fn unnamed(cx: &Context, story: &RequestHistory) -> Finding {
    let who = story.requestor.as_ref().or(story.recipient.as_ref());
    let subject = who.map_or_else(|| Thing::new("principal", "", "somebody"), |p| cx.principal(p));
    let mut draft = Draft::of_request(cx, subject, story);
    draft.message = format!(
        "the request of {} for {} was approved, and no record names both accounts, so whether they are one person's is unknown",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A snapshot of users that lists both accounts.".into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
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
        if let Some((a, b)) = names
            && let Some(how) = cx.linked((&approver, a), (person, b))
        {
            return Some(("linked-account", format!("{how} another account of {b}, {role}")));
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
