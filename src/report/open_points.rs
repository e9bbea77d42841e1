//! What rests on a word and not on proof, and what the sources lack: told on the first page, in the limits and by `verify`.

use crate::model::Verdict;
use crate::report::Review;
use crate::report::charts::{count, thousands};

/// The format under which a file is on record of which nothing was taken.
const NOT_TAKEN: &str = "not taken";

/// Something that a reader is told before any number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoint {
    /// What it is, for machines.
    pub code: &'static str,
    /// How many.
    pub count: usize,
    /// In a sentence.
    pub text: String,
    /// Whether something of the sources is missing, so that an answer may be wrong without any check knowing it.
    pub is_lack: bool,
}

/// All of them, what is missing first.
#[must_use]
pub fn open_points(review: &Review) -> Vec<OpenPoint> {
    let mut points = Vec::new();
    let mut add = |code, count: usize, is_lack, text: String| {
        if count > 0 {
            points.push(OpenPoint { code, count, text, is_lack });
        }
    };
    let unanswered = review.findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    let text = format!("{} could not be answered from the sources.", count(unanswered, "question"));
    add("not-evaluable", unanswered, true, text);

    let access = review.access;
    let gaps = &access.collection_gaps;
    let names: Vec<&str> = gaps.keys().map(String::as_str).collect();
    let text = format!(
        "Something of {} is missing or was not understood: {}.",
        count(names.len(), "collection"),
        names.join(", ")
    );
    add("collections-not-whole", names.len(), true, text);

    let in_period = |c: &crate::ledger::access_model::Covered| c.gaps.iter().any(|(w, _)| w.is_none_or(|w| w.meets(&review.period)));
    let gapped: Vec<&str> = access.coverage.iter().filter(|(_, c)| in_period(c)).map(|(log, _)| log.as_str()).collect();
    let text = format!("{} a gap in the period: {}.", had(gapped.len(), "log"), gapped.join(", "));
    add("logs-with-gaps", gapped.len(), true, text);

    let records: usize = review.rejects.iter().map(|r| r.count).sum();
    let text = format!("{} read and not taken, each with its reason.", were(records, "record"));
    add("records-not-taken", records, true, text);

    let files = review.sources.iter().filter(|s| s.format == NOT_TAKEN).count();
    let text = format!("{} named, of which nothing was taken, each with its reason.", were(files, "file"));
    add("files-not-taken", files, false, text);

    // What is proven lies within what is attested.
    let on_word = |c: &crate::ledger::access_model::Covered| c.attested.iter().any(|w| !c.proven.iter().any(|p| p.contains(w)));
    let asserted: Vec<&str> = access.coverage.iter().filter(|(_, c)| on_word(c)).map(|(log, _)| log.as_str()).collect();
    let text = format!(
        "That {} whole somebody asserts; no pull proves it: {}.",
        if asserted.len() == 1 {
            "a log is".into()
        } else {
            format!("{} are", count(asserted.len(), "log"))
        },
        asserted.join(", ")
    );
    add("asserted-coverage", asserted.len(), false, text);

    let guessed = |c: &crate::ledger::access_model::Covered| c.any.iter().any(|w| !c.attested_spans(*w));
    let inferred: Vec<&str> = access.coverage.iter().filter(|(_, c)| guessed(c)).map(|(log, _)| log.as_str()).collect();
    let text = format!(
        "That {} whole between the first and the last record is a guess, in part or in all: {}.",
        if inferred.len() == 1 {
            "a log is".into()
        } else {
            format!("{} are", count(inferred.len(), "log"))
        },
        inferred.join(", ")
    );
    add("inferred-coverage", inferred.len(), false, text);

    let claimed = review.snapshots.iter().filter(|s| s.complete == "claimed").count();
    let text = format!(
        "{} at the directory complete by somebody's word (--complete, or a coverage.toml); no count ties them.",
        if claimed == 1 {
            "1 look is".into()
        } else {
            format!("{} are", count(claimed, "look"))
        }
    );
    add("claimed-looks", claimed, false, text);

    let open = access.packages.values().filter(|p| p.sensitive_because.is_empty()).count();
    let all = access.packages.len();
    let text = if open == all {
        format!(
            "None of {} is classified as sensitive, by configuration or by what it contains.",
            count(all, "package")
        )
    } else {
        format!("{} of {} are not classified as sensitive.", thousands(open), count(all, "package"))
    };
    add("packages-not-classified", open, false, text);

    for section in review.campaigns {
        for warning in &section.warnings {
            let text = format!("Campaign {}: {}.", section.name, warning.trim_end_matches('.'));
            add("campaign", 1, false, text);
        }
    }
    points
}

/// Whether every question could be answered: no check lacks an answer, and nothing of the sources is missing.
#[must_use]
pub fn all_answered(points: &[OpenPoint]) -> bool {
    !points.iter().any(|p| p.is_lack)
}

/// How far the answers reach, after a comma.
#[must_use]
pub fn reach(points: &[OpenPoint]) -> String {
    let unanswered = points.iter().find(|p| p.code == "not-evaluable").map_or(0, |p| p.count);
    match unanswered {
        0 if all_answered(points) => "every question could be answered".into(),
        0 => "no check lacks an answer, though something of the sources is missing".into(),
        1 => "one question could not be answered from the sources".into(),
        n => format!("{} questions could not be answered from the sources", thousands(n)),
    }
}

fn were(n: usize, noun: &str) -> String {
    format!("{} {}", count(n, noun), if n == 1 { "was" } else { "were" })
}

fn had(n: usize, noun: &str) -> String {
    format!("{} {}", count(n, noun), if n == 1 { "has" } else { "have" })
}
