//! The words for what was found: a thing with its name, and a finding before the framework completes it.

use crate::check::{Context, words};
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::model::{AssignmentId, Certainty, Holding, Instant, PackageId, PolicyId, PrincipalId, RequestId, Severity};

/// A subject or an object, with its name at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thing {
    /// `principal`, `package`, `policy`, `group` …
    pub kind: String,
    /// Object id.
    pub id: String,
    /// Name, or the id where no name is known.
    pub name: String,
}

impl Thing {
    /// A thing; without a name it goes by its id.
    #[must_use]
    pub fn new(kind: &str, id: &str, name: &str) -> Self {
        let name = if name.is_empty() { id } else { name };
        Self {
            kind: kind.into(),
            id: id.into(),
            name: name.into(),
        }
    }
}

/// A finding before the framework completes it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its weight.
    pub severity: Severity,
    /// What it is about.
    pub subject: Thing,
    /// What the subject holds or does.
    pub object: Thing,
    /// Assignment id, where one is known.
    pub assignment: String,
    /// Request id, where one is known.
    pub request: String,
    /// Whether it is about the request: then the request's id tells it apart from others of the same subject and object.
    pub of_request: bool,
    /// Beginning of the interval.
    pub from: Option<Instant>,
    /// End of the interval.
    pub until: Option<Instant>,
    /// A short machine word for the variant.
    pub reason: &'static str,
    /// One sentence with the numbers in it, without its full stop.
    pub message: String,
    /// What the sentence must add where the ledger is not sure.
    pub caveat: String,
    /// `table:record_id`, in any order.
    pub evidence: Vec<String>,
    /// Of a finding about several people, assignments or settings: each of them by id, in any order.
    pub covers: Vec<String>,
    /// What would clear it.
    pub clears_when: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            severity: Severity::Info,
            subject: Thing::default(),
            object: Thing::default(),
            assignment: String::new(),
            request: String::new(),
            of_request: false,
            from: None,
            until: None,
            reason: "",
            message: String::new(),
            caveat: String::new(),
            evidence: Vec::new(),
            covers: Vec::new(),
            clears_when: String::new(),
        }
    }
}

/// What a check can look at and find right.
pub trait Subject {
    /// It, as a row of the check's population.
    fn draft(&self, cx: &Context) -> Draft;
}

impl<S: Subject + ?Sized> Subject for &S {
    fn draft(&self, cx: &Context) -> Draft {
        (**self).draft(cx)
    }
}

impl Subject for Draft {
    fn draft(&self, _: &Context) -> Draft {
        self.clone()
    }
}

impl Subject for Holding {
    fn draft(&self, cx: &Context) -> Draft {
        Draft::of_holding(cx, self)
    }
}

impl Subject for RequestHistory {
    fn draft(&self, cx: &Context) -> Draft {
        let who = self.recipient.as_ref().or(self.requestor.as_ref());
        let subject = who.map_or_else(|| Thing::new("request", self.id.as_str(), ""), |p| cx.principal(p));
        Draft::of_request(cx, subject, self)
    }
}

impl Subject for PrincipalId {
    fn draft(&self, cx: &Context) -> Draft {
        let person = cx.access.people.get(self);
        Draft {
            subject: cx.principal(self),
            evidence: person.into_iter().flat_map(|p| p.evidence.iter().map(ToString::to_string)).collect(),
            ..Draft::default()
        }
    }
}

impl Subject for PackageId {
    fn draft(&self, cx: &Context) -> Draft {
        Draft {
            subject: cx.package(self),
            evidence: vec![format!("packages:{self}")],
            ..Draft::default()
        }
    }
}

impl Subject for (&PolicyId, &PolicyFacts) {
    fn draft(&self, cx: &Context) -> Draft {
        Draft::of_policy(cx, self.0, self.1).0
    }
}

impl Draft {
    /// About a holding: who holds, what, since when, by which records.
    #[must_use]
    pub fn of_holding(cx: &Context, holding: &Holding) -> Self {
        let watched_no_longer = match holding.until_certainty {
            Certainty::Unknown => true,
            // It had ended by a later snapshot, and nobody can tell whether before the instant of the questions.
            Certainty::Bounded => holding.until_earliest.is_some_and(|t| t < cx.as_of()),
            _ => false,
        };
        let since = holding.until_earliest.filter(|_| watched_no_longer);
        Self {
            subject: cx.principal(&holding.principal),
            object: cx.entitlement(holding),
            assignment: holding.assignment.as_ref().map_or_else(String::new, AssignmentId::to_string),
            request: holding.request.as_ref().map_or_else(String::new, RequestId::to_string),
            from: holding.held_from,
            until: holding.held_until,
            caveat: since.map_or_else(String::new, |t| {
                format!(", if it is still held: no source has watched it since {}", words::day(t))
            }),
            evidence: holding.evidence.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    /// About a request: its package, its records, its time.
    #[must_use]
    pub fn of_request(cx: &Context, subject: Thing, story: &RequestHistory) -> Self {
        Self {
            subject,
            object: story
                .package
                .as_ref()
                .map_or_else(|| Thing::new("package", "", "an unknown package"), |p| cx.package(p)),
            assignment: cx.assignment_of(story).map_or_else(String::new, |a| a.to_string()),
            request: story.id.to_string(),
            of_request: true,
            from: story.created_at,
            until: story.completed_at,
            evidence: story.evidence.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }
}
