//! Checks with their arithmetic, findings by check, and the questions that could not be answered.

use super::dossier::Dossiers;
use super::{day, number};
use crate::model::{Finding, Severity, Verdict};
use crate::report::charts::count;
use crate::report::{CheckSummary, Review, Verdicts};
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one check that the page shows; the file has them all.
const SHOWN: usize = 200;
/// Subjects of one unanswered question that the page names.
const NAMED: usize = 100;

/// A check in the table of checks.
pub struct CheckRow {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub practice: String,
    pub population: String,
    pub passed: String,
    pub findings: String,
    pub exceptions: String,
    pub not_evaluable: String,
    /// Whether the parts add up to the population.
    pub ties: bool,
    /// Subjects that share a row with another: a batch, or a lack that several have.
    pub shared: usize,
    /// Whether there are rows to go to.
    pub linked: bool,
}

/// The findings and exceptions of one check.
pub struct Group {
    pub id: String,
    pub title: String,
    pub practice: String,
    pub what_to_do: String,
    pub controls: String,
    pub severity: Severity,
    /// Findings and exceptions in the review.
    pub total: usize,
    /// Findings alone.
    pub open: usize,
    /// The same in words.
    pub amount: String,
    pub rows: Vec<FoundRow>,
    /// Those that only the file has.
    pub more: usize,
}

/// A finding on the page.
pub struct FoundRow {
    pub fingerprint: String,
    /// Anchors that this row is the first to answer to.
    pub anchors: Vec<String>,
    pub severity: Severity,
    pub verdict: Verdict,
    pub message: String,
    pub subject: String,
    pub subject_kind: String,
    /// Page of the subject; empty when it has none.
    pub subject_link: String,
    pub object_link: String,
    pub object: String,
    pub object_kind: String,
    pub dates: String,
    pub reason: String,
    pub clears_when: String,
    pub evidence: Vec<String>,
}

/// A question without an answer, for one reason.
pub struct Question {
    pub check: String,
    /// Anchor of the check, when it has no findings to carry it.
    pub anchor: String,
    pub title: String,
    pub severity: Severity,
    pub reason: String,
    /// The reason code for a reader.
    pub reason_words: &'static str,
    pub message: String,
    pub total: usize,
    pub subjects: Vec<String>,
    pub more: usize,
}

fn summary<'a>(review: &'a Review, id: &str) -> Option<&'a CheckSummary> {
    review.checks.iter().find(|c| c.id == id)
}

fn either<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

/// The table of checks, as the review lists them.
pub fn checks(review: &Review) -> Vec<CheckRow> {
    let counts = Verdicts::by_check(review.findings);
    let row = |c: &CheckSummary| {
        let n = counts.get(c.id.as_str()).copied().unwrap_or_default();
        let Verdicts {
            findings,
            exceptions,
            not_evaluable,
            of_the_tenant,
        } = n;
        let shared = n.shared(c.population, c.passed);
        CheckRow {
            id: c.id.clone(),
            title: c.title.clone(),
            severity: c.severity,
            practice: c.practice.clone(),
            population: match c.population {
                0 if of_the_tenant > 0 => "not known".into(),
                n => number(n),
            },
            passed: number(c.passed),
            findings: number(findings),
            exceptions: number(exceptions),
            not_evaluable: number(not_evaluable),
            ties: shared.is_some(),
            shared: shared.unwrap_or_default(),
            linked: findings + exceptions + not_evaluable > 0,
        }
    };
    review.checks.iter().map(row).collect()
}

/// Findings and exceptions by check, the most severe checks first.
pub fn groups(review: &Review, dossiers: &Dossiers) -> Vec<Group> {
    let mut by_check: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for f in review.findings.iter().filter(|f| matches!(f.result, Verdict::Finding | Verdict::Exception)) {
        by_check.entry(f.check.as_str()).or_default().push(f);
    }
    let mut groups: Vec<(&str, Vec<&Finding>)> = by_check.into_iter().collect();
    for (_, all) in &mut groups {
        all.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.result, &f.subject_name, &f.object_name, &f.fingerprint));
    }
    groups.sort_by_key(|(id, all)| (std::cmp::Reverse(all.first().map(|f| f.severity)), *id));
    let mut taken = BTreeSet::new();
    groups.into_iter().map(|(id, all)| group(review, dossiers, id, &all, &mut taken)).collect()
}

fn group(review: &Review, dossiers: &Dossiers, id: &str, all: &[&Finding], taken: &mut BTreeSet<String>) -> Group {
    let about = summary(review, id);
    Group {
        id: id.to_string(),
        title: about.map_or_else(|| id.to_string(), |c| c.title.clone()),
        practice: about.map(|c| c.practice.clone()).unwrap_or_default(),
        what_to_do: about.map(|c| c.what_to_do.clone()).unwrap_or_default(),
        controls: about.map_or_else(|| all.first().map(|f| f.controls.join("; ")).unwrap_or_default(), |c| c.controls.clone()),
        severity: all.first().map_or(Severity::Info, |f| f.severity),
        total: all.len(),
        open: all.iter().filter(|f| f.result == Verdict::Finding).count(),
        amount: amount(all),
        rows: all.iter().take(SHOWN).map(|f| row(review, dossiers, f, taken)).collect(),
        more: all.len().saturating_sub(SHOWN),
    }
}

fn amount(all: &[&Finding]) -> String {
    let exceptions = all.iter().filter(|f| f.result == Verdict::Exception).count();
    match (all.len() - exceptions, exceptions) {
        (findings, 0) => count(findings, "finding"),
        (0, exceptions) => count(exceptions, "accepted exception"),
        (findings, exceptions) => format!("{}, {}", count(findings, "finding"), count(exceptions, "accepted exception")),
    }
}

fn row(review: &Review, dossiers: &Dossiers, f: &Finding, taken: &mut BTreeSet<String>) -> FoundRow {
    let links = (dossiers.link(&f.subject_id), dossiers.link(&f.object_id));
    let f = review.audience.finding(f);
    // Links to a severity or verdict arrive at its first row even where no script filters.
    let anchors = [format!("f=severity:{}", f.severity), format!("f=verdict:{}", f.result)];
    let dates = match (day(f.from), day(f.until)) {
        (from, until) if from.is_empty() && until.is_empty() => String::new(),
        (from, until) if until.is_empty() => format!("since {from}"),
        (from, until) if from.is_empty() => format!("until {until}"),
        (from, until) => format!("{from} to {until}"),
    };
    FoundRow {
        fingerprint: f.fingerprint.clone(),
        anchors: anchors.into_iter().filter(|a| taken.insert(a.clone())).collect(),
        severity: f.severity,
        verdict: f.result,
        message: f.message.clone(),
        subject: either(&f.subject_name, &f.subject_id).to_string(),
        subject_kind: f.subject_kind.replace('_', " "),
        subject_link: links.0,
        object_link: links.1,
        object: either(&f.object_name, &f.object_id).to_string(),
        object_kind: f.object_kind.replace('_', " "),
        dates,
        reason: f.reason.clone(),
        clears_when: f.clears_when.clone(),
        evidence: f.evidence.clone(),
    }
}

/// Questions without an answer, by check and reason.
pub fn questions(review: &Review, groups: &[Group]) -> Vec<Question> {
    let mut taken: BTreeSet<String> = groups.iter().map(|g| g.id.clone()).collect();
    let mut by: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for f in review.findings.iter().filter(|f| f.result == Verdict::NotEvaluable) {
        by.entry((f.check.as_str(), &f.reason)).or_default().push(f);
    }
    let question = |((check, reason), mut all): ((&str, &str), Vec<&Finding>)| {
        all.sort_by_key(|f| (&f.subject_name, &f.object_name, &f.message, &f.fingerprint));
        let name = |f: &&Finding| {
            let f = review.audience.finding(f);
            match (either(&f.subject_name, &f.subject_id), either(&f.object_name, &f.object_id)) {
                (subject, "") => subject.to_string(),
                (subject, object) => format!("{subject} · {object}"),
            }
        };
        Question {
            check: check.to_string(),
            anchor: if taken.insert(check.to_string()) {
                format!("f=check:{check}")
            } else {
                String::new()
            },
            title: summary(review, check).map(|c| c.title.clone()).unwrap_or_default(),
            severity: all.first().map_or(Severity::Info, |f| f.severity),
            reason: reason.to_string(),
            reason_words: in_words(reason),
            message: all.first().map(|f| f.message.clone()).unwrap_or_default(),
            total: all.len(),
            subjects: all.iter().take(NAMED).map(name).collect(),
            more: all.len().saturating_sub(NAMED),
        }
    };
    by.into_iter().map(question).collect()
}

/// What a reason code means to somebody who can do something about it.
fn in_words(reason: &str) -> &'static str {
    match reason {
        "no_licence" => "the tenant lacks the licence",
        "no_scope" => "the permission does not cover it",
        "no_telemetry" => "no source of that kind was read",
        "too_young" => "observed for too short a time",
        "outside_retention" => "the records no longer exist",
        "source_stale" => "the source is older than the question",
        "join_missing" => "two collections could not be joined",
        _ => "",
    }
}
