//! Access that no removal at its holder takes away: a rule gives it, or another directory.

use crate::ledger::AccessModel;
use crate::model::{EntitlementKind, GrantKind, Holding, PolicyId};

/// What gives it again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// The rule of a dynamic group.
    GroupRule,
    /// The directory on premises, from which the group is synchronised.
    OnPremises,
    /// An automatic policy, by its name.
    PolicyRule(&'a str),
}

/// What gives a holding, where that is no person's act.
pub(super) fn source<'a>(access: &'a AccessModel, h: &Holding) -> Option<Source<'a>> {
    match h.entitlement.kind {
        EntitlementKind::AccessPackage => {
            let policy = h.policy.as_ref().and_then(|p: &PolicyId| access.policies.get(p));
            let automatic = h.grant_kind == GrantKind::AutoAssignment || policy.is_some_and(|p| p.automatic);
            automatic.then(|| Source::PolicyRule(policy.map_or("", |p| p.name.as_str())))
        }
        EntitlementKind::Group => {
            let facts = access.groups.get(h.entitlement.resource())?;
            match (facts.synced == Some(true), facts.dynamic == Some(true) && h.entitlement.is_group_member()) {
                (true, _) => Some(Source::OnPremises),
                (false, true) => Some(Source::GroupRule),
                (false, false) => None,
            }
        }
        _ => None,
    }
}

impl Source<'_> {
    /// What a removal does, as a sheet says it.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::GroupRule => "the rule of the group gives it: it goes only when the rule or the account changes".into(),
            Self::OnPremises => "the group is synchronised from the directory on premises: it goes only when it is removed there".into(),
            Self::PolicyRule("") => "an automatic policy gives it: it goes only when the rule or the account changes".into(),
            Self::PolicyRule(name) => format!("the rule of the policy {name} gives it: it goes only when the rule or the account changes"),
        }
    }
}
