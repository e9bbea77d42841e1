//! Which findings are about an item: by assignment, request, holder and entitlement, whoever their subject is.

use crate::check::CheckResult;
use crate::ledger::AccessModel;
use crate::model::{Finding, Holding, PolicyId, RequestId, Verdict};
use std::cmp::Reverse;
use std::collections::HashMap;

/// How a finding is about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It is about this very access: its assignment, its request, or its holder with its entitlement.
    Access,
    /// It is about what is held, whoever holds it: the package, the policy, the group, the application.
    Entitlement,
}

/// Open findings, by everything through which they reach an item.
pub struct ItemFindings<'a> {
    access: &'a AccessModel,
    pairs: HashMap<(&'a str, &'a str), Vec<&'a Finding>>,
    acts: HashMap<&'a str, Vec<&'a Finding>>,
    /// Acts that a finding names in its evidence: one finding may be about what several people were given.
    told_of: HashMap<&'a str, Vec<&'a Finding>>,
    things: HashMap<&'a str, Vec<&'a Finding>>,
    /// What could not be judged, by holder and entitlement.
    unjudged: HashMap<(&'a str, &'a str), Vec<&'a Finding>>,
}

fn is_person(kind: &str) -> bool {
    matches!(kind, "principal" | "user" | "guest" | "service_principal" | "reviewer")
}

impl<'a> ItemFindings<'a> {
    /// Sorts the results of checks.
    #[must_use]
    pub fn new(access: &'a AccessModel, results: &'a [CheckResult]) -> Self {
        let mut all = Self {
            access,
            pairs: HashMap::new(),
            acts: HashMap::new(),
            told_of: HashMap::new(),
            things: HashMap::new(),
            unjudged: HashMap::new(),
        };
        for f in results.iter().flat_map(|r| &r.findings) {
            match f.result {
                Verdict::Finding => all.add(f),
                Verdict::NotEvaluable => all.unjudged.entry((&f.subject_id, &f.object_id)).or_default().push(f),
                _ => {}
            }
        }
        all
    }

    fn add(&mut self, f: &'a Finding) {
        let (subject, object) = (f.subject_id.as_str(), f.object_id.as_str());
        self.pairs.entry((subject, object)).or_default().push(f);
        let named = [f.assignment_id.as_str(), f.request_id.as_str()];
        if named.iter().any(|id| !id.is_empty()) {
            for id in named.into_iter().filter(|id| !id.is_empty()) {
                self.acts.entry(id).or_default().push(f);
            }
            let record = |e: &'a String| e.strip_prefix("requests:").or_else(|| e.strip_prefix("assignments:"));
            for id in f.evidence.iter().filter_map(record) {
                self.told_of.entry(id).or_default().push(f);
            }
            return;
        }
        // Of somebody and nothing in particular, it is about all that they hold; of a group, it is about the group as a thing.
        if !object.is_empty() {
            self.pairs.entry((object, subject)).or_default().push(f);
        } else if is_person(&f.subject_kind) {
            self.pairs.entry((subject, subject)).or_default().push(f);
        }
        if !is_person(&f.subject_kind) {
            self.things.entry(subject).or_default().push(f);
            if !is_person(&f.object_kind) && !object.is_empty() && object != subject {
                self.things.entry(object).or_default().push(f);
            }
        }
    }

    /// Open findings about a holding, the heaviest first; those about the access before those about what is held.
    #[must_use]
    pub fn of(&self, h: &Holding) -> Vec<(Reach, &'a Finding)> {
        let holder = h.principal.as_str();
        let what = [h.entitlement.id.as_str(), h.entitlement.resource()];
        let mut all: Vec<(Reach, &Finding)> = Vec::new();
        for object in what.into_iter().chain([holder]) {
            let mine = self.pairs.get(&(holder, object)).into_iter().flatten();
            all.extend(mine.filter(|f| self.is_of(f, h)).map(|f| (Reach::Access, *f)));
        }
        all.extend(self.acts_of(h).into_iter().map(|f| (Reach::Access, f)));
        let policy = h.policy.as_ref().map(PolicyId::as_str).unwrap_or_default();
        for thing in what.into_iter().chain([policy]).filter(|t| !t.is_empty()) {
            let about = self.things.get(thing).into_iter().flatten();
            all.extend(about.filter(|f| self.policy_fits(f, h)).map(|f| (Reach::Entitlement, *f)));
        }
        all.sort_by(|(x, a), (y, b)| (&a.fingerprint, x).cmp(&(&b.fingerprint, y)));
        all.dedup_by(|(_, a), (_, b)| a.fingerprint == b.fingerprint);
        all.sort_by(|(x, a), (y, b)| (x, Reverse(a.severity), a.check, &a.fingerprint).cmp(&(y, Reverse(b.severity), b.check, &b.fingerprint)));
        all
    }

    /// Why checks whose ids begin so could not judge a holding.
    #[must_use]
    pub fn unjudged(&self, h: &Holding, family: &str) -> Option<&'a Finding> {
        let what = [h.entitlement.id.as_str(), h.entitlement.resource()];
        let rows = what.into_iter().filter_map(|o| self.unjudged.get(&(h.principal.as_str(), o))).flatten();
        rows.copied().find(|f| f.check.as_str().starts_with(family) && self.is_of(f, h))
    }

    /// Findings that name the assignment or a request of a holding.
    fn acts_of(&self, h: &Holding) -> Vec<&'a Finding> {
        let own = h.assignment.iter().map(|a| a.as_str()).chain(h.request.iter().map(RequestId::as_str));
        let requests = self.access.requests_of(&h.principal).filter(|r| self.asked_for(r.id.as_str(), h));
        let ids: Vec<&str> = own.chain(requests.map(|r| r.id.as_str())).collect();
        let mut all: Vec<&Finding> = ids.iter().filter_map(|id| self.acts.get(*id)).flatten().copied().collect();
        let same_thing = |f: &&&Finding| f.object_id == h.entitlement.resource() && f.subject_id != h.principal.as_str();
        all.extend(ids.iter().filter_map(|id| self.told_of.get(*id)).flatten().filter(same_thing));
        // A finding that names an assignment of a package may be about the group that it left behind: then the pair tells.
        let package = h.entitlement.kind == crate::model::EntitlementKind::AccessPackage;
        all.retain(|f| !is_membership(f) || !package);
        all
    }

    /// Whether a request is one of a holding: it names its assignment, or asked for the same package in its time.
    fn asked_for(&self, id: &str, h: &Holding) -> bool {
        let Some(request) = self.access.requests.get(&RequestId::new(id)) else {
            return false;
        };
        if let (Some(of_request), Some(of_holding)) = (&request.assignment, &h.assignment) {
            return of_request == of_holding;
        }
        let same_package = request.package.as_ref().is_some_and(|p| p.as_str() == h.entitlement.resource());
        let to_holder = request.recipient.as_ref().is_none_or(|r| *r == h.principal);
        let since = h.from_earliest.or(h.held_from);
        let later = request.completed_at.or(request.created_at).zip(since).is_none_or(|(done, from)| done >= from);
        same_package && to_holder && later
    }

    /// A finding names an assignment or a request: it is about this holding when either is its own, or it is of another kind.
    fn is_of(&self, f: &Finding, h: &Holding) -> bool {
        let named = |id: &str| !id.is_empty() && (f.assignment_id == id || f.request_id == id);
        let own = h.assignment.as_ref().is_some_and(|a| named(a.as_str())) || h.request.as_ref().is_some_and(|r| named(r.as_str()));
        let of_none = f.assignment_id.is_empty() && f.request_id.is_empty();
        of_none || own || h.assignment.is_none() || self.asked_for(&f.request_id, h)
    }

    /// A finding about a policy of the package is about those who came in by it.
    fn policy_fits(&self, f: &Finding, h: &Holding) -> bool {
        let of_policy = f.subject_kind == "policy";
        !of_policy || h.policy.as_ref().is_none_or(|p| p.as_str() == f.subject_id)
    }
}

/// Whether a finding is about a membership or a role, although it names the assignment that had delivered it.
fn is_membership(f: &Finding) -> bool {
    matches!(f.object_kind.as_str(), "group" | "application" | "app_role" | "directory_role")
}
