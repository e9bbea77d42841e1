//! `SEG-04`: somebody from another organisation for whom nobody answers.

use crate::check::approvers::Live;
use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Account, Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2, ISO_A_5_19};
use crate::model::{CheckId, Holding, Interned, PolicyId, ReasonCode, Severity};

check! {
    /// Nobody answers for a guest who holds a package
    ///
    /// ## Why it matters
    /// A sponsor is the one person of the house who would hear that a guest has changed jobs.
    /// Without one, and once their organisation is no longer connected, nobody asks.
    ///
    /// ## What it looks for
    /// A guest with a package who has no sponsor, by a record that was exported with sponsors, or whose sponsors are all deleted or disabled.
    /// A guest whose package came by a policy for connected organisations of which none is connected any more.
    ///
    /// ## Known false positives
    /// Guests for whom a group answers that exports do not expand.
    ///
    /// ## What to do
    /// Name a sponsor, who then reviews the access, or take it away.
    ///
    /// ## Examples
    /// No sponsor, and one who was disabled:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | user |  | gwen |  | guest |   |
    /// | 2026-01-01 | vouch |  | gil |  |  |   |
    /// | 2026-01-01 | vouch | bo | gwen |  |  |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | gwen | projects |  | ◀ medium |
    /// | 2026-02-02 | disable | cy | bo |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The one organisation of the policy is gone:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | projects | scope specificConnectedOrganizationUsers, targets organization harbour |   |
    /// | 2026-01-01 | organization |  |  | harbour |  |   |
    /// | 2026-01-01 | organization |  |  | lighthouse |  |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | vouch | bo | gil |  |  |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  | ◀ medium |
    /// | 2026-01-10 | look |  |  |  |  |   |
    /// | 2026-02-02 | organization |  |  | harbour | gone |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A sponsor who is there, a member without one, and a guest whose record was exported without sponsors:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | user |  | gwen |  | guest |   |
    /// | 2026-01-01 | vouch | bo | gil |  |  |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  |   |
    /// | 2026-01-05 | deliver |  | ana | projects |  |   |
    /// | 2026-01-05 | deliver |  | gwen | library |  | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-04"),
        severity: Severity::Medium,
        practice: &["P5"],
        controls: &[AC_2, ISO_A_5_19],
        thresholds: &[],
        reads: holdings!(ConnectedOrganizations),
        shard_by: Shard::Principal,
        cost: "packages of guests, each with their sponsors",
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
    for (holding, _) in cx.held_packages() {
        let mut draft = Draft::of_holding(cx, holding);
        match cx.account(&holding.principal) {
            Account::Guest => judge(cx, holding, &mut out),
            Account::User | Account::Unknown => {
                draft.message = format!(
                    "{} holds {}, and no record tells whether the account is a guest's",
                    draft.subject.name, draft.object.name
                );
                draft.clears_when = "A snapshot of users, with userType, that lists the account.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
            _ => {}
        }
    }
    out
}

fn judge(cx: &Context, holding: &Holding, out: &mut Outcome) {
    let person = cx.access.people.get(&holding.principal);
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    draft
        .evidence
        .extend(person.into_iter().flat_map(|p| p.evidence.iter().map(ToString::to_string)));
    draft.severity = Severity::Medium;
    if let Some(names) = disconnected(cx, holding) {
        draft.reason = "organisation-gone";
        draft.evidence.extend(holding.policy.iter().map(|p| format!("policies:{p}")));
        draft.message = format!("the guest {who} holds {what} by a policy for {names}, which is no longer connected");
        draft.clears_when = "The end of the assignment, or the organisation connected again.".into();
        return out.push(cx.finding(draft));
    }
    let sponsors = person.and_then(|p| p.sponsors.as_ref());
    let states: Vec<Live> = sponsors.into_iter().flatten().map(|s| cx.live_sponsor(s)).collect();
    let why = match sponsors {
        None => {
            let message = "users were exported without sponsors, so whether anybody answers for guests is unknown";
            return out.push_for(
                cx.lacking(ReasonCode::NoTelemetry, Table::Users, message, "Export users with $expand=sponsors."),
                1,
            );
        }
        Some(_) if states.contains(&Live::Yes) => None,
        Some(list) if list.is_empty() || states.iter().all(|s| matches!(s, Live::No(_))) => {
            draft.reason = if list.is_empty() { "no-sponsor" } else { "sponsor-gone" };
            let gone: Vec<String> = states
                .iter()
                .filter_map(|s| if let Live::No(why) = s { Some(why.clone()) } else { None })
                .collect();
            draft.message = if list.is_empty() {
                format!("the guest {who} holds {what} and has no sponsor")
            } else {
                format!("the guest {who} holds {what}, and no sponsor is left: {}", words::listed(&gone))
            };
            draft.clears_when = format!("A sponsor for {who} who can act, or the end of the assignment.");
            return out.push(cx.finding(draft));
        }
        Some(_) => Some("no record tells whether a sponsor is still there"),
    };
    match why {
        None if organisations_known(cx, holding) => out.pass_of(cx, &draft, "a sponsor can act, and the organisation is connected"),
        why => {
            let why = why.unwrap_or("no record of its policy and no complete snapshot of connected organisations tells whether theirs still is connected");
            draft.message = format!("the guest {who} holds {what}, and {why}");
            draft.clears_when = "Users exported with their sponsors, assignment policies, and connected organisations.".into();
            out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        }
    }
}

fn targets<'a>(cx: &Context<'a>, holding: &Holding) -> &'a [Interned] {
    let of = |p: &PolicyId| cx.access.governance.targets.get(p).map(|t| t.organizations.as_slice());
    holding.policy.as_ref().and_then(of).unwrap_or_default()
}

/// The organisations of the policy behind a holding, if all of them are gone.
fn disconnected(cx: &Context, holding: &Holding) -> Option<String> {
    let named = targets(cx, holding);
    let known = &cx.access.governance.organizations;
    let gone = |id: &Interned| known.get(id).map_or_else(|| cx.looked_whole(Table::ConnectedOrganizations), |o| o.removed);
    if named.is_empty() || !named.iter().all(gone) {
        return None;
    }
    let name = |id: &Interned| known.get(id).map_or_else(|| id.to_string(), |o| o.name.to_string());
    Some(words::listed(&named.iter().map(name).collect::<Vec<_>>()))
}

fn organisations_known(cx: &Context, holding: &Holding) -> bool {
    // What an assignment carries of its policy tells a name and no more.
    let told = |p: &&PolicyId| cx.access.policies.get(*p).is_some_and(|f| !f.target_scope.is_empty());
    match holding.policy.as_ref().filter(told) {
        Some(_) => targets(cx, holding).is_empty() || cx.looked_whole(Table::ConnectedOrganizations),
        None => false,
    }
}
