//! Judgements that several checks share, each with its reason in words.

use crate::check::Context;
use crate::check::thresholds::{REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK, SLA_OTHER, SLA_SENSITIVE};
use crate::check::words;
use crate::config::matches;
use crate::ledger::access_model::PolicyFacts;
use crate::model::{Holding, Instant, IsoDuration, PackageId, Window};

impl Context<'_> {
    /// Why a package is sensitive; `None` when it is not.
    #[must_use]
    pub fn sensitive(&self, package: &PackageId) -> Option<String> {
        let facts = self.access.packages.get(package);
        let by_contents = facts.map(|f| f.sensitive_because.clone()).filter(|why| !why.is_empty());
        by_contents.or_else(|| self.named(&self.config.sensitive_packages, package))
    }

    /// Why a package is meant for employees; `None` when it is not, or when nothing says.
    #[must_use]
    pub fn for_employees(&self, package: &PackageId) -> Option<String> {
        if let Some(why) = self.named(&self.config.employee_packages, package) {
            return Some(why);
        }
        let open = self.ordinary_policies(package);
        let members_only = |p: &&PolicyFacts| MEMBERS_ONLY.iter().any(|s| p.target_scope.eq_ignore_ascii_case(s));
        (!open.is_empty() && open.iter().all(members_only)).then(|| match open.len() {
            1 => "its one policy lets only members ask".to_string(),
            n => format!("all its {n} policies let only members ask"),
        })
    }

    /// The live policies of a package by which people ask or are assigned, not those by which a rule assigns.
    #[must_use]
    pub fn ordinary_policies(&self, package: &PackageId) -> Vec<&PolicyFacts> {
        let live = |p: &&PolicyFacts| !p.automatic && !p.removed && p.package.as_ref() == Some(package);
        let listed = self.access.packages.get(package).map(|f| f.policies.as_slice()).unwrap_or_default();
        let policies = listed.iter().filter_map(|id| self.access.policies.get(id));
        policies.filter(live).collect()
    }

    /// When access to a package must be gone, if it was to end at `end`.
    #[must_use]
    pub fn due(&self, package: &PackageId, end: Instant) -> (Instant, i64) {
        let sla = if self.sensitive(package).is_some() { &SLA_SENSITIVE } else { &SLA_OTHER };
        let days = self.threshold(sla);
        (end.plus_business_days(u32::try_from(days).unwrap_or(0)), days)
    }

    /// Whether reviews of a policy are as frequent as its package's class asks.
    #[must_use]
    pub fn rhythm(&self, package: Option<&PackageId>, policy: &PolicyFacts) -> Rhythm {
        let sensitive = package.is_some_and(|p| self.sensitive(p).is_some());
        let asked = self.threshold(if sensitive { &REVIEW_SENSITIVE } else { &REVIEW_OTHER });
        match (policy.review_enabled, policy.review_every) {
            (None, _) => Rhythm::Unknown,
            (Some(false), _) => Rhythm::Never { asked },
            (Some(true), None) => Rhythm::Unknown,
            (Some(true), Some(every)) => {
                let months = IsoDuration {
                    months: u32::try_from(asked).unwrap_or(0),
                    seconds: 0,
                };
                let limit = months.longest_days() + self.threshold(&REVIEW_SLACK);
                let every_text = words::period(every, &policy.review_every_text);
                if every.longest_days() <= limit {
                    Rhythm::Enough { every: every_text }
                } else {
                    Rhythm::Rare { every: every_text, asked }
                }
            }
        }
    }

    fn named(&self, patterns: &[String], package: &PackageId) -> Option<String> {
        let name = self.access.packages.get(package).map(|f| f.name.as_str()).unwrap_or_default();
        let pattern = patterns.iter().find(|p| matches(p, package.as_str(), name))?;
        Some(format!("named in the configuration ({pattern})"))
    }

    /// Whether a package is on a list of the configuration.
    #[must_use]
    pub fn is_named(&self, patterns: &[String], package: &PackageId) -> bool {
        self.named(patterns, package).is_some()
    }

    /// Whether the policy behind a holding assigns by a rule.
    #[must_use]
    pub fn automatic(&self, holding: &Holding) -> bool {
        let policy = holding.policy.as_ref().and_then(|p| self.access.policies.get(p));
        holding.grant_kind == crate::model::GrantKind::AutoAssignment || policy.is_some_and(|p| p.automatic)
    }

    /// Whether somebody has left by an instant, and when.
    #[must_use]
    pub fn left(&self, holding: &Holding) -> Option<Instant> {
        let leave = self.access.people.get(&holding.principal)?.leave_at?;
        (leave <= self.as_of()).then_some(leave)
    }
}

/// The target scope of policies that only members of the tenant may use, in v1.0 and in beta.
const MEMBERS_ONLY: &[&str] = &["allMemberUsers", "AllExistingDirectoryMemberUsers"];

/// How often the holders of a policy are reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// As often as its class asks.
    Enough {
        /// The period, in words.
        every: String,
    },
    /// More rarely.
    Rare {
        /// The period, in words.
        every: String,
        /// Months that its class allows.
        asked: i64,
    },
    /// Not at all.
    Never {
        /// Months that its class allows.
        asked: i64,
    },
    /// The record does not tell.
    Unknown,
}

/// The latest stretch of coverage that reaches `until`.
pub(super) fn stretch_to(windows: &[Window], until: Instant) -> Option<Window> {
    windows.iter().filter(|w| w.from <= until && until <= w.until).max().copied()
}

/// Why a beginning is what it is, for messages: `since 2026-03-01`, `since 2026-03-01 or earlier`.
pub(super) fn since(holding: &Holding) -> String {
    let proved = holding.held_from.or(holding.from_latest);
    match proved {
        None => "for an unknown time".into(),
        Some(from) if holding.from_earliest == Some(from) => format!("since {}", words::day(from)),
        Some(from) => format!("since {} or earlier", words::day(from)),
    }
}
