//! The vocabulary: ids, times, severities, controls, holdings; no IO, no polars.

pub mod access;
pub mod account;
pub mod activity;
pub mod controls;
pub mod finding;
pub mod holding;
pub mod id;
pub mod period;
pub mod rows;
pub mod shown;
pub mod stage;
pub mod time;
pub mod zone;

pub use access::{AccessEvent, Action, EntitlementKey, EntitlementKind, Outcome};
pub use activity::{activity_key, activity_key_into};
pub use finding::{CheckId, Finding, NotEvaluable, ReasonCode, Severity, Verdict};
pub use holding::{Certainty, Decision, GrantKind, Holding, Presence, PrincipalState};
pub use id::{AssignmentId, Interned, PackageId, PolicyId, PrincipalId, RequestId, TenantId};
pub use period::IsoDuration;
pub use rows::Rows;
pub use stage::Stage;
pub use time::{Instant, Window};
pub use zone::Zone;
