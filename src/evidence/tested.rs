//! Populations of what happened: leavers with each access and its removal, approvals, and changes.

use crate::evidence::population::{Population, listed};
use crate::evidence::sample::{Frequency, Member};
use crate::ledger::AccessModel;
use crate::ledger::access_model::{Person, RequestHistory};
use crate::model::{Action, Certainty, Holding, Instant, PackageId, PolicyId, PrincipalId, PrincipalState, Window};
use crate::report::ThresholdLine;
use std::collections::BTreeMap;

/// Business days within which access is to be gone, by whether it is sensitive; from the thresholds in force.
#[derive(Debug, Clone, Copy)]
pub struct RemovalLimits {
    /// For sensitive packages.
    pub sensitive: u32,
    /// For everything else.
    pub other: u32,
}

impl RemovalLimits {
    /// Reads them from the thresholds that the checks used.
    #[must_use]
    pub fn of(thresholds: &[ThresholdLine]) -> Self {
        let days = |name: &str, default: u32| {
            let line = thresholds.iter().find(|t| t.name == name);
            line.and_then(|t| u32::try_from(t.value).ok()).unwrap_or(default)
        };
        Self {
            sensitive: days("removal_sla_sensitive_business_days", 1),
            other: days("removal_sla_other_business_days", 5),
        }
    }

    /// For one holding.
    #[must_use]
    pub fn for_holding(&self, access: &AccessModel, h: &Holding) -> u32 {
        let facts = access.packages.get(&PackageId::new(h.entitlement.resource()));
        if facts.is_some_and(|p| !p.sensitive_because.is_empty()) {
            self.sensitive
        } else {
            self.other
        }
    }
}

/// What became of access that was to end at an instant: the word, and the days until it was gone.
#[must_use]
pub fn removal(access: &AccessModel, h: &Holding, from: Instant, limit: u32) -> (&'static str, Option<i64>) {
    let due = from.plus_business_days(limit);
    let days = |t: Instant| Some(t.days_since(from).max(0));
    match h.until_certainty {
        Certainty::Exact => match h.held_until {
            Some(t) if t <= due => ("in time", days(t)),
            Some(t) => ("late", days(t)),
            None => ("cannot tell", None),
        },
        // It ended between two observations.
        Certainty::Bounded => match (h.until_earliest, h.until_latest) {
            (_, Some(latest)) if latest <= due => ("in time", days(latest)),
            (Some(earliest), _) if earliest > due => ("late", days(earliest)),
            _ => ("cannot tell", None),
        },
        _ if h.held_at(access.as_of) => match access.as_of > due {
            true => ("still held", days(access.as_of)),
            false => ("not due yet", None),
        },
        _ => ("cannot tell", None),
    }
}

/// When somebody left: the leave date, the disabling and the deletion that are on record by now, and the earliest of them.
struct Leaver {
    leave: Option<Instant>,
    disabled: Option<Instant>,
    deleted: Option<Instant>,
    /// Whether the account is disabled, whenever that was.
    is_disabled: bool,
}

impl Leaver {
    fn of(access: &AccessModel, id: &PrincipalId, person: &Person, held: &[&Holding]) -> Self {
        let by_now = |t: &Instant| *t <= access.as_of;
        let since = |state: PrincipalState| {
            let states = held.iter().filter(move |h| h.principal_state == state);
            states.filter_map(|h| h.principal_state_since).min()
        };
        let deleted = person.deleted_at.or_else(|| since(PrincipalState::Deleted)).filter(by_now);
        // An account that was disabled and then deleted is one of which holdings tell the deletion only.
        let before = access.accounts.disabled_since(id, deleted.unwrap_or(access.as_of));
        Self {
            leave: person.leave_at.filter(by_now),
            disabled: since(PrincipalState::Disabled).into_iter().chain(before).min().filter(by_now),
            deleted,
            is_disabled: person.enabled == Some(false),
        }
    }

    fn left(&self) -> Option<Instant> {
        [self.leave, self.disabled, self.deleted].into_iter().flatten().min()
    }
}

/// Everybody who left in the period, with each access that they held then; one row without access for those who held none.
pub(super) fn terminations(access: &AccessModel, seen: &[Holding], period: Window, limits: RemovalLimits) -> Population {
    let mut by_person: BTreeMap<&PrincipalId, Vec<&Holding>> = BTreeMap::new();
    for h in seen {
        by_person.entry(&h.principal).or_default().push(h);
    }
    let none = Vec::new();
    let mut lines: Vec<(Member, Vec<String>)> = Vec::new();
    for (id, person) in &access.people {
        let held = by_person.get(id).unwrap_or(&none);
        let leaver = Leaver::of(access, id, person, held);
        let left = leaver.left();
        // Disabled, and nobody knows since when: it may have been in the period.
        let undated = left.is_none() && leaver.is_disabled;
        if !left.is_some_and(|t| period.from <= t && t < period.until) && !undated {
            continue;
        }
        let stratum = if undated { "time not known" } else { "dated" };
        let about = |h: Option<&Holding>| -> (Member, Vec<String>) {
            let (word, days, limit) = match (h, left) {
                (Some(h), Some(from)) => {
                    let limit = limits.for_holding(access, h);
                    let (word, days) = removal(access, h, from, limit);
                    (word, days.map(|d| d.to_string()).unwrap_or_default(), limit.to_string())
                }
                (Some(h), None) if h.held_at(access.as_of) => ("still held", String::new(), String::new()),
                (Some(_), None) => ("cannot tell", String::new(), String::new()),
                (None, _) => ("held nothing", String::new(), String::new()),
            };
            let own = h.map(crate::evidence::population::id_of).unwrap_or_else(|| id.to_string());
            let cells = vec![
                own.clone(),
                stratum.to_string(),
                "0".into(),
                id.to_string(),
                if person.name.is_empty() {
                    access.principal_name(id).to_string()
                } else {
                    person.name.to_string()
                },
                time(leaver.leave),
                time(leaver.disabled),
                time(leaver.deleted),
                time(left),
                h.map(|h| h.entitlement.kind.as_str().to_string()).unwrap_or_default(),
                h.map(|h| h.entitlement.id.to_string()).unwrap_or_default(),
                h.map(|h| h.entitlement_name.to_string()).unwrap_or_default(),
                time(h.and_then(|h| h.held_until)),
                h.map(|h| h.until_certainty.as_str().to_string()).unwrap_or_default(),
                days,
                limit,
                word.to_string(),
                h.map_or_else(
                    || person.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
                    |h| h.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
                ),
            ];
            (
                Member {
                    back: 0,
                    stratum: stratum.into(),
                    id: own,
                },
                cells,
            )
        };
        let still = |h: &&&Holding| left.is_none_or(|from| h.outer().until > from && h.outer().from < from);
        let before = lines.len();
        lines.extend(held.iter().filter(still).map(|h| about(Some(*h))));
        if lines.len() == before {
            lines.push(about(None));
        }
    }
    let header = [
        "id",
        "stratum",
        "periods_back",
        "principal_id",
        "principal_name",
        "leave_date",
        "disabled_at",
        "deleted_at",
        "left_at",
        "entitlement_kind",
        "entitlement_id",
        "entitlement_name",
        "removed_at",
        "until_certainty",
        "days_until_removed",
        "limit_business_days",
        "removed",
        "evidence",
    ];
    let what = format!(
        "everybody who left in [{}, {}) (leave date, disabling or deletion of the account, the earliest counts), a row for each access held then, and one for those who held none; people whose account is disabled since an unknown time are in it too",
        period.from, period.until
    );
    listed("terminations", what, Some(Frequency::Continuous), &header, lines)
}

/// Decisions of approvers in the period: what a sample of grants cannot show, since half of it is given by rules.
pub(super) fn approvals(access: &AccessModel, period: Window) -> Population {
    let mut lines = Vec::new();
    for request in access.requests.values() {
        for d in &request.decisions {
            let at = Instant::parse(&d.at);
            if !at.is_some_and(|t| period.from <= t && t < period.until) {
                continue;
            }
            let stage = d.stage.map(|s| s.to_string()).unwrap_or_default();
            let id = [request.id.as_str(), &stage, &d.who, &d.at].join("|");
            let recipient = person(request.recipient.as_ref());
            let is = |p: &Option<PrincipalId>| p.as_ref().is_some_and(|p| p.as_str() == d.who.as_str());
            let own = if is(&request.requestor) || is(&request.recipient) { "no" } else { "yes" };
            let stratum = if d.decision.is_empty() {
                "unknown".to_string()
            } else {
                d.decision.to_string()
            };
            let cells = vec![
                id.clone(),
                stratum.clone(),
                "0".into(),
                d.at.to_string(),
                d.decision.to_string(),
                stage,
                d.who.to_string(),
                d.name.to_string(),
                person(request.requestor.as_ref()),
                recipient,
                request.package.as_ref().map(ToString::to_string).unwrap_or_default(),
                package_name(access, request.package.as_ref()),
                if d.reason.trim().is_empty() { "no" } else { "yes" }.into(),
                if d.who.is_empty() { "not told" } else { own }.into(),
                request.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
            ];
            lines.push((Member { back: 0, stratum, id }, cells));
        }
    }
    let header = [
        "id",
        "stratum",
        "periods_back",
        "decided_at",
        "decision",
        "stage",
        "approver_id",
        "approver_name",
        "requestor_id",
        "recipient_id",
        "package_id",
        "package_name",
        "reason_given",
        "approver_is_another",
        "evidence",
    ];
    let what = format!(
        "decisions of approvers on requests taken in [{}, {}); id: request|stage|approver|time; stratum: decision",
        period.from, period.until
    );
    listed("approvals", what, Some(Frequency::Continuous), &header, lines)
}

/// Changes of what is held: extensions and other updates that were delivered in the period.
pub(super) fn changes(access: &AccessModel, period: Window) -> Population {
    let within = |t: Instant| period.from <= t && t < period.until;
    let mut lines = Vec::new();
    let delivered = |r: &&RequestHistory| r.kind.ends_with("Update") || r.kind.ends_with("Extend");
    for r in access
        .requests
        .values()
        .filter(delivered)
        .filter(|r| matches!(r.state.as_str(), "delivered" | "partiallyDelivered"))
    {
        let Some(at) = r.completed_at.filter(|t| within(*t)) else { continue };
        lines.push(change(&[
            ("id", &format!("requests:{}", r.id)),
            ("at", &at.to_string()),
            ("what", &r.kind),
            ("principal_id", &person(r.recipient.as_ref())),
            ("by", &person(r.requestor.as_ref().or(r.administrator.as_ref()))),
            ("package_id", &r.package.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("package_name", &package_name(access, r.package.as_ref())),
            ("new_end", &time(r.end_at)),
        ]));
    }
    for e in access.events.iter().filter(|e| e.action == Action::Extended && within(e.at)) {
        // The request tells the same act.
        if e.request
            .as_ref()
            .is_some_and(|id| access.requests.get(id).is_some_and(|r| r.completed_at.is_some()))
        {
            continue;
        }
        let package = e.entitlement.as_ref().map(|k| PackageId::new(k.resource()));
        lines.push(change(&[
            ("id", &e.source),
            ("at", &e.at.to_string()),
            ("what", "extended"),
            ("principal_id", &person(e.principal.as_ref())),
            ("by", &e.actor_name),
            ("package_id", &package.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("package_name", &package_name(access, package.as_ref())),
            ("new_end", ""),
        ]));
    }
    for c in &access.contents {
        for (at, what) in [
            (c.span.from_latest, "role added to package"),
            (c.span.until_latest, "role removed from package"),
        ] {
            let Some(at) = at.filter(|t| within(*t)) else { continue };
            let record = c.evidence.first().map(ToString::to_string).unwrap_or_default();
            lines.push(change(&[
                ("id", &format!("{what}|{}|{}|{at}|{record}", c.package, c.resource_name)),
                ("at", &at.to_string()),
                ("what", what),
                ("principal_id", ""),
                ("by", ""),
                ("package_id", &c.package.to_string()),
                ("package_name", &package_name(access, Some(&c.package))),
                ("new_end", &c.resource_name),
            ]));
        }
    }
    let header = [
        "id",
        "stratum",
        "periods_back",
        "at",
        "what",
        "principal_id",
        "by",
        "package_id",
        "package_name",
        "new_end_or_resource",
    ];
    let what = format!(
        "extensions and other updates of assignments, and changes of what packages contain, in [{}, {}); stratum: what was changed",
        period.from, period.until
    );
    listed("changes", what, Some(Frequency::Continuous), &header, lines)
}

fn change(cells: &[(&str, &str); 8]) -> (Member, Vec<String>) {
    let [id, at, what, rest @ ..] = cells.map(|(_, value)| value.to_string());
    let row = [vec![id.clone(), what.clone(), "0".into(), at, what.clone()], rest.to_vec()].concat();
    (Member { back: 0, stratum: what, id }, row)
}

fn package_name(access: &AccessModel, package: Option<&PackageId>) -> String {
    let facts = package.and_then(|p| access.packages.get(p));
    facts.map(|p| p.name.clone()).unwrap_or_default()
}

fn person(id: Option<&PrincipalId>) -> String {
    id.map(ToString::to_string).unwrap_or_default()
}

fn time(at: Option<Instant>) -> String {
    at.map(|t| t.to_string()).unwrap_or_default()
}

/// Whether a policy is one of these ids: what Graph calls the resource of a review differs by what is reviewed.
#[must_use]
pub(super) fn reviewed_as(h: &Holding) -> Vec<String> {
    let policy = h.policy.as_ref().map(PolicyId::to_string);
    [Some(h.entitlement.resource().to_string()), policy].into_iter().flatten().collect()
}
