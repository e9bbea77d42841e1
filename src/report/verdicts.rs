//! How many rows of a check have which verdict, and how many subjects share one.

use crate::model::{Finding, Verdict};
use std::collections::BTreeMap;

/// Rows of one check by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Findings.
    pub findings: usize,
    /// Accepted exceptions.
    pub exceptions: usize,
    /// Questions that cannot be answered.
    pub not_evaluable: usize,
    /// Those of them that say what the whole tenant lacks: a row for any number of subjects, none included.
    pub of_the_tenant: usize,
}

impl Verdicts {
    /// Of the rows of one check.
    #[must_use]
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut n = Self::default();
        for row in rows {
            n.count(row);
        }
        n
    }

    /// Of all checks, by id.
    #[must_use]
    pub fn by_check(rows: &[Finding]) -> BTreeMap<&str, Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for row in rows {
            all.entry(row.check.as_str()).or_default().count(row);
        }
        all
    }

    /// Findings, exceptions, and what could not be tested, in this order.
    #[must_use]
    pub fn each(&self) -> [usize; 3] {
        [self.findings, self.exceptions, self.not_evaluable]
    }

    fn count(&mut self, row: &Finding) {
        match row.result {
            Verdict::Finding => self.findings += 1,
            Verdict::Exception => self.exceptions += 1,
            Verdict::NotEvaluable => {
                self.not_evaluable += 1;
                self.of_the_tenant += usize::from(row.subject_kind == "tenant");
            }
            Verdict::Pass => {}
        }
    }

    /// Subjects that share a row with another (a batch, or what the whole tenant lacks): what is left of the population
    /// when each row of a subject of its own is taken away; `None` when there are more such rows than subjects.
    #[must_use]
    pub fn shared(&self, population: usize, passed: usize) -> Option<usize> {
        population.checked_sub(passed + self.findings + self.exceptions + self.not_evaluable - self.of_the_tenant)
    }
}
