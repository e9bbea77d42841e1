//! Windows of weakness: from when until when a policy asked for less than before, and what was granted meanwhile.

use crate::ledger::AccessModel;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::ledger::policy_history::{PolicyChange, PolicyHistory, PolicyVersion};
use crate::model::{EntitlementKey, Instant, Interned, PolicyId, Window};

/// How a policy asked for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakness {
    /// No approval, where it was asked before.
    Approval,
    /// Fewer stages of approval.
    Stages,
    /// No end, where there was one.
    End,
}

impl Weakness {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "no approval",
            Self::Stages => "fewer stages",
            Self::End => "no end",
        }
    }
}

/// A policy was weaker for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weak<'a> {
    /// The policy.
    pub policy: PolicyId,
    /// As what it was seen last.
    pub facts: Option<&'a PolicyFacts>,
    /// In which way.
    pub weakness: Weakness,
    /// It did not begin before this.
    pub from_earliest: Instant,
    /// It did not begin after this.
    pub from_latest: Instant,
    /// It did not end before this, where it ended.
    pub until_earliest: Option<Instant>,
    /// It did not end after this; none while it goes on.
    pub until_latest: Option<Instant>,
    /// Who weakened it, where the log tells.
    pub by: Interned,
    /// Who restored it, where the log tells.
    pub restored_by: Interned,
    /// Records that show it.
    pub records: Vec<Interned>,
    /// Requests under the policy that were delivered while it may have been weak.
    pub granted: Vec<&'a RequestHistory>,
}

/// All windows of weakness of all policies, by time.
#[must_use]
pub fn windows(access: &AccessModel) -> Vec<Weak<'_>> {
    let mut all: Vec<Weak> = Vec::new();
    for (id, history) in &access.policy_history {
        let mut of_policy = by_log(id, history);
        for seen in by_snapshots(id, history) {
            // What the log tells exactly is not told again by the two snapshots around it.
            let told = |w: &Weak| w.weakness == seen.weakness && seen.from_earliest < w.from_latest && w.from_latest <= seen.from_latest;
            if !of_policy.iter().any(told) {
                of_policy.push(seen);
            }
        }
        let facts = access.policies.get(id).or_else(|| history.versions.last().map(|v| &v.facts));
        for weak in &mut of_policy {
            weak.facts = facts;
            weak.granted = granted(access, weak);
        }
        all.extend(of_policy);
    }
    all.retain(|w| w.from_earliest <= access.as_of);
    all.sort_by(|a, b| (a.from_latest, &a.policy, a.weakness).cmp(&(b.from_latest, &b.policy, b.weakness)));
    all
}

/// Updates within a window of which the log does not say what they changed, and that may have undone one another: two of one policy
/// between two snapshots.
#[must_use]
pub fn untold(access: &AccessModel, window: Window) -> usize {
    let looks = access.looks.get(&("policies".into(), "tenant".into())).map_or(&[][..], Vec::as_slice);
    let before = |at: Instant| looks.iter().filter(|l| l.at <= at).count();
    let of_policy = |history: &PolicyHistory| {
        let untold = history.changes.iter().filter(|c| c.properties.is_empty() && window.meets(&Window::at(c.at)));
        let mut buckets: Vec<usize> = untold.map(|c| before(c.at)).collect();
        buckets.sort_unstable();
        buckets.chunk_by(|a, b| a == b).map(<[usize]>::len).filter(|n| *n > 1).sum::<usize>()
    };
    access.policy_history.values().map(of_policy).sum()
}

fn weak<'a>(policy: &PolicyId, weakness: Weakness, from: (Instant, Instant)) -> Weak<'a> {
    Weak {
        policy: policy.clone(),
        facts: None,
        weakness,
        from_earliest: from.0,
        from_latest: from.1,
        until_earliest: None,
        until_latest: None,
        by: Interned::default(),
        restored_by: Interned::default(),
        records: Vec::new(),
        granted: Vec::new(),
    }
}

/// What the log tells of approval that was switched off, and on again.
fn by_log<'a>(id: &PolicyId, history: &'a PolicyHistory) -> Vec<Weak<'a>> {
    let mut found: Vec<Weak> = Vec::new();
    for change in &history.changes {
        let (before, after) = change.approval();
        if after != Some(false) || before == Some(false) || !was_asked(history, change, before) {
            continue;
        }
        let mut weak = weak(id, Weakness::Approval, (change.at, change.at));
        weak.by = change.actor_name;
        weak.records.push(change.source);
        let restored = history.changes.iter().find(|c| c.at > change.at && c.approval().1 == Some(true));
        let seen = history
            .versions
            .iter()
            .find(|v| v.first_seen > change.at && v.facts.approval_required == Some(true));
        if let Some(restored) = restored {
            (weak.until_earliest, weak.until_latest) = (Some(restored.at), Some(restored.at));
            weak.restored_by = restored.actor_name;
            weak.records.push(restored.source);
        } else if let Some(seen) = seen {
            (weak.until_earliest, weak.until_latest) = (Some(change.at), Some(seen.start()));
        }
        found.push(weak);
    }
    found
}

/// Whether approval was asked until a change: by its record, else by the last snapshot before it.
fn was_asked(history: &PolicyHistory, change: &PolicyChange, before: Option<bool>) -> bool {
    before == Some(true)
        || history
            .versions
            .iter()
            .rev()
            .find(|v| v.first_seen <= change.at)
            .is_some_and(|v| v.facts.approval_required == Some(true))
}

/// How a version asks for less than the one before.
fn weaknesses(old: &PolicyFacts, new: &PolicyFacts) -> Vec<Weakness> {
    let off = old.approval_required == Some(true) && new.approval_required == Some(false);
    let fewer = !off && new.stages.len() < old.stages.len();
    let endless = |f: &PolicyFacts| f.expiration_type.eq_ignore_ascii_case("noExpiration");
    let no_end = !old.expiration_type.is_empty() && !endless(old) && endless(new);
    [(off, Weakness::Approval), (fewer, Weakness::Stages), (no_end, Weakness::End)]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, w)| w)
        .collect()
}

/// What snapshots show: weaker than the version before, until a version that is not.
fn by_snapshots<'a>(id: &PolicyId, history: &'a PolicyHistory) -> Vec<Weak<'a>> {
    let mut found = Vec::new();
    for (i, pair) in history.versions.windows(2).enumerate() {
        let [old, new] = pair else { continue };
        for weakness in weaknesses(&old.facts, &new.facts) {
            let mut weak = weak(id, weakness, (new.since.unwrap_or(old.last_seen), new.start()));
            weak.records.push(format!("policies:{id}").into());
            let still = |v: &&PolicyVersion| weaknesses(&old.facts, &v.facts).contains(&weakness);
            let later = &history.versions[i + 1..];
            if let Some(end) = later.iter().position(|v| !still(&v)) {
                let restored = &later[end];
                weak.until_earliest = Some(restored.since.unwrap_or(later[end - 1].last_seen));
                weak.until_latest = Some(restored.start());
            }
            found.push(weak);
        }
    }
    found
}

/// Requests under the policy that were delivered while it may have been weak.
fn granted<'a>(access: &'a AccessModel, weak: &Weak) -> Vec<&'a RequestHistory> {
    let window = Window {
        from: weak.from_earliest,
        until: weak.until_latest.unwrap_or(Instant(i64::MAX)),
    };
    let delivered = |r: &&RequestHistory| {
        let given = ["delivered", "partiallydelivered"].contains(&r.state.to_ascii_lowercase().as_str());
        let at = r.completed_at.or(r.created_at);
        given && r.policy.as_ref() == Some(&weak.policy) && at.is_some_and(|t| window.meets(&Window::at(t)))
    };
    let mut all: Vec<&RequestHistory> = access.requests.values().filter(delivered).collect();
    all.sort_by_key(|r| (r.completed_at.or(r.created_at), r.id.clone()));
    all
}

/// The name of the package of a weak policy.
#[must_use]
pub fn package_name(access: &AccessModel, weak: &Weak) -> String {
    let package = weak.facts.and_then(|f| f.package.as_ref());
    package.map_or_else(String::new, |p| access.entitlement_name(&EntitlementKey::package(p.as_str())).to_string())
}
