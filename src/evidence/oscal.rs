//! Findings as OSCAL assessment results 1.2.1: one finding a check and control, one observation a row, ids made of content.
//!
//! Version 1.2.1, because the readers that exist accept no later one; ids are UUIDs of version 5, so that the same
//! results have the same ids.

use crate::check::CheckResult;
use crate::evidence::facts::Facts;
use crate::model::Verdict;
use crate::report::Audience;
use serde_json::{Value, json};
use uuid::Uuid;

/// The file's name below `data/`.
pub const FILE: &str = "oscal-assessment-results.json";

/// The document as text.
#[must_use]
pub fn document(facts: &Facts, results: &[CheckResult], audience: &Audience) -> String {
    let space = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"vouchsafe.evidence");
    let base = format!("{}|{}|{}", facts.tenant, facts.commit, facts.as_of);
    let id = |parts: &str| Uuid::new_v5(&space, format!("{base}|{parts}").as_bytes()).to_string();
    let (plan, catalog) = (id("plan"), id("catalog"));
    let mut observations = Vec::new();
    let mut findings = Vec::new();
    let mut controls: Vec<String> = Vec::new();
    for result in results {
        let check = result.check;
        let title = crate::check::Page::of(check).title.clone();
        let mut related = Vec::new();
        let (mut found, mut unanswered) = (0, 0);
        for (n, finding) in result.findings.iter().enumerate() {
            let f = audience.finding(finding);
            found += usize::from(f.result == Verdict::Finding);
            unanswered += usize::from(f.result == Verdict::NotEvaluable);
            let observation = id(&format!("observation|{}|{}|{n}", check.id, finding.fingerprint));
            observations.push(json!({
                "uuid": observation,
                "title": line(&format!("{} {}", check.id, f.result.as_str())),
                "description": text(&f.message),
                "props": [
                    {"name": "result", "ns": NS, "value": f.result.as_str()},
                    {"name": "severity", "ns": NS, "value": f.severity.as_str()},
                    {"name": "fingerprint", "ns": NS, "value": token(&f.fingerprint)},
                ],
                "methods": ["TEST"],
                "types": ["finding"],
                "relevant-evidence": [{"href": "findings.csv", "description": format!("The row with the fingerprint {}", token(&f.fingerprint))}],
                "collected": facts.generated_at,
            }));
            related.push(json!({"observation-uuid": observation}));
        }
        let state = if found == 0 && unanswered == 0 { "satisfied" } else { "not-satisfied" };
        let reason = match (found, unanswered) {
            (0, 0) => "pass",
            (0, _) => "other",
            _ => "fail",
        };
        for control in check.controls.iter().filter(|c| c.framework.starts_with("NIST SP 800-53")) {
            let statement = statement_id(control.id);
            controls.push(control_id(control.id));
            let mut finding = json!({
                "uuid": id(&format!("finding|{}|{statement}", check.id)),
                "title": line(&title),
                "description": format!(
                    "{}: {found} findings and {unanswered} questions that could not be answered, among {} in question; {} were right.",
                    check.id, result.population, result.passed
                ),
                "target": {
                    "type": "statement-id",
                    "target-id": statement,
                    "status": {"state": state, "reason": reason},
                },
            });
            if !related.is_empty() {
                finding["related-observations"] = Value::from(related.clone());
            }
            findings.push(finding);
        }
    }
    controls.sort();
    controls.dedup();
    let included: Vec<Value> = controls.iter().map(|c| json!({"control-id": c})).collect();
    let mut result = json!({
        "uuid": id("result"),
        "title": "Access review",
        "description": format!("Checks of who holds which access, as of {}, over the period from {} until {}.", facts.as_of, facts.period_from, facts.period_until),
        "start": facts.period_from,
        "end": facts.as_of,
        "props": [
            {"name": "profile", "ns": NS, "class": "thresholds", "value": line(&facts.profile), "remarks": "The profile of thresholds under which the checks ran; configuration.toml and narrative.md have each value."},
        ],
        "reviewed-controls": {
            "description": "Control and statement ids are those of the catalog NIST SP 800-53 revision 5, from which every baseline profile selects.",
            "links": [{"href": format!("#{catalog}"), "rel": "reference", "text": "NIST SP 800-53 revision 5"}],
            "control-selections": [{"description": "Controls that the checks bear on.", "include-controls": included}],
        },
    });
    if !observations.is_empty() {
        result["observations"] = Value::from(observations);
    }
    if !findings.is_empty() {
        result["findings"] = Value::from(findings);
    }
    let document = json!({
        "assessment-results": {
            "uuid": id("document"),
            "metadata": {
                "title": format!("Access review of tenant {}", line(&facts.tenant)),
                "last-modified": facts.generated_at,
                "version": format!("commit {}", facts.commit_sequence),
                "oscal-version": "1.2.1",
                "props": [{"name": "commit", "ns": NS, "value": token(&facts.commit)}],
            },
            "import-ap": {"href": format!("#{plan}"), "remarks": "The plan is the control narrative of this bundle."},
            "results": [result],
            "back-matter": {"resources": [{
                "uuid": plan,
                "title": "Control narrative",
                "description": "How access is reviewed, which checks run and which thresholds are in force.",
                "rlinks": [{"href": "narrative.md", "media-type": "text/markdown"}],
            }, {
                "uuid": catalog,
                "title": "NIST SP 800-53 revision 5",
                "description": "The catalog of controls, as NIST publishes it in OSCAL.",
                "rlinks": [{"href": CATALOG, "media-type": "application/oscal+json"}],
            }]},
        }
    });
    let mut text = serde_json::to_string_pretty(&document).expect("JSON values are plain data");
    text.push('\n');
    text
}

/// Where NIST publishes the catalog (usnistgov/oscal-content).
const CATALOG: &str = "https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json";
const NS: &str = "https://vouchsafe.example/ns/oscal";

/// `AC-2(3)` as OSCAL spells it: `ac-2.3`; of `AC-2d` the control, `ac-2`.
fn control_id(id: &str) -> String {
    let spelled = id.to_lowercase().replace('(', ".").replace(')', "");
    spelled.trim_end_matches(|c: char| c.is_ascii_alphabetic()).to_string()
}

/// The statement of a control: `ac-2_smt.d` of `AC-2d`, `ac-2.3_smt` of `AC-2(3)`.
fn statement_id(id: &str) -> String {
    let control = control_id(id);
    match id.chars().last().filter(char::is_ascii_lowercase) {
        Some(part) => format!("{control}_smt.{part}"),
        None => format!("{control}_smt"),
    }
}

/// One line, never empty.
fn line(value: &str) -> String {
    text(&value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text that is seen as it is, never empty.
fn text(value: &str) -> String {
    let seen = crate::model::shown::visible(value.trim());
    if seen.is_empty() { "not told".into() } else { seen }
}

/// A value without blanks, never empty.
fn token(value: &str) -> String {
    if value.is_empty() { "none".into() } else { value.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_spelled_as_the_catalogue_spells_them() {
        for (ours, control, statement) in [
            ("AC-2", "ac-2", "ac-2_smt"),
            ("AC-2(3)", "ac-2.3", "ac-2.3_smt"),
            ("AC-2d", "ac-2", "ac-2_smt.d"),
            ("IA-2(1)", "ia-2.1", "ia-2.1_smt"),
        ] {
            assert_eq!((control_id(ours).as_str(), statement_id(ours).as_str()), (control, statement));
        }
    }
}
