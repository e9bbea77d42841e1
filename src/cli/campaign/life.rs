//! `campaign extend`, `cancel` and `reopen`: the end of a campaign moves, with a reason; `campaign exceptions`: the register.

use super::args::{ExceptionsArgs, ExtendArgs, ReasonArgs};
use super::{load, operator, rows};
use crate::campaign::due::named_end;
use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::log::{Choice, LogEvent};
use crate::campaign::outcome::{Outcome, OutcomeWord, outcomes};
use crate::campaign::{DecisionEntry, State, Store};
use crate::cli::args::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::model::Instant;
use std::collections::BTreeMap;

/// Gives more time.
pub fn extend(args: &ExtendArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    state.must_be_open()?;
    let (now, due_at) = (open::now()?, end(&args.until, &state)?);
    if due_at <= now || due_at <= state.due_at {
        return Err(Failure::usage(format!(
            "--until {due_at} gives no more time: decisions are due {}, and it is {now}",
            state.due()
        )));
    }
    let reason = reason(&args.reason)?;
    write(&store, &mut state, LogEvent::Extended { due_at, reason }, now, &operator(&args.by))?;
    output::say(&format!("decisions of {} are due {}", state.head.id, state.due()));
    Ok(Exit::Done)
}

/// Gives up.
pub fn cancel(args: &ReasonArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    if !state.signed.is_empty() {
        return Err(Failure::usage(format!(
            "campaign {} is signed off: what was acknowledged cannot be given up",
            state.head.id
        )));
    }
    if state.cancelled.is_some() {
        state.must_be_open()?;
    }
    let reason = reason(&args.reason)?;
    write(&store, &mut state, LogEvent::Cancelled { reason }, open::now()?, &operator(&args.by))?;
    output::say(&format!(
        "campaign {} is cancelled: {} decisions stay on record, and nothing of them is carried out",
        state.head.id,
        state.totals(&BTreeMap::new()).all.sum()
    ));
    Ok(Exit::Done)
}

/// Goes back to the time before the close.
pub fn reopen(args: &ExtendArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    if state.cancelled.is_some() {
        state.must_be_open()?;
    }
    if state.closing.is_none() {
        return Err(Failure::usage(format!(
            "campaign {} is not closed; 'vouchsafe campaign extend' gives it more time",
            state.head.id
        )));
    }
    if !state.signed.is_empty() {
        return Err(Failure::usage(format!("campaign {} is signed off: open a new one", state.head.id)));
    }
    let (now, due_at) = (open::now()?, end(&args.until, &state)?);
    if due_at <= now {
        return Err(Failure::usage(format!("--until {due_at} has passed; it is {now}")));
    }
    let reason = reason(&args.reason)?;
    write(&store, &mut state, LogEvent::Reopened { reason, due_at }, now, &operator(&args.by))?;
    output::say(&format!("campaign {} is open again, and due {}", state.head.id, state.due()));
    output::say(&super::status::sentence(&state.totals(&BTreeMap::new())));
    Ok(Exit::Done)
}

fn write(store: &Store, state: &mut State, event: LogEvent, now: Instant, by: &str) -> Result<(), Failure> {
    let events = [event];
    state.apply_all(&events, now)?;
    state.tail = store.append(&state.head.id, &state.tail, &events, now, by)?;
    Ok(())
}

fn reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::usage("--reason is empty; say why, since it is recorded"));
    }
    Ok(text.to_string())
}

/// A named day is its last instant.
fn end(text: &str, state: &State) -> Result<Instant, Failure> {
    named_end(text, state.zone()).ok_or_else(|| Failure::usage(format!("--until '{text}' is no time; write 2026-12-31 or 2026-12-31T17:00:00Z")))
}

/// The register of exceptions: of every campaign that was not given up, the newest first.
pub fn exceptions(args: &ExceptionsArgs) -> Result<Exit, Failure> {
    let store = super::store(&args.lake);
    let question = open::question(&args.lake, &args.question)?;
    let current = CurrentAccess::new(&question.access);
    let mut states = Vec::new();
    for id in store.ids()? {
        let state = State::load(&store, &id)?;
        if state.cancelled.is_none() && state.head.as_of <= question.access.as_of {
            states.push(state);
        }
    }
    states.sort_by(|a, b| (b.head.opened_at, &b.head.id).cmp(&(a.head.opened_at, &a.head.id)));
    let columns = [
        "campaign",
        "item_id",
        "principal_name",
        "entitlement_name",
        "granted_by",
        "granted_at",
        "until",
        "reason",
        "outcome",
        "evidence",
    ];
    let mut list = Vec::new();
    let mut expired = 0;
    for state in &states {
        let from = state.closing.as_ref().map_or(state.due_at, |c| c.at);
        for outcome in outcomes(state, &current, &question.config, from)
            .iter()
            .filter(|o| o.choice == Choice::Exception)
        {
            expired += usize::from(outcome.word == OutcomeWord::ExceptionExpired && state.closing.is_some());
            list.extend(cells(state, outcome));
        }
    }
    let text = match args.output.format {
        Format::Table => {
            let narrow = |c: &[String; 10]| [2, 3, 4, 6, 8].map(|i: usize| c[i].clone()).to_vec();
            output::table(&["holder", "entitlement", "granted by", "until", "outcome"], list.iter().map(narrow).collect())
        }
        Format::Parquet => return Err(Failure::usage("exceptions have no parquet form; use table, json, jsonl or csv")),
        format => rows::text(&columns, list.iter().cloned(), format, args.output.csv_raw)?,
    };
    output::deliver(text.as_bytes(), &args.output)?;
    output::say(&format!("{} exceptions, {expired} of them over; as of {}", list.len(), question.access.as_of));
    Ok(if expired > 0 { Exit::Found } else { Exit::Done })
}

fn cells(state: &State, outcome: &Outcome) -> Option<[String; 10]> {
    let index = state.position(&outcome.item)?;
    let item = &state.items[index];
    let (at, entry): &(Instant, DecisionEntry) = state.effective_decision(index)?;
    Some([
        state.head.id.to_string(),
        item.id.to_string(),
        item.principal_name.clone(),
        item.entitlement_name.clone(),
        entry.decided_by.clone(),
        entry.decided_at.unwrap_or(*at).to_string(),
        entry.decision.until.map(Instant::day).unwrap_or_default(),
        entry.decision.justification.clone(),
        // Until the close, the reviewer may decide otherwise, and no check accepts it.
        if state.closing.is_some() {
            outcome.word.to_string()
        } else {
            "not in force: the campaign is open".into()
        },
        outcome.evidence.clone(),
    ])
}
