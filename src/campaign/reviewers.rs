//! Who reviews an item: rules in order, conflicts refused, the last fallback `unassigned`.

use crate::campaign::conflict::{ConflictRule, Judged};
use crate::campaign::model::{Disclosure, Reviewer, ReviewerKey};
use crate::campaign::plan::{Plan, Rule, RuleKind};
use crate::check::linked;
use crate::config::matches;
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::{EntitlementKind, Holding, PackageId, PrincipalId};
use std::collections::{BTreeMap, BTreeSet};

/// A choice of reviewer, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Who.
    pub key: ReviewerKey,
    /// Why, in words; names the conflicts of those who were passed over.
    pub because: String,
    /// What is to be disclosed about the choice.
    pub disclosed: Vec<Disclosure>,
}

/// Finds reviewers for one campaign.
pub struct ReviewerAssigner<'a> {
    access: &'a AccessModel,
    plan: &'a Plan,
    conflicts: ConflictRule<'a>,
    /// Names that the plan uses, to object ids.
    named: BTreeMap<String, PrincipalId>,
    keys: BTreeMap<PrincipalId, ReviewerKey>,
    taken: BTreeSet<String>,
    /// Items of each so far, by which named persons share the work.
    load: BTreeMap<PrincipalId, usize>,
    /// Who has a holder's items already: one person judges all that somebody holds.
    has: BTreeMap<PrincipalId, PrincipalId>,
}

impl<'a> ReviewerAssigner<'a> {
    /// Prepares the search.
    ///
    /// # Errors
    /// Names in the plan that nobody has, or several have; each on a line.
    pub fn new(access: &'a AccessModel, plan: &'a Plan, accounts: &'a AdminPattern) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut named = BTreeMap::new();
        let rules = plan.reviewers.iter().chain(plan.second.iter().map(|(_, r)| r));
        let texts = rules.flat_map(|r| r.persons.iter().chain(r.owners.values()));
        let extra = (!plan.escalate_to.is_empty()).then_some(&plan.escalate_to);
        for text in texts.chain(&plan.absent).chain(extra) {
            match find_person(access, text) {
                Ok(id) => {
                    named.insert(text.clone(), id);
                }
                Err(e) => wrong.push(e),
            }
        }
        if !wrong.is_empty() {
            wrong.sort();
            wrong.dedup();
            return Err(wrong);
        }
        Ok(Self {
            access,
            plan,
            conflicts: ConflictRule::new(access, plan, accounts),
            named,
            keys: BTreeMap::new(),
            taken: BTreeSet::from([ReviewerKey::UNASSIGNED.to_string()]),
            load: BTreeMap::new(),
            has: BTreeMap::new(),
        })
    }

    /// The reviewer of the first stage.
    pub fn first(&mut self, holding: &Holding, sensitive: bool) -> Chosen {
        let rules: Vec<&Rule> = self.plan.reviewers.iter().collect();
        self.choose(&rules, holding, sensitive, None)
    }

    /// The reviewer of the second stage: somebody other than the first; `None` when one stage is enough.
    pub fn second(&mut self, holding: &Holding, sensitive: bool, first: &ReviewerKey) -> Option<Chosen> {
        let rules: Vec<&Rule> = self.plan.second.iter().filter(|(only, _)| sensitive || !only).map(|(_, r)| r).collect();
        (!rules.is_empty()).then(|| self.choose(&rules, holding, sensitive, Some(first)))
    }

    fn choose(&mut self, rules: &[&Rule], holding: &Holding, sensitive: bool, not: Option<&ReviewerKey>) -> Chosen {
        let mut passed = Vec::new();
        let judged = Judged::of(holding, sensitive);
        for rule in rules.iter().filter(|r| self.applies(r, holding, sensitive)) {
            for (candidate, because) in self.candidates(rule, holding) {
                let first = |(id, key): (&PrincipalId, &ReviewerKey)| not == Some(key) && self.conflicts.same_person(&candidate, id);
                let twice = self.keys.iter().any(first).then(|| "decides in the first stage".to_string());
                if let Some(why) = self.conflicts.refuses(&candidate, &judged).or(twice) {
                    passed.push(format!("{} {why}", self.access.principal_name(&candidate)));
                    continue;
                }
                let key = self.key_of(&candidate);
                *self.load.entry(candidate.clone()).or_default() += 1;
                if rule.kind == RuleKind::Person && not.is_none() {
                    self.has.entry(holding.principal.clone()).or_insert_with(|| candidate.clone());
                }
                let disclosed = self.conflicts.discloses(&candidate, &judged);
                return Chosen {
                    key,
                    because: because + &without(&passed),
                    disclosed,
                };
            }
        }
        let why = if passed.is_empty() {
            "no eligible reviewer: no rule gives one".to_string()
        } else {
            format!("no eligible reviewer: not {}", passed.join(", not "))
        };
        Chosen {
            key: ReviewerKey::new(ReviewerKey::UNASSIGNED),
            because: why,
            disclosed: Vec::new(),
        }
    }

    fn applies(&self, rule: &Rule, holding: &Holding, sensitive: bool) -> bool {
        let package = holding.entitlement.kind == EntitlementKind::AccessPackage;
        let named = |p: &String| package && matches(p, holding.entitlement.resource(), &holding.entitlement_name);
        rule.sensitive.is_none_or(|s| s == sensitive) && (rule.packages.is_empty() || rule.packages.iter().any(named))
    }

    /// Candidates of a rule, best first, with the reason.
    fn candidates(&self, rule: &Rule, holding: &Holding) -> Vec<(PrincipalId, String)> {
        let holder = &holding.principal_name;
        match rule.kind {
            RuleKind::Manager => {
                let manager = self.access.people.get(&holding.principal).and_then(|p| p.manager.clone());
                manager.into_iter().map(|m| (m, format!("manager of {holder}"))).collect()
            }
            RuleKind::Approver => self.approvers(holding),
            RuleKind::Owner => self.owners(holding),
            RuleKind::CatalogOwner => {
                let package = self.access.packages.get(&PackageId::new(holding.entitlement.resource()));
                let catalog = package.map(|p| p.catalog.as_str()).unwrap_or_default();
                let name = self.access.catalogs.get(catalog).map(String::as_str).unwrap_or_default();
                let fits = |c: &str| !catalog.is_empty() && matches(c, catalog, name);
                let persons = rule.owners.iter().filter(|(c, _)| fits(c)).filter_map(|(_, p)| self.named.get(p));
                persons.map(|p| (p.clone(), format!("named for the catalog {name}"))).collect()
            }
            RuleKind::Person => {
                let mut persons: Vec<&PrincipalId> = rule.persons.iter().filter_map(|p| self.named.get(p)).collect();
                let has = self.has.get(&holding.principal);
                // Sorting is stable: among equals the order of the campaign file decides.
                persons.sort_by_key(|p| (has != Some(*p), self.load.get(*p).copied().unwrap_or_default()));
                persons.into_iter().map(|p| (p.clone(), "named in the campaign file".to_string())).collect()
            }
        }
    }

    fn approvers(&self, holding: &Holding) -> Vec<(PrincipalId, String)> {
        let approved = |d: &&crate::model::Decision| d.decision == "approved" && !d.who.is_empty();
        let mut found: Vec<(PrincipalId, String)> = holding
            .decisions
            .iter()
            .filter(approved)
            .rev()
            .map(|d| {
                let day = d.at.get(..10).unwrap_or(&d.at);
                (PrincipalId::new(&d.who), format!("approved the request on {day}"))
            })
            .collect();
        let policy = holding.policy.as_ref().and_then(|p| self.access.policies.get(p));
        for subject in policy.map(|p| p.approvers.as_slice()).unwrap_or_default() {
            let Some((kind, id)) = subject.split_once(':') else { continue };
            let kind = kind.to_lowercase();
            if kind.contains("manager") {
                let manager = self.access.people.get(&holding.principal).and_then(|p| p.manager.clone());
                found.extend(manager.map(|m| (m, "approver by the policy, as manager".to_string())));
            } else if kind.contains("user") {
                found.push((PrincipalId::new(id), "approver by the policy".into()));
            }
        }
        found
    }

    fn owners(&self, holding: &Holding) -> Vec<(PrincipalId, String)> {
        let mut resources: Vec<(&str, &str)> = vec![(holding.entitlement.resource(), &holding.entitlement_name)];
        if holding.entitlement.kind == EntitlementKind::AccessPackage {
            let package = self.access.packages.get(&PackageId::new(holding.entitlement.resource()));
            resources = package
                .into_iter()
                .flat_map(|p| p.roles.iter().map(|r| (r.resource.as_str(), r.resource_name.as_str())))
                .collect();
        }
        let owners = resources.iter().flat_map(|(id, name)| {
            let list = self.access.owners.get(*id).map(Vec::as_slice).unwrap_or_default();
            list.iter().map(move |o| (o.clone(), format!("owner of {name}")))
        });
        owners.collect()
    }

    /// The folder name of a person: the local part of the principal name, made unique in the order of asking.
    pub fn key_of(&mut self, person: &PrincipalId) -> ReviewerKey {
        if let Some(key) = self.keys.get(person) {
            return key.clone();
        }
        let key = ReviewerKey::new(&free_key(&self.taken, self.access, person));
        self.taken.insert(key.to_string());
        self.keys.insert(person.clone(), key.clone());
        key
    }

    /// Everybody who was chosen, sorted by key.
    #[must_use]
    pub fn chosen(&self) -> Vec<Reviewer> {
        let mut all: Vec<Reviewer> = self.keys.iter().map(|(id, key)| reviewer(self.access, id, key.clone())).collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }
}

/// Who was passed over, and why.
fn without(passed: &[String]) -> String {
    if passed.is_empty() {
        String::new()
    } else {
        format!("; not {}", passed.join(", not "))
    }
}

/// A reviewer's row.
#[must_use]
pub fn reviewer(access: &AccessModel, id: &PrincipalId, key: ReviewerKey) -> Reviewer {
    let person = access.people.get(id).cloned().unwrap_or_default();
    let name = if person.name.is_empty() { access.principal_name(id) } else { person.name };
    Reviewer {
        key,
        principal_id: id.to_string(),
        name: name.to_string(),
        mail: if person.mail.is_empty() {
            person.upn.to_string()
        } else {
            person.mail.to_string()
        },
        manager_id: person.manager.map(|m| m.to_string()).unwrap_or_default(),
    }
}

/// A folder name that is not taken.
#[must_use]
pub fn free_key(taken: &BTreeSet<String>, access: &AccessModel, person: &PrincipalId) -> String {
    let name = access.principal_name(person);
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let clean: String = local
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect();
    let clean = clean.trim_matches(['.', '-', '_']).to_string();
    let id: String = person.as_str().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let base = if clean.chars().any(|c| c.is_ascii_alphanumeric()) {
        clean
    } else {
        format!("reviewer-{id}")
    };
    if !taken.contains(&base) {
        return base;
    }
    // A second person with the same local part, in another domain.
    (1u32..)
        .map(|n| if n == 1 { format!("{base}-{id}") } else { format!("{base}-{id}-{n}") })
        .find(|k| !taken.contains(k))
        .unwrap_or(base)
}

/// How two accounts are one person's: they are the same, or the checks know them for one person's ([`linked`]).
#[must_use]
pub fn one_person(access: &AccessModel, accounts: &AdminPattern, a: &PrincipalId, holder: &PrincipalId) -> Option<String> {
    if a == holder {
        return Some("is the holder".into());
    }
    let upn = |id: &PrincipalId| access.people.get(id).map(|p| p.upn).filter(|u| u.contains('@')).unwrap_or_default();
    let how = linked(access, accounts, (a, upn(a).as_str()), (holder, upn(holder).as_str()))?;
    Some(format!("is the holder by another account, known {how}"))
}

/// Why somebody cannot act at all; `None` when the account works as far as is known.
#[must_use]
pub fn unable(access: &AccessModel, id: &PrincipalId) -> Option<String> {
    let Some(person) = access.people.get(id) else {
        return Some("is unknown in the lake".into());
    };
    if person.deleted_at.is_some_and(|t| t <= access.as_of) {
        return Some("is deleted".into());
    }
    if person.enabled == Some(false) {
        return Some("is disabled".into());
    }
    person.leave_at.is_some_and(|t| t <= access.as_of).then(|| "has left".into())
}

/// The person of an object id, principal name or display name.
///
/// # Errors
/// When nobody has the name, or several have.
pub fn find_person(access: &AccessModel, text: &str) -> Result<PrincipalId, String> {
    let id = PrincipalId::new(text);
    if access.people.contains_key(&id) {
        return Ok(id);
    }
    let lower = text.trim().to_lowercase();
    let by = |f: fn(&crate::ledger::access_model::Person) -> &str| -> Vec<&PrincipalId> {
        access.people.iter().filter(|(_, p)| f(p).to_lowercase() == lower).map(|(id, _)| id).collect()
    };
    let mut found = by(|p| &p.upn);
    if found.is_empty() {
        found = by(|p| &p.mail);
    }
    if found.is_empty() {
        found = by(|p| &p.name);
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(format!("nobody in the lake is called '{text}'; give a principal name or an object id")),
        many => {
            let list: Vec<&str> = many.iter().map(|id| id.as_str()).collect();
            Err(format!("'{text}' names {} people; give one of these ids: {}", many.len(), list.join(", ")))
        }
    }
}
