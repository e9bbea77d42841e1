//! Findings that somebody accepted become exceptions: after every check is done, so that no check knows of it.

use crate::check::words;
use crate::config::{Config, Exception};
use crate::ledger::AccessModel;
use crate::model::{Finding, Instant, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What the names in the register mean in this tenant.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Ids by name, lower case, of the names that entries use.
    accounts: BTreeMap<String, BTreeSet<String>>,
    packages: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    /// Looks up the names that entries use.
    pub(super) fn of(access: &AccessModel, config: &Config) -> Self {
        let wanted = |text: fn(&Exception) -> &String| -> BTreeMap<String, BTreeSet<String>> {
            let texts = config.exceptions.iter().map(text).filter(|t| !t.is_empty() && !t.contains('*'));
            texts.map(|t| (t.to_lowercase(), BTreeSet::new())).collect()
        };
        let mut names = Self {
            accounts: wanted(|e| &e.principal),
            packages: wanted(|e| &e.package),
        };
        if names.accounts.is_empty() && names.packages.is_empty() {
            return names;
        }
        for (id, person) in &access.people {
            for name in [person.upn, person.name] {
                if let Some(ids) = names.accounts.get_mut(&name.to_lowercase()) {
                    ids.insert(id.to_string());
                }
            }
        }
        for (id, package) in &access.packages {
            if let Some(ids) = names.packages.get_mut(&package.name.to_lowercase()) {
                ids.insert(id.to_string());
            }
        }
        names
    }

    /// Why nobody can tell whom or what an entry is about: its name is that of several; `None` where it is clear.
    pub(super) fn ambiguous(&self, entry: &Exception) -> Option<String> {
        if !entry.finding.is_empty() {
            return None;
        }
        let several = |known: &BTreeMap<String, BTreeSet<String>>, name: &str, what: &str| {
            let ids = known.get(&name.to_lowercase()).filter(|ids| ids.len() > 1)?;
            Some(format!("{} are called {name}", words::many(ids.len(), what)))
        };
        several(&self.accounts, &entry.principal, "account").or_else(|| several(&self.packages, &entry.package, "package"))
    }
}

/// Turns accepted findings into exceptions.
pub(super) fn accept(findings: &mut [Finding], config: &Config, names: &Names, as_of: Instant) {
    if config.exceptions.is_empty() {
        return;
    }
    let holding: Vec<&Exception> = config.exceptions.iter().filter(|e| e.holds(as_of) && names.ambiguous(e).is_none()).collect();
    for finding in findings.iter_mut().filter(|f| f.result == Verdict::Finding) {
        let whole = holding.iter().find(|e| e.is_of(finding));
        if let Some(entry) = whole.or_else(|| of_every_part(&holding, finding)) {
            excepted(finding, entry);
        }
    }
}

/// The entry that ends first of those that together accept every assignment of a finding about several.
fn of_every_part<'e>(holding: &'e [&'e Exception], finding: &Finding) -> Option<&'e &'e Exception> {
    if finding.covers.len() < 2 {
        return None;
    }
    let of = |assignment: &String| {
        let its = holding
            .iter()
            .filter(|e| e.is_of_a_part(finding) && e.assignment.eq_ignore_ascii_case(assignment));
        its.max_by_key(|e| e.until)
    };
    let parts: Vec<&&Exception> = finding.covers.iter().map(of).collect::<Option<_>>()?;
    parts.into_iter().min_by_key(|e| e.until)
}

fn excepted(finding: &mut Finding, entry: &Exception) {
    let ticket = if entry.ticket.is_empty() {
        String::new()
    } else {
        format!(", {}", entry.ticket)
    };
    let campaign = if entry.campaign.is_empty() {
        String::new()
    } else {
        format!(" in the review {}", entry.campaign)
    };
    let last = words::day(entry.until.plus(-1));
    // What people wrote may have several lines; a message has one.
    let reason = entry.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    finding.result = Verdict::Exception;
    finding.message = format!(
        "{}; accepted by {}{campaign} until {last}{ticket}: {}.",
        finding.message.trim_end_matches('.'),
        entry.owner,
        reason.trim_end_matches('.')
    );
    finding.clears_when = format!("It is a finding again after {last}. {}", finding.clears_when);
    finding.evidence.push(format!("exceptions:{}", entry.number));
    finding.evidence.extend(entry.evidence.iter().filter(|e| e.contains(':')).cloned());
    finding.evidence.sort();
    finding.evidence.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CheckId;

    #[test]
    fn a_finding_about_several_is_accepted_when_each_of_them_is() {
        let time = |text: &str| Instant::parse(text).expect("a time");
        let entry = |assignment: &str, until: &str| Exception {
            check: "APR-03".into(),
            assignment: assignment.into(),
            owner: "olga".into(),
            reason: "moved".into(),
            until: time(until),
            ..Exception::default()
        };
        let batch = || Finding {
            assignment_id: "a1".into(),
            covers: vec!["a1".into(), "a2".into()],
            ..Finding::blank(CheckId::new("APR-03"))
        };
        let told = |entries: Vec<Exception>, at: &str| {
            let config = Config {
                exceptions: entries,
                ..Config::default()
            };
            let mut rows = [batch()];
            accept(&mut rows, &config, &Names::default(), time(at));
            rows[0].result
        };
        let (first, second) = (entry("a1", "2026-06-01"), entry("a2", "2026-05-01"));
        assert_eq!(told(vec![first.clone()], "2026-04-01"), Verdict::Finding, "the other is not accepted");
        assert_eq!(told(vec![first.clone(), second.clone()], "2026-04-01"), Verdict::Exception);
        assert_eq!(
            told(vec![first, second], "2026-05-02"),
            Verdict::Finding,
            "the acceptance of one of them is over"
        );
    }
}
