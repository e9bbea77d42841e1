//! The audit log's words for what happened.

use super::super::clock::Micros;
use super::super::dice::guid;
use super::super::scene::{Card, Scene};
use super::facts::*;
use super::records::*;

/// What entitlement management and access reviews log about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Somebody asks.
    Requests,
    /// An approver says yes.
    Approves,
    /// The same, as the review service tells it.
    ReviewApproved,
    /// No approval is needed.
    AutoApproves,
    /// An approver says no.
    Denies,
    /// The same, as the review service tells it.
    ReviewDenied,
    /// The asker takes it back.
    Cancels,
    /// Delivered.
    Fulfils,
    /// Delivery failed.
    Fails,
    /// An administrator assigns.
    AdminAssigns,
    /// A rule assigns.
    ServiceCreates,
    /// The holder extends.
    Extends,
    /// An administrator wants it gone.
    AdminRemoves,
    /// The service wants it gone.
    ServiceRemoves,
    /// It is gone.
    Removed,
}

impl Activity {
    /// Name and operation type.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Requests => ("User requests access package assignment", "Create"),
            Self::Approves => ("Approve access package assignment request", "Update"),
            Self::ReviewApproved => ("Request approved", "Update"),
            Self::AutoApproves => ("Auto approve access package assignment request", "Update"),
            Self::Denies => ("Deny access package assignment request", "Update"),
            Self::ReviewDenied => ("Request denied", "Update"),
            Self::Cancels => ("Cancel access package assignment request", "Update"),
            Self::Fulfils => ("Fulfill access package assignment request", "Update"),
            Self::Fails => ("Failed access package assignment request", "Update"),
            Self::AdminAssigns => ("Administrator directly assigns user to access package", "Create"),
            Self::ServiceCreates => ("Entitlement Management creates access package assignment request for user", "Create"),
            Self::Extends => ("Extend access package assignment", "Update"),
            Self::AdminRemoves => ("Administrator directly removes user access package assignment", "Delete"),
            Self::ServiceRemoves => ("Entitlement Management removes access package assignment request for user", "Delete"),
            Self::Removed => ("Remove access package resource assignment", "Delete"),
        }
    }

    /// Whether the event names the policy beside request and package.
    fn names_policy(self) -> bool {
        matches!(self, Self::Requests | Self::Fulfils | Self::AdminAssigns | Self::ServiceCreates | Self::Extends)
    }
}

impl Life {
    /// Logs something about a request.
    pub(super) fn log(
        &mut self,
        scene: &Scene,
        at: Micros,
        activity: Activity,
        actor: Actor,
        request: &str,
        package: usize,
        details: Vec<(&'static str, String)>,
    ) {
        let review = matches!(activity, Activity::ReviewApproved | Activity::ReviewDenied);
        let place = &scene.packages[package];
        let mut targets = vec![
            target(request, None, if review { "Other" } else { "AccessPackageAssignmentRequest" }),
            target(&place.id, Some(&place.name), "AccessPackage"),
        ];
        if activity.names_policy() {
            targets.push(target(&place.policy.id, Some(&place.policy.name), "AccessPackageAssignmentPolicy"));
        }
        let (words, operation) = activity.words();
        // The how-to pages and the reference name two activities differently; both vocabularies occur.
        let words = match (activity, self.person.index % 10) {
            (Activity::Fulfils, 3) => "Fulfill access package assignment",
            (Activity::Removed, 3) => "Remove access package assignment",
            _ => words,
        };
        self.events.push(Event {
            id: guid(scene.seed, "event", self.person.index, self.events.len() as u64),
            at,
            activity: words,
            category: if review { "UserManagement" } else { "EntitlementManagement" },
            service: if review { "Access Reviews" } else { "Entitlement Management" },
            operation,
            correlation: guid(scene.seed, "correlation", self.person.index, super::super::dice::number(0, request, 0, 0)),
            failure: (activity == Activity::Fails).then_some("The resource did not answer in time"),
            actor,
            targets,
            details,
        });
    }

    /// Logs that a membership or role began or ended.
    pub(super) fn log_membership(&mut self, scene: &Scene, place: usize, begins: bool) {
        let membership = &self.memberships[place];
        let at = if begins { membership.from } else { membership.until.unwrap_or(scene.end) };
        let actor = membership.by.clone();
        let change = |name, value: &str| {
            let quoted = Some(format!("\"{value}\""));
            if begins { (name, None, quoted) } else { (name, quoted, None) }
        };
        let mut me = user_target(&self.person.card);
        let (words, category, targets) = match membership.held {
            Held::Group(group) => {
                let group = &scene.groups[group];
                me.changes = vec![change("Group.ObjectID", &group.id), change("Group.DisplayName", &group.name)];
                let words = if begins { "Add member to group" } else { "Remove member from group" };
                (words, "GroupManagement", vec![me, target(&group.id, None, "Group")])
            }
            Held::App(app) => {
                let app = &scene.apps[app];
                let mut resource = target(&app.id, Some(&app.name), "ServicePrincipal");
                resource.changes = vec![
                    change("AppRole.Id", &app.role_id),
                    change("AppRole.Value", app.role),
                    change("User.ObjectID", &self.person.card.id),
                    change("User.UPN", &self.person.card.upn),
                ];
                let words = if begins {
                    "Add app role assignment grant to user"
                } else {
                    "Remove app role assignment from user"
                };
                (words, "UserManagement", vec![resource, me])
            }
            Held::Role(role) => {
                let role = &scene.roles[role];
                me.changes = vec![
                    change("Role.ObjectID", &role.id),
                    change("Role.DisplayName", role.name),
                    change("Role.TemplateId", role.template),
                ];
                let words = if begins { "Add member to role" } else { "Remove member from role" };
                (words, "RoleManagement", vec![me, target(&role.id, Some(role.name), "Role")])
            }
        };
        self.log_directory(scene, at, words, category, if begins { "Assign" } else { "Unassign" }, actor, targets);
    }

    /// Logs a change in the directory.
    pub(super) fn log_directory(
        &mut self,
        scene: &Scene,
        at: Micros,
        activity: &'static str,
        category: &'static str,
        operation: &'static str,
        actor: Actor,
        targets: Vec<EventTarget>,
    ) {
        let n = self.events.len() as u64;
        let correlation = guid(scene.seed, "directory-correlation", self.person.index, n);
        self.events.push(Event {
            id: format!("Directory_{}_{n}", guid(scene.seed, "event", self.person.index, n)),
            at,
            activity,
            category,
            service: "Core Directory",
            operation,
            correlation,
            failure: None,
            actor,
            targets,
            details: Vec::new(),
        });
    }
}

/// The person as a target.
pub(super) fn user_target(card: &Card) -> EventTarget {
    EventTarget {
        upn: Some(card.upn.clone()),
        ..target(&card.id, Some(&card.name), "User")
    }
}

fn target(id: &str, name: Option<&str>, kind: &'static str) -> EventTarget {
    EventTarget {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        kind,
        ..EventTarget::default()
    }
}
