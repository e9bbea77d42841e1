//! What several checks ask of policies, and how a request was decided.

use crate::check::{Context, Draft, Known, Outcome, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::model::time::SECOND;
use crate::model::{Decision, Finding, Holding, Instant, PackageId, PolicyId, ReasonCode};
use std::collections::BTreeMap;

/// Target scopes by which nobody asks: an administrator assigns.
const NOBODY_ASKS: &[&str] = &["notSpecified", "NoSubjects"];

/// Target scopes by which people of other organisations may ask.
const EXTERNAL: &[&str] = &[
    "specificConnectedOrganizationUsers",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
];

fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| w.eq_ignore_ascii_case(word))
}

impl PolicyFacts {
    /// Whether anybody can ask by this policy; `None` where its record does not tell, or by a word that is not known.
    #[must_use]
    pub fn is_for_requests(&self) -> Option<bool> {
        if self.requests_accepted == Some(false) || self.automatic {
            return Some(false);
        }
        self.scope_known().then(|| !is_one_of(NOBODY_ASKS, &self.target_scope))
    }

    /// Whether a rule may assign by this policy, which no record tells; what is known by its name alone is another question.
    #[must_use]
    pub fn may_be_by_rule(&self) -> bool {
        !self.automatic && !self.automatic_told && !self.target_scope.is_empty()
    }

    /// Whether people of other organisations ask by this policy; `None` where its record does not tell, or by a word that is not known.
    #[must_use]
    pub fn is_for_external(&self) -> Option<bool> {
        self.scope_known().then(|| is_one_of(EXTERNAL, &self.target_scope))
    }
}

impl<'a> Context<'a> {
    /// The row that says that no policies are on record; `None` when some are.
    #[must_use]
    pub fn no_policies(&self, what: &str) -> Option<Finding> {
        (self.access.policies.is_empty() && !self.looked_at(Table::Policies)).then(|| {
            let message = format!("no assignment policies are in the lake, so {what} is unknown");
            self.lacking(ReasonCode::NoTelemetry, Table::Policies, &message, "Ingest assignment policies.")
        })
    }

    /// Policies that are in use, of live packages and of this part; those by which a rule assigns are left out, and of those of which
    /// no record tells whether a rule does, a row says so.
    pub fn live_policies(&self, out: &mut Outcome) -> std::vec::IntoIter<(&'a PolicyId, &'a PolicyFacts)> {
        let access = self.access;
        let dead = |p: &PolicyFacts| p.package.as_ref().and_then(|id| access.packages.get(id)).is_some_and(|f| f.removed);
        let mine = |p: &PolicyFacts| self.mine(p.package.as_ref().map(PackageId::as_str).unwrap_or_default());
        let live = access.policies.iter().filter(|(_, p)| !p.automatic && !p.removed && !dead(p) && mine(p));
        let live: Vec<(&'a PolicyId, &'a PolicyFacts)> = live.filter(|(id, p)| !self.may_be_by_rule(id, p, out)).collect();
        live.into_iter()
    }

    /// Whether no record tells that people ask by a policy and no rule assigns by it, for which a row is made.
    pub fn may_be_by_rule(&self, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) -> bool {
        let unclear = policy.may_be_by_rule();
        if unclear {
            let (draft, called) = Draft::of_policy(self, id, policy);
            let message = format!("the record of {called} does not tell whether a rule assigns by it");
            let clears_when = "An export of assignment policies with automaticRequestSettings.";
            out.push(draft.untold(self, ReasonCode::NoTelemetry, message, clears_when));
        }
        unclear
    }

    /// Whether nothing reviews what a holding is of: its policy says so, and no series from outside covers its package.
    #[must_use]
    pub fn unreviewed(&self, holding: &Holding) -> bool {
        let policy = holding.policy.as_ref().and_then(|p| self.access.policies.get(p));
        policy.is_some_and(|p| p.review_enabled == Some(false)) && !self.index.reviews.covered.contains(holding.entitlement.resource())
    }

    /// Whether the package of a policy is sensitive.
    #[must_use]
    pub fn is_for_sensitive(&self, policy: &PolicyFacts) -> Known {
        match &policy.package {
            Some(package) => self.is_sensitive(package),
            None => Known::Unknown("no record tells which package it is of".into()),
        }
    }
}

impl Context<'_> {
    /// Whether access by a policy lasts no longer than just-in-time access does; `None` where its record does not tell.
    #[must_use]
    pub fn is_brief(&self, policy: &PolicyFacts) -> Option<bool> {
        match policy.expires_after {
            Some(d) => Some(d.months == 0 && d.seconds.saturating_mul(SECOND) <= self.hours(&BRIEF)),
            None if ["noExpiration", "afterDateTime"].iter().any(|w| policy.expiration_type.eq_ignore_ascii_case(w)) => Some(false),
            None => None,
        }
    }
}

impl Draft {
    /// About a policy: its package, its record; and how sentences call it.
    #[must_use]
    pub fn of_policy(cx: &Context, id: &PolicyId, policy: &PolicyFacts) -> (Self, String) {
        let object = policy.package.as_ref().map(|p| cx.package(p)).unwrap_or_default();
        let subject = Thing::new("policy", id.as_str(), &policy.name);
        let of = if object.name.is_empty() {
            String::new()
        } else {
            format!(" of {}", object.name)
        };
        let called = format!("the policy \"{}\"{of}", subject.name);
        let draft = Self {
            subject,
            object,
            evidence: vec![format!("policies:{id}")],
            ..Self::default()
        };
        (draft, called)
    }

    /// The same with what could not be told, as a row.
    #[must_use]
    pub fn untold(mut self, cx: &Context, reason: ReasonCode, message: String, clears_when: &str) -> Finding {
        self.message = message;
        self.clears_when = clears_when.into();
        cx.not_evaluable(reason, self)
    }
}

/// What would tell whether a package is sensitive.
pub(super) const SENSITIVITY_CLEARS: &str = "A snapshot of packages with their contents, and of the groups in them.";

/// How a request was agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreed {
    /// People approved it.
    ByPeople,
    /// Its policy asked nobody.
    ByPolicy,
    /// No record tells, and why.
    Untold(String),
}

/// Approvals by people, in order.
pub(super) fn approvals(story: &RequestHistory) -> impl Iterator<Item = &Decision> {
    story.decisions.iter().filter(|d| d.decision == "approved")
}

/// When a decision was made.
pub(super) fn decided_at(decision: &Decision) -> Option<Instant> {
    Instant::parse(&decision.at)
}

/// Whether a request that somebody made came to a delivery.
pub(super) fn is_delivered(story: &RequestHistory) -> bool {
    // An export may lack the request, and then the log tells of the delivery alone.
    let asked = matches!(story.kind.as_str(), "userAdd" | "onBehalfAdd") || story.kind.is_empty() && story.administrator.is_none();
    asked && matches!(story.state.as_str(), "delivered" | "partiallyDelivered")
}

impl Context<'_> {
    /// How a delivered request was agreed to: by what its decisions say, else by its policy as it was then.
    #[must_use]
    pub fn agreed(&self, story: &RequestHistory) -> Agreed {
        if approvals(story).next().is_some() {
            return Agreed::ByPeople;
        }
        if story.decisions.iter().any(|d| d.decision == "auto-approved") {
            return Agreed::ByPolicy;
        }
        let policy = self.policy_facts_at(story.policy.as_ref(), story.created_at.or(story.completed_at));
        match policy.map(|p| (p.automatic, p.approval_required)) {
            Ok((true, _) | (_, Some(false))) => Agreed::ByPolicy,
            Ok((_, Some(true))) => Agreed::Untold("its policy asked for approval, and no record tells who gave it".into()),
            Ok((_, None)) => Agreed::Untold("the record of its policy does not tell whether it asked for approval".into()),
            Err(why) => Agreed::Untold(why),
        }
    }
}

/// Requests of which something cannot be told, by package: one row each.
#[derive(Debug, Default)]
pub(super) struct Untold<'a>(BTreeMap<Option<&'a PackageId>, Vec<(String, &'a RequestHistory)>>);

impl<'a> Untold<'a> {
    pub(super) fn push(&mut self, story: &'a RequestHistory, why: impl Into<String>) {
        self.0.entry(story.package.as_ref()).or_default().push((why.into(), story));
    }

    /// A row for each package: `3 requests for Payroll: WHAT cannot be told, since WHY`.
    pub(super) fn rows(self, cx: &Context, reason: ReasonCode, what: &str, clears_when: &str, out: &mut Outcome) {
        for (package, mut stories) in self.0 {
            stories.sort_by(|a, b| (&a.0, &a.1.id).cmp(&(&b.0, &b.1.id)));
            stories.dedup_by(|a, b| a.1.id == b.1.id);
            let number = stories.len();
            let subject = package.map_or_else(|| Thing::new("package", "", "an unknown package"), |p| cx.package(p));
            let mut reasons: Vec<&str> = stories.iter().map(|(why, _)| why.as_str()).collect();
            reasons.dedup();
            let more = if reasons.len() > 1 { ", among other reasons" } else { "" };
            let draft = Draft {
                message: format!("{} for {}: {what}, since {}{more}", words::many(number, "request"), subject.name, reasons[0]),
                subject,
                object: Thing::new("source", Table::Requests.name(), ""),
                evidence: stories.iter().flat_map(|(_, s)| s.evidence.iter().map(ToString::to_string)).collect(),
                clears_when: clears_when.into(),
                ..Draft::default()
            };
            out.push_for(cx.not_evaluable(reason, draft), number);
        }
    }
}

pub(super) static CEILING_SENSITIVE: Threshold = Threshold {
    name: "ceiling_days_sensitive",
    default: 90,
    unit: "days",
    origin: "ours: as often as sensitive access is to be reviewed",
    help: "How long sensitive access may last without a fresh decision of a person.",
};

pub(super) static CEILING_EXTERNAL: Threshold = Threshold {
    name: "ceiling_days_external",
    default: 180,
    unit: "days",
    origin: "ours: as often as PCI DSS 4.0.1 7.2.4 has all access reviewed, third parties among it",
    help: "The same for contractors, partners and guests.",
};

pub(super) static CEILING_EMPLOYEE: Threshold = Threshold {
    name: "ceiling_days_employee",
    default: 365,
    unit: "days",
    origin: "CIS Controls v8 6.8: at least once a year",
    help: "The same for employees.",
};

pub(super) static BRIEF: Threshold = Threshold {
    name: "just_in_time_hours",
    default: 24,
    unit: "hours",
    origin: "ours: what is asked for and gone within a day is just in time",
    help: "How long access may last and still count as just in time.",
};
