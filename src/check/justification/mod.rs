//! The reasons that people give.

pub(super) mod jus_01;
pub(super) mod jus_02;
mod score;
mod stopwords;
mod tokens;

pub use score::{Feature, Score, score};

use crate::check::{Context, Threshold};
use crate::ledger::access_model::RequestHistory;

/// Requests of the period for which a person had to give a reason.
fn due<'a>(cx: &Context<'a>, look_back: &Threshold) -> impl Iterator<Item = &'a RequestHistory> {
    let access = cx.access;
    cx.requests(look_back).filter(move |s| {
        let policy = s.policy.as_ref().and_then(|p| access.policies.get(p));
        let asked = policy.is_none_or(|p| !p.automatic && p.justification_asked != Some(false));
        let made = matches!(s.kind.as_str(), "userAdd" | "onBehalfAdd");
        made && asked && !s.state.to_ascii_lowercase().starts_with("cancel")
    })
}

/// The reason given, if there is one beyond blanks.
fn given(story: &RequestHistory) -> Option<&str> {
    story.justification.as_deref().map(str::trim).filter(|t| !t.is_empty())
}
