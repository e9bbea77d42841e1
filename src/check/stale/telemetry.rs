//! When access was last used, and how far back anybody can tell.
//!
//! Sign-ins at the package's own applications are the better witness; the account's last success stands in where there are none.

use crate::check::judge::{since, stretch_to};
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::words;
use crate::check::{Context, Draft};
use crate::lake::table::Table;
use crate::ledger::estate::AppFacts;
use crate::ledger::evidence::UsageDay;
use crate::model::{
    EntitlementKind, Finding, Holding, Instant, PackageId, PrincipalState, ReasonCode, Window,
};

const STREAMS: [&str; 2] = ["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"];

/// What is known of the use of one holding.
pub(super) struct Telemetry {
    /// The last success since the grant, or ever where the grant's time is unknown.
    pub last: Option<Instant>,
    /// What was looked at, for messages: `any of its 2 applications`, `the account`.
    pub place: String,
    /// The time in which a use would have been seen, or why there is none.
    pub sight: Result<Sight, Blind>,
    /// The record of the last success.
    pub evidence: Vec<String>,
}

/// The time in which a use would have been seen.
pub(super) struct Sight {
    pub from: Instant,
    pub until: Instant,
    /// Whether the coverage is only inferred from the first to the last record.
    pub inferred: bool,
}

/// Why nobody can tell.
pub(super) struct Blind {
    pub reason: ReasonCode,
    pub message: String,
    pub clears_when: &'static str,
    /// Whether the whole tenant lacks it: one row, not one a holding.
    pub tenant: bool,
}

/// The population of the checks on use: packages and unexplained app roles of people whose accounts work, held long enough.
pub(super) fn population<'a>(cx: &Context<'a>, at_least: i64) -> impl Iterator<Item = &'a Holding> {
    cx.held().filter(move |h| {
        let kind = h.entitlement.kind;
        let person = matches!(h.principal_type.as_str(), "user" | "guest" | "unknown");
        let works = matches!(h.principal_state, PrincipalState::Active | PrincipalState::Unknown);
        let direct = || kind == EntitlementKind::AppRole && cx.index.assignments_behind(h).is_empty();
        let old = h.held_from.is_some_and(|from| cx.as_of().0 - from.0 >= at_least);
        (kind == EntitlementKind::AccessPackage || direct()) && person && works && old && cx.left(h).is_none()
    })
}

/// The instant of the grant, as early as it can have been; `None` when nothing bounds it.
pub(super) fn granted(holding: &Holding) -> Option<Instant> {
    holding.from_earliest
}

/// Looks at the best witness there is.
pub(super) fn of_holding(cx: &Context, holding: &Holding) -> Telemetry {
    let apps = applications(cx, holding);
    let logs = STREAMS.iter().any(|s| cx.estate.has_log(s)) || !cx.estate.usage.is_empty();
    if apps.is_empty() || !logs { of_account(cx, holding) } else { of_applications(cx, holding, &apps) }
}

fn of_applications(cx: &Context, holding: &Holding, apps: &[(&str, Option<&AppFacts>)]) -> Telemetry {
    let grant = granted(holding);
    let at_app = |u: &&&UsageDay| apps.iter().any(|(sp, facts)| is_at(u, sp, *facts));
    let last = cx.index.usage_of(&holding.principal).iter().filter(at_app).filter(|u| u.successes > 0);
    let last = last.map(|u| u.last_success.unwrap_or(u.day)).filter(|t| *t <= cx.as_of()).max();
    let place = match apps {
        [(sp, facts)] => facts.map_or(*sp, |f| f.name.as_str()).to_string(),
        many => format!("any of its {} applications", many.len()),
    };
    Telemetry {
        last: last.filter(|t| grant.is_none_or(|g| *t >= g)),
        place,
        sight: sight(cx),
        evidence: Vec::new(),
    }
}

/// Which time both streams of people's sign-ins cover, up to now.
fn sight(cx: &Context) -> Result<Sight, Blind> {
    if let Some(missing) = STREAMS.iter().find(|s| !cx.estate.has_log(s)) {
        let stream = missing.trim_start_matches("sign_ins:");
        return Err(Blind {
            reason: ReasonCode::NoTelemetry,
            message: format!("the sign-in log has no {stream} stream, so the absence of sign-ins at an application proves nothing"),
            clears_when: "Ingest the interactive and the non-interactive sign-in logs of the same time.",
            tenant: true,
        });
    }
    let until = cx.as_of().plus(-cx.hours(&SIGN_IN_LAG));
    let reach = |vouched: bool| -> Option<Window> {
        let stretches = STREAMS.iter().map(|s| {
            let covered = cx.estate.coverage.get(*s)?;
            stretch_to(if vouched { &covered.vouched } else { &covered.any }, until)
        });
        let both: Option<Vec<Window>> = stretches.collect();
        both?.into_iter().reduce(|a, b| Window { from: a.from.max(b.from), until: a.until.min(b.until) })
    };
    match reach(false) {
        Some(window) => Ok(Sight {
            from: window.from,
            until: cx.as_of(),
            inferred: reach(true).is_none_or(|v| v.from > window.from),
        }),
        None => Err(Blind {
            reason: ReasonCode::SourceStale,
            message: format!("the sign-in log does not reach {}, so what was used lately is unknown", words::day(until)),
            clears_when: "Ingest sign-in logs up to the as-of date.",
            tenant: true,
        }),
    }
}

fn of_account(cx: &Context, holding: &Holding) -> Telemetry {
    let person = cx.estate.people.get(&holding.principal);
    let last = person.and_then(|p| p.last_successful_at).filter(|t| *t <= cx.as_of());
    let grant = granted(holding);
    let blind = |message: String, tenant: bool| Blind {
        reason: ReasonCode::NoTelemetry,
        message,
        clears_when: "Export users with signInActivity (AuditLog.Read.All and a P1 licence), or ingest sign-in logs.",
        tenant,
    };
    let sight = match last {
        // The value is as old as the look that showed it.
        Some(_) => Ok(Sight { from: Instant(i64::MIN), until: cx.newest_look(Table::Users).unwrap_or(cx.as_of()), inferred: false }),
        None if !cx.index.account_telemetry => Err(blind(
            "no account of the tenant has a last successful sign-in on record, so use cannot be judged".into(),
            true,
        )),
        None => {
            let name = cx.estate.principal_name(&holding.principal);
            Err(blind(format!("{name} has no last successful sign-in on record, so use of {} cannot be judged", holding.entitlement_name), false))
        }
    };
    Telemetry {
        last: last.filter(|t| grant.is_none_or(|g| *t >= g)),
        place: "the account".into(),
        sight,
        evidence: person.map(|p| p.evidence.clone()).unwrap_or_default(),
    }
}

/// The applications that a holding opens: those of the package, or the one whose role is held.
fn applications<'a>(cx: &Context<'a>, holding: &'a Holding) -> Vec<(&'a str, Option<&'a AppFacts>)> {
    let mut ids: Vec<&str> = match holding.entitlement.kind {
        EntitlementKind::AccessPackage => {
            let facts = cx.estate.packages.get(&PackageId::new(holding.entitlement.resource()));
            let roles = facts.map(|f| f.roles.as_slice()).unwrap_or_default();
            roles.iter().filter(|r| r.kind == "application").map(|r| r.resource.as_str()).collect()
        }
        _ => vec![holding.entitlement.resource()],
    };
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (id, cx.estate.apps.get(id))).collect()
}

/// Whether a day's sign-ins were at an application, by whichever of its ids is known.
pub(super) fn is_at(usage: &UsageDay, service_principal: &str, facts: Option<&AppFacts>) -> bool {
    let by_app = facts.is_some_and(|f| {
        !f.app_id.is_empty() && (usage.resource_app_id == f.app_id || usage.client_app_id == f.app_id)
    });
    by_app || usage.resource_sp_id == service_principal
}

impl Blind {
    /// The row that says so: the holding's, or one for the tenant.
    pub(super) fn row(self, cx: &Context, draft: Draft) -> Finding {
        if self.tenant {
            return cx.lacking(self.reason, &self.message, self.clears_when);
        }
        cx.not_evaluable(self.reason, Draft { message: self.message, clears_when: self.clears_when.into(), ..draft })
    }
}

impl Sight {
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
        let message = format!("the last look at users is of {}, too old to tell whether {who} has used {what}", words::day(self.until));
        let clears_when = "Export users with signInActivity again.".into();
        cx.not_evaluable(ReasonCode::SourceStale, Draft { message, clears_when, ..draft })
    }

    /// What the message must add where an absence rests on a guess.
    pub(super) fn basis(&self) -> &'static str {
        if self.inferred { ", as far as the records go: nobody vouches that the log is whole" } else { "" }
    }
}
