//! Time that is covered: inferred from the records, or asserted by who exported them.

use super::Run;
use crate::ingest::sink::Sink;
use crate::lake::records::Coverage;
use crate::model::Window;
use std::collections::BTreeSet;

impl<S: Sink> Run<'_, S> {
    fn covered(&self, subject: String, basis: &str, window: Window, source: Option<String>) -> Coverage {
        Coverage {
            tenant_id: self.tenant.clone(),
            subject,
            basis: basis.into(),
            from: Some(window.from),
            until: Some(window.until),
            reason: None,
            source,
        }
    }

    pub(super) fn inferred(&self) -> Vec<Coverage> {
        let spans = self.spans.iter();
        spans
            .map(|(subject, (first, last))| {
                let window = Window {
                    from: *first,
                    until: last.plus(1),
                };
                self.covered(subject.clone(), "inferred", window, None)
            })
            .collect()
    }

    /// What contradicts that a window of a log is covered: known gaps that lie in it or that nobody can date.
    fn against(&self, subject: &str, window: Window) -> Option<String> {
        let same = |s: &str| s == subject || s == "unknown" || s == "sign_ins" && subject.starts_with("sign_ins:");
        let meets = |gap: &&Coverage| match gap.from.zip(gap.until) {
            Some((from, until)) => Window { from, until }.meets(&window),
            None => true,
        };
        let gaps: Vec<&Coverage> = self.report.gaps.iter().filter(|g| same(&g.subject)).filter(meets).collect();
        let first = gaps.first()?.reason.clone().unwrap_or_default();
        Some(match gaps.len() {
            1 => first,
            n => format!("{first} (and {} more)", n - 1),
        })
    }

    pub(super) fn asserted(&mut self) -> Vec<Coverage> {
        let by_file = self.declared.iter().flat_map(|d| {
            let covers = d.covers.iter();
            covers.map(|(s, w)| (s.as_str(), *w, Some(d.sha256.clone())))
        });
        let by_flag = self.options.covers.iter();
        let by_flag = by_flag.map(|(s, w)| (s.as_str(), *w, None));
        let mut out = Vec::new();
        let mut contradicted = Vec::new();
        for (subject, window, source) in by_file.chain(by_flag) {
            let subjects = self.subjects(subject);
            if subjects.is_empty() {
                contradicted.push(format!("from {} until {}: no record of a log is in these files", window.from, window.until));
            }
            for subject in subjects {
                let mut row = self.covered(subject, "asserted", window, source.clone());
                let by = if source.is_some() { "coverage.toml" } else { "the command line" };
                row.reason = Some(match self.against(&row.subject, window) {
                    None => format!("asserted by {by}"),
                    Some(why) => {
                        contradicted.push(format!("{} from {} until {} by {by}: {why}", row.subject, window.from, window.until));
                        format!("asserted by {by}, and contradicted by its files: {why}")
                    }
                });
                out.push(row);
            }
        }
        self.report.contradicted = contradicted;
        out
    }

    /// `sign_ins` means every stream seen and the two of users; empty text means the logs that have records in these files: nobody
    /// vouches for a log by giving another one.
    fn subjects(&self, named: &str) -> BTreeSet<String> {
        let streams = || {
            let seen = self.spans.keys().filter(|s| s.starts_with("sign_ins:"));
            seen.cloned()
                .chain(["sign_ins:interactiveUser".to_string(), "sign_ins:nonInteractiveUser".to_string()])
        };
        match named {
            "" => self.spans.keys().cloned().collect(),
            "sign_ins" => streams().collect(),
            other => BTreeSet::from([other.to_string()]),
        }
    }
}
