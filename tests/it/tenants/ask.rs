//! The questions of a tenant: the command, and what has to come back.

use super::cast::{Cast, printed};
use super::notation::{Block, cells, words};
use serde_json::{Value, json};

/// A column of a row that has to be so.
#[derive(Debug, Clone)]
struct Want {
    column: String,
    test: Test,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Has,
}

/// A command with its expected answer.
#[derive(Debug)]
pub struct Question {
    pub command: Vec<String>,
    /// None where the rule leaves the code open.
    exit: Option<i32>,
    rows: Option<Vec<Vec<Want>>>,
    never: Vec<Vec<Want>>,
    says: Vec<String>,
    silent: Vec<String>,
    basis: Vec<String>,
    prints: Vec<String>,
    why: String,
}

/// What the program answered.
pub struct Answer {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Question {
    pub fn read(cast: &Cast, block: &Block, command: &str) -> Result<Self, String> {
        let command = block.head.at(words(command))?;
        let filled: Result<Vec<String>, String> = command.iter().map(|w| cast.fill(w)).collect();
        let mut question = Self {
            command: block.head.at(filled)?,
            exit: None,
            rows: Some(Vec::new()),
            never: Vec::new(),
            says: Vec::new(),
            silent: Vec::new(),
            basis: Vec::new(),
            prints: Vec::new(),
            why: String::new(),
        };
        let mut exits = false;
        for line in &block.body {
            let (word, rest) = line.text.split_once(' ').unwrap_or((&line.text, ""));
            match word {
                "exit" if rest == "any" => exits = true,
                "exit" => {
                    exits = true;
                    question.exit = Some(line.at(rest.parse().map_err(|_| "an exit code is a number".to_string()))?);
                }
                "says" => question.says.push(line.at(cast.fill(rest))?),
                "silent" => question.silent.push(line.at(cast.fill(rest))?),
                "basis" => question.basis.push(line.at(cast.fill(rest))?),
                "prints" => question.prints.push(line.at(cast.fill(rest))?),
                "why" => question.why = rest.to_string(),
                "rows" if rest == "any" => question.rows = None,
                "never" => question.never.push(line.at(row(cast, &cells(rest)))?),
                _ => {
                    let row = line.at(row(cast, &line.cells()))?;
                    line.at(question.rows.as_mut().ok_or("any rows were said to do".to_string()))?.push(row);
                }
            }
        }
        if !exits {
            return Err(format!("line {}: a question names its exit code", block.head.number));
        }
        Ok(question)
    }

    /// What is wrong with an answer; empty when nothing is.
    pub fn judge(&self, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(wanted) = self.exit.filter(|e| *e != answer.exit) {
            wrong.push(format!("exit {}, wanted {wanted}", answer.exit));
        } else if ![0, 1, 2, 5].contains(&answer.exit) {
            wrong.push(format!("exit {}", answer.exit));
        }
        let told: Value = serde_json::from_str(&answer.stdout).unwrap_or(Value::Null);
        let got = match &told {
            Value::Array(rows) => rows.clone(),
            other => other["rows"].as_array().cloned().unwrap_or_default(),
        };
        if self.exit != Some(2) {
            wrong.extend(lawless(
                &got,
                answer.exit,
                self.command[0].starts_with("hold") && (told.is_array() || told["rows"].is_array()),
            ));
        }
        if let Some(wanted) = &self.rows {
            let (missing, left) = pair(wanted, &got);
            wrong.extend(missing.iter().map(|m| format!("missing  {}", shown(&wanted[*m]))));
            wrong.extend(left.iter().map(|l| format!("unwanted {}", brief(&got[*l]))));
        }
        for row in got.iter().filter(|row| self.never.iter().any(|wants| wants.iter().all(|w| w.met(row)))) {
            wrong.push(format!("forbidden {}", brief(row)));
        }
        let heard = answer.stderr.to_lowercase();
        wrong.extend(
            self.says
                .iter()
                .filter(|s| !heard.contains(&s.to_lowercase()))
                .map(|s| format!("does not say '{s}'")),
        );
        wrong.extend(self.silent.iter().filter(|s| heard.contains(&s.to_lowercase())).map(|s| format!("says '{s}'")));
        let basis = told.get("basis").map(Value::to_string).unwrap_or_default().to_lowercase();
        wrong.extend(
            self.basis
                .iter()
                .filter(|s| !basis.contains(&s.to_lowercase()))
                .map(|s| format!("the basis has no '{s}'")),
        );
        let printed = answer.stdout.to_lowercase();
        wrong.extend(
            self.prints
                .iter()
                .filter(|s| !printed.contains(&s.to_lowercase()))
                .map(|s| format!("does not print '{s}'")),
        );
        if !wrong.is_empty() && !self.why.is_empty() {
            wrong.push(format!("because  {}", self.why));
        }
        wrong
    }
}

/// What no answer may be, whatever was asked: a row that ends before it begins, an exact end with two bounds, an exit code that its rows
/// contradict.
fn lawless(rows: &[Value], exit: i32, answered: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows {
        for (first, last) in [
            ("held_from", "held_until"),
            ("from_earliest", "from_latest"),
            ("until_earliest", "until_latest"),
            ("from_earliest", "held_from"),
        ] {
            if let (Some(first_at), Some(last_at)) = (sortable(&row[first]), sortable(&row[last]))
                && first_at > last_at
            {
                wrong.push(format!("{first} after {last}: {}", brief(row)));
            }
        }
        for end in ["from", "until"] {
            let at = |column: String| sortable(&row[&column]);
            let (held, earliest, latest) = (at(format!("held_{end}")), at(format!("{end}_earliest")), at(format!("{end}_latest")));
            let has_bounds = row.get(format!("{end}_earliest")).is_some();
            if has_bounds && row[format!("{end}_certainty")] == "exact" && (held != earliest || held != latest) {
                wrong.push(format!("the exact {end} has other bounds: {earliest:?} {latest:?} {}", brief(row)));
            }
        }
    }
    let certain = rows.iter().filter(|r| r["in_window"] == "certain").count();
    let told = match exit {
        0 if certain == 0 => Some("exit 0, and nobody is certain"),
        1 if !rows.is_empty() => Some("exit 1, and there are rows"),
        5 if certain > 0 => Some("exit 5, and somebody is certain"),
        _ => None,
    };
    wrong.extend(told.filter(|_| answered).map(str::to_string));
    wrong
}

/// An instant whose text sorts like it: six digits of a second, always.
fn sortable(time: &Value) -> Option<String> {
    let text = time.as_str()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Some(format!("{whole}.{fraction:0<6}"))
}

/// `alice | from 2026-02-01 10:00 exact | until - open | certain | role = Reader`
fn row(cast: &Cast, cells: &[String]) -> Result<Vec<Want>, String> {
    let mut wants = Vec::new();
    let mut want = |column: &str, value: Value| {
        wants.push(Want {
            column: column.to_string(),
            test: Test::Is,
            value,
        });
    };
    if cells[0] != "*" {
        want("principal_id", json!(cast.find(&cells[0])?.id));
    }
    for cell in &cells[1..] {
        match cell.split_once(' ').unwrap_or((cell, "")) {
            ("certain" | "possible", "") => want("in_window", json!(cell)),
            (end @ ("from" | "until"), rest) if !rest.starts_with('=') => {
                for (column, value) in limit(end, rest)? {
                    want(&column, value);
                }
            }
            _ => {}
        }
    }
    for cell in &cells[1..] {
        let parts = [(" = ", Test::Is), (" != ", Test::IsNot), (" ~ ", Test::Has)];
        let found = parts
            .iter()
            .find_map(|(sign, test)| cell.split_once(sign).map(|(column, value)| (column, *test, value)));
        match found {
            Some((column, test, value)) => wants.push(Want {
                column: column.to_string(),
                test,
                value: if test == Test::Has {
                    json!(cast.fill(value)?)
                } else {
                    value_of(cast, value)?
                },
            }),
            None if ["certain", "possible"].contains(&cell.as_str()) || cell.starts_with("from ") || cell.starts_with("until ") => {}
            None => return Err(format!("'{cell}' says nothing of a row")),
        }
    }
    Ok(wants)
}

/// `2026-02-01 10:00 exact`, `- open`, or one of the two.
fn limit(end: &str, text: &str) -> Result<Vec<(String, Value)>, String> {
    const CERTAINTIES: &[&str] = &["exact", "bounded", "scheduled", "open", "unknown"];
    let (time, certainty) = match text.rsplit_once(' ') {
        Some((time, last)) if CERTAINTIES.contains(&last) => (Some(time), Some(last)),
        _ if CERTAINTIES.contains(&text) => (None, Some(text)),
        _ => (Some(text), None),
    };
    let mut limits = Vec::new();
    if let Some(time) = time {
        let value = if time == "-" { Value::Null } else { json!(printed(time)?) };
        limits.push((format!("held_{end}"), value));
    }
    if let Some(certainty) = certainty {
        limits.push((format!("{end}_certainty"), json!(certainty)));
    }
    Ok(limits)
}

fn value_of(cast: &Cast, text: &str) -> Result<Value, String> {
    let filled = cast.fill(text)?;
    Ok(match filled.as_str() {
        "-" => Value::Null,
        json if json.starts_with('[') => serde_json::from_str(json).map_err(|e| e.to_string())?,
        // A number or a flag stands in braces: `{2}`, `{true}`.
        other if other.starts_with('{') && other.ends_with('}') => serde_json::from_str(&other[1..other.len() - 1]).map_err(|e| e.to_string())?,
        time if time.len() >= 10 && printed(time).is_ok() => json!(printed(time)?),
        text => json!(text),
    })
}

impl Want {
    fn met(&self, row: &Value) -> bool {
        // The column `row` is the whole row.
        let got = if self.column == "row" { row } else { &row[&self.column] };
        match self.test {
            Test::Is => got == &self.value,
            Test::IsNot => got != &self.value,
            Test::Has => {
                let text = got.as_str().map_or_else(|| got.to_string(), str::to_string);
                self.value.as_str().is_some_and(|v| text.contains(v))
            }
        }
    }
}

/// Rows wanted and rows got, one to one; which of each are left.
fn pair(wanted: &[Vec<Want>], got: &[Value]) -> (Vec<usize>, Vec<usize>) {
    let mut owner: Vec<Option<usize>> = vec![None; got.len()];
    let mut missing = Vec::new();
    for want in 0..wanted.len() {
        if !place(want, wanted, got, &mut owner, &mut vec![false; got.len()]) {
            missing.push(want);
        }
    }
    let left = owner.iter().enumerate().filter(|(_, o)| o.is_none()).map(|(i, _)| i).collect();
    (missing, left)
}

/// Finds a row for `want`, moving others to another row of theirs where that helps.
fn place(want: usize, wanted: &[Vec<Want>], got: &[Value], owner: &mut [Option<usize>], tried: &mut Vec<bool>) -> bool {
    for i in 0..got.len() {
        if tried[i] || !wanted[want].iter().all(|w| w.met(&got[i])) {
            continue;
        }
        tried[i] = true;
        let free = match owner[i] {
            None => true,
            Some(other) => place(other, wanted, got, owner, tried),
        };
        if free {
            owner[i] = Some(want);
            return true;
        }
    }
    false
}

fn shown(wants: &[Want]) -> String {
    let sign = |test| match test {
        Test::Is => "=",
        Test::IsNot => "!=",
        Test::Has => "~",
    };
    let text = |w: &Want| {
        format!(
            "{}{}{}",
            w.column,
            sign(w.test),
            w.value.as_str().map_or_else(|| w.value.to_string(), str::to_string)
        )
    };
    wants.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The columns of a row that a reader wants first.
fn brief(row: &Value) -> String {
    const FIRST: &[&str] = &[
        "principal_name",
        "principal_id",
        "principal_type",
        "principal_state",
        "entitlement_kind",
        "entitlement_name",
        "role",
        "assignment_state",
        "held_from",
        "from_certainty",
        "held_until",
        "until_certainty",
        "scheduled_until",
        "in_window",
        "path",
        "grant_kind",
        "requested_by",
        "granted_by",
        "end_reason",
        "ended_by",
        "policy_id",
        "assignment_id",
    ];
    let cell = |name: &&str| match &row[*name] {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}={text}")),
        other => Some(format!("{name}={other}")),
    };
    FIRST.iter().filter_map(cell).collect::<Vec<_>>().join(" ")
}
