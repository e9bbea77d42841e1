//! Decisions that cannot both be carried out: a package is kept and what it gives is removed, or the other way round.

use crate::campaign::log::{Choice, DecidedBy, DecisionEntry};
use crate::campaign::model::{Context, Item, Recommendation};
use crate::campaign::state::State;
use std::collections::BTreeMap;

/// Two decisions that contradict one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Position of the package in the population.
    pub package: usize,
    /// Position of the membership or role that it gives.
    pub given: usize,
    /// In words, with the way out.
    pub message: String,
}

/// Whether removing one thing and not the other is what two decisions ask for.
///
/// No response never holds up what a person decided about the package: its side effect is told in the plan.
#[must_use]
pub fn contradict(package: &DecisionEntry, given: &DecisionEntry) -> bool {
    let removes = |d: &DecisionEntry| d.decision.choice == Choice::Revoke;
    match (removes(package), removes(given)) {
        (false, true) => true,
        (true, false) => given.by == DecidedBy::Person || package.by != DecidedBy::Person,
        _ => false,
    }
}

/// Makes the recommendations of a campaign agree with one another: whoever follows them all contradicts nothing.
///
/// What a package gives goes with the package and not without it.
pub fn agree(rows: &mut [(Item, Context)]) {
    let key = |principal: &str, package: &str, assignment: &str| [principal, package, assignment].map(ToString::to_string);
    let of_package = rows
        .iter()
        .map(|(i, _)| (key(&i.principal_id, &i.entitlement_id, &i.assignment_id), i.recommendation));
    let packages: BTreeMap<[String; 3], Recommendation> = of_package.collect();
    for (item, context) in rows.iter_mut().filter(|(i, _)| !i.delivered_by.is_empty()) {
        let behind = item.delivered_by.iter();
        let behind = behind.map(|d| (d.package_name.as_str(), packages.get(&key(&item.principal_id, &d.package_id, &d.assignment_id))));
        let (going, other): (Vec<_>, Vec<_>) = behind.partition(|(_, r)| *r == Some(&Recommendation::Revoke));
        let staying: Vec<&str> = other.iter().filter(|(_, r)| r.is_some()).map(|(name, _)| *name).collect();
        match item.recommendation {
            Recommendation::Revoke if !staying.is_empty() => {
                context.recommendation_reason = format!("the package {} gives it, and nothing speaks for removing that", staying.join(", "));
                item.recommendation = Recommendation::None;
            }
            Recommendation::Keep | Recommendation::None if other.is_empty() => {
                let names: Vec<&str> = going.iter().map(|(name, _)| *name).collect();
                context.recommendation_reason = format!("because the package {} gives it, and its removal is recommended", names.join(", "));
                item.recommendation = Recommendation::Revoke;
            }
            _ => {}
        }
    }
}

/// Every contradiction among the decisions that bind.
#[must_use]
pub fn contradictions(state: &State) -> Vec<Contradiction> {
    let mut packages: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        packages.insert((&item.principal_id, &item.entitlement_id, &item.assignment_id), index);
    }
    let decision = |index: usize| state.effective_decision(index).map(|(_, d)| d);
    let mut found = Vec::new();
    for (given, item) in state.items.iter().enumerate() {
        let Some(of_given) = decision(given) else { continue };
        let behind = item
            .delivered_by
            .iter()
            .map(|d| packages.get(&(item.principal_id.as_str(), d.package_id.as_str(), d.assignment_id.as_str())));
        let behind: Vec<Option<usize>> = behind.map(Option::<&usize>::copied).collect();
        // Kept, it stays as long as one of its packages does.
        let removed = |p: &Option<usize>| p.and_then(decision).is_some_and(|d| d.decision.choice == Choice::Revoke);
        if of_given.decision.choice != Choice::Revoke && !behind.iter().all(removed) {
            continue;
        }
        for package in behind.into_iter().flatten() {
            let Some(of_package) = decision(package).filter(|d| contradict(d, of_given)) else {
                continue;
            };
            found.push(Contradiction {
                package,
                given,
                message: message(&state.items[package], of_package, item, of_given),
            });
        }
    }
    found
}

fn message(package: &Item, of_package: &DecisionEntry, given: &Item, of_given: &DecisionEntry) -> String {
    let by = |d: &DecisionEntry| match d.by {
        DecidedBy::Person => "",
        DecidedBy::NoResponse => " (no response)",
        DecidedBy::System => " (by settings of Entra)",
    };
    format!(
        "{}: the decision about {} is {}{}, and about the package {}, which gives it, {}{}; neither is carried out until one of them is changed (items {} and {})",
        package.principal_name,
        given.entitlement_name,
        of_given.decision.choice,
        by(of_given),
        package.entitlement_name,
        of_package.decision.choice,
        by(of_package),
        given.id,
        package.id,
    )
}
