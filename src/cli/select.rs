//! Names to ids, and windows of time.

use crate::cli::exit::Failure;
use crate::ledger::AccessModel;
use crate::ledger::absence::Asked;
use crate::ledger::names::{Named, Naming, ObjectKind};
use crate::model::time::DAY;
use crate::model::{EntitlementKey, EntitlementKind, Holding, Instant, Interned, Window};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a holding is of what is asked about.
#[must_use]
pub fn takes(asked: &Asked, holding: &Holding) -> bool {
    match asked {
        Asked::Everything => true,
        Asked::Holder(id) => holding.principal == *id,
        // Who owns a group, or is eligible for it, is no member.
        Asked::Entitlement(EntitlementKind::Group, id) => holding.entitlement.is_group_member() && holding.entitlement.resource() == id,
        Asked::Entitlement(kind, id) => holding.entitlement.kind == *kind && holding.entitlement.resource() == id,
        Asked::Resource(id) => holding.entitlement.resource() == id || holding.entitlement.id == *id,
    }
}

/// Something that a name may mean.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    kind: &'static str,
    /// Names with the last instant at which it was called so; `None` for the name of today.
    names: Vec<(String, Option<Instant>)>,
    created_at: Option<Instant>,
    deleted_at: Option<Instant>,
}

/// What a name can mean, by id.
pub type Candidates = BTreeMap<String, Candidate>;

/// What a name was found to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The id.
    pub id: String,
    /// What a person should know about the name.
    pub remark: Option<String>,
}

impl Candidate {
    fn shown(&self) -> &str {
        self.names
            .iter()
            .find(|(_, until)| until.is_none())
            .or(self.names.first())
            .map_or("", |(n, _)| n)
    }

    /// A line of a list from which one can choose.
    fn line(&self, id: &str, given: &str) -> String {
        let day = |t: Option<Instant>| t.map(Instant::day);
        let mut words = vec![self.shown().to_string(), self.kind.to_string(), id.to_string()];
        words.extend(day(self.created_at).map(|d| format!("created {d}")));
        words.extend(day(self.deleted_at).map(|d| format!("deleted {d}")));
        let former = self.names.iter().find(|(n, _)| n.to_lowercase() == given);
        words.extend(former.and_then(|(_, until)| day(*until)).map(|d| format!("called so until {d}")));
        format!("  {}", words.join("  "))
    }
}

/// Resolves a name or id among candidates: an id is taken as it is, a name must name one thing, whenever it bore the name.
///
/// # Errors
/// When the name is unknown, or names several things, which are listed.
pub fn resolve(what: &str, given: &str, candidates: &Candidates) -> Result<Resolved, Failure> {
    let lower = given.trim().to_lowercase();
    let plain = |id: String| Resolved { id, remark: None };
    if candidates.contains_key(&lower) {
        return Ok(plain(lower));
    }
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&String> {
        let has = |c: &Candidate| c.names.iter().any(|(n, _)| fits(&n.to_lowercase()));
        candidates.iter().filter(|(_, c)| has(c)).map(|(id, _)| id).collect()
    };
    match named(&|name| name == lower).as_slice() {
        [one] => Ok(Resolved {
            id: (*one).clone(),
            remark: former(&candidates[*one], given.trim(), &lower),
        }),
        [] if is_guid(&lower) => Ok(plain(lower)),
        [] => {
            let near: Vec<String> = named(&|name| name.contains(&lower))
                .into_iter()
                .take(5)
                .map(|id| candidates[id].line(id, &lower))
                .collect();
            let hint = if near.is_empty() {
                "nothing in the evidence store ever had a similar name".to_string()
            } else {
                format!("did you mean:\n{}", near.join("\n"))
            };
            Err(Failure::usage(format!("no {what} is or was called '{given}'; {hint}")))
        }
        several => {
            let list: Vec<String> = several.iter().map(|id| candidates[*id].line(id, &lower)).collect();
            Err(Failure::usage(format!(
                "'{given}' names {} {what}s over time; give one of these ids:\n{}",
                several.len(),
                list.join("\n")
            )))
        }
    }
}

/// What to say when a name is no longer in use.
fn former(candidate: &Candidate, given: &str, lower: &str) -> Option<String> {
    let now = candidate.names.iter().any(|(n, until)| until.is_none() && n.to_lowercase() == lower);
    let until = candidate.names.iter().find(|(n, _)| n.to_lowercase() == lower)?.1.filter(|_| !now)?;
    Some(format!("called '{given}' until {}; its name is now '{}'", until.day(), candidate.shown()))
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .char_indices()
            .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

/// Objects of some kinds with every name that they ever had.
fn named(access: &AccessModel, kinds: &[ObjectKind]) -> Candidates {
    let of = |(id, named): (Interned, &Named)| {
        let mut names: Vec<(String, Option<Instant>)> = Vec::new();
        for (i, naming) in named.namings.iter().enumerate() {
            let next = named.namings.get(i + 1);
            let ended = |name: Interned, later: fn(&Naming) -> Interned| next.filter(|n| later(n) != name).map(|n| n.at);
            for (name, until) in [(naming.upn, ended(naming.upn, |n| n.upn)), (naming.name, ended(naming.name, |n| n.name))] {
                names.retain(|(n, _)| *n != name.as_str());
                if !name.is_empty() {
                    names.push((name.to_string(), until));
                }
            }
        }
        let candidate = Candidate {
            kind: named.kind.as_str(),
            names,
            created_at: named.created_at,
            deleted_at: named.deleted_at,
        };
        (id.to_string(), candidate)
    };
    access.names.iter().filter(|(_, n)| kinds.contains(&n.kind)).map(of).collect()
}

/// Access packages.
#[must_use]
pub fn packages(access: &AccessModel) -> Candidates {
    let mut all = named(access, &[ObjectKind::Package]);
    held(access, EntitlementKind::AccessPackage, &mut all);
    all
}

/// Groups.
#[must_use]
pub fn groups(access: &AccessModel) -> Candidates {
    let mut all = named(access, &[ObjectKind::Group]);
    held(access, EntitlementKind::Group, &mut all);
    all
}

/// Service principals, by their names and by their application ids.
#[must_use]
pub fn apps(access: &AccessModel) -> Candidates {
    let mut all = named(access, &[ObjectKind::ServicePrincipal]);
    for (id, app) in access.apps.iter().filter(|(_, a)| !a.app_id.is_empty()) {
        all.entry(id.clone()).or_default().names.push((app.app_id.clone(), None));
    }
    held(access, EntitlementKind::AppRole, &mut all);
    all
}

/// Directory roles. Definition id and template id of one role share a name: the one that is held, or the only one, is meant.
#[must_use]
pub fn roles(access: &AccessModel) -> Candidates {
    let name = |id: &Interned| access.entitlement_name(&EntitlementKey::directory_role(id, "/", false)).to_string();
    let mut all: Candidates = access.held_roles.iter().map(|id| (id.to_string(), plain("directory role", name(id)))).collect();
    let taken: BTreeSet<String> = all.values().flat_map(|c| c.names.iter().map(|(n, _)| n.to_lowercase())).collect();
    let mut others = named(access, &[ObjectKind::Role]);
    for (id, name) in &access.roles {
        others.entry(id.clone()).or_insert_with(|| plain("directory role", name.clone()));
    }
    let mut seen: BTreeSet<String> = taken;
    for (id, candidate) in others {
        let is_new = !candidate.names.iter().any(|(n, _)| seen.contains(&n.to_lowercase()));
        if is_new {
            seen.extend(candidate.names.iter().map(|(n, _)| n.to_lowercase()));
            all.entry(id).or_insert(candidate);
        }
    }
    all
}

/// Everything that can be held: packages, groups, applications and directory roles.
#[must_use]
pub fn entitlements(access: &AccessModel) -> Candidates {
    let mut all = roles(access);
    for more in [apps(access), groups(access), packages(access)] {
        all.extend(more);
    }
    all
}

/// Everything that has a name.
#[must_use]
pub fn objects(access: &AccessModel) -> Candidates {
    let mut all = principals(access);
    all.extend(entitlements(access));
    all
}

/// Principals of every kind.
#[must_use]
pub fn principals(access: &AccessModel) -> Candidates {
    let mut all = named(access, &[ObjectKind::User, ObjectKind::Group, ObjectKind::ServicePrincipal]);
    for holding in &access.holdings {
        all.entry(holding.principal.to_string())
            .or_insert_with(|| plain("principal", holding.principal_name.to_string()));
    }
    all
}

fn plain(kind: &'static str, name: String) -> Candidate {
    Candidate {
        kind,
        names: vec![(name, None)],
        ..Candidate::default()
    }
}

fn held(access: &AccessModel, kind: EntitlementKind, all: &mut Candidates) {
    for holding in access.holdings.iter().filter(|h| h.entitlement.kind == kind) {
        all.entry(holding.entitlement.resource().to_string())
            .or_insert_with(|| plain("", holding.entitlement_name.to_string()));
    }
}

/// The window of `--at`, or of `--from` and `--until`; the instant of the questions when none is given.
///
/// # Errors
/// When a time cannot be read, or the window is empty.
pub fn window(at: Option<&str>, from: Option<&str>, until: Option<&str>, as_of: Instant) -> Result<Window, Failure> {
    let window = match (at, from, until) {
        (Some(at), _, _) => {
            let start = instant("--at", at)?;
            // A date without a time means that whole day.
            Window {
                from: start,
                until: start.plus(if at.trim().len() == 10 { DAY } else { 1 }),
            }
        }
        (None, None, None) => Window {
            from: as_of,
            until: as_of.plus(1),
        },
        (None, from, until) => Window {
            from: from.map(|t| instant("--from", t)).transpose()?.unwrap_or(Instant(i64::MIN)),
            // A date without a time means that whole day, here as everywhere.
            until: until.map(|t| last_of("--until", t)).transpose()?.unwrap_or(as_of.plus(1)),
        },
    };
    if window.from >= window.until {
        return Err(Failure::usage(format!(
            "the window from {} until {} is empty; --from must be before --until",
            window.from, window.until
        )));
    }
    Ok(window)
}

/// Reads the end of a span on the command line, exclusive: a date without a time covers that day.
///
/// # Errors
/// When it is no time.
pub fn last_of(flag: &str, text: &str) -> Result<Instant, Failure> {
    let at = instant(flag, text)?;
    Ok(if text.trim().len() == 10 { at.plus(DAY) } else { at })
}

/// Reads a time of the command line.
///
/// # Errors
/// When it is none; the message shows the form.
pub fn instant(flag: &str, text: &str) -> Result<Instant, Failure> {
    Instant::parse(text).ok_or_else(|| Failure::usage(format!("{flag} '{text}' is no time; write it as 2026-03-31T12:00:00Z or 2026-03-31")))
}
