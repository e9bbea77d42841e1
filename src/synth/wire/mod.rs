//! Shapes on the wire: one function for each object of Graph, and nothing about where it is written.

mod audit;
mod directory;
mod entitlement;
mod review;
mod signin;

pub use audit::{audit_record, diagnostic_record, foreign_event};
pub use directory::{
    app_role_assignment, conditional_access_policy, group, group_member, member, role_assignment, role_definition, schedule_instance, service_principal, user,
};
pub use entitlement::{approval, assignment, catalog, connected_organization, package, policy, request};
pub use review::{decision, definition};
pub use signin::{sign_in_envelope, sign_in_record};

/// The name under which the entitlement service acts.
pub const ENTITLEMENT_APP: &str = "Azure AD Identity Governance - Entitlement Management";

/// Its application id, which is the same in every tenant.
pub const ENTITLEMENT_APP_ID: &str = "810dcf14-1858-4bf2-8134-4c369fa3235b";

/// Where all addresses begin.
pub const GRAPH: &str = "https://graph.microsoft.com/v1.0/";
