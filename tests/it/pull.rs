//! `vouchsafe pull` against the test server: what it ends with is the truth or a named gap, whatever goes wrong on the way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vouchsafe::lake::Lake;
use vouchsafe::lake::records::Coverage;
use vouchsafe::lake::table::Table;

use crate::common::{Run, Told, vouchsafe};
use crate::graph::{NOW, sixty};
use crate::graph_server::{CANARY, CLIENT, Entry, Fault, Group, Plan, SECRET, Server, Tenant};
use crate::truth::{differences, held};

/// Limits and clock run so many times as fast.
pub const SCALE: u32 = 2000;
/// Thirty days, which is what the logs keep.
pub const RETENTION: i64 = 30 * 86_400;

/// A server and the folder that a lake is made in.
pub struct Pull {
    pub run: Run,
    pub server: Server,
    tenant: Arc<Tenant>,
    scale: u32,
}

impl Pull {
    pub fn new(tenant: &Arc<Tenant>, plan: Plan) -> Self {
        let scale = plan.scale;
        Self::serving(tenant, Server::start(Arc::clone(tenant), plan), scale)
    }

    /// A folder for a server that runs already.
    pub fn serving(tenant: &Arc<Tenant>, server: Server, scale: u32) -> Self {
        Self {
            run: Run::new(),
            server,
            tenant: Arc::clone(tenant),
            scale,
        }
    }

    /// The program with its arguments, not started.
    pub fn command(&self, more: &[&str]) -> Command {
        let mut command = program(self.run.dir());
        command.env("SOURCE_DATE_EPOCH", now_of(&self.tenant).to_string());
        let (address, scale) = (self.server.address(), self.scale.to_string());
        command.args([
            "pull",
            "--tenant",
            &self.tenant.id,
            "--client-id",
            CLIENT,
            "--graph-url",
            address,
            "--login-url",
            address,
        ]);
        if self.scale > 1 {
            command.args(["--pace-scale", &scale]);
        }
        command.args(["--lake", "lake"]).args(more).env("VOUCHSAFE_CLIENT_SECRET", SECRET);
        command
    }

    /// The same lake, served from now on by another plan.
    pub fn again(self, plan: Plan) -> Self {
        Self {
            scale: plan.scale,
            server: Server::start(Arc::clone(&self.tenant), plan),
            ..self
        }
    }

    pub fn tell(&self, more: &[&str]) -> Told {
        told(self.command(more))
    }

    /// Pulls, which is to end complete.
    pub fn complete(&self, more: &[&str]) -> Told {
        let told = self.tell(more);
        assert_eq!(told.code, 0, "{}\n{}", told.stdout, told.stderr);
        told
    }

    pub fn lake(&self) -> PathBuf {
        self.run.dir().join("lake")
    }

    /// Records that the server has and the lake has not, or the other way round, in the window of the logs.
    pub fn amiss(&self, since: i64) -> Vec<String> {
        let mut wrong = Vec::new();
        for (table, key) in [
            (Table::AuditEvents, "auditLogs/directoryAudits"),
            (Table::SignIns, "auditLogs/signIns"),
            (Table::Users, "users"),
            (Table::Groups, "groups"),
            (Table::Packages, "identityGovernance/entitlementManagement/accessPackages"),
            (Table::Policies, "identityGovernance/entitlementManagement/assignmentPolicies"),
            (Table::Assignments, "identityGovernance/entitlementManagement/assignments"),
            (Table::Requests, "identityGovernance/entitlementManagement/assignmentRequests"),
            (Table::ServicePrincipals, "servicePrincipals"),
            (Table::ReviewDefinitions, "identityGovernance/accessReviews/definitions"),
        ] {
            let log = key.starts_with("auditLogs/");
            let records = self.tenant.collection(key).unwrap_or_default().iter();
            let records = records.filter(|r| !log || r.time >= since * 1_000_000);
            let served: BTreeSet<String> = records.map(|r| id_of(&self.tenant.text(*r))).collect();
            let all = ids(&self.lake(), table);
            let kept: BTreeSet<String> = all.iter().cloned().collect();
            if log && kept.len() != all.len() {
                wrong.push(format!("{}: {} rows of {} records", table.name(), all.len(), kept.len()));
            }
            wrong.extend(served.difference(&kept).map(|id| format!("{}: lost {id}", table.name())));
            wrong.extend(kept.difference(&served).map(|id| format!("{}: invented {id}", table.name())));
        }
        wrong
    }

    /// No group of limits ever saw more in a window than is published, and no stranger was visited.
    pub fn polite(&self) {
        for (group, seen) in self.server.seen() {
            let over = seen.allowed.is_some_and(|allowed| group != Group::Governance && seen.worst > allowed);
            assert!(!over, "{group:?}: {} in a window that allows {:?}", seen.worst, seen.allowed);
        }
        assert_eq!(self.server.foreign_visits(), Vec::<String>::new(), "another host was visited");
    }
}

/// Midday after the end of a tenant's history, in seconds since 1970.
pub fn now_of(tenant: &Tenant) -> i64 {
    tenant.until + 12 * 3600
}

fn program(dir: &Path) -> Command {
    let mut command = match std::env::var_os("VOUCHSAFE_PROGRAM") {
        Some(path) => {
            let mut command = Command::new(path);
            command.current_dir(dir).env_remove("VOUCHSAFE_LAKE");
            command
        }
        None => vouchsafe(dir),
    };
    command.env("SOURCE_DATE_EPOCH", NOW.to_string()).env_remove("VOUCHSAFE_TOKEN");
    command
}

fn told(mut command: Command) -> Told {
    let output = command.output().expect("the program starts");
    Told {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn id_of(text: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(text).expect("a record");
    value["id"].as_str().expect("an id").to_lowercase()
}

/// The ids in a table of a lake.
pub fn ids(lake: &Path, table: Table) -> Vec<String> {
    let view = Lake::open(lake).and_then(|l| l.view()).expect("a lake");
    let mut ids = Vec::new();
    for path in view.paths(table) {
        let file = std::fs::File::open(path).expect("a live file");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|b| b.build())
            .expect("Parquet");
        for batch in reader {
            let batch = batch.expect("a batch");
            let column = batch.column_by_name("id").expect("an id").clone();
            let column = arrow::compute::cast(&column, &arrow::datatypes::DataType::Utf8).expect("text");
            let column = column.as_any().downcast_ref::<arrow::array::StringArray>().expect("text");
            ids.extend(column.iter().flatten().map(str::to_lowercase));
        }
    }
    ids
}

/// First pages of walks over the logs that were answered.
fn first_pages(entries: &[Entry]) -> Vec<&str> {
    let first = entries
        .iter()
        .filter(|e| e.status == 200 && e.walk == e.target && e.target.contains("auditLogs/"));
    first.map(|e| e.target.as_str()).collect()
}

#[test]
fn a_full_pull_is_the_truth_within_the_limits_and_reads_nothing_twice() {
    let (tenant, dir) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(NOW, SCALE));
    pull.complete(&["--since", "2024-12-31"]);
    assert_eq!(pull.amiss(0), Vec::<String>::new());
    assert_eq!(differences(dir, &held(&pull.run, "lake")), Vec::<String>::new());
    pull.polite();
    let before = pull.server.entries().len();
    pull.complete(&[]);
    let again = pull.server.entries().split_off(before);
    let audits = first_pages(&again).into_iter().filter(|t| t.contains("directoryAudits"));
    assert_eq!(audits.count(), 1, "only the overlap is read again");
    assert_eq!(pull.amiss(0), Vec::<String>::new());
    assert_eq!(differences(dir, &held(&pull.run, "lake")), Vec::<String>::new());
    pull.polite();
}

#[test]
fn each_fault_ends_with_the_truth_or_a_named_gap() {
    let (tenant, _) = sixty();
    for fault in Fault::ALL {
        let plan = Plan {
            seed: 11,
            faults: vec![fault],
            per_mille: 120,
            page: 10,
            disorder: true,
            ..Plan::calm(NOW, SCALE)
        };
        let pull = Pull::new(&tenant, plan);
        let told = pull.tell(&["--only", "audit,users,assignments"]);
        assert!(pull.server.faults() > 0, "{fault:?} never happened");
        pull.polite();
        let wrong = || -> Vec<String> {
            let tables = ["audit_events", "users", "assignments"];
            pull.amiss(NOW - RETENTION)
                .into_iter()
                .filter(|w| tables.iter().any(|t| w.starts_with(t)))
                .collect()
        };
        match told.code {
            0 => assert_eq!(wrong(), Vec::<String>::new(), "{fault:?}\n{}", told.stderr),
            5 => assert!(told.stderr.contains("gap"), "{fault:?}: {}", told.stderr),
            code => panic!("{fault:?}: exit {code}\n{}", told.stderr),
        }
        // What spoils a request or a page is no reason for a gap: only what spoils the walk, or the token for good.
        let may_gap = matches!(fault, Fault::Foreign | Fault::LyingCount | Fault::Loop | Fault::DeadToken | Fault::Claims);
        assert!(told.code == 0 || may_gap, "{fault:?} left a gap:\n{}", told.stderr);
    }
}

#[test]
fn killed_at_any_moment_it_ends_the_same_and_reads_nothing_complete_again() {
    let (tenant, dir) = sixty();
    let plan = Plan {
        delay: Duration::from_millis(3),
        page: 25,
        disorder: true,
        ..Plan::calm(NOW, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let mut done: BTreeSet<String> = BTreeSet::new();
    for turn in 1..=3_usize {
        let before = pull.server.entries().len();
        let mut child = start(pull.command(&["--since", "2024-12-31"]));
        wait_for(|| pull.server.entries().len() > before + 130 * turn, &mut child);
        child.kill().expect("it is killed");
        child.wait().expect("it has ended");
        let entries = pull.server.entries().split_off(before);
        let again: Vec<_> = first_pages(&entries).into_iter().filter(|t| done.contains(*t)).map(str::to_owned).collect();
        assert_eq!(again, Vec::<String>::new(), "turn {turn}: read again");
        // A slice counts as complete half a second after its last page: by then it is on disk.
        let until = entries.last().map_or(Duration::ZERO, |e| e.at).saturating_sub(Duration::from_millis(500));
        let whole = entries
            .iter()
            .filter(|e| e.last && e.status == 200 && e.at < until && e.walk.contains("auditLogs/"));
        done.extend(whole.map(|e| e.walk.clone()));
    }
    assert!(!done.is_empty(), "it was killed before anything was complete");
    let before = pull.server.entries().len();
    pull.complete(&["--since", "2024-12-31"]);
    let entries = pull.server.entries().split_off(before);
    let again: Vec<_> = first_pages(&entries).into_iter().filter(|t| done.contains(*t)).collect();
    assert_eq!(again, Vec::<&str>::new(), "at the end: read again");
    assert_eq!(pull.amiss(0), Vec::<String>::new());
    assert_eq!(differences(dir, &held(&pull.run, "lake")), Vec::<String>::new());
    pull.run.ok(&["lake", "verify", "--lake", "lake"]);
    pull.polite();
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// Waits until something is so, or the program has ended.
fn wait_for(so: impl Fn() -> bool, child: &mut Child) {
    let began = Instant::now();
    while !so() && child.try_wait().expect("a child").is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "it hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_secret_and_the_token_are_nowhere() {
    let (tenant, _) = sixty();
    let plan = Plan {
        seed: 5,
        faults: vec![Fault::TokenDied, Fault::CutJson, Fault::ServerError, Fault::ResetInside, Fault::ThrottledSilent],
        per_mille: 150,
        always: vec![("namedLocations", Fault::Foreign), ("catalogs", Fault::ServerError)],
        denied: vec!["AccessReview.Read.All"],
        page: 20,
        ..Plan::calm(NOW, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let loud = pull.tell(&["-vvv"]);
    assert_eq!(loud.code, 5, "{}", loud.stderr);
    assert!(loud.stderr.len() > 2000, "the trace says something");
    let mut wrong = pull.command(&["-vvv"]);
    wrong.env("VOUCHSAFE_CLIENT_SECRET", format!("{SECRET}-of-another"));
    let refused = told(wrong);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    let mut ready = pull.command(&["-vvv", "--only", "users"]);
    let token = format!("{CANARY}.expired");
    ready.env_remove("VOUCHSAFE_CLIENT_SECRET").env("VOUCHSAFE_TOKEN", &token);
    let expired = told(ready);
    assert_eq!(expired.code, 4, "{}", expired.stderr);
    for told in [&loud, &refused, &expired] {
        for canary in [SECRET, CANARY] {
            assert!(
                !told.stderr.contains(canary) && !told.stdout.contains(canary),
                "{canary} was printed:\n{}",
                told.stderr
            );
        }
    }
    let mut folders = vec![pull.run.dir().to_path_buf()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).expect("a file");
            for canary in [SECRET, CANARY] {
                let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
                assert!(!found, "{canary} stands in {}", entry.path().display());
            }
            looked += 1;
        }
    }
    assert!(looked > 20, "only {looked} files were looked at");
    pull.polite();
}

#[test]
fn a_missing_permission_is_a_named_gap_and_the_rest_is_kept() {
    let (tenant, _) = sixty();
    let plan = Plan {
        denied: vec!["Policy.Read.All"],
        unlicensed: vec!["roleEligibilityScheduleInstances"],
        ..Plan::calm(NOW, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let told = pull.tell(&[]);
    assert_eq!(told.code, 5, "{}", told.stderr);
    assert!(told.stderr.contains("Policy.Read.All"), "{}", told.stderr);
    assert_eq!(pull.amiss(NOW - RETENTION), Vec::<String>::new());
    let view = Lake::open(&pull.lake()).and_then(|l| l.view()).expect("a lake");
    let coverage: Vec<Coverage> = view.rows().expect("coverage");
    let gaps: Vec<_> = coverage.iter().filter(|c| c.basis == "gap").collect();
    assert!(gaps.iter().any(|g| g.subject.contains("conditional_access")), "{gaps:?}");
    let check = pull.tell(&["--check"]);
    let said = format!("{}{}", check.stdout, check.stderr);
    assert!(said.contains("Policy.Read.All"), "{said}");
}

#[test]
fn refused_unreachable_and_unsafe_addresses() {
    let (tenant, _) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(NOW, SCALE));
    let at = |graph: &str, login: &str| {
        let mut command = program(pull.run.dir());
        command.args(["pull", "--tenant", &tenant.id, "--client-id", CLIENT, "--lake", "lake"]);
        command
            .args(["--graph-url", graph, "--login-url", login])
            .env("VOUCHSAFE_CLIENT_SECRET", SECRET);
        command
    };
    for (graph, login) in [
        ("http://graph.example", "https://login.example"),
        ("https://graph.example", "http://login.example"),
    ] {
        let refused = told(at(graph, login));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
    }
    assert!(!pull.lake().join("lake.json").exists(), "nothing was made");
    // A port that was free a moment ago: nobody listens there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
    let nobody = format!("http://{nobody}");
    let mut command = at(&nobody, &nobody);
    command.args(["--pace-scale", "2000"]);
    let unreachable = told(command);
    assert_eq!(unreachable.code, 4, "{}", unreachable.stderr);
}

#[test]
fn two_pulls_do_not_run_at_once() {
    let (tenant, _) = sixty();
    let plan = Plan {
        delay: Duration::from_millis(100),
        ..Plan::calm(NOW, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let mut first = start(pull.command(&[]));
    wait_for(|| pull.server.entries().len() > 5, &mut first);
    let second = pull.tell(&[]);
    assert_ne!(second.code, 0, "{}", second.stderr);
    assert!(second.stderr.contains("another pull"), "{}", second.stderr);
    first.kill().expect("it is killed");
    first.wait().expect("it has ended");
}

#[test]
fn late_events_come_with_the_next_pull() {
    let (tenant, _) = sixty();
    // The clock of the first pull stands half an hour after the newest record, so that some lie in the overlap.
    let now = tenant.newest() / 1_000_000 + 1800;
    let plan = Plan {
        late_since: Some((now - 7200) * 1_000_000),
        ..Plan::calm(now, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let at = |seconds: i64| {
        let mut command = pull.command(&["--only", "audit,sign_ins,sign_ins_noninteractive"]);
        command.env("SOURCE_DATE_EPOCH", seconds.to_string());
        told(command)
    };
    let first = at(now);
    assert_eq!(first.code, 0, "{}", first.stderr);
    pull.server.release();
    let second = at(now + 6 * 3600);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let logs = |w: &String| w.starts_with("audit_events") || w.starts_with("sign_ins");
    let wrong: Vec<_> = pull.amiss(now - RETENTION).into_iter().filter(logs).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn as_a_service_it_pulls_again_and_again_and_tells_machines_how_it_went() {
    let (tenant, _) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(now_of(&tenant), SCALE));
    let flags = ["--only", "users,groups", "--every", "1s", "--metrics-file", "pull.prom", "--log-format", "json"];
    let mut command = pull.command(&flags);
    let log = std::fs::File::create(pull.run.dir().join("log.jsonl")).expect("a file");
    let mut child = command.stdout(Stdio::null()).stderr(log).spawn().expect("the program starts");
    let listings = || pull.server.entries().iter().filter(|e| e.target.starts_with("/v1.0/users?") && e.last).count();
    wait_for(|| listings() > 2, &mut child);
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");

    let metrics = std::fs::read_to_string(pull.run.dir().join("pull.prom")).expect("counters");
    let value = |name: &str| -> f64 {
        let line = metrics.lines().find_map(|l| l.strip_prefix(&format!("vouchsafe_pull_{name} ")));
        line.unwrap_or_else(|| panic!("{name}: {metrics}")).parse().expect("a number")
    };
    assert!((value("exit_code"), value("requests_total")) >= (0.0, 4.0), "{metrics}");
    assert!(value("exit_code").abs() < f64::EPSILON, "{metrics}");
    for line in metrics.lines().filter(|l| !l.starts_with('#')) {
        let (_, number) = line.rsplit_once(' ').expect("a name and a number");
        assert!(number.parse::<f64>().is_ok(), "{line}");
    }
    let log = std::fs::read_to_string(pull.run.dir().join("log.jsonl")).expect("logs");
    let told: Vec<serde_json::Value> = log
        .lines()
        .filter(|l| l.starts_with('{'))
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect();
    let read = told.iter().filter(|l| l["message"] == "read" && l["unit"] == "users" && l["level"] == "INFO");
    assert!(read.count() >= 2, "each pull tells what it read: {log}");
    assert!(told.iter().any(|l| l["message"] == "until the next pull"), "{log}");
    // A pull that was killed in the middle of one leaves a lake that reads.
    let users = ids(&pull.lake(), Table::Users);
    assert_eq!(users.len(), tenant.collection("users").expect("users").len());
}

#[test]
fn the_bundle_says_what_was_pulled_and_its_numbers_tie() {
    let (tenant, _) = sixty();
    let plan = Plan {
        faults: vec![Fault::RepeatedPage, Fault::CutJson],
        per_mille: 200,
        page: 25,
        ..Plan::calm(now_of(&tenant), SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    let told = pull.tell(&["--only", "audit,users,members"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    pull.run.ok(&["bundle", "--lake", "lake", "--out", "bag"]);
    let ipe = pull.run.dir().join("bag/data/ipe");
    let rows = crate::truth::rows(&ipe.join("pulls.csv"));
    let asked: BTreeSet<&str> = rows.iter().map(|r| r["collection"].as_str()).collect();
    // A table that is named stands for all its collections.
    assert_eq!(asked, BTreeSet::from(["audit", "deleted_users", "groups", "members", "users"]));
    for row in &rows {
        let number = |name: &str| -> i64 { row[name].parse().unwrap_or_else(|e| panic!("{name} of {row:?}: {e}")) };
        assert_eq!(number("received"), number("stored") + number("duplicate") + number("rejected"), "{row:?}");
        assert!(number("requests") > 0 && number("units") == number("units_complete"), "{row:?}");
        assert_eq!(
            (row["ties"].as_str(), row["complete"].as_str(), row["api_version"].as_str()),
            ("yes", "yes", "v1.0")
        );
        assert!(row["permissions"].contains("User.Read.All"), "{row:?}");
        assert!(number("received") > 0 || row["collection"] == "deleted_users", "{row:?}");
    }
    let sheet = std::fs::read_to_string(ipe.join("ipe.md")).expect("a sheet");
    assert!(sheet.contains("## Pulled from Microsoft Graph") && sheet.contains("/v1.0/users |"), "{sheet}");
}

#[test]
fn raw_pages_are_kept_under_the_hash_that_sources_name() {
    use vouchsafe::lake::records::Source;
    let (tenant, _) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(NOW, SCALE));
    pull.complete(&[]);
    let told = pull.run.ok(&["lake", "verify", "--lake", "lake"]).stdout;
    let view = Lake::open(&pull.lake()).and_then(|l| l.view()).expect("a lake");
    let sources: Vec<Source> = view.rows().expect("sources");
    assert!(!sources.is_empty());
    // Listings of the same content are one file.
    let files: BTreeSet<&str> = sources.iter().map(|s| s.sha256.as_str()).collect();
    assert!(
        told.contains(&format!("{} files of raw pages have the hash", files.len())),
        "{} sources: {told}",
        sources.len()
    );
    let file = |s: &Source| pull.lake().join("_pages").join(format!("{}.ndjson.zst", s.sha256));
    let users = sources.iter().find(|s| s.path.contains("/users-")).expect("a listing of users");
    let text = zstd::stream::decode_all(std::fs::File::open(file(users)).expect("kept")).expect("packed");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("users") && text.lines().count() > 0, "pages, one a line");

    // What was changed is told; what is old goes, and not before.
    let dropped = pull
        .run
        .ok(&[
            "lake",
            "retain",
            "--lake",
            "lake",
            "--keep",
            "pages=36500",
            "--keep",
            "sign_ins=36500",
            "--keep",
            "review_decisions=36500",
        ])
        .stdout;
    assert!(dropped.contains("nothing was dropped"), "{dropped}");
    std::fs::write(file(users), b"something else").expect("written");
    let wrong = pull.run.tell(&["lake", "verify", "--lake", "lake"]);
    assert!(wrong.code == 3 && wrong.stderr.contains(&users.sha256), "{}", wrong.stderr);
    let later = (NOW + 500 * 86_400).to_string();
    let late = pull.run.tell_with(
        &[("SOURCE_DATE_EPOCH", later.as_str())],
        &[
            "lake",
            "retain",
            "--lake",
            "lake",
            "--keep",
            "sign_ins=36500",
            "--keep",
            "review_decisions=36500",
        ],
    );
    assert_eq!(late.code, 0, "{}", late.stderr);
    assert!(late.stdout.contains("files of raw pages"), "{}", late.stdout);
    assert_eq!(std::fs::read_dir(pull.lake().join("_pages")).expect("a folder").count(), 0);
}
