//! `report.xlsx`: the tables with types, filters and fixed heads; text is always text, never a formula.
//!
//! Rows are streamed, so that memory does not grow with them.
//! Characters that deceive the eye are written out as on the page; the CSV has them as they are.

mod campaigns;

use crate::model::shown::visible;
use crate::model::time::without;
use crate::model::{Instant, Verdict};
use crate::report::columns::{self, Cell, Column, Kind};
use crate::report::{FreeText, ReportError, Review, Verdicts, page};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;
use std::path::Path;

/// Rows of a sheet below its head; a longer table goes on in the next sheet.
const ROWS: u32 = 1_048_575;
/// UTF-16 units of a cell, less the words that say it was cut.
const CELL: usize = 32_600;
/// Days from 1899-12-30, where spreadsheets count from, to 1970.
const EPOCH: f64 = 25_569.0;

/// A value of one of the small tables.
enum Field {
    Text(String),
    Number(i64),
    Time(Option<Instant>),
}

/// The workbook as bytes; `scratch` is a private folder for what is streamed.
pub fn bytes(review: &Review, scratch: &Path) -> Result<Vec<u8>, ReportError> {
    build(review, scratch).map_err(ReportError::encode("report.xlsx"))
}

fn build(review: &Review, scratch: &Path) -> Result<Vec<u8>, XlsxError> {
    let mut book = Book::new(review, scratch)?;
    book.small("Summary", &["item", "value"], summary(review))?;
    let findings = review.findings.iter().map(|f| (review.audience.finding(f), ""));
    book.table("Findings", columns::FINDINGS, findings)?;
    let holdings = review.access.holdings.iter().map(|h| {
        let presence = h.presence(review.period);
        (review.audience.holding(h), presence.as_str())
    });
    book.table("Holdings", columns::HOLDINGS, holdings)?;
    book.small(
        "Checks",
        &[
            "check",
            "title",
            "severity",
            "practice",
            "controls",
            "population tested",
            "passed",
            "findings",
            "exceptions",
            "unable to test",
        ],
        checks(review),
    )?;
    book.small(
        "Controls",
        &["control", "check", "title", "findings", "exceptions", "unable to test"],
        controls(review),
    )?;
    campaigns::write(&mut book, review)?;
    book.small("Coverage", &["log", "basis", "from", "until", "reason"], coverage(review))?;
    book.small(
        "Sources",
        &[
            "path",
            "format",
            "read",
            "kept",
            "duplicate",
            "rejected",
            "unrecognised",
            "reconciles",
            "sha256",
            "note",
        ],
        sources(review),
    )?;
    book.small("Excluded records", &["path", "kind", "reason", "records"], excluded(review))?;
    book.small("Thresholds", &["threshold", "value", "unit", "source", "checks"], thresholds(review))?;
    book.small(
        "Limitations",
        &["limitation", "extent"],
        page::limits_of(review)
            .into_iter()
            .map(|(title, text)| vec![Field::Text(title), Field::Text(text)])
            .collect(),
    )?;
    book.inner.save_to_buffer()
}

struct Book {
    inner: Workbook,
    head: Format,
    time: Format,
    wrap: Format,
}

impl Book {
    fn new(review: &Review, scratch: &Path) -> Result<Self, XlsxError> {
        let mut inner = Workbook::new();
        inner.set_tempdir(scratch)?;
        let at = review.as_of.to_chrono().unwrap_or_default();
        // The clock of whoever runs this has no place in it.
        let created = ExcelDateTime::from_timestamp(at.timestamp())?;
        let about = format!("Tenant {}, commit {}, as of {}", review.tenant, review.commit, review.as_of);
        inner.set_properties(
            &DocProperties::new()
                .set_title("Access review")
                .set_subject(visible(&about))
                .set_creation_datetime(&created),
        );
        Ok(Self {
            inner,
            head: Format::new().set_bold().set_align(FormatAlign::Top),
            time: Format::new().set_num_format("yyyy-mm-dd\"T\"hh:mm:ss.000\"Z\""),
            wrap: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        })
    }

    /// A table of the contract, in as many sheets as it needs.
    fn table<'a, T: Clone + 'a>(&mut self, name: &str, columns: &[Column<T>], rows: impl Iterator<Item = (Cow<'a, T>, &'a str)>) -> Result<(), XlsxError> {
        let (head, time) = (self.head.clone(), self.time.clone());
        let mut rows = rows.peekable();
        let mut part = 1;
        loop {
            let sheet = self.inner.add_worksheet_with_constant_memory()?;
            sheet.set_name(if part == 1 { name.to_string() } else { format!("{name} {part}") })?;
            for (at, c) in (0u16..).zip(columns) {
                sheet.set_column_width(at, wide(c.name, c.kind))?;
                sheet.write_string_with_format(0, at, c.name, &head)?;
            }
            let mut line = 0u32;
            while line < ROWS {
                let Some((row, word)) = rows.next() else { break };
                line += 1;
                for (at, c) in (0u16..).zip(columns) {
                    cell(sheet, line, at, &(c.get)(&row, word), &time)?;
                }
            }
            finish(sheet, line, columns.len())?;
            part += 1;
            if rows.peek().is_none() {
                return Ok(());
            }
        }
    }

    fn small(&mut self, name: &str, heads: &[&str], rows: Vec<Vec<Field>>) -> Result<(), XlsxError> {
        let (head, time, wrap) = (self.head.clone(), self.time.clone(), self.wrap.clone());
        let sheet = self.inner.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        for (at, name) in (0u16..).zip(heads) {
            let longest = rows
                .iter()
                .filter_map(|r| r.get(usize::from(at)))
                .map(Field::width)
                .max()
                .unwrap_or(0)
                .max(name.len() + 3);
            sheet.set_column_width(at, (longest + 2).min(90) as f64)?;
            sheet.write_string_with_format(0, at, *name, &head)?;
        }
        let mut line = 0u32;
        for row in rows.iter().take(ROWS as usize) {
            line += 1;
            for (at, field) in (0u16..).zip(row) {
                match field {
                    Field::Text(text) if text.is_empty() => {}
                    Field::Text(text) => {
                        sheet.write_string_with_format(line, at, fitting(text), &wrap)?;
                    }
                    // A spreadsheet has no other numbers; counts are far below 2^53.
                    Field::Number(n) => {
                        sheet.write_number(line, at, *n as f64)?;
                    }
                    Field::Time(at_time) => instant(sheet, line, at, *at_time, &time)?,
                }
            }
        }
        finish(sheet, line, heads.len())
    }
}

impl Field {
    fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Number(_) => 10,
            Self::Time(_) => 24,
        }
    }
}

/// The head stays in sight, and every column can be filtered.
fn finish(sheet: &mut Worksheet, last: u32, columns: usize) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    let right = u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, last.max(1), right)?;
    Ok(())
}

fn cell(sheet: &mut Worksheet, line: u32, at: u16, cell: &Cell, time: &Format) -> Result<(), XlsxError> {
    let text = match cell {
        Cell::Time(t) => return instant(sheet, line, at, *t, time),
        Cell::Text(text) => Cow::Borrowed(text.as_ref()),
        Cell::List(items) => Cow::Owned(items.join("; ")),
        Cell::Json(value) if value.as_array().is_some_and(Vec::is_empty) => return Ok(()),
        Cell::Json(value) => Cow::Owned(value.to_string()),
    };
    if !text.is_empty() {
        sheet.write_string(line, at, fitting(&text))?;
    }
    Ok(())
}

fn instant(sheet: &mut Worksheet, line: u32, at: u16, time: Option<Instant>, format: &Format) -> Result<(), XlsxError> {
    if let Some(t) = time {
        sheet.write_number_with_format(line, at, serial(t), format)?;
    }
    Ok(())
}

/// The number of an instant in a spreadsheet, cut to the millisecond.
///
/// Spreadsheets round what they show: the last microsecond of a day would stand there as the next day, and contradict the page.
fn serial(at: Instant) -> f64 {
    // A cell shows whole seconds and rounds: what is left of the last one would show as the next day.
    at.0.div_euclid(1_000_000) as f64 / 86_400.0 + EPOCH
}

/// Text that a cell can hold, and that shows what it is.
fn fitting(text: &str) -> String {
    let shown = visible(text);
    if shown.len() <= CELL || shown.encode_utf16().count() <= CELL {
        return shown;
    }
    let mut units = 0;
    let kept: String = shown
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= CELL
        })
        .collect();
    format!("{kept}… (cut; {} characters in the CSV)", text.chars().count())
}

fn wide(name: &str, kind: Kind) -> f64 {
    match (name, kind) {
        ("message" | "clears_when", _) => 80.0,
        (_, Kind::Time) => 25.0,
        (_, Kind::List | Kind::Json) => 40.0,
        (_, Kind::Word) => 16.0,
        (name, Kind::Text) if name.ends_with("_id") => 37.0,
        (_, Kind::Text) => 28.0,
    }
}

fn text(value: impl Into<String>) -> Field {
    Field::Text(value.into())
}

fn number(n: usize) -> Field {
    Field::Number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn summary(review: &Review) -> Vec<Vec<Field>> {
    let of = |verdict| review.findings.iter().filter(|f| f.result == verdict).count();
    let words = match review.audience.free_text {
        FreeText::Masked => "masked: length and first digits of the SHA-256",
        FreeText::Shown => "shown as written (--show-text)",
    };
    let (verdict, points) = page::quality_of(review);
    let mut rows = vec![vec![text("conclusion"), text(page::answer(review))], vec![text("data quality"), text(verdict)]];
    rows.extend(points.into_iter().map(|point| vec![text("data quality"), text(point)]));
    rows.extend([
        vec![text("client"), text(&review.cover.client)],
        vec![text("prepared by"), text(&review.cover.prepared_by)],
        vec![text("date"), text(&review.cover.date)],
        vec![text("classification"), text(&review.cover.classification)],
        vec![text("tenant"), text(review.tenant)],
        vec![text("access as of"), text(review.as_of.in_words())],
        vec![text("access as of, exact (UTC)"), text(review.as_of.to_string())],
        vec![text("period from (UTC)"), Field::Time(Some(review.period.from))],
        vec![text("period until (UTC)"), Field::Time(Some(review.period.until))],
        vec![text("evidence version"), text(review.commit)],
        vec![text("threshold profile"), text(review.profile)],
        vec![text("findings"), number(of(Verdict::Finding))],
        vec![text("exceptions"), number(of(Verdict::Exception))],
        vec![text("unable to test"), number(of(Verdict::NotEvaluable))],
        vec![text("holdings"), number(review.access.holdings.len())],
        vec![text("current holdings"), number(review.access.held().count())],
        vec![text("free text"), text(words)],
        vec![text("written by"), text(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")))],
    ]);
    rows
}

fn checks(review: &Review) -> Vec<Vec<Field>> {
    let counts = Verdicts::by_check(review.findings);
    let row = |c: &crate::report::CheckSummary| {
        let n = counts.get(c.id.as_str()).copied().unwrap_or_default();
        let start = [&c.id, &c.title, &c.severity.to_string(), &c.practice, &c.controls].map(|t| text(t.clone()));
        start
            .into_iter()
            .chain([c.population, c.passed].into_iter().chain(n.each()).map(number))
            .collect()
    };
    review.checks.iter().map(row).collect()
}

fn controls(review: &Review) -> Vec<Vec<Field>> {
    let counts = Verdicts::by_check(review.findings);
    let mut rows: Vec<(&str, &crate::report::CheckSummary)> = Vec::new();
    for check in &review.checks {
        rows.extend(check.controls.split("; ").filter(|c| !c.is_empty()).map(|control| (control, check)));
    }
    rows.sort_by_key(|(control, check)| (*control, &check.id));
    let row = |(control, check): (&str, &crate::report::CheckSummary)| {
        let n = counts.get(check.id.as_str()).copied().unwrap_or_default();
        let start = [control, &check.id, &check.title].map(text);
        start.into_iter().chain(n.each().map(number)).collect()
    };
    rows.into_iter().map(row).collect()
}

fn coverage(review: &Review) -> Vec<Vec<Field>> {
    let mut rows = Vec::new();
    for (log, covered) in &review.access.coverage {
        let mut add = |basis: &str, from, until, reason: &str| rows.push(vec![text(log), text(basis), Field::Time(from), Field::Time(until), text(reason)]);
        for w in &covered.proven {
            add("proven", Some(w.from), Some(w.until), "");
        }
        for w in &without(&covered.attested, &covered.proven) {
            add("asserted", Some(w.from), Some(w.until), "");
        }
        for w in covered.any.iter().filter(|w| !covered.attested_spans(**w)) {
            add("at least inferred", Some(w.from), Some(w.until), "");
        }
        for (w, reason) in &covered.gaps {
            add("gap", w.map(|w| w.from), w.map(|w| w.until), reason);
        }
    }
    for (collection, gaps) in &review.access.collection_gaps {
        for (w, reason) in gaps {
            let (from, until) = (w.map(|w| w.from), w.map(|w| w.until));
            rows.push(vec![text(collection), text("gap"), Field::Time(from), Field::Time(until), text(reason)]);
        }
    }
    rows
}

fn sources(review: &Review) -> Vec<Vec<Field>> {
    let mut sorted: Vec<_> = review.sources.iter().collect();
    sorted.sort_by(|a, b| (&a.path, &a.sha256).cmp(&(&b.path, &b.sha256)));
    let row = |s: &crate::lake::records::Source| {
        let ties = if s.read == s.kept + s.duplicate + s.rejected + s.unmapped {
            "yes"
        } else {
            "NO"
        };
        let mut row = vec![text(&s.path), text(&s.format)];
        row.extend([s.read, s.kept, s.duplicate, s.rejected, s.unmapped].map(Field::Number));
        row.extend([text(ties), text(&s.sha256), text(s.note.clone().unwrap_or_default())]);
        row
    };
    sorted.into_iter().map(row).collect()
}

fn excluded(review: &Review) -> Vec<Vec<Field>> {
    let row = |r: &crate::report::RejectLine| vec![text(&r.path), text(&r.verdict), text(&r.reason), number(r.count)];
    review.rejects.iter().map(row).collect()
}

fn thresholds(review: &Review) -> Vec<Vec<Field>> {
    let row = |t: &crate::report::ThresholdLine| vec![text(&t.name), Field::Number(t.value), text(&t.unit), text(&t.origin), text(&t.checks)];
    review.thresholds.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a spreadsheet shows of a number: rounded to the millisecond of the format.
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 of a date that a sheet can show")]
    fn shown(serial: f64) -> i64 {
        ((serial - EPOCH) * 86_400e3).round() as i64
    }

    #[test]
    fn the_end_of_a_day_is_not_shown_as_the_next_day() {
        for text in [
            "2026-06-30T23:59:59.999999Z",
            "2026-06-30T23:59:59.999Z",
            "2000-02-29T23:59:59.999999Z",
            "2026-07-01T00:00:00Z",
        ] {
            let at = Instant::parse(text).expect("a time");
            assert_eq!(shown(serial(at)), at.0.div_euclid(1_000_000) * 1_000, "{text}");
        }
    }
}
