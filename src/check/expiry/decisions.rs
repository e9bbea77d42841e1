//! When a person last decided that somebody should have a package.

use crate::check::policies::{approvals, decided_at};
use crate::check::{Context, Outcome, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{RequestHistory, ReviewDecision};
use crate::model::{Finding, Holding, Instant, PackageId, PrincipalId, ReasonCode, Window};
use ahash::AHashMap;

/// Reviews by whom they are about, and what is known of decisions at all.
pub(super) struct Decisions<'a> {
    kept: AHashMap<&'a PrincipalId, Vec<&'a ReviewDecision>>,
    /// Reviews that kept access, of which no record tells who decided or when.
    unclear: AHashMap<&'a PrincipalId, Vec<&'a ReviewDecision>>,
    lost: Option<(Instant, Finding)>,
    reviews_known: bool,
    requests_whole: bool,
}

/// What an extension rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// A person agreed, at an instant.
    Approved(Instant),
    /// Nobody was asked.
    Unseen,
    /// No record tells.
    Untold,
}

impl<'a> Decisions<'a> {
    pub(super) fn new(cx: &Context<'a>) -> Self {
        let (mut kept, mut unclear): (AHashMap<_, Vec<_>>, AHashMap<_, Vec<_>>) = (AHashMap::new(), AHashMap::new());
        for decision in cx.access.review_decisions.iter().filter(|d| d.decision.eq_ignore_ascii_case("approve")) {
            match (&decision.reviewer, decision.reviewed_at) {
                (Some(_), Some(_)) => kept.entry(&decision.principal).or_default().push(decision),
                (None, _) if decision.reviewer_told => {}
                _ => unclear.entry(&decision.principal).or_default().push(decision),
            }
        }
        Self {
            kept,
            unclear,
            lost: cx.lost_decisions(),
            reviews_known: cx.looked_at(Table::ReviewDecisions) || !cx.access.review_decisions.is_empty(),
            requests_whole: cx.looked_whole(Table::Requests),
        }
    }

    /// The last time a reviewer kept a holding.
    pub(super) fn kept(&self, cx: &Context, holding: &Holding) -> Option<Instant> {
        let own = self.kept.get(&holding.principal)?;
        own.iter()
            .filter(|d| is_about(d, holding))
            .filter_map(|d| d.reviewed_at)
            .filter(|t| *t <= cx.as_of())
            .max()
    }

    /// Extensions of a holding that were carried out, by time: the request, when it was made, and what it rests on.
    pub(super) fn renewals(&self, cx: &Context<'a>, holding: &Holding) -> Vec<(&'a RequestHistory, Instant, Renewal)> {
        let begun = holding.from_earliest.or(holding.held_from);
        let mine = |r: &&RequestHistory| {
            let update = matches!(r.kind.as_str(), "userUpdate" | "adminUpdate");
            let done = matches!(r.state.as_str(), "delivered" | "partiallyDelivered" | "");
            let same = match (&r.assignment, &holding.assignment) {
                (Some(a), Some(b)) => a == b,
                _ => r.package.as_ref().is_some_and(|p| p.as_str() == holding.entitlement.resource()),
            };
            update && done && same
        };
        let mut all: Vec<(&RequestHistory, Instant, Renewal)> = cx
            .access
            .requests_of(&holding.principal)
            .filter(mine)
            .filter_map(|r| {
                let at = r.completed_at.or(r.created_at)?;
                let within = begun.is_none_or(|b| b <= at) && at <= cx.as_of();
                within.then(|| (r, at, rests_on(cx, r, at)))
            })
            .collect();
        all.sort_by_key(|(r, at, _)| (*at, &r.id));
        all
    }

    /// Why a decision may have been missed between two instants; with the row that says so, in `out` or for the holding.
    pub(super) fn missed(&self, cx: &Context, holding: &Holding, from: Instant) -> Option<Missed> {
        if let Some((before, row)) = &self.lost
            && from < *before
        {
            return Some(Missed::Tenant(Box::new(row.clone())));
        }
        if !self.reviews_known && !cx.unreviewed(holding) {
            let message = "no review decisions are in the lake, so when a reviewer last kept access is unknown";
            let clears_when = "Ingest the decisions of access reviews.";
            let row = cx.lacking(ReasonCode::NoTelemetry, Table::ReviewDecisions, message, clears_when);
            return Some(Missed::Tenant(Box::new(row)));
        }
        if let Some(row) = cx.unheard(holding.entitlement.resource()) {
            return Some(Missed::Tenant(Box::new(row)));
        }
        let since = |d: &&&ReviewDecision| d.reviewed_at.is_none_or(|t| from <= t && t <= cx.as_of());
        let unclear = self.unclear.get(&holding.principal).map_or(&[][..], Vec::as_slice);
        if unclear.iter().filter(|d| is_about(d, holding)).any(|d| since(&d)) {
            let why = "a review kept it, and no record tells when, or whether a person decided";
            return Some(Missed::Own(why.into()));
        }
        let since = words::day(from);
        if !self.requests_whole {
            return Some(Missed::Own(format!(
                "no complete snapshot of requests tells whether it was extended since {since}"
            )));
        }
        // Graph forgets the old first: whose own request is gone may have lost extensions with it, which count where they are approved.
        let begun = |r: &(&RequestHistory, Instant, Renewal)| r.1 <= from;
        let policy = holding.policy.as_ref().and_then(|p| cx.access.policies.get(p));
        let approved = policy.and_then(|p| p.approval_for_extension) != Some(false);
        let lost = approved && !cx.index.has_request(holding) && !self.renewals(cx, holding).iter().any(begun);
        let window = Window { from, until: cx.as_of() };
        let logged = || cx.access.coverage.get("audit").is_some_and(|c| c.spans(window));
        (lost && !logged()).then(|| {
            let why = format!("its request is gone, and neither what was asked since {since} nor an audit log of all that time is on record");
            Missed::Own(why)
        })
    }
}

/// A decision that may have been missed.
pub(super) enum Missed {
    /// One row for the tenant.
    Tenant(Box<Finding>),
    /// A reason for the holding.
    Own(String),
}

impl Missed {
    /// The row for a holding.
    pub(super) fn push(self, cx: &Context, holding: &Holding, question: &str, out: &mut Outcome) {
        match self {
            Self::Tenant(row) => out.push(*row),
            Self::Own(why) => {
                let draft = crate::check::Draft::of_holding(cx, holding);
                let message = format!("whether {} {question} {} is unknown: {why}", draft.subject.name, draft.object.name);
                let clears_when = "A complete snapshot of assignment requests.";
                out.push(draft.untold(cx, ReasonCode::OutsideRetention, message, clears_when));
            }
        }
    }
}

/// Whether a decision is about a holding: about its package or its policy.
pub(super) fn is_about(decision: &ReviewDecision, holding: &Holding) -> bool {
    let of_policy = holding.policy.as_ref().is_some_and(|p| p.as_str().eq_ignore_ascii_case(&decision.resource));
    of_policy || decision.resource.eq_ignore_ascii_case(holding.entitlement.resource())
}

fn rests_on(cx: &Context, request: &RequestHistory, at: Instant) -> Renewal {
    if let Some(approval) = approvals(request).filter_map(decided_at).max() {
        return Renewal::Approved(approval.max(at));
    }
    // An administrator who moves an end decides it.
    if request.kind == "adminUpdate" {
        return Renewal::Approved(at);
    }
    if request.decisions.iter().any(|d| d.decision == "auto-approved") {
        return Renewal::Unseen;
    }
    match cx
        .policy_facts_at(request.policy.as_ref(), request.created_at.or(Some(at)))
        .map(|p| p.approval_for_extension)
    {
        Ok(Some(false)) => Renewal::Unseen,
        Ok(Some(true) | None) | Err(_) => Renewal::Untold,
    }
}

/// The package of a holding.
pub(super) fn package_of(holding: &Holding) -> PackageId {
    PackageId::new(holding.entitlement.resource())
}
