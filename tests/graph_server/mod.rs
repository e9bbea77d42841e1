//! A Microsoft Graph for tests: real HTTP on loopback, one invented tenant, the published limits, and every fault by seed.

mod chance;
mod foreign;
mod http;
mod journal;
mod json;
mod limits;
mod login;
mod plan;
mod query;
mod serve;
mod shapes;
mod tenant;
mod walks;
mod when;

pub use chance::number;
pub use journal::Entry;
pub use limits::Group;
pub use login::{CANARY, CLIENT, FEDERATED, Login, SECRET};
pub use plan::{Fault, Plan};
pub use serve::Server;
pub use tenant::Tenant;
pub use when::parse as instant;
