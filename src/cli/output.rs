//! Printing: rows in the asked form on stdout, everything else on stderr.

use crate::check::life::Change;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::exit::Failure;
pub use crate::cli::table::table;
use crate::ledger::absence::{Basis, Stretch};
use crate::model::shown;
use crate::model::{Finding, Holding, Presence};
use crate::report::columns::{self, Csv, Form};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static QUIET: AtomicBool = AtomicBool::new(false);
static LOST: OnceLock<String> = OnceLock::new();

/// The warning that goes with CSV for machines.
pub const RAW: &str = "warning: CSV as it is: a cell may contain text that a spreadsheet runs as a formula; only read it by program, or leave --csv-raw out";

/// Silences everything but results and errors.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether only results and errors are wanted.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// A line on stderr; where nobody listens any more, what is done goes on and the exit code tells.
fn aside(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A remark for the person at the terminal.
pub fn say(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        aside(&told(text));
    }
}

/// A message as it is seen. Its further lines are set in, so that no name with a line break in it begins a line of ours.
fn told(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let begin = text.len() - text.trim_start_matches('\n').len();
    out.push_str(&text[..begin]);
    for (n, line) in text[begin..].split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
            if !line.is_empty() && !line.starts_with("  ") {
                out.push_str("  ");
            }
        }
        out.push_str(&shown::visible(line));
    }
    out
}

/// An error, whatever `--quiet` says.
pub fn error(text: &str) {
    error_line("error", text);
}

/// A line that is to be seen whatever `--quiet` says, with a word that says what it is.
pub fn error_line(word: &str, text: &str) {
    aside(&format!("{word}: {}", told(text)));
}

/// A line of a result on stdout, and never more than one.
pub fn line(text: &str) {
    exactly(&(shown::line(text) + "\n"));
}

/// A result for people on stdout: several lines, or a table.
pub fn print(text: &str) {
    exactly(&shown::laid_out(text));
}

/// A result for programs on stdout. A reader who left is no error; a full disk is one, which [`lost`] tells when all is done.
pub fn exactly(text: &str) {
    let mut out = io::stdout().lock();
    if let Err(e) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && e.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| e.to_string());
    }
}

/// Why a result could not be printed.
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Warns when others may read the lake.
pub fn warn_readable(dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if std::fs::metadata(dir).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
            say(&format!(
                "warning: other accounts can read {}; it contains personal data: chmod 700 {}",
                dir.display(),
                dir.display()
            ));
        }
    }
}

/// Holdings with how certainly they lie in the window, and what the answer rests on.
pub fn holdings(rows: &[(Holding, Presence)], basis: &Basis, out: &OutputArgs) -> Result<(), Failure> {
    let words: Vec<(&Holding, &str)> = rows.iter().map(|(h, presence)| (h, presence.as_str())).collect();
    let bytes = match form(out) {
        Some(Form::Json) => {
            let mut bytes = b"{\"rows\":".to_vec();
            bytes.extend(columns::holdings(&words, Form::Json).map_err(Failure::usage)?.trim_ascii_end());
            bytes.extend(b",\n\"basis\":");
            bytes.extend(serde_json::to_vec(basis).map_err(Failure::usage)?);
            bytes.extend(b"}\n");
            bytes
        }
        Some(form) => columns::holdings(&words, form).map_err(Failure::usage)?,
        None => {
            // Eligible is not active, which only needs saying where one of them is.
            let differ = words.iter().any(|(h, _)| h.assignment_state != "active");
            let when = |t: Option<crate::model::Instant>, certainty: &str| match t {
                Some(t) => format!("{} {certainty}", short(&t.to_string())),
                None => certainty.to_string(),
            };
            let row = |(h, w): &(&Holding, &str)| {
                let kind = h.grant_kind.as_str().replace('_', " ");
                let how = if h.path == h.entitlement_name {
                    kind
                } else {
                    format!("{kind} via {}", h.path)
                };
                let state = differ.then(|| h.assignment_state.to_string());
                let from = when(h.held_from, h.from_certainty.as_str());
                let set = h.scheduled_until.filter(|_| h.held_until.is_none());
                let set = set.map_or_else(String::new, |t| format!(", set to end {}", short(&t.to_string())));
                let until = when(h.held_until, h.until_certainty.as_str()) + &set;
                let start = [h.principal_name.to_string(), h.entitlement_name.to_string()].into_iter().chain(state);
                start.chain([from, until, how, (*w).to_string()]).collect()
            };
            let start = ["holder", "entitlement"].into_iter().chain(differ.then_some("state"));
            let header: Vec<&str> = start.chain(["from (UTC)", "until (UTC)", "granted by", "in window"]).collect();
            let mut text = table(&header, words.iter().map(row).collect());
            text.push_str(&foot(basis));
            text.into_bytes()
        }
    };
    deliver(&bytes, out)
}

/// What an answer rests on, below its table.
fn foot(basis: &Basis) -> String {
    let from = basis.from.as_deref().unwrap_or("the beginning");
    let mut lines = vec![
        format!("window: {from} until {} ({})", basis.until, basis.zone),
        format!("as of: {}", basis.as_of),
        format!("audit log coverage, proven or asserted: {:.2} % of the window", basis.covered_share * 100.0),
    ];
    let span = |s: &Stretch| format!("{} until {}", s.from.as_deref().unwrap_or("?"), s.until.as_deref().unwrap_or("?"));
    if !basis.not_covered.is_empty() {
        let spans: Vec<String> = basis.not_covered.iter().take(5).map(span).collect();
        lines.push(format!("not covered: {}", spans.join("; ")));
    }
    lines.extend(basis.gaps.iter().take(5).map(|g| format!("gap: {}: {}", span(g), g.reason)));
    if !basis.never_listed.is_empty() {
        lines.push(format!("no complete snapshot of: {}", basis.never_listed.join(", ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Findings.
pub fn findings(rows: &[Finding], out: &OutputArgs) -> Result<(), Failure> {
    let bytes = match form(out) {
        Some(form) => columns::findings(rows, form).map_err(Failure::usage)?,
        None => {
            let row = |f: &Finding| vec![f.check.to_string(), f.severity.to_string(), f.result.to_string(), f.message.clone()];
            table(&["check", "severity", "result", "observed"], rows.iter().map(row).collect()).into_bytes()
        }
    };
    deliver(&bytes, out)
}

/// What became of findings.
pub fn changes(rows: &[Change], out: &OutputArgs) -> Result<(), Failure> {
    let bytes = match form(out) {
        Some(form) => columns::changes(rows, form).map_err(Failure::usage)?,
        None => {
            let row = |c: &Change| {
                let seen = format!("{} / {}", c.first_seen.get(..10).unwrap_or_default(), c.last_seen.get(..10).unwrap_or_default());
                let what = format!("{} {}", c.check, c.severity);
                vec![c.state.to_string(), c.why.to_string(), what, seen, c.message.clone()]
            };
            let header = ["became", "why", "check", "first / last seen", "what"];
            table(&header, rows.iter().map(row).collect()).into_bytes()
        }
    };
    deliver(&bytes, out)
}

/// The form of rows, with the warning that raw CSV deserves; none for a table on the terminal.
pub fn form(out: &OutputArgs) -> Option<Form> {
    if out.format == Format::Csv && out.csv_raw {
        say(RAW);
    }
    match out.format {
        Format::Csv => Some(Form::Csv(if out.csv_raw { Csv::Raw } else { Csv::Safe })),
        Format::Json => Some(Form::Json),
        Format::Jsonl => Some(Form::Jsonl),
        Format::Parquet => Some(Form::Parquet),
        Format::Table => None,
    }
}

/// Any table.
pub fn plain(rows: &crate::evidence::table::Table, out: &OutputArgs) -> Result<(), Failure> {
    let object = |row: &Vec<String>| {
        let members: Vec<String> = rows
            .header
            .iter()
            .zip(row)
            .map(|(h, c)| format!("{}:{}", serde_json::json!(h), serde_json::json!(c)))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    let objects = || rows.rows.iter().map(object).collect::<Vec<_>>();
    let bytes = match out.format {
        Format::Csv => rows.csv(),
        Format::Json => format!("[\n{}\n]\n", objects().join(",\n")).into_bytes(),
        Format::Jsonl => objects().iter().map(|o| format!("{o}\n")).collect::<String>().into_bytes(),
        Format::Parquet => return Err(Failure::usage("this listing is written as table, csv, json or jsonl")),
        Format::Table => telling(rows).into_bytes(),
    };
    deliver(&bytes, out)
}

/// The columns of a listing that tell a person most, in 80 columns; the other forms have all.
fn telling(rows: &crate::evidence::table::Table) -> String {
    const MOST: [&str; 12] = [
        "rank",
        "check",
        "severity",
        "stratum",
        "principal_name",
        "entitlement_name",
        "held_from",
        "decision",
        "reviewed_at",
        "decisions",
        "subject_id",
        "object_id",
    ];
    let places: Vec<usize> = MOST.iter().filter_map(|name| rows.header.iter().position(|h| h == name)).take(6).collect();
    let header: Vec<&str> = places.iter().map(|i| rows.header[*i]).collect();
    let cell = |row: &Vec<String>, i: usize| {
        let text = row.get(i).cloned().unwrap_or_default();
        match rows.header[i] {
            "rank" => text.chars().take(8).collect(),
            "held_from" | "reviewed_at" => short(&text),
            _ => text,
        }
    };
    let cells = rows.rows.iter().map(|row| places.iter().map(|i| cell(row, *i)).collect()).collect();
    table(&header, cells)
}

/// `2026-03-31 12:34Z` of an instant's text.
fn short(text: &str) -> String {
    text.get(..16).map_or_else(|| text.to_string(), |minute| minute.replace('T', " ") + "Z")
}

/// Bytes to stdout or to the file that was asked for.
pub fn deliver(bytes: &[u8], out: &OutputArgs) -> Result<(), Failure> {
    let failed = |what: &str, e: &io::Error| Failure::io(format!("write {what}"), e);
    match &out.output {
        Some(path) => {
            let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let temp = dir.join(format!(".tmp-{}", std::process::id()));
            let _ = std::fs::remove_file(&temp);
            let mut file = crate::lake::parquet_io::private_file(&temp).map_err(|e| failed(&path.display().to_string(), &e))?;
            file.write_all(bytes)
                .and_then(|()| std::fs::rename(&temp, path))
                .map_err(|e| failed(&path.display().to_string(), &e))
        }
        None if out.format == Format::Parquet && io::stdout().is_terminal() => {
            Err(Failure::usage("parquet is not for a terminal; name a file with --output FILE"))
        }
        None => match io::stdout()
            .lock()
            .write_all(&seen(bytes, out.format, io::stdout().is_terminal()))
            .and_then(|()| io::stdout().flush())
        {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(failed("stdout", &e)),
            _ => Ok(()),
        },
    }
}

/// Rows as stdout wants them. A program that reads JSON or CSV gets it as it is; on a terminal nothing of it moves the cursor,
/// hides or turns a line round.
fn seen(bytes: &[u8], format: Format, on_terminal: bool) -> Cow<'_, [u8]> {
    let text = || String::from_utf8_lossy(bytes);
    match (format, on_terminal) {
        (Format::Table, _) | (Format::Csv, true) => shown::laid_out(&text()).into_bytes().into(),
        (Format::Json | Format::Jsonl, true) => shown::json(&text()).into_bytes().into(),
        (Format::Csv | Format::Json | Format::Jsonl, false) | (Format::Parquet, _) => bytes.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_break_begins_no_line_of_ours() {
        assert_eq!(told("cannot read in.json\nerror: none"), "cannot read in.json\n  error: none");
        assert_eq!(told("\nfor example: x"), "\nfor example: x");
        assert_eq!(told("two mistakes:\n  a\n\nb\r"), "two mistakes:\n  a\n\n  b‹U+000D›");
    }

    #[test]
    fn what_a_program_reads_stays_as_it_is() {
        let bytes = "name\nexe\u{202e}txt\n".as_bytes();
        assert_eq!(&*seen(bytes, Format::Csv, false), bytes);
        let shown = "name\nexe‹U+202E›txt\n".as_bytes();
        assert_eq!(&*seen(bytes, Format::Csv, true), shown);
        assert_eq!(&*seen(bytes, Format::Table, false), shown);
        let json = "{\"name\":\"exe\u{202e}txt\"}\n".as_bytes();
        assert_eq!(&*seen(json, Format::Jsonl, false), json);
        assert_eq!(&*seen(json, Format::Jsonl, true), b"{\"name\":\"exe\\u202etxt\"}\n");
    }
}
