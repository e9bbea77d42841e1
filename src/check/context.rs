//! What a check sees: the access or a part of it, thresholds in force, and the words for what it found.

use crate::check::index::Index;
use crate::check::profiles::in_force;
use crate::check::{Check, Draft, Outcome, Shard, Thing, Threshold};
use crate::config::Config;
use crate::lake::table::Table;
use crate::ledger::AccessModel;
use crate::ledger::access_model::RequestHistory;
use crate::model::finding::fingerprint;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{AssignmentId, CheckId, EntitlementKind, Finding, Holding, Instant, PackageId, PrincipalId, ReasonCode, RequestId, Severity, Verdict};

/// A part of the work: the keys whose hash falls to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 0.
    pub number: u64,
    /// Of how many.
    pub of: u64,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether a key falls to this part.
    #[must_use]
    pub fn has(self, hash: u64) -> bool {
        hash % self.of == self.number
    }
}

/// What a check is given.
#[derive(Debug)]
pub struct Context<'a> {
    /// Everything that was built from the evidence.
    pub access: &'a AccessModel,
    /// What the user asked for.
    pub config: &'a Config,
    /// Look-ups that several checks share.
    pub index: &'a Index<'a>,
    check: &'static Check,
    part: Part,
    judged: Option<&'a [(CheckId, Outcome)]>,
    passed_to: Option<Taker<'a>>,
}

/// Who takes the rows of what is right, one by one: an auditor's population may be larger than memory.
#[derive(Clone, Copy)]
pub struct Taker<'a>(pub &'a (dyn Fn(Finding) + Sync));

impl std::fmt::Debug for Taker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taker")
    }
}

impl<'a> Context<'a> {
    /// The context of one check and one part.
    #[must_use]
    pub fn new(access: &'a AccessModel, config: &'a Config, index: &'a Index<'a>, check: &'static Check, part: Part) -> Self {
        Self {
            access,
            config,
            index,
            check,
            part,
            judged: None,
            passed_to: None,
        }
    }

    /// The same after other checks have said what they found.
    #[must_use]
    pub fn after(mut self, judged: &'a [(CheckId, Outcome)]) -> Self {
        self.judged = Some(judged);
        self
    }

    /// The same, and what is right is handed over row by row.
    #[must_use]
    pub fn handing_passed_to(mut self, taker: Taker<'a>) -> Self {
        self.passed_to = Some(taker);
        self
    }

    /// Who takes what is right, row by row, where somebody asked for it.
    #[must_use]
    pub fn passed_to(&self) -> Option<Taker<'a>> {
        self.passed_to
    }

    /// What other checks have said, where they were asked before.
    #[must_use]
    pub fn judged(&self) -> Option<&'a [(CheckId, Outcome)]> {
        self.judged
    }

    /// The instant of the questions.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.access.as_of
    }

    /// The value in force.
    #[must_use]
    pub fn threshold(&self, threshold: &Threshold) -> i64 {
        in_force(threshold, self.config).value
    }

    /// A threshold of days, in microseconds.
    #[must_use]
    pub fn days(&self, threshold: &Threshold) -> i64 {
        self.threshold(threshold).saturating_mul(DAY)
    }

    /// When the so many days up to the instant of the questions began.
    ///
    /// That instant belongs to them: the last one of a day closes whole days.
    #[must_use]
    pub fn since(&self, threshold: &Threshold) -> Instant {
        self.as_of().plus(1 - self.days(threshold))
    }

    /// A threshold of hours, in microseconds.
    #[must_use]
    pub fn hours(&self, threshold: &Threshold) -> i64 {
        self.threshold(threshold).saturating_mul(HOUR)
    }

    /// A threshold of minutes, in microseconds.
    #[must_use]
    pub fn minutes(&self, threshold: &Threshold) -> i64 {
        self.threshold(threshold).saturating_mul(MINUTE)
    }

    /// The check that is asked.
    #[must_use]
    pub fn check(&self) -> &'static Check {
        self.check
    }

    /// Holdings at the instant of the questions, of this part's principals.
    pub fn held(&self) -> impl Iterator<Item = &'a Holding> {
        debug_assert!(self.check.shard_by != Shard::Package, "divided by package");
        let part = self.part;
        self.index.held.iter().filter(move |(hash, _)| part.has(*hash)).map(|(_, h)| *h)
    }

    /// The packages among them.
    pub fn held_packages(&self) -> impl Iterator<Item = (&'a Holding, PackageId)> {
        self.held()
            .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage)
            .map(|h| (h, PackageId::new(h.entitlement.resource())))
    }

    /// Requests made in the time that `look_back` opens, of this part.
    pub fn requests(&self, look_back: &Threshold) -> impl Iterator<Item = &'a RequestHistory> {
        let (since, until) = (self.since(look_back), self.as_of());
        self.access.requests.values().filter(move |r| {
            let made = r.created_at.or(r.completed_at);
            let key = match self.check.shard_by {
                Shard::Principal => r.requestor.as_ref().map(PrincipalId::as_str),
                _ => r.package.as_ref().map(PackageId::as_str),
            };
            made.is_some_and(|t| since <= t && t <= until) && self.mine(key.unwrap_or_default())
        })
    }

    /// Whether a key falls to this part.
    #[must_use]
    pub fn mine(&self, key: &str) -> bool {
        self.part.has(hash(key))
    }

    /// A principal, named as people know it.
    #[must_use]
    pub fn principal(&self, id: &PrincipalId) -> Thing {
        Thing::new("principal", id.as_str(), &self.access.principal_name(id))
    }

    /// A package, named.
    #[must_use]
    pub fn package(&self, id: &PackageId) -> Thing {
        let name = self.access.packages.get(id).map(|p| p.name.as_str());
        Thing::new("package", id.as_str(), name.unwrap_or_default())
    }

    /// The assignment that a request led to or is about, also where only the ledger knows it.
    #[must_use]
    pub fn assignment_of(&self, request: &RequestHistory) -> Option<AssignmentId> {
        let held = || {
            let recipient = request.recipient.as_ref()?;
            let own = self.index.packages_of(recipient).iter().filter(|h| h.request.as_ref() == Some(&request.id));
            own.filter_map(|h| h.assignment.clone()).min()
        };
        request.assignment.clone().or_else(held)
    }

    /// What a holding is of, named.
    #[must_use]
    pub fn entitlement(&self, holding: &Holding) -> Thing {
        let key = &holding.entitlement;
        // The object of a finding is the application itself; its name tells the role.
        let (kind, id) = match key.kind {
            EntitlementKind::AccessPackage => ("package", key.id.as_str()),
            EntitlementKind::AppRole => ("application", key.resource()),
            other => (other.as_str(), key.id.as_str()),
        };
        Thing::new(kind, id, &holding.entitlement_name)
    }

    /// The principal name of an account, which the rules of the house are about; `None` where no record tells it.
    #[must_use]
    pub fn upn(&self, id: &PrincipalId) -> Option<&'a str> {
        let upn = self.access.people.get(id)?.upn.as_str();
        (!upn.is_empty()).then_some(upn)
    }

    /// A row of the findings table.
    #[must_use]
    pub fn finding(&self, draft: Draft) -> Finding {
        self.row(Verdict::Finding, draft)
    }

    /// A subject that is right, with what was seen.
    #[must_use]
    pub(super) fn passed(&self, draft: Draft) -> Finding {
        let draft = Draft {
            severity: Severity::Info,
            reason: "",
            clears_when: String::new(),
            ..draft
        };
        self.row(Verdict::Pass, draft)
    }

    /// A subject that could not be looked at, and why.
    #[must_use]
    pub fn not_evaluable(&self, reason: ReasonCode, draft: Draft) -> Finding {
        let draft = Draft {
            severity: Severity::Info,
            reason: reason.as_str(),
            ..draft
        };
        self.row(Verdict::NotEvaluable, draft)
    }

    /// The whole tenant lacks a witness, which `source` would be: one row, whatever the part.
    #[must_use]
    pub fn lacking(&self, reason: ReasonCode, source: Table, message: &str, clears_when: &str) -> Finding {
        let tenant = self.access.tenant.as_str();
        let name = if tenant.is_empty() { "tenant" } else { tenant };
        let draft = Draft {
            subject: Thing::new("tenant", tenant, name),
            object: Thing::new("source", source.name(), ""),
            message: message.into(),
            clears_when: clears_when.into(),
            ..Draft::default()
        };
        self.not_evaluable(reason, draft)
    }

    /// Assignment and request of a finding, each filled wherever the ledger knows it from the other.
    fn both(&self, draft: &Draft) -> (String, String) {
        let (assignment, request) = (draft.assignment.clone(), draft.request.clone());
        match (assignment.is_empty(), request.is_empty()) {
            (true, false) => {
                let story = self.access.requests.get(&RequestId::new(&request));
                let known = story.and_then(|s| self.assignment_of(s));
                (known.map(|a| a.to_string()).unwrap_or_default(), request)
            }
            (false, true) => {
                let known = self.index.request_of(&assignment);
                (assignment, known.map(|r| r.to_string()).unwrap_or_default())
            }
            _ => (assignment, request),
        }
    }

    fn row(&self, result: Verdict, draft: Draft) -> Finding {
        let (assignment_id, request_id) = self.both(&draft);
        let mut evidence = draft.evidence;
        evidence.sort();
        evidence.dedup();
        let mut covers = draft.covers;
        covers.sort();
        covers.dedup();
        let controls = self.check.served().into_iter();
        let id = match draft.of_request {
            true => &draft.request,
            false => &draft.assignment,
        };
        Finding {
            check: self.check.id,
            result,
            severity: draft.severity,
            fingerprint: fingerprint(&self.access.tenant, self.check.id, &draft.subject.id, &draft.object.id, id),
            subject_kind: draft.subject.kind,
            subject_id: draft.subject.id,
            subject_name: draft.subject.name,
            object_kind: draft.object.kind,
            object_id: draft.object.id,
            object_name: draft.object.name,
            assignment_id,
            request_id,
            from: draft.from,
            until: draft.until,
            reason: draft.reason.into(),
            message: format!("{}{}.", draft.message, draft.caveat),
            controls: controls.map(|c| format!("{} {}", c.framework, c.id)).collect(),
            evidence,
            covers,
            clears_when: draft.clears_when,
        }
    }
}

/// The hash by which keys fall to parts.
pub(super) fn hash(key: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key.as_bytes())
}
