//! What surrounds access in a story: reviews, conditional access, incompatibilities, posts, sponsors, agents, roles.

use super::scenario::Teller;
use super::table::{Row, instant};
use super::tenant::{Assignment, policy_id};
use super::wire::{Actor, event, guid, target};
use crate::model::Instant;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What surrounds the access of a small tenant.
#[derive(Default)]
pub(super) struct Around {
    /// Package, kind and name of what cannot be held with it.
    pub(super) incompatible: Vec<(String, &'static str, String)>,
    /// Conditional-access policies by name.
    pub(super) conditional: BTreeMap<String, Value>,
    /// Series by what they review.
    pub(super) series: BTreeMap<String, (Value, Instant)>,
    /// Series, start, end and status of instances.
    pub(super) instances: Vec<(String, Instant, Instant, String)>,
    /// Reviewed items.
    pub(super) items: Vec<Item>,
    /// Department, job, type of employment and sponsors of accounts.
    pub(super) posts: BTreeMap<String, BTreeMap<&'static str, String>>,
    pub(super) sponsors: BTreeMap<String, Vec<String>>,
    /// Sponsors that listings of their own tell, by whom they answer for.
    pub(super) listed: BTreeMap<String, Vec<String>>,
    /// Agents and workload identities, by the name under which they hold.
    pub(super) identities: BTreeMap<String, Value>,
    /// States of assignments that are neither delivered nor over.
    pub(super) states: BTreeMap<String, String>,
    /// Directory roles: holder, role, how, end.
    pub(super) roles: Vec<(String, String, String, Option<Instant>, Instant)>,
    pub(super) organizations: BTreeMap<String, bool>,
    /// Applications that groups hold.
    pub(super) group_apps: Vec<(String, String)>,
}

pub(super) struct Item {
    pub(super) id: String,
    pub(super) person: String,
    pub(super) package: String,
    pub(super) reviewer: String,
    pub(super) at: Instant,
    pub(super) detail: Vec<String>,
    pub(super) text: String,
}

impl Item {
    pub(super) fn says(&self, word: &str) -> bool {
        self.detail.iter().any(|d| d == word)
    }
}

/// The object id of a directory role of the house.
pub(super) fn role_id(name: &str) -> String {
    match name {
        "Global Administrator" => "62e90394-69f5-4237-9190-012177145e10".into(),
        "Directory Synchronization Accounts" => "d29b2b05-8046-44ba-8758-1e26182fcf32".into(),
        other => guid("role", other),
    }
}

pub(super) fn rest<'d>(detail: &'d str, word: &str) -> Option<&'d str> {
    detail.strip_prefix(word).and_then(|r| r.strip_prefix(' '))
}

impl Teller {
    /// A row about what surrounds access.
    pub(super) fn around(&mut self, row: &Row) -> Vec<String> {
        match row.activity.as_str() {
            "incompatible" => self.incompatible(row),
            "conditional" => self.conditional(row),
            "series" => self.series(row),
            "instance" => self.instance(row),
            "review" => self.review(row),
            "post" => self.post(row),
            "staff" => self.staff(row),
            "vouch" => self.vouch(row),
            "identity" => self.identity(row),
            "begin-delivery" => self.begin_delivery(row),
            "role" => self.role(row),
            "organization" => {
                self.tenant.around.organizations.insert(row.thing.clone(), !row.says("gone"));
                vec![guid("organization", &row.thing)]
            }
            "group-app" => {
                self.tenant.apps.insert(row.thing.clone());
                self.tenant.around.group_apps.push((row.detail[0].clone(), row.thing.clone()));
                Vec::new()
            }
            "tamper" => self.tamper(row),
            other => panic!("no activity is called {other}"),
        }
    }

    fn incompatible(&mut self, row: &Row) -> Vec<String> {
        self.package(&row.thing);
        let mut ids = Vec::new();
        for detail in &row.detail {
            let (kind, name) = match rest(detail, "group") {
                Some(group) => ("group", group),
                None => ("package", detail.as_str()),
            };
            if kind == "group" {
                self.tenant.groups.entry(name.into()).or_default();
            } else {
                self.package(name);
            }
            ids.push(guid(kind, name));
            self.tenant.around.incompatible.push((row.thing.clone(), kind, name.into()));
        }
        ids
    }

    fn conditional(&mut self, row: &Row) -> Vec<String> {
        let id = guid("conditional", &row.thing);
        let mut users = json!({"includeUsers": [], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [], "excludeRoles": []});
        let mut conditions = json!({"clientAppTypes": ["all"]});
        let (mut apps, mut controls, mut state) = (json!({"includeApplications": [], "excludeApplications": []}), Vec::new(), "enabled");
        let mut strength = Value::Null;
        let push = |value: &mut Value, list: &str, what: String| value[list].as_array_mut().expect("a list").push(what.into());
        for detail in &row.detail {
            match detail.as_str() {
                "all users" => push(&mut users, "includeUsers", "All".into()),
                "all apps" => push(&mut apps, "includeApplications", "All".into()),
                "mfa" => controls.push("mfa"),
                "block" => controls.push("block"),
                "compliant device" => controls.push("compliantDevice"),
                "strength" => strength = json!({"id": "00000000-0000-0000-0000-000000000004", "requirementsSatisfied": "mfa"}),
                "report only" => state = "enabledForReportingButNotEnforced",
                "disabled" => state = "disabled",
                "outside trusted places" => conditions["locations"] = json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
                "at risk" => conditions["signInRiskLevels"] = json!(["high"]),
                "on phones" => conditions["platforms"] = json!({"includePlatforms": ["iOS", "android"], "excludePlatforms": []}),
                "moon phase" => conditions["moonPhases"] = json!(["full"]),
                "guests" => {
                    users["includeGuestsOrExternalUsers"] = json!({"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,b2bCollaborationMember", "externalTenants": {"membershipKind": "all"}})
                }
                "without guests" => {
                    users["excludeGuestsOrExternalUsers"] =
                        json!({"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest", "externalTenants": {"membershipKind": "all"}})
                }
                d => {
                    let (words, side) = d.strip_prefix("without ").map_or((d, "include"), |w| (w, "exclude"));
                    let list = |what: &str| format!("{side}{what}");
                    if let Some(group) = rest(words, "group") {
                        push(&mut users, &list("Groups"), guid("group", group));
                    } else if let Some(app) = rest(words, "app") {
                        push(&mut apps, &list("Applications"), guid("app id", app));
                    } else if let Some(role) = rest(words, "role") {
                        push(&mut users, &list("Roles"), role_id(role));
                    } else if let Some(user) = rest(words, "user") {
                        push(&mut users, &list("Users"), guid("user", user));
                    } else {
                        panic!("a conditional-access policy cannot be: {d}");
                    }
                }
            }
        }
        conditions["users"] = users;
        conditions["applications"] = apps;
        let grant =
            json!({"operator": "OR", "builtInControls": controls, "authenticationStrength": strength, "termsOfUse": [], "customAuthenticationFactors": []});
        let policy = json!({"id": id, "displayName": row.thing, "state": state, "conditions": conditions, "grantControls": grant});
        self.tenant.around.conditional.insert(row.thing.clone(), policy);
        let apps = row.detail.iter().filter_map(|d| rest(d, "app"));
        apps.map(|a| guid("app", a)).chain([id.clone()]).collect()
    }

    fn series(&mut self, row: &Row) -> Vec<String> {
        let id = guid("series", &row.thing);
        let every = row.after("every").map(ToString::to_string);
        let of = match row.after("of group") {
            Some(group) => json!({"query": format!("/v1.0/groups/{}/transitiveMembers", guid("group", group))}),
            None if row.says("of its catalog") => json!({"resourceScopes": [{"scopeType": "catalog", "resourceId": guid("catalog", "house")}]}),
            None => {
                json!({"query": format!("/beta/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{}' and assignmentPolicyId eq '{}')", guid("package", &row.thing), policy_id(&row.thing, ""))})
            }
        };
        let recurrence = every.as_ref().map(|every| {
            let months: u64 = every.trim_start_matches('P').trim_end_matches('M').parse().expect("months");
            let until = row.after("until");
            let range = json!({"type": if until.is_some() { "endDate" } else { "noEnd" }, "startDate": row.at.day(), "endDate": until});
            json!({"pattern": {"type": "absoluteMonthly", "interval": months}, "range": range})
        });
        let default = ["Approve", "Deny", "Recommendation", "None"]
            .into_iter()
            .find(|d| row.says(&format!("silence {}", d.to_lowercase())));
        let mut settings = json!({"recurrence": recurrence, "autoApplyDecisionsEnabled": true, "defaultDecisionEnabled": default.is_some_and(|d| d != "None"), "defaultDecision": default.unwrap_or("None")});
        if !row.says("reminders untold") {
            settings["reminderNotificationsEnabled"] = json!(!row.says("no reminders"));
        }
        let reviewers = if row.says("self") { json!([]) } else { json!([{"query": "/users/boss"}]) };
        let whole = json!({"id": id, "displayName": format!("Review of {}", row.thing), "status": "InProgress", "scope": of, "reviewers": reviewers, "stageSettings": [], "settings": settings});
        self.tenant.around.series.insert(row.thing.clone(), (whole, row.at));
        vec![id]
    }

    fn instance(&mut self, row: &Row) -> Vec<String> {
        let until = row.after("until").and_then(instant).expect("an instance has an end");
        let status = if row.says("in progress") { "InProgress" } else { "Completed" };
        self.tenant.around.instances.push((row.thing.clone(), row.at, until, status.into()));
        vec![guid("series", &row.thing)]
    }

    /// Somebody decides on an item of the last instance.
    fn review(&mut self, row: &Row) -> Vec<String> {
        let number = self.tenant.around.items.len();
        let mut ids = Vec::new();
        let many: usize = row.after("items").and_then(|n| n.parse().ok()).unwrap_or(1);
        for i in 0..many {
            let id = guid("item", &format!("{number}/{i}"));
            let person = if many > 1 { format!("holder-{i}") } else { row.subject.clone() };
            if many > 1 {
                self.account(&person);
            }
            self.tenant.around.items.push(Item {
                id: id.clone(),
                person,
                package: row.thing.clone(),
                reviewer: row.actor.clone(),
                at: row
                    .at
                    .plus(i64::try_from(i).unwrap_or(0) * row.after("each").and_then(|s| s.parse::<i64>().ok()).unwrap_or(1) * 1_000_000),
                detail: row.detail.clone(),
                text: row.after("saying").unwrap_or_default().replace('#', &i.to_string()),
            });
            ids.push(id);
        }
        ids.push(guid("series", &row.thing));
        let last = self
            .tenant
            .around
            .instances
            .iter()
            .rev()
            .find(|(s, from, ..)| *s == row.thing && *from <= row.at);
        ids.extend(last.map(|(s, from, ..)| guid("instance", &format!("{s}/{from}"))));
        let held = self.tenant.assignments.iter().filter(|a| a.person == row.subject && a.package == row.thing);
        ids.extend(held.map(|a| a.id.clone()));
        ids
    }

    fn post(&mut self, row: &Row) -> Vec<String> {
        let post = self.tenant.around.posts.entry(row.subject.clone()).or_default();
        for (word, key) in [("department", "department"), ("job", "jobTitle"), ("type", "employeeType")] {
            if let Some(value) = row.after(word) {
                post.insert(key, value.into());
            }
        }
        Vec::new()
    }

    /// Many people of one post, who all hold something.
    fn staff(&mut self, row: &Row) -> Vec<String> {
        let number: usize = row.detail[0].parse().expect("a number of people");
        for i in 0..number {
            let person = format!("{}-{i}", row.subject);
            self.account(&person);
            let post = self.tenant.around.posts.entry(person.clone()).or_default();
            post.insert("department", row.after("department").unwrap_or("Finance").into());
            post.insert("jobTitle", row.after("job").unwrap_or("Clerk").into());
            if !row.thing.is_empty() {
                let one = Row {
                    at: row.at,
                    activity: "deliver".into(),
                    actor: String::new(),
                    subject: person,
                    thing: row.thing.clone(),
                    detail: Vec::new(),
                    mark: None,
                };
                self.deliver(&one);
            }
        }
        Vec::new()
    }

    fn vouch(&mut self, row: &Row) -> Vec<String> {
        let list = self.tenant.around.sponsors.entry(row.subject.clone()).or_default();
        if !row.actor.is_empty() {
            list.push(row.actor.clone());
        }
        Vec::new()
    }

    fn identity(&mut self, row: &Row) -> Vec<String> {
        let agent = row.subject.starts_with("agent ");
        let id = guid("user", &row.subject);
        if let Some(sponsors) = row.after("listed with") {
            let named = sponsors.split(" and ").filter(|s| *s != "nobody").map(ToString::to_string);
            self.tenant.around.listed.insert(row.subject.clone(), named.collect());
        }
        let mut whole = json!({"id": id, "displayName": row.subject, "servicePrincipalType": if agent { "ServiceIdentity" } else { "Application" }, "accountEnabled": !row.says("disabled")});
        if agent {
            whole["agentIdentityBlueprintId"] = guid("blueprint", "house").into();
        }
        if let Some(sponsors) = row.after("sponsor") {
            whole["sponsors"] = sponsors.split(" and ").map(|s| json!({"id": guid("user", s)})).collect();
        } else if row.says("no sponsor") {
            whole["sponsors"] = json!([]);
        }
        if row.says("enabled untold") {
            whole["accountEnabled"] = Value::Null;
        }
        self.tenant.around.identities.insert(row.subject.clone(), whole);
        vec![id]
    }

    /// A delivery that does not come to its end.
    fn begin_delivery(&mut self, row: &Row) -> Vec<String> {
        self.package(&row.thing);
        let id = guid("assignment", &self.tenant.assignments.len().to_string());
        self.tenant
            .around
            .states
            .insert(id.clone(), row.detail.first().cloned().unwrap_or_else(|| "delivering".into()));
        self.tenant.assignments.push(Assignment {
            id: id.clone(),
            person: row.subject.clone(),
            package: row.thing.clone(),
            policy: String::new(),
            start: row.at,
            end: None,
            ended: None,
            listed: false,
        });
        vec![id]
    }

    fn role(&mut self, row: &Row) -> Vec<String> {
        let how = ["permanent", "activated", "eligible", "unscheduled"]
            .into_iter()
            .find(|h| row.says(h))
            .unwrap_or("until");
        let end = row.after("until").and_then(instant);
        let role = (row.subject.clone(), row.thing.clone(), how.to_string(), end, row.at);
        self.tenant.around.roles.push(role);
        let id = role_id(&row.thing);
        let state = if how == "eligible" { "eligible" } else { "active" };
        vec![format!("{id}|/|{state}")]
    }

    fn tamper(&mut self, row: &Row) -> Vec<String> {
        let id = guid("series", &row.thing);
        let activity = if row.says("reset") { "Bulk Reset decisions" } else { "Delete access review" };
        let review = target("Policy", &id, &format!("Review of {}", row.thing));
        self.evidence
            .audit_events
            .push(event(row.at, "Access Reviews", activity, &Actor::User(&row.actor), vec![review]));
        if !row.says("reset") {
            self.tenant.around.series.remove(&row.thing);
        }
        vec![id]
    }
}
