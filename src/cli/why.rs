//! `why`: every path by which somebody holds something at an instant, and what would have to go to end it.

use crate::cli::bench::Bench;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::WhyArgs;
use crate::cli::{output, select};
use crate::ledger::AccessModel;
use crate::ledger::absence::{Asked, Basis, basis};
use crate::model::rows::{Cell, Kind, Rows};
use crate::model::{EntitlementKey, EntitlementKind, Holding, Instant, PolicyId, Presence, PrincipalId, Window};
use crate::report::columns::Form;
use crate::report::rows as forms;
use crate::workbench::why::{At, Cut, Path, Step};
use serde_json::json;
use std::fmt::Write;

/// The answer before it is shown.
struct Answer<'a> {
    access: &'a AccessModel,
    who: PrincipalId,
    what: String,
    at: Instant,
    paths: Vec<Path>,
    /// What ends the paths that give access now.
    ends: Option<Cut>,
    /// What ends those and what could be activated.
    prevents: Option<Cut>,
    basis: Basis,
}

/// Says why.
pub fn run(args: &WhyArgs) -> Result<Exit, Failure> {
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let commit = bench.subject.commit.clone();
    let access = bench.paths()?;
    let who = PrincipalId::new(&named("principal", &args.principal, &select::principals(access))?);
    let (kind, id) = entitlement(access, &args.entitlement)?;
    let at = match &args.at {
        Some(text) => select::instant("--at", text)?,
        None => access.as_of,
    };
    let wanted = |key: &EntitlementKey| key.kind == kind && !key.is_group_owner() && (key.resource() == id || key.id == *id);
    let now = At::new(access, at);
    let paths = now.paths(&who, &wanted);
    let active: Vec<Path> = paths.iter().filter(|p| !p.eligible).cloned().collect();
    let ends = now.cut(&active);
    let prevents = if active.len() < paths.len() { now.cut(&paths) } else { None };
    let key = match kind {
        EntitlementKind::AppRole => EntitlementKey::app_role(&id, ""),
        EntitlementKind::DirectoryRole => EntitlementKey::directory_role(&id, "/", false),
        EntitlementKind::AccessPackage => EntitlementKey::package(&id),
        _ => EntitlementKey::group(&id),
    };
    let asked = Asked::Entitlement(kind, key.resource().to_string());
    let answer = Answer {
        what: access.entitlement_name_at(&key, at).trim_end_matches(" / ").to_string(),
        basis: basis(access, &asked, Window::at(at), true),
        access,
        who,
        at,
        paths,
        ends,
        prevents,
    };
    show(&answer, args)?;
    Ok(end(&answer, &commit))
}

/// The id of what a name means among candidates; says what a person should know about the name.
pub(super) fn named(what: &str, name: &str, candidates: &select::Candidates) -> Result<String, Failure> {
    let resolved = select::resolve(what, name, candidates)?;
    if let Some(remark) = resolved.remark {
        output::say(&remark);
    }
    Ok(resolved.id)
}

/// What kind of thing a name means, and its id; one role of an application is named by its key.
pub(super) fn entitlement(access: &AccessModel, name: &str) -> Result<(EntitlementKind, String), Failure> {
    let lower = name.trim().to_lowercase();
    if let Some(held) = access.holdings.iter().find(|h| h.entitlement.id.as_str() == lower) {
        return Ok((held.entitlement.kind, lower));
    }
    let id = named("entitlement", name, &select::entitlements(access))?;
    let kinds = [
        (EntitlementKind::AccessPackage, select::packages(access)),
        (EntitlementKind::Group, select::groups(access)),
        (EntitlementKind::AppRole, select::apps(access)),
        (EntitlementKind::DirectoryRole, select::roles(access)),
    ];
    let kind = kinds.iter().find(|(_, all)| all.contains_key(&id)).map(|(kind, _)| *kind);
    match kind {
        Some(kind) => Ok((kind, id)),
        None => Err(Failure::usage(format!(
            "nothing in the evidence store names {id}: an id that was never exported, or a wrong one"
        ))),
    }
}

/// Says how it ends, and gives the code.
fn end(answer: &Answer, commit: &str) -> Exit {
    let active = |certainty| answer.paths.iter().filter(|p| !p.eligible && p.certainty == certainty).count();
    let (certain, possible) = (active(Presence::Certain), active(Presence::Possible));
    output::say(&format!(
        "{certain} certain paths, {possible} possible; as of {}, commit {commit}",
        answer.access.as_of
    ));
    for note in &answer.basis.notes {
        output::say(&format!("note: {note}"));
    }
    for missing in &answer.basis.missing {
        let word = if certain > 0 { "there may be more" } else { "not seen" };
        output::say(&format!("{word}: {}", missing.reason));
    }
    match (certain, possible, answer.basis.absence_is_provable()) {
        (1.., ..) => Exit::Done,
        (0, 0, true) => {
            output::say("no path; what would show one is complete");
            Exit::Found
        }
        _ => Exit::CannotTell,
    }
}

fn show(answer: &Answer, args: &WhyArgs) -> Result<(), Failure> {
    let table = answer.table();
    let bytes = match output::form(&args.output) {
        None => crate::model::shown::visible(&answer.told()).into_bytes(),
        Some(Form::Json) => {
            let mut bytes = b"{\"rows\":".to_vec();
            bytes.extend(forms::write(&table, Form::Json).map_err(Failure::usage)?.trim_ascii_end());
            let rest = json!({
                "removals": answer.ends.as_ref().map(|c| answer.removals(c)),
                "removals_with_eligible": answer.prevents.as_ref().map(|c| answer.removals(c)),
                "basis": answer.basis,
            })
            .to_string();
            bytes.extend(format!(",\n{}\n", rest.trim_start_matches('{')).bytes());
            bytes
        }
        Some(form) => forms::write(&table, form).map_err(Failure::usage)?,
    };
    output::deliver(&bytes, &args.output)
}

/// What a step is.
struct Told<'a> {
    kind: &'static str,
    holder: String,
    holder_id: String,
    gives: String,
    key: Option<&'a EntitlementKey>,
    holding: Option<&'a Holding>,
    from: (Option<Instant>, &'static str),
    until: (Option<Instant>, &'static str),
    evidence: Vec<&'a str>,
}

impl Answer<'_> {
    fn told_of(&self, step: Step) -> Told<'_> {
        match step {
            Step::Holding(i) => {
                let h = &self.access.holdings[i];
                let kind = match (h.entitlement.kind, h.entitlement.is_eligible()) {
                    (EntitlementKind::AccessPackage, _) => "package assignment",
                    (EntitlementKind::Group, false) => "group membership",
                    (EntitlementKind::Group, true) => "eligible group membership",
                    (EntitlementKind::AppRole, _) => "app role assignment",
                    (EntitlementKind::DirectoryRole, false) => "role assignment",
                    (EntitlementKind::DirectoryRole, true) => "eligible role assignment",
                    (EntitlementKind::SiteRole, _) => "site role",
                };
                Told {
                    kind,
                    holder: self.access.principal_name_at(&h.principal, self.at).to_string(),
                    holder_id: h.principal.to_string(),
                    gives: self.access.entitlement_name_at(&h.entitlement, self.at).to_string(),
                    key: Some(&h.entitlement),
                    holding: Some(h),
                    from: (h.held_from, h.from_certainty.as_str()),
                    until: (h.held_until, h.until_certainty.as_str()),
                    evidence: h.evidence.iter().map(|e| e.as_str()).collect(),
                }
            }
            Step::Content(i) => {
                let c = &self.access.contents[i];
                let package = EntitlementKey::package(c.package.as_str());
                let name = c.entitlement.as_ref().map(|k| self.access.entitlement_name_at(k, self.at)).unwrap_or_default();
                let known = c.entitlement.as_ref().is_some_and(|k| k.resource() != name.as_str());
                Told {
                    kind: "package content",
                    holder: self.access.entitlement_name_at(&package, self.at).to_string(),
                    holder_id: c.package.to_string(),
                    gives: if known || c.resource_name.is_empty() { name } else { c.resource_name }.to_string(),
                    key: c.entitlement.as_ref(),
                    holding: None,
                    from: (c.span.held_from, c.span.from_certainty.as_str()),
                    until: (c.span.held_until, c.span.until_certainty.as_str()),
                    evidence: c.evidence.iter().map(|e| e.as_str()).collect(),
                }
            }
        }
    }

    /// One row for each step of each path.
    fn table(&self) -> Rows {
        let mut table = Rows::new(&[
            ("path", Kind::Whole),
            ("step", Kind::Whole),
            ("path_state", Kind::Text),
            ("path_certainty", Kind::Text),
            ("step_kind", Kind::Text),
            ("holder_name", Kind::Text),
            ("gives_name", Kind::Text),
            ("certainty", Kind::Text),
            ("remove", Kind::Flag),
            ("held_from", Kind::Time),
            ("from_certainty", Kind::Text),
            ("held_until", Kind::Time),
            ("until_certainty", Kind::Text),
            ("holder_id", Kind::Text),
            ("entitlement_kind", Kind::Text),
            ("entitlement_id", Kind::Text),
            ("grant_kind", Kind::Text),
            ("requested_by", Kind::Text),
            ("approved_by", Kind::Text),
            ("granted_by", Kind::Text),
            ("justification", Kind::Text),
            ("request_id", Kind::Text),
            ("assignment_id", Kind::Text),
            ("policy_id", Kind::Text),
            ("evidence", Kind::Text),
        ]);
        for (n, path) in self.paths.iter().enumerate() {
            for (k, step) in path.steps.iter().enumerate() {
                table.rows.push(self.row(path, n, k, *step));
            }
        }
        table
    }

    fn row(&self, path: &Path, n: usize, k: usize, step: Step) -> Vec<Cell> {
        let told = self.told_of(step);
        let count = |n: usize| Cell::Whole(i64::try_from(n + 1).unwrap_or(i64::MAX));
        let h = told.holding;
        let text = |pick: fn(&Holding) -> String| h.map_or(Cell::Empty, |h| Cell::text(&pick(h)));
        let removed = self.ends.as_ref().or(self.prevents.as_ref()).is_some_and(|c| c.steps.contains(&step));
        vec![
            count(n),
            count(k),
            Cell::text(if path.eligible { "eligible" } else { "active" }),
            Cell::text(path.certainty.as_str()),
            Cell::text(told.kind),
            Cell::text(&told.holder),
            Cell::text(&told.gives),
            Cell::text(path.presences[k].as_str()),
            Cell::Flag(removed),
            Cell::time(told.from.0),
            Cell::text(told.from.1),
            Cell::time(told.until.0),
            Cell::text(told.until.1),
            Cell::text(&told.holder_id),
            Cell::text(told.key.map_or("", |k| k.kind.as_str())),
            Cell::text(told.key.map_or("", |k| k.id.as_str())),
            text(|h| h.grant_kind.to_string()),
            text(|h| h.requested_by.as_ref().map(ToString::to_string).unwrap_or_default()),
            text(|h| h.approved_by.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(";")),
            text(|h| h.granted_by.to_string()),
            text(|h| h.justification.map(|j| j.to_string()).unwrap_or_default()),
            text(|h| h.request.as_ref().map(ToString::to_string).unwrap_or_default()),
            text(|h| h.assignment.as_ref().map(ToString::to_string).unwrap_or_default()),
            text(|h| h.policy.as_ref().map(ToString::to_string).unwrap_or_default()),
            Cell::text(&told.evidence.join(";")),
        ]
    }

    /// A set of removals as JSON.
    fn removals(&self, cut: &Cut) -> serde_json::Value {
        let step = |s: &Step| {
            let told = self.told_of(*s);
            json!({
                "step_kind": told.kind, "holder_id": told.holder_id, "holder_name": told.holder, "gives_name": told.gives,
                "entitlement_id": told.key.map(|k| k.id.as_str()),
                "assignment_id": told.holding.and_then(|h| h.assignment.as_ref()).map(ToString::to_string),
            })
        };
        let lost = |(who, key): &(PrincipalId, EntitlementKey)| {
            json!({
                "principal_id": who.as_str(), "principal_name": self.access.principal_name_at(who, self.at).as_str(),
                "entitlement_kind": key.kind.as_str(), "entitlement_id": key.id.as_str(),
                "entitlement_name": self.access.entitlement_name_at(key, self.at).as_str(),
            })
        };
        json!({"remove": cut.steps.iter().map(step).collect::<Vec<_>>(), "also_ends": cut.also_ends.iter().map(lost).collect::<Vec<_>>()})
    }

    /// For people.
    fn told(&self) -> String {
        let who = self.access.principal_name_at(&self.who, self.at);
        let mut out = String::new();
        if self.paths.is_empty() {
            let _ = writeln!(out, "no path from {who} to {} at {}", self.what, self.at);
        }
        for (n, path) in self.paths.iter().enumerate() {
            let state = if path.eligible { ", once it is activated" } else { "" };
            let _ = writeln!(out, "path {}: {who} to {} at {}, {}{state}", n + 1, self.what, self.at, path.certainty);
            for (k, step) in path.steps.iter().enumerate() {
                self.tell_step(&mut out, k, *step, path.presences[k]);
            }
        }
        if let Some(cut) = &self.ends {
            self.tell_cut(&mut out, "to end it, remove", cut);
        }
        if let Some(cut) = &self.prevents {
            self.tell_cut(&mut out, "to rule out activation too, remove", cut);
        }
        out
    }

    fn tell_step(&self, out: &mut String, k: usize, step: Step, presence: Presence) {
        let told = self.told_of(step);
        let end = |(at, certainty): (Option<Instant>, &str)| at.map_or_else(|| certainty.to_string(), |at| format!("{at} {certainty}"));
        let _ = writeln!(out, "  {}. {} -> {}  ({}, {presence})", k + 1, told.holder, told.gives, told.kind);
        let _ = writeln!(out, "     from {}, until {}", end(told.from), end(told.until));
        if let Some(h) = told.holding {
            let name = |id: &PrincipalId| self.access.principal_name_at(id, self.at).to_string();
            let mut how = vec![h.grant_kind.to_string()];
            how.extend(h.requested_by.as_ref().map(|r| format!("asked by {}", name(r))));
            if !h.approved_by.is_empty() {
                let all: Vec<&str> = h.approved_by.iter().map(|a| a.as_str()).collect();
                how.push(format!("approved by {}", all.join(", ")));
            }
            if !h.granted_by.is_empty() {
                how.push(format!("granted by {}", h.granted_by));
            }
            let policy = |p: &PolicyId| self.access.policies.get(p).map_or_else(|| p.to_string(), |f| f.name.clone());
            how.extend(h.policy.as_ref().map(|p| format!("policy {}", policy(p))));
            let _ = writeln!(out, "     {}", how.join("; "));
        }
        let shown: Vec<&str> = told.evidence.iter().take(3).copied().collect();
        let more = told.evidence.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "     proved by {}{more}", shown.join(", "));
    }

    fn tell_cut(&self, out: &mut String, what: &str, cut: &Cut) {
        let _ = writeln!(out, "{what}:");
        for step in &cut.steps {
            let told = self.told_of(*step);
            let _ = writeln!(out, "  - {} -> {}  ({})", told.holder, told.gives, told.kind);
        }
        if cut.also_ends.is_empty() {
            let _ = writeln!(out, "  nothing else ends with it");
            return;
        }
        let _ = writeln!(out, "  {} more end with it:", cut.also_ends.len());
        for (who, key) in cut.also_ends.iter().take(10) {
            let (who, what) = (self.access.principal_name_at(who, self.at), self.access.entitlement_name_at(key, self.at));
            let _ = writeln!(out, "    {who}: {what} ({})", key.kind);
        }
        if cut.also_ends.len() > 10 {
            let _ = writeln!(out, "    and {} more; --format json has all", cut.also_ends.len() - 10);
        }
    }
}
