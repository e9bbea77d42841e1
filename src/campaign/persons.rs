//! The accounts of one person, and who is above whom: managers of managers, by whichever account has one on record.

use crate::campaign::reviewers::one_person;
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::{Interned, PrincipalId};
use std::collections::{BTreeSet, HashMap};

/// Accounts by what may make them one person's.
pub(super) struct Persons<'a> {
    access: &'a AccessModel,
    accounts: &'a AdminPattern,
    by_name: HashMap<String, Vec<&'a PrincipalId>>,
    by_number: HashMap<Interned, Vec<&'a PrincipalId>>,
    /// Accounts that a pair of the configuration names, by principal name and by id, lower case.
    listed: HashMap<String, &'a PrincipalId>,
}

impl<'a> Persons<'a> {
    /// Prepares the look-ups.
    pub(super) fn new(access: &'a AccessModel, accounts: &'a AdminPattern) -> Self {
        let mut all = Self {
            access,
            accounts,
            by_name: HashMap::new(),
            by_number: HashMap::new(),
            listed: HashMap::new(),
        };
        let named: BTreeSet<String> = accounts.pairs.iter().flatten().map(|n| n.to_lowercase()).collect();
        for (id, person) in &access.people {
            if let Some(local) = all.local(&person.upn) {
                all.by_name.entry(local).or_default().push(id);
            }
            if !person.employee_id.is_empty() {
                all.by_number.entry(person.employee_id).or_default().push(id);
            }
            for name in [person.upn.to_lowercase(), id.as_str().to_lowercase()] {
                if named.contains(&name) {
                    all.listed.insert(name, id);
                }
            }
        }
        all
    }

    /// The local part of a principal name, without what makes it an administrative one's.
    fn local(&self, upn: &str) -> Option<String> {
        let (local, _) = upn.split_once('@')?;
        let plain = self.accounts.ordinary_local_part(upn).unwrap_or_else(|| local.to_lowercase());
        (!plain.is_empty()).then_some(plain)
    }

    /// How many managers somebody is above another: 1 for the manager, 2 for the manager's manager; `None` when not above, as far as is on record.
    pub(super) fn levels_above(&self, below: &PrincipalId, above: &PrincipalId) -> Option<usize> {
        let goal = self.accounts_of(above);
        let mut level: BTreeSet<&PrincipalId> = self.accounts_of(below);
        let mut seen = level.clone();
        for n in 1.. {
            let managers = level.iter().filter_map(|id| self.access.people.get(*id)?.manager.as_ref());
            let next: BTreeSet<&PrincipalId> = managers.flat_map(|m| self.accounts_of(m)).collect();
            // Records of managers may go round in a circle.
            level = next.difference(&seen).copied().collect();
            if level.is_empty() {
                return None;
            }
            if level.iter().any(|id| goal.contains(id)) {
                return Some(n);
            }
            seen.extend(level.iter().copied());
        }
        None
    }

    /// All accounts of somebody, the one that is asked about among them.
    fn accounts_of<'b>(&self, id: &'b PrincipalId) -> BTreeSet<&'b PrincipalId>
    where
        'a: 'b,
    {
        let mut all = BTreeSet::from([id]);
        let Some(person) = self.access.people.get(id) else { return all };
        let of_name = self.local(&person.upn).and_then(|l| self.by_name.get(&l));
        let of_number = self.by_number.get(&person.employee_id);
        let names = [person.upn.to_lowercase(), id.as_str().to_lowercase()];
        let pairs = self.accounts.pairs.iter().flat_map(|[a, b]| [(a, b), (b, a)]);
        let partners = pairs.filter(|(a, _)| names.contains(&a.to_lowercase()));
        let listed = partners.filter_map(|(_, b)| self.listed.get(&b.to_lowercase()));
        let candidates = of_name.into_iter().chain(of_number).flatten().chain(listed).copied();
        all.extend(candidates.filter(|c| one_person(self.access, self.accounts, id, c).is_some()));
        all
    }
}
