//! Agents: identities of software that acts by itself or for somebody, and who answers for them.

pub(super) mod agt_01;
pub(super) mod agt_02;

use crate::check::{Context, Outcome};
use crate::lake::table::Table;
use crate::ledger::governance::Agent;
use crate::model::{Holding, PrincipalId, ReasonCode};
use std::collections::BTreeMap;

/// Agents by id, each with what it holds.
type Agents<'a> = BTreeMap<&'a PrincipalId, (&'a Agent, Vec<&'a Holding>)>;

/// Agents with what they hold; `None` where nothing tells of agents, which is told.
fn agents<'a>(cx: &Context<'a>, out: &mut Outcome) -> Option<Agents<'a>> {
    if !cx.looked_at(Table::ServicePrincipals) && cx.access.governance.agents.is_empty() {
        let message = "no listing of service principals is in the lake, so which agents there are is unknown";
        let clears_when = "Ingest service principals, expanded with sponsors.";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::ServicePrincipals, message, clears_when), 0);
        return None;
    }
    for (table, what) in [(Table::ServicePrincipals, "service principals"), (Table::Users, "users")] {
        cx.need(out, table, what);
    }
    match cx.no_holdings() {
        Some(row) => out.push_for(row, 0),
        None => cx.unlisted(out, &[Table::Assignments]),
    }
    let mut agents = Agents::new();
    for (id, agent) in cx.access.governance.agents.iter().filter(|(id, _)| cx.mine(id.as_str())) {
        agents.insert(id, (agent, Vec::new()));
    }
    for holding in cx.held() {
        if let Some((_, held)) = agents.get_mut(&holding.principal) {
            held.push(holding);
        }
    }
    Some(agents)
}
