//! What kind of holder a principal is: employee, contractor, partner, guest, administrative account, workload, agent.
//!
//! By what records say (`userType`, `employeeType`, the type of a service principal) and by the rule of the house for
//! administrative accounts; a type that no record tells is unknown, never assumed.

use crate::check::{Account, Context};
use crate::model::PrincipalId;

/// A kind of holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Population {
    /// A member of the tenant on the payroll.
    Employee,
    /// Somebody who works for the house for a time, with a member's account or a guest's.
    Contractor,
    /// Somebody of another organisation that works with the house.
    Partner,
    /// A guest of whom no record tells more.
    Guest,
    /// An administrative account of the house.
    Admin,
    /// A service principal or a managed identity.
    Workload,
    /// An agent's identity.
    Agent,
    /// A group.
    Group,
}

impl Population {
    /// The word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Contractor => "contractor",
            Self::Partner => "partner",
            Self::Guest => "guest",
            Self::Admin => "administrative account",
            Self::Workload => "workload identity",
            Self::Agent => "agent",
            Self::Group => "group",
        }
    }

    /// Whether it is somebody from outside the house.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Self::Contractor | Self::Partner | Self::Guest)
    }
}

/// Who a principal is, and by what that is known; or why nobody can tell.
pub type Who = Result<(Population, String), String>;

/// Words in `employeeType` that say contractor, and words that say partner. The property is free text (Microsoft names
/// Employee, Contractor, Consultant and Vendor as examples).
const CONTRACTORS: &[&str] = &["contract", "consult", "vendor", "temp", "freelanc", "contingent", "agency", "external"];
const PARTNERS: &[&str] = &["partner", "supplier", "customer"];

impl Context<'_> {
    /// Who a principal is.
    #[must_use]
    pub fn who(&self, id: &PrincipalId) -> Who {
        let told = |population, because: &str| Ok((population, because.to_string()));
        let account = self.account(id);
        match account {
            Account::Workload => return told(Population::Workload, "its record is a service principal's"),
            Account::Agent => return told(Population::Agent, "its record is an agent's"),
            Account::Group => return told(Population::Group, "its record is a group's"),
            Account::Unknown => return Err("no record tells what kind of account it is".into()),
            Account::Member | Account::Guest | Account::User => {}
        }
        let rule = &self.config.admin_accounts;
        if rule.lists(id.as_str()) || self.upn(id).is_some_and(|upn| rule.is_admin(upn)) {
            return told(Population::Admin, "by the rule of the house for administrative accounts");
        }
        let kind = self.access.people.get(id).map(|p| p.employee_type.to_lowercase()).unwrap_or_default();
        let says = |words: &[&str]| words.iter().any(|w| kind.contains(w));
        let by_type = |population| Ok((population, format!("employeeType is \"{kind}\"")));
        match account {
            _ if says(PARTNERS) => by_type(Population::Partner),
            _ if says(CONTRACTORS) => by_type(Population::Contractor),
            Account::Guest => told(Population::Guest, "userType is Guest"),
            Account::Member if !kind.is_empty() => by_type(Population::Employee),
            Account::Member => Err("its record has no employeeType, which tells employees from contractors".into()),
            _ => Err("no record tells whether it is a member or a guest".into()),
        }
    }
}
