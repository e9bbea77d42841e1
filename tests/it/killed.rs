//! A command that dies at a step of its write: this very test binary is started again, arms the step and runs the command.
//!
//! The program itself has no such steps, so that nothing in its environment can end it.

use crate::common::Run;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};
use vouchsafe::lake::failpoint::{Step, die_at};

const STEP: &str = "TEST_STEP";
const WORDS: &str = "TEST_WORDS";
/// Stands between two words of a command line, and in none.
const BETWEEN: &str = "\u{1f}";

/// Runs a command at a time, in seconds since 1970, and sees it die at the step.
pub fn killed(dir: &Path, time: &str, step: Step, args: &[&str]) {
    let output = started(dir, time, step, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(died(&output), "{step}: {args:?} was to die of this step\n{stderr}");
}

/// The same where the command may be refused before it comes to the step: whether it died there.
pub fn dies(dir: &Path, time: &str, step: Step, args: &[&str]) -> bool {
    died(&started(dir, time, step, args))
}

fn started(dir: &Path, time: &str, step: Step, args: &[&str]) -> Output {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "killed::the_command_of_another_test", "--ignored", "--nocapture"])
        .current_dir(dir)
        .env("SOURCE_DATE_EPOCH", time)
        .env("USER", "operator")
        .env_remove("VOUCHSAFE_LAKE")
        .env(STEP, step.to_string())
        .env(WORDS, args.join(BETWEEN))
        .output()
        .expect("this binary starts")
}

fn died(output: &Output) -> bool {
    if output.status.success() || String::from_utf8_lossy(&output.stderr).contains("it did not die") {
        return false;
    }
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&output.status) != Some(6) {
        return false;
    }
    true
}

/// What [`killed`] starts; by itself it has nothing to do.
#[test]
#[ignore = "started by the tests that see a command die"]
fn the_command_of_another_test() {
    let (Some(step), Some(words)) = (std::env::var_os(STEP), std::env::var_os(WORDS)) else {
        return;
    };
    let step = Step::ALL.into_iter().find(|s| s.to_string() == step.to_string_lossy()).expect("a step");
    let words = words.into_string().expect("text");
    let words = std::iter::once("vouchsafe").chain(words.split(BETWEEN)).map(OsString::from).collect();
    die_at(step);
    // As large a stack as the program gives its commands.
    let command = std::thread::Builder::new().stack_size(8 << 20).spawn(|| vouchsafe::cli::run_words(words));
    let ended = command.expect("a thread").join();
    panic!("it did not die: {ended:?}");
}

#[test]
fn nothing_in_its_environment_makes_the_program_die() {
    let run = Run::new();
    for (n, step) in (0..).zip(Step::ALL) {
        run.write("in.ndjson", &crate::lake_log::event(n));
        let step = step.to_string();
        let names = [STEP, "VOUCHSAFE_CRASH_AT", "VOUCHSAFE_FAILPOINT", "FAILPOINTS"].map(|name| (name, step.as_str()));
        let told = run.tell_with(&names, &["ingest", "in.ndjson", "--lake", "lake"]);
        assert_eq!(told.code, 0, "{step}: {}", told.stderr);
    }
    assert!(run.ok(&["lake", "verify", "--lake", "lake"]).stdout.contains("9 commits"));
}
