//! `campaign adopt`: an access review of Entra becomes a campaign, and its newer decisions come into the same log.

use super::args::AdoptArgs;
use super::{opening, operator, status, store};
use crate::campaign::open::Opening;
use crate::campaign::{Plan, State, entra};
use crate::check;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::lake::objects::ReviewDecisionRow;

/// Adopts; adopted once more after an ingest, it takes in what is new.
pub fn run(args: &AdoptArgs, crash_at: Option<&str>) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let store = store(&args.lake, crash_at);
    let by = operator(&args.by);
    let now = open::now()?;
    let commit = question.view.commit_id().unwrap_or_default().to_string();
    let rows: Vec<ReviewDecisionRow> = question.view.rows()?;
    let instance = args.instance.trim().to_lowercase();
    let mut known = None;
    for id in store.ids()? {
        if store.head(&id)?.entra_instance.as_deref() == Some(instance.as_str()) {
            known = Some(id);
        }
    }
    let id = match known {
        Some(id) => id,
        None => {
            let text = format!("name = \"Entra review {instance}\"\nsilence = \"keep\"\njustification = []\n");
            let checks: Vec<&str> = check::all().iter().map(|c| c.id.as_str()).collect();
            let plan = Plan::parse(&text, &checks).map_err(Failure::usage)?;
            let opening = Opening {
                estate: &question.estate,
                results: &[],
                config: &question.config,
                plan: &plan,
                text: &text,
                commit: &commit,
                sequence: question.view.sequence(),
                now,
                by: &by,
                forced: None,
                previous: None,
            };
            let frozen = entra::freeze(&opening, &rows, &instance)?;
            opening::record(&store, &frozen, &by)?;
            frozen.head.id
        }
    };
    let mut state = State::load(&store, &id)?;
    let events = if state.closing.is_some() {
        Vec::new()
    } else {
        entra::decisions(&state, &rows, &commit)
    };
    state.apply_all(&events, now)?;
    store.append(&id, &state.tail, &events, now, &by)?;
    for warning in &state.head.warnings {
        output::say(&format!("warning: {warning}"));
    }
    output::say(&status::sentence(&state.totals(&Default::default())));
    output::print(&format!("{id}\n"));
    Ok(Exit::Done)
}
