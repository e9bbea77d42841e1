//! Checks of one's own at the command line: their folder, their cases, and a watch over what their statements cost.

use crate::check::own::{self, OwnCheck};
use crate::check::{self, Check};
use crate::cli::args::{CheckArgs, Cli, Command, LakeArg};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output, take};
use crate::config::{CheckLimits, Config};
use crate::lake::store::create_private_dirs;
use clap::Parser;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reads the folder that a configuration names, and has its statements watched from now on.
pub fn folder(config: &Config) -> Result<Vec<(PathBuf, String)>, Failure> {
    let Some(folder) = &config.checks else { return Ok(Vec::new()) };
    watch(config.check_limits);
    own::folder(folder).map_err(Failure::usage)
}

/// Ends the program when a statement takes longer or needs more memory than it may: a wrong statement is a wrong configuration.
fn watch(CheckLimits { seconds, mebibytes }: CheckLimits) {
    static WATCHED: std::sync::Once = std::sync::Once::new();
    WATCHED.call_once(|| {
        std::thread::spawn(move || {
            let mut seen: Option<(u64, std::time::Instant, u64)> = None;
            loop {
                std::thread::sleep(Duration::from_millis(20));
                let Some((id, number)) = own::now_running() else {
                    seen = None;
                    continue;
                };
                let (_, since, before) = match seen {
                    Some(run) if run.0 == number => run,
                    _ => *seen.insert((number, std::time::Instant::now(), resident())),
                };
                let over = if since.elapsed() > Duration::from_secs(seconds) {
                    format!("took longer than {seconds} s")
                } else if resident().saturating_sub(before) > mebibytes << 20 {
                    format!("needed more memory than {mebibytes} MiB")
                } else {
                    continue;
                };
                output::error(&format!(
                    "the statement of the check {id} {over}; ask for less, or raise check_limits in the configuration"
                ));
                std::process::exit(Exit::Usage as i32);
            }
        });
    });
}

/// Bytes of memory in use; 0 where the system does not tell.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = text.split_whitespace().nth(1).and_then(|p| p.parse().ok());
    pages.map_or(0, |p| p * 4096)
}

/// Runs the cases of checks of one's own: each is a folder of exports, with what is expected of it in `NAME.expected.csv` beside.
pub fn cases(args: &CheckArgs) -> Result<Exit, Failure> {
    let config = open::configuration(&args.question)?;
    let wanted = |c: &&Check| args.ids.is_empty() || args.ids.iter().any(|id| id.eq_ignore_ascii_case(c.id.as_str()));
    let checks: Vec<&'static Check> = own::catalogue(&config).into_iter().filter(|c| c.own.is_some() && wanted(c)).collect();
    if checks.is_empty() {
        return Err(Failure::usage(
            "no check of your own has that id; the configuration names their folder: checks = \"DIR\"",
        ));
    }
    let mut wrong = 0;
    for check in checks {
        let Some(own) = check.own else { continue };
        let told = of_check(check, own, args)?;
        wrong += told.len();
        for line in told {
            output::line(&format!("{}: {line}", check.id));
        }
    }
    Ok(if wrong == 0 { Exit::Done } else { Exit::Found })
}

/// What is wrong with the cases of a check.
fn of_check(check: &'static Check, own: &OwnCheck, args: &CheckArgs) -> Result<Vec<String>, Failure> {
    let mut wrong = Vec::new();
    let cases = own.fixtures.as_deref().map(cases_in).transpose()?.unwrap_or_default();
    let (mut found, mut silent) = (0, 0);
    for (number, (case, expected)) in cases.iter().enumerate() {
        let lake = std::env::temp_dir().join(format!("vouchsafe-case-{}-{}-{number}", std::process::id(), check.id));
        let told = answered(check, case, &lake, args);
        let _ = std::fs::remove_dir_all(&lake);
        let (told, expected) = (told?, rows(expected)?);
        let fires = expected.keys().any(|k| k[0] == "finding");
        (found, silent) = (found + u32::from(fires), silent + u32::from(!fires));
        let missed = expected.iter().filter(|(k, n)| told.get(*k) != Some(n));
        wrong.extend(missed.map(|(k, n)| format!("{}: expected {n} of {} and got {}", case.display(), k.join(" "), told.get(k).unwrap_or(&0))));
        let more = told.iter().filter(|(k, _)| !expected.contains_key(*k));
        wrong.extend(more.map(|(k, n)| format!("{}: got {n} of {}, which nobody expects", case.display(), k.join(" "))));
    }
    if found == 0 {
        wrong.push("no case shows what it finds".into());
    }
    if silent == 0 {
        wrong.push("no case shows a near miss, of which it finds nothing".into());
    }
    output::say(&format!("{}: {} cases, {} wrong", check.id, cases.len(), wrong.len()));
    Ok(wrong)
}

/// Folders with a file of what is expected beside them.
fn cases_in(dir: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let read = std::fs::read_dir(dir).map_err(|e| Failure::usage(format!("cannot read the cases in {}: {e}", dir.display())))?;
    let mut folders: Vec<PathBuf> = read.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    let pair = |folder: PathBuf| {
        let mut name = folder.file_name().unwrap_or_default().to_os_string();
        name.push(".expected.csv");
        let expected = folder.with_file_name(name);
        if expected.is_file() {
            Ok((folder, expected))
        } else {
            Err(Failure::usage(format!(
                "{} is missing: result, subject_id and object_id of each row",
                expected.display()
            )))
        }
    };
    folders.into_iter().map(pair).collect()
}

/// Result, subject and object of rows, counted.
type Counted = BTreeMap<[String; 3], usize>;

fn rows(path: &Path) -> Result<Counted, Failure> {
    let failed = |e: csv::Error| Failure::usage(format!("{}: {e}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let mut all = Counted::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.map_err(failed)?;
        let cell = |name: &str| row.get(name).map(|c| c.trim().to_lowercase()).unwrap_or_default();
        *all.entry(["result", "subject_id", "object_id"].map(cell)).or_default() += 1;
    }
    Ok(all)
}

fn answered(check: &'static Check, case: &Path, lake: &Path, args: &CheckArgs) -> Result<Counted, Failure> {
    create_private_dirs(lake)?;
    let (case, dir) = (case.to_string_lossy(), lake.to_string_lossy());
    let typed = ["vouchsafe", "ingest", &case, "--lake", &dir, "--complete"];
    let cli = Cli::try_parse_from(typed).map_err(Failure::usage)?;
    if let Command::Ingest(ingest) = &cli.command {
        take::ingest(&ingest.take, lake, open::now()?)?;
    }
    let of_case = LakeArg {
        lake: Some(lake.to_path_buf()),
    };
    let question = open::question(&of_case, &args.question)?;
    let results = check::run(&question.access, &question.config, Some(&[check.id]));
    let mut all = Counted::new();
    for f in results.iter().flat_map(|r| &r.findings).filter(|f| f.subject_kind != "tenant") {
        let key = [f.result.to_string(), f.subject_id.to_lowercase(), f.object_id.to_lowercase()];
        *all.entry(key).or_default() += 1;
    }
    Ok(all)
}
