//! What populations and test sheets rest on that is worked out before people are covered.

use crate::campaign::reviewers::one_person;
use crate::config::Config;
use crate::evidence::campaign::asked::Campaigned;
use crate::ledger::AccessModel;
use crate::model::PrincipalId;
use crate::report::privacy::Privacy;
use std::collections::BTreeSet;

/// The campaign of the bundle, and whose approvals were of their own access by another account.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The campaign; empty without one.
    pub campaign: Campaigned,
    /// Request and approver, as they are shown, where the approver is who asked or receives, by whichever account.
    own_approvals: BTreeSet<(String, String)>,
}

impl Known {
    /// Of an access that is not covered yet, as the checks know accounts of one person.
    #[must_use]
    pub fn of(access: &AccessModel, config: &Config, privacy: &Privacy, campaign: Campaigned) -> Self {
        let mut own_approvals = BTreeSet::new();
        for request in access.requests.values() {
            for decision in &request.decisions {
                let who = PrincipalId::of(decision.who);
                let same = |p: &Option<PrincipalId>| p.as_ref().is_some_and(|p| one_person(access, &config.admin_accounts, &who, p).is_some());
                if same(&request.requestor) || same(&request.recipient) {
                    own_approvals.insert((request.id.to_string(), privacy.alone(&decision.who)));
                }
            }
        }
        Self { campaign, own_approvals }
    }

    /// Whether an approver of a request is who asked or receives, by whichever account.
    #[must_use]
    pub fn is_own(&self, request: &str, approver: &str) -> bool {
        self.own_approvals.contains(&(request.to_string(), approver.to_string()))
    }
}
