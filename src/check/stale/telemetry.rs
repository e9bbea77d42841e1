//! When access was last used, and how far back anybody can tell.
//!
//! Sign-ins at the package's own applications are the better witness; the account's last success stands in where there are none.
//! A sign-in that cannot be joined to an application may have been at any: it rules a use neither in nor out.

use super::telemetry_window::{STREAMS, TelemetryGap, TelemetryWindow, of_sign_ins};
use crate::check::known::shown;
use crate::check::who::Population;
use crate::check::{Context, Outcome, words};
use crate::lake::table::Table;
use crate::ledger::access_model::AppFacts;
use crate::ledger::evidence::UsageDay;
use crate::model::{EntitlementKind, Holding, Instant, PackageId, ReasonCode};

/// What is known of the use of one holding.
pub(super) struct Telemetry {
    /// The last success since the grant, or ever where the grant's time is unknown.
    pub last: Option<Instant>,
    /// A later success that may have been a use, and why nobody can tell.
    pub perhaps: Option<(Instant, TelemetryGap)>,
    /// Where the sign-ins were to be: ` to any of its 2 applications`, or nothing for the account's own.
    pub place: String,
    /// The time in which a use would have been seen, or why there is none.
    pub sight: Result<TelemetryWindow, TelemetryGap>,
    /// The record of the last success.
    pub evidence: Vec<String>,
}

impl Telemetry {
    /// The latest instant at which a use is not ruled out.
    pub(super) fn latest(&self) -> Option<Instant> {
        self.last.max(self.perhaps.as_ref().map(|(at, _)| *at))
    }
}

/// What is judged by its use: packages, and app roles that no package gave.
///
/// Where what packages contain is not on record, that row is added, and no app role is judged.
pub(super) fn population<'a>(cx: &Context<'a>, out: &mut Outcome) -> Vec<&'a Holding> {
    let unknown = cx.contents_unknown();
    let judged = unknown.is_none();
    if let Some(row) = unknown {
        out.push_for(row, 0);
    }
    let held = cx.held().filter(|h| match h.entitlement.kind {
        EntitlementKind::AccessPackage => true,
        EntitlementKind::AppRole => judged && cx.index.assignments_behind(h).is_empty(),
        _ => false,
    });
    held.collect()
}

/// Whether access is too young to be missed.
pub(super) fn is_young(cx: &Context, holding: &Holding, at_least: i64) -> bool {
    holding.from_earliest.is_some_and(|from| cx.as_of().0 - from.0 < at_least)
}

/// Whether its use is no question here: the account is no person's, is for emergencies or does not work, or the person left.
pub(super) fn is_anothers(cx: &Context, holding: &Holding) -> bool {
    let person = cx.account(&holding.principal).is_person() != Some(false);
    let emergency = matches!(cx.who(&holding.principal), Ok((Population::BreakGlass, _)));
    !person || emergency || cx.works(holding) == Some(false) || cx.left(holding).is_some()
}

/// Why a finding about a holding cannot be made, whatever its use; `None` when it can.
pub(super) fn doubt(cx: &Context, holding: &Holding, at_least: i64) -> Option<TelemetryGap> {
    let (who, what) = (cx.access.principal_name(&holding.principal), holding.entitlement_name);
    let gap = |reason, message: String, clears_when| {
        Some(TelemetryGap {
            reason,
            message,
            clears_when,
            tenant: None,
        })
    };
    let old = cx.began(holding).is_some_and(|from| cx.as_of().0 - from.0 >= at_least);
    if cx.account(&holding.principal).is_person().is_none() {
        return gap(
            ReasonCode::JoinMissing,
            format!("{who} holds {what}, and no record tells whether that is a person's account"),
            "A snapshot of users and service principals that lists the account.",
        );
    }
    if cx.works(holding).is_none() {
        return gap(
            ReasonCode::JoinMissing,
            format!("{who} holds {what}, and no record tells whether the account is enabled"),
            "A snapshot of users, with accountEnabled, that lists the account.",
        );
    }
    if !old {
        let first = holding
            .held_from
            .map_or_else(|| "at an unknown time".into(), |t| format!("on {}", words::day(t)));
        return gap(
            ReasonCode::TooYoung,
            format!("{who} was first seen to hold {what} {first}, and nothing tells how long before that it began"),
            "The request or the audit event of the grant, or a snapshot after more time.",
        );
    }
    None
}

/// The instant of the grant, as early as it can have been; `None` when nothing bounds it.
pub(super) fn granted(holding: &Holding) -> Option<Instant> {
    holding.from_earliest
}

/// Looks at the best witness there is.
pub(super) fn of_holding(cx: &Context, holding: &Holding) -> Telemetry {
    let apps = applications(cx, holding);
    let package = holding.entitlement.kind == EntitlementKind::AccessPackage;
    let contents = !package || cx.contents_known(&PackageId::new(holding.entitlement.resource()));
    let logs = STREAMS.iter().any(|s| cx.access.has_log(s)) || !cx.access.usage.is_empty();
    let what = holding.entitlement_name;
    match (contents, apps.is_empty(), logs) {
        (true, false, true) => of_applications(cx, holding, &apps),
        (true, true, _) => of_account(cx, holding, None),
        // The account signed in somewhere: whether there, nobody can tell.
        (true, false, false) => of_account(
            cx,
            holding,
            Some(TelemetryGap {
                reason: ReasonCode::NoTelemetry,
                message: format!("the account has signed in since, and no sign-in log tells whether to what {what} is for"),
                clears_when: "Ingest the interactive and the non-interactive sign-in logs.",
                tenant: None,
            }),
        ),
        (false, ..) => of_account(
            cx,
            holding,
            Some(TelemetryGap {
                reason: ReasonCode::JoinMissing,
                message: format!(
                    "the account has signed in since, and what {what} contains is not on record, so whether to one of its applications is unknown"
                ),
                clears_when: "An export of access packages with their resource roles.",
                tenant: None,
            }),
        ),
    }
}

fn of_applications(cx: &Context, holding: &Holding, apps: &[(&str, Option<&AppFacts>)]) -> Telemetry {
    let since = |t: &Instant| granted(holding).is_none_or(|g| *t >= g) && *t <= cx.as_of();
    let usage = cx.index.usage_of(&holding.principal);
    let latest = |fits: &dyn Fn(&UsageDay) -> bool| {
        let successes = usage.iter().filter(|u| u.successes > 0 && fits(u));
        successes.map(|u| u.last_success.unwrap_or(u.day)).filter(since).max()
    };
    let last = latest(&|u| apps.iter().any(|(sp, facts)| is_at(u, sp, *facts)));
    let unjoined = apps.iter().find(|(_, facts)| facts.is_none_or(|f| f.app_id.is_empty()));
    let anywhere = latest(&|u| unjoined.is_some() || names_no_resource(u)).filter(|t| last.is_none_or(|l| *t > l));
    let why = match unjoined {
        Some((sp, facts)) => format!(
            "no record of the application {} tells its application id, so sign-ins cannot be joined to it",
            shown(facts.map_or("", |f| f.name.as_str()), sp)
        ),
        None => "sign-in records name no resource, so whether they were at the application is unknown".into(),
    };
    let name = |sp: &str, facts: Option<&AppFacts>| shown(facts.map_or("", |f| f.name.as_str()), sp).to_string();
    let place = match apps {
        [(sp, facts)] => format!(" to {}", name(sp, *facts)),
        many => format!(" to any of its {} applications", many.len()),
    };
    let gap = |at| {
        let gap = TelemetryGap {
            reason: ReasonCode::JoinMissing,
            message: format!(
                "{} has signed in since holding {}, and {why}",
                cx.access.principal_name(&holding.principal),
                holding.entitlement_name
            ),
            clears_when: "An export of service principals with their appId.",
            tenant: None,
        };
        (at, gap)
    };
    let sight = of_sign_ins(cx);
    // Where the log tells too little, the silence of the whole account may tell enough.
    let (begins, lack) = match &sight {
        Ok(window) => (window.from, None),
        Err(gap) => (Instant(i64::MAX), Some(gap.clone())),
    };
    let account = of_account(cx, holding, lack.or_else(|| Some(too_late(holding, begins))));
    if account.sight.is_ok() && account.latest().is_none_or(|t| t < begins) {
        return Telemetry { last, ..account };
    }
    Telemetry {
        last,
        perhaps: anywhere.map(gap),
        place,
        sight,
        evidence: Vec::new(),
    }
}

fn too_late(holding: &Holding, begins: Instant) -> TelemetryGap {
    TelemetryGap {
        reason: ReasonCode::OutsideRetention,
        message: format!(
            "the account has signed in since, and where is known only from {} on, so a use of {} before that is not ruled out",
            words::day(begins),
            holding.entitlement_name
        ),
        clears_when: "Ingest sign-in logs that begin before the grant, or keep them for longer from now on.",
        tenant: None,
    }
}

/// The account's last success; with `elsewhere`, it may have been at something else, and why nobody can tell.
fn of_account(cx: &Context, holding: &Holding, elsewhere: Option<TelemetryGap>) -> Telemetry {
    let person = cx.access.people.get(&holding.principal);
    // The log may know a later success than the record of the user.
    let logged = cx.index.last_logged_success(&holding.principal);
    let recorded = person.and_then(|p| p.last_successful_at).filter(|t| *t <= cx.as_of());
    let last = recorded.max(logged);
    let grant = granted(holding);
    let blind = |message: String, tenant: Option<Table>| TelemetryGap {
        reason: ReasonCode::NoTelemetry,
        message,
        clears_when: "Export users with signInActivity (AuditLog.Read.All and a P1 licence), or ingest sign-in logs.",
        tenant,
    };
    let sight = match recorded {
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
    let last = last.filter(|t| grant.is_none_or(|g| *t >= g));
    let (last, perhaps) = match elsewhere {
        Some(gap) => (None, last.map(|at| (at, gap))),
        None => (last, None),
    };
    Telemetry {
        last,
        perhaps,
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

/// Whether a day's sign-ins tell of no resource at all.
fn names_no_resource(usage: &UsageDay) -> bool {
    usage.resource_app_id.is_empty() && usage.resource_sp_id.is_empty()
}
