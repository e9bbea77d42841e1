//! When access was last used, and how far back anybody can tell.
//!
//! Sign-ins at the package's own applications are the better witness; the account's last success stands in where there are none.

use super::telemetry_window::{STREAMS, TelemetryGap, TelemetryWindow, of_sign_ins};
use crate::check::Context;
use crate::lake::table::Table;
use crate::ledger::access_model::AppFacts;
use crate::ledger::evidence::UsageDay;
use crate::model::{EntitlementKind, Holding, Instant, PackageId, PrincipalState, ReasonCode};

/// What is known of the use of one holding.
pub(super) struct Telemetry {
    /// The last success since the grant, or ever where the grant's time is unknown.
    pub last: Option<Instant>,
    /// Where the sign-ins were to be: ` to any of its 2 applications`, or nothing for the account's own.
    pub place: String,
    /// The time in which a use would have been seen, or why there is none.
    pub sight: Result<TelemetryWindow, TelemetryGap>,
    /// The record of the last success.
    pub evidence: Vec<String>,
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
    let logs = STREAMS.iter().any(|s| cx.access.has_log(s)) || !cx.access.usage.is_empty();
    if apps.is_empty() || !logs {
        of_account(cx, holding)
    } else {
        of_applications(cx, holding, &apps)
    }
}

fn of_applications(cx: &Context, holding: &Holding, apps: &[(&str, Option<&AppFacts>)]) -> Telemetry {
    let grant = granted(holding);
    let at_app = |u: &&&UsageDay| apps.iter().any(|(sp, facts)| is_at(u, sp, *facts));
    let last = cx.index.usage_of(&holding.principal).iter().filter(at_app).filter(|u| u.successes > 0);
    let last = last.map(|u| u.last_success.unwrap_or(u.day)).filter(|t| *t <= cx.as_of()).max();
    let place = match apps {
        [(sp, facts)] => format!(" to {}", facts.map_or(*sp, |f| f.name.as_str())),
        many => format!(" to any of its {} applications", many.len()),
    };
    Telemetry {
        last: last.filter(|t| grant.is_none_or(|g| *t >= g)),
        place,
        sight: of_sign_ins(cx),
        evidence: Vec::new(),
    }
}

fn of_account(cx: &Context, holding: &Holding) -> Telemetry {
    let person = cx.access.people.get(&holding.principal);
    let last = person.and_then(|p| p.last_successful_at).filter(|t| *t <= cx.as_of());
    let grant = granted(holding);
    let blind = |message: String, tenant: Option<Table>| TelemetryGap {
        reason: ReasonCode::NoTelemetry,
        message,
        clears_when: "Export users with signInActivity (AuditLog.Read.All and a P1 licence), or ingest sign-in logs.",
        tenant,
    };
    let sight = match last {
        // The value is as old as the look that showed it.
        Some(_) => Ok(TelemetryWindow {
            from: Instant(i64::MIN),
            until: cx.index.newest_look(Table::Users).unwrap_or(cx.as_of()),
            inferred: false,
        }),
        None if !cx.index.account_telemetry => Err(blind(
            "no account of the tenant has a last successful sign-in on record, so use cannot be judged".into(),
            Some(Table::Users),
        )),
        None => {
            let name = cx.access.principal_name(&holding.principal);
            Err(blind(
                format!(
                    "{name} has no last successful sign-in on record, so use of {} cannot be judged",
                    holding.entitlement_name
                ),
                None,
            ))
        }
    };
    Telemetry {
        last: last.filter(|t| grant.is_none_or(|g| *t >= g)),
        place: String::new(),
        sight,
        evidence: person.map(|p| p.evidence.iter().map(ToString::to_string).collect()).unwrap_or_default(),
    }
}

/// The applications that a holding opens: those of the package, or the one whose role is held.
fn applications<'a>(cx: &Context<'a>, holding: &'a Holding) -> Vec<(&'a str, Option<&'a AppFacts>)> {
    let mut ids: Vec<&str> = match holding.entitlement.kind {
        EntitlementKind::AccessPackage => {
            let facts = cx.access.packages.get(&PackageId::new(holding.entitlement.resource()));
            let roles = facts.map(|f| f.roles.as_slice()).unwrap_or_default();
            roles.iter().filter(|r| r.kind == "application").map(|r| r.resource.as_str()).collect()
        }
        _ => vec![holding.entitlement.resource()],
    };
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (id, cx.access.apps.get(id))).collect()
}

/// Whether a day's sign-ins were at an application, by whichever of its ids is known.
pub(super) fn is_at(usage: &UsageDay, service_principal: &str, facts: Option<&AppFacts>) -> bool {
    let by_app = facts.is_some_and(|f| !f.app_id.is_empty() && (usage.resource_app_id == f.app_id || usage.client_app_id == f.app_id));
    by_app || usage.resource_sp_id == service_principal
}
