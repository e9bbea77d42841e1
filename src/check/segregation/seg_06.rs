//! `SEG-06`: a workload identity in a package meant for people.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::{Account, Context, Draft, Known, Outcome, Shard};
use crate::lake::table::Table;
use crate::model::controls::{AC_2, PCI_7_2_5};
use crate::model::{CheckId, Holding, ReasonCode, Severity};

check! {
    /// A workload identity or an agent holds a package meant for people
    ///
    /// ## Why it matters
    /// An application signs in with a secret, day and night, without a second factor and without a manager who would answer for it in a review.
    ///
    /// ## What it looks for
    /// A service principal, a managed identity or an agent that holds a package by a policy that lets people ask, not service principals or agents.
    /// What kind of account it is, its own record tells, never its name.
    ///
    /// ## Known false positives
    /// Packages that an administrator assigned to an application on purpose: make a policy for applications.
    ///
    /// ## What to do
    /// Give the application a package or a policy of its own, with an owner who reviews it.
    ///
    /// ## Examples
    /// An application and an agent by policies for people:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope allMemberUsers |   |
    /// | 2026-01-01 | identity |  | workload feeder |  |  |   |
    /// | 2026-01-01 | identity |  | agent scout |  | sponsor ana |   |
    /// | 2026-01-05 | assign | cy | workload feeder | payroll |  | ◀ medium |
    /// | 2026-01-05 | assign | cy | agent scout | payroll |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Policies for them, and a person:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | feeds | scope allDirectoryServicePrincipals |   |
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | identity |  | workload feeder |  |  |   |
    /// | 2026-01-01 | identity |  | agent scout |  | sponsor ana |   |
    /// | 2026-01-05 | assign | cy | workload feeder | feeds |  |   |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-06"),
        severity: Severity::Medium,
        practice: &["P5"],
        controls: &[AC_2, PCI_7_2_5],
        thresholds: &[],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "one pass over each package held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    // An agent's account is a user of its own kind.
    cx.need(&mut out, Table::Users, "users");
    for (holding, _) in cx.held_packages() {
        match cx.account(&holding.principal) {
            Account::Workload | Account::Agent => judge(cx, holding, &mut out),
            Account::Unknown => {
                let mut draft = Draft::of_holding(cx, holding);
                draft.message = format!(
                    "{} holds {}, and no record tells whether that is a person's account",
                    draft.subject.name, draft.object.name
                );
                draft.clears_when = "A snapshot of users and service principals that lists the account.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
            // An account that only the log names is a user's by its word, and a listing may tell better.
            Account::User if !cx.looked_at(Table::ServicePrincipals) => {
                let message = "no listing of service principals is in the lake, so which accounts are no person's is unknown";
                out.push_for(
                    cx.lacking(ReasonCode::JoinMissing, Table::ServicePrincipals, message, "Ingest service principals."),
                    1,
                );
            }
            _ => out.pass_of(cx, holding, "a person's account, or a group"),
        }
    }
    out
}

fn judge(cx: &Context, holding: &Holding, out: &mut Outcome) {
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let kind = if cx.account(&holding.principal) == Account::Agent {
        "agent"
    } else {
        "workload identity"
    };
    let policy = holding.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    match policy.map(|p| cx.is_for_people(p)) {
        Some(Known::Yes(scope)) => {
            draft.severity = Severity::Medium;
            draft.reason = if kind == "agent" { "agent" } else { "workload" };
            draft.evidence.extend(holding.policy.iter().map(|p| format!("policies:{p}")));
            draft.message = format!("the {kind} {who} holds {what} {}, by a policy for people ({scope})", since(holding));
            draft.clears_when = format!("The end of the assignment, or a policy of {what} that is for it.");
            out.push(cx.finding(draft));
        }
        Some(Known::No) => out.pass_of(cx, &draft, "by a policy that is meant for it"),
        told => {
            let why = match told {
                Some(Known::Unknown(why)) => why,
                _ => "its policy is not on record".into(),
            };
            draft.message = format!("whether the {kind} {who} may hold {what} is unknown: {why}");
            draft.clears_when = "A snapshot of assignment policies, with allowedTargetScope.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
    }
}
