//! Campaign steps and a pull where the shell leaves 256 KiB of stack: commands bring their own.

use crate::campaign::{OPENING, fill, reviewers, sample, status};
use crate::common::{Run, vouchsafe};
use crate::graph::{NOW, sixty};
use crate::graph_server::Plan;
use crate::pull::{Pull, SCALE};
use std::process::Command;

/// The same command under a shell that limits the stack.
fn limited(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -s 256 && exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        shell.current_dir(dir);
    }
    shell
}

/// Runs a step on a day after the opening, which ends with one of these codes; what it printed.
fn step(run: &Run, day: i64, codes: &[i32], args: &[&str]) -> String {
    let mut command = vouchsafe(run.dir());
    command
        .args(args)
        .env("SOURCE_DATE_EPOCH", (OPENING + day * 86_400).to_string())
        .env("USER", "operator");
    let output = limited(&command).output().expect("the program starts");
    let code = output.status.code().unwrap_or(-1);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(codes.contains(&code), "{args:?} ended with {code}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_campaign_from_open_to_bundle_needs_no_stack_of_the_shell() {
    let run = Run::new();
    step(&run, 0, &[0], &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write(
        "campaign.toml",
        "name = \"Stack\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\"]\n",
    );
    let id = step(&run, 0, &[0], &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let id = id.trim();
    let key = reviewers(&status(&run, 0, id)).into_iter().find(|k| k.contains("hanna")).expect("the reviewer");
    let file = fill(&run, id, &key, |n, _| if n == 0 { ("revoke", "left the ward") } else { ("keep", "") });
    let book = format!("out/{id}/{key}/review.xlsx");
    step(&run, 1, &[0, 3], &["campaign", "import", &book, "--as", &key, "--lake", "lake"]);
    step(&run, 1, &[0], &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
    step(&run, 2, &[0], &["campaign", "status", id, "--lake", "lake", "--page", "page.html"]);
    step(&run, 13, &[0], &["campaign", "remind", id, "--lake", "lake"]);
    step(&run, 20, &[0], &["campaign", "close", id, "--lake", "lake"]);
    step(&run, 21, &[0, 1, 5], &["campaign", "verify", id, "--lake", "lake"]);
    step(&run, 22, &[0, 1], &["campaign", "exceptions", "--lake", "lake"]);
    step(&run, 23, &[0], &["bundle", "--lake", "lake", "--out", "bundle", "--campaign", id]);
    step(&run, 23, &[0], &["verify", "bundle", "--lake", "lake"]);
}

#[test]
fn a_pull_needs_no_stack_of_the_shell() {
    let (tenant, _) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(NOW, SCALE));
    let output = limited(&pull.command(&["--since", "2024-12-31"])).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(pull.amiss(0), Vec::<String>::new());
}
