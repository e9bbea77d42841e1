//! Small tenants written by hand from the shapes of Microsoft's records: what the program must answer of each.
//!
//! `tests/tenants/README.md` says how one is written. `VOUCHSAFE_TENANT=pim` asks only those whose file begins so.

mod ask;
mod audit;
mod cast;
mod look;
mod notation;
mod shape;

use crate::common::{Run, vouchsafe};
use ask::Answer;
use notation::{File, Tenant};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Files without a date of their own are dated by this day, in the middle of July 2026.
const WRITTEN: Duration = Duration::from_secs(1_784_116_800);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tenants")
}

/// The tenants, by name.
fn files() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(folder())
        .expect("tests/tenants is there")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .map(|p| {
            let name = p.file_stem().expect("a name").to_string_lossy().to_string();
            (name, fs::read_to_string(&p).expect("text"))
        })
        .collect();
    found.sort();
    found
}

fn write(run: &Run, folder: &str, files: &[&File]) {
    for file in files {
        let name = format!("{folder}/{}", file.path);
        run.write(&name, &file.content);
        let handle = fs::File::options().write(true).open(run.dir().join(&name)).expect("just written");
        handle.set_modified(SystemTime::UNIX_EPOCH + WRITTEN).expect("a modification time");
    }
}

fn tell(run: &Run, args: &[String]) -> Answer {
    let output = vouchsafe(run.dir()).args(args).output().expect("the program starts");
    Answer {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).to_string(),
    }
}

fn command(words: &[&str], more: &[String]) -> Vec<String> {
    words.iter().map(|w| (*w).to_string()).chain(more.iter().cloned()).collect()
}

/// What is wrong with the program's answers about a tenant; empty when nothing is.
fn judge(tenant: &Tenant) -> Vec<String> {
    let run = Run::new();
    let mut wrong = take_in(&run, tenant);
    keep(&run, tenant);
    for question in &tenant.questions {
        let answer = ask(&run, question);
        let mut faults = question.judge(&answer);
        // What leads to something through groups is read in part once the ledger and the contents of packages are kept.
        if question.command.iter().any(|w| w == "--effective") {
            let again = ask(&run, question);
            if (again.exit, &again.stdout, &again.stderr) != (answer.exit, &answer.stdout, &answer.stderr) {
                faults.push(format!(
                    "from what is kept it says otherwise ({}): {}{}",
                    again.exit, again.stdout, again.stderr
                ));
            }
        }
        if !faults.is_empty() {
            let said = answer.stderr.trim().replace('\n', "\n      ");
            wrong.push(format!(
                "  {}\n    {}\n    said:\n      {said}",
                question.command.join(" "),
                faults.join("\n    ")
            ));
        }
    }
    wrong
}

fn ask(run: &Run, question: &ask::Question) -> Answer {
    let shaped = question.command.iter().any(|w| w == "--format");
    let how = command(
        if shaped {
            &["--lake", "lake"]
        } else {
            &["--format", "json", "--lake", "lake"]
        },
        &[],
    );
    tell(run, &[question.command.clone(), how].concat())
}

/// Writes and ingests what the tenant exported; what is wrong with that.
fn take_in(run: &Run, tenant: &Tenant) -> Vec<String> {
    let (mut wrong, mut left_out) = (Vec::new(), 0);
    for (folder, later) in [("exports", false), ("later", true)] {
        let files: Vec<&File> = tenant.files.iter().filter(|f| f.later == later).collect();
        if files.is_empty() {
            continue;
        }
        write(run, folder, &files);
        let told = tell(run, &command(&["ingest", folder, "--lake", "lake"], &tenant.flags));
        if told.exit != 0 {
            wrong.push(format!("  ingest ended with {}: {}", told.exit, told.stderr));
        }
        left_out += not_taken(&told.stderr);
    }
    // A shape that the program does not know would prove nothing: what is left out is what the tenant meant to be left out.
    if let Some(meant) = tenant.not_taken.filter(|n| *n != left_out) {
        wrong.push(format!("  {left_out} records were not taken, {meant} were meant to be"));
    }
    wrong
}

/// How many records an ingest did not take: `… + 1 rejected + 0 unrecognised`.
fn not_taken(told: &str) -> usize {
    let before = |word: &str| {
        let (number, _) = told.split_once(word)?;
        number.trim_end().rsplit(' ').next()?.parse::<usize>().ok()
    };
    before(" rejected").unwrap_or(0) + before(" unrecognised").unwrap_or(0)
}

/// Leaves the exports, the lake and the questions behind for a closer look, where a folder for that is named.
fn keep(run: &Run, tenant: &Tenant) {
    if let Some(folder) = std::env::var_os("VOUCHSAFE_KEEP_TENANTS") {
        let quoted = |w: &String| if w.contains(' ') { format!("'{w}'") } else { w.clone() };
        let line = |q: &ask::Question| format!("vouchsafe {}\n", q.command.iter().map(quoted).collect::<Vec<_>>().join(" "));
        run.write("questions.sh", &tenant.questions.iter().map(line).collect::<String>());
        crate::common::copy(run.dir(), &Path::new(&folder).join(&tenant.name));
    }
}

/// Writes what a tenant of the notation exported, into `exports/` and, what comes later, into `later/`; returns its objects.
///
/// For tests of commands that are no questions: story, rule and question need not be told.
pub fn written(run: &Run, text: &str) -> cast::Cast {
    let whole = format!("story s\nrule r\n{text}\nask holders\n  exit any\n");
    let tenant = notation::read("written", &whole).unwrap_or_else(|e| panic!("{e}\n{text}"));
    // What the logs cover is told with the last of them.
    let last = tenant.files.iter().any(|f| f.later);
    for (folder, later) in [("exports", false), ("later", true)] {
        let of = |f: &&File| if f.path == "coverage.toml" { later == last } else { f.later == later };
        let files: Vec<&File> = tenant.files.iter().filter(of).collect();
        write(run, folder, &files);
    }
    tenant.cast
}

#[test]
fn every_tenant_is_answered_right() {
    let wanted = std::env::var("VOUCHSAFE_TENANT").unwrap_or_default();
    let files: Vec<(String, String)> = files().into_iter().filter(|(name, _)| name.starts_with(&wanted)).collect();
    assert!(!files.is_empty(), "no tenant is called {wanted}…");
    let all = files.len();
    let wrong = each(files, |tenant| {
        let faults = judge(tenant);
        let head = format!("{}.txt\n  story: {}\n  rule: {}", tenant.name, tenant.story, tenant.rule);
        (!faults.is_empty()).then(|| format!("{head}\n{}", tenant.cast.name(&faults.join("\n"))))
    });
    assert!(
        wrong.is_empty(),
        "{}\n\n{} of {all} tenants are answered wrongly",
        wrong.join("\n\n"),
        wrong.len()
    );
}

/// Reads each tenant and does something with it, several at a time; what came of it, in the order of their names.
fn each(files: Vec<(String, String)>, work: impl Fn(&Tenant) -> Option<String> + Sync) -> Vec<String> {
    let (queue, found) = (Mutex::new(VecDeque::from(files)), Mutex::new(Vec::new()));
    let next = || queue.lock().expect("no test panics with it").pop_front();
    let worker = || {
        while let Some((name, text)) = next() {
            let report = match notation::read(&name, &text) {
                Err(error) => Some(format!("{name}.txt: {error}")),
                Ok(tenant) => work(&tenant),
            };
            found.lock().expect("no test panics with it").extend(report);
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    let mut found = found.into_inner().expect("no test panics with it");
    found.sort();
    found
}

/// The rows of an answer, in an order of their own.
fn rows(answer: &Answer) -> Vec<String> {
    let told: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
    let rows = told.as_array().or_else(|| told["rows"].as_array()).cloned().unwrap_or_default();
    let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}

/// Ingests what comes later first, or else every other file: which questions the program answers in another way than usually.
fn other_order(tenant: &Tenant) -> Vec<String> {
    let (usual, other) = (Run::new(), Run::new());
    take_in(&usual, tenant);
    let late = tenant.files.iter().any(|f| f.later);
    for first in [true, false] {
        let taken = |(i, file): &(usize, &File)| match late {
            true => file.later == first,
            false => (i % 2 == 1) == first || file.path == "coverage.toml",
        };
        let files: Vec<&File> = tenant.files.iter().enumerate().filter(taken).map(|(_, f)| f).collect();
        let folder = if first { "exports/one" } else { "exports/two" };
        write(&other, folder, &files);
        tell(&other, &command(&["ingest", folder, "--lake", "lake"], &tenant.flags));
    }
    let differs = |q: &&ask::Question| {
        let (first, second) = (ask(&usual, q), ask(&other, q));
        first.exit != second.exit || rows(&first) != rows(&second)
    };
    // Where a record came from is another file here.
    let of_files = ["where-from", "timeline", "changes"];
    let of_content = |q: &&ask::Question| !q.command.iter().any(|w| of_files.contains(&w.as_str()));
    tenant
        .questions
        .iter()
        .filter(of_content)
        .filter(differs)
        .map(|q| format!("  {}", q.command.join(" ")))
        .collect()
}

#[test]
fn the_order_of_files_changes_no_answer() {
    let files = files()
        .into_iter()
        .enumerate()
        .filter(|(i, (name, _))| i % 12 == 0 || name.starts_with("disorder"));
    let files: Vec<(String, String)> = files.map(|(_, file)| file).collect();
    let wrong = each(files, |tenant| {
        let faults = other_order(tenant);
        (!faults.is_empty()).then(|| format!("{}.txt\n{}", tenant.name, tenant.cast.name(&faults.join("\n"))))
    });
    assert!(wrong.is_empty(), "answers that depend on the order of files:\n{}", wrong.join("\n"));
}

#[test]
fn a_line_that_says_nothing_is_refused() {
    let tenant = |line: &str| notation::read("x", &format!("story s\nrule r\ngroup Finance\n{line}\nask holders\n  exit 1\n")).err();
    assert_eq!(tenant("look 2026-01-01\n  users"), None);
    for line in [
        "groop Finance",
        "audit | coverz 2026-01-01 .. 2026-02-01",
        "audit\n  2026-02-01 10:00 | Add member to group | admin | alice -> Finanz",
        "audit\n  2026-02-01 10:00 | Add member to group | admin | alice -> Finance | maybe",
        "audit\n  1 February | Add member to group | admin | alice -> Finance",
        "look 2026-01-01\n  membors of Finance: alice",
        "look 2026-01-01\n  members of Finance | unfinished",
        "ask holders\n  exit 0\n  alice | mostly",
        "ask holders\n  alice",
    ] {
        let told = tenant(line).unwrap_or_else(|| panic!("taken: {line}"));
        assert!(told.starts_with("line "), "{told}");
    }
}
