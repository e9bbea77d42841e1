//! What an answer rests on, and whether "no holders" can be believed.
//!
//! Absence is provable when every collection that would list a holder was listed whole, and a log without a gap joins that
//! snapshot to the window that is asked about; at the very instant of a complete snapshot no log is needed.

use crate::ledger::AccessModel;
use crate::ledger::access_model::{Gaps, Look, listed_in};
use crate::ledger::names::ObjectKind;
use crate::model::time::common;
use crate::model::{EntitlementKey, EntitlementKind, Holding, Instant, Interned, PackageId, Presence, PrincipalId, Window};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Everything that anybody held.
    Everything,
    /// One entitlement of one kind, by the id of its resource.
    Entitlement(EntitlementKind, String),
    /// Whatever can be held of a resource, by its id.
    Resource(String),
    /// Everything that one principal held.
    Holder(PrincipalId),
}

/// Why absence cannot be proved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MissingEvidence {
    /// The collection or log that would have told.
    pub source: String,
    /// What of it is missing, for people.
    pub reason: String,
}

/// What an answer rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Basis {
    /// First instant asked about; empty for the beginning of time.
    pub from: Option<String>,
    /// First instant no longer asked about.
    pub until: String,
    /// The instant of the questions.
    pub as_of: String,
    /// Times are UTC.
    pub zone: &'static str,
    /// The share of the window that the audit log is proved or asserted to cover, from 0 to 1.
    pub covered_share: f64,
    /// Stretches of the window that it does not cover.
    pub not_covered: Vec<Stretch>,
    /// Known gaps of the log within the window, with their reasons.
    pub gaps: Vec<Stretch>,
    /// Why absence cannot be proved; empty when it is.
    pub missing: Vec<MissingEvidence>,
    /// Collections of which the evidence store has no complete snapshot at all.
    pub never_listed: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

/// A stretch of time with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// First instant; empty where nobody knows.
    pub from: Option<String>,
    /// First instant after; empty where nobody knows.
    pub until: Option<String>,
    /// Why; empty where there is nothing to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Basis {
    /// Whether "no holders" is proved.
    #[must_use]
    pub fn absence_is_provable(&self) -> bool {
        self.missing.is_empty()
    }
}

/// A collection that would list a holder.
struct Need {
    collection: &'static str,
    scope: String,
    /// What people call it.
    name: String,
}

/// What the answer to a question about a window rests on; `effective` when paths through groups are asked for too.
#[must_use]
pub fn basis(access: &AccessModel, asked: &Asked, window: Window, effective: bool) -> Basis {
    let log = access.coverage.get("audit");
    let attested = log.map(|c| c.attested.as_slice()).unwrap_or_default();
    let covered = common(attested, &[window]);
    let mut missing: BTreeSet<MissingEvidence> = BTreeSet::new();
    match needs(access, asked, window, effective) {
        Ok(needs) => missing.extend(needs.iter().filter_map(|n| why_not(access, n, asked, window).err())),
        Err(reason) => drop(missing.insert(reason)),
    }
    missing.extend(holderless(access, asked));
    let later = after_as_of(access, window);
    missing.extend(later.as_ref().map(|later| MissingEvidence {
        source: "as of".into(),
        reason: later.reason.clone(),
    }));
    let text = |t: Instant| (t.0 != i64::MIN).then(|| t.to_string());
    let stretch = |w: &Window| Stretch {
        from: text(w.from),
        until: Some(w.until.to_string()),
        reason: String::new(),
    };
    let gaps = log.map(|c| c.gaps.as_slice()).unwrap_or_default();
    Basis {
        from: text(window.from),
        until: window.until.to_string(),
        as_of: access.as_of.to_string(),
        zone: "UTC",
        covered_share: share(&covered, window),
        not_covered: crate::model::time::without(&[window], attested).iter().map(stretch).collect(),
        gaps: within(gaps, window).into_iter().chain(later).collect(),
        missing: missing.into_iter().collect(),
        never_listed: never_listed(access),
        notes: notes(access, asked),
    }
}

/// The part of a window after the instant of the questions: what began then is left out, though the evidence store may tell of it.
fn after_as_of(access: &AccessModel, window: Window) -> Option<Stretch> {
    let is_left_out = access.as_of < access.newest && access.as_of < window.until.plus(-1);
    is_left_out.then(|| Stretch {
        from: Some(window.from.max(access.as_of.plus(1)).to_string()),
        until: Some(window.until.to_string()),
        reason: format!("after {}, the instant of the questions: what began later is left out", access.as_of),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(covered: &[Window], window: Window) -> f64 {
    let length = |w: &Window| w.until.0.saturating_sub(w.from.0) as f64;
    let whole = length(&window);
    if whole <= 0.0 {
        return 0.0;
    }
    let share = covered.iter().map(length).sum::<f64>() / whole;
    // The sum of no windows is a negative zero.
    (share * 10_000.0).floor() / 10_000.0 + 0.0
}

fn within(gaps: &[(Option<Window>, String)], window: Window) -> Vec<Stretch> {
    let of = |(when, reason): &(Option<Window>, String)| Stretch {
        from: when.map(|w| w.from.to_string()),
        until: when.map(|w| w.until.to_string()),
        reason: reason.clone(),
    };
    gaps.iter().filter(|(when, _)| when.is_none_or(|w| w.meets(&window))).map(of).collect()
}

/// Collections that would list a holder of what is asked about.
fn needs(access: &AccessModel, asked: &Asked, window: Window, effective: bool) -> Result<Vec<Need>, MissingEvidence> {
    if let Asked::Entitlement(_, id) | Asked::Resource(id) = asked
        && access.names.of(id).is_some_and(|n| n.deleted_at.is_some_and(|t| t <= window.from))
    {
        // Nobody holds what is deleted.
        return Ok(Vec::new());
    }
    let mut needs = match asked {
        Asked::Everything => of_all_kinds(access, window, None),
        Asked::Holder(id) => {
            let seen = access.names.of(id.as_str()).is_some() || access.holdings.iter().any(|h| h.principal == *id);
            if !seen {
                return Err(unseen(id.as_str()));
            }
            of_all_kinds(access, window, Some(id))
        }
        Asked::Entitlement(kind, id) => of_kind(access, *kind, id)?,
        Asked::Resource(id) => of_kind(access, kind_of(access, id).ok_or_else(|| unseen(id))?, id)?,
    };
    if effective {
        let groups = groups_on_the_way(access, asked, window);
        needs.extend(groups.into_iter().map(|g| members(access, g.as_str())));
    }
    Ok(needs)
}

fn unseen(id: &str) -> MissingEvidence {
    MissingEvidence {
        source: "evidence store".into(),
        reason: format!("nothing in it names {id}: an id that was never exported, or a wrong one"),
    }
}

/// The kind of a resource; `None` for one that nothing names.
fn kind_of(access: &AccessModel, id: &str) -> Option<EntitlementKind> {
    if id.contains("://") || id.contains(".sharepoint.com") {
        return Some(EntitlementKind::SiteRole);
    }
    if let Some(named) = access.names.of(id) {
        return match named.kind {
            ObjectKind::Group => Some(EntitlementKind::Group),
            ObjectKind::ServicePrincipal => Some(EntitlementKind::AppRole),
            ObjectKind::Package => Some(EntitlementKind::AccessPackage),
            ObjectKind::Role => Some(EntitlementKind::DirectoryRole),
            ObjectKind::User => None,
        };
    }
    let held = access.holdings.iter().find(|h| h.entitlement.resource() == id || h.entitlement.id == id);
    held.map(|h| h.entitlement.kind)
}

fn of_kind(access: &AccessModel, kind: EntitlementKind, id: &str) -> Result<Vec<Need>, MissingEvidence> {
    let name = |key: EntitlementKey| access.entitlement_name(&key).to_string();
    match kind {
        EntitlementKind::AccessPackage => Ok(vec![assignments()]),
        EntitlementKind::Group => Ok(vec![members(access, id)]),
        EntitlementKind::AppRole => Ok(vec![Need {
            collection: "app_role_assignments",
            scope: id.into(),
            name: format!("app role assignments of {}", name(EntitlementKey::app_role(id, ""))),
        }]),
        EntitlementKind::DirectoryRole => Ok(roles()),
        EntitlementKind::SiteRole => Err(MissingEvidence {
            source: "SharePoint".into(),
            reason: "who holds roles on a SharePoint site is in none of the sources".into(),
        }),
    }
}

fn assignments() -> Need {
    Need {
        collection: "assignments",
        scope: "tenant".into(),
        name: "assignments of access packages".into(),
    }
}

fn members(access: &AccessModel, group: &str) -> Need {
    Need {
        collection: "memberships",
        scope: group.into(),
        name: format!("members of {}", access.entitlement_name(&EntitlementKey::group(group))),
    }
}

/// Active roles, and those to be activated.
fn roles() -> Vec<Need> {
    let need = |collection, scope: &str, name: &str| Need {
        collection,
        scope: scope.into(),
        name: name.into(),
    };
    vec![
        need("directory_roles", "tenant", "assignments of directory roles"),
        need("role_schedules", "eligible", "eligible assignments of directory roles"),
    ]
}

/// Every collection of which the evidence store knows that there is something to hold.
fn of_all_kinds(access: &AccessModel, window: Window, holder: Option<&PrincipalId>) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut kinds: BTreeSet<ObjectKind> = BTreeSet::new();
    for (id, named) in access.names.iter() {
        let existed = named.created_at.is_none_or(|t| t < window.until) && named.deleted_at.is_none_or(|t| t > window.from);
        if !existed {
            continue;
        }
        kinds.insert(named.kind);
        match named.kind {
            ObjectKind::Group => {
                let mut need = members(access, &id);
                if let Some(holder) = holder.filter(|h| is_listed_whole(access, "memberships", &format!("memberof/{h}"))) {
                    need.scope = format!("memberof/{holder}");
                }
                needs.push(need);
            }
            ObjectKind::ServicePrincipal if access.apps.get(id.as_str()).is_some_and(|a| !a.roles.is_empty()) => {
                needs.extend(of_kind(access, EntitlementKind::AppRole, &id).unwrap_or_default());
            }
            _ => {}
        }
    }
    if kinds.contains(&ObjectKind::Package) || !access.packages.is_empty() {
        needs.push(assignments());
    }
    if kinds.contains(&ObjectKind::Role) || !access.roles.is_empty() {
        needs.extend(roles());
    }
    needs
}

fn snapshots(access: &AccessModel, collection: &str, scope: &str) -> Vec<Look> {
    let looks = access.looks.get(&(collection.into(), scope.into()));
    looks.map(|all| all.iter().filter(|l| l.complete).copied().collect()).unwrap_or_default()
}

fn is_listed_whole(access: &AccessModel, collection: &str, scope: &str) -> bool {
    !snapshots(access, collection, scope).is_empty()
}

/// Whether a collection that lists nobody proves that nobody is missing in the window.
fn why_not(access: &AccessModel, need: &Need, asked: &Asked, window: Window) -> Result<(), MissingEvidence> {
    let complete = snapshots(access, need.collection, &need.scope);
    let fail = |reason: String| MissingEvidence {
        source: need.collection.into(),
        reason,
    };
    if complete.is_empty() {
        return Err(fail(format!("no complete snapshot of the {} is in the evidence store", need.name)));
    }
    // A record that was not understood may be of anybody.
    let misread = |l: &Look| unclear(access, need.collection, l.at);
    if let Some(reason) = complete.iter().find_map(misread).filter(|_| complete.iter().all(|l| misread(l).is_some())) {
        return Err(fail(format!("a part of the {} was not understood ({reason})", need.name)));
    }
    let complete: Vec<Look> = complete.into_iter().filter(|l| misread(l).is_none()).collect();
    if complete.iter().any(|l| window == Window::at(l.at)) {
        return Ok(());
    }
    let log = |reason: String| MissingEvidence {
        source: "audit".into(),
        reason,
    };
    let Some(covered) = access.coverage.get("audit") else {
        return Err(log("no audit log is in the evidence store".into()));
    };
    // A part that was not read may be of any time, whatever is asserted.
    if let Some(reason) = unread(access, &covered.gaps) {
        return Err(log(format!("a part of the audit log was not read, and its time is not known ({reason})")));
    }
    // The last instant asked about is the one before the end of the window.
    let last = window.until.plus(-1).max(window.from);
    let between = |l: &Look| Window {
        from: window.from.min(l.since),
        // The snapshot tells of its own instant; of any later one the log must.
        until: if last <= l.at { l.at } else { window.until },
    };
    let name = &need.name;
    if !complete.iter().map(between).any(|w| covered.attested_spans(w)) {
        return Err(fail(format!(
            "no proved or asserted audit coverage joins the window to a complete snapshot of the {name}"
        )));
    }
    match unattributed(access, need, asked, window, &complete) {
        0 => Ok(()),
        acts => Err(log(format!(
            "{acts} records tell of a grant or an end that may be of the {name}, and do not say whose or of what"
        ))),
    }
}

/// How many acts may tell of a holder in a window, as far as their records say.
fn unattributed(access: &AccessModel, need: &Need, asked: &Asked, window: Window, complete: &[Look]) -> usize {
    let kind = match need.collection {
        "assignments" => EntitlementKind::AccessPackage,
        "memberships" => EntitlementKind::Group,
        "app_role_assignments" => EntitlementKind::AppRole,
        "directory_roles" | "role_schedules" => EntitlementKind::DirectoryRole,
        _ => return 0,
    };
    let snapshots: Vec<Instant> = complete.iter().map(|l| l.at).collect();
    access.unattributed.iter().filter(|a| a.may_tell(kind, asked, window, &snapshots)).count()
}

/// What of a collection was not understood when it was looked at.
fn unclear<'a>(access: &'a AccessModel, collection: &str, at: Instant) -> Option<&'a str> {
    let gaps = access.collection_gaps.get(collection)?;
    let there = |when: &Option<Window>| when.is_some_and(|w| w.meets(&Window::at(at)));
    gaps.iter().find(|(when, _)| there(when)).map(|(_, reason)| reason.as_str())
}

/// Why some of the log is not understood at an unknown time.
fn unread(access: &AccessModel, gaps: &Gaps) -> Option<String> {
    if access.untimed_records > 0 {
        return Some(format!("{} records without a time that can be read", access.untimed_records));
    }
    // A file of which nobody can tell what it is may be a part of the log.
    let unknown = access.collection_gaps.get("unknown").into_iter().flatten();
    gaps.iter().chain(unknown).find(|(when, _)| when.is_none()).map(|(_, reason)| reason.clone())
}

/// Assignments whose holder nobody names may be anybody's.
fn holderless(access: &AccessModel, asked: &Asked) -> Option<MissingEvidence> {
    let of_package = |id: &str| {
        let id = PackageId::new(id).interned();
        access
            .holderless
            .iter()
            .filter(|(p, _)| p.is_none_or(|p| p == id))
            .map(|(_, n)| n)
            .sum::<usize>()
    };
    let count = match asked {
        Asked::Entitlement(EntitlementKind::AccessPackage, id) => of_package(id),
        Asked::Resource(id) if kind_of(access, id) == Some(EntitlementKind::AccessPackage) => of_package(id),
        Asked::Everything | Asked::Holder(_) => access.holderless.values().sum(),
        Asked::Entitlement(..) | Asked::Resource(_) => 0,
    };
    let unnamed = match asked {
        Asked::Entitlement(_, id) | Asked::Resource(id) => access.unnamed.get(&Interned::from(id)).copied().unwrap_or_default(),
        Asked::Everything | Asked::Holder(_) => access.unnamed.values().sum(),
    };
    if unnamed > 0 {
        return Some(MissingEvidence {
            source: "role assignments".into(),
            reason: format!("{unnamed} records of roles and memberships name no holder"),
        });
    }
    (count > 0).then(|| MissingEvidence {
        source: "assignments".into(),
        reason: format!("{count} delivered assignments name no holder; export them with $expand=target,accessPackage"),
    })
}

/// Groups through which somebody may have come to what is asked about in the window.
fn groups_on_the_way(access: &AccessModel, asked: &Asked, window: Window) -> BTreeSet<Interned> {
    let is_group = |id: &PrincipalId| access.names.of(id.as_str()).is_some_and(|n| n.kind == ObjectKind::Group);
    let mut found: BTreeSet<Interned> = BTreeSet::new();
    let mut next: Vec<Interned> = Vec::new();
    let holders = |fits: &dyn Fn(&EntitlementKey) -> bool| -> Vec<Interned> {
        let held = access
            .holdings
            .iter()
            .filter(|h| fits(&h.entitlement) && h.presence(window) != Presence::Never && is_group(&h.principal));
        held.map(|h| h.principal.interned()).collect()
    };
    match asked {
        Asked::Entitlement(EntitlementKind::Group, id) => next.push(Interned::from(id)),
        Asked::Entitlement(kind, id) => next.extend(holders(&|key| key.kind == *kind && key.resource() == id)),
        Asked::Resource(id) => {
            if kind_of(access, id) == Some(EntitlementKind::Group) {
                next.push(Interned::from(id));
            }
            next.extend(holders(&|key| key.resource() == id));
        }
        // All groups are among what is needed already.
        Asked::Everything | Asked::Holder(_) => {}
    }
    while let Some(group) = next.pop() {
        if found.insert(group) {
            next.extend(holders(&|key| key.is_group_member() && key.resource() == group.as_str()));
        }
    }
    found
}

/// Kinds of access of which no complete snapshot exists at all.
fn never_listed(access: &AccessModel) -> Vec<String> {
    let kinds = [
        (EntitlementKind::AccessPackage, "access package assignments"),
        (EntitlementKind::Group, "group memberships"),
        (EntitlementKind::AppRole, "app role assignments"),
        (EntitlementKind::DirectoryRole, "directory roles"),
    ];
    let listed = |kind| {
        let collection = listed_in(kind).unwrap_or_default();
        access
            .looks
            .iter()
            .any(|((c, _), looks)| c.as_str() == collection && looks.iter().any(|l| l.complete))
    };
    kinds.iter().filter(|(kind, _)| !listed(*kind)).map(|(_, name)| (*name).to_string()).collect()
}

/// How many hold something else of a group than membership within a window, for whoever asks for its members.
#[must_use]
pub fn not_members(holdings: &[Holding], asked: &Asked, window: Window) -> Option<String> {
    let Asked::Entitlement(EntitlementKind::Group, id) = asked else { return None };
    let other = |h: &&Holding| {
        h.entitlement.kind == EntitlementKind::Group
            && h.entitlement.resource() == id
            && !h.entitlement.is_group_member()
            && h.presence(window) != Presence::Never
    };
    let others = holdings.iter().filter(other).count();
    (others > 0).then(|| format!("{others} more are owners of it or eligible for it, and no members: --resource lists them too"))
}

/// What the records say beside the rows.
fn notes(access: &AccessModel, asked: &Asked) -> Vec<String> {
    let mut notes = Vec::new();
    let object = match asked {
        Asked::Entitlement(_, id) | Asked::Resource(id) => id.as_str(),
        Asked::Holder(id) => id.as_str(),
        Asked::Everything => "",
    };
    if let Some(app) = access.apps.get(object).filter(|a| a.assignment_required == Some(false)) {
        notes.push(format!(
            "{} has no assignment required: every account of the tenant may use it, whoever is listed",
            app.name
        ));
    }
    if let Some(activities) = access.unknown_about.get(&Interned::from(object)) {
        notes.push(format!(
            "records of unknown activities name it, and may be about its holders: {}",
            activities.join(", ")
        ));
    }
    notes
}
