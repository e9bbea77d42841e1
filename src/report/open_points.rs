//! What the sources lack, and what rests on a word and not on proof: the one answer of the first page, the limitations, the
//! limits of a bundle and `verify`.

use crate::ledger::access_model::Covered;
use crate::model::Verdict;
use crate::report::Review;
use crate::report::charts::{count, thousands};

/// The format under which a file is on record of which nothing was taken.
const NOT_TAKEN: &str = "not taken";
/// The check of who judged what is theirs.
const INDEPENDENCE: &str = "REV-03";
/// Collections that are named with their reason, and names in a sentence; the tables have all.
const NAMED: usize = 6;
/// The code of questions that no check could answer: they follow from what is missing and are no gap of their own.
const UNANSWERED: &str = "not-evaluable";

/// Something that a reader is told before any number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoint {
    /// What it is, for machines.
    pub code: &'static str,
    /// The same for people, as a heading.
    pub title: &'static str,
    /// How many.
    pub count: usize,
    /// In a sentence.
    pub text: String,
    /// Logs and collections that it is about, where it is about some.
    pub about: Vec<String>,
    /// Whether something of the sources is missing, so that an answer may be wrong without any check knowing it.
    pub is_lack: bool,
}

/// The data behind a review in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whether anything is known to be missing.
    pub has_gaps: bool,
    /// `no known gaps`, or what is missing; stands after "Data quality".
    pub verdict: String,
    /// The same as a sentence beside a headline, without its full stop.
    pub headline: String,
}

/// Points that are being gathered.
#[derive(Default)]
struct Points(Vec<OpenPoint>);

impl Points {
    fn lack(&mut self, code: &'static str, title: &'static str, count: usize, text: String) {
        self.add(code, title, count, text, Vec::new(), true);
    }

    fn lack_of(&mut self, code: &'static str, title: &'static str, about: &[&str], text: String) {
        let about: Vec<String> = about.iter().map(ToString::to_string).collect();
        self.add(code, title, about.len(), text, about, true);
    }

    fn word(&mut self, code: &'static str, title: &'static str, count: usize, text: String) {
        self.add(code, title, count, text, Vec::new(), false);
    }

    fn add(&mut self, code: &'static str, title: &'static str, count: usize, text: String, about: Vec<String>, is_lack: bool) {
        if count > 0 {
            self.0.push(OpenPoint {
                code,
                title,
                count,
                text,
                about,
                is_lack,
            });
        }
    }
}

/// All of them, what is missing first.
#[must_use]
pub fn open_points(review: &Review) -> Vec<OpenPoint> {
    let mut points = Points::default();
    lacks(review, &mut points);
    words(review, &mut points);
    points.0
}

/// The state of the data, from its points.
#[must_use]
pub fn state(points: &[OpenPoint]) -> State {
    let lacks: Vec<&OpenPoint> = points.iter().filter(|p| p.is_lack && p.code != UNANSWERED).collect();
    let mut about: Vec<&str> = lacks.iter().flat_map(|p| p.about.iter().map(String::as_str)).collect();
    about.sort_unstable();
    about.dedup();
    let (verdict, headline) = match lacks.first() {
        None => ("no known gaps".to_string(), "No gap in the data is known".to_string()),
        Some(first) if about.is_empty() => {
            let text = first.text.split_once(". ").map_or(first.text.as_str(), |(text, _)| text).trim_end_matches('.');
            (format!("known gaps: {}", lower(text)), text.to_string())
        }
        Some(_) => {
            let names = listed(&about);
            (format!("known gaps in {names}"), format!("The data has known gaps: {names}"))
        }
    };
    State {
        has_gaps: !lacks.is_empty(),
        verdict,
        headline,
    }
}

fn lacks(review: &Review, points: &mut Points) {
    let access = review.access;
    let unanswered = review.findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    let text = format!("{} could not be tested; each states its reason.", count(unanswered, "subject"));
    points.lack(UNANSWERED, "Unable to test", unanswered, text);

    if access.coverage.is_empty() {
        let text = "No log was collected, so no event can be ruled out.".to_string();
        points.lack("no-log", "No log", 1, text);
    }
    let (partial, text) = partial_logs(review);
    points.lack_of("logs-not-whole", "Logs that do not cover the whole period", &partial, text);

    let (collections, text) = gapped_collections(review);
    points.lack_of("collections-not-whole", "Incomplete collections", &collections, text);

    if review.snapshots.is_empty() {
        let text = "No snapshot of the directory was collected: current access is known from events alone.".to_string();
        points.lack("no-snapshot", "No snapshot", 1, text);
    }
    let mut about: Vec<&str> = review.snapshots.iter().filter(|s| s.complete == "no").map(|s| s.collection.as_str()).collect();
    let incomplete = about.len();
    about.sort_unstable();
    about.dedup();
    let text = format!(
        "{} of {} of the directory {} not known to be complete: access that {} not list may still exist ({}).",
        thousands(incomplete),
        count(review.snapshots.len(), "snapshot"),
        if incomplete == 1 { "is" } else { "are" },
        if incomplete == 1 { "it does" } else { "they do" },
        listed(&about)
    );
    let about = about.iter().map(ToString::to_string).collect();
    points.add("snapshots-not-whole", "Incomplete snapshots", incomplete, text, about, true);

    let records = review.excluded();
    let text = format!(
        "{} excluded, each with its reason in the evidence store. No result considers what could not be used.",
        were(records, "record")
    );
    points.lack("records-not-taken", "Excluded records", records, text);
}

/// Logs of which nobody proves or asserts that they have the whole period without a gap.
fn partial_logs<'a>(review: &'a Review) -> (Vec<&'a str>, String) {
    let in_period = |c: &Covered| c.gaps.iter().any(|(w, _)| w.is_none_or(|w| w.meets(&review.period)));
    let partial = |c: &Covered| !c.attested_spans(review.period) || in_period(c);
    let logs: Vec<&str> = review.access.coverage.iter().filter(|(_, c)| partial(c)).map(|(log, _)| log.as_str()).collect();
    let text = format!(
        "{} of {} {} neither proven nor asserted to be complete for the whole period: {}. Where coverage is inferred or missing, the absence of an event proves nothing.",
        thousands(logs.len()),
        count(review.access.coverage.len(), "log"),
        if logs.len() == 1 { "is" } else { "are" },
        listed(&logs)
    );
    (logs, text)
}

/// Collections of which something is missing or was not understood, with the reason of each.
fn gapped_collections<'a>(review: &'a Review) -> (Vec<&'a str>, String) {
    let gaps = &review.access.collection_gaps;
    let names: Vec<&str> = gaps.keys().map(String::as_str).collect();
    let reason = |(name, gaps): (&String, &Vec<_>)| {
        let reason = gaps.first().map_or("", |(_, reason): &(_, String)| reason.trim_end_matches('.'));
        format!("{name} ({reason})")
    };
    let named: Vec<String> = gaps.iter().take(NAMED).map(reason).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    let text = format!(
        "{} not complete, since records could not be read or understood, or retention deleted them: {}{more}.",
        if names.len() == 1 {
            "1 collection is".into()
        } else {
            format!("{} are", count(names.len(), "collection"))
        },
        named.join(", ")
    );
    (names, text)
}

fn words(review: &Review, points: &mut Points) {
    let access = review.access;
    let files = review.sources.iter().filter(|s| s.format == NOT_TAKEN).count();
    let text = format!("{} named, of which nothing was taken, each with its reason.", were(files, "file"));
    points.word("files-not-taken", "Files of which nothing was taken", files, text);

    let logs = |is: &dyn Fn(&Covered) -> bool| -> Vec<&str> { access.coverage.iter().filter(|(_, c)| is(c)).map(|(log, _)| log.as_str()).collect() };
    // What is proven lies within what is attested.
    let asserted = logs(&|c| c.attested.iter().any(|w| !c.proven.iter().any(|p| p.contains(w))));
    let text = format!(
        "That {} complete is asserted by somebody; no pull proves it: {}.",
        these(asserted.len(), "log"),
        asserted.join(", ")
    );
    points.word("asserted-coverage", "Asserted coverage", asserted.len(), text);

    let inferred = logs(&|c| c.any.iter().any(|w| !c.attested_spans(*w)));
    let text = format!(
        "That {} complete between the first and the last record is inferred, in part or in all: a filtered export would look the same ({}).",
        these(inferred.len(), "log"),
        inferred.join(", ")
    );
    points.word("inferred-coverage", "Inferred coverage", inferred.len(), text);

    let claimed = review.snapshots.iter().filter(|s| s.complete == "claimed").count();
    let text = format!(
        "That {} complete is asserted by somebody (--complete, or a coverage.toml); no count ties.",
        these(claimed, "snapshot")
    );
    points.word("claimed-snapshots", "Asserted snapshots", claimed, text);

    let open = access.packages.values().filter(|p| p.sensitive_because.is_empty()).count();
    let all = access.packages.len();
    let text = match open == all {
        true => format!(
            "None of {} is classified as sensitive, by configuration or by what it contains.",
            count(all, "package")
        ),
        false => format!("{} of {} are not classified as sensitive.", thousands(open), count(all, "package")),
    };
    points.word("packages-not-classified", "Packages that nobody classified", open, text);

    let tied = review
        .findings
        .iter()
        .filter(|f| f.result == Verdict::Finding && f.check.as_str() == INDEPENDENCE)
        .count();
    let text = format!(
        "Access reviews are not independent in {}: the reviewer holds, gave or approved what was reviewed, or had a disabled account ({INDEPENDENCE}).",
        count(tied, "case")
    );
    points.word("reviewers-not-independent", "Independence of reviewers", tied, text);

    for section in review.campaigns {
        for warning in &section.warnings {
            let text = format!("Campaign {}: {}.", section.name, warning.trim_end_matches('.'));
            points.word("campaign", "Campaign", 1, text);
        }
    }
}

fn were(n: usize, noun: &str) -> String {
    format!("{} {}", count(n, noun), if n == 1 { "was" } else { "were" })
}

/// `1 log is`, `3 logs are`.
fn these(n: usize, noun: &str) -> String {
    format!("{} {}", count(n, noun), if n == 1 { "is" } else { "are" })
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {} more", thousands(more)),
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
