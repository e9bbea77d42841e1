//! The head of a check's file: comment lines with its id, weight, controls and page, then one statement.
//!
//! ```sql
//! -- id: HOUSE-01
//! -- title: A contractor holds the vault
//! -- severity: medium
//! -- practice: P5
//! -- controls: SOC 2 CC6.3; ISO/IEC 27001:2022 A.5.18
//! -- fixtures: fixtures/HOUSE-01
//! --
//! -- ## Why it matters
//! -- Whoever works for a time should not hold what lasts.
//! SELECT …
//! ```

use crate::model::Severity;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A check of the user's own, as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCheck {
    /// Its id: capital letters and digits, a hyphen, digits.
    pub id: String,
    /// What is observed, in one short sentence.
    pub title: String,
    /// The highest severity that it gives.
    pub severity: Severity,
    /// Rows of the best-practice list.
    pub practice: Vec<String>,
    /// Controls: framework and id.
    pub controls: Vec<(String, String)>,
    /// Numbers that the statement names as `:name`: name, value, unit and origin.
    pub thresholds: Vec<OwnThreshold>,
    /// Folders of cases: exports with what is expected of them.
    pub fixtures: Option<PathBuf>,
    /// The page, in lines.
    pub page: Vec<String>,
    /// The statement.
    pub sql: String,
    /// The file.
    pub path: PathBuf,
}

/// A number of a check of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnThreshold {
    /// Key in the configuration.
    pub name: String,
    /// Value.
    pub default: i64,
    /// Unit.
    pub unit: String,
    /// Where the number comes from.
    pub origin: String,
}

/// A file that is no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no check: {}", path.display(), mistakes.join("; "))]
pub struct OwnError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, all of it.
    pub mistakes: Vec<String>,
}

/// Keys of a header.
const KEYS: &[&str] = &["id", "title", "severity", "practice", "controls", "threshold", "fixtures"];

/// Frameworks by the beginning of a control, as findings name them.
const FRAMEWORKS: &[&str] = &[
    "NIST SP 800-53 r5",
    "ISO/IEC 27001:2022",
    "SOC 2",
    "PCI DSS 4.0.1",
    "HIPAA Security Rule",
    "CIS Controls v8",
    "SOX 404 ITGC",
];

/// Reads a file.
///
/// # Errors
/// When the header lacks something or says something that is not known; with everything that is wrong.
pub fn parse(text: &str, path: &Path) -> Result<OwnCheck, OwnError> {
    let mut mistakes = Vec::new();
    let head: Vec<&str> = text.lines().map(str::trim).take_while(|l| l.is_empty() || l.starts_with("--")).collect();
    let sql: String = text.lines().skip(head.len()).collect::<Vec<_>>().join("\n");
    let (mut values, mut page, mut thresholds) = (BTreeMap::new(), Vec::new(), Vec::new());
    for line in head.iter().filter_map(|l| l.strip_prefix("--")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if !page.is_empty() || line.starts_with("## ") {
            page.push(format!(" {line}"));
        } else if let Some((key, value)) = line.split_once(':') {
            let (key, value) = (key.trim().to_lowercase(), value.trim());
            match key.as_str() {
                "threshold" => match threshold(value) {
                    Some(t) => thresholds.push(t),
                    None => mistakes.push(format!("'threshold: {value}' is not NAME = NUMBER UNIT, ORIGIN")),
                },
                k if !KEYS.contains(&k) => mistakes.push(format!("'{k}' is not known; known are {}", KEYS.join(", "))),
                _ if values.insert(key.clone(), value.to_string()).is_some() => mistakes.push(format!("'{key}' stands twice")),
                _ => {}
            }
        }
    }
    let value = |key: &str| values.get(key).cloned().filter(|v| !v.is_empty());
    let id = value("id").unwrap_or_default();
    if !is_id(&id) {
        mistakes.push(format!("'id: {id}' is not like HOUSE-01: capital letters, a hyphen, digits"));
    }
    let title = value("title").unwrap_or_default();
    if title.is_empty() {
        mistakes.push("it has no title".into());
    }
    let word = value("severity").unwrap_or_default();
    let severity = Severity::from_word(&word).filter(|s| *s > Severity::Info);
    if severity.is_none() {
        mistakes.push(format!("'severity: {word}' is not low, medium or high"));
    }
    let controls: Vec<(String, String)> = listed(&value("controls").unwrap_or_default(), ';')
        .into_iter()
        .filter_map(|c| control(&c).map_err(|e| mistakes.push(e)).ok())
        .collect();
    let practice = listed(&value("practice").unwrap_or_default(), ',');
    if let Some(wrong) = practice.iter().find(|p| !matches!(p.as_bytes(), [b'P', b'0'..=b'7'])) {
        mistakes.push(format!("'practice: {wrong}' is not P0 to P7"));
    }
    for section in ["## Why it matters", "## What to do"] {
        if !page.iter().any(|l| l.trim() == section) {
            mistakes.push(format!("its page has no section '{section}'"));
        }
    }
    if sql.trim().is_empty() {
        mistakes.push("it has no statement after its header".into());
    }
    let fixtures = value("fixtures").map(|f| path.parent().unwrap_or(Path::new("")).join(f));
    if !mistakes.is_empty() {
        return Err(OwnError { path: path.into(), mistakes });
    }
    page.insert(0, format!(" {title}"));
    page.insert(1, String::new());
    Ok(OwnCheck {
        id,
        title,
        severity: severity.unwrap_or(Severity::Low),
        practice,
        controls,
        thresholds,
        fixtures,
        page,
        sql,
        path: path.into(),
    })
}

fn is_id(id: &str) -> bool {
    let Some((letters, digits)) = id.split_once('-') else { return false };
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    (2..=12).contains(&letters.len()) && letters.starts_with(|c: char| c.is_ascii_uppercase()) && letters.chars().all(capital) && {
        (1..=4).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
    }
}

fn listed(text: &str, by: char) -> Vec<String> {
    text.split(by).map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect()
}

fn control(text: &str) -> Result<(String, String), String> {
    let framework = FRAMEWORKS.iter().find(|f| text.starts_with(**f));
    let of = |f: &&str| {
        text.get(f.len()..)
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(|id| ((*f).to_string(), id.to_string()))
    };
    framework
        .and_then(of)
        .ok_or_else(|| format!("the control '{text}' names no framework of {}", FRAMEWORKS.join(", ")))
}

/// `idle_days = 30 days, ours: a month`.
fn threshold(text: &str) -> Option<OwnThreshold> {
    let (name, rest) = text.split_once('=')?;
    let (number, origin) = rest.split_once(',')?;
    let mut words = number.split_whitespace();
    let default = words.next()?.parse().ok().filter(|n| *n >= 0)?;
    let unit = words.collect::<Vec<_>>().join(" ");
    let name = name.trim();
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (plain && name != "as_of" && !unit.is_empty() && !origin.trim().is_empty()).then(|| OwnThreshold {
        name: name.into(),
        default,
        unit,
        origin: origin.trim().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- id: HOUSE-01\n-- title: A contractor holds the vault\n-- severity: medium\n-- practice: P5, P1\n\
                        -- controls: SOC 2 CC6.3; ISO/IEC 27001:2022 A.5.18\n-- threshold: idle_days = 30 days, ours: a month\n\
                        -- fixtures: cases\n--\n-- ## Why it matters\n-- It lasts: too long.\n--\n-- ## What to do\n-- Remove it.\n\
                        SELECT 1\n-- not the header\n";

    #[test]
    fn a_header_says_what_a_check_is() {
        let check = parse(GOOD, Path::new("own/house.sql")).expect("a check");
        assert_eq!((check.id.as_str(), check.severity, check.practice.len()), ("HOUSE-01", Severity::Medium, 2));
        assert_eq!(check.controls[1], ("ISO/IEC 27001:2022".to_string(), "A.5.18".to_string()));
        assert_eq!((check.thresholds[0].default, check.thresholds[0].origin.as_str()), (30, "ours: a month"));
        assert_eq!(check.fixtures.as_deref(), Some(Path::new("own/cases")));
        assert_eq!(check.sql, "SELECT 1\n-- not the header");
        assert_eq!(
            check.page[..4],
            [" A contractor holds the vault", "", " ## Why it matters", " It lasts: too long."]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = "-- id: house\n-- severity: info\n-- colour: red\n-- controls: COBIT 5\n-- practice: P9\n-- threshold: x = few\n";
        let told = parse(text, Path::new("h.sql")).expect_err("no check").to_string();
        for expected in [
            "h.sql is no check",
            "'id: house'",
            "no title",
            "not low, medium or high",
            "'colour' is not known",
            "'COBIT 5' names no framework",
            "'practice: P9'",
            "'threshold: x = few'",
            "'## Why it matters'",
            "no statement",
        ] {
            assert!(told.contains(expected), "{expected}: {told}");
        }
    }
}
