//! From a question to a review: the checks are run, and all that the outputs need is gathered once.

use crate::campaign::follow_up::{CurrentAccess, lapses};
use crate::campaign::outcome::{OutcomeWord, outcomes};
use crate::campaign::{CampaignId, State, Store};
use crate::check;
use crate::cli::exit::Failure;
use crate::cli::open::{self, Question};
use crate::cli::output;
use crate::config::Config;
use crate::lake::records::{Reject, Snapshot, Source};
use crate::ledger::access_model::{Covered, Looks};
use crate::ledger::{AccessModel, Ledger};
use crate::model::{Finding, Instant, Window};
use crate::report::columns::Forms;
use crate::report::privacy::{Privacy, Reader};
use crate::report::progress::{Progress, Section};
use crate::report::{self, Audience, Review, TrendPoint};
use std::collections::BTreeMap;

/// What the checks said, with the books of the lake that a review borrows.
pub struct Answers {
    /// Results of every check.
    pub results: Vec<check::CheckResult>,
    /// Findings of all checks, in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// Files that were read.
    pub sources: Vec<Source>,
    /// Looks at collections.
    pub snapshots: Vec<Snapshot>,
    /// Records that were not taken.
    pub rejects: Vec<Reject>,
    /// The same checks at earlier month ends, and now.
    pub trend: Vec<TrendPoint>,
    /// Campaigns that the report tells of.
    pub campaigns: Vec<Section>,
    tenant: String,
}

impl Answers {
    /// Runs the checks and reads the books.
    pub fn of(question: &Question) -> Result<Self, Failure> {
        let results = check::run(&question.access, &question.config, None);
        let findings: Vec<Finding> = results.iter().flat_map(|r| r.findings.iter().cloned()).collect();
        let mut trend = question.earlier.clone();
        trend.push(TrendPoint::of(question.access.as_of, question.access.held().count(), findings.iter()));
        Ok(Self {
            trend,
            results,
            findings,
            sources: question.view.rows::<Source>()?,
            snapshots: question.view.rows::<Snapshot>()?,
            rejects: question.view.rows::<Reject>()?,
            campaigns: Vec::new(),
            tenant: question.access.tenant.to_string(),
        })
    }

    /// Covers findings as a reader may see them.
    pub fn cover(&mut self, privacy: &Privacy) {
        let listed = self.results.iter_mut().flat_map(|r| &mut r.findings);
        listed.chain(&mut self.findings).for_each(|f| privacy.finding(f));
    }

    /// The review for one reader.
    pub fn review<'a>(&'a self, question: &'a Question, audience: Audience, forms: Forms) -> Review<'a> {
        let access = &question.access;
        Review {
            tenant: &self.tenant,
            commit: &question.commit,
            as_of: access.as_of,
            profile: &question.config.profile,
            period: period(access),
            findings: &self.findings,
            checks: self.results.iter().map(summary).collect(),
            thresholds: thresholds(question),
            access,
            sources: &self.sources,
            snapshots: &self.snapshots,
            rejects: report::RejectLine::grouped(&self.rejects),
            trend: self.trend.clone(),
            campaigns: &self.campaigns,
            audience,
            forms,
            cover: report::Cover::default(),
        }
    }
}

/// Campaigns as the report tells of them, the newest first; those that are named, or all of the lake.
///
/// They are told as of the newer of the question and their last step, so that the same lake gives the same page.
pub fn campaigns(store: &Store, named: Option<&CampaignId>, (access, config): (&AccessModel, &Config), privacy: &Privacy) -> Result<Vec<Section>, Failure> {
    // What colleagues decided is not for whoever is asked to judge.
    if privacy.reader == Reader::Reviewer {
        return Ok(Vec::new());
    }
    let ids = named.map_or_else(|| store.ids(), |id| Ok(vec![id.clone()]))?;
    let mut told = Vec::new();
    let now = CurrentAccess::new(access);
    for id in ids {
        let state = match State::load(store, &id) {
            Ok(state) => state,
            Err(e) if named.is_none() => {
                output::say(&format!("warning: the report leaves the campaign {id} out: {e}"));
                continue;
            }
            Err(e) => return Err(e.into()),
        };
        // A campaign of later access cannot be told by an earlier access.
        if state.head.as_of > access.as_of && named.is_none() {
            continue;
        }
        let lapsed = lapses(&state, &now);
        let mut counts: BTreeMap<OutcomeWord, usize> = BTreeMap::new();
        if let Some(closing) = &state.closing {
            for outcome in outcomes(&state, &now, config, closing.at) {
                *counts.entry(outcome.word).or_default() += 1;
            }
        }
        let progress = Progress {
            state: &state,
            lapsed: &lapsed,
            status: state.status(),
            at: access.as_of.max(state.tail.at),
        };
        told.push((state.head.opened_at, Section::of(&progress, &counts, privacy)));
    }
    told.sort_by(|(a, x), (b, y)| (b, &y.id).cmp(&(a, &x.id)));
    Ok(told.into_iter().map(|(_, section)| section).collect())
}

/// Up to so many earlier month ends are asked about; each builds an access anew.
const EARLIER: usize = 5;
/// A tenant with more holdings is asked about two months only, so that its report is done within a minute.
const LARGE: usize = 100_000;

/// The same checks as of earlier month ends in the period, from the same commit; the oldest first.
pub fn earlier(ledger: &Ledger, config: &Config, as_of: Option<Instant>) -> Vec<TrendPoint> {
    let as_of = as_of.unwrap_or_else(|| ledger.newest());
    let from = whole_period(ledger.coverage(), ledger.looks(), as_of).from;
    let mut points = Vec::new();
    for end in month_ends(as_of, from, EARLIER).into_iter().rev() {
        let access = ledger.access(&open::settings(config, Some(end)));
        let results = check::run(&access, config, None);
        points.push(TrendPoint::of(end, access.held().count(), results.iter().flat_map(|r| &r.findings)));
        if points.len() == 2 && access.holdings.len() > LARGE {
            break;
        }
    }
    points.reverse();
    points
}

/// The last instants of months before `as_of`, at least a week before it and not before `from`, the oldest first.
fn month_ends(as_of: Instant, from: Instant, many: usize) -> Vec<Instant> {
    use chrono::{Datelike, NaiveDate};
    let Some(now) = as_of.to_chrono() else { return Vec::new() };
    let (mut year, mut month) = (now.year(), now.month());
    let mut ends = Vec::new();
    while ends.len() < many {
        let first = NaiveDate::from_ymd_opt(year, month, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
        let Some(first) = first.map(|t| Instant::from_chrono(t.and_utc())) else {
            break;
        };
        let end = first.plus(-1);
        if end < from {
            break;
        }
        if as_of.days_since(end) >= 7 {
            ends.push(end);
        }
        (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    }
    ends.reverse();
    ends
}

/// The year before the instant of the questions, or less where no record is as old.
pub fn period(access: &AccessModel) -> Window {
    whole_period(&access.coverage, &access.looks, access.as_of)
}

fn whole_period(coverage: &BTreeMap<String, Covered>, looks: &Looks, until: Instant) -> Window {
    let year_before = until.plus(-365 * crate::model::time::DAY);
    let first = coverage.values().flat_map(|c| c.any.iter().map(|w| w.from)).min();
    let looks = looks.values().flatten().map(|l| l.at).min();
    let oldest = first.into_iter().chain(looks).min().unwrap_or(year_before);
    Window {
        from: oldest.max(year_before).min(until),
        until,
    }
}

fn summary(result: &check::CheckResult) -> report::CheckSummary {
    let check = result.check;
    let page = check::Page::of(check);
    report::CheckSummary {
        id: check.id.to_string(),
        title: page.title.clone(),
        severity: check.severity,
        practice: check.practice.iter().map(|p| check::practice::in_words(p)).collect::<Vec<_>>().join(", "),
        what_to_do: page.section("What to do").trim().to_string(),
        controls: check
            .served()
            .iter()
            .map(|c| format!("{} {}", c.framework, c.id))
            .collect::<Vec<_>>()
            .join("; "),
        passed: result.passed,
        population: result.population,
    }
}

/// The thresholds in force, with the origin of each.
pub fn thresholds(question: &Question) -> Vec<report::ThresholdLine> {
    let line = |threshold: &&check::Threshold| {
        let setting = check::profiles::in_force(threshold, &question.config);
        let checks: Vec<&str> = check::own::catalogue(&question.config)
            .into_iter()
            .filter(|c| c.thresholds.contains(threshold))
            .map(|c| c.id.as_str())
            .collect();
        report::ThresholdLine {
            name: threshold.name.into(),
            value: setting.value,
            unit: threshold.unit.into(),
            origin: setting.origin,
            checks: checks.join(" "),
        }
    };
    let own = question.config.own_checks.iter().filter_map(|(path, text)| check::own::made(text, path).ok());
    let own = own.flat_map(|c| c.thresholds).copied();
    check::thresholds().iter().copied().chain(own).map(|t| line(&t)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_ends_before_the_question() {
        let at = |text: &str| Instant::parse(text).expect("a time");
        let ends = month_ends(at("2026-03-03T10:00:00Z"), at("2025-11-15T00:00:00Z"), 9);
        let days: Vec<String> = ends.iter().map(|e| e.day()).collect();
        assert_eq!(days, ["2025-11-30", "2025-12-31", "2026-01-31"], "three days before is too near");
        assert!(month_ends(at("2026-03-31T00:00:00Z"), at("2026-03-01T00:00:00Z"), 9).is_empty());
    }
}
