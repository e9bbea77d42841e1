//! `campaign adopt`: an access review of Entra becomes a campaign, and its newer decisions come into the same log.

use super::args::AdoptArgs;
use super::{history, opening, operator, status, store};
use crate::campaign::open::Opening;
use crate::campaign::{Plan, State, entra};
use crate::check;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::lake::objects::{ReviewDecisionRow, ReviewInstanceRow};
use sha2::{Digest, Sha256};

/// Adopts; adopted once more after an ingest, it takes in what is new.
pub fn run(args: &AdoptArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let store = store(&args.lake);
    let by = operator(&args.by);
    let now = open::now()?;
    let commit = question.view.data_commit_id().unwrap_or_default().to_string();
    let (rows, file, sha256) = match &args.csv {
        None => (question.view.rows::<ReviewDecisionRow>()?, "review_decisions".to_string(), commit.clone()),
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (history::decisions(path, args.dates, now)?, name, hex::encode(Sha256::digest(&bytes)))
        }
    };
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
            // Entra sets no time for removals: those of the checks hold, so that outcomes and findings agree.
            let (other, sensitive) = check::removal_days(&question.config);
            let text = format!(
                "name = \"Entra review {instance}\"\nsilence = \"keep\"\njustification = []\n[removal]\nsla_days = {other}\nsla_sensitive_days = {sensitive}\n"
            );
            let checks: Vec<&str> = check::all().iter().map(|c| c.id.as_str()).collect();
            let plan = Plan::parse(&text, &checks).map_err(Failure::usage)?;
            let opening = Opening {
                access: &question.access,
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
            let frozen = entra::freeze(&opening, &rows, &question.view.rows::<ReviewInstanceRow>()?, &instance)?;
            opening::record(&store, &frozen, &by)?;
            frozen.head.id
        }
    };
    let mut state = State::load(&store, &id)?;
    let events = if state.closing.is_some() {
        Vec::new()
    } else {
        let origin = entra::Origin {
            file: &file,
            sha256: &sha256,
            commit: &commit,
        };
        entra::decisions(&state, &rows, &origin)
    };
    state.apply_all(&events, now)?;
    store.append(&id, &state.tail, &events, now, &by)?;
    let strangers = entra::strangers(&state, &rows);
    if strangers > 0 {
        output::say(&format!(
            "warning: {strangers} decisions are about items that the population does not have; they are excluded"
        ));
    }
    for warning in &state.head.warnings {
        output::say(&format!("warning: {warning}"));
    }
    output::say(&status::sentence(&state.totals(&Default::default())));
    output::line(&format!("{id}"));
    Ok(Exit::Done)
}
