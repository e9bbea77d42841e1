//! What one batch of records gives: rows, rejects and counts; pure, so that batches can be worked on at once.

mod closer;
mod tabular;

use crate::ingest::audit::{self, AuditRaw, AuditRows};
use crate::ingest::context::Context;
use crate::ingest::envelope::Envelope;
use crate::ingest::gaps::{self, Missed, Whose};
use crate::ingest::kind::{self, Kind};
use crate::ingest::limits::Limits;
use crate::ingest::naming::Named;
use crate::ingest::objects::{Holders, Place, Refused, Rows, UnknownWords};
use crate::ingest::rows::Heading;
use crate::ingest::shown;
use crate::ingest::signin::{self, SignInRaw, SignInRows};
use crate::ingest::sink::RowKey;
use crate::ingest::skip::is_shallow;
use crate::ingest::split::{Batch, CUT_OFF, Head, RAW, Span, Torn};
use crate::ingest::times::DateOrder;
use crate::lake::records::Reject;
use crate::model::{Instant, Interned, Window};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all records of a file have in common.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'a> {
    /// Tenant.
    pub tenant: &'a str,
    /// Path as given.
    pub path: &'a str,
    /// Bounds.
    pub limits: &'a Limits,
    /// What the names of the file and its folders tell of a parent.
    pub named: Named,
    /// Whether day or month comes first in its dates, where that matters.
    pub dates: Option<DateOrder>,
    /// Whether text that is no UTF-8 is Windows-1252.
    pub western: bool,
}

/// Counts of things that are worth a remark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    /// Members given twice.
    pub twice: u64,
    /// Rows whose parent came from a name.
    pub parent_by_name: u64,
    /// Records unwrapped from a log shipper's `_raw`.
    pub shipped: u64,
    /// Diagnostic records.
    pub enveloped: u64,
    /// Records of tables that have no id.
    pub without_id: u64,
    /// Members of objects that should hold a time and hold none.
    pub untimed: u64,
    /// Sign-ins whose time is when they were logged.
    pub late: u64,
}

impl std::ops::AddAssign for Remarks {
    fn add_assign(&mut self, other: Self) {
        self.twice += other.twice;
        self.parent_by_name += other.parent_by_name;
        self.shipped += other.shipped;
        self.enveloped += other.enveloped;
        self.untimed += other.untimed;
        self.late += other.late;
        self.without_id += other.without_id;
    }
}

/// What a batch gave; the source is named when it is stored, since a large file is hashed meanwhile.
#[derive(Default)]
pub(super) struct Done {
    /// Audit events.
    pub audit: Option<(RecordBatch, Vec<RowKey>)>,
    /// Sign-ins.
    pub sign_ins: Option<(RecordBatch, Vec<RowKey>)>,
    /// Objects that were listed, each with its ordinal.
    pub top: Rows<i64>,
    /// Objects that others carried.
    pub nested: Rows<i64>,
    /// Places of listed objects.
    pub places: Vec<Place>,
    /// Ordinal and place of each listed object, by ordinal.
    pub placed: Vec<(i64, usize)>,
    /// Ids of listed objects by page and place, one for each row.
    pub on_pages: BTreeMap<(Option<usize>, usize), Vec<Interned>>,
    /// Records not taken.
    pub rejects: Vec<Reject>,
    /// Bytes of the batch.
    pub bytes: u64,
    /// Records seen.
    pub read: u64,
    /// Bad records.
    pub rejected: u64,
    /// Records that no table takes.
    pub unmapped: u64,
    /// First and last instant of log records, by subject.
    pub spans: BTreeMap<String, (Instant, Instant)>,
    /// Error responses in place of data, and how often each came.
    pub errors: BTreeMap<String, u64>,
    /// Objects that are told to be gone, each as a view of itself alone.
    pub gone: Vec<Place>,
    /// Words of enumerations that are not known.
    pub unknown: UnknownWords,
    /// Records that were not taken, as gaps.
    pub missed: Missed,
    /// Records of logs that were taken, and of which a member is not understood that decides what they say.
    pub misread: Missed,
    /// Records that do not name what they are about, and those that do.
    pub holders: Holders,
    /// Things worth a remark.
    pub remarks: Remarks,
}

/// Works on a batch.
pub(super) fn work(batch: &Batch<'_>, around: &Surroundings<'_>) -> Result<Done, ArrowError> {
    let mut worker = Worker {
        around,
        done: Done::default(),
        audit: AuditRows::expecting(batch.spans.len(), around.dates),
        sign_ins: SignInRows::with_dates(around.dates),
        guess: Guess::Nothing,
        page: None,
        place_index: BTreeMap::new(),
    };
    for span in &batch.spans {
        let bytes = batch.data.get(span.start..span.start + span.len);
        worker.span(bytes.unwrap_or(&[]), span);
    }
    for torn in &batch.torn {
        worker.torn(torn);
    }
    let mut done = worker.done;
    done.bytes = batch.data.len() as u64;
    if let Some(span) = worker.audit.span {
        done.spans.insert("audit".into(), span);
    }
    for (stream, span) in std::mem::take(&mut worker.sign_ins.spans) {
        done.spans.insert(format!("sign_ins:{stream}"), span);
    }
    done.audit = worker.audit.finish(around.tenant)?;
    done.sign_ins = worker.sign_ins.finish(around.tenant)?;
    done.placed.sort_unstable();
    Ok(done)
}

/// What the record before was: most files hold one kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guess {
    Nothing,
    Audit,
    SignIn,
    Envelope,
}

struct Worker<'a> {
    around: &'a Surroundings<'a>,
    done: Done,
    audit: AuditRows,
    sign_ins: SignInRows,
    guess: Guess,
    /// The page that we are on, what it shows and what that says.
    page: Option<(usize, Option<Arc<Context>>, Option<Kind>)>,
    place_index: BTreeMap<Place, usize>,
}

/// A record's fate when it is not taken.
type Taken = Result<(), Refused>;

fn too_deep(depth: usize) -> Refused {
    rejected(format!("nested more than {depth} levels deep"))
}

fn rejected(reason: impl Into<String>) -> Refused {
    Refused::Rejected(reason.into())
}

impl Worker<'_> {
    fn span(&mut self, bytes: &[u8], span: &Span) {
        self.done.read += 1;
        let depth = self.around.limits.depth;
        let taken = match std::str::from_utf8(bytes) {
            _ if let Some(heading) = span.heading.as_deref() => self.separated(bytes, heading, span),
            Ok(_) if !is_shallow(bytes, depth) => Err(too_deep(depth)),
            Ok(text) => self.record(text, span),
            Err(error) => Err(rejected(format!("no UTF-8 at byte {} of the record", error.valid_up_to()))),
        };
        if let Err(refused) = taken {
            self.not_taken(refused, bytes, span);
        }
    }

    /// Counts a record that is not taken, and keeps why.
    fn not_taken(&mut self, refused: Refused, bytes: &[u8], span: &Span) {
        let (verdict, reason) = match refused {
            Refused::Rejected(reason) => ("rejected", reason),
            Refused::Unmapped(reason) | Refused::Rowless(_, reason) => ("unmapped", reason),
        };
        let row = Reject {
            path: self.around.path.to_string(),
            source: String::new(),
            source_row: Some(span.row + 1),
            offset: i64::try_from(span.offset).unwrap_or(i64::MAX),
            length: i64::try_from(span.len).unwrap_or(i64::MAX),
            verdict: verdict.into(),
            reason,
            sha256: hex::encode(Sha256::digest(bytes)),
            raw: shown(bytes),
        };
        self.refuse(row, bytes, span.page.as_deref(), span.heading.as_deref());
    }

    fn torn(&mut self, torn: &Torn) {
        self.done.read += 1;
        let row = Reject {
            path: self.around.path.to_string(),
            source: String::new(),
            source_row: Some(torn.row + 1),
            offset: i64::try_from(torn.offset).unwrap_or(i64::MAX),
            length: i64::try_from(torn.len).unwrap_or(i64::MAX),
            verdict: "rejected".into(),
            reason: torn.reason.clone(),
            sha256: hex::encode(torn.sha256),
            raw: shown(&torn.raw),
        };
        self.refuse(row, &torn.raw, torn.page.as_deref(), torn.heading.as_deref());
    }

    fn refuse(&mut self, row: Reject, raw: &[u8], page: Option<&Head>, heading: Option<&Heading>) {
        if row.verdict == "unmapped" {
            self.done.unmapped += 1;
            // What is of no kind that we know and speaks of a log may be a part of it in a wrapping of its own.
            // A change without its page may be one of any collection.
            if row.reason == kind::CHANGE {
                let whose = gaps::whose(None, raw, None);
                self.done.missed.add(whose, None, row.source_row.unwrap_or_default(), &row.reason);
            }
            let of_columns = heading.filter(|_| row.reason.starts_with(tabular::NO_TABLE)).and_then(Heading::log);
            if row.reason.starts_with(kind::NO_KIND) || of_columns.is_some() {
                let whose = of_columns.map_or_else(|| gaps::whose(None, raw, None), |log| Whose::Known(log.into()));
                if matches!(&whose, Whose::Known(subject) if crate::ingest::is_log(subject)) {
                    let at = gaps::own_time(&whose, raw, self.around.dates);
                    self.done.missed.add(whose, at, row.source_row.unwrap_or_default(), &row.reason);
                }
            }
        } else {
            self.done.rejected += 1;
            let before = match self.guess {
                Guess::Audit => Some("audit"),
                Guess::SignIn => Some("sign_ins"),
                Guess::Envelope | Guess::Nothing => None,
            };
            let (whose, at) = match heading {
                // What was to come after a row that breaks off may be missing too.
                Some(heading) if row.reason.starts_with(CUT_OFF) => (self.lost_row(raw, heading).0, None),
                Some(heading) => self.lost_row(raw, heading),
                None => {
                    let whose = gaps::whose(self.kind_of_page(page), raw, before);
                    let at = gaps::own_time(&whose, raw, self.around.dates);
                    (whose, at)
                }
            };
            self.done.missed.add(whose, at, row.source_row.unwrap_or_default(), &row.reason);
        }
        self.done.rejects.push(row);
    }

    /// Takes a record: by its page's kind, else like the one before, else after a closer look.
    fn record(&mut self, text: &str, span: &Span) -> Taken {
        match self.kind_of_page(span.page.as_deref()) {
            Some(Kind::Audit) => return self.audit_text(text, span),
            Some(Kind::SignIn) => return self.sign_in_text(text, span),
            Some(_) => {}
            None => match self.guess {
                Guess::Audit => {
                    if let Ok(raw) = serde_json::from_str::<AuditRaw<'_>>(text)
                        && raw.plausible()
                    {
                        return self.audit(&raw, &audit::Around::default(), span);
                    }
                }
                Guess::SignIn => {
                    if let Ok(raw) = serde_json::from_str::<SignInRaw<'_>>(text)
                        && raw.plausible()
                    {
                        return self.sign_in(&raw, &signin::Around::default(), span);
                    }
                }
                Guess::Envelope => {
                    if let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text)
                        && envelope.plausible()
                    {
                        return self.envelope(&envelope, span);
                    }
                }
                Guess::Nothing => {}
            },
        }
        self.look_closer(text, span, true)
    }

    fn kind_of_page(&mut self, page: Option<&Head>) -> Option<&Kind> {
        let page = page?;
        if self.page.as_ref().is_none_or(|(index, ..)| *index != page.index) {
            let context = shown::shown(page.context.as_ref(), page.link.as_ref(), &self.around.named);
            let kind = context.as_ref().and_then(kind::by_context);
            self.page = Some((page.index, context.map(Arc::new), kind));
        }
        self.page.as_ref().and_then(|(_, _, kind)| kind.as_ref())
    }

    // Log records.

    fn audit_text(&mut self, text: &str, span: &Span) -> Taken {
        let raw: AuditRaw<'_> = serde_json::from_str(text).map_err(|e| rejected(told(&e)))?;
        self.audit(&raw, &audit::Around::default(), span)
    }

    fn audit(&mut self, raw: &AuditRaw<'_>, around: &audit::Around<'_>, span: &Span) -> Taken {
        let at = self.audit.take(raw, around, span.row).map_err(rejected)?;
        if let Some(what) = audit::misread(raw, around) {
            self.done.misread.add(Whose::Known("audit".into()), Some(Window::at(at)), span.row + 1, &what);
        }
        self.done.remarks.twice += raw.twice();
        self.done.remarks.without_id += u64::from(!around.retold && raw.id.0.is_none());
        self.guess = if around.there { Guess::Envelope } else { Guess::Audit };
        Ok(())
    }

    fn sign_in_text(&mut self, text: &str, span: &Span) -> Taken {
        let raw: SignInRaw<'_> = serde_json::from_str(text).map_err(|e| rejected(told(&e)))?;
        self.sign_in(&raw, &signin::Around::default(), span)
    }

    fn sign_in(&mut self, raw: &SignInRaw<'_>, around: &signin::Around<'_>, span: &Span) -> Taken {
        let at = self.sign_ins.take(raw, around, span.row).map_err(rejected)?;
        self.done.remarks.late += u64::from(raw.at.said().is_none());
        if let Some((stream, what)) = signin::misread(raw, around) {
            self.done.misread.add(Whose::Known(stream), Some(Window::at(at)), span.row + 1, &what);
        }
        self.done.remarks.twice += raw.twice();
        self.guess = if around.there { Guess::Envelope } else { Guess::SignIn };
        Ok(())
    }

    /// A diagnostic record: its category, or what is inside, says what it is.
    fn envelope(&mut self, envelope: &Envelope<'_>, span: &Span) -> Taken {
        let category = envelope.category.said().unwrap_or("");
        let inner = envelope.inner();
        let text = inner.as_deref().unwrap_or("{}");
        let depth = self.around.limits.depth;
        if !is_shallow(text.as_bytes(), depth) {
            return Err(too_deep(depth));
        }
        if let Some(stream) = signin::stream_of(category) {
            let raw: SignInRaw<'_> = serde_json::from_str(text).map_err(|e| rejected(told(&e)))?;
            let around = signin::Around {
                stream: Some(stream),
                time: envelope.time.said(),
                result_type: envelope.result_type.said(),
                correlation: envelope.correlation.said(),
                there: true,
                retold: false,
            };
            if inner.is_none() {
                return Err(rejected("a sign-in without properties"));
            }
            self.sign_in(&raw, &around, span)?;
        } else {
            let named = category.eq_ignore_ascii_case("AuditLogs");
            let raw = serde_json::from_str::<AuditRaw<'_>>(text);
            // Some pipelines put the inner category in the place of the outer one.
            let looks = raw.as_ref().is_ok_and(|r| r.plausible() && r.service.said().is_some());
            if !named && !looks {
                return Err(Refused::Unmapped(match category {
                    "" => format!("{}: a diagnostic record without a category", kind::NO_KIND),
                    named => format!("a diagnostic record of the category {named}; export AuditLogs and the sign-in logs"),
                }));
            }
            let raw = raw.map_err(|e| rejected(told(&e)))?;
            let around = audit::Around {
                operation: envelope.operation.said(),
                time: envelope.time.said(),
                correlation: envelope.correlation.said(),
                category: Some(category),
                result: envelope.result.said(),
                there: true,
                retold: false,
            };
            self.audit(&raw, &around, span)?;
        }
        self.done.remarks.enveloped += 1;
        Ok(())
    }
}

/// What the parser says, without the copy of the text that it adds.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let short = text.lines().next().unwrap_or("").trim();
    let short = short.split(" at line ").next().unwrap_or(short);
    if error.is_eof() {
        format!("cut off: {short}")
    } else {
        format!("no such record: {short}")
    }
}

/// The first bytes of a record as text.
pub(super) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(RAW)];
    let mut text = String::from_utf8_lossy(cut).into_owned();
    if bytes.len() > RAW
        && let Err(error) = std::str::from_utf8(cut)
        && error.error_len().is_none()
    {
        // The cut went through a character.
        text.pop();
    }
    while text.len() > RAW {
        text.pop();
    }
    text
}
