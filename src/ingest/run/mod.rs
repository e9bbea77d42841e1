//! The second pass: one file after the other into the sink, and what is known only at the end.

mod covered;
mod missing;
mod pipeline;
mod remarks;

use crate::ingest::columns::with_source;
use crate::ingest::coverage::Declared;
use crate::ingest::dating::Dating;
use crate::ingest::feed::with_feed;
use crate::ingest::gaps::Missed;
use crate::ingest::kind::{self, Kind};
use crate::ingest::looks::{self, Looks};
use crate::ingest::naming::{self, Named};
use crate::ingest::objects::{Expanded, Place, UnknownWords};
use crate::ingest::paths::Input;
use crate::ingest::scan::{SMALL, Scan};
use crate::ingest::shown::is_renamed;
use crate::ingest::sink::{Put, Seen, Sink, SinkError};
use crate::ingest::split::{Closed, Outcome, ToldBy};
use crate::ingest::work::{Done, Remarks, Surroundings};
use crate::ingest::{IngestError, IngestOptions, IngestReport, UNKNOWN_TENANT, claimed};
use crate::lake::records::{Coverage, Reject, Source};
use crate::lake::table::Table;
use crate::model::{Instant, Interned, TenantId};
use arrow::error::ArrowError;
use missing::Missing;
use pipeline::{Stop, in_place, on_threads};
use remarks::{format_of, is_prose, names_a_log, note, subject_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// An ingest under way.
pub(super) struct Run<'a, S> {
    options: &'a IngestOptions,
    tenant: String,
    declared: &'a [Declared],
    sink: &'a mut S,
    report: IngestReport,
    looks: Looks,
    spans: BTreeMap<String, (Instant, Instant)>,
    /// What is known to be missing, across files.
    missing: Missing,
    /// Error responses in place of data.
    errors: u64,
    /// Why each file gave nothing.
    useless: Vec<(PathBuf, String)>,
    /// Files of which nothing was taken.
    untaken: Vec<Source>,
    /// Gaps of the lake that were read now.
    healed: Vec<Coverage>,
}

/// What a file without a record says that names no collection either.
const EMPTY_PAGE: &str = "a page without rows, and nothing in it names what it lists: it proves nothing";
/// Records of one file that are kept one by one when they are not taken: a file of forty million of them costs no more.
const REJECTS: usize = 200_000;

/// The format of a file of which nothing was taken.
const NOT_TAKEN: &str = "not taken";

/// What the batches of one file add up to.
#[derive(Default)]
struct Sum {
    /// Bytes of the file on disk.
    bytes: u64,
    read: u64,
    put: Put,
    rejected: u64,
    unmapped: u64,
    remarks: Remarks,
    objects: bool,
    errors: BTreeMap<String, u64>,
    missed: Missed,
    misread: Missed,
    unnamed: BTreeMap<Expanded, usize>,
    nameless: BTreeMap<Table, u64>,
    unknown: UnknownWords,
    invited: BTreeSet<Interned>,
    /// What its records were, as far as they were taken.
    subjects: BTreeSet<String>,
    reasons: BTreeMap<String, u64>,
    /// Records that were not taken and are kept one by one, and those that are only counted.
    rejects: (usize, u64),
    on_pages: BTreeMap<(Option<usize>, Place), Vec<Interned>>,
}

impl<'a, S: Sink> Run<'a, S> {
    pub fn new(options: &'a IngestOptions, tenant: Option<&TenantId>, declared: &'a [Declared], sink: &'a mut S) -> Self {
        Self {
            options,
            tenant: tenant.map_or(UNKNOWN_TENANT, TenantId::as_str).to_string(),
            declared,
            sink,
            report: IngestReport {
                tenant: tenant.cloned(),
                ..IngestReport::default()
            },
            looks: Looks::default(),
            spans: BTreeMap::new(),
            missing: Missing::default(),
            errors: 0,
            useless: Vec::new(),
            untaken: Vec::new(),
            healed: Vec::new(),
        }
    }

    /// A file that holds no records, on record with its hash where that was made.
    pub fn foreign(&mut self, path: PathBuf, reason: String, input: Option<(&Input, &Scan)>) {
        let path = PathBuf::from(self.name_of(&path));
        self.useless.push((path.clone(), reason.clone()));
        let sha256 = input.map(|(_, scan)| &scan.sha256).filter(|hash| hash.is_known());
        self.untaken.push(Source {
            sha256: sha256.map(|hash| hash.get().to_string()).unwrap_or_default(),
            path: input.map_or_else(|| path.to_string_lossy().into_owned(), |(input, _)| self.shown(input)),
            bytes: input.map_or(0, |(input, _)| number(input.bytes)),
            format: NOT_TAKEN.into(),
            note: Some(format!("not taken: {reason}")),
            ..Source::default()
        });
        self.report.foreign.push((path, reason));
    }

    /// A file that cannot be read at all: it may have held anything, so it is a gap.
    pub fn broken(&mut self, path: PathBuf, reason: String, input: Option<(&Input, &Scan, &Dating)>) {
        let subject = match &input {
            Some((input, ..)) => subject_of(&input.below()),
            None => subject_of(&path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default()),
        };
        self.lost(subject, path, reason, input);
    }

    /// A file that may hold records and is not opened: a gap of what its text speaks of, else of what its name does.
    pub fn closed(&mut self, input: &Input, closed: &Closed, scan: &Scan, dating: &Dating) {
        let is_gap = match closed.told {
            ToldBy::Container => true,
            ToldBy::Text => !is_prose(&input.name),
            ToldBy::Name => names_a_log(&input.name),
        };
        if !is_gap {
            return self.foreign(input.path.clone(), closed.why.clone(), Some((input, scan)));
        }
        let subject = closed.of.unwrap_or_else(|| subject_of(&input.below()));
        self.lost(subject, input.path.clone(), closed.why.clone(), Some((input, scan, dating)));
    }

    fn lost(&mut self, subject: &str, path: PathBuf, reason: String, input: Option<(&Input, &Scan, &Dating)>) {
        if let (Some(table), Some((_, _, dating))) = (Table::from_name(subject), input) {
            self.missing.spoiled(table, dating, "a file of it could not be read");
        }
        let reason_with_path = format!("{}: {reason}", self.name_of(&path));
        self.report.unread += 1;
        self.gap(subject, reason_with_path, None);
        self.foreign(path, reason, input.map(|(input, scan, _)| (input, scan)));
    }

    fn gap(&mut self, subject: &str, reason: String, source: Option<String>) {
        self.report.gaps.push(Coverage {
            tenant_id: self.tenant.clone(),
            subject: subject.to_string(),
            basis: "gap".into(),
            from: None,
            until: None,
            reason: Some(reason),
            source,
        });
    }

    /// A path as it is called in the lake; what lies in an archive is called below it.
    fn name_of(&self, path: &Path) -> String {
        if let Some(below) = self.options.standard_input.as_deref().and_then(|file| path.strip_prefix(file).ok()) {
            return Path::new("-").join(below).to_string_lossy().trim_end_matches('/').to_string();
        }
        let called = |whole: &Path| self.options.called.get(whole);
        let found = path.ancestors().find_map(|whole| Some((called(whole)?, path.strip_prefix(whole).ok()?)));
        match found {
            Some((name, below)) if below.as_os_str().is_empty() => name.clone(),
            Some((name, below)) => format!("{name}/{}", below.display()),
            None => path.to_string_lossy().into_owned(),
        }
    }

    /// Heals gaps of the lake whose reason begins so: what they lacked is there now.
    fn heal(&mut self, subject: Option<&str>, begin: &str) {
        let same = |gap: &&Coverage| {
            let reason = gap.reason.as_deref().unwrap_or_default();
            can_heal(gap) && reason.starts_with(begin) && subject.is_none_or(|s| s == gap.subject)
        };
        let still = |gap: &&Coverage| self.report.gaps.iter().any(|g| g.subject == gap.subject && g.reason == gap.reason);
        let healed = self.options.open_gaps.iter().filter(same).filter(|g| !still(g));
        let rows = healed.map(|gap| Coverage {
            basis: crate::ingest::HEALED.into(),
            ..gap.clone()
        });
        self.healed.extend(rows.collect::<Vec<_>>());
    }

    /// Heals gaps of files that were not opened, by what was unpacked or saved from them: a file of the same name but for its
    /// ending, or one in a folder of that name.
    fn heal_unopened(&mut self, shown: &str) {
        let stem = |path: &str| {
            let name = path.rfind(['/', '\\']).map_or(0, |at| at + 1);
            path[name..].find('.').map_or(path, |dot| &path[..name + dot]).to_string()
        };
        let own = stem(shown);
        let begins: BTreeSet<String> = self
            .options
            .open_gaps
            .iter()
            .filter_map(|gap| gap.reason.as_deref()?.split_once(": ").filter(|(_, why)| why.contains("not opened")))
            .filter(|(path, _)| stem(path) == own || shown.starts_with(&format!("{}/", stem(path))))
            .map(|(path, _)| format!("{path}: "))
            .collect();
        begins.iter().for_each(|begin| self.heal(None, begin));
    }

    /// What names tell of a parent; a pull knows what it asked for.
    fn named(&self, input: &Input) -> Named {
        match self.options.pulled {
            Some(_) => Named::default(),
            None => naming::named(input, &self.tenant),
        }
    }

    /// How the file is called in the lake.
    fn shown(&self, input: &Input) -> String {
        let pulled = self.options.pulled.as_ref().and_then(|p| p.file(&input.path));
        match pulled {
            Some(file) => file.shown.clone(),
            None => self.name_of(&input.path),
        }
    }

    /// Reads a file into the sink.
    pub fn file(&mut self, input: &Input, scan: &Scan, dating: &Dating) -> Result<(), IngestError> {
        let dates = match scan.orders.verdict(self.options.dates) {
            Ok(dates) => dates,
            Err(reason) => {
                self.broken(input.path.clone(), reason, Some((input, scan, dating)));
                return Ok(());
            }
        };
        let path = self.shown(input);
        let surroundings = Surroundings {
            tenant: &self.tenant.clone(),
            path: &path,
            limits: &self.options.limits,
            named: self.named(input),
            dates,
            western: scan.western,
        };
        let mut sum = Sum {
            bytes: input.bytes,
            ..Sum::default()
        };
        let limits = &self.options.limits;
        let (hashed, result) = std::thread::scope(|scope| {
            let hashing = (!scan.sha256.is_known()).then(|| scope.spawn(|| scan.sha256.make(input)));
            let result = with_feed(input, limits, |feed| {
                let small = feed.is_whole() && input.bytes <= SMALL;
                let mut take = |done| self.take(done, &mut sum, dating, scan.sha256.get());
                if small {
                    in_place(feed, &scan.shape, &surroundings, &mut take)
                } else {
                    on_threads(feed, &scan.shape, &surroundings, &mut take)
                }
            });
            let hashed = hashing.map_or(Ok(Ok(())), std::thread::ScopedJoinHandle::join);
            (hashed.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), result)
        });
        let unreadable = |source| IngestError::Unreadable {
            path: input.path.clone(),
            source,
        };
        // Where it cannot be opened any more, nothing was taken of it.
        let result = match result {
            Err(error) => {
                let reason = format!("cannot be read: {error}; ingest it again");
                self.broken(input.path.clone(), reason, Some((input, scan, dating)));
                return Ok(());
            }
            Ok(result) => result,
        };
        hashed.map_err(unreadable)?;
        let (result, changed) = result;
        let mut outcome = result.map_err(|stop| stop.at(&input.path))?;
        outcome.trouble = outcome.trouble.or(changed);
        self.close(input, scan, dating, sum, outcome)
    }

    /// Hands what a batch gave to the sink.
    fn take(&mut self, done: Result<Done, ArrowError>, sum: &mut Sum, dating: &Dating, source: &str) -> Result<(), Stop> {
        let done = done.map_err(Stop::Shape)?;
        if let Some(progress) = &self.options.progress {
            progress.batch(done.read, done.bytes, sum.bytes);
        }
        sum.read += done.read;
        sum.rejected += done.rejected;
        sum.unmapped += done.unmapped;
        sum.remarks += done.remarks;
        for (text, count) in done.errors {
            *sum.errors.entry(text).or_default() += count;
        }
        sum.missed.join(done.missed);
        sum.misread.join(done.misread);
        for (what, ids) in &done.holders.missing {
            *sum.unnamed.entry(*what).or_default() += ids.len();
        }
        for (table, count) in &done.holders.nameless {
            *sum.nameless.entry(*table).or_default() += count;
        }
        sum.invited.extend(done.holders.invited.iter().copied());
        self.missing.holders(dating, done.holders);
        sum.unknown.join(done.unknown);
        done.gone.iter().for_each(|place| self.looks.gone(place, dating));
        sum.objects |= !done.placed.is_empty();
        for (table, rows) in [(Table::AuditEvents, done.audit), (Table::SignIns, done.sign_ins)] {
            if let Some((batch, keys)) = rows {
                let batch = with_source(&batch, source).map_err(Stop::Shape)?;
                sum.put += self.sink.log_rows(table, batch, &keys).map_err(Stop::Sink)?;
            }
        }
        let ids: Vec<Interned> = done.places.iter().map(|p| Interned::from(&looks::id(p, dating))).collect();
        let seen = |row: i64, look: Option<Interned>| Seen {
            row: (),
            observed_at: dating.at,
            snapshot_id: look,
            presence_only: dating.presence_only(),
            source: source.into(),
            source_row: row + 1,
        };
        let placed = &done.placed;
        let listed = |row: &i64, _: &Table| {
            let found = placed.binary_search_by_key(row, |p| p.0).ok();
            let look = found.map(|at| ids[placed[at].1]);
            seen(*row, look)
        };
        sum.put += done.top.put(self.sink, listed).map_err(Stop::Sink)?;
        // What others carry is no record of its own: it is stored and not counted.
        done.nested.put(self.sink, |row, _| seen(*row, None)).map_err(Stop::Sink)?;
        for ((page, place), mut ids) in done.on_pages {
            sum.on_pages.entry((page, done.places[place].clone())).or_default().append(&mut ids);
        }
        for reject in &done.rejects {
            if sum.reasons.len() < 1000 || sum.reasons.contains_key(&reject.reason) {
                *sum.reasons.entry(reject.reason.clone()).or_default() += 1;
            }
            let key = (reject.path.clone(), reject.reason.clone());
            let told = &mut self.report.unrecognised;
            if reject.verdict == "unmapped" && (told.len() < 1000 || told.contains_key(&key)) {
                *told.entry(key).or_default() += 1;
            }
        }
        let mut rejects = done.rejects;
        let room = REJECTS.saturating_sub(sum.rejects.0);
        sum.rejects.1 += rejects.len().saturating_sub(room) as u64;
        rejects.truncate(room);
        sum.rejects.0 += rejects.len();
        if !rejects.is_empty() {
            rejects.iter_mut().for_each(|r| r.source = source.to_string());
            self.sink.rejects(rejects).map_err(Stop::Sink)?;
        }
        sum.subjects.extend(done.places.iter().map(|p| p.table.name().to_string()));
        for (subject, (first, last)) in done.spans {
            sum.subjects.insert(subject.clone());
            let span = self.spans.entry(subject).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
        Ok(())
    }

    /// What is known when a file is over: its looks, gaps and arithmetic.
    fn close(&mut self, input: &Input, scan: &Scan, dating: &Dating, sum: Sum, outcome: Outcome) -> Result<(), IngestError> {
        if let Some(progress) = &self.options.progress {
            progress.file(input.bytes);
        }
        let claimed = claimed(self.options, self.declared, &input.path);
        let mut told = BTreeSet::new();
        let mut places = Vec::new();
        let named = self.named(input);
        for ((page, place), ids) in &sum.on_pages {
            match page.and_then(|index| outcome.pages.get(index)) {
                Some(page_facts) => {
                    told.insert(*page);
                    places.extend(page.map(|index| (index, place.clone())));
                    let same = (scan.sha256.get(), page.unwrap_or_default());
                    self.looks.page(place, dating, page_facts, ids, claimed, same);
                }
                None => self.looks.loose(place, dating, number(ids.len() as u64), claimed, sum.rejected),
            }
        }
        for (index, page) in outcome.pages.iter().enumerate() {
            if is_renamed(page.context.as_ref(), page.link.as_ref())
                && let Some(Kind::Object(kind)) = page.context.as_ref().and_then(kind::by_context)
            {
                let why = "pages below one object lie beside it, whose last page cannot be told from one of all";
                self.missing.spoiled(kind.table(), dating, why);
            }
            if !told.contains(&Some(index))
                && let Some(place) = Place::of_empty(page, &named)
            {
                self.looks.page(&place, dating, page, &[], claimed, (scan.sha256.get(), index));
                places.push((index, place));
            }
        }
        if let Some(file) = self.options.pulled.as_ref().and_then(|p| p.file(&input.path)) {
            for (index, place) in &places {
                self.looks.vouch(place, dating, file.verdict(*index));
            }
        }
        self.missed(input, scan, dating, &sum, &outcome);
        if sum.rejects.1 > 0 {
            let more = Reject {
                path: self.shown(input),
                source: scan.sha256.get().to_string(),
                verdict: "rejected".into(),
                reason: format!("and {} more records that were not taken are counted, and not kept one by one", sum.rejects.1),
                ..Reject::default()
            };
            self.sink.rejects(vec![more]).map_err(|e| Stop::Sink(e).at(&input.path))?;
        }
        if outcome.trouble.is_none() && sum.rejected == 0 && sum.errors.is_empty() && outcome.pages.iter().all(|p| p.closed) {
            let shown = self.shown(input);
            self.heal(None, &format!("{shown}: "));
            self.heal_unopened(&shown);
        }
        let observed = sum.objects || outcome.pages.iter().any(|p| p.rows == 0);
        let nameless = sum.read == 0 && places.is_empty() && !outcome.pages.is_empty();
        let source = Source {
            sha256: scan.sha256.get().to_string(),
            path: self.shown(input),
            bytes: number(input.bytes),
            format: format_of(&scan.shape, &sum, &outcome),
            read: number(sum.read),
            kept: number(sum.put.kept),
            duplicate: number(sum.put.duplicate),
            rejected: number(sum.rejected),
            unmapped: number(sum.unmapped),
            conflicting: number(sum.put.conflicting),
            observed_at: observed.then_some(dating.at),
            dated_by: observed.then(|| dating.by.to_string()),
            note: note(&sum, &outcome, input, &self.name_of(&input.file), dating).or_else(|| nameless.then(|| EMPTY_PAGE.to_string())),
        };
        if source.kept + source.duplicate == 0 && (nameless || outcome.pages.iter().all(|p| p.rows > 0)) {
            let reason = match sum.reasons.iter().max_by_key(|(_, n)| **n) {
                Some((reason, count)) => format!("{count} of {} records: {reason}", sum.read),
                None if nameless => EMPTY_PAGE.into(),
                None => "no records".into(),
            };
            self.useless.push((PathBuf::from(self.shown(input)), reason));
        }
        self.report.read += source.read;
        self.report.kept += source.kept;
        self.report.duplicate += source.duplicate;
        self.report.rejected += source.rejected;
        self.report.unmapped += source.unmapped;
        self.report.conflicting += source.conflicting;
        self.report.sources.push(source);
        Ok(())
    }

    /// What only the whole ingest tells; then the report.
    pub fn finish(mut self) -> Result<IngestReport, IngestError> {
        self.report.snapshots = self.looks.len();
        let empty = self.report.kept + self.report.duplicate == 0;
        if empty && self.report.snapshots == 0 && self.errors == 0 && self.options.pulled.is_none() {
            return Err(IngestError::NothingUsable(self.useless));
        }
        let missing = std::mem::take(&mut self.missing);
        let whole = missing.whole();
        self.report.gaps.extend(missing.rows(&self.tenant, &mut self.looks));
        whole.iter().for_each(|(subject, begin)| self.heal(Some(subject), begin));
        let failed = |source: SinkError| IngestError::Sink {
            path: PathBuf::from("the whole ingest"),
            source,
        };
        let mut coverage = self.report.gaps.clone();
        coverage.append(&mut self.healed);
        match &self.options.pulled {
            Some(pulled) => coverage.extend(pulled.coverage.iter().cloned()),
            None => coverage.extend(self.inferred()),
        }
        coverage.extend(self.asserted());
        let snapshots = self.looks.rows(&self.tenant);
        if !snapshots.is_empty() {
            self.sink.snapshots(snapshots).map_err(failed)?;
        }
        if !coverage.is_empty() {
            self.sink.coverage(coverage).map_err(failed)?;
        }
        let sources = [self.report.sources.clone(), std::mem::take(&mut self.untaken)].concat();
        if !sources.is_empty() {
            self.sink.sources(sources).map_err(failed)?;
        }
        Ok(self.report)
    }
}

/// Whether a gap can end by what is read later: one without a time, or of a listing that named too little.
#[must_use]
pub fn can_heal(gap: &Coverage) -> bool {
    gap.from.is_none() || gap.reason.as_deref().is_some_and(|r| r.starts_with("as of "))
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
