//! `JUS-01`: no reason where one is due.

use super::{Due, due, given, untold};
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AU_3, CC6_2, CC6_3, HIPAA_316_B_1_II};
use crate::model::{CheckId, PackageId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// A request gives no justification
    ///
    /// ## Why it matters
    /// The justification is the only record of why somebody got access.
    /// Without one neither the approver then nor the reviewer later can tell whether it is still needed.
    ///
    /// ## What it looks for
    /// A request made in the last 365 days, by a person for themselves or for another, whose justification is absent or blank.
    /// Requests that were withdrawn are left out, and so are those of policies that ask for none.
    ///
    /// ## Known false positives
    /// Policies that ask questions of their own instead: the answers are not part of the justification.
    ///
    /// ## What to do
    /// Ask the holder for the reason and record it with the next review, and make the policy ask for one.
    ///
    /// ## Examples
    /// No reason, and one of blanks only:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|-----|-----|---------|-------|---|
    /// | 09:00 | request | ana | ana | payroll |       | ◀ |
    /// | 10:00 | request | bo  | bo  | payroll | "   " | ◀ |
    ///
    /// A reason is given; a request was withdrawn; a policy asks for none:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|-----|-----|---------|-------|---|
    /// | 08:00 | policy  |     |     | library | no reason asked |   |
    /// | 09:00 | request | ana | ana | payroll | "Month-end close for Q3, ticket FIN-4821" |   |
    /// | 09:30 | request | bo  | bo  | payroll | canceled |   |
    /// | 10:00 | request | cy  | cy  | library |       |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-01"),
        severity: Severity::Medium,
        practice: &["P7"],
        controls: &[AU_3, CC6_2, CC6_3, HIPAA_316_B_1_II],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Requests, Table::AuditEvents, Table::Policies],
        shard_by: Shard::Package,
        cost: "requests of the period",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut unseen: BTreeMap<Option<&PackageId>, Vec<&RequestHistory>> = BTreeMap::new();
    let mut unknown: Vec<&RequestHistory> = Vec::new();
    for (asked, story) in due(cx, &LOOK_BACK) {
        if given(story).is_some() {
            out.pass_of(cx, story, "a reason is given");
        } else if asked == Due::No {
        } else if !story.justification_visible {
            unseen.entry(story.package.as_ref()).or_default().push(story);
        } else if asked == Due::Unknown {
            unknown.push(story);
        } else {
            out.push(found(cx, story));
        }
    }
    untold(cx, unknown, &mut out);
    for (package, stories) in unseen {
        let number = stories.len();
        let subject = package.map_or_else(|| Thing::new("package", "", "an unknown package"), |p| cx.package(p));
        let draft = Draft {
            message: format!(
                "{} for {}: no record that could hold a justification is in the lake",
                words::many(number, "request"),
                subject.name
            ),
            subject,
            evidence: stories.iter().flat_map(|s| s.evidence.iter().map(ToString::to_string)).collect(),
            clears_when: "The requests themselves, or the audit events of the time when they were made.".into(),
            ..Draft::default()
        };
        out.push_for(cx.not_evaluable(ReasonCode::NoTelemetry, draft), number);
    }
    out
}

fn found(cx: &Context, story: &RequestHistory) -> crate::model::Finding {
    let who = story.requestor.as_ref().or(story.recipient.as_ref());
    let subject = who.map_or_else(|| Thing::new("principal", "", "somebody"), |p| cx.principal(p));
    let mut draft = Draft::of_request(cx, subject, story);
    let what = if story.justification.is_some() {
        "a blank justification"
    } else {
        "no justification"
    };
    let when = story.created_at.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
    let state = words::state(&story.state);
    draft.severity = Severity::Medium;
    draft.reason = if story.justification.is_some() { "blank" } else { "absent" };
    draft.message = format!("{} asked for {}{when} with {what}{state}", draft.subject.name, draft.object.name);
    draft.clears_when = "A reason on record: a new request, or the next review of this access.".into();
    cx.finding(draft)
}
