//! Many pulls with faults drawn by seed, one of a large tenant, and one at the true pace.
//!
//! A few runs belong to every test; the long ones are asked for by name (benches/README.md), and write what they measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vouchsafe::lake::Lake;
use vouchsafe::lake::records::Coverage;
use vouchsafe::synth::{SynthConfig, generate};

use crate::common::Told;
use crate::graph_server::{Fault, Plan, Tenant, number};
use crate::pull::{Pull, RETENTION, SCALE, now_of};
use crate::truth::{differences, held};

fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// A tenant of so many people with half a year of history; a folder of `VOUCHSAFE_TENANT` serves as it is.
fn tenant(users: u64) -> (Arc<Tenant>, PathBuf, Option<tempfile::TempDir>) {
    if let Some(dir) = std::env::var_os("VOUCHSAFE_TENANT").map(PathBuf::from) {
        return (Arc::new(Tenant::open(&dir.join("export"))), dir, None);
    }
    let dir = tempfile::tempdir().expect("a folder");
    let config = SynthConfig {
        users: u32::try_from(users).expect("not so many people"),
        months: 6,
        ..SynthConfig::default()
    };
    generate(&config, dir.path()).expect("a tenant is written");
    (Arc::new(Tenant::open(&dir.path().join("export"))), dir.path().to_path_buf(), Some(dir))
}

/// Everything that hangs on the seed of a run.
fn plan(seed: u64, now: i64) -> Plan {
    let draw = |name: &str, below: u64| number(seed, name, 0) % below;
    let mut faults = Fault::ALL.to_vec();
    // Every third run has all kinds of faults, the others some.
    if !seed.is_multiple_of(3) {
        faults.retain(|f| number(seed, &format!("{f:?}"), 0).is_multiple_of(2));
    }
    Plan {
        seed,
        faults,
        per_mille: 5 + draw("per mille", 60),
        page: [25, 100, 400, usize::MAX][usize::try_from(draw("page", 4)).unwrap_or(0)],
        disorder: draw("disorder", 3) > 0,
        token_uses: (draw("uses", 2) == 0).then_some(150 + draw("how many", 400)),
        hidden: (draw("hidden", 2) == 0).then_some(20 + u32::try_from(draw("limit", 40)).unwrap_or(0)),
        ..Plan::calm(now, SCALE)
    }
}

/// What a run is judged by: exit 0 and the truth, or exit 5 and a gap that is named on stderr and in the lake.
fn judged(pull: &Pull, told: &Told, since: i64) -> Result<bool, String> {
    match told.code {
        0 => {
            let wrong = pull.amiss(since);
            if wrong.is_empty() {
                Ok(true)
            } else {
                Err(format!("complete, and {} records are amiss: {:?}", wrong.len(), &wrong[..wrong.len().min(5)]))
            }
        }
        5 => {
            let view = Lake::open(&pull.lake()).and_then(|l| l.view()).map_err(|e| e.to_string())?;
            let rows: Vec<Coverage> = view.rows().map_err(|e| e.to_string())?;
            let kept = rows.iter().filter(|c| c.basis == "gap").count();
            let named = told.stderr.lines().filter(|l| l.starts_with("gap: ")).count();
            if named > 0 && kept > 0 {
                Ok(false)
            } else {
                Err(format!("exit 5 with {named} gaps named and {kept} kept"))
            }
        }
        // The token was refused for good before anything came: nothing usable, and said so.
        4 if told.stderr.contains("error: ") => Ok(false),
        code => Err(format!("exit {code}: {}", told.stderr)),
    }
}

#[test]
fn randomised_pulls_end_with_the_truth_or_a_named_gap() {
    let (runs, users) = (asked("VOUCHSAFE_PULL_RUNS", 2), asked("VOUCHSAFE_PULL_USERS", 60));
    let (tenant, dir, _keep) = tenant(users);
    let people = tenant.collection("users").map_or(0, <[_]>::len);
    let now = now_of(&tenant);
    // Half a year of logs, so that the ledger must equal the truth to the microsecond.
    let since = ["--since", "2024-12-31"];
    let (mut told, mut wrong) = (BTreeMap::<&str, u64>::new(), Vec::new());
    let began = Instant::now();
    for seed in 1..=runs {
        let plan = plan(seed, now);
        let pull = Pull::new(&tenant, plan.clone());
        let first = pull.tell(&since);
        let verdict = judged(&pull, &first, 0);
        pull.polite();
        *told.entry("requests").or_default() += pull.server.entries().len() as u64;
        *told.entry("faults").or_default() += pull.server.faults();
        match verdict {
            Ok(true) => {
                *told.entry("complete at once").or_default() += 1;
                wrong.extend(
                    differences(&dir, &held(&pull.run, "lake"))
                        .into_iter()
                        .take(5)
                        .map(|d| format!("seed {seed}: {d}")),
                );
            }
            Ok(false) => {
                *told.entry("ended with a named gap").or_default() += 1;
                // The next pull, when the service is well again, closes the gap.
                let calm = pull.again(Plan {
                    seed,
                    ..Plan::calm(now, SCALE)
                });
                let second = calm.tell(&since);
                match judged(&calm, &second, 0) {
                    Ok(true) => {
                        *told.entry("closed by the next pull").or_default() += 1;
                        wrong.extend(
                            differences(&dir, &held(&calm.run, "lake"))
                                .into_iter()
                                .take(5)
                                .map(|d| format!("seed {seed} again: {d}")),
                        );
                    }
                    Ok(false) => wrong.push(format!("seed {seed}: the gap stayed: {}", second.stderr)),
                    Err(why) => wrong.push(format!("seed {seed} again: {why}")),
                }
            }
            Err(why) => wrong.push(format!("seed {seed}: {why}\n{plan:?}")),
        }
    }
    let mut report = format!("runs {runs}, {people} people, {} s\n", began.elapsed().as_secs());
    told.iter().for_each(|(what, n)| {
        let _ = writeln!(report, "{what} {n}");
    });
    let _ = writeln!(report, "differences {}", wrong.len());
    wrong.iter().take(50).for_each(|w| {
        let _ = writeln!(report, "{w}");
    });
    save("pull-random", &report);
    assert!(wrong.is_empty(), "{report}");
    assert!(told["faults"] > 0, "nothing went wrong");
}

/// Pulls thirty days at a pace, and compares the time with what the limits impose.
fn timed(users: u64, scale: u32) -> (String, f64) {
    let (tenant, _dir, _keep) = tenant(users);
    let now = now_of(&tenant);
    let pull = Pull::new(&tenant, Plan::calm(now, scale));
    let began = Instant::now();
    let mut child = pull
        .command(&[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak = 0;
    let code = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status.code();
        }
        peak = peak.max(memory(child.id()));
        std::thread::sleep(Duration::from_millis(200));
    };
    let took = began.elapsed().as_secs_f64();
    let imposed = pull.server.imposed();
    pull.polite();
    let wrong = pull.amiss(now - RETENTION);
    let mut report = format!("people {users}, pace-scale {scale}, exit {code:?}\n");
    let _ = writeln!(report, "seconds {took:.1}, imposed by the limits {imposed:.1}, ratio {:.3}", took / imposed);
    let _ = writeln!(report, "largest memory {} MB", peak / 1024);
    for (group, seen) in pull.server.seen() {
        let _ = writeln!(
            report,
            "{group:?}: {} requests, {} units, worst window {} of {:?}, refused {}",
            seen.requests, seen.units, seen.worst, seen.allowed, seen.refused
        );
    }
    let _ = writeln!(report, "records amiss {}", wrong.len());
    assert_eq!(code, Some(0), "{report}");
    assert!(wrong.is_empty(), "{report}{:?}", &wrong[..wrong.len().min(5)]);
    (report, took / imposed)
}

/// Resident memory of a process at its peak, in KB.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
#[ignore = "takes as long as the limits impose: about half an hour for 100,000 people at the true pace"]
fn a_large_tenant_takes_hardly_longer_than_the_limits_impose() {
    let scale = u32::try_from(asked("VOUCHSAFE_PULL_SCALE", 1)).expect("a scale");
    let (report, ratio) = timed(asked("VOUCHSAFE_PULL_USERS", 100_000), scale);
    save("pull-full", &report);
    assert!(ratio <= 1.2, "{report}");
}

#[test]
#[ignore = "takes six minutes: the true pace"]
fn the_scaled_clock_is_fair() {
    let users = asked("VOUCHSAFE_PULL_USERS", 60);
    let (scaled, fast) = timed(users, 10);
    let (unscaled, slow) = timed(users, 1);
    save("pull-unscaled", &format!("{unscaled}\n{scaled}"));
    assert!(slow <= 1.2 && (fast - slow).abs() < 0.2, "{unscaled}\n{scaled}");
}

/// Keeps a result where `VOUCHSAFE_RESULTS` says, with machine and date.
fn save(name: &str, report: &str) {
    let Some(folder) = std::env::var_os("VOUCHSAFE_RESULTS") else { return };
    let date = std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]).output().expect("a date");
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = format!("date {date}\nmachine {}, {cores} cores\n{report}", std::env::consts::ARCH);
    std::fs::write(Path::new(&folder).join(format!("{date}-{name}.txt")), text).expect("the result is written");
}
