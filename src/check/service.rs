//! Who acted: Entra's own services by the application ids that Microsoft gave them, since anybody can choose a name.

use crate::check::Context;
use crate::model::AccessEvent;

/// Applications with which entitlement management delivers and removes what packages contain.
///
/// Microsoft owns them, and they bear the same application id in every tenant: see `servicePrincipals` of any tenant that
/// uses entitlement management (`appOwnerOrganizationId` is Microsoft's), and the lists of first-party applications that
/// were gathered from such exports. Names changed over time ("User Management" is "Directory Management" today).
const ENTITLEMENT_MANAGEMENT: &[&str] = &[
    // Azure AD Identity Governance - Entitlement Management
    "810dcf14-1858-4bf2-8134-4c369fa3235b",
    // Azure AD Identity Governance - Directory Management, before: User Management
    "ec245c98-4a90-40c2-955a-88b727d97151",
    // Azure AD Identity Governance - SPO Management
    "396e7f4b-41ea-4851-b04d-65de6cf1b4a3",
    // Azure AD Identity Governance - Dynamics 365 Management
    "c495cfdc-814f-46a1-89f0-657921c9fbe0",
];

/// Privileged identity management (MS-PIM), which adds whoever activates a membership.
const PRIVILEGED_IDENTITY_MANAGEMENT: &[&str] = &["01fc33a7-78ba-4d2f-a4b7-768e336e890e"];

/// Lifecycle workflows, which assign packages to joiners and take them from leavers: the application id of Microsoft's pages on
/// custom task extensions.
const LIFECYCLE_WORKFLOWS: &[&str] = &["ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7"];

/// Who gave access, as far as ids tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Giver {
    /// Entitlement management.
    EntitlementManagement,
    /// Privileged identity management.
    Pim,
    /// A person, or another application.
    Somebody,
    /// An application that bears the name of the service, and of which no id is on record.
    Unproven,
}

impl Context<'_> {
    /// Whether Entra's lifecycle workflows did what an event tells.
    #[must_use]
    pub fn is_by_lifecycle_workflow(&self, event: &AccessEvent) -> bool {
        LIFECYCLE_WORKFLOWS.iter().any(|id| id.eq_ignore_ascii_case(self.actor_app_id(event)))
    }

    /// The application id of an event's actor, by the record or by the listing of service principals; empty for people.
    fn actor_app_id<'e>(&'e self, event: &'e AccessEvent) -> &'e str {
        let listed = event.actor.as_ref().and_then(|a| self.access.apps.get(a.as_str())).map(|a| a.app_id.as_str());
        Some(event.actor_app_id.as_str()).filter(|id| !id.is_empty()).or(listed).unwrap_or_default()
    }

    /// Who did what an event tells; `None` where it names nobody.
    #[must_use]
    pub fn giver(&self, event: &AccessEvent) -> Option<Giver> {
        let app_id = self.actor_app_id(event);
        let is_in = |list: &[&str]| list.iter().any(|id| id.eq_ignore_ascii_case(app_id));
        let configured = || self.config.service_apps.iter().any(|id| id.eq_ignore_ascii_case(app_id));
        if app_id.is_empty() {
            let named = event.actor.is_some() || !event.actor_name.is_empty();
            return named.then_some(if event.actor_is_service { Giver::Unproven } else { Giver::Somebody });
        }
        Some(match () {
            () if is_in(ENTITLEMENT_MANAGEMENT) || configured() => Giver::EntitlementManagement,
            () if is_in(PRIVILEGED_IDENTITY_MANAGEMENT) => Giver::Pim,
            () => Giver::Somebody,
        })
    }
}
