//! What a check is: its page, its weight, its thresholds, and the function that answers it.

use crate::check::context::Context;
use crate::check::draft::{Draft, Subject};
use crate::lake::table::Table;
use crate::model::controls::Control;
use crate::model::{CheckId, Finding, Severity};
use std::fmt::Display;

/// One question, with everything that is ever said about it.
#[derive(Debug)]
pub struct Check {
    /// Never reused.
    pub id: CheckId,
    /// The lines of its doc comment: title, sections, examples.
    pub page: &'static [&'static str],
    /// The highest severity that it gives.
    pub severity: Severity,
    /// Rows of the best-practice list that it serves.
    pub practice: &'static [&'static str],
    /// Controls that it bears on.
    pub controls: &'static [Control],
    /// Thresholds that it reads.
    pub thresholds: &'static [&'static Threshold],
    /// Tables whose rows can change its answer.
    pub reads: &'static [Table],
    /// How its work can be divided.
    pub shard_by: Shard,
    /// The worst case in work.
    pub cost: &'static str,
    /// Answers it for one part of the access.
    pub run: fn(&Context) -> Outcome,
    /// The file that it was read from, where the user wrote it; `None` for those of the catalogue.
    pub own: Option<&'static crate::check::own::OwnCheck>,
}

/// A number that is policy, not taste: named, with a unit and the place that it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Key in the configuration.
    pub name: &'static str,
    /// Value unless a profile or the configuration says otherwise.
    pub default: i64,
    /// `days`, `business days`, `hours`, `minutes`, `months`, `points`.
    pub unit: &'static str,
    /// Where the default comes from.
    pub origin: &'static str,
    /// What it decides, in one sentence.
    pub help: &'static str,
}

/// The key by which a check's work can be divided without changing its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shard {
    /// By the principal that a row is about.
    Principal,
    /// By the package that a row is about.
    Package,
    /// Not at all.
    Whole,
}

/// What a check found in one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Findings, and what could not be looked at.
    pub findings: Vec<Finding>,
    /// How many were looked at and right.
    pub passed: usize,
    /// How many there were: right, found, and not to be looked at.
    pub population: usize,
}

impl Outcome {
    /// One more that is right, and of which nothing is to be told; checks of the catalogue use [`Self::pass_of`].
    pub fn pass(&mut self) {
        self.passed += 1;
        self.population += 1;
    }

    /// One more that is right: what it is about, and what was seen of it, without its full stop.
    pub fn pass_of<S: Subject + ?Sized>(&mut self, cx: &Context, about: &S, seen: impl Display) {
        self.pass();
        if let Some(taker) = cx.passed_to() {
            let draft = Draft {
                message: seen.to_string(),
                ..about.draft(cx)
            };
            (taker.0)(cx.passed(draft));
        }
    }

    /// One more that is not right, or could not be looked at.
    pub fn push(&mut self, finding: Finding) {
        self.push_for(finding, 1);
    }

    /// A row that stands for `subjects` of the population: a batch, or a lack that several share.
    pub fn push_for(&mut self, finding: Finding, subjects: usize) {
        self.population += subjects;
        // A lack of the whole tenant is told for every subject, and is one row: such rows stand first.
        let mut lacks = self.findings.iter().take_while(|f| f.subject_kind == "tenant");
        match finding.subject_kind == "tenant" {
            true if lacks.any(|f| *f == finding) => {}
            true => self.findings.insert(0, finding),
            false => self.findings.push(finding),
        }
    }

    /// All parts together, in order; a lack that several parts report is one row.
    #[must_use]
    pub fn merged(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.findings.extend(part.findings);
            all.passed += part.passed;
            all.population += part.population;
        }
        all.findings.sort_unstable();
        all.findings.dedup();
        all
    }
}

/// Declares a check: the doc comment is its page.
macro_rules! check {
    ($(#[doc = $doc:literal])+ $vis:vis static $name:ident = { $($field:ident $(: $value:expr)?),+ $(,)? }) => {
        $(#[doc = $doc])+
        $vis static $name: $crate::check::Check = $crate::check::Check {
            page: &[$($doc),+],
            own: None,
            $($field $(: $value)?),+
        };
    };
}
pub(crate) use check;
