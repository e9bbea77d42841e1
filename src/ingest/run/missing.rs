//! What is known to be missing: records that were not taken, pages that never came, records that name nobody or nothing.

use super::{Run, Sum};
use crate::ingest::coverage::is_log;
use crate::ingest::dating::Dating;
use crate::ingest::gaps::Whose;
use crate::ingest::kind::{self, Kind};
use crate::ingest::looks::Looks;
use crate::ingest::objects::{Expanded, Holders};
use crate::ingest::paths::Input;
use crate::ingest::run::remarks::subject_of;
use crate::ingest::scan::Scan;
use crate::ingest::sink::Sink;
use crate::ingest::split::{Outcome, Page};
use crate::lake::records::Coverage;
use crate::lake::table::Table;
use crate::model::{Instant, Interned, Window};
use std::collections::{BTreeMap, BTreeSet};

/// What only the whole ingest can tell.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Pages of logs, by log and folder.
    logs: BTreeMap<(String, String), LogPages>,
    /// Records by whether they name what they are about, for each place and instant of an export.
    holders: BTreeMap<(String, Instant, Expanded), Named>,
    /// Collections of which a part was lost.
    spoiled: Vec<(Table, Dating, String)>,
}

#[derive(Debug)]
struct Named {
    /// When it was listed.
    window: Option<Window>,
    missing: BTreeSet<Interned>,
    named: BTreeSet<Interned>,
}

#[derive(Debug, Default)]
struct LogPages {
    pages: usize,
    last: usize,
    cut: usize,
    rows: i64,
    counts: Vec<i64>,
    doubt: Option<String>,
}

impl LogPages {
    fn add(&mut self, page: &Page) {
        self.pages += 1;
        self.last += usize::from(page.closed && !page.more);
        self.cut += usize::from(!page.closed);
        self.rows += page.rows;
        self.counts.extend(page.count);
        self.doubt = self.doubt.take().or_else(|| page.doubt.clone());
    }

    /// What the pages say is missing.
    fn verdict(&self) -> Option<String> {
        let Self { pages, last, cut, rows, .. } = self;
        if *cut > 0 {
            return Some(format!("{cut} of {pages} pages are cut off before their end"));
        }
        if let Some(doubt) = &self.doubt {
            return Some(format!("of a page, {doubt}"));
        }
        if *last == 0 {
            return Some(format!("{pages} pages are there, and the last one says that more follow"));
        }
        let counted: i64 = self.counts.iter().sum();
        (self.counts.len() == *last && counted > *rows).then(|| format!("{rows} records are there of {counted}"))
    }
}

impl Missing {
    /// Notes which records name what they are about.
    pub fn holders(&mut self, dating: &Dating, holders: Holders) {
        for (what, ids) in holders.missing {
            self.named(dating, what).missing.extend(ids);
        }
        for (what, ids) in holders.named {
            self.named(dating, what).named.extend(ids);
        }
    }

    fn named(&mut self, dating: &Dating, what: Expanded) -> &mut Named {
        let place = (dating.look.clone(), dating.at, what);
        self.holders.entry(place).or_insert_with(|| Named {
            window: dating.window(),
            missing: BTreeSet::new(),
            named: BTreeSet::new(),
        })
    }

    /// Notes that a part of a collection was lost.
    pub fn spoiled(&mut self, table: Table, dating: &Dating, why: &str) {
        self.spoiled.push((table, dating.clone(), why.to_string()));
    }

    /// Whose pages and holders are whole now, with the beginning of the reason that a gap of them would have.
    pub fn whole(&self) -> Vec<(String, String)> {
        let logs = self.logs.iter().filter(|(_, pages)| pages.verdict().is_none());
        let logs = logs.map(|((subject, folder), _)| (subject.clone(), format!("{folder}: ")));
        let mut of_tables: BTreeMap<(Table, Instant), bool> = BTreeMap::new();
        for ((_, at, what), named) in &self.holders {
            *of_tables.entry((what.table(), *at)).or_insert(true) &= named.nobody() == 0;
        }
        let whole = of_tables.into_iter().filter(|(_, whole)| *whole);
        let holders = whole.map(|((table, at), _)| (table.name().to_string(), format!("as of {at}, ")));
        logs.chain(holders).collect()
    }

    /// All of it as gaps; looks that lost a part are no longer whole.
    pub fn rows(self, tenant: &str, looks: &mut Looks) -> Vec<Coverage> {
        let gap = |subject: &str, window: Option<Window>, reason: String| Coverage {
            tenant_id: tenant.to_string(),
            subject: subject.to_string(),
            basis: "gap".into(),
            from: window.map(|w| w.from),
            until: window.map(|w| w.until),
            reason: Some(reason),
            source: None,
        };
        for (table, dating, why) in &self.spoiled {
            looks.spoil(*table, dating, why);
        }
        let mut rows: Vec<Coverage> = looks.missing_pages().map(|(table, window, reason)| gap(table.name(), window, reason)).collect();
        for ((subject, folder), pages) in &self.logs {
            rows.extend(
                pages
                    .verdict()
                    .map(|reason| gap(subject, None, format!("{folder}: {reason}; export the whole log"))),
            );
        }
        for ((_, at, what), named) in self.holders.iter().filter(|(_, named)| named.nobody() > 0) {
            let reason = format!("as of {at}, {}", what.lacking(named.nobody(), false));
            // Whose holder nobody names may have been anybody's at any time: the ledger counts them for themselves.
            let window = named.window.filter(|_| *what != Expanded::Holder);
            rows.push(gap(what.table().name(), window, reason));
        }
        rows
    }
}

impl Named {
    /// How many records name nobody and nothing, whichever file told of them.
    fn nobody(&self) -> usize {
        self.missing.difference(&self.named).count()
    }
}

/// Items of expanded lists that have no id.
pub(super) fn nameless(table: Table, count: u64) -> String {
    match table {
        Table::Memberships => format!("{count} members or owners of expanded lists name nobody"),
        other => format!("{count} items of expanded lists that belong to {} have no id", other.name()),
    }
}

/// Assignments of people who are known by a mail address only.
pub(super) fn invited(count: usize) -> String {
    let noun = if count == 1 {
        "assignment names its holder"
    } else {
        "assignments name their holders"
    };
    format!("{count} {noun} by a mail address only, since the directory had no account yet: their access shows once a later export names it")
}

impl<S: Sink> Run<'_, S> {
    /// What a file was found to lack, when it is over.
    pub(super) fn missed(&mut self, input: &Input, scan: &Scan, dating: &Dating, sum: &Sum, outcome: &Outcome) {
        let source = || Some(scan.sha256.get().to_string());
        let by_name = subject_of(&input.below());
        for (error, count) in &sum.errors {
            self.errors += count;
            let reason = if *count == 1 { error.clone() } else { format!("{error} ({count} times)") };
            self.gap(by_name, reason, source());
        }
        // What its other records are, these will have been too.
        let only = (sum.subjects.len() == 1).then(|| sum.subjects.first().cloned()).flatten();
        let unknown = only.unwrap_or_else(|| by_name.to_string());
        if let Some(trouble) = &outcome.trouble {
            self.report.unread += 1;
            let reason = format!("{}: not read to its end: {trouble}", self.shown(input));
            self.gap(&unknown, reason, source());
            self.spoil(&unknown, dating);
        }
        let look = dating.window();
        let (shown, sha256) = (self.shown(input), scan.sha256.get());
        for (records, fate) in [(&sum.missed, "taken"), (&sum.misread, "understood")] {
            self.report.gaps.extend(records.rows(&shown, fate, &self.tenant, sha256, &unknown, look));
        }
        for (table, word, count) in sum.unknown.iter() {
            let noun = if count == 1 { "record has" } else { "records have" };
            let cure = match word {
                w if w.contains("unknownFutureValue") => "; export with the header Prefer: include-unknown-enum-members",
                w if w.starts_with("no ") => "; export all members",
                w if w.starts_with("a directory role") => "; export roleManagement/directory/roleAssignments",
                w if w.contains('\'') || w == "other words" => ", which this version does not know",
                _ => ", which this version does not understand",
            };
            let reason = format!("{}: {count} {noun} {word}{cure}", self.shown(input));
            self.report.gaps.push(Coverage {
                from: look.map(|w| w.from),
                until: look.map(|w| w.until),
                ..self.gap_of(table.name(), reason, source())
            });
        }
        if !sum.invited.is_empty() {
            let reason = format!("{}: {}", self.shown(input), invited(sum.invited.len()));
            self.gap(Table::Assignments.name(), reason, source());
        }
        for (table, count) in &sum.nameless {
            let reason = format!("{}: {}", self.shown(input), nameless(*table, *count));
            self.report.gaps.push(Coverage {
                from: look.map(|w| w.from),
                until: look.map(|w| w.until),
                ..self.gap_of(table.name(), reason, source())
            });
        }
        for whose in sum.missed.whose() {
            match whose {
                Whose::Known(subject) => self.spoil(subject, dating),
                Whose::Unknown => self.spoil(&unknown, dating),
            }
        }
        // A pull knows itself which pages it got.
        if self.options.pulled.is_none() {
            self.log_pages(input, sum, outcome);
        }
    }

    fn gap_of(&self, subject: &str, reason: String, source: Option<String>) -> Coverage {
        Coverage {
            tenant_id: self.tenant.clone(),
            subject: subject.to_string(),
            basis: "gap".into(),
            reason: Some(reason),
            source,
            ..Coverage::default()
        }
    }

    fn spoil(&mut self, subject: &str, dating: &Dating) {
        if let Some(table) = Table::from_name(subject).filter(|_| !is_log(subject)) {
            self.missing.spoiled(table, dating, "records of it were not taken");
        }
    }

    fn log_pages(&mut self, input: &Input, sum: &Sum, outcome: &Outcome) {
        let streams: Vec<&String> = sum.subjects.iter().filter(|s| s.starts_with("sign_ins")).collect();
        let shown = self.shown(input);
        let folder = shown.rsplit_once(['/', '\\']).map_or(String::new(), |(folder, _)| folder.to_string());
        for page in &outcome.pages {
            let subject = match page.context.as_ref().and_then(kind::by_context) {
                Some(Kind::Audit) => "audit",
                Some(Kind::SignIn) if streams.len() == 1 => streams[0],
                Some(Kind::SignIn) => "sign_ins",
                _ => continue,
            };
            self.missing.logs.entry((subject.to_string(), folder.clone())).or_default().add(page);
        }
    }
}
