//! What people read about a check, rendered from its static: docs pages, `explain`, what to do.

use crate::check::profiles::{PROFILES, in_force};
use crate::check::{Check, Shard, all, thresholds};
use crate::config::Config;
use crate::model::controls::Control;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A page in its sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What was observed, in one short sentence.
    pub title: String,
    /// Heading and text of each section, in order.
    pub sections: Vec<(String, String)>,
}

impl Page {
    /// Reads the doc lines of a check.
    #[must_use]
    pub fn of(check: &Check) -> Self {
        let mut page = Self {
            title: String::new(),
            sections: Vec::new(),
        };
        for line in check.page.iter().map(|l| l.strip_prefix(' ').unwrap_or(l)) {
            match (line.strip_prefix("## "), page.sections.last_mut()) {
                (Some(heading), _) => page.sections.push((heading.trim().into(), String::new())),
                (None, Some((_, text))) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) if page.title.is_empty() => page.title = line.trim().into(),
                (None, None) => {}
            }
        }
        for (_, text) in &mut page.sections {
            *text = text.trim().into();
        }
        page
    }

    /// The text of a section; empty when the page has none.
    #[must_use]
    pub fn section(&self, heading: &str) -> &str {
        let found = self.sections.iter().find(|(h, _)| h == heading);
        found.map_or("", |(_, text)| text)
    }
}

/// A check's page as Markdown, with the thresholds in force.
#[must_use]
pub fn explain(check: &Check, config: &Config) -> String {
    let page = Page::of(check);
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("# {}: {}\n", check.id, page.title));
    line("| | |".into());
    line("|---|---|".into());
    line(format!("| highest severity | {} |", check.severity));
    line(format!("| best practice | {} |", check.practice.join(", ")));
    line(format!("| controls | {} |", controls(check)));
    let tables: Vec<String> = check.reads.iter().map(|t| format!("`{}`", t.name())).collect();
    line(format!("| reads | {} |", tables.join(", ")));
    line(format!("| worst case in work | {} |", check.cost));
    line(format!("| work divides by | {} |\n", shard(check.shard_by)));
    for (heading, text) in page.sections.iter().filter(|(h, _)| h != "Examples") {
        line(format!("## {heading}\n\n{text}\n"));
    }
    line("## Thresholds\n".into());
    if check.thresholds.is_empty() {
        line("None.\n".into());
    } else {
        line("| name | in force | unit | where it comes from | what it decides |".into());
        line("|---|---|---|---|---|".into());
        for t in check.thresholds {
            let now = in_force(t, config);
            line(format!("| `{}` | {} | {} | {} | {} |", t.name, now.value, t.unit, now.origin, t.help));
        }
        line(String::new());
    }
    if let Some(own) = check.own {
        line(format!("## Statement\n\n```sql\n{}\n```", own.sql.trim()));
        return out;
    }
    line(format!(
        "## Examples\n\nA row with ◀ is found; a row with ? could not be judged.\n\n{}",
        page.section("Examples")
    ));
    out
}

/// The pages of `docs/checks`: file name and text.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let config = Config::default();
    let page = |c: &&'static Check| (file_name(c), format!("{NOTE}\n{}", explain(c, &config)));
    let mut pages: Vec<(String, String)> = all().iter().map(page).collect();
    pages.push(("README.md".into(), index(&config)));
    pages
}

const NOTE: &str = "<!-- Rendered from the check's own file under src/check; edit it there, then run the tests with VOUCHSAFE_BLESS=1. -->\n";

fn index(config: &Config) -> String {
    let mut out = format!("{NOTE}\n# Checks\n\n");
    out.push_str("Every check answers with one of four results: pass, finding, exception, or not-evaluable with a reason.\n");
    out.push_str("Nothing passes for want of data.\n\n");
    out.push_str("| check | observed | highest severity | practice | controls |\n|---|---|---|---|---|\n");
    for c in all() {
        let (id, title) = (c.id, Page::of(c).title);
        let practice = c.practice.join(", ");
        let _ = writeln!(out, "| [{id}]({}) | {title} | {} | {practice} | {} |", file_name(c), c.severity, controls(c));
    }
    out.push_str("\n## By best practice\n\n| practice | checks |\n|---|---|\n");
    for (practice, what) in PRACTICES {
        let of = all().iter().filter(|c| c.practice.contains(practice));
        let _ = writeln!(out, "| {practice}: {what} | {} |", links(of));
    }
    out.push_str("\n## By framework\n\n| framework | control | checks |\n|---|---|---|\n");
    let mut controls: BTreeMap<Control, Vec<&&Check>> = BTreeMap::new();
    for c in all() {
        for control in c.served() {
            controls.entry(control).or_default().push(c);
        }
    }
    for (control, checks) in &controls {
        let _ = writeln!(out, "| {} | {} | {} |", control.framework, control.id, links(checks.iter().copied()));
    }
    out.push_str("\n## Thresholds\n\nThresholds are policy: the configuration overrides the profile, the profile overrides the default.\n\n");
    out.push_str("| name | default | unit | where it comes from | what it decides |\n|---|---|---|---|---|\n");
    for t in thresholds() {
        let now = in_force(t, config);
        let _ = writeln!(out, "| `{}` | {} | {} | {} | {} |", t.name, now.value, t.unit, now.origin, t.help);
    }
    out.push_str("\n## Profiles\n\nA profile sets only what its framework puts a number on.\n\n");
    out.push_str("| profile | sets | where it comes from |\n|---|---|---|\n");
    for p in PROFILES {
        if p.values.is_empty() {
            let _ = writeln!(out, "| `{}` | nothing | {} |", p.name, p.about);
        }
        for (name, value, origin) in p.values {
            let _ = writeln!(out, "| `{}` | `{name} = {value}` | {origin} |", p.name);
        }
    }
    out
}

/// The rows of the best-practice list.
const PRACTICES: &[(&str, &str)] = &[
    ("P0", "requests with the ordinary account, for a specific period"),
    ("P1", "least privilege"),
    ("P2", "periodic reviews"),
    ("P3", "approval policies"),
    ("P4", "expiry and renewal"),
    ("P5", "segregated packages"),
    ("P6", "Conditional Access"),
    ("P7", "justification and log retention"),
];

fn links<'a>(checks: impl Iterator<Item = &'a &'a Check>) -> String {
    let list: Vec<String> = checks.map(|c| format!("[{}]({})", c.id, file_name(c))).collect();
    if list.is_empty() { "none".into() } else { list.join(", ") }
}

fn file_name(check: &Check) -> String {
    format!("{}.md", check.id)
}

fn controls(check: &Check) -> String {
    let list: Vec<String> = check.served().iter().map(|c| format!("{} {}", c.framework, c.id)).collect();
    list.join(", ")
}

fn shard(shard: Shard) -> &'static str {
    match shard {
        Shard::Principal => "principal",
        Shard::Package => "package",
        Shard::Whole => "nothing: it needs the whole",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The sections that every page has, in their order.
    const SECTIONS: &[&str] = &["Why it matters", "What it looks for", "Known false positives", "What to do", "Examples"];

    #[test]
    fn every_page_says_what_people_must_know() {
        for check in all() {
            let (id, page) = (check.id, Page::of(check));
            let headings: Vec<&str> = page.sections.iter().map(|(h, _)| h.as_str()).collect();
            assert_eq!(headings, SECTIONS, "{id}");
            assert!(page.sections.iter().all(|(_, text)| !text.is_empty()), "{id}: an empty section");
            assert!((10..=80).contains(&page.title.len()) && !page.title.ends_with('.'), "{id}: {}", page.title);
            assert!(page.title.starts_with(char::is_uppercase), "{id}: {}", page.title);
            assert!(!check.controls.is_empty() && !check.practice.is_empty() && !check.reads.is_empty(), "{id}");
            assert!(!check.cost.is_empty(), "{id} states no cost");
            assert!(
                check.practice.iter().all(|p| PRACTICES.iter().any(|(q, _)| p == q)),
                "{id}: a practice that is none"
            );
            for t in check.thresholds {
                assert!(!t.origin.is_empty() && !t.help.is_empty() && !t.unit.is_empty(), "{}", t.name);
            }
        }
    }

    #[test]
    fn explain_shows_the_thresholds_in_force() {
        let check = crate::check::by_id("orp-02").expect("a check");
        let config = Config {
            profile: "pci".into(),
            ..Config::default()
        };
        let page = explain(check, &config);
        assert!(page.contains("| `leaver_grace_hours` | 0 | hours | PCI DSS 4.0.1 8.2.5"), "{page}");
        assert!(page.starts_with("# ORP-02: A person who left still holds access\n"));
    }

    /// `docs/checks` holds these pages and no others; `VOUCHSAFE_BLESS=1` writes them.
    #[test]
    fn docs_are_current() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks");
        let bless = std::env::var_os("VOUCHSAFE_BLESS").is_some();
        if bless {
            std::fs::create_dir_all(&folder).expect("docs/checks can be made");
        }
        let mut names: Vec<String> = Vec::new();
        for (name, text) in pages() {
            let path = folder.join(&name);
            if bless {
                std::fs::write(&path, &text).expect("a page can be written");
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(there == text, "{} is not current: run the tests with VOUCHSAFE_BLESS=1", path.display());
            names.push(name);
        }
        for entry in std::fs::read_dir(&folder).expect("docs/checks is there") {
            let name = entry.expect("a file").file_name().to_string_lossy().into_owned();
            assert!(names.contains(&name), "docs/checks/{name} belongs to no check");
        }
    }
}
