//! `AGT-01`: an agent for which nobody answers.

use super::agents;
use crate::check::approvers::Live;
use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::ledger::governance::Agent;
use crate::model::controls::{AC_2, PCI_7_2_5};
use crate::model::{CheckId, Holding, PrincipalId, ReasonCode, Severity};

check! {
    /// Nobody answers for an agent
    ///
    /// ## Why it matters
    /// An agent does not know when its task is over, and cannot be asked.
    /// Its sponsor is the person who decides whether it still needs what it has; without one it runs on.
    ///
    /// ## What it looks for
    /// An agent's identity, or an account that an agent uses, without a sponsor, by a record that was exported with sponsors or by a listing of its sponsors, or whose sponsors are all deleted or disabled.
    /// It weighs high where the agent holds access, and low where it holds none.
    ///
    /// ## Known false positives
    /// Agents of a platform whose owner answers for all of them: name that person as sponsor.
    ///
    /// ## What to do
    /// Name a sponsor who knows what the agent does, or disable the agent and take its access away.
    ///
    /// ## Examples
    /// No sponsor and a package, a sponsor who was disabled, and no sponsor and nothing held:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | identity |  | agent scout |  | no sponsor | ◀ high |
    /// | 2026-01-01 | identity |  | agent clerk |  | sponsor bo | ◀ high |
    /// | 2026-01-01 | identity |  | agent idle |  | no sponsor | ◀ low |
    /// | 2026-01-01 | user |  | bo |  | disabled |   |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  |   |
    /// | 2026-01-05 | assign | cy | agent clerk | errands |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// One of two sponsors is there; an application is no agent; and one record was exported without sponsors:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | user |  | bo |  | disabled |   |
    /// | 2026-01-01 | user |  | ana |  |  |   |
    /// | 2026-01-01 | identity |  | agent scout |  | sponsor ana and bo |   |
    /// | 2026-01-01 | identity |  | workload feeder |  |  |   |
    /// | 2026-01-01 | identity |  | agent clerk |  |  | ? |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Records without sponsors, and listings of them: one is empty, one names somebody who is there:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | user |  | ana |  |  |   |
    /// | 2026-01-01 | identity |  | agent scout |  | listed with nobody | ◀ high |
    /// | 2026-01-01 | identity |  | agent clerk |  | listed with ana |   |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  |   |
    /// | 2026-01-05 | assign | cy | agent clerk | errands |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("AGT-01"),
        severity: Severity::High,
        practice: &["P1", "P5"],
        controls: &[AC_2, PCI_7_2_5],
        thresholds: &[],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "one pass over each agent, with its sponsors",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let Some(agents) = agents(cx, &mut out) else {
        return out;
    };
    for (id, (agent, held)) in agents {
        judge(cx, id, agent, &held, &mut out);
    }
    out
}

fn judge(cx: &Context, id: &PrincipalId, agent: &Agent, held: &[&Holding], out: &mut Outcome) {
    let mut draft = Draft {
        subject: Thing::new("principal", id.as_str(), &agent.name),
        evidence: vec![agent.evidence.to_string()],
        ..Draft::default()
    };
    let name = draft.subject.name.clone();
    let states: Vec<Live> = agent.sponsors.iter().flatten().map(|s| cx.live_sponsor(s)).collect();
    let gone = || {
        states
            .iter()
            .filter_map(|s| if let Live::No(why) = s { Some(why.clone()) } else { None })
            .collect::<Vec<_>>()
    };
    let told = match &agent.sponsors {
        None => Err("its record was exported without sponsors"),
        Some(_) if states.contains(&Live::Yes) => return out.pass_of(cx, &draft, "a sponsor of it can act"),
        Some(list) if list.is_empty() => Ok(("no-sponsor", "has no sponsor".to_string())),
        Some(_) if gone().len() == states.len() => Ok(("sponsor-gone", format!("has no sponsor left: {}", words::listed(&gone())))),
        Some(_) => Err("no record tells whether a sponsor is still there"),
    };
    match told {
        Ok((reason, why)) => {
            let names: Vec<String> = held.iter().map(|h| h.entitlement_name.to_string()).collect();
            draft.evidence.extend(held.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)));
            draft.severity = if held.is_empty() { Severity::Low } else { Severity::High };
            draft.reason = reason;
            let what = if names.is_empty() {
                "and holds nothing that is on record".to_string()
            } else {
                format!("and holds {}", words::listed(&names))
            };
            draft.message = format!("the agent {name} {why} {what}");
            draft.clears_when = format!("A sponsor for {name} who can act.");
            out.push(cx.finding(draft));
        }
        Err(why) => {
            draft.message = format!("whether anybody answers for the agent {name} is unknown: {why}");
            draft.clears_when = "Agent identities exported with $expand=sponsors, and users.".into();
            out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        }
    }
}
