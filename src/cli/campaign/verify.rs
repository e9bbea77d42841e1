//! `campaign verify`: what became of every revocation and change; `campaign signoff`: who acknowledges it.

use super::args::{SignoffArgs, VerifyArgs};
use super::import::Keys;
use super::{load, operator, rows, status};
use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::log::{Choice, LogEvent, Proof};
use crate::campaign::outcome::{Outcome, OutcomeWord, counts, outcomes};
use crate::campaign::reviewers::{find_person, reviewer};
use crate::campaign::{CampaignError, ReviewerKey, State, proof};
use crate::cli::args::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::model::Instant;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Verifies, and records the result once for each commit and instant.
pub fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    if state.cancelled.is_some() {
        state.must_be_open()?;
    }
    let Some(closing) = state.closing.clone() else {
        return Err(Failure::usage(format!("campaign {} is not closed: close it first", state.head.id)));
    };
    let question = open::question(&args.which.lake, &args.question)?;
    let now = CurrentAccess::new(&question.access);
    let list = outcomes(&state, &now, &question.config, closing.at);
    let counts = counted(&state, &list)?;
    let columns = [
        "item_id",
        "principal_id",
        "principal_name",
        "entitlement_kind",
        "entitlement_id",
        "entitlement_name",
        "assignment_id",
        "decision",
        "by",
        "outcome",
        "due",
        "removed_at",
        "days",
        "snapshot",
        "evidence",
    ];
    let row = |o: &Outcome| {
        let item = &state.items[state.position(&o.item).unwrap_or_default()];
        [
            o.item.to_string(),
            item.principal_id.clone(),
            item.principal_name.clone(),
            item.entitlement_kind.to_string(),
            item.entitlement_id.clone(),
            item.entitlement_name.clone(),
            item.assignment_id.clone(),
            o.choice.to_string(),
            o.by.to_string(),
            o.word.to_string(),
            o.due.to_string(),
            o.removed_at.map(|t| t.to_string()).unwrap_or_default(),
            o.days.map(|d| d.to_string()).unwrap_or_default(),
            o.snapshot.clone(),
            o.evidence.clone(),
        ]
    };
    let csv = rows::text(&columns, list.iter().map(row), Format::Csv, false)?;
    let text = match args.output.format {
        Format::Table => {
            let narrow = |o: &Outcome| {
                let mut cells = row(o);
                // The records stand behind the sentence, and are in the other forms.
                let records = |text: &str| text.split(' ').all(|r| r.contains(':'));
                if let Some((sentence, _)) = cells[14].rsplit_once(": ").filter(|(_, rest)| records(rest)) {
                    cells[14] = sentence.to_string();
                }
                let day = o.removed_at.map(Instant::day).unwrap_or_default();
                let [holder, what, decision, outcome, days, evidence] = [2, 5, 7, 9, 12, 14].map(|i: usize| cells[i].clone());
                vec![holder, what, decision, outcome, day, days, evidence]
            };
            let header = ["holder", "entitlement", "decision", "outcome", "removed", "days", "evidence"];
            output::table(&header, list.iter().map(narrow).collect())
        }
        Format::Parquet => return Err(Failure::usage("verify has no parquet form; use table, json, jsonl or csv")),
        format => rows::text(&columns, list.iter().map(row), format, args.output.csv_raw)?,
    };
    output::deliver(text.as_bytes(), &args.output)?;
    let commit = question.view.data_commit_id().unwrap_or_default().to_string();
    let as_of = question.access.as_of;
    let hash = hex::encode(Sha256::digest(csv.as_bytes()));
    let known = state.verified.as_ref().is_some_and(|(c, a, o)| *c == commit && *a == as_of && *o == counts);
    if !known {
        let events = [LogEvent::Verified {
            commit,
            as_of,
            outcomes: counts.clone(),
            list_sha256: hash,
        }];
        let at = open::now()?;
        state.apply_all(&events, at)?;
        store.append(&state.head.id, &state.tail, &events, at, &operator(&args.by))?;
    }
    let told: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    output::say(&format!(
        "{} decisions to revoke, modify or grant an exception = {}; as of {as_of}, commit {}",
        list.len(),
        if told.is_empty() { "none".into() } else { told.join(" + ") },
        question.commit
    ));
    let unsure = list.iter().filter(|o| o.word == OutcomeWord::CannotTell).count();
    let open_ones = list.iter().filter(|o| o.word.is_wrong()).count();
    Ok(match (open_ones, unsure) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::CannotTell,
        _ => Exit::Found,
    })
}

/// Counts by outcome; they must add up to the decisions that ask for something.
fn counted(state: &State, list: &[Outcome]) -> Result<BTreeMap<String, usize>, CampaignError> {
    let totals = state.totals(&BTreeMap::new());
    for (choice, n) in [
        (Choice::Revoke, totals.all.revoke),
        (Choice::Modify, totals.all.modify),
        (Choice::Exception, totals.all.exception),
    ] {
        let listed = list.iter().filter(|o| o.choice == choice).count();
        if listed != n {
            return Err(CampaignError::Identity(format!("{choice} {n} = outcomes {listed}")));
        }
    }
    Ok(counts(list))
}

/// Records the acknowledgement of a named manager.
pub fn signoff(args: &SignoffArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    if state.cancelled.is_some() {
        state.must_be_open()?;
    }
    let Some(closing) = state.closing.clone() else {
        return Err(Failure::usage(format!("campaign {} is not closed: nothing can be signed off", state.head.id)));
    };
    if args.statement.trim().is_empty() {
        return Err(Failure::usage("--statement is empty; say what is acknowledged"));
    }
    let question = open::question(&args.which.lake, &args.question)?;
    let person = find_person(&question.access, &args.manager).map_err(Failure::usage)?;
    let manager = reviewer(&question.access, &person, ReviewerKey::new(args.manager.split('@').next().unwrap_or("manager")));
    let list = outcomes(&state, &CurrentAccess::new(&question.access), &question.config, closing.at);
    counted(&state, &list)?;
    let unproved = list.iter().filter(|o| !o.word.is_done()).count();
    let undecided = state.totals(&BTreeMap::new()).undecided;
    let open_items = unproved + undecided;
    let document = document(&state, &manager.name, &args.statement, undecided, &list);
    let proof = match &args.proof {
        None => Proof::OperatorAsserted,
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e))?;
            let keys = Keys::read(&args.keys)?;
            store.keep(&state.head.id, &bytes)?;
            if let Some(records) = &keys.dkim {
                store.keep(&state.head.id, records.text().as_bytes())?;
            }
            if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("sig")) {
                keys.signature(document.as_bytes(), path, &manager).map_err(Failure::unusable)?
            } else {
                proof::by_mail(&bytes, keys.dkim.as_ref(), &manager).map_err(Failure::unusable)?
            }
        }
    };
    // Kept before the entry that names it.
    let document_sha256 = store.keep(&state.head.id, document.as_bytes())?;
    let out = super::sheets::remembered(&store, &state.head.id);
    if let Some(out) = &out {
        let dir = out.join(state.head.id.as_str());
        crate::lake::store::create_private_dirs(&dir)?;
        super::sheets::put(&dir.join("signoff.txt"), document.as_bytes())?;
    }
    let commit = question.view.data_commit_id().unwrap_or_default().to_string();
    let as_of = Some(question.access.as_of);
    let known = state.signed.iter().any(|s| s.manager == manager.name && s.commit == commit && s.as_of == as_of);
    if known && args.proof.is_none() {
        output::say(&format!("{} has signed off already, as of this commit", manager.name));
        return Ok(Exit::Done);
    }
    let reviewed = state.decided_by(|r| r.principal_id == person.as_str());
    if reviewed > 0 {
        output::say(&format!(
            "{} decided {reviewed} of the items as a reviewer, too: the sign-off is no second pair of eyes for them",
            manager.name
        ));
    }
    let events = [LogEvent::SignedOff {
        manager: manager.name.clone(),
        statement: args.statement.clone(),
        open_items,
        commit,
        as_of,
        proof: proof.clone(),
        document_sha256,
    }];
    let now = open::now()?;
    state.apply_all(&events, now)?;
    store.append(&state.head.id, &state.tail, &events, now, &operator(&args.by))?;
    output::say(&format!(
        "signed off by {} ({}); open items: {undecided} undecided, {unproved} not proved",
        manager.name,
        proof.kind()
    ));
    output::say(&status::sentence(&state.totals(&BTreeMap::new())));
    Ok(Exit::Done)
}

/// What is signed: the numbers, the hashes, the statement and every open item; the same at the same commit.
fn document(state: &State, manager: &str, statement: &str, undecided: usize, list: &[Outcome]) -> String {
    let mut text = format!(
        "Sign-off of the access review {}\n\ncampaign: {}\ntenant: {}\npopulation: {} items, SHA-256 {}\n{}\n",
        state.head.name,
        state.head.id,
        state.head.tenant,
        state.head.population,
        state.head.population_sha256,
        status::sentence(&state.totals(&BTreeMap::new()))
    );
    let plan = state.closing.as_ref().map(|c| c.plan_sha256.as_str()).unwrap_or_default();
    text += &format!("removal plan: SHA-256 {plan}\nmanager: {manager}\nstatement: {statement}\n\nundecided: {undecided}\n");
    let open: Vec<&Outcome> = list.iter().filter(|o| !o.word.is_done()).collect();
    text += &format!("not proved: {}\n", open.len());
    for o in open {
        let item = &state.items[state.position(&o.item).unwrap_or_default()];
        text += &format!("  {} {} of {}: {}\n", o.item, item.entitlement_name, item.principal_name, o.word);
    }
    text
}
