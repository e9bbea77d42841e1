//! `campaign open`: freeze, record, write the sheets, print the id.

use super::args::OpenArgs;
use super::{mailer, operator, sheets, store};
use crate::campaign::open::{Frozen, Opening};
use crate::campaign::{CampaignError, Plan, State, series};
use crate::check;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};

/// Opens a campaign; opened once more from the same commit and file, it is the same campaign, and its sheets are written again.
pub fn run(args: &OpenArgs) -> Result<Exit, Failure> {
    let text = std::fs::read_to_string(&args.file).map_err(|e| Failure::io(format!("read the campaign file {}", args.file.display()), &e))?;
    let checks: Vec<&str> = check::all().iter().map(|c| c.id.as_str()).collect();
    let plan = Plan::parse(&text, &checks).map_err(|e| Failure::usage(format!("{}: {e}", args.file.display())))?;
    let question = open::question(&args.lake, &args.question)?;
    let Some(commit) = question.view.data_commit_id() else {
        return Err(Failure::usage("the lake is empty: ingest something before a campaign is opened"));
    };
    let store = store(&args.lake);
    let results = check::run(&question.access, &question.config, None);
    let previous = series::previous(&store, &plan.name, question.access.as_of)?;
    let by = operator(&args.by);
    let opening = Opening {
        access: &question.access,
        results: &results,
        config: &question.config,
        plan: &plan,
        text: &text,
        commit,
        sequence: question.view.sequence(),
        now: open::now()?,
        by: &by,
        forced: args.force.as_deref(),
        previous: previous.as_ref(),
    };
    let id = crate::campaign::open::campaign_id(&plan, commit, question.access.as_of, &text);
    if store.ids()?.contains(&id) {
        State::load(&store, &id)?.must_be_open().map_err(|e| {
            Failure::usage(format!(
                "{e}; the same file and evidence give the same campaign: change the file, such as its name, to open another one"
            ))
        })?;
        output::say("this campaign is open already: its sheets are written again");
    } else {
        let mut frozen = crate::campaign::open::open(&opening)?;
        frozen.head.warnings.extend(series::overlaps(&store, &frozen.items)?);
        record(&store, &frozen, &by)?;
        if let Some(previous) = &previous {
            let change = previous.compare(&frozen.items);
            output::say(&format!(
                "since {} ({}): {} new, {} again, {} gone, {} revoked then and held now",
                previous.id,
                previous.as_of.day(),
                change.new,
                change.again,
                change.gone,
                change.revoked_and_held
            ));
        }
    }
    let mut state = State::load(&store, &id)?;
    sheets::remember(&store, &id, &args.out)?;
    let files = sheets::write(&store, &state, &args.out, None)?;
    let at = if state.plan.smtp.is_some() || state.plan.graph.is_some() {
        opening.now
    } else {
        state.head.opened_at
    };
    let letters = mailer::openings((&store, &mut state), at, &args.out, &by, false)?;
    for warning in &state.head.warnings {
        output::say(&format!("warning: {warning}"));
    }
    if let Some(reason) = &state.head.forced {
        output::say(&format!("opened with --force: {reason}"));
    }
    let busiest = state.by_reviewer(&Default::default()).into_iter().max_by_key(|(_, t)| t.population);
    if let Some((key, totals)) = busiest {
        output::say(&format!(
            "{} items for {} reviewers, at most {} ({key}); due {}",
            state.head.population,
            state.head.reviewers.len(),
            totals.population,
            state.due()
        ));
    }
    output::say(&format!("population {}", state.head.population_sha256));
    output::say(&format!(
        "{files} sheets and {} letters in {}",
        letters.done,
        args.out.join(id.as_str()).display()
    ));
    output::line(&format!("{id}"));
    Ok(letters.exit())
}

/// Stores a frozen campaign with its first entries, whose identities are checked before they are written.
pub fn record(store: &crate::campaign::Store, frozen: &Frozen, by: &str) -> Result<(), CampaignError> {
    let mut events = vec![frozen.opened()];
    events.extend(State::fresh(frozen)?.issues());
    store.create(&frozen.head, &frozen.items, &frozen.contexts, &events, by)?;
    Ok(())
}
