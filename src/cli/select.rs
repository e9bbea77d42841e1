//! Names to ids, windows, and how certainly a holding lies in a window.

use crate::cli::exit::Failure;
use crate::ledger::AccessModel;
use crate::ledger::access_model::listed_in;
use crate::model::time::DAY;
use crate::model::{EntitlementKind, Holding, Instant, Window};
use std::collections::BTreeMap;

/// What `holders` asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything.
    All,
    /// One resource of one kind, by its id.
    One(EntitlementKind, String),
    /// Any kind, by resource id.
    Any(String),
}

impl Wanted {
    /// Whether a holding is of what is asked about.
    #[must_use]
    pub fn takes(&self, holding: &Holding) -> bool {
        match self {
            Self::All => true,
            Self::One(kind, id) => holding.entitlement.kind == *kind && holding.entitlement.resource() == id,
            Self::Any(id) => holding.entitlement.resource() == id || holding.entitlement.id == *id,
        }
    }
}

/// Resolves a name or id among candidates: an id is taken as it is, a name must name one thing.
///
/// # Errors
/// When the name is unknown, or names several things, which are listed.
pub fn resolve(what: &str, given: &str, candidates: &BTreeMap<String, Vec<String>>) -> Result<String, Failure> {
    let lower = given.trim().to_lowercase();
    if candidates.contains_key(&lower) {
        return Ok(lower);
    }
    let named = |exact: bool| -> Vec<&String> {
        let fits = |name: &String| {
            if exact {
                name.to_lowercase() == lower
            } else {
                name.to_lowercase().contains(&lower)
            }
        };
        candidates.iter().filter(|(_, names)| names.iter().any(fits)).map(|(id, _)| id).collect()
    };
    let exact = named(true);
    match exact.as_slice() {
        [one] => Ok((*one).clone()),
        [] if is_guid(&lower) => Ok(lower),
        [] => {
            let near: Vec<String> = named(false)
                .into_iter()
                .take(5)
                .map(|id| format!("  {} ({id})", candidates[id].join(", ")))
                .collect();
            let hint = if near.is_empty() {
                "the lake knows no similar name".to_string()
            } else {
                format!("did you mean:\n{}", near.join("\n"))
            };
            Err(Failure::usage(format!("no {what} is called '{given}'; {hint}")))
        }
        several => {
            let list: Vec<String> = several.iter().map(|id| format!("  {id}")).collect();
            Err(Failure::usage(format!(
                "'{given}' names {} {what}s; give one of these ids:\n{}",
                several.len(),
                list.join("\n")
            )))
        }
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .char_indices()
            .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

/// Names of packages by id.
#[must_use]
pub fn packages(access: &AccessModel) -> BTreeMap<String, Vec<String>> {
    access.packages.iter().map(|(id, p)| (id.to_string(), vec![p.name.clone()])).collect()
}

/// Names of groups by id.
#[must_use]
pub fn groups(access: &AccessModel) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = access.groups.iter().map(|(id, g)| (id.clone(), vec![g.name.clone()])).collect();
    held(access, EntitlementKind::Group, &mut names);
    names
}

/// Names and application ids by service principal.
#[must_use]
pub fn apps(access: &AccessModel) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = access.apps.iter().map(|(id, a)| (id.clone(), vec![a.name.clone(), a.app_id.clone()])).collect();
    held(access, EntitlementKind::AppRole, &mut names);
    names
}

/// Names of directory roles that somebody holds, by role id.
#[must_use]
pub fn roles(access: &AccessModel) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    held(access, EntitlementKind::DirectoryRole, &mut names);
    for (id, name) in &access.roles {
        // Definition id and template id of one role share a name: only one that is held, or the only one, is meant.
        if !names.values().any(|n| n.contains(name)) {
            names.insert(id.clone(), vec![name.clone()]);
        }
    }
    names
}

fn held(access: &AccessModel, kind: EntitlementKind, names: &mut BTreeMap<String, Vec<String>>) {
    for holding in access.holdings.iter().filter(|h| h.entitlement.kind == kind) {
        names
            .entry(holding.entitlement.resource().to_string())
            .or_insert_with(|| vec![holding.entitlement_name.to_string()]);
    }
}

/// Names of principals by object id.
#[must_use]
pub fn principals(access: &AccessModel) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, person) in &access.people {
        names.insert(id.to_string(), vec![person.upn.to_string(), person.name.to_string()]);
    }
    for holding in &access.holdings {
        names
            .entry(holding.principal.to_string())
            .or_insert_with(|| vec![holding.principal_name.to_string()]);
    }
    names
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
            until: until.map(|t| instant("--until", t)).transpose()?.unwrap_or(as_of.plus(1)),
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

/// Reads a time of the command line.
///
/// # Errors
/// When it is none; the message shows the form.
pub fn instant(flag: &str, text: &str) -> Result<Instant, Failure> {
    Instant::parse(text).ok_or_else(|| Failure::usage(format!("{flag} '{text}' is no time; write it as 2026-03-31T12:00:00Z or 2026-03-31")))
}

/// Whether "nobody" can be believed for a window: proof or assertion covers it, and joins it to a complete look or to the beginning of what is asked about.
///
/// # Errors
/// When it cannot, with the reason.
pub fn absence_is_provable(access: &AccessModel, wanted: &Wanted, window: Window) -> Result<(), String> {
    let (kind, scope) = match wanted {
        Wanted::One(kind @ (EntitlementKind::Group | EntitlementKind::AppRole), id) => (*kind, id.as_str()),
        Wanted::One(kind, _) => (*kind, "tenant"),
        Wanted::All | Wanted::Any(_) => (EntitlementKind::AccessPackage, "tenant"),
    };
    let collection = listed_in(kind).ok_or("holders of SharePoint roles are in none of the sources")?;
    let looks = access.looks.get(&(collection.into(), scope.into())).map_or(&[][..], Vec::as_slice);
    let complete: Vec<Instant> = looks.iter().filter(|l| l.complete).map(|l| l.at).collect();
    if complete.is_empty() {
        return Err(format!("no complete look at {collection} is in the lake"));
    }
    if complete.iter().any(|look| window.from == *look && window.until == look.plus(1)) {
        return Ok(());
    }
    let Some(covered) = access.coverage.get("audit") else {
        return Err("no audit log is in the lake".into());
    };
    // A part that was not read may be of any time, whatever is vouched for.
    if let Some((_, reason)) = covered.gaps.iter().find(|(when, _)| when.is_none()) {
        return Err(format!(
            "something of the audit log was not read, and nobody knows of which time ({reason}); export it again, and ingest everything into a new lake"
        ));
    }
    let joined = complete.iter().any(|look| {
        covered.attested_spans(Window {
            from: window.from.min(*look),
            until: window.until.max(*look),
        })
    });
    if joined {
        Ok(())
    } else {
        Err("no proved or asserted audit coverage joins the window to a complete look".into())
    }
}
