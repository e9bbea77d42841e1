//! The facts that a life is made of.

use super::super::clock::Micros;
use super::super::scene::{Card, Person};
use super::records::*;

/// One person's life in the tenant.
pub struct Life {
    /// Who.
    pub person: Person,
    /// What happened to the account.
    pub account: Account,
    /// What was asked for on this person's account.
    pub requests: Vec<Request>,
    /// Which packages the person had.
    pub assignments: Vec<Assignment>,
    /// Which groups, application roles and directory roles.
    pub memberships: Vec<Membership>,
    /// What the audit log says.
    pub events: Vec<Event>,
    /// Which applications the person went to, from when to when.
    pub uses: Vec<Use>,
    /// What the sign-in log says.
    pub sign_ins: Vec<SignIn>,
    /// What reviewers decided.
    pub decisions: Vec<Decision>,
    /// Directory roles that could be activated: role and since when.
    pub eligible: Vec<(usize, Micros)>,
    /// What the checks are to find.
    pub planted: Vec<Planted>,
    /// Assignments on which the witnesses contradict each other by design: place and why.
    pub contested: Vec<(usize, &'static str)>,
}

/// What happened to an account, where it did.
#[derive(Default)]
pub struct Account {
    /// Last working day.
    pub leaves: Option<Micros>,
    /// Disabled from.
    pub disabled: Option<Micros>,
    /// Enabled again.
    pub enabled: Option<Micros>,
    /// Deleted, in the bin from then on.
    pub deleted: Option<Micros>,
    /// Gone for good.
    pub purged: Option<Micros>,
}

/// How an assignment came about.
#[derive(Clone, Debug)]
pub enum Asker {
    /// The person asked.
    Own,
    /// Somebody else asked for the person.
    Behalf(Card),
    /// An administrator assigned it.
    Admin(Card),
    /// A rule did.
    Rule,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Delivered.
    Granted,
    /// Delivered at the second attempt.
    GrantedLate,
    /// Denied by an approver.
    Denied,
    /// Taken back by the person who asked.
    Canceled,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// `userAdd`
    UserAdd,
    /// `onBehalfAdd`
    OnBehalfAdd,
    /// `adminAdd`
    AdminAdd,
    /// `systemAdd`
    SystemAdd,
    /// `userUpdate`
    UserUpdate,
    /// `adminRemove`
    AdminRemove,
    /// `systemRemove`
    SystemRemove,
}

/// A request.
pub struct Request {
    /// Id.
    pub id: String,
    /// What for.
    pub kind: RequestKind,
    /// Place of the package.
    pub package: usize,
    /// When it was made.
    pub created: Micros,
    /// When approvers were done.
    pub decided: Micros,
    /// When it was over.
    pub completed: Micros,
    /// What became of it.
    pub fate: Fate,
    /// The reason given.
    pub justification: Option<String>,
    /// Who stands as requestor where that is somebody else.
    pub other_requestor: Option<Card>,
    /// End asked for.
    pub until: Option<Micros>,
    /// Place of the assignment.
    pub assignment: Option<usize>,
    /// Stages of approval that somebody decided.
    pub stages: Vec<Stage>,
}

/// A decided stage of approval.
pub struct Stage {
    /// Who decided.
    pub approver: Card,
    /// When.
    pub at: Micros,
    /// Which way.
    pub approved: bool,
    /// Why.
    pub text: String,
}

/// An assignment of a package.
pub struct Assignment {
    /// Id.
    pub id: String,
    /// Place of the package.
    pub package: usize,
    /// Place of the request that made it.
    pub request: usize,
    /// How it came about, in the words of truth.
    pub grant_kind: &'static str,
    /// When its request was decided; it is listed from then on.
    pub decided: Micros,
    /// When it was delivered.
    pub delivered: Micros,
    /// Scheduled ends, each with the instant since which it holds.
    pub ends: Vec<(Micros, Option<Micros>)>,
    /// When it was removed.
    pub removed: Option<Micros>,
    /// Still listed as delivered although it was removed.
    pub lingers: bool,
}

impl Assignment {
    /// The end that was scheduled at an instant.
    pub fn end_at(&self, at: Micros) -> Option<Micros> {
        self.ends
            .iter()
            .rev()
            .find(|(since, _)| *since <= at)
            .or(self.ends.first())
            .and_then(|(_, end)| *end)
    }

    /// Whether the package is held at an instant.
    pub fn holds_at(&self, at: Micros) -> bool {
        self.delivered <= at && self.removed.is_none_or(|r| at < r)
    }
}

/// What can be held beside packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Place of a group.
    Group(usize),
    /// Place of an application.
    App(usize),
    /// Place of a directory role.
    Role(usize),
}

/// A direct membership or role.
pub struct Membership {
    /// In what.
    pub held: Held,
    /// Since.
    pub from: Micros,
    /// Until.
    pub until: Option<Micros>,
    /// The assignment that delivered it.
    pub assignment: Option<usize>,
    /// Who gave it.
    pub by: Actor,
}
