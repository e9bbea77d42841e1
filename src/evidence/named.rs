//! Which records the listings of a bundle name as evidence, as the lake has them: each must lead to a row of `records.csv`.
//!
//! It is asked before people are covered, since a covered name leads to no record.

use crate::ledger::AccessModel;
use crate::model::{Finding, PrincipalId};
use crate::report::privacy::Privacy;
use std::collections::BTreeSet;

/// `table:id` of every record that `findings.csv`, `holdings.csv`, populations, test sheets and control tests may name; those of
/// what passed are added as it is listed.
#[must_use]
pub fn records(access: &AccessModel, findings: &[Finding], privacy: &Privacy) -> BTreeSet<String> {
    let held = access.holdings.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string));
    let found = findings.iter().flat_map(|f| f.evidence.iter().cloned());
    // Whether a grant had to be approved is told by its policy, and whether it was reviewed by decisions.
    let policies: BTreeSet<String> = access
        .holdings
        .iter()
        .filter_map(|h| Some(format!("policies:{}", h.policy.as_ref()?)))
        .collect();
    let reviews = access.review_decisions.iter().map(|d| format!("review_decisions:{}", d.id));
    let approved = access.requests.values().filter(|r| !r.decisions.is_empty());
    let approvals = approved.flat_map(|r| r.evidence.iter().map(ToString::to_string));
    // Who left and held nothing stands among the terminations with the records of the account.
    let holders: BTreeSet<&PrincipalId> = access.holdings.iter().map(|h| &h.principal).collect();
    let others = access.people.iter().filter(|(id, _)| !holders.contains(id));
    let accounts = others.flat_map(|(_, p)| p.evidence.iter().map(ToString::to_string));
    held.chain(found)
        .chain(policies)
        .chain(reviews)
        .chain(approvals)
        .chain(accounts)
        .filter(|name| privacy.shows_record(name))
        .collect()
}
