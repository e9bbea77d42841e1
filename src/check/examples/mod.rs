//! The examples of every page, run through the very ledger: exactly the marked rows are found.
//!
//! An example is a small story in a table.
//! Columns: `time` (a date, a date and a time, or a time of 2 March 2026), `activity`, `actor`, `subject`, `package` (or the
//! group, application or log that a row is about), `detail` (comma-separated), and the mark.
//! `◀` marks a row that is found, perhaps with the severity or the name of the object; `?` one that cannot be judged.
//! A finding belongs to a row that tells of its subject, its object and its assignment or request.

mod acts;
mod around;
mod around_looks;
mod edges;
mod looks;
mod planted;
pub(crate) mod scenario;
pub(crate) mod table;
mod tenant;
pub(crate) mod wire;

use crate::check::index::Index;
use crate::check::run::in_parts;
use crate::check::{Check, Page, all};
use crate::ledger::{Settings, build};
use crate::model::{Finding, Severity, Verdict};
use scenario::Scenario;
use table::{Example, Mark};

/// The examples of a check's page.
pub(super) fn of_page(check: &Check) -> Vec<Example> {
    table::stories(Page::of(check).section("Examples"))
}

/// What came of an example.
#[derive(Default)]
struct Tally {
    /// Marked rows that were found, once each.
    found: usize,
    /// Findings that no marked row tells of.
    accused: usize,
    /// What is wrong, of whatever kind.
    wrong: Vec<String>,
}

/// Runs one example and returns what is wrong with it.
fn check(check: &'static Check, example: &Example) -> Result<(), String> {
    tally(check, example).wrong.into_iter().next().map_or(Ok(()), Err)
}

/// Runs one example and counts what came of it.
fn tally(check: &'static Check, example: &Example) -> Tally {
    let scenario = Scenario::of(example);
    let settings = Settings {
        sensitive_packages: scenario.config.sensitive_packages.clone(),
        ..Settings::default()
    };
    let access = build(scenario.evidence.clone(), &settings);
    let outcome = in_parts(check, &access, &scenario.config, &Index::new(&access), 3);
    let told = || {
        let lines = outcome
            .findings
            .iter()
            .map(|f| format!("  {} {} {}: {}", f.result, f.severity, f.reason, f.message));
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut tally = Tally::default();
    let story = || example.rows.iter().take(20).map(|r| format!("  {r}")).collect::<Vec<_>>().join("\n");
    let wrong = |what: String| format!("{} \"{}\": {what}\nit found:\n{}\nin:\n{}", check.id, example.title, told(), story());
    let marked: Vec<usize> = (0..example.rows.len()).filter(|i| example.rows[*i].mark.is_some()).collect();
    for row in &marked {
        let number = outcome.findings.iter().filter(|f| tells_of(&scenario, example, *row, f)).count();
        // What cannot be judged may have several reasons.
        let open = matches!(example.rows[*row].mark, Some(Mark::NotEvaluable));
        tally.found += usize::from(number == 1 && !open);
        if number != 1 && !(number > 1 && open) {
            tally.wrong.push(wrong(format!("row {} should be found once, and is {number} times", row + 1)));
        }
    }
    for finding in &outcome.findings {
        if !marked.iter().any(|row| tells_of(&scenario, example, *row, finding)) {
            tally.accused += usize::from(finding.result == Verdict::Finding);
            tally.wrong.push(wrong(format!("no marked row for: {}", finding.message)));
        }
    }
    tally
}

/// Whether a marked row is what a finding is about.
fn tells_of(scenario: &Scenario, example: &Example, row: usize, finding: &Finding) -> bool {
    let Some(mark) = &example.rows[row].mark else {
        return false;
    };
    let ids = &scenario.ids[row];
    let has = |id: &str| id.is_empty() || ids.contains(id);
    let expected = match mark {
        Mark::Found { .. } => Verdict::Finding,
        Mark::NotEvaluable => Verdict::NotEvaluable,
    };
    let (severity, object) = match mark {
        Mark::Found { word } => (Severity::from_word(word), word.as_str()),
        Mark::NotEvaluable => (None, ""),
    };
    let right_object = match severity {
        _ if finding.subject_kind == "tenant" || finding.object_kind == "source" => true,
        None if !object.is_empty() => finding.object_name == object,
        _ => has(&finding.object_id),
    };
    // Of two packages that must not be held together either is the object; the sentence names the other.
    let pair = finding.check.as_str() == "EXC-05" && finding.message.contains(&format!(" with {} ", example.rows[row].thing));
    if pair && finding.result == expected && severity.is_none_or(|s| s == finding.severity) {
        return has(&finding.subject_id);
    }
    finding.result == expected
        && severity.is_none_or(|s| s == finding.severity)
        && (finding.subject_kind == "tenant" || has(&finding.subject_id))
        && right_object
        && (has(&finding.assignment_id) || has(&finding.request_id))
}

#[test]
fn exactly_the_marked_rows_are_found() {
    let mut wrong = Vec::new();
    for one in all() {
        let examples = of_page(one);
        let fires = |e: &Example| e.rows.iter().any(|r| matches!(r.mark, Some(Mark::Found { .. })));
        let near_miss = |e: &Example| e.rows.iter().any(|r| r.mark.is_none());
        assert!(examples.iter().any(fires), "{} shows no case that is found", one.id);
        assert!(examples.iter().any(|e| !fires(e) && near_miss(e)), "{} shows no near miss", one.id);
        wrong.extend(examples.iter().filter_map(|e| check(one, e).err()));
    }
    assert!(wrong.is_empty(), "{} examples are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The id of the policy of a package in a story.
pub(crate) fn policy_of(package: &str) -> String {
    tenant::policy_id(package, "")
}
