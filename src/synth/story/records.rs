//! What the logs and the reviewers say.

use super::super::clock::Micros;
use super::super::scene::Card;

/// Who did something.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person.
    User(Card),
    /// The entitlement service.
    Entitlement,
    /// Another service, by name.
    Service(&'static str),
}

/// A target of an event.
#[derive(Clone, Debug, Default)]
pub struct EventTarget {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Type.
    pub kind: &'static str,
    /// User principal name.
    pub upn: Option<String>,
    /// Modified properties: name, old and new value.
    pub changes: Vec<(&'static str, Option<String>, Option<String>)>,
}

/// A record of the audit log.
#[derive(Clone, Debug)]
pub struct Event {
    /// Id.
    pub id: String,
    /// When.
    pub at: Micros,
    /// Activity.
    pub activity: &'static str,
    /// Category.
    pub category: &'static str,
    /// Service.
    pub service: &'static str,
    /// Operation type.
    pub operation: &'static str,
    /// Correlation.
    pub correlation: String,
    /// Why it failed, where it did.
    pub failure: Option<&'static str>,
    /// Who.
    pub actor: Actor,
    /// Targets.
    pub targets: Vec<EventTarget>,
    /// Additional details.
    pub details: Vec<(&'static str, String)>,
}

/// How an application is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With a second factor, interactively and not.
    Proper,
    /// Interactively with one factor.
    OneFactor,
    /// Interactively, where the record does not say and no policy applied.
    Unstated,
    /// Without success.
    Failing,
    /// With one factor, but never interactively.
    SilentOneFactor,
}

/// A time of use of an application.
pub struct Use {
    /// Place of the application.
    pub app: usize,
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
    /// How.
    pub manner: Manner,
}

/// A record of the sign-in log.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Id.
    pub id: String,
    /// When.
    pub at: Micros,
    /// Place of the application.
    pub app: usize,
    /// Whether a person sat before it.
    pub interactive: bool,
    /// How.
    pub manner: Manner,
}

impl SignIn {
    /// Whether it let the person in.
    pub fn succeeded(&self) -> bool {
        self.manner != Manner::Failing
    }
}

/// A reviewer's decision.
pub struct Decision {
    /// Place of the review.
    pub review: usize,
    /// When.
    pub at: Micros,
    /// Kept or not.
    pub keep: bool,
    /// Who decided.
    pub reviewer: Card,
}

/// A finding that a check is to produce.
pub struct Planted {
    /// The check.
    pub check: &'static str,
    /// About whom.
    pub subject: String,
    /// About what.
    pub object: String,
    /// The request or assignment that it hangs on.
    pub link: String,
    /// What was done to the world.
    pub note: &'static str,
}
