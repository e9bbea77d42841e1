//! SQL, questions, and what other engines say of the same commit.

use crate::common::Run;
use crate::tools::{printed, python, run_python};
use serde_json::{Value, json};
use std::path::Path;

/// The lake of the invented company.
fn sample() -> Run {
    let run = Run::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    run.ok(&["ingest", data.to_str().expect("a path"), "--lake", "lake"]);
    run
}

fn rows(run: &Run, args: &[&str]) -> Vec<Value> {
    let told = run.tell(&[args, &["--lake", "lake", "--format", "json"]].concat());
    assert!(matches!(told.code, 0 | 1 | 5), "{args:?}\n{}", told.stderr);
    let answer: Value = serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}\n{}", told.stdout));
    assert_eq!(answer["basis"]["zone"], "UTC", "{args:?}: an answer says what it rests on");
    assert!(answer["basis"]["commit"].as_str().is_some_and(|c| c.len() == 12), "{args:?}");
    answer["rows"].as_array().expect("rows").clone()
}

fn sql(run: &Run, statement: &str) -> Vec<Value> {
    rows(run, &["sql", statement])
}

/// The questions of the shelf with what they take.
fn questions(run: &Run) -> Vec<(String, Vec<String>)> {
    let told = run.ok(&["ask", "--format", "json"]).stdout;
    let list: Vec<Value> = serde_json::from_str(&told).expect("a list");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    list.iter()
        .map(|q| {
            assert!(!text(&q["answers"]).is_empty() && !text(&q["for"]).is_empty(), "{q}");
            (text(&q["question"]), text(&q["takes"]).split_whitespace().map(str::to_string).collect())
        })
        .collect()
}

const COMPARE: &str = r#"
import sys, json, re, datetime, duckdb
connect, answers = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
db = duckdb.connect()
db.execute(connect)
def plain(v):
    if isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", v):
        return datetime.datetime.fromisoformat(v[:-1])
    return v
def key(row):
    return [str(v) for v in row]
bad = 0
for a in answers:
    statement = "\n".join(l for l in a["sql"].splitlines() if not l.startswith("--"))
    statement = re.sub(r"(?<!:):([a-z_]+)", r"$\1", statement)
    values = {k: plain(v) for k, v in a["values"].items()}
    found = db.execute(statement, values) if values else db.execute(statement)
    names = [c[0] for c in found.description]
    theirs = [list(r) for r in found.fetchall()]
    ours = [[plain(r[n]) for n in names] for r in a["rows"]]
    if a["columns"] and a["columns"] != names:
        print(a["name"], "columns", a["columns"], names); bad += 1
    if sorted(ours, key=key) != sorted(theirs, key=key):
        bad += 1
        print(a["name"], a["values"], len(ours), len(theirs))
        for o, t in zip(sorted(ours, key=key), sorted(theirs, key=key)):
            if o != t:
                print("  ours  ", o); print("  theirs", t); break
print("compared", len(answers), "different", bad)
sys.exit(1 if bad else 0)
"#;

#[test]
fn every_question_gives_the_rows_that_duckdb_gives() {
    let run = sample();
    let id = |statement: &str| sql(&run, statement)[0]["id"].as_str().expect("an id").to_string();
    let people = ["requestor_id", "recipient_id"].map(|c| id(&format!("SELECT {c} AS id FROM requests WHERE {c} IS NOT NULL ORDER BY {c} LIMIT 1")));
    let approver = id("SELECT approver_id AS id FROM approvals WHERE approver_id IS NOT NULL ORDER BY approver_id LIMIT 1");
    let things = ["access_package", "group", "directory_role", "app_role"].map(|k| {
        id(&format!(
            "SELECT target_id AS id FROM holders WHERE entitlement_kind = '{k}' ORDER BY target_id LIMIT 1"
        ))
    });
    let ip = id("SELECT actor_ip AS id FROM events WHERE actor_ip IS NOT NULL ORDER BY actor_ip LIMIT 1");
    let all = questions(&run);
    assert!(all.len() >= 25, "only {} questions", all.len());
    let (mut answers, mut empty) = (Vec::new(), Vec::new());
    for (name, takes) in &all {
        let given: Vec<Vec<(&str, String)>> = match takes.first().map(String::as_str) {
            Some("who") => people.iter().chain([&approver]).map(|p| vec![("who", p.clone())]).collect(),
            Some("what") => things.iter().chain(&people).map(|p| vec![("what", p.clone())]).collect(),
            Some("ip") => vec![vec![("ip", ip.clone())]],
            _ => vec![Vec::new()],
        };
        let mut found = 0;
        for mut values in given {
            values.extend(takes.iter().filter_map(|t| match t.as_str() {
                "from" => Some(("from", "2020-01-01T00:00:00Z".to_string())),
                "until" => Some(("until", "2030-01-01T00:00:00Z".to_string())),
                _ => None,
            }));
            if name == "held-during" && !things.contains(&values[0].1) {
                continue;
            }
            let words: Vec<String> = values.iter().map(|(n, v)| format!("{n}={v}")).collect();
            let mut args = vec!["ask", name.as_str()];
            args.extend(words.iter().map(String::as_str));
            let got = rows(&run, &args);
            found += got.len();
            let sql = run.ok(&["ask", name, "--show"]).stdout;
            let values: serde_json::Map<String, Value> = values.into_iter().map(|(n, v)| (n.to_string(), json!(v))).collect();
            answers.push(json!({"name": name, "sql": sql, "values": values, "rows": got, "columns": []}));
        }
        if found == 0 {
            empty.push(name.clone());
        }
    }
    // A question that finds nothing compares nothing: the invented company has something for nearly all.
    assert!(empty.len() <= 12, "these find nothing in the sample: {empty:?}");
    for view in run.ok(&["sql", "--list", "--format", "jsonl"]).stdout.lines() {
        let view: Value = serde_json::from_str(view).expect("json");
        let name = view["view"].as_str().expect("a name");
        let statement = format!("SELECT * FROM {name}");
        answers.push(json!({"name": name, "sql": statement, "values": {}, "rows": sql(&run, &statement), "columns": []}));
    }
    let connect = run.ok(&["lake", "connect", "duckdb", "--lake", "lake"]).stdout;
    run.write("connect.sql", &connect);
    run.write("answers.json", &serde_json::to_string(&answers).expect("json"));
    let Some(python) = python("every_question_gives_the_rows_that_duckdb_gives", &["duckdb"]) else {
        return;
    };
    let path = |name: &str| run.dir().join(name).to_string_lossy().to_string();
    let output = run_python(&python, COMPARE, &[&path("connect.sql"), &path("answers.json")]);
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn sql_reads_and_nothing_else() {
    let run = sample();
    for (statement, says) in [
        ("DROP TABLE holdings", "SELECT or WITH"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM read_parquet('x')", "beside the lake"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT nothing FROM holdings", "nothing"),
        ("SELECT * FROM facts WHERE occurred_at > :since", "--param since=VALUE"),
        ("SELECT FROM WHERE", "failed"),
    ] {
        let told = run.tell(&["sql", statement, "--lake", "lake"]);
        assert_eq!(told.code, 2, "{statement}: {}", told.stderr);
        assert!(told.stderr.contains(says), "{statement}: {}", told.stderr);
        assert!(told.stdout.is_empty(), "{statement}: {}", told.stdout);
    }
    let param = |p: &str| {
        run.tell(&[
            "sql",
            "SELECT COUNT(*) AS n FROM facts WHERE occurred_at >= :since",
            "--param",
            p,
            "--lake",
            "lake",
            "--format",
            "csv",
        ])
    };
    let all = sql(&run, "SELECT COUNT(*) AS n FROM facts")[0]["n"].as_i64().expect("a number");
    assert_eq!(param("since:time=2000-01-01").stdout, format!("n\n{all}\n"));
    assert_eq!(param("since:time=2100-01-01T00:00:00.5Z").stdout, "n\n0\n");
    assert_eq!(param("since:time=yesterday").code, 2);
    assert_eq!(param("since").code, 2);
    assert_eq!(param("other=1").code, 2);
    run.write(
        "question.sql",
        "-- how many\nSELECT COUNT(*) AS n FROM facts WHERE actor_name <> :name -- that's all\n;\n",
    );
    let told = run.ok(&[
        "sql",
        "question.sql",
        "--param",
        "name=O'Hara; DROP TABLE x",
        "--lake",
        "lake",
        "--format",
        "csv",
    ]);
    assert!(told.stdout.starts_with("n\n"), "{}", told.stdout);
    assert_eq!(run.tell(&["sql", "missing.sql", "--lake", "lake"]).code, 2);
    // A cross join of everything with everything needs more than it may have.
    let big = "SELECT COUNT(*) AS n, MAX(a.record || b.record || c.record) AS m FROM mentions AS a CROSS JOIN mentions AS b CROSS JOIN mentions AS c";
    let told = run.tell(&["sql", big, "--lake", "lake", "--memory", "100", "--timeout", "60"]);
    assert_eq!(told.code, 2, "{}", told.stderr);
    assert!(told.stderr.contains("more memory") || told.stderr.contains("longer than"), "{}", told.stderr);
    let described = run.ok(&["sql", "--describe", "holders", "--format", "csv"]).stdout;
    assert!(described.contains("held_from,timestamp,"), "{described}");
    assert_eq!(run.tell(&["sql", "--describe", "nothing"]).code, 2);
    for form in ["table", "csv", "json", "jsonl"] {
        let told = run.ok(&["sql", "SELECT * FROM holders", "--lake", "lake", "--format", form]).stdout;
        assert!(form == "json" || told.lines().count() > 5, "{form}");
        if form == "table" {
            let columns = told.lines().map(|l| l.split('\t').count());
            assert!(columns.max() > Some(20), "every column is there");
        }
    }
    run.ok(&[
        "sql",
        "SELECT * FROM holders",
        "--lake",
        "lake",
        "--format",
        "parquet",
        "--output",
        "holders.parquet",
    ]);
    assert!(run.dir().join("holders.parquet").is_file());
}

#[test]
fn questions_say_what_they_need() {
    let run = sample();
    for (args, says) in [
        (&["ask", "held-durin"][..], "held-during"),
        (&["ask", "held-during"], "what=ENTITLEMENT"),
        (
            &["ask", "held-during", "what=nobody at all", "from=2026-01-01", "until=2026-02-01"],
            "no entitlement is or was called",
        ),
        (&["ask", "held-during", "who=x"], "takes what=ENTITLEMENT"),
        (&["ask", "granted-during", "from=2026-02-01", "until=2026-01-01"], "empty"),
        (&["ask", "granted-during", "from=soon", "until=2026-01-01"], "is no time"),
    ] {
        let told = run.tell(&[args, &["--lake", "lake"]].concat());
        assert_eq!(told.code, 2, "{args:?}: {}", told.stderr);
        assert!(told.stderr.contains(says), "{args:?}: {}", told.stderr);
    }
}

#[test]
fn views_follow_the_commit_and_what_is_dropped_never_shows() {
    let run = sample();
    let count = |run: &Run| {
        let n = |what: &str| sql(run, &format!("SELECT COUNT(*) AS n FROM {what}"))[0]["n"].as_i64();
        (n("events"), n("lake_audit_events"), n("holdings"))
    };
    let before = count(&run);
    // A file that no commit names, in the folder of the table.
    let folder = run.dir().join("lake/data/audit_events");
    let month = std::fs::read_dir(&folder)
        .expect("months")
        .flatten()
        .find(|e| e.path().is_dir())
        .expect("a month")
        .path();
    let file = std::fs::read_dir(&month).expect("files").flatten().next().expect("a file").path();
    std::fs::copy(&file, month.join("0000.parquet")).expect("a copy");
    std::fs::remove_dir_all(run.dir().join("lake/_ledger")).expect("what is kept goes");
    assert_eq!(count(&run), before);
    let connect = run.ok(&["lake", "connect", "duckdb", "--lake", "lake"]).stdout;
    assert!(!connect.contains("0000.parquet"), "{connect}");
    run.ok(&["lake", "retain", "--lake", "lake", "--keep", "audit_events=30"]);
    let after = count(&run);
    assert!(after.1 < before.1 && after.0 == after.1, "{before:?} {after:?}");
}

const DELTA: &str = r#"
import sys, json
from deltalake import DeltaTable, QueryBuilder
out = {}
for name in sys.argv[2:]:
    t = DeltaTable(sys.argv[1] + "/" + name)
    q = QueryBuilder().register("t", t).execute("SELECT COUNT(*) AS n FROM t")
    batches = q.read_all() if hasattr(q, "read_all") else q.fetchall()
    n = json.loads(json.dumps([int(x) for x in batches.column("n").to_pylist()] if hasattr(batches, "column") else [int(b.column(0)[0].as_py()) for b in batches]))
    out[name] = [sum(n), t.version(), len(t.file_uris())]
print(json.dumps(out))
"#;

#[test]
fn a_delta_log_shows_what_the_commits_name() {
    let run = sample();
    let first = run.ok(&["lake", "export", "delta", "--lake", "lake"]).stdout;
    assert!(first.contains("audit_events"), "{first}");
    run.ok(&["lake", "retain", "--lake", "lake", "--keep", "audit_events=30"]);
    run.ok(&["lake", "export", "delta", "--lake", "lake"]);
    // Written again, it is the same.
    run.ok(&["lake", "export", "delta", "--lake", "lake"]);
    run.ok(&["lake", "verify", "--lake", "lake"]);
    let Some(python) = python("a_delta_log_shows_what_the_commits_name", &["deltalake"]) else {
        return;
    };
    let tables = ["audit_events", "users", "sightings", "assignments", "policies"];
    let data = run.dir().join("lake/data").to_string_lossy().to_string();
    let output = run_python(&python, DELTA, &[&[data.as_str()][..], &tables].concat());
    assert!(output.status.success(), "{}", printed(&output));
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    for table in tables {
        let n = sql(&run, &format!("SELECT COUNT(*) AS n FROM lake_{table}"))[0]["n"].clone();
        assert_eq!(told[table][0], n, "{table}: {told}");
    }
    assert_eq!(told["audit_events"][1], 1, "two commits touched the log: {told}");
}

const TIMESKETCH: &str = r#"
import sys
from timesketch_import_client import importer
class Sink(importer.ImportStreamer):
    taken = []
    def _ready(self):
        pass
    def _upload_data_buffer(self, end_stream, data_lines=None, retry_count=0):
        self.taken.extend(data_lines or self._data_lines)
        self._data_lines = []
with Sink() as sink:
    for line in open(sys.argv[1]):
        sink.add_json(line)
    sink.flush()
bad = [e for e in Sink.taken if not e.get("message") or not e.get("timestamp_desc") or not str(e.get("datetime", "")).startswith("20")]
print(len(Sink.taken), len(bad), bad[:1])
"#;

const OCSF: &str = r#"
import sys, json, jsonschema
from ocsf_json_schema import get_ocsf_schema, OcsfJsonSchemaEmbedded
schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.3.0"))
validators, count, bad = {}, 0, []
for line in open(sys.argv[1]):
    event = json.loads(line)
    uid = (event["class_uid"], tuple(event["metadata"].get("profiles", [])))
    if uid not in validators:
        validators[uid] = jsonschema.Draft202012Validator(schema.get_class_schema(schema.lookup_class_name_from_uid(uid[0]), list(uid[1])))
    count += 1
    bad.extend(f"{event['class_name']}: {e.json_path}: {e.message}"[:300] for e in validators[uid].iter_errors(event))
print(count, len(bad), sorted(set(bad))[:8])
"#;

#[test]
fn timelines_are_taken_by_other_tools() {
    let run = sample();
    let window = ["timeline", "--from", "2020-01-01", "--until", "2030-01-01", "--lake", "lake"];
    let told = |format: &str| run.ok(&[&window[..], &["--format", format]].concat()).stdout;
    let count = rows(&run, &window[..5]).len();
    assert!(count > 100, "only {count} entries");
    for (format, first) in [
        ("timesketch", "{"),
        ("ocsf", "{"),
        ("plaso", "datetime,timestamp_desc,source,source_long,message,parser,display_name,tag\n"),
    ] {
        let text = told(format);
        assert!(text.starts_with(first), "{format}");
        run.write(format, &text);
    }
    let mut plaso = csv_reader(&told("plaso"));
    assert_eq!(plaso.len(), count + 1, "a row for each entry");
    plaso.dedup_by_key(|r| r.len());
    assert_eq!(plaso.len(), 1, "every row has the same columns");
    let tools = [("timesketch", "timesketch_import_client", TIMESKETCH), ("ocsf", "ocsf_json_schema", OCSF)];
    for (file, module, script) in tools {
        let Some(python) = python("timelines_are_taken_by_other_tools", &[module]) else {
            continue;
        };
        let path = run.dir().join(file).to_string_lossy().to_string();
        let output = run_python(&python, script, &[&path]);
        assert!(output.status.success(), "{file}: {}", printed(&output));
        let said = String::from_utf8_lossy(&output.stdout).to_string();
        assert!(
            said.starts_with(&format!("{count} 0 ")),
            "{file} takes {count} and refuses none, and not: {said}"
        );
    }
}

/// Records of a CSV, quotes and line breaks understood.
fn csv_reader(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|r| r.expect("a record").iter().map(str::to_string).collect()).collect()
}

#[test]
fn a_brief_is_a_page_with_its_statements() {
    let run = sample();
    let who = sql(
        &run,
        "SELECT approver_id AS id FROM approvals WHERE approver_id IS NOT NULL ORDER BY approver_id LIMIT 1",
    )[0]["id"]
        .clone();
    let who = who.as_str().expect("an id");
    run.ok(&[
        "brief",
        who,
        "--from",
        "2025-01-01",
        "--until",
        "2026-12-31",
        "--lake",
        "lake",
        "--output",
        "brief.html",
    ]);
    let page = run.read("brief.html");
    for part in [
        "Held",
        "Could activate",
        "Could approve",
        "Decided on requests",
        "What cannot be known",
        "For custody",
        who,
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
    assert!(!page.contains("<script"), "a brief runs nothing");
    // Its first statement gives its first answer again.
    let decided = rows(&run, &["approved-by", who]);
    let inside = decided.iter().filter(|r| r["decided_at"].as_str().is_some_and(|t| t >= "2025-01-01")).count();
    assert!(inside > 0 && page.contains("<h3>Decided on requests"), "{inside}");
    assert_eq!(
        run.tell(&["brief", "nobody at all", "--from", "2025-01-01", "--until", "2026-12-31", "--lake", "lake"])
            .code,
        2
    );
    assert_eq!(
        run.tell(&["brief", who, "--from", "2026-12-31", "--until", "2025-01-01", "--lake", "lake"])
            .code,
        2
    );
}
