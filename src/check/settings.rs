//! Every setting in force, with the place that it comes from; and the file that shows them all and changes none.

use crate::check::profiles::{PROFILES, in_force, profile};
use crate::check::thresholds;
use crate::config::{Config, POPULATIONS, PROPERTIES};
use std::fmt::Write;

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingLine {
    /// Key in the configuration.
    pub name: String,
    /// Value, as the configuration writes it.
    pub value: String,
    /// Unit, for thresholds.
    pub unit: String,
    /// `default`, `profile NAME`, `command line` or `configuration FILE`.
    pub layer: String,
    /// Where the number comes from; for thresholds.
    pub source: String,
    /// What it decides.
    pub help: String,
}

/// Settings beside thresholds: key and what it decides.
const OTHERS: &[(&str, &str)] = &[
    ("profile", "The set of thresholds of a framework."),
    ("time_zone", "The zone in which moments are shown beside UTC."),
    ("exceptions", "The register of exceptions, a file beside this one."),
    ("checks", "The folder of checks of one's own, beside this file."),
    ("check_limits.seconds", "How many seconds the statement of such a check may take."),
    ("check_limits.mebibytes", "How much memory it may need, in MiB."),
    ("admin_accounts.prefixes", "Beginnings of the names of administrative accounts."),
    ("admin_accounts.suffixes", "Ends of the names of administrative accounts."),
    ("admin_accounts.accounts", "Accounts that are administrative whatever their names."),
    ("admin_accounts.pairs", "Two accounts of one person, the administrative one first."),
    (
        "packages.sensitive",
        "Packages that are sensitive whatever they contain: id, name with * at the ends, or catalog:NAME.",
    ),
    (
        "packages.not_sensitive",
        "Packages that are not sensitive although they contain something of a kind that this version does not know.",
    ),
    ("packages.employees_only", "Packages that are meant for employees only."),
    ("packages.no_expiry_exempt", "Packages whose assignments may have no end."),
    (
        "packages.incompatible",
        "Pairs of packages that nobody may hold together, beside what packages list as incompatible.",
    ),
    (
        "services.entitlement_management",
        "Application ids that deliver in the name of entitlement management, beside Entra's own.",
    ),
];

/// All settings in force, thresholds last.
#[must_use]
pub fn settings_in_force(config: &Config) -> Vec<SettingLine> {
    let mut lines: Vec<SettingLine> = OTHERS
        .iter()
        .map(|(name, help)| SettingLine {
            name: (*name).into(),
            value: other(config, name),
            unit: String::new(),
            layer: config.origins.get(*name).cloned().unwrap_or_else(|| "default".into()),
            source: String::new(),
            help: (*help).into(),
        })
        .collect();
    for population in POPULATIONS {
        let name = format!("populations.{population}");
        let rules = config.populations.iter().filter(|r| r.population == *population);
        let rules: Vec<String> = rules.map(|r| format!("{}:{}", r.property, r.pattern)).collect();
        lines.push(SettingLine {
            value: list(&rules),
            unit: String::new(),
            layer: config.origins.get(&name).cloned().unwrap_or_else(|| "default".into()),
            source: String::new(),
            help: format!(
                "Rules PROPERTY:PATTERN by which a principal is taken for this; properties: {}.",
                PROPERTIES.join(", ")
            ),
            name,
        });
    }
    let of_profile = profile(&config.profile).map(|p| (p.name, p.values)).unwrap_or_default();
    for threshold in thresholds() {
        let now = in_force(threshold, config);
        let set = config.thresholds.get(threshold.name);
        let by_profile = of_profile.1.iter().any(|(name, ..)| *name == threshold.name);
        let (layer, source) = match (set, by_profile) {
            (Some(setting), _) => (setting.origin.clone(), String::new()),
            (None, true) => (format!("profile {}", of_profile.0), now.origin),
            (None, false) => ("default".into(), now.origin),
        };
        lines.push(SettingLine {
            name: format!("thresholds.{}", threshold.name),
            value: now.value.to_string(),
            unit: threshold.unit.into(),
            layer,
            source,
            help: threshold.help.into(),
        });
    }
    lines
}

fn other(config: &Config, name: &str) -> String {
    let text = |t: &str| toml::Value::from(t).to_string();
    let path = |p: &Option<std::path::PathBuf>| p.as_ref().map_or_else(String::new, |p| text(&p.display().to_string()));
    match name {
        "profile" => text(if config.profile.is_empty() { "default" } else { &config.profile }),
        "time_zone" => config.time_zone.map_or_else(String::new, |z| text(z.name())),
        "exceptions" => path(&config.register),
        "checks" => path(&config.checks),
        "check_limits.seconds" => config.check_limits.seconds.to_string(),
        "check_limits.mebibytes" => config.check_limits.mebibytes.to_string(),
        "admin_accounts.prefixes" => list(&config.admin_accounts.prefixes),
        "admin_accounts.suffixes" => list(&config.admin_accounts.suffixes),
        "admin_accounts.accounts" => list(&config.admin_accounts.accounts),
        "admin_accounts.pairs" => pairs(&config.admin_accounts.pairs),
        "packages.sensitive" => list(&config.sensitive_packages),
        "packages.not_sensitive" => list(&config.ordinary_packages),
        "packages.employees_only" => list(&config.employee_packages),
        "packages.no_expiry_exempt" => list(&config.no_expiry_exempt),
        "packages.incompatible" => pairs(&config.incompatible_packages),
        "services.entitlement_management" => list(&config.service_apps),
        _ => String::new(),
    }
}

fn pairs(items: &[[String; 2]]) -> String {
    let pairs: Vec<toml::Value> = items.iter().map(|[a, b]| toml::Value::from(vec![a.as_str(), b.as_str()])).collect();
    toml::Value::from(pairs).to_string()
}

fn list(items: &[String]) -> String {
    toml::Value::from(items.to_vec()).to_string()
}

/// A configuration file with every setting as it is by default, each behind a `#`: as it stands it changes nothing.
#[must_use]
pub fn template() -> String {
    let mut out = String::from(
        "# Settings of vouchsafe. As it stands this file changes nothing: every line that sets something begins with #.\n\
         # Take the # away and change the value; `vouchsafe config show --origin` tells what is in force, and why.\n",
    );
    let mut section = String::new();
    for line in settings_in_force(&Config::default()) {
        let (table, key) = line.name.rsplit_once('.').unwrap_or(("", &line.name));
        if table != section {
            // An empty table sets nothing.
            let _ = write!(out, "\n[{table}]\n");
            section = table.into();
        }
        let _ = write!(out, "\n# {}\n", line.help);
        if !line.source.is_empty() {
            let _ = writeln!(out, "# In {}; from {}.", line.unit, line.source);
        }
        match key {
            "profile" => {
                let names: Vec<&str> = PROFILES.iter().map(|p| p.name).collect();
                let _ = writeln!(out, "# One of {}.", names.join(", "));
            }
            _ if line.value.is_empty() => {
                let _ = writeln!(out, "# {key} = {}", example(key));
                continue;
            }
            _ => {}
        }
        let _ = writeln!(out, "# {key} = {}", line.value);
    }
    out
}

/// What is written for a setting that has no default.
fn example(key: &str) -> &'static str {
    match key {
        "time_zone" => "\"Europe/Berlin\"",
        "exceptions" => "\"exceptions.toml\"",
        _ => "\"checks\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn loaded(text: &str) -> Config {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("vouchsafe.toml");
        std::fs::write(&path, text).expect("a file");
        let known: Vec<(&str, &str)> = thresholds().iter().map(|t| (t.name, t.unit)).collect();
        let profiles: Vec<&str> = PROFILES.iter().map(|p| p.name).collect();
        config::load(&path, &known, &profiles).expect("a configuration")
    }

    fn values(config: &Config) -> Vec<(String, String)> {
        let lines = settings_in_force(config).into_iter();
        lines
            .filter(|l| !["exceptions", "checks", "time_zone"].contains(&l.name.as_str()))
            .map(|l| (l.name, l.value))
            .collect()
    }

    #[test]
    fn the_file_changes_nothing_as_it_stands_nor_with_its_own_values() {
        let text = template();
        let as_it_stands = loaded(&text);
        assert_eq!(values(&as_it_stands), values(&Config::default()));
        assert!(
            as_it_stands.origins.is_empty() && as_it_stands.thresholds.is_empty(),
            "{:?}",
            as_it_stands.origins
        );
        // Every line that sets something, taken.
        let setting = |l: &str| {
            l.strip_prefix("# ")
                .filter(|l| l.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')))
                .map(String::from)
        };
        let taken: Vec<String> = text.lines().map(|l| setting(l).unwrap_or_else(|| l.to_string())).collect();
        let taken = loaded(&taken.join("\n"));
        assert_eq!(values(&taken), values(&Config::default()));
        assert_eq!(taken.thresholds.len(), thresholds().len());
        let keys = settings_in_force(&taken).iter().filter(|l| !l.name.starts_with("thresholds.")).count();
        let set = taken.origins.keys().filter(|k| !k.starts_with("thresholds.")).count();
        assert_eq!(set, keys, "{:?}", taken.origins);
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let config = loaded("profile = \"pci\"\n[thresholds]\nlook_back_days = 30\n[packages]\nsensitive = [\"catalog:Finance\"]\n");
        let lines = settings_in_force(&config);
        let layer = |name: &str| lines.iter().find(|l| l.name == name).map(|l| l.layer.clone()).expect("a setting");
        assert!(layer("thresholds.look_back_days").starts_with("configuration "));
        assert_eq!(layer("thresholds.leaver_grace_hours"), "profile pci");
        assert_eq!(layer("thresholds.review_slack_days"), "default");
        assert!(layer("packages.sensitive").starts_with("configuration ") && layer("profile").starts_with("configuration "));
        assert_eq!(layer("packages.employees_only"), "default");
    }
}
