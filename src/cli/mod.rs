//! Everything typed or seen; the only place that prints.

pub mod args;
mod ask;
mod bench;
mod brief;
mod bundle;
mod campaign;
mod config;
mod connect;
mod dry_run;
pub mod evidence_args;
mod examples;
mod exceptions;
pub mod exit;
mod fetch;
mod history;
mod lake;
mod lake_days;
mod life;
mod open;
mod output;
mod own;
mod private;
mod proof;
mod pull;
mod pull_args;
mod pull_clock;
mod pull_metrics;
mod pull_way;
#[cfg(test)]
mod reference;
pub mod render_args;
mod retain;
mod review;
mod rows;
mod run;
pub mod select;
mod sql;
mod stages;
mod subject;
mod synth;
mod table;
pub mod take;
mod timeline;
mod timestamp;
mod verify;
mod watch;
mod what_if;
mod why;
pub mod workbench_args;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches};
use exit::{Exit, Failure};
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parses the command line, runs the command, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    run_words(std::env::args_os().collect())
}

/// The same for a command line that is given, the name of the program first.
#[must_use]
pub fn run_words(words: Vec<OsString>) -> ExitCode {
    let parsed = command().try_get_matches_from(&words).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            if e.kind() == clap::error::ErrorKind::MissingRequiredArgument {
                examples::hint(words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()));
            }
            return ExitCode::from(if e.use_stderr() { Exit::Usage as u8 } else { Exit::Done as u8 });
        }
    };
    output::set_quiet(cli.quiet);
    // A pull has logs of its own.
    if cli.verbose > 0 && !matches!(cli.command, Command::Pull(_)) {
        stages::show();
    }
    std::panic::set_hook(Box::new(|panic| output::error(&bug(panic))));
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| dispatch(&cli.command, cli.verbose)));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            output::error(&failure.message);
            failure.exit
        }
        // The hook has said it.
        Err(_) if WITHOUT_MEMORY.load(Ordering::Relaxed) => Exit::Io,
        Err(_) => Exit::Bug,
    };
    match output::lost() {
        // An answer that nobody got is none, whatever it was.
        Some(why) if matches!(exit, Exit::Done | Exit::Found | Exit::CannotTell) => {
            output::error(&format!("the result could not be printed: {why}; name a file with --output, or make room"));
            ExitCode::from(Exit::Io as u8)
        }
        _ => ExitCode::from(exit as u8),
    }
}

/// The command line as it is typed and documented: what is derived, with an example for each command.
#[must_use]
pub fn command() -> clap::Command {
    quiet_about_environment(examples::with_examples(Cli::command()))
}

/// Help names the variables that are read, and never their values: one of them leads to a key.
fn quiet_about_environment(command: clap::Command) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_string()).collect();
    let command = command.mut_args(|arg| arg.hide_env_values(true));
    names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, quiet_about_environment))
}

/// Whether a library gave up for want of memory, which is no bug.
static WITHOUT_MEMORY: AtomicBool = AtomicBool::new(false);

/// What is said of a bug: where it is, and what to do with it.
fn bug(panic: &std::panic::PanicHookInfo) -> String {
    let what = panic.payload_as_str().unwrap_or("no reason given");
    // The compressor panics where it is given no memory.
    if what.contains("zstd returned null pointer") {
        WITHOUT_MEMORY.store(true, Ordering::Relaxed);
        return "there is not enough memory for this command: give it more, or fewer files at once. What was committed before stays as it was".into();
    }
    let place = panic.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
    format!(
        "this is a bug in vouchsafe {}{place}: {what}; please report it with the command and, if you may, the input. What was committed before stays as it was",
        env!("CARGO_PKG_VERSION")
    )
}

fn dispatch(asked: &Command, verbose: u8) -> Result<Exit, Failure> {
    match asked {
        Command::Run(args) => run::run(args, open::now()?),
        Command::Ingest(args) => {
            if args.dry_run {
                take::dry_run(&args.take, open::now()?).map(|_| Exit::Done)
            } else {
                take::ingest(&args.take, &open::lake_dir(&args.lake), open::now()?).map(|_| Exit::Done)
            }
        }
        Command::Pull(args) => pull::run(args, verbose),
        Command::Holders(args) => ask::holders(args),
        Command::Holdings(args) => ask::holdings(args),
        Command::Brief(args) => brief::run(args),
        Command::Why(args) => why::run(args),
        Command::WhatIf(args) => what_if::run(args),
        Command::Timeline(args) => timeline::run(args),
        Command::Changes(args) => history::changes(args),
        Command::Diff(args) => history::diff(args),
        Command::WhereUsed(args) => history::where_used(args),
        Command::ApprovedBy(args) => history::approved_by(args),
        Command::WhereFrom(args) => history::where_from(args),
        Command::Sql(args) => sql::sql(args),
        Command::Ask(args) => sql::ask(args),
        Command::Check(args) => ask::check(args),
        Command::Explain(args) => ask::explain(args),
        Command::Config(command) => config::run(command),
        Command::Report(args) => run::report(args),
        Command::Campaign(command) => campaign::run(command),
        Command::Bundle(args) => bundle::bundle(args),
        Command::Verify(args) => verify::run(args, open::now()?),
        Command::Sample(args) => bundle::sample(args),
        Command::Lake(command) => lake::run(command),
        Command::Synth(args) => synth::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command(), "vouchsafe", &mut script);
            output::exactly(&String::from_utf8_lossy(&script));
            Ok(Exit::Done)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command()).render(&mut page).map_err(Failure::usage)?;
            output::exactly(&String::from_utf8_lossy(&page));
            Ok(Exit::Done)
        }
    }
}
