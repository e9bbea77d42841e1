//! `AGT-02`: an agent that was switched off and still holds access.

use super::agents;
use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard};
use crate::model::controls::{AC_2_H, AC_6};
use crate::model::{CheckId, EntitlementKind, GrantKind, Holding, ReasonCode, Severity};

check! {
    /// An agent that was disabled still holds access
    ///
    /// ## Why it matters
    /// Somebody switched the agent off, and left its access for whoever switches it on again.
    ///
    /// ## What it looks for
    /// A package, a directory role, or a group membership or app role that no package explains, held by an agent whose record says that it is disabled (`accountEnabled`).
    /// Whatever else lists the agent, its own record tells: a service principal that is known is not for that reason enabled.
    ///
    /// ## Known false positives
    /// Agents that are switched off for maintenance.
    ///
    /// ## What to do
    /// Take the access away; if the agent comes back, its sponsor asks for it again.
    ///
    /// ## Examples
    /// Disabled, with a package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | identity |  | agent scout |  | disabled, sponsor ana |   |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Enabled; disabled without anything; and one whose record does not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | errands | scope allDirectoryAgentIdentities |   |
    /// | 2026-01-01 | identity |  | agent scout |  | sponsor ana |   |
    /// | 2026-01-01 | identity |  | agent idle |  | disabled, sponsor ana |   |
    /// | 2026-01-01 | identity |  | agent clerk |  | enabled untold, sponsor ana |   |
    /// | 2026-01-05 | assign | cy | agent scout | errands |  |   |
    /// | 2026-01-05 | assign | cy | agent clerk | errands |  | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("AGT-02"),
        severity: Severity::Medium,
        practice: &["P1", "P5"],
        controls: &[AC_2_H, AC_6],
        thresholds: &[],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "what agents hold",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let Some(agents) = agents(cx, &mut out) else {
        return out;
    };
    let unknown = cx.contents_unknown();
    let judged = unknown.is_none();
    if let Some(row) = unknown {
        out.push_for(row, 0);
    }
    for (_, (agent, held)) in agents {
        let own = held.into_iter().filter(|h| h.grant_kind != GrantKind::Group);
        let of_itself = |h: &&Holding| {
            let whole = matches!(h.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole);
            whole || judged && cx.index.assignments_behind(h).is_empty()
        };
        for holding in own.filter(of_itself) {
            let mut draft = Draft::of_holding(cx, holding);
            draft.evidence.push(agent.evidence.to_string());
            let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
            match agent.enabled {
                Some(true) => out.pass_of(cx, &draft, "the agent is enabled"),
                Some(false) => {
                    draft.severity = Severity::Medium;
                    draft.reason = "disabled-agent";
                    draft.message = format!("the agent {who} is disabled and holds {what} {}", since(holding));
                    draft.clears_when = format!("The removal of {what} from {who}, or the agent being enabled again.");
                    out.push(cx.finding(draft));
                }
                None => {
                    draft.message = format!("the agent {who} holds {what}, and its record does not tell whether it is enabled");
                    draft.clears_when = "Agent identities exported with accountEnabled.".into();
                    out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
                }
            }
        }
    }
    out
}
