//! Questions whose answer may be missing: what cannot be told is neither yes nor no.

use crate::check::Context;
use crate::config::{is_of_catalog, matches, matches_catalog};
use crate::lake::table::Table;
use crate::ledger::access_model::{PackageFacts, PackageRole, PolicyFacts};
use crate::model::{Holding, Interned, PackageId};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Yes, and why.
    Yes(String),
    /// No.
    No,
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Known {
    /// Why it is so; nothing unless it is.
    #[must_use]
    pub fn yes(self) -> Option<String> {
        match self {
            Self::Yes(why) => Some(why),
            Self::No | Self::Unknown(_) => None,
        }
    }
}

/// Target scopes by which only members of the tenant may ask, in v1.0 and in beta.
const MEMBERS_ONLY: &[&str] = &["allMemberUsers", "AllExistingDirectoryMemberUsers"];

/// Target scopes that are not for people.
const NOT_FOR_PEOPLE: &[&str] = &[
    "allDirectoryServicePrincipals",
    "specificDirectoryServicePrincipals",
    "allDirectoryAgentIdentities",
];

/// Target scopes by which others may ask too, or nobody may; in v1.0 and in beta.
const OTHERS_TOO: &[&str] = &[
    "notSpecified",
    "specificDirectoryUsers",
    "specificConnectedOrganizationUsers",
    "allDirectoryUsers",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
    "NoSubjects",
    "SpecificDirectorySubjects",
    "SpecificConnectedOrganizationSubjects",
    "AllExistingDirectorySubjects",
    "AllConfiguredConnectedOrganizationSubjects",
    "AllExistingConnectedOrganizationSubjects",
    "AllExternalSubjects",
];

impl PackageRole {
    /// Contents without `role` and `scope`, which tell that there are some, and not which.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.kind == "other" && self.resource.is_empty() && self.origin.is_empty()
    }
}

impl PolicyFacts {
    /// Whether its record tells who may ask, by a word that is known.
    #[must_use]
    pub fn scope_known(&self) -> bool {
        [MEMBERS_ONLY, NOT_FOR_PEOPLE, OTHERS_TOO]
            .iter()
            .any(|list| is_one_of(list, &self.target_scope))
    }
}

fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| w.eq_ignore_ascii_case(word))
}

impl Context<'_> {
    /// Whether a package is sensitive.
    #[must_use]
    pub fn is_sensitive(&self, package: &PackageId) -> Known {
        if let Some(why) = self.sensitive(package) {
            return Known::Yes(why);
        }
        if let unknown @ Known::Unknown(_) = self.on_list(&self.config.sensitive_packages, package) {
            return unknown;
        }
        if !self.contents_known(package) {
            return Known::Unknown("what it contains is not on record".into());
        }
        let roles = self.access.packages.get(package).map(|f| f.roles.as_slice()).unwrap_or_default();
        let told = |r: &PackageRole| self.access.groups.get(&r.resource).is_some_and(|g| g.role_assignable_told);
        let unlisted = roles.iter().find(|r| r.kind == "group" && !told(r));
        match unlisted {
            Some(role) => Known::Unknown(format!(
                "no record of {} tells whether it may carry directory roles",
                shown(&role.resource_name, &role.resource)
            )),
            None => Known::No,
        }
    }

    /// Whether a package is on a list of the configuration, by id or by name.
    #[must_use]
    pub fn on_list(&self, patterns: &[String], package: &PackageId) -> Known {
        let facts = self.access.packages.get(package);
        let name = facts.map(|f| f.name.as_str()).unwrap_or_default();
        let catalog = facts.map(|f| f.catalog.as_str()).unwrap_or_default();
        let catalog_name = self.access.catalogs.get(catalog).map(String::as_str).unwrap_or_default();
        let named = |p: &&String| matches(p, package.as_str(), name) || matches_catalog(p, catalog, catalog_name);
        if let Some(pattern) = patterns.iter().find(named) {
            return Known::Yes(format!("named in the configuration ({pattern})"));
        }
        let (by_catalog, by_name): (Vec<_>, Vec<_>) = patterns.iter().filter(|p| !is_guid(p)).partition(|p| is_of_catalog(p));
        if name.is_empty() && !by_name.is_empty() {
            return Known::Unknown("its name is not on record, and the configuration names packages by name".into());
        }
        if catalog_name.is_empty() && !by_catalog.is_empty() {
            return Known::Unknown("the name of its catalog is not on record, and the configuration names packages by catalog".into());
        }
        Known::No
    }

    /// Whether a package is meant for employees only.
    #[must_use]
    pub fn is_for_employees(&self, package: &PackageId) -> Known {
        match self.on_list(&self.config.employee_packages, package) {
            Known::No => self.for_employees_by_policy(package),
            told => told,
        }
    }

    fn for_employees_by_policy(&self, package: &PackageId) -> Known {
        let all = self.ordinary_policies(package);
        let open: Vec<&&PolicyFacts> = all.iter().filter(|p| !is_one_of(NOT_FOR_PEOPLE, &p.target_scope)).collect();
        if open.iter().any(|p| is_one_of(OTHERS_TOO, &p.target_scope)) {
            return Known::No;
        }
        if let Some(policy) = open.iter().find(|p| !is_one_of(MEMBERS_ONLY, &p.target_scope)) {
            return Known::Unknown(match policy.target_scope.as_str() {
                "" => format!("the record of the policy \"{}\" does not tell who may ask", policy.name),
                scope => format!("the policy \"{}\" is for \"{scope}\", a scope that is not known", policy.name),
            });
        }
        match open.len() {
            0 if all.is_empty() => Known::Unknown("no policy of it is on record".into()),
            0 => Known::No,
            1 => Known::Yes("its one policy lets only members ask".into()),
            n => Known::Yes(format!("all its {n} policies let only members ask")),
        }
    }

    /// Whether a policy lets people ask, and by which scope.
    #[must_use]
    pub fn is_for_people(&self, policy: &PolicyFacts) -> Known {
        match policy.target_scope.as_str() {
            "" => Known::Unknown(format!("the record of the policy \"{}\" does not tell who may ask", policy.name)),
            // Whoever is assigned directly, of any kind.
            scope if scope.eq_ignore_ascii_case("notSpecified") || scope.eq_ignore_ascii_case("NoSubjects") => Known::No,
            scope if is_one_of(NOT_FOR_PEOPLE, scope) => Known::No,
            scope if is_one_of(MEMBERS_ONLY, scope) || is_one_of(OTHERS_TOO, scope) => Known::Yes(scope.to_string()),
            scope => Known::Unknown(format!("the policy \"{}\" is for \"{scope}\", a scope that is not known", policy.name)),
        }
    }

    /// Whether what a package contains is on record, be it nothing.
    #[must_use]
    pub fn contents_known(&self, package: &PackageId) -> bool {
        let facts = self.access.packages.get(package);
        if facts.is_some_and(|f| f.roles.iter().any(PackageRole::is_blind)) {
            return false;
        }
        let told = |f: &PackageFacts| f.contents_told || !f.roles.is_empty();
        let looked = |scope: &str| self.access.looks.contains_key(&(Table::ResourceRoles.name().into(), Interned::from(scope)));
        facts.is_some_and(told) || looked("tenant") || looked(package.as_str())
    }

    /// Whether a rule assigned a holding; `None` when the record of its policy does not tell, or is not there, and its request
    /// does not tell either.
    #[must_use]
    pub fn by_rule(&self, holding: &Holding) -> Option<bool> {
        use crate::model::GrantKind::{AdminDirect, AutoAssignment, OnBehalf, UserRequest};
        if self.automatic(holding) {
            return Some(true);
        }
        let policy = holding.policy.as_ref().and_then(|p| self.access.policies.get(p));
        let told = policy.is_some_and(|p| p.automatic_told);
        let by_person = matches!(holding.grant_kind, UserRequest | AdminDirect | OnBehalf | AutoAssignment);
        (told || by_person).then_some(false)
    }
}

/// A name, or the id where no name is known.
pub(super) fn shown<'t>(name: &'t str, id: &'t str) -> &'t str {
    if name.is_empty() { id } else { name }
}

/// Whether a text is an object id.
fn is_guid(text: &str) -> bool {
    let hyphens = |i: usize| matches!(i, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if hyphens(i) { b == b'-' } else { b.is_ascii_hexdigit() })
}
