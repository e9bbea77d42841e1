//! `docs/cli.md` and `docs/configuration.md`: rendered from the command line and the configuration, and kept current by tests.

use crate::check::{self, profiles::PROFILES};
use crate::config;
use clap::Command;
use std::fmt::Write;
use std::path::Path;

const NOTE: &str = "<!-- Rendered by src/cli/reference.rs; run its tests with VOUCHSAFE_BLESS=1 to write it anew. -->\n";

/// Sections of `vouchsafe.toml` whose keys the loader knows; the first is the file itself.
const SECTIONS: [&str; 4] = ["", "packages", "admin_accounts", "services"];

/// The help of every command, as a person sees it.
fn cli() -> String {
    let mut out = format!(
        "{NOTE}\n# Command line\n\nWhat `--help` prints, for every command.\nTimes are RFC 3339 in UTC; a date without a time means the whole day.\nResults go to standard output, everything else to standard error.\n"
    );
    let mut command = crate::cli::command().term_width(100);
    command.build();
    part(&mut out, &mut command, 2);
    out
}

fn part(out: &mut String, command: &mut Command, level: usize) {
    let name = command.get_bin_name().unwrap_or("vouchsafe").to_string();
    let help = command.clone().term_width(100).render_help().to_string();
    let help: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(out, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level.min(4)), help.join("\n"));
    for inner in command.get_subcommands_mut().filter(|c| c.get_name() != "help" && !c.is_hide_set()) {
        part(out, inner, level + 1);
    }
}

/// Keys, thresholds and profiles.
fn configuration() -> String {
    let mut out = format!(
        "{NOTE}\n# Configuration\n\n`vouchsafe.toml` in the current folder is read when it exists; `--config FILE` names another.\nEvery mistake in it is reported at once, with its place; an unknown key is a mistake.\nWithout a file, every value has its default.\n"
    );
    let _ = write!(
        out,
        "`vouchsafe config show --origin` prints what is in force and where it comes from.\n\n## Every setting\n\nWhat `vouchsafe config init` prints.\n\n```toml\n{}\n```\n",
        check::template().trim_end()
    );
    out.push_str("\n## Thresholds\n\nThe report prints each value in force and its source.\n\n| name | default | unit | source of the default | decides | checks |\n|---|---|---|---|---|---|\n");
    for t in check::thresholds() {
        let checks: Vec<&str> = check::all().iter().filter(|c| c.thresholds.contains(&t)).map(|c| c.id.as_str()).collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} |",
            t.name,
            t.default,
            t.unit,
            t.origin,
            t.help,
            checks.join(", ")
        );
    }
    out.push_str("\n## Profiles\n\nA profile sets some thresholds; those of the file go before it.\n");
    for profile in PROFILES {
        let _ = writeln!(out, "\n### {}\n\n{}", profile.name, profile.about);
        if !profile.values.is_empty() {
            out.push_str("\n| threshold | value | source |\n|---|---|---|\n");
        }
        for (name, value, origin) in profile.values {
            let _ = writeln!(out, "| `{name}` | {value} | {origin} |");
        }
    }
    out
}

fn kept_current(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write(&path, text).expect("docs can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/{file} is not current: look at the difference after VOUCHSAFE_BLESS=1 cargo test --locked --lib reference"
    );
}

#[test]
fn the_reference_of_the_command_line_is_current() {
    kept_current("cli.md", &cli());
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    kept_current("configuration.md", &configuration());
}

/// What the loader says that it expects in a section.
fn expected(section: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchsafe.toml");
    let head = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    std::fs::write(&path, format!("{head}not_a_key = 1\n")).expect("a file");
    let told = config::load(&path, &[], &[]).expect_err("an unknown key is a mistake").to_string();
    let (_, list) = told.split_once("expected ").unwrap_or_else(|| panic!("the loader names its keys: {told}"));
    list.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

#[test]
fn every_key_of_the_configuration_is_in_the_template() {
    let template = check::template();
    for section in SECTIONS {
        for key in expected(section) {
            let set = |line: &str| line.trim_start_matches(['#', ' ', '[']).starts_with(&key);
            assert!(
                template.lines().any(set),
                "key '{key}' of section [{section}] is not in what 'vouchsafe config init' prints"
            );
        }
    }
}
