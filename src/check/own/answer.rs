//! A statement's rows become findings, and are held to the laws that hold for every check.

use crate::check::own::OwnCheck;
use crate::check::own::registry::running;
use crate::check::{Context, Draft, Outcome, Thing};
use crate::engine::sql::{SqlError, filled, time_literal};
use crate::lake::table::Table;
use crate::model::rows::{Cell, Rows};
use crate::model::{Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use crate::views::{self, Base};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that a statement may have; the first two it must have.
const COLUMNS: &[&str] = &[
    "subject_id",
    "message",
    "result",
    "severity",
    "subject_kind",
    "subject_name",
    "object_kind",
    "object_id",
    "object_name",
    "assignment_id",
    "request_id",
    "found_from",
    "found_until",
    "reason",
    "evidence",
    "clears_when",
];

/// Answers a check of one's own.
pub(super) fn run(cx: &Context) -> Outcome {
    let Some(own) = cx.check().own else { return Outcome::default() };
    let mut out = Outcome::default();
    if lacks(cx, own, &mut out) {
        return out;
    }
    match asked(cx, own).and_then(|rows| judged(cx, own, &rows)) {
        Ok(outcome) => outcome,
        Err(why) => {
            let message = format!("{} could not be answered: {why}", own.path.display());
            let clears_when = "A statement that answers; `vouchsafe sql` shows what it gives.";
            out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Sources, &one_line(&message), clears_when), 0);
            out
        }
    }
}

/// Says which witnesses of the views are missing altogether: without them an empty answer proves nothing.
fn lacks(cx: &Context, own: &OwnCheck, out: &mut Outcome) -> bool {
    let access = cx.access;
    for base in views::needs(&own.sql).bases {
        let row = match base {
            Base::Holdings | Base::Holders => cx.no_holdings(),
            Base::Requests | Base::Approvals => cx.no_requests(),
            Base::Contents => cx.contents_unknown(),
            Base::Policies | Base::PolicyChanges => none(cx, access.policies.is_empty(), Table::Policies),
            Base::Packages => none(cx, access.packages.is_empty(), Table::Packages),
            Base::Principals => none(cx, access.people.is_empty() && access.apps.is_empty(), Table::Users),
            Base::Owners => none(cx, access.owners.is_empty(), Table::Groups),
            Base::Decisions => none(cx, access.review_decisions.is_empty(), Table::ReviewDecisions),
            Base::Usage => none(
                cx,
                access.usage.is_empty() && !access.coverage.keys().any(|k| k.starts_with("sign_ins")),
                Table::SignIns,
            ),
            Base::Facts => none(cx, access.events.is_empty() && !access.has_log("audit"), Table::AuditEvents),
            _ => None,
        };
        if let Some(row) = row {
            out.push_for(row, 0);
        }
    }
    !out.findings.is_empty()
}

fn none(cx: &Context, nothing: bool, table: Table) -> Option<Finding> {
    (nothing && !cx.looked_at(table)).then(|| {
        let what = table.name().replace('_', " ");
        let message = format!("no {what} are in the lake, so the statement has nothing to judge");
        cx.lacking(ReasonCode::NoTelemetry, table, &message, &format!("Ingest {what}."))
    })
}

/// The statement's rows.
fn asked(cx: &Context, own: &OwnCheck) -> Result<Rows, String> {
    let sql = statement(own, cx.as_of()).map_err(|e| e.to_string())?;
    let mut engine = views::over(cx.access, None, &sql).map_err(|e| e.to_string())?;
    let _running = running(&own.id);
    engine.run(&sql).map_err(|e| e.to_string())
}

/// The statement with its numbers and `:as_of` in it.
pub(super) fn statement(own: &OwnCheck, as_of: Instant) -> Result<String, SqlError> {
    filled(&own.sql, &mut |name| match own.thresholds.iter().find(|t| t.name == name) {
        Some(threshold) => Ok(threshold.default.to_string()),
        None if name == "as_of" => Ok(time_literal(as_of)),
        None => Err(SqlError::Parameter(format!(
            "the header has no threshold '{name}', and :as_of is the only other parameter"
        ))),
    })
}

/// What is wrong with the columns of an answer; nothing where all are known and those that must be there are.
pub(super) fn columns(rows: &Rows) -> Vec<String> {
    let names: Vec<&str> = rows.columns.iter().map(|(name, _)| name.as_str()).collect();
    let unknown = names.iter().filter(|n| !COLUMNS.contains(n));
    let mut wrong: Vec<String> = unknown.map(|n| format!("the column {n} is none of {}", COLUMNS.join(", "))).collect();
    wrong.extend(COLUMNS[..2].iter().filter(|n| !names.contains(n)).map(|n| format!("it gives no column {n}")));
    wrong
}

fn judged(cx: &Context, own: &OwnCheck, rows: &Rows) -> Result<Outcome, String> {
    if let Some(wrong) = columns(rows).first() {
        return Err(wrong.clone());
    }
    let mut out = Outcome::default();
    let mut seen: BTreeMap<String, Finding> = BTreeMap::new();
    for row in &rows.rows {
        let cell = |name: &str| rows.columns.iter().position(|(n, _)| n == name).and_then(|i| row.get(i));
        match finding(cx, own, &cell)? {
            None => out.pass(),
            Some(found) => match seen.get(&found.fingerprint) {
                Some(other) if *other != found => {
                    return Err(format!(
                        "two rows tell of the same subject, object and assignment: {} / {}",
                        other.message, found.message
                    ));
                }
                Some(_) => {}
                None => {
                    seen.insert(found.fingerprint.clone(), found.clone());
                    out.push(found);
                }
            },
        }
    }
    Ok(out)
}

/// A row as a finding; `None` for one that is right.
fn finding<'r>(cx: &Context, own: &OwnCheck, cell: &dyn Fn(&str) -> Option<&'r Cell>) -> Result<Option<Finding>, String> {
    let text = |name: &str| cell(name).map(Cell::shown).unwrap_or_default();
    let time = |name: &str| match cell(name) {
        Some(Cell::Time(at)) => Some(*at),
        Some(Cell::Text(text)) => Instant::parse(text),
        _ => None,
    };
    let subject = thing(cx, &text("subject_kind"), &text("subject_id"), &text("subject_name"), "principal")?;
    if subject.id.is_empty() {
        return Err("a row has no subject_id".into());
    }
    let object = match text("object_id") {
        id if id.is_empty() => Thing::default(),
        id => thing(cx, &text("object_kind"), &id, &text("object_name"), "package")?,
    };
    let message = one_line(&text("message"));
    let evidence: BTreeSet<String> = text("evidence").split(';').map(|e| e.trim().to_string()).filter(|e| !e.is_empty()).collect();
    let clears_when = match one_line(&text("clears_when")) {
        given if given.is_empty() => "What its page says under \"What to do\".".to_string(),
        given => given,
    };
    let mut draft = Draft {
        subject,
        object,
        assignment: text("assignment_id"),
        request: text("request_id"),
        of_request: text("assignment_id").is_empty() && !text("request_id").is_empty(),
        from: time("found_from"),
        until: time("found_until"),
        message: if message.is_empty() {
            own.title.clone()
        } else {
            message.trim_end_matches('.').to_string()
        },
        clears_when,
        ..Draft::default()
    };
    if let Some(wrong) = evidence.iter().find(|e| !is_record(e)) {
        return Err(format!("the evidence '{wrong}' is no table:record_id"));
    }
    draft.evidence = evidence.into_iter().collect();
    match text("result").as_str() {
        "pass" => Ok(None),
        "" | "finding" => found(cx, own, draft, &text("severity"), &text("reason")).map(Some),
        "not-evaluable" => {
            let word = text("reason");
            let reason = ReasonCode::ALL.iter().find(|r| r.as_str() == word);
            let known: Vec<&str> = ReasonCode::ALL.iter().map(|r| r.as_str()).collect();
            let reason = reason.ok_or_else(|| format!("a row that is not evaluable has the reason '{word}', which is none of {}", known.join(", ")))?;
            Ok(Some(cx.not_evaluable(*reason, draft)))
        }
        other => Err(format!("the result '{other}' is none of pass, finding, not-evaluable")),
    }
}

fn found(cx: &Context, own: &OwnCheck, draft: Draft, severity: &str, reason: &str) -> Result<Finding, String> {
    let severity = match severity {
        "" => own.severity,
        word => Severity::from_word(word).ok_or_else(|| format!("the severity '{word}' is none of low, medium, high"))?,
    };
    if severity > own.severity || severity == Severity::Info {
        return Err(format!("a row has the severity {severity}, and the header says {} at most", own.severity));
    }
    if draft.evidence.is_empty() {
        return Err(format!("a row has no evidence: {}", draft.message));
    }
    let word = if reason.is_empty() { "found" } else { reason };
    let mut finding = cx.finding(Draft { severity, ..draft });
    finding.reason = word.into();
    Ok(finding)
}

/// Whether a text names a record, as findings do.
fn is_record(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(table, id)| Table::from_name(table).is_some() && !id.is_empty())
}

/// Kinds that a row can be about.
const KINDS: &[&str] = &[
    "principal",
    "package",
    "policy",
    "group",
    "application",
    "app_role",
    "directory_role",
    "site",
    "catalog",
    "request",
    "review",
];

fn thing(cx: &Context, kind: &str, id: &str, name: &str, default: &str) -> Result<Thing, String> {
    let kind = if kind.is_empty() { default } else { kind };
    if !KINDS.contains(&kind) {
        return Err(format!("the kind '{kind}' is none of {}", KINDS.join(", ")));
    }
    if !name.is_empty() {
        return Ok(Thing::new(kind, id, name));
    }
    Ok(match kind {
        "principal" => cx.principal(&PrincipalId::new(id)),
        "package" => cx.package(&PackageId::new(id)),
        _ => Thing::new(kind, id, ""),
    })
}

/// A message has one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
