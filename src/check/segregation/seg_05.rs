//! `SEG-05`: an administrative account asks for, or holds, a package.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::AC_6_2;
use crate::model::{CheckId, Finding, Holding, PrincipalId, ReasonCode, Severity};

check! {
    /// An administrative account asked for or holds a package
    ///
    /// ## Why it matters
    /// Administrative accounts are kept apart so that daily work never carries their rights.
    /// An access package held by one mixes the two again, and a request made with one lets an administrative session roam the portal.
    ///
    /// ## What it looks for
    /// A package held now by an account that is administrative by the house's rule for names, such as `az-ana` or `ana-adm`, or a request made by one in the last 365 days for itself or for another.
    /// A request and the access that it led to are one finding.
    ///
    /// ## Known false positives
    /// Packages that exist to give administrative accounts their roles.
    /// Names that only look administrative: the configuration says which beginnings and endings count.
    ///
    /// ## What to do
    /// Have the person ask again with their ordinary account, for a period, and remove the access from the administrative one.
    ///
    /// ## Examples
    /// One holds, one asks, and a request with the access that it led to is one finding:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | az-ana | payroll |  | ◀ |
    /// | 2026-01-06 09:00 | request | bo-adm | bo | payroll | "Cover for Ana until 30 June" | ◀ |
    /// | 2026-01-07 09:00 | request | az-cy | az-cy | library | "Catalogue migration" |   |
    /// | 2026-01-07 09:30 | approve | di | az-cy | library |  |   |
    /// | 2026-01-07 09:31 | deliver |  | az-cy | library |  | ◀ |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Ordinary accounts, one of which only begins alike, and a request that was withdrawn:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | azra | payroll |  |   |
    /// | 2026-01-06 09:00 | request | ana | ana | library | "Cover for Bo until 30 June" |   |
    /// | 2026-01-06 10:00 | request | az-ana | az-ana | library | canceled |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-05"),
        severity: Severity::Medium,
        practice: &["P0", "P5"],
        controls: &[AC_6_2],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Assignments, Table::Requests, Table::Packages, Table::Users, Table::ServicePrincipals, Table::Groups, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "packages held and requests of the period, each name read once",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::Requests]);
    for (holding, _) in cx.held_packages() {
        match is_admin(cx, &holding.principal) {
            Some(true) => out.push(held(cx, holding)),
            Some(false) => out.pass_of(cx, holding, "no account for administration"),
            None => {
                let mut draft = Draft::of_holding(cx, holding);
                draft.message = format!(
                    "no record tells the name of the account {} that holds {}, so whether it is administrative is unknown",
                    draft.subject.id, draft.object.name
                );
                draft.clears_when = "A snapshot of users that lists the account.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
        }
    }
    for story in cx.requests(&LOOK_BACK).filter(|s| is_made(s)) {
        let Some(requestor) = &story.requestor else {
            continue;
        };
        match is_admin(cx, requestor) {
            Some(true) if !led_to_holding(cx, requestor, story) => out.push(asked(cx, requestor, story)),
            Some(true) => {}
            Some(false) => out.pass_of(cx, story, "asked for with no account for administration"),
            None => {
                let mut draft = Draft::of_request(cx, cx.principal(requestor), story);
                draft.message = format!(
                    "no record tells the name of the account {requestor} that asked for {}, so whether it is administrative is unknown",
                    draft.object.name
                );
                draft.clears_when = "A snapshot of users that lists the account.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
        }
    }
    out
}

/// Whether an account is administrative; `None` where no record tells its name. The rule is about accounts of people.
fn is_admin(cx: &Context, id: &PrincipalId) -> Option<bool> {
    let listed = || cx.config.admin_accounts.lists(id.as_str());
    if cx.account(id).is_person() == Some(false) {
        return Some(listed());
    }
    cx.upn(id)
        .map(|upn| cx.config.admin_accounts.is_admin(upn))
        .map_or_else(|| listed().then_some(true), |by_name| Some(by_name || listed()))
}

fn is_made(story: &RequestHistory) -> bool {
    let kind = matches!(story.kind.as_str(), "userAdd" | "onBehalfAdd");
    kind && !story.state.to_ascii_lowercase().starts_with("cancel")
}

/// Whether what the account holds now came of this request: then the holding is the finding.
fn led_to_holding(cx: &Context, requestor: &PrincipalId, story: &RequestHistory) -> bool {
    let own = story.recipient.as_ref() == Some(requestor);
    let of_request = |h: &Holding| {
        let same_assignment = h.assignment.is_some() && h.assignment == story.assignment;
        h.held_at(cx.as_of()) && (h.request.as_ref() == Some(&story.id) || same_assignment)
    };
    own && cx.index.packages_of(requestor).iter().any(|h| of_request(h))
}

fn held(cx: &Context, holding: &Holding) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    draft.severity = Severity::Medium;
    draft.reason = "held";
    draft.message = format!(
        "the administrative account {} holds {} {}",
        draft.subject.name,
        draft.object.name,
        since(holding)
    );
    draft.clears_when = format!("The removal of {} from {}.", draft.object.name, draft.subject.name);
    cx.finding(draft)
}

fn asked(cx: &Context, requestor: &PrincipalId, story: &RequestHistory) -> Finding {
    let mut draft = Draft::of_request(cx, cx.principal(requestor), story);
    let other = story.recipient.as_ref().filter(|r| *r != requestor);
    let whom = other.map_or_else(String::new, |r| format!(" for {}", cx.access.principal_name(r)));
    let when = story.created_at.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
    let state = words::state(&story.state);
    draft.severity = Severity::Medium;
    draft.reason = "requested";
    draft.message = format!(
        "the administrative account {} asked for {}{whom}{when}{state}",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "Nothing clears what was asked; it leaves the report when it is older than the period judged.".into();
    cx.finding(draft)
}
