//! Rows of `audit_events`, filled from what a record and its envelope say.

use super::{Around, AuditRaw, extra, lowered};
use crate::ingest::columns::{Instants, Lists, Texts, batch, constant, numbers};
use crate::ingest::hash::{Fingerprint, hex128, of_id};
use crate::ingest::sink::RowKey;
use crate::ingest::times::{self, DateOrder};
use crate::lake::records::{AuditEvent, AuditTarget, Detail, ModifiedProperty};
use crate::model::Instant;
use crate::model::activity_key_into;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::Datelike;
use std::borrow::Cow;

/// What an envelope lends to a record that is silent.
struct Lent {
    /// Whether it counts as content.
    counts: bool,
}

impl Lent {
    /// The record's own word or the lent one; what counts goes into the fingerprint, lowered.
    fn text<'t>(&self, own: Option<&'t str>, lent: Option<&'t str>, print: &mut Fingerprint) -> Option<&'t str> {
        let counted = own.or(lent.filter(|_| self.counts));
        print.word(counted);
        own.or(lent)
    }
}

/// Rows of `audit_events` in the making.
#[derive(Default)]
pub(in crate::ingest) struct AuditRows {
    id: Texts,
    at: Instants,
    at_text: Texts,
    activity: Texts,
    activity_key: Texts,
    category: Texts,
    service: Texts,
    operation_type: Texts,
    result: Texts,
    result_reason: Texts,
    correlation: Texts,
    actor_kind: Texts,
    actor_id: Texts,
    actor_name: Texts,
    actor_upn: Texts,
    actor_ip: Texts,
    actor_app_id: Texts,
    user_agent: Texts,
    targets: Lists,
    t_id: Texts,
    t_name: Texts,
    t_kind: Texts,
    t_upn: Texts,
    t_group_type: Texts,
    modified: Lists,
    m_name: Texts,
    m_old: Texts,
    m_new: Texts,
    details: Lists,
    d_key: Texts,
    d_value: Texts,
    extra: Texts,
    content_hash: Texts,
    rows: Vec<i64>,
    keys: Vec<RowKey>,
    print: Fingerprint,
    scratch: String,
    hex: String,
    unknown: String,
    /// How many events may come.
    expected: usize,
    /// Whether day or month comes first in the file, where that matters.
    dates: Option<DateOrder>,
    /// First and last instant so far.
    pub span: Option<(Instant, Instant)>,
}

impl AuditRows {
    /// Room for so many events is made when the first one comes.
    pub fn expecting(expected: usize, dates: Option<DateOrder>) -> Self {
        Self {
            expected,
            dates,
            ..Self::default()
        }
    }

    /// Widths and counts as they are usual in exports: columns that are wider or longer still grow.
    fn make_room(&mut self) {
        const GUID: usize = 37;
        let (rows, targets, modified) = (self.expected, 3 * self.expected, 4 * self.expected);
        for (column, rows, width) in [
            (&mut self.id, rows, 48),
            (&mut self.at_text, rows, 32),
            (&mut self.activity, rows, 48),
            (&mut self.activity_key, rows, 48),
            (&mut self.category, rows, 24),
            (&mut self.service, rows, 24),
            (&mut self.operation_type, rows, 16),
            (&mut self.result, rows, 8),
            (&mut self.result_reason, rows, 8),
            (&mut self.correlation, rows, GUID),
            (&mut self.actor_kind, rows, 4),
            (&mut self.actor_id, rows, GUID),
            (&mut self.actor_name, rows, 24),
            (&mut self.actor_upn, rows, GUID),
            (&mut self.actor_ip, rows, 16),
            (&mut self.actor_app_id, rows, 8),
            (&mut self.user_agent, rows, 8),
            (&mut self.t_id, targets, GUID),
            (&mut self.t_name, targets, 24),
            (&mut self.t_kind, targets, 16),
            (&mut self.t_upn, targets, 16),
            (&mut self.t_group_type, targets, 8),
            (&mut self.m_name, modified, 24),
            (&mut self.m_old, modified, 24),
            (&mut self.m_new, modified, 24),
            (&mut self.d_key, rows, 16),
            (&mut self.d_value, rows, 32),
            (&mut self.extra, rows, 4),
            (&mut self.content_hash, rows, 32),
        ] {
            *column = Texts::with_room(rows, width);
        }
        self.rows.reserve(rows);
        self.keys.reserve(rows);
    }

    /// Takes an event and tells when it was, or says why it is none.
    pub fn take(&mut self, raw: &AuditRaw<'_>, around: &Around<'_>, row: i64) -> Result<Instant, String> {
        let Some(activity) = raw.activity.said().or(around.operation) else {
            return Err("no activity".into());
        };
        let at_text = raw.at.said().or(around.time).unwrap_or("");
        let instant = times::read(at_text, self.dates).map_err(|e| e.to_string())?;
        let at = Some(instant);
        if self.rows.capacity() == 0 {
            self.make_room();
        }
        self.unknown.clear();
        let there = around.there;
        let party = &raw.actor;
        extra(&mut self.unknown, "", &raw.rest, there);
        extra(&mut self.unknown, "initiatedBy.user.", &party.user.rest, there);
        extra(&mut self.unknown, "initiatedBy.app.", &party.app.rest, there);
        for (index, target) in raw.targets.0.iter().enumerate() {
            if !target.rest.is_empty() {
                let prefix = format!("targetResources[{index}].");
                extra(&mut self.unknown, &prefix, &target.rest, there);
            }
        }
        if !self.unknown.is_empty() {
            self.unknown.push('}');
        }

        let own_id = raw.id.0.as_deref().map(str::trim);
        let own_id = own_id.filter(|id| !id.is_empty());
        // What the envelope lends is no content: it differs from one delivery to the next.
        // Only a record without an id needs it, to be told apart from its like.
        let lent = Lent { counts: own_id.is_none() };
        let print = &mut self.print;
        print.clear();
        if raw.at.said().is_some() || lent.counts {
            print.time(at, at_text);
        }
        self.at.maybe(at);
        self.at_text.put(at_text);
        lent.text(raw.activity.said(), around.operation, print);
        self.activity.put(activity);
        activity_key_into(activity, &mut self.scratch);
        self.activity_key.put(&self.scratch);
        let category = around.category.filter(|c| !c.eq_ignore_ascii_case("AuditLogs"));
        let category = lent.text(raw.category.said(), category, print);
        self.category.maybe(category);
        let result = lent.text(raw.result.said(), around.result, print);
        let result = result.map(|r| r.trim().to_ascii_lowercase());
        self.result.maybe(result.as_deref());
        let correlation = lent.text(raw.correlation.said(), around.correlation, print);
        self.correlation.maybe(lowered(correlation).as_deref());
        let mut both = |column: &mut Texts, text: Option<&str>| {
            column.maybe(text);
            print.text(text);
        };
        both(&mut self.service, raw.service.said());
        both(&mut self.operation_type, raw.operation_type.said());
        both(&mut self.result_reason, raw.result_reason.said());
        let (kind, party) = if raw.actor.user.said() {
            (Some("user"), &raw.actor.user)
        } else if raw.actor.app.said() {
            (Some("app"), &raw.actor.app)
        } else {
            (None, &raw.actor.user)
        };
        let party_id = match kind {
            Some("app") => party.sp.said().or(party.id.said()),
            _ => party.id.said(),
        };
        both(&mut self.actor_kind, kind);
        both(&mut self.actor_id, lowered(party_id).as_deref());
        both(&mut self.actor_name, party.name.said());
        both(&mut self.actor_upn, party.upn.said());
        both(&mut self.actor_ip, party.ip.said());
        both(&mut self.actor_app_id, lowered(party.app_id.said()).as_deref());
        let agent = raw.details.0.iter().find(|d| d.key.get().is_some_and(|k| k.eq_ignore_ascii_case("user-agent")));
        let agent = raw.user_agent.said().or(agent.and_then(|d| d.value.said()));
        self.user_agent.maybe(agent);

        for target in &raw.targets.0 {
            both(&mut self.t_id, lowered(target.id.said()).as_deref());
            both(&mut self.t_name, target.name.said());
            both(&mut self.t_kind, target.kind.said());
            both(&mut self.t_upn, target.upn.said());
            both(&mut self.t_group_type, target.group_type.said());
            for property in &target.modified.0 {
                both(&mut self.m_name, property.name.get());
                both(&mut self.m_old, property.old.get());
                both(&mut self.m_new, property.new.get());
            }
            self.modified.put(target.modified.0.len());
        }
        self.targets.put(raw.targets.0.len());
        for detail in &raw.details.0 {
            both(&mut self.d_key, detail.key.get());
            both(&mut self.d_value, detail.value.get());
        }
        self.details.put(raw.details.0.len());
        // v1.0 does not tell it as a member: it is no part of what makes two records of one event the same.
        if lent.counts {
            print.text(agent);
        }
        // Lengths tell apart what concatenation would not.
        print.count(raw.targets.0.len());
        for target in &raw.targets.0 {
            print.count(target.modified.0.len());
        }
        print.count(raw.details.0.len());

        let extra = Some(self.unknown.as_str()).filter(|e| !e.is_empty());
        self.extra.maybe(extra);
        let content = print.finish();
        hex128(content, &mut self.hex);
        self.content_hash.put(&self.hex);
        let id = match own_id {
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(format!("hash:{}", self.hex)),
        };
        self.id.put(&id);
        self.rows.push(row + 1);
        self.keys.push(RowKey {
            id: of_id(&id),
            content,
            retold: around.retold && own_id.is_some(),
            partition: at.map_or(RowKey::NO_TIME, month),
        });
        if let Some(at) = at {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
        Ok(instant)
    }

    /// The rows as a batch with their keys, without a source yet; `None` when there are none.
    pub fn finish(mut self, tenant: &str) -> Result<Option<(RecordBatch, Vec<RowKey>)>, ArrowError> {
        let count = self.rows.len();
        if count == 0 {
            return Ok(None);
        }
        let modified = self
            .modified
            .array::<ModifiedProperty>(vec![self.m_name.array(), self.m_old.array(), self.m_new.array()])?;
        let targets = self.targets.array::<AuditTarget>(vec![
            self.t_id.array(),
            self.t_name.array(),
            self.t_kind.array(),
            self.t_upn.array(),
            self.t_group_type.array(),
            modified,
        ])?;
        let details = self.details.array::<Detail>(vec![self.d_key.array(), self.d_value.array()])?;
        let rows = batch::<AuditEvent>(vec![
            constant(tenant, count),
            self.id.array(),
            self.at.array(),
            self.at_text.array(),
            self.activity.array(),
            self.activity_key.array(),
            self.category.array(),
            self.service.array(),
            self.operation_type.array(),
            self.result.array(),
            self.result_reason.array(),
            self.correlation.array(),
            self.actor_kind.array(),
            self.actor_id.array(),
            self.actor_name.array(),
            self.actor_upn.array(),
            self.actor_ip.array(),
            self.actor_app_id.array(),
            self.user_agent.array(),
            targets,
            details,
            self.extra.array(),
            self.content_hash.array(),
            constant("", count),
            numbers(self.rows),
        ])?;
        Ok(Some((rows, self.keys)))
    }
}

/// `yyyymm`.
fn month(at: Instant) -> i32 {
    at.to_chrono()
        .map_or(RowKey::NO_TIME, |t| t.year() * 100 + i32::try_from(t.month()).unwrap_or(0))
}
