//! A configuration file becomes a checked configuration: every mistake is told at once, with its place.

use crate::config::{CheckLimits, Config, Exception, POPULATIONS, PopulationRule, Setting, exceptions};
use crate::model::Zone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a key or a type that is not known.
    #[error("the configuration {path} is wrong: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and what is wrong.
        message: String,
    },
    /// Values that make no sense, all of them.
    #[error("the configuration {path} has {} mistake(s):\n  {}", mistakes.len(), mistakes.join("\n  "))]
    Values {
        /// The file.
        path: PathBuf,
        /// One line each.
        mistakes: Vec<String>,
    },
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    profile: Option<String>,
    thresholds: BTreeMap<String, i64>,
    admin_accounts: Option<RawAdmin>,
    packages: RawPackages,
    services: RawServices,
    populations: BTreeMap<String, Vec<String>>,
    exceptions: Option<PathBuf>,
    checks: Option<PathBuf>,
    check_limits: RawLimits,
    time_zone: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    seconds: Option<u64>,
    mebibytes: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawServices {
    entitlement_management: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawAdmin {
    prefixes: Option<Vec<String>>,
    suffixes: Option<Vec<String>>,
    accounts: Vec<String>,
    pairs: Vec<[String; 2]>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawPackages {
    sensitive: Vec<String>,
    not_sensitive: Vec<String>,
    employees_only: Vec<String>,
    no_expiry_exempt: Vec<String>,
    incompatible: Vec<[String; 2]>,
}

/// Reads a configuration file; the register of exceptions that it names is read by [`register`].
/// `thresholds` are the names that checks know, with their units, `profiles` the names of profiles.
///
/// # Errors
/// When the file cannot be read, or anything in it is wrong.
pub fn load(path: &Path, thresholds: &[(&str, &str)], profiles: &[&str]) -> Result<Config, ConfigError> {
    let mut config = parse(&read(path)?, path, thresholds, profiles)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    config.register = config.register.map(|named| folder.join(named));
    config.checks = config.checks.map(|named| folder.join(named));
    Ok(config)
}

/// Reads files of exceptions into one register, in their order; `checks` are the ids that exist.
///
/// # Errors
/// When a file cannot be read, or anything in it is wrong.
pub fn register(files: &[PathBuf], checks: &[&str]) -> Result<Vec<Exception>, ConfigError> {
    let mut entries = Vec::new();
    for path in files {
        let mut mistakes = Vec::new();
        entries.extend(exceptions::parse(&read(path)?, path, entries.len() + 1, checks, &mut mistakes));
        if !mistakes.is_empty() {
            return Err(ConfigError::Values { path: path.clone(), mistakes });
        }
    }
    Ok(entries)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })
}

fn parse(text: &str, path: &Path, thresholds: &[(&str, &str)], profiles: &[&str]) -> Result<Config, ConfigError> {
    let raw: Raw = toml::from_str(text).map_err(|e| ConfigError::Syntax {
        path: path.into(),
        message: e.to_string().trim_end().to_string(),
    })?;
    let mut mistakes = Vec::new();
    for (name, value) in &raw.thresholds {
        let Some((_, unit)) = thresholds.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = thresholds.iter().map(|(name, _)| *name).collect();
            mistakes.push(format!("thresholds.{name} is not known{}", did_you_mean(name, &names)));
            continue;
        };
        let most = most(unit);
        if !(0..=most).contains(value) {
            mistakes.push(format!("thresholds.{name} is {value}; it must be from 0 to {most} ({unit})"));
        }
    }
    if let Some(profile) = raw.profile.as_ref().filter(|p| !profiles.contains(&p.as_str())) {
        mistakes.push(format!("profile '{profile}' is not known{}", did_you_mean(profile, profiles)));
    }
    let time_zone = raw.time_zone.as_deref().map(|name| (name, Zone::parse(name)));
    if let Some((name, None)) = time_zone {
        mistakes.push(format!(
            "time_zone '{name}' is no zone of the tz database, such as Europe/Berlin{}",
            near(name, &Zone::names())
        ));
    }
    if raw.check_limits.seconds == Some(0) || raw.check_limits.mebibytes == Some(0) {
        mistakes.push("check_limits must be 1 or more: a statement without a limit may never end".into());
    }
    let populations = populations(&raw.populations, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(ConfigError::Values { path: path.into(), mistakes });
    }
    let origin = format!("configuration {}", path.display());
    let origins = keys(text).into_iter().map(|key| (key, origin.clone())).collect();
    let mut config = Config {
        profile: raw.profile.unwrap_or_default(),
        thresholds: raw
            .thresholds
            .into_iter()
            .map(|(n, value)| (n, Setting { value, origin: origin.clone() }))
            .collect(),
        sensitive_packages: raw.packages.sensitive,
        ordinary_packages: raw.packages.not_sensitive,
        employee_packages: raw.packages.employees_only,
        no_expiry_exempt: raw.packages.no_expiry_exempt,
        incompatible_packages: raw.packages.incompatible,
        register: raw.exceptions,
        checks: raw.checks,
        check_limits: CheckLimits {
            seconds: raw.check_limits.seconds.unwrap_or(CheckLimits::default().seconds),
            mebibytes: raw.check_limits.mebibytes.unwrap_or(CheckLimits::default().mebibytes),
        },
        service_apps: raw.services.entitlement_management,
        time_zone: time_zone.and_then(|(_, zone)| zone),
        populations,
        origins,
        ..Config::default()
    };
    if let Some(admin) = raw.admin_accounts {
        let lower = |list: Vec<String>| list.into_iter().map(|w| w.to_lowercase()).filter(|w| !w.is_empty()).collect();
        // Who names one side of the rule by name wants that side only; who only lists accounts keeps the rule.
        if admin.prefixes.is_some() || admin.suffixes.is_some() {
            config.admin_accounts.prefixes = lower(admin.prefixes.unwrap_or_default());
            config.admin_accounts.suffixes = lower(admin.suffixes.unwrap_or_default());
        }
        config.admin_accounts.accounts = lower(admin.accounts);
        config.admin_accounts.pairs = admin.pairs.into_iter().map(|pair| pair.map(|w| w.to_lowercase())).collect();
    }
    Ok(config)
}

/// The largest number that makes sense in a unit.
fn most(unit: &str) -> i64 {
    match unit {
        "0 or 1" => 1,
        "percent" => 100,
        // A century and more, in any unit of time; more people than any tenant has.
        _ => 100_000_000,
    }
}

/// Rules about who is who, in the order in which populations decide.
fn populations(raw: &BTreeMap<String, Vec<String>>, mistakes: &mut Vec<String>) -> Vec<PopulationRule> {
    for name in raw.keys().filter(|n| !POPULATIONS.contains(&n.as_str())) {
        mistakes.push(format!("populations.{name} is not known{}", did_you_mean(name, POPULATIONS)));
    }
    let mut rules = Vec::new();
    for population in POPULATIONS {
        for text in raw.get(*population).into_iter().flatten() {
            match PopulationRule::parse(population, text) {
                Ok(rule) => rules.push(rule),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    rules
}

/// The keys that a configuration sets: `packages.sensitive`, `profile`.
fn keys(text: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let mut keys = Vec::new();
    for (name, value) in &table {
        match value.as_table() {
            Some(inner) => keys.extend(inner.keys().map(|k| format!("{name}.{k}"))),
            None => keys.push(name.clone()),
        }
    }
    keys
}

/// `; did you mean x?`, or the list of what is known when nothing is near.
#[must_use]
pub fn did_you_mean(given: &str, known: &[&str]) -> String {
    match near(given, known) {
        found if found.is_empty() => format!("; known are {}", known.join(", ")),
        found => found,
    }
}

/// `; did you mean x?`, or nothing when nothing is near; for lists that are too long to tell.
fn near(given: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|k| (distance(given, k), *k)).min();
    nearest
        .filter(|(d, _)| *d <= given.len() / 2)
        .map_or(String::new(), |(_, k)| format!("; did you mean {k}?"))
}

/// Edit distance, for names of a few letters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let told = match parse(
            text,
            Path::new("v.toml"),
            &[("stale-days", "days"), ("grace-days", "days"), ("share", "percent")],
            &["default", "pci"],
        ) {
            Ok(c) => format!("ok {} {:?}", c.profile, c.thresholds.values().map(|s| s.value).collect::<Vec<_>>()),
            Err(e) => e.to_string(),
        };
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn mistakes_are_told_together_with_their_cure() {
        check("profile = \"pci\"\n[thresholds]\nstale-days = 45\n", "ok pci [45]");
        check("profile = \"pc\"\n[thresholds]\nstale-day = 45\ngrace-days = -1\n", "3 mistake(s)");
        check("[thresholds]\nstale-day = 45\n", "did you mean stale-days?");
        check("colour = 1\n", "unknown field `colour`");
        check("[thresholds]\nshare = 101\n", "it must be from 0 to 100 (percent)");
        check("[thresholds]\nstale-days = 9000000000000000000\n", "it must be from 0 to 100000000 (days)");
        check("profile = \n", "line 1");
        check(
            "[admin_accounts]\naccounts = [\"root@corp.example\"]\npairs = [[\"svc-9@corp.example\", \"ana@corp.example\"]]\n",
            "ok",
        );
        check("[admin_accounts]\npairs = [[\"svc-9@corp.example\"]]\n", "invalid length 1");
        check("[services]\nentitlement_management = [\"810dcf14-1858-4bf2-8134-4c369fa3235b\"]\n", "ok");
        check(
            "[populations]\ncontractor = [\"upn:ext-*\", \"domain:agency.example\"]\nbreak_glass = [\"id:a\"]\n",
            "ok",
        );
        check("[populations]\ncontractors = [\"upn:ext-*\"]\n", "did you mean contractor?");
        check("[populations]\ncontractor = [\"ext-*\"]\n", "write PROPERTY:PATTERN");
        check("[populations]\ncontractor = [\"upn:*\"]\n", "fits everybody");
        check("time_zone = \"Europe/Berlin\"\n", "ok");
        check("time_zone = \"Europe/Berln\"\n", "did you mean Europe/Berlin?");
    }
}
