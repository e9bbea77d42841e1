//! What one batch of records gives: rows, rejects and counts; pure, so that batches can be worked on at once.

use crate::ingest::audit::{self, AuditRaw, AuditRows};
use crate::ingest::context::{Context, Step};
use crate::ingest::envelope::Envelope;
use crate::ingest::kind::{self, Kind, Relation};
use crate::ingest::limits::Limits;
use crate::ingest::objects::{self, Place, Refused, Rows, Taker};
use crate::ingest::signin::{self, SignInRaw, SignInRows};
use crate::ingest::sink::RowKey;
use crate::ingest::skip::is_shallow;
use crate::ingest::split::{Batch, Head, RAW, Span, Torn};
use crate::ingest::value;
use crate::lake::records::Reject;
use crate::model::Instant;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What all records of a file have in common.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'a> {
    /// Tenant.
    pub tenant: &'a str,
    /// SHA-256 of the file.
    pub source: &'a str,
    /// Path as given.
    pub path: &'a str,
    /// Bounds.
    pub limits: &'a Limits,
    /// What the names of the file and its folders tell of a parent.
    pub named: Named,
}

/// The parent that names tell, for pages whose context does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The one GUID in a name.
    pub id: Option<String>,
    /// What the name says of the relation.
    pub relation: Option<Relation>,
}

/// Counts of things that are worth a remark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    /// Members given twice.
    pub twice: u64,
    /// Assignments that name no holder.
    pub holderless: u64,
    /// Rows whose parent came from a name.
    pub parent_by_name: u64,
    /// Records unwrapped from a log shipper's `_raw`.
    pub shipped: u64,
    /// Diagnostic records.
    pub enveloped: u64,
}

impl std::ops::AddAssign for Remarks {
    fn add_assign(&mut self, other: Self) {
        self.twice += other.twice;
        self.holderless += other.holderless;
        self.parent_by_name += other.parent_by_name;
        self.shipped += other.shipped;
        self.enveloped += other.enveloped;
    }
}

/// What a batch gave.
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
    /// Listed objects by page and place.
    pub on_pages: BTreeMap<(Option<usize>, usize), i64>,
    /// Records not taken.
    pub rejects: Vec<Reject>,
    /// Records seen.
    pub read: u64,
    /// Bad records.
    pub rejected: u64,
    /// Records that no table takes.
    pub unmapped: u64,
    /// First and last instant of log records, by subject.
    pub spans: BTreeMap<String, (Instant, Instant)>,
    /// Error responses in place of data.
    pub gaps: Vec<String>,
    /// Things worth a remark.
    pub remarks: Remarks,
}

/// Works on a batch.
pub(super) fn work(batch: &Batch<'_>, around: &Surroundings<'_>) -> Result<Done, ArrowError> {
    let mut worker = Worker {
        around,
        done: Done::default(),
        audit: AuditRows::default(),
        sign_ins: SignInRows::default(),
        guess: Guess::Nothing,
        context: None,
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
    if let Some(span) = worker.audit.span {
        done.spans.insert("audit".into(), span);
    }
    for (stream, span) in std::mem::take(&mut worker.sign_ins.spans) {
        done.spans.insert(format!("sign_ins:{stream}"), span);
    }
    done.audit = worker.audit.finish(around.tenant, around.source)?;
    done.sign_ins = worker.sign_ins.finish(around.tenant, around.source)?;
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
    /// The page that we are on and what its context says.
    context: Option<(usize, Option<Kind>)>,
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
            Ok(_) if !is_shallow(bytes, depth) => Err(too_deep(depth)),
            Ok(text) => self.record(text, span),
            Err(error) => Err(rejected(format!("no UTF-8 at byte {} of the record", error.valid_up_to()))),
        };
        let Err(refused) = taken else { return };
        let (verdict, reason) = match refused {
            Refused::Rejected(reason) => ("rejected", reason),
            Refused::Unmapped(reason) => ("unmapped", reason),
        };
        let row = Reject {
            path: self.around.path.to_string(),
            source: self.around.source.to_string(),
            source_row: Some(span.row),
            offset: i64::try_from(span.offset).unwrap_or(i64::MAX),
            length: i64::try_from(span.len).unwrap_or(i64::MAX),
            verdict: verdict.into(),
            reason,
            sha256: hex::encode(Sha256::digest(bytes)),
            raw: shown(bytes),
        };
        self.refuse(row);
    }

    fn torn(&mut self, torn: &Torn) {
        self.done.read += 1;
        let row = Reject {
            path: self.around.path.to_string(),
            source: self.around.source.to_string(),
            source_row: Some(torn.row),
            offset: i64::try_from(torn.offset).unwrap_or(i64::MAX),
            length: i64::try_from(torn.len).unwrap_or(i64::MAX),
            verdict: "rejected".into(),
            reason: torn.reason.clone(),
            sha256: hex::encode(torn.sha256),
            raw: shown(&torn.raw),
        };
        self.refuse(row);
    }

    fn refuse(&mut self, row: Reject) {
        if row.verdict == "unmapped" {
            self.done.unmapped += 1;
        } else {
            self.done.rejected += 1;
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
                    if let Ok(raw) = sonic_rs::from_str::<AuditRaw<'_>>(text)
                        && raw.plausible()
                    {
                        return self.audit(&raw, &audit::Around::default(), span);
                    }
                }
                Guess::SignIn => {
                    if let Ok(raw) = sonic_rs::from_str::<SignInRaw<'_>>(text)
                        && raw.plausible()
                    {
                        return self.sign_in(&raw, &signin::Around::default(), span);
                    }
                }
                Guess::Envelope => {
                    if let Ok(envelope) = sonic_rs::from_str::<Envelope<'_>>(text)
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
        if self.context.as_ref().is_none_or(|(index, _)| *index != page.index) {
            let kind = page.context.as_ref().and_then(kind::by_context);
            self.context = Some((page.index, kind));
        }
        self.context.as_ref().and_then(|(_, kind)| kind.as_ref())
    }

    // Log records.

    fn audit_text(&mut self, text: &str, span: &Span) -> Taken {
        let raw: AuditRaw<'_> = sonic_rs::from_str(text).map_err(|e| rejected(told(&e)))?;
        self.audit(&raw, &audit::Around::default(), span)
    }

    fn audit(&mut self, raw: &AuditRaw<'_>, around: &audit::Around<'_>, span: &Span) -> Taken {
        self.audit.take(raw, around, span.row).map_err(rejected)?;
        self.done.remarks.twice += raw.twice();
        self.guess = if around.there { Guess::Envelope } else { Guess::Audit };
        Ok(())
    }

    fn sign_in_text(&mut self, text: &str, span: &Span) -> Taken {
        let raw: SignInRaw<'_> = sonic_rs::from_str(text).map_err(|e| rejected(told(&e)))?;
        self.sign_in(&raw, &signin::Around::default(), span)
    }

    fn sign_in(&mut self, raw: &SignInRaw<'_>, around: &signin::Around<'_>, span: &Span) -> Taken {
        self.sign_ins.take(raw, around, span.row);
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
            let raw: SignInRaw<'_> = sonic_rs::from_str(text).map_err(|e| rejected(told(&e)))?;
            let around = signin::Around {
                stream: Some(stream),
                time: envelope.time.said(),
                result_type: envelope.result_type.said(),
                correlation: envelope.correlation.said(),
                there: true,
            };
            if inner.is_none() {
                return Err(rejected("a sign-in without properties"));
            }
            self.sign_in(&raw, &around, span)?;
        } else {
            let named = category.eq_ignore_ascii_case("AuditLogs");
            let raw = sonic_rs::from_str::<AuditRaw<'_>>(text);
            // Some pipelines put the inner category in the place of the outer one.
            let looks = raw.as_ref().is_ok_and(|r| r.plausible() && r.service.said().is_some());
            if !named && !looks {
                return Err(Refused::Unmapped(format!("a diagnostic record of the category {category}")));
            }
            let raw = raw.map_err(|e| rejected(told(&e)))?;
            let around = audit::Around {
                operation: envelope.operation.said(),
                time: envelope.time.said(),
                correlation: envelope.correlation.said(),
                category: Some(category),
                result: envelope.result.said(),
                there: true,
            };
            self.audit(&raw, &around, span)?;
        }
        self.done.remarks.enveloped += 1;
        Ok(())
    }

    // Everything else.

    fn look_closer(&mut self, text: &str, span: &Span, outermost: bool) -> Taken {
        let trimmed = text.trim_start();
        if !trimmed.starts_with('{') {
            return Err(rejected("no JSON object"));
        }
        let (mut parsed, twice) = value::parse(text, self.around.limits.depth).map_err(rejected)?;
        let Some(map) = parsed.as_object_mut() else {
            return Err(rejected("no JSON object"));
        };
        if let Some(error) = map.get("error").and_then(Value::as_object) {
            self.done.gaps.push(error_response(error));
            return Err(Refused::Unmapped("error response".into()));
        }
        if outermost
            && let Some(inner) = map.get("_raw").and_then(Value::as_str)
            && inner.trim_start().starts_with('{')
        {
            let inner = inner.to_string();
            self.look_closer(&inner, span, false)?;
            self.done.remarks.shipped += 1;
            return Ok(());
        }
        if log_analytics(map) {
            return self.audit_row(map, span);
        }
        let has = |name: &str| map.keys().any(|k| k.eq_ignore_ascii_case(name));
        if has("time") && has("category") && !map.contains_key("activityDisplayName") {
            let envelope: Envelope<'_> = sonic_rs::from_str(text).map_err(|e| rejected(told(&e)))?;
            if envelope.plausible() {
                return self.envelope(&envelope, span);
            }
        }
        if map.contains_key("Id") && !map.contains_key("id") && !map.contains_key("Workload") {
            let mut whole = Value::Object(std::mem::take(map));
            value::camel(&mut whole);
            if let Value::Object(lowered) = whole {
                *map = lowered;
            }
        }
        let own = map.get("@odata.context").and_then(Value::as_str);
        let own = own.and_then(Context::parse);
        let page = span.page.as_deref();
        let context = page.and_then(|p| p.context.as_ref()).or(own.as_ref());
        let kind = self.kind(map, context, page);
        match kind {
            Kind::Audit => self.audit_text(text, span),
            Kind::SignIn => self.sign_in_text(text, span),
            Kind::Other(what) => Err(Refused::Unmapped(what)),
            Kind::Object(_) | Kind::Related(_) => {
                self.object(kind, map, context, span)?;
                self.done.remarks.twice += twice;
                Ok(())
            }
        }
    }

    /// The context's word, else the type's, else what the members say.
    fn kind(&self, map: &Map<String, Value>, context: Option<&Context>, page: Option<&Head>) -> Kind {
        if let Some(kind) = context.and_then(kind::by_context) {
            return kind;
        }
        let typed = map.get("@odata.type").and_then(Value::as_str);
        match typed.and_then(kind::by_type) {
            // Types stand in mixed listings only, where they name the member and not the listing.
            Some(Kind::Related(_)) if page.is_none() => kind::by_members(map),
            Some(kind) => kind,
            None => kind::by_members(map),
        }
    }

    fn object(&mut self, kind: Kind, map: &mut Map<String, Value>, context: Option<&Context>, span: &Span) -> Taken {
        let link = span.page.as_deref().and_then(|p| p.link.as_ref());
        let mut around = surroundings(self.around.tenant, context);
        let mut related = None;
        let mut by_name = 0;
        if let Kind::Related(relation) = kind {
            let mut relation = relation;
            if relation == Relation::Unknown
                && let Some(link) = link
                && let Some(Kind::Related(linked)) = kind::by_context(link)
                && linked != Relation::Unknown
            {
                relation = linked;
                around = surroundings(self.around.tenant, Some(link));
            }
            let named = &self.around.named;
            if around.parent.is_none()
                && let (Some(id), Some(told)) = (&named.id, named.relation)
            {
                if relation == Relation::Unknown {
                    relation = told;
                }
                around.parent = Some(id.clone());
                by_name = 1;
            } else if relation == Relation::Unknown && named.relation == Some(Relation::Deleted) {
                relation = Relation::Deleted;
            }
            related = Some(relation);
        }
        let mut taker = Taker {
            around: &around,
            mark: span.row,
            nested: &mut self.done.nested,
            top: &mut self.done.top,
            holderless: 0,
        };
        let place = match (kind, related) {
            (_, Some(relation)) => taker.take_related(relation, map)?,
            (Kind::Object(kind), None) => taker.take(kind, map)?,
            (_, None) => return Err(Refused::Unmapped("no object".into())),
        };
        self.done.remarks.holderless += taker.holderless;
        self.done.remarks.parent_by_name += by_name;
        let places = &mut self.done.places;
        let index = *self.place_index.entry(place).or_insert_with_key(|place| {
            places.push(place.clone());
            places.len() - 1
        });
        self.done.placed.push((span.row, index));
        let page = span.page.as_ref().map(|p| p.index);
        *self.done.on_pages.entry((page, index)).or_default() += 1;
        Ok(())
    }

    /// A row of the `AuditLogs` table of Log Analytics: Pascal case, nested parts as text.
    fn audit_row(&mut self, map: &mut Map<String, Value>, span: &Span) -> Taken {
        let mut whole = Value::Object(std::mem::take(map));
        value::camel(&mut whole);
        if let Value::Object(map) = &mut whole {
            for name in ["initiatedBy", "targetResources", "additionalDetails"] {
                if let Some(Value::String(text)) = map.get(name)
                    && let Ok((parsed, _)) = value::parse(text, self.around.limits.depth)
                {
                    map.insert(name.into(), parsed);
                }
            }
        }
        let text = whole.to_string();
        let depth = self.around.limits.depth;
        if !is_shallow(text.as_bytes(), depth) {
            return Err(too_deep(depth));
        }
        let raw: AuditRaw<'_> = sonic_rs::from_str(&text).map_err(|e| rejected(told(&e)))?;
        let around = audit::Around {
            operation: whole.get("operationName").and_then(Value::as_str),
            time: whole.get("timeGenerated").and_then(Value::as_str),
            ..audit::Around::default()
        };
        self.audit.take(&raw, &around, span.row).map_err(rejected)
    }
}

fn log_analytics(map: &Map<String, Value>) -> bool {
    map.contains_key("TimeGenerated") && map.contains_key("ActivityDisplayName") && (map.contains_key("InitiatedBy") || map.contains_key("TargetResources"))
}

/// What a context says of the parent.
fn surroundings<'a>(tenant: &'a str, context: Option<&Context>) -> objects::Around<'a> {
    let Some(context) = context else {
        return objects::Around {
            tenant,
            ..objects::Around::default()
        };
    };
    let mut parents = context.steps.iter().rev().skip(1);
    let parent: Option<&Step> = parents.next();
    let grandparent = parents.next();
    objects::Around {
        tenant,
        parent: parent.and_then(|p| p.key.clone()),
        parent_kind: parent.map(|p| p.name.clone()),
        grandparent: grandparent.and_then(|p| p.key.clone()),
        collection: context.last().to_string(),
    }
}

/// An error response in one line.
fn error_response(error: &Map<String, Value>) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or("");
    let code = match text("code") {
        "" => "no code",
        code => code,
    };
    let message: String = text("message").split_whitespace().collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(400).collect();
    format!("error response: {code}: {message}")
}

/// What the parser says, without the copy of the text that it adds.
fn told(error: &sonic_rs::Error) -> String {
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
