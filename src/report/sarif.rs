//! Findings as SARIF 2.1.0 (OASIS), for tools that show what scanners found.
//!
//! A check is a rule, a row a result: findings fail, accepted ones are suppressed, what could not be judged is open.
//! There is no file to point at, so a result has logical locations: what it is about, and what that holds or does.

use crate::check::{CheckResult, Page};
use crate::model::{Finding, Instant, Severity, Verdict};
use serde_json::{Value, json};

/// Where the schema of the format is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The document: one run, whose rules are the checks that were asked.
#[must_use]
pub fn document(results: &[CheckResult], commit: &str, as_of: Instant) -> String {
    let rules: Vec<Value> = results.iter().map(rule).collect();
    let rows: Vec<Value> = results
        .iter()
        .enumerate()
        .flat_map(|(index, r)| r.findings.iter().map(move |f| result(f, index)))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "vouchsafe", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "automationDetails": {"id": format!("vouchsafe/{commit}/{as_of}")},
            "columnKind": "unicodeCodePoints",
            "results": rows,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document).expect("a document is plain data");
    text.push('\n');
    text
}

fn rule(result: &CheckResult) -> Value {
    let (check, page) = (result.check, Page::of(result.check));
    let controls: Vec<String> = check.served().iter().map(|c| format!("{} {}", c.framework, c.id)).collect();
    let tags: Vec<&str> = check.practice.iter().copied().chain(controls.iter().map(String::as_str)).collect();
    json!({
        "id": check.id.as_str(),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": or_title(page.section("What it looks for"), &page.title)},
        "help": {"text": or_title(page.section("What to do"), &page.title)},
        "defaultConfiguration": {"level": level(check.severity)},
        "properties": {"tags": tags},
    })
}

fn or_title<'a>(text: &'a str, title: &'a str) -> &'a str {
    if text.is_empty() { title } else { text }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
        Severity::Info => "none",
    }
}

fn result(f: &Finding, index: usize) -> Value {
    let kind = match f.result {
        Verdict::Finding | Verdict::Exception => "fail",
        Verdict::NotEvaluable => "open",
        Verdict::Pass => "pass",
    };
    let things = [
        (&f.subject_kind, &f.subject_id, &f.subject_name),
        (&f.object_kind, &f.object_id, &f.object_name),
    ];
    let locations: Vec<Value> = things
        .iter()
        .filter(|(kind, id, _)| !kind.is_empty() || !id.is_empty())
        .map(|(kind, id, name)| json!({"name": name, "fullyQualifiedName": format!("{kind}/{id}"), "kind": kind}))
        .collect();
    let mut value = json!({
        "ruleId": f.check.as_str(),
        "ruleIndex": index,
        "kind": kind,
        // Only what fails has a weight.
        "level": if kind == "fail" { level(f.severity) } else { "none" },
        "message": {"text": f.message},
        "locations": [{"logicalLocations": locations}],
        "partialFingerprints": {"vouchsafe/v1": f.fingerprint},
        "properties": {
            "result": f.result.as_str(),
            "reason": f.reason,
            "assignment_id": f.assignment_id,
            "request_id": f.request_id,
            "from": f.from.map(|t| t.to_string()),
            "until": f.until.map(|t| t.to_string()),
            "evidence": f.evidence,
            "clears_when": f.clears_when,
        },
    });
    if f.result == Verdict::Exception {
        value["suppressions"] = json!([{"kind": "external", "status": "accepted"}]);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::all;

    #[test]
    fn findings_fail_accepted_ones_are_suppressed_and_the_rest_is_open() {
        let check = all()[0];
        let row = |result, severity| Finding {
            result,
            severity,
            subject_kind: "principal".into(),
            subject_id: "u1".into(),
            subject_name: "ana \u{1f600} \"q\"".into(),
            message: "It is so.".into(),
            fingerprint: "f".into(),
            ..Finding::blank(check.id)
        };
        let results = [CheckResult {
            check,
            findings: vec![
                row(Verdict::Finding, Severity::High),
                row(Verdict::Exception, Severity::Low),
                row(Verdict::NotEvaluable, Severity::Info),
            ],
            passed: 0,
            population: 3,
        }];
        let text = document(&results, "abc", Instant::parse("2026-03-31").expect("a time"));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let rows = value["runs"][0]["results"].as_array().expect("results");
        let told: Vec<String> = rows
            .iter()
            .map(|r| format!("{} {} {}", r["kind"], r["level"], r["suppressions"][0]["status"]))
            .collect();
        assert_eq!(told, ["\"fail\" \"error\" null", "\"fail\" \"note\" \"accepted\"", "\"open\" \"none\" null"]);
        assert_eq!(
            rows[0]["locations"][0]["logicalLocations"].as_array().map(Vec::len),
            Some(1),
            "an empty object is no location"
        );
        assert_eq!(value["runs"][0]["tool"]["driver"]["rules"][0]["id"], check.id.as_str());
    }
}
