//! What the user asked for: a file becomes a checked configuration; profiles name the origin of each threshold.

mod exceptions;
mod load;
mod populations;

pub use exceptions::{Exception, written as register_text};
pub use load::{ConfigError, did_you_mean, load, register};
pub use populations::{POPULATIONS, PROPERTIES, PopulationRule};

use crate::model::Zone;
use crate::model::account::AdminPattern;
use std::collections::BTreeMap;

/// A threshold in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Value, in the threshold's unit.
    pub value: i64,
    /// Where the value comes from: the default's origin, a profile, or the configuration file.
    pub origin: String,
}

/// What a statement of the user's own may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimits {
    /// Seconds.
    pub seconds: u64,
    /// Memory beyond what was in use before, in MiB.
    pub mebibytes: u64,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self { seconds: 60, mebibytes: 4096 }
    }
}

/// The checked configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Name of the profile in force.
    pub profile: String,
    /// Thresholds that differ from their defaults, by name.
    pub thresholds: BTreeMap<String, Setting>,
    /// How administrative accounts are named.
    pub admin_accounts: AdminPattern,
    /// Package ids or names (case-insensitive, `*` at the ends) that are sensitive.
    pub sensitive_packages: Vec<String>,
    /// Package ids or names that are not sensitive, although they contain something of an unknown kind.
    pub ordinary_packages: Vec<String>,
    /// Package ids or names that are meant for employees only.
    pub employee_packages: Vec<String>,
    /// Package ids or names that are exempt from EXP-01.
    pub no_expiry_exempt: Vec<String>,
    /// Pairs of packages, by id or name, that nobody may hold together.
    pub incompatible_packages: Vec<[String; 2]>,
    /// Application ids that deliver access in the name of entitlement management, beside Entra's own.
    pub service_apps: Vec<String>,
    /// The register of exceptions, as the configuration names it.
    pub register: Option<std::path::PathBuf>,
    /// Findings that somebody accepted, until a day.
    pub exceptions: Vec<Exception>,
    /// The folder of checks of one's own.
    pub checks: Option<std::path::PathBuf>,
    /// The checks of one's own in force: file and text.
    pub own_checks: Vec<(std::path::PathBuf, String)>,
    /// What the statement of such a check may cost.
    pub check_limits: CheckLimits,
    /// Rules about who is who, in the order in which they decide.
    pub populations: Vec<PopulationRule>,
    /// Where settings beside thresholds come from, by key; those that are missing have their defaults.
    pub origins: BTreeMap<String, String>,
    /// Zone in which sheets show their moments beside UTC.
    pub time_zone: Option<Zone>,
}

impl Config {
    /// Everything beside thresholds by which checks judge, as text that is the same for the same rules.
    #[must_use]
    pub fn rules(&self) -> String {
        let lists = [
            &self.sensitive_packages,
            &self.ordinary_packages,
            &self.employee_packages,
            &self.no_expiry_exempt,
            &self.service_apps,
        ];
        let populations = (&self.admin_accounts, &self.populations, &self.incompatible_packages);
        format!("{lists:?}\n{populations:?}\n") + &self.own_checks.iter().map(|(_, text)| text.as_str()).collect::<String>()
    }
}

/// Whether a pattern names a package by its catalog: `catalog:Finance*`, by the catalog's id or name.
#[must_use]
pub fn matches_catalog(pattern: &str, id: &str, name: &str) -> bool {
    is_of_catalog(pattern) && pattern.get(CATALOG.len()..).is_some_and(|p| matches(p.trim(), id, name))
}

/// Begins a pattern that names packages by their catalog.
const CATALOG: &str = "catalog:";

/// Whether a pattern names packages by their catalog.
#[must_use]
pub fn is_of_catalog(pattern: &str) -> bool {
    pattern.get(..CATALOG.len()).is_some_and(|p| p.eq_ignore_ascii_case(CATALOG))
}

/// Whether a pattern of the configuration names a package: its id, or its name without regard to case, `*` at the ends for anything.
#[must_use]
pub fn matches(pattern: &str, id: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let inner = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        _ if pattern == id.to_lowercase() => true,
        (true, true) => name.contains(inner),
        (true, false) => name.ends_with(inner),
        (false, true) => name.starts_with(inner),
        (false, false) => name == pattern,
    }
}
