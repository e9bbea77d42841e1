//! What of people leaves the house: readers, pseudonyms in every form of a table, and retention of what is still listed.

use crate::common::Run;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn sample() -> Run {
    let run = Run::new();
    crate::common::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data"), &run.dir().join("sample-data"));
    run.ok(&["ingest", "sample-data", "--lake", "lake"]);
    run
}

/// Rows of a CSV by column.
fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.deserialize().map(|r| r.expect("a row")).collect()
}

/// Rows of a Parquet file as text, times in microseconds.
fn parquet_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::TimestampMicrosecondType;
    let file = fs::File::open(path).expect("a Parquet file");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let mut rows = Vec::new();
    for batch in reader.build().expect("readable") {
        let batch = batch.expect("a batch");
        for i in 0..batch.num_rows() {
            let cell = |column: &dyn Array| match column.as_string_opt::<i32>() {
                _ if column.is_null(i) => String::new(),
                Some(texts) => texts.value(i).to_string(),
                None => column.as_primitive::<TimestampMicrosecondType>().value(i).to_string(),
            };
            let schema = batch.schema();
            let named = schema.fields().iter().zip(batch.columns());
            rows.push(named.map(|(f, c)| (f.name().clone(), cell(c.as_ref()))).collect());
        }
    }
    rows
}

#[test]
fn a_report_has_its_tables_exact_in_parquet_and_json() {
    let run = sample();
    run.ok(&["report", "--lake", "lake", "--out", "report", "--csv-raw", "--json"]);
    let micros = |text: &str| chrono::DateTime::parse_from_rfc3339(text).map(|t| t.timestamp_micros().to_string());
    for (table, times) in [("findings", &["from", "until"][..]), ("holdings", &["held_from", "until_latest"])] {
        let path = |ending: &str| run.dir().join(format!("report/{table}.{ending}"));
        let (csv, parquet) = (csv_rows(&path("csv")), parquet_rows(&path("parquet")));
        let json: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(path("json")).expect("a file")).expect("JSON");
        assert!(
            csv.len() > 30 && csv.len() == parquet.len() && csv.len() == json.len(),
            "{table}: {} rows",
            csv.len()
        );
        for ((c, p), j) in csv.iter().zip(&parquet).zip(&json) {
            assert_eq!(c.len(), p.len(), "every column is in both");
            for (name, text) in c {
                let value = &j[name.as_str()];
                let is_time = micros(text).is_ok() && p[name] != *text;
                if is_time {
                    assert_eq!(micros(text).as_ref(), Ok(&p[name]), "{table}.{name}");
                } else {
                    assert_eq!(text, &p[name], "{table}.{name}");
                }
                match value {
                    serde_json::Value::Null => assert_eq!(text, "", "{table}.{name}"),
                    serde_json::Value::String(told) => assert_eq!(text, told, "{table}.{name}"),
                    serde_json::Value::Array(list) if list.iter().all(serde_json::Value::is_string) => {
                        let joined: Vec<&str> = list.iter().filter_map(|v| v.as_str()).collect();
                        assert_eq!(*text, joined.join(";"), "{table}.{name}");
                    }
                    inner => assert_eq!(&serde_json::from_str::<serde_json::Value>(text).expect("JSON"), inner, "{table}.{name}"),
                }
            }
        }
        for name in times {
            let timed = csv.iter().zip(&parquet).filter(|(c, p)| !c[*name].is_empty() && c[*name] != p[*name]).count();
            assert!(timed > 0, "{table}.{name} is a time in Parquet");
        }
    }
    // Without the flag there is none, and the page names the hash of what is there.
    run.ok(&["report", "--lake", "lake", "--out", "plain"]);
    assert!(!run.dir().join("plain/findings.json").exists() && run.dir().join("plain/findings.parquet").exists());
    assert!(run.read("plain/index.html").contains("holdings.parquet"));
}

#[test]
fn pseudonyms_cover_what_is_compressed_too() {
    let run = sample();
    run.write("key", "0123456789abcdef0123456789abcdef\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(run.dir().join("key"), fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    let flags = ["--pseudonymize", "--pseudonym-key", "key"];
    run.ok(&[&["report", "--lake", "lake", "--out", "report"], &flags[..]].concat());
    let names: Vec<String> = csv_rows(&run.dir().join("report-who-is-who.csv"))
        .iter()
        .flat_map(|row| ["object_id", "principal_name", "display_name"].map(|c| row[c].to_lowercase()))
        .filter(|n| n.len() > 4)
        .collect();
    assert!(names.len() > 100);
    let mut text = String::new();
    for table in ["findings", "holdings"] {
        for row in parquet_rows(&run.dir().join(format!("report/{table}.parquet"))) {
            text.extend(row.into_values().map(|v| v.to_lowercase() + "\n"));
        }
    }
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(run.dir().join("report/report.xlsx")).expect("a workbook");
    for sheet in calamine::Reader::sheet_names(&book) {
        let range = calamine::Reader::worksheet_range(&mut book, &sheet).expect("a sheet");
        text.extend(range.rows().flatten().map(|c| c.to_string().to_lowercase() + "\n"));
    }
    assert!(text.contains("p-"), "pseudonyms are there");
    let named: Vec<&String> = names.iter().filter(|n| text.contains(n.as_str())).collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn a_reviewer_sees_what_it_takes_to_judge_and_no_more() {
    let run = sample();
    run.ok(&["report", "--lake", "lake", "--out", "all"]);
    run.ok(&["report", "--lake", "lake", "--out", "few", "--audience", "reviewer"]);
    let (all, few) = (csv_rows(&run.dir().join("all/holdings.csv")), csv_rows(&run.dir().join("few/holdings.csv")));
    assert_eq!(all.len(), few.len(), "no row is left out");
    for hidden in [
        "requested_by",
        "on_behalf_of",
        "granted_by",
        "approved_by",
        "decisions",
        "ended_by",
        "request_id",
        "policy_id",
        "evidence",
    ] {
        assert!(
            all.iter().any(|r| !r[hidden].is_empty()) || hidden == "on_behalf_of",
            "{hidden} is there for others"
        );
        assert!(few.iter().all(|r| r[hidden].is_empty()), "{hidden} is not for reviewers");
    }
    for shown in [
        "principal_name",
        "entitlement_name",
        "held_from",
        "until_certainty",
        "principal_state",
        "justification",
    ] {
        let of = |rows: &[BTreeMap<String, String>]| rows.iter().map(|r| r[shown].clone()).collect::<Vec<_>>();
        assert_eq!(of(&all), of(&few), "{shown} takes part in the judgement");
    }
    assert!(csv_rows(&run.dir().join("few/findings.csv")).iter().all(|r| r["evidence"].is_empty()));
    assert!(run.read("few/ipe.md").contains("reviewer;"));
    let told = run.tell(&["report", "--lake", "lake", "--out", "none", "--audience", "everybody"]);
    assert!(told.code == 2 && told.stderr.contains("security, auditor or reviewer"), "{}", told.stderr);
}

/// A look at the decisions of a review, with the instant at which it was taken.
fn decisions(ids: &[&str]) -> String {
    let one = |id: &&str| {
        format!(
            "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#identityGovernance/accessReviews/definitions('d1')/instances('i1')/decisions/$entity\",\
             \"id\":\"{id}\",\"accessReviewId\":\"i1\",\"reviewedDateTime\":\"2019-02-05T10:00:00Z\",\"decision\":\"Approve\",\"justification\":\"needed\",\"applyResult\":\"New\",\
             \"recommendation\":\"Approve\",\"principalLink\":\"https://graph.microsoft.com/v1.0/users/u1\",\"resourceLink\":\"https://graph.microsoft.com/v1.0/groups/g1\",\
             \"reviewedBy\":{{\"id\":\"r1\",\"displayName\":\"Rev\",\"userPrincipalName\":\"rev@corp.example\"}},\
             \"principal\":{{\"@odata.type\":\"#microsoft.graph.userIdentity\",\"id\":\"u1\",\"displayName\":\"U\",\"userPrincipalName\":\"u@corp.example\"}},\
             \"resource\":{{\"id\":\"g1\",\"displayName\":\"G\",\"type\":\"group\"}}}}"
        )
    };
    let rows: Vec<String> = ids.iter().map(one).collect();
    format!(
        "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#identityGovernance/accessReviews/definitions('d1')/instances('i1')/decisions\",\"value\":[{}]}}",
        rows.join(",")
    )
}

#[test]
fn review_records_go_after_six_years_unless_a_younger_look_still_lists_them() {
    // The fixed clock of the tests stands at 2026-10-26.
    let run = Run::new();
    run.write("a/2019-03-01/decisions.json", &decisions(&["gone"]));
    run.write("b/2019-05-01/decisions.json", &decisions(&["listed"]));
    run.write("c/2026-09-01/decisions.json", &decisions(&["listed", "young"]));
    for name in ["a", "b", "c"] {
        run.ok(&["ingest", name, "--lake", "lake"]);
    }
    let left = || -> Vec<String> {
        let dir = run.dir().join("lake/data/review_decisions");
        let mut names: Vec<String> = fs::read_dir(dir)
            .expect("a folder")
            .flatten()
            .filter(|e| fs::read_dir(e.path()).is_ok_and(|mut files| files.next().is_some()))
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(left(), ["month=2019-03", "month=2019-05", "month=2026-09"]);
    run.tell(&["holders", "--lake", "lake"]);
    let kept = run.dir().join("lake/_ledger");
    assert!(kept.is_dir(), "a question keeps the ledger");
    let said = run.ok(&["lake", "retain", "--lake", "lake"]).stdout;
    assert!(!kept.exists(), "what is dropped does not live on in what is kept");
    assert!(said.contains("review_decisions: 1 partitions with 1 rows are older than 2192 days"), "{said}");
    assert!(said.contains("still lists what is in it: review_decisions month=2019-05"), "{said}");
    assert_eq!(left(), ["month=2019-05", "month=2026-09"]);
    run.ok(&["lake", "verify", "--lake", "lake"]);
    let said = run.ok(&["lake", "retain", "--lake", "lake", "--keep", "review_decisions=20"]).stdout;
    assert!(said.contains("dropped 2 files"), "nothing younger than twenty days lists them: {said}");
}

#[test]
fn everything_about_one_person_is_written_for_whoever_has_to_answer_them() {
    let run = sample();
    let people = run.read("sample-data/looks/2026-06-30/users-0000.json");
    let people: serde_json::Value = serde_json::from_str(&people).expect("JSON");
    let known = people["value"].as_array().expect("users");
    let person = known
        .iter()
        .find(|u| u["userPrincipalName"].as_str().is_some_and(|n| n.starts_with("mehmet.aydin@")));
    let person = person.expect("a person of the sample");
    let (id, upn) = (person["id"].as_str().expect("an id"), person["userPrincipalName"].as_str().expect("a name"));
    let told = run.ok(&["lake", "subject", upn, "--lake", "lake", "--out", "about"]);
    assert!(told.stderr.contains("open about/README.md"), "{}", told.stderr);
    let held: Vec<serde_json::Value> = serde_json::from_str(&run.read("about/holdings.json")).expect("JSON");
    let all = [
        "holdings",
        upn,
        "--lake",
        "lake",
        "--from",
        "2000-01-01",
        "--until",
        "2030-01-01",
        "--format",
        "jsonl",
    ];
    assert_eq!(held.len(), run.ok(&all).stdout.lines().count());
    assert!(!held.is_empty() && held.iter().all(|h| h["principal_id"] == id));
    // Every row names the person, and what the sources say of them is there, however deep it stands.
    let lower = |text: &str| text.to_lowercase();
    let mut own = Vec::new();
    for (table, who) in [("requests", &["requestor_id", "target_id"][..]), ("assignments", &["target_id"])] {
        for line in run.read(&format!("about/{table}.jsonl")).lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let mine = who.iter().any(|w| row[*w].as_str().is_some_and(|v| v.eq_ignore_ascii_case(id)));
            own.extend(
                ["id", "target_subject_id", "assignment_id"]
                    .iter()
                    .filter(|_| mine)
                    .filter_map(|c| row[*c].as_str().map(str::to_lowercase)),
            );
        }
    }
    let about = |line: &str| {
        let line = lower(line);
        line.contains(&lower(id)) || line.contains(&lower(upn)) || own.iter().any(|o| line.contains(o.as_str()))
    };
    let mut rows = BTreeMap::new();
    for entry in fs::read_dir(run.dir().join("about")).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(table) = name.strip_suffix(".jsonl") else { continue };
        let text = fs::read_to_string(entry.path()).expect("a table");
        assert!(text.lines().all(about), "{table}");
        rows.insert(table.to_string(), text.lines().count());
    }
    let named = |folder: &str, ending: &str| -> usize {
        let mut found = 0;
        for entry in fs::read_dir(run.dir().join("sample-data").join(folder)).expect("a folder").flatten() {
            if entry.path().to_string_lossy().ends_with(ending) {
                let text = fs::read_to_string(entry.path()).expect("a file");
                found += text.lines().filter(|l| lower(l).contains(&lower(id)) || lower(l).contains(&lower(upn))).count();
            }
        }
        found
    };
    assert_eq!(rows.get("sign_ins").copied().unwrap_or_default(), named("signins", "ndjson"), "{rows:?}");
    assert!(rows["users"] > 0 && rows["sightings"] > 0 && rows["assignments"] > 0, "{rows:?}");
    // Approvals and events of a request name the request, not the person.
    assert!(rows["approvals"] > 0, "{rows:?}");
    let events = run.read("about/audit_events.jsonl");
    assert!(events.contains("Request approved") && events.contains("\"at\":\"202"), "times are for people");
    let found: Vec<serde_json::Value> = serde_json::from_str(&run.read("about/findings.json")).expect("JSON");
    assert!(found.iter().all(|f| f["subject_id"] == id));
    let sheet = run.read("about/README.md");
    assert!(sheet.contains(&format!("| users | {} |", rows["users"])), "{sheet}");
    // Nothing is written over, and somebody unknown is no empty answer.
    let again = run.tell(&["lake", "subject", upn, "--lake", "lake", "--out", "about"]);
    assert!(again.code == 2 && again.stderr.contains("name a new one"), "{}", again.stderr);
    let nobody = run.tell(&["lake", "subject", "nobody@corp.example", "--lake", "lake", "--out", "other"]);
    assert!(nobody.code == 2 && !run.dir().join("other").exists(), "{}", nobody.stderr);
}

#[test]
fn what_was_dropped_is_not_taken_for_right_and_a_hold_is_not_replaced() {
    let run = sample();
    let lines = |lake: &str| run.ok(&["check", "EXP-05", "--lake", lake, "--format", "jsonl"]).stdout;
    let results = |text: &str, what: &str| text.lines().filter(|l| l.contains(&format!("\"result\":\"{what}\""))).count();
    let before = lines("lake");
    assert_eq!(results(&before, "not-evaluable"), 0);
    let hold = |name: &str, from: &str, reason: &str| {
        let window = ["--from", from, "--until", "2026-12-31", "--reason", reason];
        run.tell(&[&["lake", "hold", name, "--lake", "lake"], &window[..]].concat())
    };
    assert_eq!(hold("case", "2025-01-01", "a case").code, 0);
    let again = hold("case", "2026-12-01", "a smaller case");
    assert!(again.code == 2 && again.stderr.contains("is in force from 2025-01-01"), "{}", again.stderr);
    assert_eq!(hold("other", "2025-01-01", " ").code, 2, "a reason is recorded");
    run.ok(&["lake", "hold", "case", "--lake", "lake", "--release", "--reason", "settled"]);
    run.ok(&["lake", "retain", "--lake", "lake", "--keep", "review_decisions=1"]);
    let after = lines("lake");
    assert!(results(&after, "finding") < results(&before, "finding"), "a denial is gone");
    assert_eq!(results(&after, "not-evaluable"), 1, "{after}");
    assert!(
        after.contains("review decisions first seen from 20") && after.contains("outside_retention"),
        "{after}"
    );
    run.ok(&["report", "--lake", "lake", "--out", "report"]);
    assert!(run.read("report/ipe.md").contains("rows of review_decisions in"));
    assert!(run.read("report/index.html").contains("dropped by retention"));
    // Found is not everything: a gap in the window is told beside whoever is found.
    run.ok(&["lake", "retain", "--lake", "lake", "--keep", "audit_events=200"]);
    let told = run.ok(&["holders", "--lake", "lake", "--from", "2025-08-01", "--until", "2026-06-30"]);
    assert!(
        told.stderr.contains("there may be more: no proved or asserted audit coverage"),
        "{}",
        told.stderr
    );
}
