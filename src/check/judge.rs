//! Judgements that several checks share, each with its reason in words.

use crate::check::thresholds::{REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK, SLA_OTHER, SLA_SENSITIVE};
use crate::check::words;
use crate::check::{Context, Known};
use crate::ledger::access_model::{PolicyFacts, ReviewDecision};
use crate::model::{Holding, Instant, IsoDuration, PackageId, Window};

impl Context<'_> {
    /// Why a package is sensitive; `None` when it is not.
    #[must_use]
    pub fn sensitive(&self, package: &PackageId) -> Option<String> {
        let facts = self.access.packages.get(package);
        let by_contents = facts.map(|f| f.sensitive_because.clone()).filter(|why| !why.is_empty());
        by_contents.or_else(|| self.on_list(&self.config.sensitive_packages, package).yes())
    }

    /// The live policies of a package by which people ask or are assigned, not those by which a rule assigns.
    #[must_use]
    pub fn ordinary_policies(&self, package: &PackageId) -> Vec<&PolicyFacts> {
        let live = |p: &&PolicyFacts| !p.automatic && !p.removed && p.package.as_ref() == Some(package);
        let listed = self.access.packages.get(package).map(|f| f.policies.as_slice()).unwrap_or_default();
        let policies = listed.iter().filter_map(|id| self.access.policies.get(id));
        policies.filter(live).collect()
    }

    /// When access to a package must be gone, if it was to end at `end`, and how many business days that allows.
    ///
    /// `None` when the package's class is not known and decides whether access seen at `seen` is late.
    #[must_use]
    pub fn due(&self, package: &PackageId, end: Instant, seen: Option<Instant>) -> Option<(Instant, i64)> {
        let after = |sla| {
            let days = self.threshold(sla);
            (end.plus_business_days(u32::try_from(days).unwrap_or(0)), days)
        };
        let (sensitive, other) = (after(&SLA_SENSITIVE), after(&SLA_OTHER));
        match self.is_sensitive(package) {
            Known::Yes(_) => Some(sensitive),
            Known::No => Some(other),
            Known::Unknown(_) => {
                let late = |due: Instant| seen.is_some_and(|s| s > due);
                let same = late(sensitive.0) == late(other.0);
                // Whichever it is, the answer is the same; the longer time is said.
                same.then(|| sensitive.max(other))
            }
        }
    }

    /// Whether reviews of a policy are as frequent as its package's class asks.
    #[must_use]
    pub fn rhythm(&self, package: Option<&PackageId>, policy: &PolicyFacts) -> Rhythm {
        let sensitive = package.map_or(Known::No, |p| self.is_sensitive(p));
        let (strict, mild) = (self.threshold(&REVIEW_SENSITIVE), self.threshold(&REVIEW_OTHER));
        let (asked, least) = match sensitive {
            Known::Yes(_) => (strict, strict),
            Known::No => (mild, mild),
            Known::Unknown(_) => (strict.max(mild), strict.min(mild)),
        };
        match (policy.review_enabled, policy.review_every) {
            (None, _) => Rhythm::Unknown,
            (Some(false), _) => Rhythm::Never { asked },
            (Some(true), _) if policy.review_until.is_some_and(|t| t <= self.as_of()) => Rhythm::Over {
                ended: policy.review_until.unwrap_or_default(),
                asked,
            },
            (Some(true), _) if policy.review_once => Rhythm::Once { asked },
            (Some(true), None) => Rhythm::Unknown,
            // It may have come to its end.
            (Some(true), Some(_)) if policy.review_range_unclear => Rhythm::Unknown,
            (Some(true), Some(every)) => {
                let within = |months: i64| {
                    let limit = IsoDuration {
                        months: u32::try_from(months).unwrap_or(0),
                        seconds: 0,
                    };
                    every.longest() <= limit.longest() + self.days(&REVIEW_SLACK)
                };
                let every = words::period(every, &policy.review_every_text);
                match (within(least), within(asked)) {
                    (true, _) => Rhythm::Enough { every },
                    (false, false) => Rhythm::Rare { every, asked },
                    (false, true) => Rhythm::ClassUnknown { every },
                }
            }
        }
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
    /// The series has ended.
    Over {
        /// When.
        ended: Instant,
        /// Months that its class allows.
        asked: i64,
    },
    /// One time only.
    Once {
        /// Months that its class allows.
        asked: i64,
    },
    /// Often enough for one class and too rarely for the other, and nobody can tell which it is.
    ClassUnknown {
        /// The period, in words.
        every: String,
    },
    /// The record does not tell.
    Unknown,
}

/// How far a denial of a review was carried out, in the words of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// It was.
    Yes,
    /// It was not, or not known to be: by which word, and in ours.
    No(&'static str, &'static str),
    /// The record does not tell, or by a word that is not known.
    Unknown,
}

/// How far a denial was carried out. "Success" and its like are reported of resources whose data somebody brought, "Applied" and
/// "Not Applied" by the portal's review history.
pub(super) fn applied(denial: &ReviewDecision) -> Applied {
    match denial.apply_result.replace(' ', "").to_ascii_lowercase().as_str() {
        "appliedsuccessfully" | "applied" | "success" | "appliedsuccessfullybutobjectnotfound" => Applied::Yes,
        "new" | "notapplied" => Applied::No("never-applied", "it was never applied"),
        "applynotsupported" | "notsupported" => Applied::No("apply-not-supported", "Entra cannot apply it (ApplyNotSupported)"),
        "appliedwithunknownfailure" => Applied::No("unknown-failure", "Entra does not know whether it was applied (AppliedWithUnknownFailure)"),
        "partiallyapplied" | "partialsuccess" => Applied::No("partly-applied", "it was applied in part"),
        "failure" => Applied::No("apply-failed", "its application failed"),
        _ => Applied::Unknown,
    }
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
