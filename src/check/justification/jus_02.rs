//! `JUS-02`: a reason that says nothing.

use super::{Due, due, given, score, untold};
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_I, CC6_2, CC6_3};
use crate::model::{CheckId, Finding, ReasonCode, Severity};
use sha2::{Digest, Sha256};

check! {
    /// A justification says nothing
    ///
    /// ## Why it matters
    /// "Need access" is a justification in form only: it could stand under every request.
    /// An approver who accepts it decides without knowing what for, and a reviewer cannot tell whether the need is over.
    ///
    /// ## What it looks for
    /// A justification given in the last 365 days whose score is below the mark.
    /// The score runs from 0 to 100 and is made of features that a person can check, each listed in the message:
    /// words that say what for (up to 45), a ticket (35), a date or a period (20), a length of at least ten characters and three words (10), and minus 20 for repeating the package's name or description.
    /// Words that fit every request, in English, German, French, Spanish and Italian, and the words of the package's name do not count as saying what for.
    /// The text itself stays in the request's record, since it can hold personal or health data: the message gives its length and hash.
    ///
    /// ## Known false positives
    /// Abbreviations that only the team knows.
    /// Policies that ask questions of their own, whose answers hold the reason.
    ///
    /// ## What to do
    /// Tell approvers what a good reason looks like: a task, until when, and the ticket.
    ///
    /// ## Examples
    /// Words that fit every request:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|-----|-----|---------|-------|---|
    /// | 09:00 | request | ana | ana | payroll | "need access" | ◀ |
    /// | 09:10 | request | bo  | bo  | payroll | "as discussed" | ◀ |
    /// | 09:20 | request | cy  | cy  | payroll | "payroll" | ◀ |
    ///
    /// A task with a ticket, a task with an end, and no reason at all, which is another check's:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|-----|-----|---------|-------|---|
    /// | 09:00 | request | ana | ana | payroll | "JIRA OPS-12 migrate billing DB" |   |
    /// | 09:10 | request | bo  | bo  | payroll | "Cover Dr. Ruiz's ward rota until 30 June" |   |
    /// | 09:20 | request | cy  | cy  | payroll |       |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-02"),
        severity: Severity::Low,
        practice: &["P7"],
        controls: &[AC_2_I, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &MARK],
        reads: &[Table::Requests, Table::AuditEvents, Table::Policies, Table::Packages],
        shard_by: Shard::Package,
        cost: "requests of the period, each text read once",
        run,
    }
}

static MARK: Threshold = Threshold {
    name: "justification_mark",
    default: 40,
    unit: "points",
    origin: "ours: a task and two of ticket, date and length reach it; words that fit every request do not",
    help: "The score below which a justification says nothing.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mark = cx.threshold(&MARK);
    let mut unknown: Vec<&RequestHistory> = Vec::new();
    for (asked, story) in due(cx, &LOOK_BACK) {
        let Some(text) = given(story) else { continue };
        let package = story.package.as_ref().and_then(|p| cx.access.packages.get(p));
        let (name, description) = package.map_or(("", ""), |p| (&p.name, &p.description));
        let score = score(text, name, description);
        if i64::from(score.points) >= mark {
            // Words of the package's name say nothing: where the name is unknown, so is what the text says.
            if name.is_empty() && i64::from(score.without_words()) < mark {
                out.push(nameless(cx, story));
            } else {
                out.pass_of(cx, story, format_args!("the reason has {} points of the {mark} that are asked", score.points));
            }
        } else if asked == Due::No {
        } else if asked == Due::Unknown {
            unknown.push(story);
        } else {
            out.push(found(cx, story, text, &score, mark));
        }
    }
    untold(cx, unknown, &mut out);
    out
}

fn nameless(cx: &Context, story: &RequestHistory) -> Finding {
    let who = story.requestor.as_ref().or(story.recipient.as_ref());
    let subject = who.map_or_else(|| Thing::new("principal", "", "somebody"), |p| cx.principal(p));
    let mut draft = Draft::of_request(cx, subject, story);
    draft.message = format!(
        "{} gave a reason for {}, and the package's name is not on record, so whether the reason only repeats it is unknown",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A snapshot of packages that lists it.".into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

fn found(cx: &Context, story: &RequestHistory, text: &str, score: &super::Score, mark: i64) -> Finding {
    let who = story.requestor.as_ref().or(story.recipient.as_ref());
    let subject = who.map_or_else(|| Thing::new("principal", "", "somebody"), |p| cx.principal(p));
    let mut draft = Draft::of_request(cx, subject, story);
    let when = story.created_at.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
    let mut hash = hex::encode(Sha256::digest(text.as_bytes()));
    hash.truncate(12);
    let length = words::many(text.chars().count(), "character");
    draft.severity = Severity::Low;
    draft.reason = "says-nothing";
    draft.message = format!(
        "{} asked for {}{when} with a justification of {length} (SHA-256 {hash}) that scores {} of 100, below {mark}: {}",
        draft.subject.name,
        draft.object.name,
        score.points,
        score.in_words(),
    );
    draft.clears_when = "A reason that names the task, until when, or a ticket: a new request, or the next review.".into();
    cx.finding(draft)
}
