//! The contract of the columns: names, order, and how each format writes what is hard to write.

use super::*;
use crate::model::{CheckId, Decision, EntitlementKey, Severity, Verdict};
use crate::report::{forms, sample};

#[test]
fn names_and_order_are_the_contract() {
    let names: Vec<&str> = HOLDINGS.iter().map(|c| c.name).collect();
    assert_eq!(
        names.join(", "),
        "held_from, held_until, from_certainty, until_certainty, from_earliest, from_latest, until_earliest, until_latest, scheduled_until, \
         principal_id, principal_name, principal_type, entitlement_kind, entitlement_id, entitlement_name, resource_id, role_id, role, scope_id, \
         assignment_state, path, grant_kind, requested_by, on_behalf_of, granted_by, approved_by, decisions, justification, ended_by, end_reason, \
         in_window, principal_state, assignment_id, request_id, policy_id, evidence, delivery, principal_state_since"
    );
    let names: Vec<&str> = FINDINGS.iter().map(|c| c.name).collect();
    assert_eq!(
        names.join(", "),
        "check, result, severity, subject_kind, subject_id, subject_name, object_kind, object_id, object_name, assignment_id, request_id, from, until, reason, \
         message, controls, evidence, fingerprint, clears_when"
    );
}

fn encoded(rows: &[HeldRow], form: &dyn Form, csv: Csv) -> Vec<u8> {
    let options = Options { csv, beside: None };
    holdings(rows, form, &options).expect("encodes")
}

fn field(holding: &Holding, name: &str) -> String {
    let json: Vec<serde_json::Value> = serde_json::from_slice(&encoded(&[(holding, "certain")], &forms::json::FORM, Csv::Safe)).expect("JSON");
    json[0][name].to_string()
}

#[test]
fn parts_of_the_key() {
    let mut h = sample::holding(1);
    h.entitlement = EntitlementKey::directory_role("r1", "/administrativeUnits/a|b", true);
    for (name, expected) in [("resource_id", "null"), ("role_id", "\"r1\""), ("scope_id", "\"/administrativeUnits/a|b\"")] {
        assert_eq!(field(&h, name), expected, "{name}");
    }
    h.entitlement = EntitlementKey::app_role("sp", "role");
    h.entitlement_name = "Ledger / Approver".into();
    for (name, expected) in [
        ("resource_id", "\"sp\""),
        ("role_id", "\"role\""),
        ("role", "\"Approver\""),
        ("scope_id", "null"),
    ] {
        assert_eq!(field(&h, name), expected, "{name}");
    }
    h.entitlement = EntitlementKey::package("p");
    assert_eq!(field(&h, "resource_id"), "null");
}

#[test]
fn csv_defuses_formulas_and_json_keeps_them() {
    let mut h = sample::holding(1);
    h.principal_name = "=cmd|' /C calc'!A0".into();
    h.approved_by = vec!["Ana, \"the\" lead".into(), "@bo".into()];
    h.decisions = vec![Decision {
        stage: Some(1),
        who: "w".into(),
        name: "n".into(),
        at: "t".into(),
        decision: "approved".into(),
        reason: "-1".into(),
    }];
    let csv = String::from_utf8(encoded(&[(&h, "certain")], &forms::csv::FORM, Csv::Safe)).expect("text");
    assert!(csv.contains(",'=cmd|' /C calc'!A0,"), "{csv}");
    assert!(csv.contains(",\"Ana, \"\"the\"\" lead;'@bo\","), "{csv}");
    assert!(!csv.contains('\r') && csv.ends_with('\n') && csv.lines().count() == 2);
    let raw = String::from_utf8(encoded(&[(&h, "certain")], &forms::csv::FORM, Csv::Raw)).expect("text");
    assert!(raw.contains(",=cmd|' /C calc'!A0,") && raw.contains(";@bo\","), "{raw}");
    assert_eq!(field(&h, "principal_name"), "\"=cmd|' /C calc'!A0\"");
    assert_eq!(field(&h, "approved_by"), "[\"Ana, \\\"the\\\" lead\",\"@bo\"]");
    assert!(field(&h, "decisions").starts_with("[{"));
}

#[test]
fn a_csv_reader_gets_back_what_was_written() {
    let mut h = sample::holding(1);
    h.justification = Some("line one\nline \"two\", = three\r".into());
    let bytes = encoded(&[(&h, "possible")], &forms::csv::FORM, Csv::Safe);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let row = reader.records().next().expect("a row").expect("well formed");
    let at = HOLDINGS.iter().position(|c| c.name == "justification").expect("a column");
    assert_eq!(row.get(at), h.justification.as_deref());
}

#[test]
fn parquet_has_every_column_and_true_times() {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::TimestampMicrosecondType;
    let h = sample::holding(1);
    let bytes = bytes::Bytes::from(encoded(&[(&h, "certain")], &forms::parquet::FORM, Csv::Safe));
    let mut reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes, 16).expect("a Parquet file");
    let batch = reader.next().expect("a batch").expect("readable");
    assert_eq!(batch.num_columns(), HOLDINGS.len());
    let from = batch.column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(Some(from.value(0)), h.held_from.map(|t| t.0));
    assert!(batch.column(1).is_null(0), "still held");
    assert!(findings(&[], &forms::parquet::FORM, &Options::default()).is_ok(), "an empty table is a table");
}

#[test]
fn findings_of_every_verdict_are_written() {
    let finding = sample::finding(CheckId::new("APR-01"), Verdict::NotEvaluable, Severity::High, 3);
    let line = String::from_utf8(findings(&[finding], &forms::jsonl::FORM, &Options::default()).expect("encodes")).expect("text");
    assert!(
        line.starts_with("{\"check\":\"APR-01\",\"result\":\"not-evaluable\",\"severity\":\"high\","),
        "{line}"
    );
}

proptest::proptest! {
    /// Whoever undoes the rule has the text back, through a CSV reader, in either profile.
    #[test]
    fn text_survives_csv(name in "[ '=+@;\"\\-\\t\\r\\n\\x00＝a\u{a0}]{0,10}", reason in ".{0,12}") {
        let mut h = sample::holding(1);
        h.principal_name = name.into();
        h.justification = Some(reason).filter(|r| !r.is_empty()).map(Into::into);
        let at = |column: &str| HOLDINGS.iter().position(|c| c.name == column).expect("a column");
        for profile in [Csv::Safe, Csv::Raw] {
            let bytes = encoded(&[(&h, "certain")], &forms::csv::FORM, profile);
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let row = reader.records().next().expect("a row").expect("well formed");
            for (column, original) in [("principal_name", h.principal_name.as_str()), ("justification", h.justification.as_deref().unwrap_or_default())] {
                let read = row.get(at(column)).unwrap_or_default();
                let back = if profile == Csv::Safe { crate::report::csv_text::unprotect(read).into_owned() } else { read.to_string() };
                proptest::prop_assert_eq!(back, original);
            }
        }
    }
}
