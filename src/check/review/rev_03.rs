//! `REV-03`: a reviewer who cannot judge.

use super::items::{resource, verdict};
use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::ReviewDecision;
use crate::model::controls::{AC_5, CC6_2, CC6_3};
use crate::model::{CheckId, EntitlementKind, GrantKind, Holding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use ahash::AHashMap;
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// Access was reviewed by somebody who could not judge it
    ///
    /// ## Why it matters
    /// A review is a second look.
    /// Whoever decides on their own access, or on what they gave themselves, repeats the first one.
    ///
    /// ## What it looks for
    /// Decisions of the last year, one finding a reviewer and resource, where the reviewer is the holder or the same person by another account, assigned the access directly or put the holder into the group, or had a disabled account at that time.
    /// That the approver of the request also reviews it is a finding for sensitive packages, where two pairs of eyes are the point, and is right elsewhere.
    ///
    /// ## Known false positives
    /// A house of three people, in which nobody else is there: have somebody outside countersign.
    ///
    /// ## What to do
    /// Name a reviewer who neither holds nor gives the access, and have those decisions taken again.
    ///
    /// ## Examples
    /// Ana keeps her own, Cy what he assigned, and Eve approved what she reviews of a sensitive package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | sensitive |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | assign | cy | bo | payroll |  |   |
    /// | 2026-01-05 | request | di | di | keys |  |   |
    /// | 2026-01-06 | approve | eve | di | keys |  |   |
    /// | 2026-01-07 | deliver |  | di | keys |  |   |
    /// | 2026-02-02 | review | ana | ana | payroll | approve | ◀ high |
    /// | 2026-02-02 | review | cy | bo | payroll | approve | ◀ medium |
    /// | 2026-02-02 | review | eve | di | keys | approve | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Somebody else reviews, an approver reviews an ordinary package, and nobody knows what was reviewed of Di:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | assign | cy | ana | payroll |  |   |
    /// | 2026-01-05 | request | bo | bo | library |  |   |
    /// | 2026-01-06 | approve | eve | bo | library |  |   |
    /// | 2026-01-07 | deliver |  | bo | library |  |   |
    /// | 2026-02-02 | review | eve | ana | payroll | approve |   |
    /// | 2026-02-02 | review | eve | bo | library | deny |   |
    /// | 2026-02-02 | review | fay | di | payroll | approve | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Fay was disabled before she decided; of Gil only that he was at the end of March:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | request | bo | bo | library |  |   |
    /// | 2026-01-06 | approve | eve | bo | library |  |   |
    /// | 2026-01-07 | deliver |  | bo | library |  |   |
    /// | 2026-01-20 | disable |  | fay |  |  |   |
    /// | 2026-02-02 | review | fay | bo | library | approve | ◀ medium |
    /// | 2026-02-02 | review | gil | bo | library | approve | ? |
    /// | 2026-03-31 | user |  | gil |  | disabled |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-03"),
        severity: Severity::High,
        practice: &["P2"],
        controls: &[AC_5, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK],
        reads: holdings!(ReviewDecisions, ReviewInstances),
        shard_by: Shard::Whole,
        cost: "one sort of the decisions, each against the holdings of whom it concerns",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.review_decisions.is_empty() && !cx.looked_at(Table::ReviewDecisions) {
        let message = "no review decisions are in the lake, so who reviewed what is unknown";
        out.push_for(
            cx.lacking(
                ReasonCode::NoTelemetry,
                Table::ReviewDecisions,
                message,
                "Ingest the decisions of access reviews.",
            ),
            0,
        );
        return out;
    }
    cx.unheard_at_all(&mut out);
    let since = cx.since(&LOOK_BACK);
    let mut pairs: BTreeMap<(&PrincipalId, String), Vec<(&ReviewDecision, Instant)>> = BTreeMap::new();
    let (mut nameless, mut unresolved) = (0, 0);
    for decision in cx.access.review_decisions.iter().filter(|d| verdict(d).is_some()) {
        match (&decision.reviewer, decision.reviewed_at) {
            (Some(_), _) if !cx.is_known_resource(&decision.resource) => unresolved += 1,
            (Some(reviewer), Some(at)) if since <= at && at <= cx.as_of() => {
                let key = resource(cx, &decision.resource).id;
                pairs.entry((reviewer, key)).or_default().push((decision, at));
            }
            (Some(_), Some(_)) => {}
            _ => nameless += 1,
        }
    }
    if nameless > 0 {
        let message = format!(
            "{} name nobody, or no time, so whether whoever took them could judge is unknown",
            words::many(nameless, "decision")
        );
        let clears_when = "Decisions with reviewedBy and reviewedDateTime; what the service decided by itself has neither.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::ReviewDecisions, &message, clears_when), nameless);
    }
    if unresolved > 0 {
        let message = format!(
            "{} are about what no record tells, so whether the reviewer could judge is unknown",
            words::many(unresolved, "decision")
        );
        let clears_when = "A snapshot of the packages, policies, groups, applications or roles that were reviewed.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Packages, &message, clears_when), unresolved);
    }
    let direct = direct(cx);
    for ((reviewer, _), mut decisions) in pairs {
        decisions.sort_by(|a, b| (a.1, &a.0.id).cmp(&(b.1, &b.0.id)));
        judge(cx, reviewer, &decisions, &direct, &mut out);
    }
    out
}

/// What ties a reviewer to what they reviewed, by weight.
const TIES: [(&str, Severity, &str); 5] = [
    ("self", Severity::High, "holds it"),
    ("second-account", Severity::High, "holds it by another account"),
    ("provisioner", Severity::Medium, "gave it"),
    ("approver", Severity::Medium, "approved the request for it, and the package is sensitive"),
    ("disabled", Severity::Medium, "had a disabled account at that time"),
];

fn judge(cx: &Context, reviewer: &PrincipalId, decisions: &[(&ReviewDecision, Instant)], direct: &Direct, out: &mut Outcome) {
    let mut tied: [Vec<&ReviewDecision>; 5] = Default::default();
    let mut doubt = None;
    for (decision, at) in decisions {
        for (place, answer) in ties(cx, reviewer, decision, *at, direct).into_iter().enumerate() {
            match answer {
                Known::Yes(_) => tied[place].push(decision),
                Known::Unknown(why) => doubt = doubt.or(Some(why)),
                Known::No => {}
            }
        }
    }
    let mut draft = Draft {
        subject: cx.principal(reviewer),
        object: resource(cx, &decisions[0].0.resource),
        from: decisions.first().map(|d| d.1),
        until: decisions.last().map(|d| d.1),
        ..Draft::default()
    };
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let found: Vec<usize> = (0..TIES.len()).filter(|i| !tied[*i].is_empty()).collect();
    if let Some(first) = found.first() {
        let told: Vec<String> = found.iter().map(|i| format!("{} ({})", TIES[*i].2, holders(cx, &tied[*i]))).collect();
        draft.evidence = found
            .iter()
            .flat_map(|i| tied[*i].iter().map(|d| format!("review_decisions:{}", d.id)))
            .collect();
        draft.covers.clone_from(&draft.evidence);
        draft.severity = found.iter().map(|i| TIES[*i].1).max().unwrap_or(Severity::Medium);
        draft.reason = TIES[*first].0;
        draft.message = format!("{who} reviewed {what} and {}", told.join(", and "));
        draft.clears_when = "The same decisions taken again by somebody who neither holds nor gave it.".into();
        out.push(cx.finding(draft));
    } else if let Some(why) = doubt {
        draft.evidence = decisions.iter().map(|(d, _)| format!("review_decisions:{}", d.id)).collect();
        draft.message = format!("whether {who} could judge {what} is unknown: {why}");
        draft.clears_when = "The requests and audit events of the grants that were reviewed.".into();
        out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    } else {
        out.pass_of(
            cx,
            &draft,
            format_args!("{} decisions, none about what the reviewer holds, gave or approved", decisions.len()),
        );
    }
}

fn holders(cx: &Context, decisions: &[&ReviewDecision]) -> String {
    let names: BTreeSet<String> = decisions.iter().map(|d| cx.access.principal_name(&d.principal).to_string()).collect();
    let names: Vec<String> = names.into_iter().collect();
    format!("{} of {}", words::many(decisions.len(), "decision"), words::listed(&names))
}

/// The answers to each of the ties.
fn ties(cx: &Context, reviewer: &PrincipalId, decision: &ReviewDecision, at: Instant, direct: &Direct) -> [Known; 5] {
    let yes = || Known::Yes(String::new());
    if *reviewer == decision.principal {
        return [yes(), Known::No, Known::No, Known::No, Known::No];
    }
    let upn = |id: &PrincipalId| cx.upn(id).unwrap_or_default().to_string();
    let second = match cx.linked((reviewer, &upn(reviewer)), (&decision.principal, &upn(&decision.principal))) {
        Some(_) => yes(),
        None if upn(reviewer).is_empty() || upn(&decision.principal).is_empty() => Known::Unknown("no record names the accounts".into()),
        None => Known::No,
    };
    let state = cx.access.accounts.at(reviewer, at);
    let disabled = match state.and_then(|s| s.enabled) {
        Some(false) if state.is_some_and(|s| s.seen_later) => {
            Known::Unknown("the reviewer's account was disabled when it was first seen, and no record tells since when".into())
        }
        Some(false) => yes(),
        Some(true) => Known::No,
        None if cx.access.people.get(reviewer).is_some_and(|p| p.enabled == Some(true)) => Known::No,
        None => Known::Unknown("no record tells whether the reviewer's account was enabled".into()),
    };
    let (gave, approved) = match cx.reviewed_package(&decision.resource) {
        Some(package) => of_package(cx, reviewer, decision, &package, at),
        None => (of_resource(cx, reviewer, decision, direct), Known::No),
    };
    [Known::No, second, gave, approved, disabled]
}

/// Whether the reviewer assigned the package, or approved it where that matters.
fn of_package(cx: &Context, reviewer: &PrincipalId, decision: &ReviewDecision, package: &PackageId, at: Instant) -> (Known, Known) {
    let mut own = cx.index.packages_of(&decision.principal).iter();
    let then =
        |h: &&&Holding| h.entitlement.id == package.as_str() && h.from_latest.or(h.held_from).is_some_and(|t| t <= at) && h.held_until.is_none_or(|t| at <= t);
    let Some(holding) = own.rfind(then) else {
        let why = "no record tells how what was reviewed was given";
        return (Known::Unknown(why.into()), Known::No);
    };
    let request = holding.request.as_ref().and_then(|r| cx.access.requests.get(r));
    let gave = match (holding.grant_kind, request.and_then(|r| r.administrator.as_ref())) {
        (GrantKind::AdminDirect, Some(admin)) if admin == reviewer => Known::Yes(String::new()),
        (GrantKind::AdminDirect, Some(_)) => Known::No,
        (GrantKind::AdminDirect, None) => Known::Unknown("no record tells who assigned it".into()),
        (GrantKind::Unknown, _) => Known::Unknown("no record tells how it was given".into()),
        _ => Known::No,
    };
    let policy = holding.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    let asked = matches!(holding.grant_kind, GrantKind::UserRequest | GrantKind::OnBehalf);
    let approved = match (
        holding
            .decisions
            .iter()
            .any(|d| d.who.as_str() == reviewer.as_str() && d.decision.as_str() == "approved"),
        asked,
    ) {
        (true, _) => Known::Yes(String::new()),
        (false, true) if holding.decisions.is_empty() && policy.and_then(|p| p.approval_required) != Some(false) => {
            Known::Unknown("no record tells who approved it".into())
        }
        _ => Known::No,
    };
    let approved = match (approved, cx.is_sensitive(package)) {
        (Known::Yes(_), Known::Unknown(why)) => Known::Unknown(format!("whether the package is sensitive is unknown, since {why}")),
        (_, Known::No) => Known::No,
        (told, _) => told,
    };
    (gave, approved)
}

/// What people hold on groups, applications and roles, by holder and resource.
type Direct<'a> = AHashMap<(&'a str, &'a str), &'a Holding>;

fn direct<'a>(cx: &Context<'a>) -> Direct<'a> {
    let held = cx
        .index
        .held
        .iter()
        .map(|(_, h)| *h)
        .filter(|h| h.entitlement.kind != EntitlementKind::AccessPackage);
    held.map(|h| ((h.principal.as_str(), h.entitlement.resource()), h)).collect()
}

/// Whether the reviewer put the holder into a group or gave them an app role.
fn of_resource(cx: &Context, reviewer: &PrincipalId, decision: &ReviewDecision, direct: &Direct) -> Known {
    let resource = decision.resource.to_ascii_lowercase();
    let event = direct
        .get(&(decision.principal.as_str(), resource.as_str()))
        .and_then(|h| cx.index.last_grant(h));
    match event.and_then(|e| e.actor.as_ref()) {
        Some(actor) if actor == reviewer => Known::Yes(String::new()),
        Some(_) => Known::No,
        None => Known::Unknown("no record tells who gave what was reviewed".into()),
    }
}
