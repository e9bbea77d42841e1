//! `pull`: from Microsoft Graph into the lake, and what is missing told.

use crate::check;
use crate::cli::exit::{Exit, Failure};
use crate::cli::pull_args::{CloudArg, LogFormat, PlaceArgs, PullArgs};
use crate::cli::pull_clock::Wall;
use crate::cli::pull_metrics::{self, Ended};
use crate::cli::pull_way::way;
use crate::cli::{open, output, private, select, take, watch};
use crate::graph::token::Tokens;
use crate::graph::{self, Client, Cloud, Endpoints, GraphError, Http, Origin};
use crate::ingest::{IngestOptions, Limits, Progress};
use crate::lake::{Lake, Notary, compact};
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::pull::{self, Known, Lock, Order, PullError, Spool, Stored};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Longest time for one answer: the service itself gives up after five minutes.
const PATIENCE: Duration = Duration::from_secs(310);

/// Pulls once, or again and again.
pub fn run(args: &PullArgs, verbose: u8) -> Result<Exit, Failure> {
    logs(args.log_format, verbose);
    let every = args.every.as_deref().map(duration).transpose()?;
    let client = Arc::new(client(args)?);
    let order = order(args, &client)?;
    if args.check {
        return check(&client, &order);
    }
    let dir = open::lake_dir(&args.lake);
    let notary = private::notary(&args.notary)?;
    loop {
        let began = client.clock().now();
        let result = once(&client, &order, &dir, notary.clone());
        let told = match &result {
            Ok(ended) => ended.clone(),
            Err(failure) => Ended::failed(failure.exit),
        };
        if let Some(path) = &args.metrics_file {
            pull_metrics::write(path, &told, &client.tally, began, client.clock().now())?;
        }
        let Some(every) = every else {
            return result.map(|ended| ended.exit);
        };
        match result {
            // What the person must mend does not mend itself.
            Err(failure) if failure.exit != Exit::Remote => return Err(failure),
            Err(failure) => output::error(&failure.message),
            Ok(_) => {}
        }
        let wait = began.plus(every).0 - client.clock().now().0;
        tracing::info!(seconds = wait / SECOND, "until the next pull");
        std::thread::sleep(Duration::from_micros(u64::try_from(wait).unwrap_or(0)));
    }
}

fn client(args: &PullArgs) -> Result<Client, Failure> {
    let places = places(&args.place)?;
    let tenant = args.tenant.trim();
    if tenant.is_empty() || !tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Failure::usage(format!("--tenant '{tenant}' is no id; write the tenant's GUID, not its domain")));
    }
    let clock = Arc::new(Wall::new(open::now()?, args.place.pace_scale));
    let source = way(&args.way, args.client_id.as_deref())?;
    let http = Http::new(PATIENCE, places.graph.is_loopback() && places.login.is_loopback());
    Ok(Client::new(http, clock, places, tenant, Tokens::new(source)))
}

fn order(args: &PullArgs, client: &Client) -> Result<Order, Failure> {
    Ok(Order {
        tenant: args.tenant.trim().to_lowercase(),
        place: client.places().graph.to_string(),
        collections: pull::select(&args.only, &args.except).map_err(|name| unknown(&name))?,
        is_named: !args.only.is_empty(),
        since: args.since.as_deref().map(|t| select::instant("--since", t)).transpose()?,
        deep: args.deep,
        is_delegated: false,
    })
}

/// What the token in use can reach of an order; what was named and cannot be reached is an error, not an omission.
fn within_reach(client: &Client, order: &Order) -> Result<Order, Failure> {
    let within = order.within_reach(client.is_delegated());
    if order.is_named && within.collections.len() < order.collections.len() {
        return Err(Failure::usage(
            "approvals are given to a signed-in person only, and to no application: sign in with --device-code or --az-cli, or leave them out",
        ));
    }
    Ok(within)
}

/// Asks for a little of everything, and tells what is missing.
fn check(client: &Client, order: &Order) -> Result<Exit, Failure> {
    client.sign_in().map_err(|fault| remote(&fault))?;
    let order = &within_reach(client, order)?;
    let granted = client.granted();
    if !granted.is_empty() {
        output::say(&format!("the token carries {}", granted.join(", ")));
    }
    let probes = pull::probe(client, &order.collections);
    let row = |p: &pull::Probe| {
        let verdict = match (&p.result, p.untried) {
            (Ok(()), false) => "given",
            (Ok(()), true) => "nothing there to ask for",
            (Err(_), true) => "not tried",
            (Err(_), false) => "missing",
        };
        vec![p.collection.name.to_string(), p.collection.permission.to_string(), verdict.to_string()]
    };
    output::print(&output::table(&["collection", "permission", "result"], probes.iter().map(row).collect()));
    let missing: Vec<&pull::Probe> = probes.iter().filter(|p| p.result.is_err()).collect();
    for p in missing.iter().filter(|p| !p.untried) {
        let Err(fault) = &p.result else { continue };
        let checks = match affected(p.collection.table).as_slice() {
            [] => String::new(),
            ids => format!("; affected checks: {}", ids.join(", ")),
        };
        output::line(&format!(
            "missing: {} for {}: nobody can tell {}{checks} ({fault})",
            p.collection.permission, p.collection.name, p.collection.lost
        ));
    }
    let given = probes.iter().any(|p| p.result.is_ok() && !p.untried);
    Ok(match (missing.is_empty(), given) {
        (true, _) => Exit::Done,
        (false, true) => Exit::CannotTell,
        (false, false) => Exit::Remote,
    })
}

fn once(client: &Arc<Client>, order: &Order, dir: &Path, notary: Option<Arc<dyn Notary>>) -> Result<Ended, Failure> {
    let lake = Lake::open_or_create(dir)?.signed_by(notary);
    output::warn_readable(dir);
    let lock = Lock::take(dir).map_err(failure)?;
    client.sign_in().map_err(|fault| remote(&fault))?;
    let order = &within_reach(client, order)?;
    let known = Known::of(&lake.view()?)?;
    let now = client.clock().now();
    let spool = Spool::open(dir, &lock, order.run(&known, now)).map_err(failure)?;
    let left = spool.entries().len();
    if left > 0 {
        output::say(&format!("going on with the pull of {}: {left} parts are there already", spool.run.started));
    }
    let watching = watch::watch_requests(client);
    let outcome = pull::read(client, order, &known.decided, &spool);
    drop(watching);
    if let Some(fault @ GraphError::Disk(_)) = &outcome.fatal {
        return Err(Failure::usage(fault));
    }
    let progress = Arc::new(Progress::default());
    let options = IngestOptions {
        tenant: None,
        observed_at: None,
        complete: false,
        covers: Vec::new(),
        dates: None,
        now: client.clock().now(),
        limits: Limits::default(),
        standard_input: None,
        progress: Some(Arc::clone(&progress)),
        pulled: None,
        called: BTreeMap::new(),
        open_gaps: Vec::new(),
    };
    let mut sink = take::Sink::new(&lake);
    let id = spool.run.id.clone();
    let watching = watch::watch(&progress);
    let stored = pull::store(order, &spool, &outcome, &client.granted(), options, &mut sink).map_err(failure)?;
    drop(watching);
    let commit = sink.commit(client.clock().now())?;
    // A pull that is killed here goes on with its spool, and keeps them then.
    pull::raw::keep(dir, &spool, &stored.report.sources).map_err(failure)?;
    spool.finish().map_err(failure)?;
    tell(client, &stored, &id, commit.as_deref());
    if commit.is_some() {
        compact::compact(&lake, compact::MANY, client.clock().now())?;
    }
    let exit = if !stored.usable {
        Exit::Remote
    } else if stored.gaps.iter().all(|gap| gap.is_limit) {
        Exit::Done
    } else {
        Exit::CannotTell
    };
    Ok(Ended::of(exit, &stored))
}

fn tell(client: &Client, stored: &Stored, id: &str, commit: Option<&str>) {
    for limit in stored.gaps.iter().filter(|gap| gap.is_limit) {
        output::say(&format!("out of reach: {}", limit.reason));
    }
    for gap in stored.gaps.iter().filter(|gap| !gap.is_limit) {
        let when = gap.window.map(|w| format!(" from {} until {}", w.from, w.until)).unwrap_or_default();
        output::error_line("gap", &format!("{}{when}", gap.reason));
    }
    let sum = |f: fn(&crate::lake::records::Pull) -> i64| stored.pulls.iter().map(f).sum::<i64>();
    let tally = &client.tally;
    let count = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    output::say(&format!(
        "pull {id}: {} collections, {} requests ({} throttled, {} sent again)",
        stored.pulls.len(),
        count(&tally.requests),
        count(&tally.throttled),
        count(&tally.retried)
    ));
    output::say(&format!(
        "{} records received = {} stored + {} duplicate + {} not taken",
        sum(|p| p.received),
        sum(|p| p.stored),
        sum(|p| p.duplicate),
        sum(|p| p.rejected)
    ));
    match commit {
        Some(id) => output::say(&format!("commit {}", id.get(..12).unwrap_or(id))),
        None => output::say("nothing new: the evidence store has all of it already"),
    }
    if !stored.usable {
        output::error_line("error", "nothing usable was returned; 'vouchsafe pull --check' reports what is missing");
    }
}

fn remote(message: &impl std::fmt::Display) -> Failure {
    Failure {
        exit: Exit::Remote,
        message: message.to_string(),
    }
}

fn failure(error: PullError) -> Failure {
    match error {
        PullError::Lake(error) => error.into(),
        PullError::Ingest(error) => take::failure(error),
        other => Failure::usage(other),
    }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = graph::collections::all().map(|c| c.name).collect();
    Failure::usage(format!("'{name}' is no collection; there are {}", names.join(", ")))
}

/// Where Graph is, as the flags say.
fn places(args: &PlaceArgs) -> Result<Endpoints, Failure> {
    let places = match (&args.graph_url, &args.login_url) {
        (Some(graph), Some(login)) => Endpoints {
            login: Origin::parse(login).map_err(|e| Failure::usage(format!("--login-url {e}")))?,
            graph: Origin::parse(graph).map_err(|e| Failure::usage(format!("--graph-url {e}")))?,
        },
        _ => match args.cloud {
            CloudArg::Global => Cloud::Global,
            CloudArg::GccHigh => Cloud::GccHigh,
            CloudArg::Dod => Cloud::Dod,
            CloudArg::China => Cloud::China,
        }
        .endpoints(),
    };
    if args.pace_scale != 1 && !places.graph.is_loopback() {
        return Err(Failure::usage(
            "--pace-scale is for test servers on loopback addresses; Microsoft's limits are not ours to stretch",
        ));
    }
    Ok(places)
}

/// `90s`, `30m`, `6h`, `1d` in microseconds; at least a second.
fn duration(text: &str) -> Result<i64, Failure> {
    let wrong = || Failure::usage(format!("--every '{text}' is no length of time; write it as 30m, 6h or 1d"));
    let text = text.trim();
    let unit = match text.chars().last() {
        Some('s') => SECOND,
        Some('m') => MINUTE,
        Some('h') => HOUR,
        Some('d') => DAY,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    if (1..=10_000).contains(&number) { Ok(number * unit) } else { Err(wrong()) }
}

/// Logs on stderr: what a person must know, and more with `-v`; as JSON, what was done too.
fn logs(format: LogFormat, verbose: u8) {
    use tracing_subscriber::filter::LevelFilter;
    let level = match (format, verbose) {
        (LogFormat::Text, 0) => LevelFilter::ERROR,
        (LogFormat::Text, 1) | (LogFormat::Json, 0) => LevelFilter::INFO,
        (LogFormat::Text, 2) | (LogFormat::Json, 1) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let logs = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
    // A second call in one process keeps the first one's logs.
    let _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}

/// Checks whose answer rests on a table, by what they declare to read.
fn affected(table: &str) -> Vec<&'static str> {
    let reads = |c: &&&check::Check| c.reads.iter().any(|t| t.name() == table);
    check::all().iter().filter(reads).map(|c| c.id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, micros) in [
            ("90s", Some(90 * SECOND)),
            ("30m", Some(30 * MINUTE)),
            ("6h", Some(6 * HOUR)),
            ("1d", Some(DAY)),
        ] {
            assert_eq!(duration(text).ok(), micros, "{text}");
        }
        for text in ["", "h", "6", "0h", "-1h", "6 hours", "1\u{e9}"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_collection_has_a_table_and_says_which_checks_it_affects() {
        assert!(affected("sign_ins").contains(&"STA-01") && !affected("sign_ins").contains(&"JUS-01"));
        for collection in graph::collections::all() {
            assert!(crate::lake::table::Table::from_name(collection.table).is_some(), "{}", collection.name);
        }
    }
}
