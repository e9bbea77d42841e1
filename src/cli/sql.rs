//! `sql` and `ask`: statements over documented views of one commit.

use crate::cli::args::{LakeArg, OutputArgs, QuestionArgs};
use crate::cli::bench::Bench;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::{AskArgs, LimitArgs, SqlArgs};
use crate::cli::{output, rows, select};
use crate::engine::sql::{SqlError, filled, single, text_literal, time_literal};
use crate::ledger::AccessModel;
use crate::model::rows::{Cell, Kind, Rows};
use crate::model::{Instant, Window};
use crate::views::{VIEWS, columns_of, describe, find};
use crate::workbench::basis::Rests;
use crate::workbench::questions::{self, Parameter, QUESTIONS, Question};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A statement of the user's.
pub fn sql(args: &SqlArgs) -> Result<Exit, Failure> {
    if args.list {
        return views(&args.output).map(|()| Exit::Done);
    }
    if let Some(name) = &args.describe {
        return columns(name, &args.output).map(|()| Exit::Done);
    }
    let statement = text(args.sql.as_deref().unwrap_or_default())?;
    single(&statement)?;
    let values = typed(&args.param)?;
    let statement = with(&statement, &values)?;
    run(&statement, None, args.limits, &args.lake, &args.question, &args.output).map(|_| Exit::Done)
}

/// A question of the shelf.
pub fn ask(args: &AskArgs) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        return list(&args.output).map(|()| Exit::Done);
    };
    let question = questions::find(name).ok_or_else(|| {
        let names: Vec<&str> = QUESTIONS.iter().map(|q| q.name).collect();
        Failure::usage(format!(
            "no question is called '{name}'{}; vouchsafe ask lists all",
            crate::config::did_you_mean(name, &names)
        ))
    })?;
    if args.show {
        output::exactly(question.sql);
        return Ok(Exit::Done);
    }
    let given = given(question, &args.values)?;
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let mut window = (None, None);
    let mut values = BTreeMap::new();
    for parameter in question.parameters() {
        let Some(text) = given.get(parameter.name) else {
            return Err(Failure::usage(format!(
                "{name} needs {}={} ({})",
                parameter.name,
                parameter.kind.to_uppercase(),
                parameter.what
            )));
        };
        values.insert(parameter.name.to_string(), value(parameter, text, bench.access(), &mut window)?);
    }
    let statement = with(question.sql, &values)?;
    let window = window.1.map(|until| Window {
        from: window.0.unwrap_or(Instant(i64::MIN)),
        until,
    });
    if let Some(w) = window.filter(|w| w.from >= w.until) {
        return Err(Failure::usage(format!(
            "the window from {} until {} is empty; from must be before until",
            w.from, w.until
        )));
    }
    let (found, rests) = answer(&mut bench, &statement, window, args.limits, &args.output)?;
    Ok(match (found, rests.is_covered() && rests.never_listed.is_empty()) {
        (1.., _) => Exit::Done,
        (0, true) => {
            output::say("nothing; the log covers the window");
            Exit::Found
        }
        (0, false) => {
            output::say("nothing is found, and that proves nothing: see what is covered");
            Exit::CannotTell
        }
    })
}

fn run(
    statement: &str,
    window: Option<Window>,
    limits: LimitArgs,
    lake: &LakeArg,
    question: &QuestionArgs,
    out: &OutputArgs,
) -> Result<(usize, Rests), Failure> {
    let mut bench = Bench::open(lake, question)?;
    answer(&mut bench, statement, window, limits, out)
}

fn answer(bench: &mut Bench, statement: &str, window: Option<Window>, limits: LimitArgs, out: &OutputArgs) -> Result<(usize, Rests), Failure> {
    let mut tables = bench.sql(statement)?;
    watch(limits);
    let table = tables.run(statement)?;
    let rests = Rests::of(bench.access(), &bench.subject.commit, window);
    rows::deliver(&table, &rests, &rests.lines(), out)?;
    output::say(&format!("{} rows", table.rows.len()));
    bench.say();
    Ok((table.rows.len(), rests))
}

/// Ends the program when a statement costs more than it may; nothing was written until then.
fn watch(limits: LimitArgs) {
    let before = resident();
    std::thread::spawn(move || {
        let begun = std::time::Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(20));
            let over = if limits.timeout > 0 && begun.elapsed() > Duration::from_secs(limits.timeout) {
                Some(format!(
                    "the statement took longer than {} s; ask for less, or give --timeout more",
                    limits.timeout
                ))
            } else if limits.memory > 0
                && resident()
                    .zip(before)
                    .is_some_and(|(now, before)| now.saturating_sub(before) > limits.memory << 20)
            {
                Some(format!(
                    "the statement needed more memory than {} MiB; ask for less, or give --memory more",
                    limits.memory
                ))
            } else {
                None
            };
            if let Some(message) = over {
                output::error(&message);
                std::process::exit(Exit::Usage as i32);
            }
        }
    });
}

/// Bytes of memory in use, where the system tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// The statement itself, or what a file holds.
fn text(given: &str) -> Result<String, Failure> {
    let is_file = given.to_ascii_lowercase().ends_with(".sql") || (!given.contains(char::is_whitespace) && Path::new(given).is_file());
    if is_file {
        std::fs::read_to_string(given).map_err(|e| Failure::usage(format!("cannot read the statement {given}: {e}")))
    } else {
        Ok(given.to_string())
    }
}

/// The statement with its parameters; one that it does not have is an error.
fn with(statement: &str, values: &BTreeMap<String, String>) -> Result<String, Failure> {
    let mut used = std::collections::BTreeSet::new();
    let told = filled(statement, &mut |name| {
        used.insert(name.to_string());
        values
            .get(name)
            .cloned()
            .ok_or_else(|| SqlError::Parameter(format!("the statement has :{name}; give it with --param {name}=VALUE")))
    })?;
    match values.keys().find(|name| !used.contains(*name)) {
        Some(name) => Err(Failure::usage(format!("the statement has no :{name}"))),
        None => Ok(told),
    }
}

/// `NAME=TEXT`, `NAME:time=TIME`, `NAME:integer=NUMBER`.
fn typed(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for text in given {
        let (head, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--param '{text}' has no value; write NAME=VALUE")))?;
        let (name, kind) = head.split_once(':').unwrap_or((head, "text"));
        values.insert(name.to_string(), literal(name, kind, value)?);
    }
    Ok(values)
}

fn literal(name: &str, kind: &str, value: &str) -> Result<String, Failure> {
    match kind {
        "text" => Ok(text_literal(value)),
        "integer" => {
            let number: i64 = value
                .trim()
                .parse()
                .map_err(|_| Failure::usage(format!("{name} '{value}' is no whole number")))?;
            Ok(number.to_string())
        }
        "time" if name == "until" => select::last_of(name, value).map(time_literal),
        "time" => select::instant(name, value).map(time_literal),
        other => Err(Failure::usage(format!("a parameter is text, time or integer, and not '{other}'"))),
    }
}

/// Parameters of a question as they were given, each one that it has.
fn given(question: &Question, values: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let parameters = question.parameters();
    let mut given = BTreeMap::new();
    for text in values {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        if !text.contains('=') || !parameters.iter().any(|p| p.name == name) {
            let has: Vec<String> = parameters.iter().map(|p| format!("{}={}", p.name, p.kind.to_uppercase())).collect();
            let has = if has.is_empty() { "no parameters".to_string() } else { has.join(" ") };
            return Err(Failure::usage(format!("{} does not take '{text}'; it takes {has}", question.name)));
        }
        given.insert(name.to_string(), value.to_string());
    }
    Ok(given)
}

/// A parameter as a literal: names become ids.
fn value(parameter: Parameter, text: &str, access: &AccessModel, window: &mut (Option<Instant>, Option<Instant>)) -> Result<String, Failure> {
    let named = |what: &str, candidates: &select::Candidates| -> Result<String, Failure> {
        let resolved = select::resolve(what, text, candidates)?;
        if let Some(remark) = resolved.remark {
            output::say(&remark);
        }
        Ok(text_literal(&resolved.id))
    };
    match (parameter.kind, parameter.name) {
        ("principal", _) => named("principal", &select::principals(access)),
        ("entitlement", _) => named("entitlement", &select::entitlements(access)),
        ("object", _) => named("object", &select::objects(access)),
        ("time", "from") => {
            let at = select::instant("from", text)?;
            window.0 = Some(at);
            Ok(time_literal(at))
        }
        ("time", "until") => {
            let at = select::last_of("until", text)?;
            window.1 = Some(at);
            Ok(time_literal(at))
        }
        (kind, name) => literal(name, kind, text),
    }
}

fn views(out: &OutputArgs) -> Result<(), Failure> {
    let mut table = Rows::new(&[("view", Kind::Text), ("one_row_is", Kind::Text)]);
    table.rows = VIEWS.iter().map(|v| vec![Cell::text(v.name), Cell::text(&describe(v))]).collect();
    listing(&table, out)
}

fn columns(name: &str, out: &OutputArgs) -> Result<(), Failure> {
    let view = find(&name.to_ascii_lowercase()).ok_or_else(|| {
        let names: Vec<&str> = VIEWS.iter().map(|v| v.name).collect();
        Failure::usage(format!("no view is called '{name}'; there are {}", names.join(", ")))
    })?;
    // The types stand in the schema that an empty commit gives as well.
    let statement = format!("SELECT * FROM {} LIMIT 0", view.name);
    let empty = AccessModel::default();
    let kinds: BTreeMap<String, Kind> = match crate::views::over(&empty, None, &statement) {
        Ok(mut tables) => tables.run(&statement)?.columns.into_iter().collect(),
        Err(_) => BTreeMap::new(),
    };
    let mut table = Rows::new(&[("column", Kind::Text), ("type", Kind::Text), ("holds", Kind::Text)]);
    let kind = |column: &str| kinds.get(column).map_or("", |k| k.as_str());
    table.rows = columns_of(view)
        .iter()
        .map(|(column, what)| vec![Cell::text(column), Cell::text(kind(column)), Cell::text(what)])
        .collect();
    listing(&table, out)?;
    output::say(&describe(view));
    Ok(())
}

fn list(out: &OutputArgs) -> Result<(), Failure> {
    let mut table = Rows::new(&[("question", Kind::Text), ("answers", Kind::Text), ("takes", Kind::Text), ("for", Kind::Text)]);
    let row = |q: &Question| {
        let takes: Vec<&str> = q.parameters().iter().map(|p| p.name).collect();
        [q.name, q.title(), &takes.join(" "), q.reader()].map(Cell::text).to_vec()
    };
    table.rows = QUESTIONS.iter().map(row).collect();
    listing(&table, out)
}

/// A listing of texts: everything is shown, wrapped where it must be.
fn listing(table: &Rows, out: &OutputArgs) -> Result<(), Failure> {
    match output::form(out) {
        Some(form) => output::deliver(&crate::report::rows::write(table, form).map_err(Failure::usage)?, out),
        None => {
            let header: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
            let cells = table.rows.iter().map(|r| r.iter().map(Cell::shown).collect()).collect();
            output::deliver(output::table(&header, cells).as_bytes(), out)
        }
    }
}
