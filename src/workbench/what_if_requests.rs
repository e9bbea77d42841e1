//! Which requests of the past year would have gone another way, had a policy said something else then.

use crate::ledger::AccessModel;
use crate::ledger::access_model::RequestHistory;
use crate::model::time::DAY;
use crate::model::{Holding, Instant, RequestId};
use crate::workbench::what_if::{Change, PolicyChangeTo, Sure};

/// How far back requests are looked at.
const YEAR: i64 = 365 * DAY;

/// How a request would have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instead {
    /// It was delivered without a decision by a person, and would have waited for one.
    WaitsForApproval,
    /// It was denied, and would have been delivered at once.
    NeedsNoApproval,
    /// What it gave would have ended earlier, unless somebody had asked again.
    EndsEarlier,
    /// What it gave would have ended later.
    EndsLater,
}

impl Instead {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WaitsForApproval => "would have waited for approval",
            Self::NeedsNoApproval => "would have needed no approval",
            Self::EndsEarlier => "would have ended earlier",
            Self::EndsLater => "would have ended later",
        }
    }
}

/// A request that would have gone another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestChange {
    /// The request.
    pub request: RequestId,
    /// How.
    pub instead: Instead,
    /// How sure.
    pub sure: Sure,
    /// When what it gave would have ended; `None` where the end is not the point.
    pub end: Option<Instant>,
    /// Why it is not certain; empty when it is.
    pub why: &'static str,
}

/// Requests of the year before the instant that would have gone another way, by id.
#[must_use]
pub fn of(access: &AccessModel, changes: &[Change]) -> Vec<RequestChange> {
    let mut found = Vec::new();
    for change in changes {
        let Change::Policy(to) = change else { continue };
        let year = |r: &&RequestHistory| {
            r.created_at
                .or(r.completed_at)
                .is_some_and(|at| at.0 > access.as_of.0 - YEAR && at <= access.as_of)
        };
        let asked = access.requests.values().filter(|r| r.policy.as_ref() == Some(&to.policy));
        for request in asked.filter(year) {
            found.extend(approval(request, to));
            found.extend(expiry(access, request, to));
        }
    }
    found.sort_by(|a, b| (&a.request, a.instead).cmp(&(&b.request, b.instead)));
    found
}

/// Whether somebody asked, so that the policy's approval counts: an administrator's assignment never waits, and neither does a rule's.
fn is_asked(request: &RequestHistory) -> bool {
    ["userAdd", "onBehalfAdd"].iter().any(|k| request.kind.eq_ignore_ascii_case(k))
}

fn is_delivered(request: &RequestHistory) -> bool {
    ["delivered", "partiallyDelivered"].iter().any(|s| request.state.eq_ignore_ascii_case(s))
}

fn approval(request: &RequestHistory, to: &PolicyChangeTo) -> Option<RequestChange> {
    let by_person = request.decisions.iter().any(|d| d.decision == *"approved" || d.decision == *"denied");
    let (instead, applies) = match to.approval? {
        true => (Instead::WaitsForApproval, is_delivered(request) && !by_person),
        false => (Instead::NeedsNoApproval, request.state.eq_ignore_ascii_case("denied")),
    };
    // Where no record tells who asked how, the request may be an administrator's.
    let untold = request.kind.is_empty();
    (applies && (is_asked(request) || untold)).then(|| RequestChange {
        request: request.id.clone(),
        instead,
        sure: if untold { Sure::Possible } else { Sure::Certain },
        end: None,
        why: if untold { "no record tells what kind of request it was" } else { "" },
    })
}

fn expiry(access: &AccessModel, request: &RequestHistory, to: &PolicyChangeTo) -> Option<RequestChange> {
    let days = i64::from(to.expires_after_days?);
    if !is_delivered(request) {
        return None;
    }
    let of = |h: &&Holding| h.request.as_ref() == Some(&request.id) || h.assignment.is_some() && h.assignment == request.assignment;
    let held = access.holdings.iter().find(of)?;
    // The period counts from the delivery.
    let (first, last) = (
        held.from_earliest.or(request.completed_at)?,
        held.from_latest.or(held.from_earliest).or(request.completed_at)?,
    );
    let (earliest, latest) = (first.plus(days * DAY), last.plus(days * DAY));
    // Who asked for an earlier end has it either way.
    let (earliest, latest) = match request.end_at {
        Some(end) if end <= earliest => return None,
        Some(end) => (earliest, latest.min(end)),
        None => (earliest, latest),
    };
    let until = held.held_until.unwrap_or(access.as_of);
    if latest < until {
        return Some(change(request, Instead::EndsEarlier, Sure::Certain, latest, ""));
    }
    if earliest < until {
        return Some(change(
            request,
            Instead::EndsEarlier,
            Sure::Possible,
            latest,
            "the evidence does not tell when it began",
        ));
    }
    // Only an end that was set and came is an end that the policy would have moved.
    let set = held.scheduled_until.filter(|set| held.held_until == Some(*set) && request.end_at.is_none());
    set.filter(|set| *set < earliest)
        .map(|_| change(request, Instead::EndsLater, Sure::Certain, latest, ""))
}

fn change(request: &RequestHistory, instead: Instead, sure: Sure, end: Instant, why: &'static str) -> RequestChange {
    RequestChange {
        request: request.id.clone(),
        instead,
        sure,
        end: Some(end),
        why,
    }
}
