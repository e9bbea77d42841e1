//! Exceptions that campaigns granted, as entries of the register of exceptions.

use crate::campaign::error::CampaignError;
use crate::campaign::follow_up::asked_end;
use crate::campaign::log::{Choice, DecidedBy, DecisionEntry};
use crate::campaign::model::{CampaignId, Item, ReviewerKey};
use crate::campaign::state::State;
use crate::campaign::store::Store;
use crate::config::Exception;
use crate::model::EntitlementKey;
use std::collections::BTreeMap;

/// Entries for every check that spoke against an item when it was frozen, and campaigns that cannot be read, with the reason.
///
/// A decision counts from the instant of its population once its campaign is closed; about one access the newest campaign counts.
/// An item without findings gives none: its reviewer accepted none.
///
/// # Errors
/// When the folder of campaigns cannot be read.
pub fn granted(store: &Store) -> Result<(Vec<Exception>, Vec<String>), CampaignError> {
    let mut unread = Vec::new();
    let mut states: Vec<State> = Vec::new();
    let ids = store.ids()?;
    if !ids.iter().any(|id| has_exceptions(store, id)) {
        return Ok((Vec::new(), unread));
    }
    for id in ids {
        match State::load(store, &id) {
            Ok(state) if state.closing.is_some() && state.cancelled.is_none() => states.push(state),
            Ok(_) => {}
            Err(e) => unread.push(format!("exceptions of the campaign {id} do not count: {e}")),
        }
    }
    states.sort_by(|a, b| (a.head.as_of, a.head.opened_at, &a.head.id).cmp(&(b.head.as_of, b.head.opened_at, &b.head.id)));
    let mut newest: BTreeMap<[&str; 3], (&State, &Item, &DecisionEntry)> = BTreeMap::new();
    for state in &states {
        for (index, item) in state.items.iter().enumerate() {
            let binding = state.effective_decision(index).filter(|(_, d)| d.by == DecidedBy::Person);
            if let Some((_, entry)) = binding {
                newest.insert([&item.principal_id, &item.entitlement_id, &item.assignment_id], (state, item, entry));
            }
        }
    }
    let of = newest.values().filter(|(_, _, d)| d.decision.choice == Choice::Exception);
    Ok((of.flat_map(|(state, item, decision)| entries(state, item, decision)).collect(), unread))
}

/// Whether any decision of a campaign is an exception: its log is read past, its items are not read.
fn has_exceptions(store: &Store, id: &CampaignId) -> bool {
    let dir = store.dir(id).join("log");
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .filter_map(|f| std::fs::read_to_string(f.path()).ok())
        .any(|text| text.contains("\"exception\""))
}

fn entries(state: &State, item: &Item, entry: &DecisionEntry) -> Vec<Exception> {
    let Some(until) = entry.decision.until else { return Vec::new() };
    let one = |check: &String| Exception {
        check: check.clone(),
        principal: item.principal_id.clone(),
        package: resource(item),
        assignment: item.assignment_id.clone(),
        owner: owner(state, &entry.decided_by),
        // Reviewers' own words stay where what people wrote is covered for its reader.
        reason: "for the reason on record there".into(),
        since: Some(state.head.as_of),
        until: asked_end(until),
        evidence: vec![format!("campaigns:{}/{}", state.head.id, item.id)],
        campaign: state.head.id.to_string(),
        ..Exception::default()
    };
    item.findings.iter().map(one).collect()
}

/// Findings are about the application, items about a role in it.
fn resource(item: &Item) -> String {
    let key = EntitlementKey {
        kind: item.entitlement_kind,
        id: item.entitlement_id.as_str().into(),
    };
    key.resource().to_string()
}

fn owner(state: &State, key: &str) -> String {
    let reviewer = state.reviewers.get(&ReviewerKey::new(key));
    let named = reviewer.map(|r| if r.mail.is_empty() { &r.name } else { &r.mail });
    named.filter(|n| !n.is_empty()).map_or_else(|| key.to_string(), ToString::to_string)
}
