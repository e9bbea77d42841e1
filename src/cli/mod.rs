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
mod exceptions;
pub mod exit;
mod history;
mod lake;
mod life;
mod open;
mod output;
mod private;
mod proof;
mod pull;
mod pull_args;
mod pull_clock;
mod pull_metrics;
mod pull_way;
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
pub mod take;
mod timeline;
mod verify;
mod watch;
mod why;
pub mod workbench_args;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use exit::{Exit, Failure};
use std::process::ExitCode;

/// Parses the command line, runs the command, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { Exit::Usage as u8 } else { Exit::Done as u8 });
        }
    };
    output::set_quiet(cli.quiet);
    // A pull has logs of its own.
    if cli.verbose > 0 && !matches!(cli.command, Command::Pull(_)) {
        stages::show();
    }
    match dispatch(&cli.command, cli.verbose) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            output::error(&failure.message);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(command: &Command, verbose: u8) -> Result<Exit, Failure> {
    let crash_at = std::env::var("VOUCHSAFE_CRASH_AT").ok();
    match command {
        Command::Run(args) => run::run(args, open::now()?, crash_at.as_deref()),
        Command::Ingest(args) => {
            if args.dry_run {
                take::dry_run(&args.take, open::now()?).map(|_| Exit::Done)
            } else {
                take::ingest(&args.take, &open::lake_dir(&args.lake), open::now()?, crash_at.as_deref()).map(|_| Exit::Done)
            }
        }
        Command::Pull(args) => pull::run(args, verbose, crash_at.as_deref()),
        Command::Holders(args) => ask::holders(args),
        Command::Holdings(args) => ask::holdings(args),
        Command::Brief(args) => brief::run(args),
        Command::Why(args) => why::run(args),
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
        Command::Campaign(command) => campaign::run(command, crash_at.as_deref()),
        Command::Bundle(args) => bundle::bundle(args),
        Command::Verify(args) => verify::run(args, open::now()?),
        Command::Sample(args) => bundle::sample(args),
        Command::Lake(command) => lake::run(command),
        Command::Synth(args) => synth::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "vouchsafe", &mut script);
            output::print(&String::from_utf8_lossy(&script));
            Ok(Exit::Done)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Failure::usage)?;
            output::print(&String::from_utf8_lossy(&page));
            Ok(Exit::Done)
        }
    }
}
