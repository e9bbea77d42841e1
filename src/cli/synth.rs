//! `synth`: an invented tenant and its truth.

use crate::cli::args::SynthArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::synth::{Switches, SynthConfig, generate, sign_ins};

/// Writes the tenant.
pub fn run(args: &SynthArgs) -> Result<Exit, Failure> {
    let occupied = std::fs::read_dir(&args.out).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Failure::usage(format!("{} is not empty; name a new folder with --out DIR", args.out.display())));
    }
    let switches = Switches {
        duplicates: args.duplicates,
        disorder: args.disorder,
        missing_pages: args.missing_pages,
        malformed: args.malformed,
        short_retention: args.short_retention,
        clock_skew: args.clock_skew,
        planted: !args.unplanted,
    };
    let config = SynthConfig {
        users: args.users,
        seed: args.seed,
        months: args.months,
        switches,
        ..SynthConfig::default()
    };
    if let Some(many) = args.sign_ins {
        sign_ins::generate(&config, many, &args.out)?;
        output::say(&format!("{many} sign-ins of {} people are in the lake {}", args.users, args.out.display()));
        return Ok(Exit::Done);
    }
    let summary = generate(&config, &args.out).map_err(Failure::usage)?;
    let planted: usize = summary.planted.values().sum();
    output::say(&format!(
        "{} files, {} bytes: {} audit events, {} assignments, {} requests; truth: {} holdings, {planted} planted findings",
        summary.files, summary.bytes, summary.events, summary.assignments, summary.requests, summary.holdings
    ));
    output::say(&format!("next: vouchsafe run {}/export", args.out.display()));
    Ok(Exit::Done)
}
