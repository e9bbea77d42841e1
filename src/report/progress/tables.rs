//! Tables of a campaign: reviewers, entitlements, proofs, and what happened.

use super::charts::each;
use super::{Progress, minute};
use crate::campaign::authorship::words;
use crate::campaign::review_quality::ReviewQuality;
use crate::campaign::terms::terms;
use crate::campaign::{Proof, ReviewerKey, Totals};
use crate::report::charts::{count, thousands};

/// Anchor of the table of proofs.
pub const PROOFS: &str = "proof";
/// Rows of a table on the page.
const SHOWN: usize = 300;

/// The head of a column.
pub struct Head {
    /// What stands there.
    pub name: &'static str,
    /// Whether it holds numbers.
    pub number: bool,
}

/// A table with its words.
pub struct Table {
    /// Anchor.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// What it says, in words.
    pub lead: String,
    /// Columns.
    pub heads: Vec<Head>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
    /// Rows that are left out.
    pub more: usize,
}

/// All tables, in order.
pub fn all(progress: &Progress, review_quality: &[ReviewQuality]) -> Vec<Table> {
    vec![
        reviewers(progress, review_quality),
        packages(progress),
        proofs(progress),
        happened(progress),
        agreed(progress),
    ]
}

/// The terms of the campaign: scope, exclusions, reviewers, no response.
pub(super) fn agreed(progress: &Progress) -> Table {
    let rows = terms(progress.state).into_iter().map(|(name, words)| vec![name.to_string(), words]);
    let lead = "What was to be reviewed, what was left out, by whom, and what no response means.".to_string();
    table("terms", "Terms", lead, &[("term", false), ("words", false)], rows.collect())
}

fn table(id: &'static str, title: &'static str, lead: String, heads: &[(&'static str, bool)], mut rows: Vec<Vec<String>>) -> Table {
    let more = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    Table {
        id,
        title,
        lead,
        heads: heads.iter().map(|(name, number)| Head { name, number: *number }).collect(),
        rows,
        more,
    }
}

fn numbers(t: &Totals) -> Vec<String> {
    let a = &t.all;
    let mut cells: Vec<String> = [t.population, a.keep, a.revoke, a.modify, a.exception, t.undecided]
        .iter()
        .map(thousands)
        .collect();
    cells.push(thousands(t.by_silence.sum()));
    cells.push(format!("{} %", t.completion()));
    cells
}

const NUMBERS: [(&str, bool); 8] = [
    ("items", true),
    ("keep", true),
    ("remove", true),
    ("change", true),
    ("exception", true),
    ("undecided", true),
    ("no response", true),
    ("by person", true),
];

pub(super) fn reviewers(progress: &Progress, review_quality: &[ReviewQuality]) -> Table {
    let state = progress.state;
    let mut all: Vec<_> = state.by_reviewer(progress.lapsed).into_iter().filter(|(_, t)| t.population > 0).collect();
    all.sort_by(|(a, x), (b, y)| (y.owed(), y.population, a).cmp(&(x.owed(), x.population, b)));
    let people = all.iter().filter(|(k, _)| !k.is_unassigned());
    let sent = |k: &ReviewerKey| state.imports.iter().any(|(_, _, r)| r.reviewer == *k);
    // Entra's own reviews come as records, not as files.
    let silent = people.clone().filter(|(k, t)| t.by_person.sum() == 0 && !sent(k)).count();
    let nobody: usize = all.iter().filter(|(k, _)| k.is_unassigned()).map(|(_, t)| t.population).sum();
    let unassigned = if nobody == 0 {
        String::new()
    } else {
        format!("; {} without a reviewer", count(nobody, "item"))
    };
    let lead = format!(
        "{}, those who owe most first; {} sent nothing back{}{unassigned}.",
        count(people.count(), "reviewer"),
        thousands(silent),
        if state.closing.is_some() { "" } else { " yet" }
    );
    let pace: std::collections::BTreeMap<&ReviewerKey, i64> = review_quality.iter().filter_map(|m| each(m).map(|s| (&m.reviewer, s))).collect();
    let row = |(key, t): &(ReviewerKey, Totals)| {
        let mut cells = vec![key.to_string()];
        cells.extend(numbers(t));
        let last = state.imports.iter().filter(|(_, _, r)| r.reviewer == *key).map(|(_, at, _)| *at).max();
        let reminded = state.reminders.iter().filter(|r| r.reviewer == *key).count();
        let seconds = pace.get(key);
        cells.push(last.map(minute).unwrap_or_default());
        cells.push(thousands(reminded));
        cells.push(seconds.map(|s| format!("{} s", thousands(*s))).unwrap_or_default());
        cells.push(
            match (t.owed() > 0, last.is_some(), progress.at >= state.due_at) {
                _ if key.is_unassigned() => "without a reviewer",
                _ if state.closing.is_some() && t.by_silence.sum() == t.population => "no response",
                _ if state.closing.is_some() && t.by_silence.sum() + t.undecided > 0 => "no response in part",
                (false, ..) => "done",
                (true, _, true) => "late",
                (true, false, false) => "no response yet",
                (true, true, false) => "open",
            }
            .to_string(),
        );
        cells
    };
    let mut heads = vec![("reviewer", false)];
    heads.extend(NUMBERS);
    heads.extend([("last file", false), ("reminders", true), ("each", true), ("state", false)]);
    table("reviewers", "Reviewers", lead, &heads, all.iter().map(row).collect())
}

pub(super) fn packages(progress: &Progress) -> Table {
    let state = progress.state;
    let mut all: Vec<_> = state
        .count(progress.lapsed, |i| {
            (state.items[i].entitlement_name.clone(), state.items[i].entitlement_id.clone())
        })
        .into_iter()
        .collect();
    all.sort_by(|(a, x), (b, y)| (y.all.revoke, y.population, a).cmp(&(x.all.revoke, x.population, b)));
    let row = |((name, id), t): &((String, String), Totals)| {
        let mut cells = vec![if name.is_empty() { id.clone() } else { name.clone() }];
        cells.extend(numbers(t));
        cells
    };
    let mut heads = vec![("entitlement", false)];
    heads.extend(NUMBERS);
    let lead = format!("{}, those that lose most first.", count(all.len(), "entitlement"));
    table("packages", "Entitlements", lead, &heads, all.iter().map(row).collect())
}

pub(super) fn proofs(progress: &Progress) -> Table {
    let imports = &progress.state.imports;
    let counts = progress.state.proofs();
    let lead = if counts.is_empty() {
        "No decision of a person binds yet.".to_string()
    } else {
        let parts: Vec<String> = counts.iter().map(|(kind, n)| format!("{} {}", thousands(n), words(kind))).collect();
        format!("Decisions that bind: {}.", parts.join("; "))
    };
    let row = |(sequence, at, r): &(u64, crate::model::Instant, crate::campaign::ImportRecord)| {
        let how = match &r.proof {
            Proof::Sshsig {
                principal, key_fingerprint, ..
            } => format!("signed by {principal}, key {key_fingerprint}"),
            Proof::Email { from, message_id, dkim, .. } => format!("mail from {from}, {message_id}, DKIM {dkim}"),
            Proof::Entra { instance, .. } => format!("review instance {instance} of Entra"),
            Proof::OperatorAsserted => format!("no independent evidence: the word of {}", r.imported_by),
        };
        vec![
            sequence.to_string(),
            minute(*at),
            r.reviewer.to_string(),
            r.file.clone(),
            r.imported_by.clone(),
            thousands(r.decided),
            thousands(r.changed),
            how,
        ]
    };
    let heads = [
        ("entry", true),
        ("when", false),
        ("reviewer", false),
        ("file", false),
        ("imported by", false),
        ("decided", true),
        ("new or changed", true),
        ("how it is known", false),
    ];
    table(PROOFS, "Proof of who decided", lead, &heads, imports.iter().rev().map(row).collect())
}

fn happened(progress: &Progress) -> Table {
    let state = progress.state;
    let mut rows: Vec<(crate::model::Instant, &'static str, String, String)> = Vec::new();
    rows.push((
        state.head.opened_at,
        "opened",
        state.head.opened_by.clone(),
        count(state.head.population, "item"),
    ));
    for (at, m) in &state.moves {
        let what = format!("{} from {} to {}: {}", count(m.items.len(), "item"), m.from, m.to, m.reason);
        rows.push((*at, "handed over", m.how.clone(), what));
    }
    for r in &state.reminders {
        let to = if r.to.is_empty() { "no address is known" } else { &r.to };
        rows.push((r.at, "reminded", r.reviewer.to_string(), format!("{}: {to}", r.step)));
    }
    for (at, due, why) in &state.extended {
        rows.push((*at, "made longer", String::new(), format!("until {}: {why}", minute(*due))));
    }
    if let Some(closing) = &state.closing {
        let early = closing.early.as_ref().map_or(String::new(), |why| format!("before the end, because: {why}; "));
        rows.push((closing.at, "closed", closing.by.clone(), format!("{early}plan {}", closing.plan_sha256)));
    }
    if let Some((commit, as_of, outcomes)) = &state.verified {
        let parts: Vec<String> = outcomes.iter().map(|(word, n)| format!("{} {word}", thousands(n))).collect();
        rows.push((*as_of, "verified", commit.chars().take(12).collect(), parts.join(", ")));
    }
    for s in &state.signed {
        let seen = s.as_of.map_or(String::new(), |t| format!("the outcomes as of {}", minute(t)));
        rows.push((s.at, "signed off", s.manager.clone(), seen));
    }
    rows.sort();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .rev()
        .map(|(at, what, who, more)| vec![minute(at), what.into(), who, more])
        .collect();
    let lead = "The newest first; files that came back are listed above.".to_string();
    table(
        "happened",
        "What happened",
        lead,
        &[("when", false), ("what", false), ("who", false), ("more", false)],
        rows,
    )
}
