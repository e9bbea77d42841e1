//! The removal plan: one step for each path by which revoked access is held, with what else it hits.
//!
//! The plan is written for people and their tools; nothing here writes to a tenant.

use crate::campaign::contradiction::contradictions;
use crate::campaign::follow_up::{CurrentAccess, asked_end};
use crate::campaign::log::{Choice, DecidedBy, DecisionEntry};
use crate::campaign::model::{Item, shown_name};
use crate::campaign::nesting::Nesting;
use crate::campaign::outcome::due;
use crate::campaign::source::{Source, source};
use crate::campaign::state::State;
use crate::model::{EntitlementKind, GrantKind, Holding, Instant, PrincipalId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How a step is called whose request another step of the plan carries.
pub const WITH_STEP: &str = "with-step";

/// A step of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Position, from 1: sensitive first, then what hits least.
    pub order: usize,
    /// The item.
    pub item_id: String,
    /// Holder.
    pub principal_id: String,
    /// Holder's name.
    pub principal_name: String,
    /// Name of what is held.
    pub entitlement_name: String,
    /// `revoke` or `modify`.
    pub decision: Choice,
    /// `person`, `silence` or `system`.
    pub by: DecidedBy,
    /// `package`, `rule`, `group`, `group-on-premises`, `group-by-rule`, `nested-group`, `app-role`, `pim`, `directory-role`, `by-hand`,
    /// `contradiction`, `package-not-revoked`, `with-step`: another step of the plan carries it out, too.
    pub method_kind: &'static str,
    /// HTTP method of the Graph request; empty for what is done by hand.
    pub method: &'static str,
    /// Path below `https://graph.microsoft.com/v1.0`.
    pub path: String,
    /// Body of the request.
    pub body: Option<Value>,
    /// What is done, in one sentence.
    pub instruction: String,
    /// How many principals lose something by it.
    pub affected_count: usize,
    /// Who or what else is hit, in words.
    pub side_effects: String,
    /// When it must be done.
    pub due: Instant,
    sensitive: bool,
    /// Whether it is a package's, on the item of what the package gives.
    for_given: bool,
}

impl Step {
    /// What it does, whoever asks for it: two steps with one request are one.
    fn does(&self) -> (&'static str, String, String) {
        let what = if self.method.is_empty() {
            format!("{} {}", self.item_id, self.instruction)
        } else {
            self.body.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        (self.method, self.path.clone(), what)
    }

    /// The address of its request; empty for what is done by hand.
    #[must_use]
    pub fn url(&self) -> String {
        if self.method.is_empty() {
            String::new()
        } else {
            format!("https://graph.microsoft.com/v1.0{}", self.path)
        }
    }
}

/// The plan of a campaign, ordered. What is gone already needs no step; what Entra did not apply itself does.
#[must_use]
pub fn plan(state: &State, now: &CurrentAccess, closed_at: Instant) -> Vec<Step> {
    let planner = Planner::new(state, now, closed_at);
    let mut steps = Vec::new();
    for (index, item) in state.items.iter().enumerate() {
        let Some((_, entry)) = state.effective_decision(index) else { continue };
        let wanted = matches!(entry.decision.choice, Choice::Revoke | Choice::Modify);
        if !wanted {
            continue;
        }
        let held: Vec<&Holding> = now.all(item).iter().copied().filter(|h| h.held_at(now.access.as_of)).collect();
        for holding in held {
            for mut step in planner.steps(index, holding, entry) {
                step.by = entry.by;
                steps.push(step);
            }
        }
    }
    joined(&mut steps);
    steps
}

/// Orders the steps. Every item keeps a row: where several ask for one request, one of them carries it, and the others name it.
fn joined(steps: &mut Vec<Step>) {
    steps.sort_by(|a, b| {
        let key = |s: &'_ Step| {
            (
                !s.sensitive,
                s.affected_count,
                s.principal_name.clone(),
                s.for_given,
                s.entitlement_name.clone(),
                s.item_id.clone(),
                s.path.clone(),
                s.body.as_ref().map(ToString::to_string),
            )
        };
        key(a).cmp(&key(b))
    });
    let mut seen = BTreeSet::new();
    steps.retain(|s| seen.insert((s.item_id.clone(), s.does())));
    // The item of the package itself, where it is one.
    let mut carrier: BTreeMap<_, usize> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        let known = carrier.entry(step.does()).or_insert(place);
        if steps[*known].for_given && !step.for_given {
            *known = place;
        }
    }
    for (place, step) in steps.iter_mut().enumerate() {
        step.order = place + 1;
    }
    for place in 0..steps.len() {
        let by = carrier.get(&steps[place].does()).copied().unwrap_or(place);
        if by == place {
            continue;
        }
        let (order, due) = (steps[by].order, steps[by].due.min(steps[place].due));
        steps[by].due = due;
        let step = &mut steps[place];
        step.instruction = format!("Goes with step {order}: {}", step.instruction);
        (step.method_kind, step.method, step.due) = (WITH_STEP, "", due);
        (step.path, step.body, step.side_effects) = (String::new(), None, String::new());
    }
}

struct Planner<'a> {
    now: &'a CurrentAccess<'a>,
    nesting: Nesting<'a>,
    closed_at: Instant,
    state: &'a State,
    /// Contradictions, by each of the two items.
    contradictions: BTreeMap<usize, String>,
    /// Decisions about packages, by holder and package.
    packages: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Planner<'a> {
    fn new(state: &'a State, now: &'a CurrentAccess<'a>, closed_at: Instant) -> Self {
        let mut told = BTreeMap::new();
        for c in contradictions(state) {
            for index in [c.package, c.given] {
                told.entry(index).or_insert_with(|| c.message.clone());
            }
        }
        let mut packages: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (index, item) in state
            .items
            .iter()
            .enumerate()
            .filter(|(_, i)| i.entitlement_kind == EntitlementKind::AccessPackage)
        {
            packages.entry((&item.principal_id, &item.entitlement_id)).or_default().push(index);
        }
        Self {
            now,
            nesting: Nesting::new(now.access),
            closed_at,
            state,
            contradictions: told,
            packages,
        }
    }

    /// The steps for one holding: one for each package that gives it, else one.
    fn steps(&self, index: usize, h: &'a Holding, entry: &DecisionEntry) -> Vec<Step> {
        let (item, choice) = (&self.state.items[index], entry.decision.choice);
        let blank = || self.step(item, entry);
        if choice == Choice::Revoke
            && let Some(why) = self.contradictions.get(&index)
        {
            return vec![self.held_up("contradiction", blank(), why)];
        }
        let behind: Vec<&Holding> = match (choice, h.entitlement.kind) {
            (Choice::Revoke, EntitlementKind::Group | EntitlementKind::AppRole | EntitlementKind::DirectoryRole) => self.delivering(h),
            _ => Vec::new(),
        };
        if behind.is_empty() {
            return vec![self.by_itself(blank(), item, h, entry)];
        }
        let by_package = |package: &&Holding| {
            let mut step = blank();
            match self.undecided(package) {
                None => {
                    self.package(&mut step, package);
                    step.for_given = true;
                    step.instruction += &format!(" It delivered {}.", h.entitlement_name);
                    step
                }
                Some(why) => {
                    let (what, who, by) = (&h.entitlement_name, &h.principal_name, &package.entitlement_name);
                    let why = format!("{who} has {what} by the package {by}, which {why}; removing it would take away more than was decided");
                    self.held_up("package-not-revoked", step, &why)
                }
            }
        };
        behind.iter().map(by_package).collect()
    }

    /// A step that is not carried out: nothing is sent, and a person has to decide.
    fn held_up(&self, kind: &'static str, mut step: Step, why: &str) -> Step {
        step.method_kind = kind;
        step.instruction = format!("Not carried out. {why}.");
        step
    }

    /// Why a package may not be removed for the sake of what it gives; `None` when it was revoked itself.
    fn undecided(&self, package: &Holding) -> Option<&'static str> {
        let items = self.packages.get(&(package.principal.as_str(), package.entitlement.id.as_str()));
        let mine = items.into_iter().flatten().filter(|i| {
            let id = &self.state.items[**i].assignment_id;
            id.is_empty() || package.assignment.as_ref().is_none_or(|a| a.as_str() == id)
        });
        let choices: Vec<Option<Choice>> = mine.map(|i| self.state.effective_decision(*i).map(|(_, d)| d.decision.choice)).collect();
        match choices.as_slice() {
            [] => Some("was not part of this review"),
            all if all.iter().all(|c| *c == Some(Choice::Revoke)) => None,
            all if all.contains(&None) => Some("nobody decided about"),
            _ => Some("is kept"),
        }
    }

    fn step(&self, item: &Item, entry: &DecisionEntry) -> Step {
        Step {
            order: 0,
            item_id: item.id.to_string(),
            principal_id: item.principal_id.clone(),
            principal_name: item.principal_name.clone(),
            entitlement_name: item.entitlement_name.clone(),
            decision: entry.decision.choice,
            by: DecidedBy::Person,
            method_kind: "by-hand",
            method: "",
            path: String::new(),
            body: None,
            instruction: String::new(),
            affected_count: 1,
            side_effects: String::new(),
            due: due(self.state, item, entry, self.closed_at),
            sensitive: item.sensitive,
            for_given: false,
        }
    }

    fn by_itself(&self, mut step: Step, item: &Item, h: &'a Holding, entry: &DecisionEntry) -> Step {
        let (choice, until) = (entry.decision.choice, entry.decision.until);
        match (choice, h.entitlement.kind) {
            (Choice::Modify, EntitlementKind::AccessPackage) if until.is_some() && source(self.now.access, h).is_none() => self.shorten(&mut step, h, until),
            (Choice::Modify, _) => {
                let end = until.map_or(String::new(), |t| format!(" until {}", t.day()));
                step.instruction = format!("Change {} of {}{end} as the reviewer asked.", item.entitlement_name, item.principal_name);
            }
            (_, EntitlementKind::AccessPackage) => self.package(&mut step, h),
            (_, EntitlementKind::Group) => self.group(&mut step, h),
            (_, EntitlementKind::AppRole) => self.app_role(&mut step, h),
            (_, EntitlementKind::DirectoryRole) => directory_role(&mut step, h),
            (_, EntitlementKind::SiteRole) => {
                step.instruction = format!("Remove {} from {} at the site.", item.principal_name, item.entitlement_name);
            }
        }
        if item.principal_type == "group" {
            self.nested(&mut step, h);
        }
        step
    }

    fn package(&self, step: &mut Step, h: &Holding) {
        if let Some(Source::PolicyRule(policy)) = source(self.now.access, h) {
            step.method_kind = "rule";
            step.instruction = format!(
                "Change the rule of the policy '{policy}' so that it no longer takes {}: a removal would be undone.",
                h.principal_name
            );
            return;
        }
        let Some(assignment) = &h.assignment else {
            step.instruction = format!(
                "Find the assignment of {} to {} and remove it: the lake knows no id of it that a request could name.",
                h.entitlement_name, h.principal_name
            );
            return;
        };
        step.method_kind = "package";
        step.method = "POST";
        step.path = "/identityGovernance/entitlementManagement/assignmentRequests".into();
        step.body = Some(json!({ "requestType": "adminRemove", "assignment": { "id": assignment.as_str() } }));
        step.instruction = format!("Remove the assignment of {} from {}.", h.entitlement_name, h.principal_name);
        let held = self
            .now
            .index
            .packages_of(&h.principal)
            .iter()
            .filter(|p| p.held_at(self.now.access.as_of))
            .count();
        if h.principal_type == "guest" && held <= 1 {
            step.side_effects = "It is this guest's last package: by default Entra then blocks the account and deletes it 30 days later.".into();
        }
    }

    fn shorten(&self, step: &mut Step, h: &Holding, until: Option<Instant>) {
        let (Some(assignment), Some(until)) = (&h.assignment, until) else {
            return;
        };
        let end = asked_end(until);
        if h.scheduled_until.is_some_and(|now| now < end) {
            let now = h.scheduled_until.map_or(String::new(), Instant::day);
            step.side_effects = format!("This makes the access longer: without it, it ends on {now}.");
        }
        step.method_kind = "package";
        step.method = "POST";
        step.path = "/identityGovernance/entitlementManagement/assignmentRequests".into();
        step.body = Some(json!({
            "requestType": "adminUpdate",
            "assignment": { "id": assignment.as_str() },
            "schedule": { "expiration": { "type": "afterDateTime", "endDateTime": end.to_string() } }
        }));
        step.instruction = format!(
            "Let the assignment of {} to {} end after {}.",
            h.entitlement_name,
            h.principal_name,
            until.day()
        );
    }

    fn group(&self, step: &mut Step, h: &'a Holding) {
        let id = h.entitlement.resource();
        let source = source(self.now.access, h);
        let owner = h.entitlement.is_group_owner();
        let role = if owner { " as an owner" } else { "" };
        if source == Some(Source::OnPremises) {
            step.method_kind = "group-on-premises";
            step.instruction = format!(
                "Remove {}{role} from {} in the directory on premises: the group is synchronised from there.",
                h.principal_name, h.entitlement_name
            );
        } else if source == Some(Source::GroupRule) {
            step.method_kind = "group-by-rule";
            step.instruction = format!("Change the rule of {} so that it no longer takes {}.", h.entitlement_name, h.principal_name);
        } else if h.grant_kind == GrantKind::Pim || h.assignment_state == "eligible" {
            let eligible = h.assignment_state == "eligible";
            let kind = if eligible {
                "eligibilityScheduleRequests"
            } else {
                "assignmentScheduleRequests"
            };
            step.method_kind = "pim";
            step.method = "POST";
            step.path = format!("/identityGovernance/privilegedAccess/group/{kind}");
            let access = if owner { "owner" } else { "member" };
            step.body = Some(
                json!({ "accessId": access, "principalId": h.principal.as_str(), "groupId": id, "action": "adminRemove", "justification": "access review" }),
            );
            step.instruction = format!("End the schedule of {} for {}.", h.principal_name, shown_name(h));
        } else if [id, h.principal.as_str()].into_iter().all(can_be_addressed) {
            let of = if owner { "owners" } else { "members" };
            step.method_kind = "group";
            step.method = "DELETE";
            step.path = format!("/groups/{id}/{of}/{}/$ref", h.principal);
            step.instruction = format!("Remove {}{role} from {}.", h.principal_name, h.entitlement_name);
        } else {
            let of = if owner { "owners" } else { "members" };
            step.instruction = format!(
                "Find {} among the {of} of {} and remove it: an id on record is none that Graph gives.",
                h.principal_name, h.entitlement_name
            );
        }
        if h.entitlement.is_group_member() && h.principal_type != "group" {
            step.side_effects = self.left(h);
        }
    }

    /// What a removal from a group leaves, and what goes with it.
    fn left(&self, h: &'a Holding) -> String {
        let after = self.nesting.without(h);
        let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        if !after.through.is_empty() {
            return format!("{} stays a member through {}.", h.principal_name, list(&after.through));
        }
        let mut parts = Vec::new();
        if !after.lost.is_empty() {
            parts.push(format!("What the group has goes with it: {}.", list(&after.lost)));
        }
        if !after.kept.is_empty() {
            parts.push(format!("{} stays by another way.", list(&after.kept)));
        }
        parts.join(" ")
    }

    /// The live assignments that give a direct holding.
    fn delivering(&self, h: &Holding) -> Vec<&'a Holding> {
        let behind = self.now.index.assignments_behind(h);
        behind.into_iter().filter(|p| p.held_at(self.now.access.as_of)).collect()
    }

    fn app_role(&self, step: &mut Step, h: &Holding) {
        let record = h.evidence.iter().rev().find_map(|e| e.strip_prefix("app_role_assignments:"));
        match record.filter(|id| can_be_addressed(id) && can_be_addressed(h.entitlement.resource())) {
            Some(id) => {
                step.method_kind = "app-role";
                step.method = "DELETE";
                step.path = format!("/servicePrincipals/{}/appRoleAssignedTo/{id}", h.entitlement.resource());
                step.instruction = format!("Remove the role of {} at {}.", h.principal_name, h.entitlement_name);
            }
            None => {
                step.instruction = format!(
                    "Find the role of {} at {} and remove it: the lake knows no id of it that a request could name.",
                    h.principal_name, h.entitlement_name
                );
            }
        }
    }

    /// The holder is a group: its members lose what it has, and a removal at a member would do nothing.
    fn nested(&self, step: &mut Step, h: &Holding) {
        let id = h.principal.as_str();
        let members: BTreeSet<&PrincipalId> = self
            .now
            .access
            .held()
            .filter(|m| m.entitlement.is_group_member() && m.entitlement.resource() == id)
            .map(|m| &m.principal)
            .collect();
        if step.method_kind == "group" {
            step.method_kind = "nested-group";
        }
        let (keeping, losing): (Vec<_>, Vec<_>) = members
            .iter()
            .partition(|m| !h.entitlement.is_group_owner() && self.nesting.has_otherwise(m.as_str(), &h.entitlement, id));
        step.affected_count = losing.len().max(1);
        let members_of = |n: usize| if n == 1 { "its one member".to_string() } else { format!("its {n} members") };
        let mut told = format!("{} is a group: ", h.principal_name);
        told += &match (losing.as_slice(), members.len()) {
            (_, 0) => "it has no members.".to_string(),
            ([], n) => format!("{} keep it by another way.", members_of(n)),
            (all, n) if all.len() == n => format!("{} lose it too: {}.", members_of(n), self.few(all)),
            (some, n) => format!(
                "{} of {} lose it too: {}; by another way it stays with {}.",
                some.len(),
                members_of(n),
                self.few(some),
                self.few(&keeping)
            ),
        };
        step.side_effects = told;
    }

    /// The first names of a list, and how many there are more.
    fn few(&self, list: &[&PrincipalId]) -> String {
        let names: Vec<String> = list.iter().take(5).map(|m| self.now.access.principal_name(m).to_string()).collect();
        let more = list.len().saturating_sub(names.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        names.join(", ") + &rest
    }
}

fn directory_role(step: &mut Step, h: &Holding) {
    let mut parts = h.entitlement.id.split('|');
    let (role, scope) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("/"));
    let eligible = h.assignment_state == "eligible";
    let record = h.evidence.iter().rev().find_map(|e| e.strip_prefix("directory_roles:"));
    let record = record.filter(|id| can_be_addressed(id));
    if eligible || h.grant_kind == GrantKind::Pim {
        let kind = if eligible {
            "roleEligibilityScheduleRequests"
        } else {
            "roleAssignmentScheduleRequests"
        };
        step.method_kind = "pim";
        step.method = "POST";
        step.path = format!("/roleManagement/directory/{kind}");
        step.body = Some(json!({
            "action": "adminRemove", "principalId": h.principal.as_str(), "roleDefinitionId": role, "directoryScopeId": scope, "justification": "access review"
        }));
        step.instruction = format!("End the schedule of {} for {}.", h.principal_name, h.entitlement_name);
    } else if let Some(id) = record {
        step.method_kind = "directory-role";
        step.method = "DELETE";
        step.path = format!("/roleManagement/directory/roleAssignments/{id}");
        step.instruction = format!("Remove the directory role {} from {}.", h.entitlement_name, h.principal_name);
    } else {
        step.instruction = format!(
            "Find the assignment of the directory role {} to {} and remove it: the lake knows no id of it that a request could name.",
            h.entitlement_name, h.principal_name
        );
    }
}

/// Whether an id may stand in the path of a request. Those of Graph are letters, digits, `-` and `_`; any other, such as
/// `g1/owners/u2`, would make the request one about something else.
fn can_be_addressed(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::can_be_addressed;

    #[test]
    fn an_id_that_would_lead_a_request_elsewhere_is_named_in_none() {
        for id in ["7d264451-93b5-45ce-bff1-5f14ba796f11", "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1"] {
            assert!(can_be_addressed(id), "{id}");
        }
        for id in ["", "..", "g1/owners/u2", "g1?x=1", "g1#", "g1%2f..", "g\u{202e}1", "g 1"] {
            assert!(!can_be_addressed(id), "{id}");
        }
    }
}
