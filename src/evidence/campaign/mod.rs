//! A campaign as evidence: its frozen population with what was decided, by whom and how that is known, and what became of it.

use crate::campaign::authorship;
use crate::campaign::contradiction::contradictions;
use crate::campaign::model::{Context, ItemId};
use crate::campaign::{CampaignError, LogEntry, State, Store, TieOut};
use crate::config::Config;
use crate::evidence::compose::{Content, Part};
use crate::evidence::table::Table;
use crate::ledger::AccessModel;
use crate::report::Audience;
use crate::report::privacy::Privacy;
use std::collections::BTreeMap;
use tables::Telling;

pub mod asked;
mod returned;
mod tables;
pub mod verify;

/// What the parts of a campaign are made with.
pub struct Making<'a> {
    /// The ledger, not yet covered.
    pub access: &'a AccessModel,
    /// The configuration of the checks: what belongs to one person, and what outlived its end.
    pub config: &'a Config,
    /// What of people is shown.
    pub privacy: &'a Privacy,
    /// What of their words is shown.
    pub audience: &'a Audience,
    /// Seed of the spot check.
    pub seed: &'a str,
    /// What joined and left since the opening.
    pub balance: &'a TieOut,
}

/// The parts of one campaign.
///
/// # Errors
/// When the campaign is damaged.
pub fn parts(store: &Store, state: &State, making: &Making) -> Result<Vec<Part>, CampaignError> {
    let id = &state.head.id;
    let contexts: BTreeMap<ItemId, Context> = store.contexts(id, None)?.into_iter().map(|c| (c.item.clone(), c)).collect();
    let mut entries: Vec<(LogEntry, String)> = Vec::new();
    store.log(id, |entry| {
        let hash = LogEntry::hash(&entry.line());
        entries.push((entry, hash));
        Ok(())
    })?;
    let kept = returned::kept(store, state, &entries, making)?;
    let told = Telling { making, state, kept: &kept };
    let part = |name: &str, what: &str, table: Table| Part {
        file: format!("campaign/{name}.csv"),
        what: what.into(),
        content: Content::Table(table),
    };
    let mut parts = vec![
        part(
            "campaign",
            "what the campaign is, its commit, its population and the end of its log",
            told.head(),
        ),
        part(
            "terms",
            "what was to be reviewed and what was left out, by whom, and what no response means",
            told.terms(),
        ),
        part(
            "items",
            "the frozen population: each holding with its reviewer, why that reviewer, whether a conflict, and the decision that binds",
            told.items(&contexts),
        ),
        part("reviewers", "who reviewed what, and how they decided", told.reviewers()),
        part(
            "decisions",
            "every decision in the order of the log, also those that a later one replaced",
            told.decisions(&entries),
        ),
        part("proofs", "files that were taken in, and how it is known who decided", told.proofs(&entries)),
        part(
            "drift",
            "what joined and left since the opening: population + joined - left = held now (campaign.csv)",
            told.drift(),
        ),
        part("removals", "what became of each revocation and change, by observation", told.removals()),
        part(
            "exceptions",
            "access that stays although a rule speaks against it: by whom, until when",
            told.exceptions(),
        ),
        part(
            "spot-check",
            "a tenth of the decisions to keep, those without a response apart, drawn by the seed",
            told.spot_check(),
        ),
        part("sign-off", "what management stated", told.sign_off(&entries)),
        part(
            "log",
            "the campaign's log: each entry with the hash of the one before, without its content",
            told.log(&entries),
        ),
    ];
    parts.extend(kept.into_parts());
    Ok(parts)
}

/// What a campaign cannot show, a sentence each.
#[must_use]
pub fn limits(state: &State, privacy: &Privacy, audience: &Audience) -> Vec<String> {
    let totals = state.totals(&BTreeMap::new());
    let mut lines = Vec::new();
    let asserted = state.proofs().get("operator-asserted").copied().unwrap_or_default();
    if asserted > 0 {
        lines.push(format!(
            "Who decided: {} of {} decisions of persons rest on the word of whoever imported them; neither a signature nor a mail shows who decided (campaign/proofs.csv).",
            asserted,
            totals.by_persons()
        ));
    }
    for key in authorship::late_keys(state) {
        lines.push(format!(
            "Who decided: {} decisions are signed by {} with a key that {} named on {}, after the sheets had gone out; whether it is theirs rests on that word (campaign/proofs.csv): {}.",
            key.items,
            privacy.text(&key.whose),
            privacy.alone(&key.by),
            key.at,
            privacy.text(&key.key)
        ));
    }
    for (disclosure, n) in state.disclosures() {
        lines.push(format!(
            "Independence: {n} of {} items are {} (campaign/items.csv, column disclosed).",
            totals.population,
            disclosure.counted()
        ));
    }
    if let Some((at, reason)) = &state.cancelled {
        lines.push(format!("The campaign was cancelled on {at}: {}", privacy.text(reason)));
    }
    let contradictions = contradictions(state).len();
    if contradictions > 0 {
        lines.push(format!(
            "{contradictions} pairs of decisions contradict one another, and neither is carried out."
        ));
    }
    if totals.by_silence.sum() > 0 {
        lines.push(format!(
            "Nobody decided {} of {} items: there was no response, and the default of campaign/terms.csv was applied; that is no review by a person.",
            totals.by_silence.sum(),
            totals.population
        ));
    }
    let without_second = state.without_second().len();
    if without_second > 0 {
        lines.push(format!(
            "Second stage: {without_second} of {} items were to be decided by a second person too, and no second decision came; the first one stands.",
            totals.population
        ));
    }
    if totals.undecided > 0 {
        lines.push(format!("{} of {} items are undecided.", totals.undecided, totals.population));
    }
    if let Some((closing, why)) = state.closing.as_ref().and_then(|c| Some((c, c.early.as_ref()?))) {
        lines.push(format!(
            "The campaign was closed on {}, before its end on {}, while decisions were owed: {}",
            closing.at,
            state.due_at,
            privacy.text(why)
        ));
    }
    lines.extend(
        state
            .head
            .warnings
            .iter()
            .map(|w| format!("At its opening: {}.", privacy.text(w).trim_end_matches('.'))),
    );
    let known = crate::campaign::check_ids();
    let forgotten = state.plan.forgotten_checks(&known);
    if !forgotten.is_empty() {
        lines.push(format!(
            "The scope of the campaign names checks that this build does not have ({}): what joined the scope by them since the opening is not known.",
            forgotten.join(", ")
        ));
    }
    if !state.imports.is_empty() && !returned::shows(privacy, audience) {
        lines.push(
            "The files that reviewers sent back are not in this bundle, which does not show what people wrote (`--show-text` puts them in): \
             their hashes are in campaign/proofs.csv, and the lake keeps them."
                .into(),
        );
    }
    lines.push("Whatever was not in the scope of the campaign was not reviewed by it (campaign/terms.csv).".into());
    lines
}
