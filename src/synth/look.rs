//! One look at the tenant: every collection as it was at an instant.

use super::SynthError;
use super::clock::{self, Micros};
use super::names::PARTNERS;
use super::scene::Scene;
use super::story::{Held, Life};
use super::wire;
use super::write::{Disk, Pages};

/// The pages of one look, filled person by person.
pub struct Look {
    at: Micros,
    keep_requests_for: Option<Micros>,
    folder: String,
    users: Pages,
    assignments: Pages,
    requests: Pages,
    approvals: Pages,
    roles: Pages,
    active: Pages,
    eligible: Pages,
    members: Vec<Pages>,
    app_roles: Vec<Pages>,
    decisions: Vec<(usize, Pages)>,
    gathered: bool,
    holdings_only: bool,
}

const GOVERNANCE: &str = "identityGovernance/entitlementManagement/";

impl Look {
    /// Opens a look in a folder; requests are listed for so long after they were over, or for ever.
    pub fn open(scene: &Scene, folder: String, at: Micros, keep_requests_for: Option<Micros>) -> Self {
        let pages = |name: &str, resource: &str, context: &str, size| Pages::new(format!("{folder}/{name}"), resource, context, size);
        let governed = |name: &str, expanded: &str, size| {
            let resource = format!("{GOVERNANCE}{name}");
            pages(name, &resource, &format!("{resource}{expanded}"), size)
        };
        let directory = |name: &str| {
            let resource = format!("roleManagement/directory/{name}");
            pages(name, &resource, &resource, 100)
        };
        let members = scene.groups.iter().map(|group| {
            let resource = format!("groups('{}')/members", group.id);
            pages(&format!("group-{}-members", group.id), &format!("groups/{}/members", group.id), &resource, 100)
        });
        let app_roles = scene.apps.iter().map(|app| {
            let resource = format!("servicePrincipals('{}')/appRoleAssignedTo", app.id);
            let address = format!("servicePrincipals/{}/appRoleAssignedTo", app.id);
            pages(&format!("app-{}-appRoleAssignedTo", app.id), &address, &resource, 100)
        });
        let decisions = scene
            .reviews
            .iter()
            .enumerate()
            .filter(|(_, cycle)| cycle.closes + clock::MINUTE <= at)
            .map(|(place, cycle)| {
                let (d, i) = (&cycle.definition, &cycle.instance);
                let resource = format!("identityGovernance/accessReviews/definitions('{d}')/instances('{i}')/decisions");
                let address = format!("identityGovernance/accessReviews/definitions/{d}/instances/{i}/decisions");
                (place, pages(&format!("review-{i}-decisions"), &address, &resource, 100))
            });
        Self {
            at,
            keep_requests_for,
            users: pages(
                "users",
                "users",
                "users(id,displayName,givenName,surname,userPrincipalName,mail,userType,accountEnabled,department,jobTitle,companyName,employeeId,employeeType,employeeHireDate,employeeLeaveDateTime,createdDateTime,deletedDateTime,creationType,externalUserState,onPremisesSyncEnabled,signInActivity)",
                500,
            ),
            assignments: governed("assignments", "(accessPackage(),assignmentPolicy(),target())", 500),
            requests: governed("assignmentRequests", "(accessPackage(),assignment(),requestor())", 500),
            approvals: governed("accessPackageAssignmentApprovals", "", 999),
            roles: directory("roleAssignments"),
            active: directory("roleAssignmentScheduleInstances"),
            eligible: directory("roleEligibilityScheduleInstances"),
            members: members.collect(),
            app_roles: app_roles.collect(),
            decisions: decisions.collect(),
            gathered: false,
            holdings_only: false,
            folder: folder.clone(),
        }
    }

    /// Writes collections of one kind as lines of one file each: members of groups, roles of applications, decisions.
    pub fn gathered(mut self) -> Self {
        self.gathered = true;
        self
    }

    /// Leaves out how access came about: requests and their approvals.
    pub fn holdings_only(mut self) -> Self {
        self.holdings_only = true;
        self
    }

    /// Adds what the look shows of one person.
    pub fn take(&mut self, disk: &mut Disk, scene: &Scene, life: &Life) -> Result<(), SynthError> {
        let at = self.at;
        if life.exists_at(at) {
            self.users.push(disk, &wire::user(life, at))?;
        }
        for held in life.assignments.iter().filter(|a| a.decided <= at) {
            self.assignments.push(disk, &wire::assignment(scene, life, held, at))?;
        }
        for request in life.requests.iter().filter(|r| r.created <= at && !self.holdings_only) {
            if self.keep_requests_for.is_some_and(|kept| request.completed + kept < at) {
                continue;
            }
            self.requests.push(disk, &wire::request(scene, life, request, at))?;
            if !request.stages.is_empty() {
                self.approvals.push(disk, &wire::approval(request, at))?;
            }
        }
        for member in life.memberships.iter().filter(|m| m.from <= at && m.until.is_none_or(|until| at < until)) {
            match member.held {
                Held::Group(place) => self.members[place].push(disk, &wire::member(&life.person))?,
                Held::App(place) => {
                    let item = wire::app_role_assignment(&scene.apps[place], &life.person, member.from);
                    self.app_roles[place].push(disk, &item)?;
                }
                Held::Role(place) => {
                    let role = &scene.roles[place];
                    self.roles.push(disk, &wire::role_assignment(role, &life.person))?;
                    self.active.push(disk, &wire::schedule_instance(role, &life.person, member.from, false))?;
                }
            }
        }
        for (role, since) in life.eligible.iter().filter(|(_, since)| *since <= at) {
            let item = wire::schedule_instance(&scene.roles[*role], &life.person, *since, true);
            self.eligible.push(disk, &item)?;
        }
        for decision in &life.decisions {
            if let Some((_, pages)) = self.decisions.iter_mut().find(|(review, _)| *review == decision.review) {
                pages.push(disk, &wire::decision(scene, &life.person, decision))?;
            }
        }
        Ok(())
    }

    /// Adds what belongs to nobody, and closes the look.
    pub fn close(mut self, disk: &mut Disk, scene: &Scene) -> Result<(), SynthError> {
        for (pages, group) in self.members.iter_mut().zip(&scene.groups) {
            for child in &group.children {
                pages.push(disk, &wire::group_member(scene, &scene.groups[*child]))?;
            }
        }
        self.stage(disk, scene)?;
        if disk.switches.malformed {
            let cut = b"{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/namedLocations\",\"value\":[{\"id\":\"1";
            disk.write(&format!("{}/namedLocations-0000.json", self.folder), cut)?;
            disk.malformed += 1;
        }
        let mut one = vec![self.users, self.assignments, self.roles, self.active, self.eligible];
        if !self.holdings_only {
            one.extend([self.requests, self.approvals]);
        }
        one.into_iter().try_for_each(|pages| pages.finish(disk))?;
        let decisions: Vec<_> = self.decisions.into_iter().map(|(_, pages)| pages).collect();
        let many = [
            ("group-members", self.members),
            ("app-appRoleAssignedTo", self.app_roles),
            ("review-decisions", decisions),
        ];
        for (name, kind) in many {
            if self.gathered {
                let lines: Vec<u8> = kind.into_iter().flat_map(Pages::line).collect();
                if !lines.is_empty() {
                    disk.write(&format!("{}/{name}.ndjson", self.folder), &lines)?;
                }
            } else {
                kind.into_iter().try_for_each(|pages| pages.finish(disk))?;
            }
        }
        Ok(())
    }

    /// Packages, policies, groups and the like.
    fn stage(&self, disk: &mut Disk, scene: &Scene) -> Result<(), SynthError> {
        let at = self.at;
        let mut whole = |name: &str, resource: &str, expanded: &str, items: Vec<serde_json::Value>| {
            let context = format!("{resource}{expanded}");
            let mut pages = Pages::new(format!("{}/{name}", self.folder), resource, &context, 100);
            items.iter().try_for_each(|item| pages.push(disk, item))?;
            pages.finish(disk)
        };
        let entitlement = |name: &str| format!("{GOVERNANCE}{name}");
        whole(
            "catalogs",
            &entitlement("catalogs"),
            "",
            (0..scene.catalogs.len()).map(|n| wire::catalog(scene, n)).collect(),
        )?;
        whole(
            "connectedOrganizations",
            &entitlement("connectedOrganizations"),
            "",
            (0..PARTNERS.len()).map(|n| wire::connected_organization(scene, n)).collect(),
        )?;
        let packages = scene.packages.iter();
        let listed = packages.clone().map(|p| wire::package(scene, p, at)).collect();
        whole("accessPackages", &entitlement("accessPackages"), "(resourceRoleScopes(role(),scope()))", listed)?;
        let listed = packages.map(|p| wire::policy(scene, p)).collect();
        whole("assignmentPolicies", &entitlement("assignmentPolicies"), "(accessPackage(),catalog())", listed)?;
        whole("groups", "groups", "", scene.groups.iter().map(|g| wire::group(scene, g)).collect())?;
        let principals = scene.apps.iter().map(|a| wire::service_principal(scene, a)).collect();
        whole("servicePrincipals", "servicePrincipals", "", principals)?;
        let definitions = scene.roles.iter().map(wire::role_definition).collect();
        whole("roleDefinitions", "roleManagement/directory/roleDefinitions", "", definitions)?;
        let policies = (0..2).map(|n| wire::conditional_access_policy(scene, n)).collect();
        whole("conditionalAccessPolicies", "identity/conditionalAccess/policies", "", policies)?;
        let mut series: Vec<_> = scene.reviews.iter().collect();
        series.dedup_by_key(|cycle| &cycle.definition);
        let series = series.into_iter().map(|cycle| wire::definition(scene, cycle)).collect();
        whole("reviewDefinitions", "identityGovernance/accessReviews/definitions", "", series)
    }
}
