//! Packages, policies, groups, applications and roles.

use super::super::clock::Micros;

/// An application with one role.
pub struct App {
    /// Object id of the service principal.
    pub id: String,
    /// Application (client) id.
    pub app_id: String,
    /// Name.
    pub name: String,
    /// Id of the role.
    pub role_id: String,
    /// Value of the role.
    pub role: &'static str,
}

/// How a group gets its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// By hand or by packages.
    Plain,
    /// As plain, and directory roles can be given to it.
    RoleAssignable,
    /// By a rule.
    Dynamic,
    /// From the premises.
    Synced,
}

/// A group.
pub struct Group {
    /// Object id.
    pub id: String,
    /// Name.
    pub name: String,
    /// How it gets its members.
    pub kind: GroupKind,
    /// Groups that are members of it.
    pub children: Vec<usize>,
}

/// A directory role.
pub struct Directory {
    /// Name.
    pub name: &'static str,
    /// Template id, which is also the id of the definition.
    pub template: &'static str,
    /// Object id of the activated role in this tenant.
    pub id: String,
}

/// What a package delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Membership of a group.
    Group(usize),
    /// The role of an application.
    App(usize),
}

/// A thing in a package.
pub struct Resource {
    /// What.
    pub target: Target,
    /// Since when.
    pub since: Micros,
}

/// For whom a package is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Employees.
    Employees,
    /// Partners of connected organisations.
    Partners,
    /// Contractors.
    Contractors,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All members.
    Members,
    /// All guests of connected organisations.
    Connected,
    /// The members of a group.
    GroupMembers(usize),
    /// Nobody: administrators assign.
    Nobody,
}

/// How often a policy has its assignments reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// Every so many months.
    Every(u32),
    /// Settings exist and are switched off.
    Off,
    /// No settings.
    None,
}

/// How a package is given.
pub struct Policy {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who may ask.
    pub reach: Reach,
    /// Whether Entra assigns it by itself.
    pub automatic: bool,
    /// To which departments it does, as the rule writes them.
    pub departments: &'static str,
    /// Stages of approval.
    pub stages: usize,
    /// How long it lasts; never-ending where absent.
    pub days: Option<u32>,
    /// How often it is reviewed.
    pub review: Review,
    /// Whether the person who asks has to say why.
    pub asks_why: bool,
    /// Whether a review keeps what nobody decides on.
    pub silence_keeps: bool,
}

/// An access package with its one policy.
pub struct Package {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Place of its catalogue.
    pub catalog: usize,
    /// For whom.
    pub audience: Audience,
    /// What it delivers.
    pub resources: Vec<Resource>,
    /// How it is given.
    pub policy: Policy,
}

impl Package {
    /// Its applications.
    pub fn apps(&self) -> impl Iterator<Item = usize> + '_ {
        self.resources.iter().filter_map(|r| match r.target {
            Target::App(app) => Some(app),
            Target::Group(_) => None,
        })
    }
}

/// One round of review of one package.
pub struct ReviewCycle {
    /// The series.
    pub definition: String,
    /// The round.
    pub instance: String,
    /// Place of the package.
    pub package: usize,
    /// When reviewers could begin.
    pub opens: Micros,
    /// When decisions were applied.
    pub closes: Micros,
}
