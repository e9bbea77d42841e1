//! What kind of holder a principal is: employee, contractor, partner, guest, administrative account, workload, agent.
//!
//! By what records say (`userType`, `employeeType`, the type of a service principal) and by the rule of the house for
//! administrative accounts; a type that no record tells is unknown, never assumed.

use crate::check::{Account, Context};
use crate::config::PopulationRule;
use crate::ledger::access_model::Person;
use crate::model::{Interned, PrincipalId};

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
    /// An account for emergencies, which no rule of everyday fits.
    BreakGlass,
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
            Self::BreakGlass => "break-glass account",
            Self::Workload => "workload identity",
            Self::Agent => "agent",
            Self::Group => "group",
        }
    }

    /// The population that the configuration calls so.
    #[must_use]
    pub fn of_rule(word: &str) -> Option<Self> {
        Some(match word {
            "employee" => Self::Employee,
            "contractor" => Self::Contractor,
            "partner" => Self::Partner,
            "guest" => Self::Guest,
            "admin" => Self::Admin,
            "break_glass" => Self::BreakGlass,
            "workload" => Self::Workload,
            "agent" => Self::Agent,
            _ => return None,
        })
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
    /// The first rule of the configuration that fits a principal.
    fn by_house_rule(&self, id: &PrincipalId) -> Option<(Population, &PopulationRule)> {
        let rules = &self.config.populations;
        if rules.is_empty() {
            return None;
        }
        let (person, app) = (self.access.people.get(id), self.access.apps.get(id.as_str()));
        let fits = |rule: &&PopulationRule| {
            let of_person = |get: fn(&Person) -> Interned| person.is_some_and(|p| rule.fits(&get(p)));
            match rule.property.as_str() {
                "id" => rule.fits(id.as_str()),
                "upn" => of_person(|p| p.upn),
                "domain" => person.is_some_and(|p| p.upn.rsplit_once('@').is_some_and(|(_, domain)| rule.fits(domain))),
                "name" => of_person(|p| p.name) || app.is_some_and(|a| rule.fits(&a.name)),
                "mail" => of_person(|p| p.mail),
                "department" => of_person(|p| p.department),
                "employee_type" => of_person(|p| p.employee_type),
                "user_type" => of_person(|p| p.user_type),
                "app_id" => app.is_some_and(|a| rule.fits(&a.app_id)),
                _ => false,
            }
        };
        let rule = rules.iter().find(fits)?;
        Some((Population::of_rule(&rule.population)?, rule))
    }

    /// Who a principal is: by the first rule of the configuration that fits, else by what records say.
    pub fn who(&self, id: &PrincipalId) -> Who {
        let told = |population, because: &str| Ok((population, because.to_string()));
        if let Some((population, rule)) = self.by_house_rule(id) {
            return Ok((population, format!("by the rule {rule}")));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Index, Part, all};
    use crate::config::{Config, PopulationRule};
    use crate::ledger::AccessModel;
    use crate::ledger::access_model::AppFacts;

    fn person(upn: &str, user_type: &str, employee_type: &str) -> (PrincipalId, Person) {
        let person = Person {
            upn: upn.into(),
            user_type: user_type.into(),
            employee_type: employee_type.into(),
            department: "Finance".into(),
            ..Person::default()
        };
        (PrincipalId::new(&format!("id-{upn}")), person)
    }

    fn rule(population: &str, property: &str, pattern: &str) -> PopulationRule {
        PopulationRule {
            population: population.into(),
            property: property.into(),
            pattern: pattern.into(),
        }
    }

    #[test]
    fn rules_come_before_records_and_the_first_that_fits_decides() {
        let mut access = AccessModel::default();
        access.people.extend([
            person("ext-ana@corp.example", "Member", "Employee"),
            person("bg-1@corp.example", "Member", ""),
            person("bo@agency.example", "Guest", ""),
            person("cy@corp.example", "Member", "Employee"),
            person("di@corp.example", "Member", ""),
            person("az-di@corp.example", "Member", ""),
        ]);
        let app = AppFacts {
            name: "Payroll bot".into(),
            kind: "Application".into(),
            ..AppFacts::default()
        };
        access.apps.insert("app-1".into(), app);
        let config = Config {
            populations: vec![
                rule("break_glass", "upn", "bg-*"),
                rule("agent", "name", "*bot"),
                rule("partner", "domain", "agency.example"),
                rule("contractor", "upn", "ext-*"),
                rule("contractor", "upn", "bg-*"),
            ],
            ..Config::default()
        };
        let index = Index::new(&access);
        let told = |config: &Config, id: &str| {
            let cx = Context::new(&access, config, &index, all()[0], Part::WHOLE);
            cx.who(&PrincipalId::new(id))
                .map_or_else(|_| "unknown".to_string(), |(p, because)| format!("{p:?} {because}"))
        };
        assert_eq!(told(&config, "id-ext-ana@corp.example"), "Contractor by the rule contractor = upn:ext-*");
        assert_eq!(told(&config, "id-bg-1@corp.example"), "BreakGlass by the rule break_glass = upn:bg-*");
        assert_eq!(told(&config, "id-bo@agency.example"), "Partner by the rule partner = domain:agency.example");
        assert_eq!(told(&config, "app-1"), "Agent by the rule agent = name:*bot");
        assert!(told(&config, "id-cy@corp.example").starts_with("Employee employeeType"));
        assert!(told(&config, "id-az-di@corp.example").starts_with("Admin "));
        assert_eq!(told(&config, "id-di@corp.example"), "unknown", "no rule and no record tells");
        let by_type = Config {
            populations: vec![rule("employee", "user_type", "member")],
            ..Config::default()
        };
        assert!(told(&by_type, "id-di@corp.example").starts_with("Employee by the rule"));
        assert!(told(&Config::default(), "app-1").starts_with("Workload "));
    }
}
