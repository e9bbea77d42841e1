//! The reasons that people give.

mod copies;
pub(super) mod jus_01;
pub(super) mod jus_02;
pub(super) mod jus_03;
pub(super) mod jus_04;
pub(super) mod jus_05;
pub(super) mod jus_06;
mod score;
mod stopwords;
mod tokens;

pub use score::{Feature, Score, score};

use crate::check::{Context, Draft, Outcome, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::shown;
use crate::model::{PackageId, ReasonCode};
use std::collections::BTreeMap;

/// Whether a reason had to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// The policy asks for one.
    Yes,
    /// The policy asks for none: one that is given anyway is welcome.
    No,
    /// No record of the policy tells.
    Unknown,
}

/// Requests of the period that people made, and whether they had to give a reason.
fn due<'a>(cx: &Context<'a>, look_back: &Threshold) -> impl Iterator<Item = (Due, &'a RequestHistory)> {
    let access = cx.access;
    cx.requests(look_back).filter_map(move |s| {
        let made = matches!(s.kind.as_str(), "userAdd" | "onBehalfAdd");
        if !made || s.state.to_ascii_lowercase().starts_with("cancel") {
            return None;
        }
        let policy = s.policy.as_ref().and_then(|p| access.policies.get(p));
        match policy.map(|p| (p.automatic, p.justification_asked)) {
            Some((true, _) | (_, Some(false))) => Some((Due::No, s)),
            Some((false, Some(true))) => Some((Due::Yes, s)),
            Some((false, None)) | None => Some((Due::Unknown, s)),
        }
    })
}

/// The rows that say, for each package, of how many requests no record tells whether a reason was due.
fn untold(cx: &Context, stories: Vec<&RequestHistory>, out: &mut Outcome) {
    let mut by_package: BTreeMap<Option<&PackageId>, Vec<&RequestHistory>> = BTreeMap::new();
    for story in stories {
        by_package.entry(story.package.as_ref()).or_default().push(story);
    }
    for (package, stories) in by_package {
        let number = stories.len();
        let subject = package.map_or_else(|| Thing::new("package", "", "an unknown package"), |p| cx.package(p));
        let draft = Draft {
            message: format!(
                "{} for {}: no record of their policy tells whether it asks for a justification",
                words::many(number, "request"),
                subject.name
            ),
            subject,
            object: Thing::new("source", Table::Policies.name(), ""),
            evidence: stories.iter().flat_map(|s| s.evidence.iter().map(ToString::to_string)).collect(),
            clears_when: "A snapshot of assignment policies that tells whether requestors must give a reason.".into(),
            ..Draft::default()
        };
        out.push_for(cx.not_evaluable(ReasonCode::JoinMissing, draft), number);
    }
}

/// The reason given, if there is one beyond blanks and what nobody sees.
fn given(story: &RequestHistory) -> Option<&str> {
    story.justification.as_deref().filter(|t| !shown::is_blank(t)).map(str::trim)
}
