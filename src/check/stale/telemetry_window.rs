//! In which time a use would have been seen, or why nobody can tell.

use super::telemetry::granted;
use crate::check::judge::{since, stretch_to};
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::{Context, Draft, words};
use crate::lake::table::Table;
use crate::model::{Finding, Holding, Instant, ReasonCode, Window};

/// The streams of people's sign-ins: the absence of use needs both.
pub(super) const STREAMS: [&str; 2] = ["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"];

/// The time in which a use would have been seen.
pub(super) struct TelemetryWindow {
    pub from: Instant,
    pub until: Instant,
    /// Whether the coverage is only inferred from the first to the last record.
    pub inferred: bool,
}

/// Why nobody can tell.
#[derive(Clone)]
pub(super) struct TelemetryGap {
    pub reason: ReasonCode,
    pub message: String,
    pub clears_when: &'static str,
    /// What the whole tenant lacks: one row, not one a holding.
    pub tenant: Option<Table>,
}

/// Which time both streams of people's sign-ins cover, up to now.
pub(super) fn of_sign_ins(cx: &Context) -> Result<TelemetryWindow, TelemetryGap> {
    if let Some(missing) = STREAMS.iter().find(|s| !cx.access.has_log(s)) {
        let stream = missing.trim_start_matches("sign_ins:");
        return Err(TelemetryGap {
            reason: ReasonCode::NoTelemetry,
            message: format!("the sign-in log has no {stream} stream, so the absence of sign-ins at an application proves nothing"),
            clears_when: "Ingest the interactive and the non-interactive sign-in logs of the same time.",
            tenant: Some(Table::SignIns),
        });
    }
    let until = cx.as_of().plus(-cx.hours(&SIGN_IN_LAG));
    let reach = |attested: bool| -> Option<Window> {
        let stretches = STREAMS.iter().map(|s| {
            let covered = cx.access.coverage.get(*s)?;
            stretch_to(if attested { &covered.attested } else { &covered.any }, until)
        });
        let both: Option<Vec<Window>> = stretches.collect();
        both?.into_iter().reduce(|a, b| Window {
            from: a.from.max(b.from),
            until: a.until.min(b.until),
        })
    };
    match reach(false) {
        Some(window) => Ok(TelemetryWindow {
            from: window.from,
            until: cx.as_of(),
            inferred: reach(true).is_none_or(|v| v.from > window.from),
        }),
        None => Err(TelemetryGap {
            reason: ReasonCode::SourceStale,
            message: format!("the sign-in log does not reach {}, so what was used lately is unknown", words::day(until)),
            clears_when: "Ingest sign-in logs up to the as-of date.",
            tenant: Some(Table::SignIns),
        }),
    }
}

impl TelemetryGap {
    /// The row that says so: the holding's, or one for the tenant.
    pub(super) fn row(self, cx: &Context, draft: Draft) -> Finding {
        if let Some(source) = self.tenant {
            return cx.lacking(self.reason, source, &self.message, self.clears_when);
        }
        cx.not_evaluable(
            self.reason,
            Draft {
                message: self.message,
                clears_when: self.clears_when.into(),
                ..draft
            },
        )
    }
}

impl TelemetryWindow {
    /// Why a use since the grant can be neither ruled in nor out.
    pub(super) fn too_short(&self, cx: &Context, holding: &Holding, draft: Draft) -> Finding {
        let (who, what) = (&draft.subject.name, &draft.object.name);
        let held = format!("{who} has held {what} {}", since(holding));
        let message = if granted(holding).is_some() {
            format!("{held}, and use can be judged only from {} on", words::day(self.from))
        } else {
            format!("{held}, and since nothing tells when that began, a use in the meantime cannot be ruled out")
        };
        let clears_when = "Ingest sign-in logs that begin before the grant, or keep them for longer from now on.".into();
        cx.not_evaluable(ReasonCode::OutsideRetention, Draft { message, clears_when, ..draft })
    }

    /// The last successes were recorded too long ago to say anything about now.
    pub(super) fn stale(&self, cx: &Context, draft: Draft) -> Finding {
        let (who, what) = (&draft.subject.name, &draft.object.name);
        let message = format!(
            "the last snapshot of users is of {}, too old to tell whether {who} has used {what}",
            words::day(self.until)
        );
        let clears_when = "Export users with signInActivity again.".into();
        cx.not_evaluable(ReasonCode::SourceStale, Draft { message, clears_when, ..draft })
    }

    /// What the message must add where an absence rests on a guess.
    pub(super) fn basis(&self) -> &'static str {
        if self.inferred { ", based on logs that may be incomplete" } else { "" }
    }
}
