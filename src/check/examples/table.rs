//! The tables of a page.

use crate::model::Instant;

/// A story.
pub(crate) struct Example {
    /// The paragraph before the table.
    pub title: String,
    pub rows: Vec<Row>,
}

/// One line of it.
pub(crate) struct Row {
    pub at: Instant,
    pub activity: String,
    pub actor: String,
    pub subject: String,
    /// The package, or the group, application or log that the row is about.
    pub thing: String,
    pub detail: Vec<String>,
    pub mark: Option<Mark>,
}

/// What is expected of a row.
pub(crate) enum Mark {
    /// Found, with a severity or an object's name beside the mark.
    Found {
        word: String,
    },
    NotEvaluable,
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let detail = self.detail.join(", ");
        write!(
            f,
            "{} | {} | {} | {} | {} | {detail}",
            self.at, self.activity, self.actor, self.subject, self.thing
        )
    }
}

impl Row {
    /// The rest of the detail that begins with a word: `until` of `until 2026-06-30`.
    pub(super) fn after(&self, word: &str) -> Option<&str> {
        let rest = |d: &'_ String| d.strip_prefix(word).is_some_and(|r| r.is_empty() || r.starts_with(' '));
        self.detail.iter().find(|d| rest(d)).map(|d| d[word.len()..].trim())
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.detail.iter().any(|d| d == word)
    }

    /// The same row without details and mark.
    pub(super) fn quiet(&self) -> Self {
        Self {
            at: self.at,
            activity: self.activity.clone(),
            actor: self.actor.clone(),
            subject: self.subject.clone(),
            thing: self.thing.clone(),
            detail: Vec::new(),
            mark: None,
        }
    }

    /// The text between quotes.
    pub(super) fn quoted(&self) -> Option<&str> {
        self.detail.iter().find_map(|d| d.strip_prefix('"')?.strip_suffix('"'))
    }
}

/// The stories of a text.
pub(crate) fn stories(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut title, mut in_table) = (String::new(), false);
    for line in text.lines() {
        let Some(inner) = line.trim().strip_prefix('|') else {
            in_table = false;
            if !line.trim().is_empty() {
                title = line.trim().trim_end_matches(':').into();
            }
            continue;
        };
        let cells = cells(inner.trim_end().trim_end_matches('|'));
        if !in_table {
            let header = ["time", "activity", "actor", "subject", "package", "detail", ""];
            assert_eq!(cells, header, "the header of \"{title}\"");
            examples.push(Example {
                title: std::mem::take(&mut title),
                rows: Vec::new(),
            });
            in_table = true;
        } else if !cells[0].starts_with("--") {
            let row = row(&cells).unwrap_or_else(|| panic!("no row: {line}"));
            examples.last_mut().expect("a header came first").rows.push(row);
        }
    }
    examples
}

fn cells(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

fn row(cells: &[&str]) -> Option<Row> {
    let [time, activity, actor, subject, thing, detail, mark] = cells else {
        return None;
    };
    let mark = match mark.strip_prefix('◀') {
        Some(word) => Some(Mark::Found { word: word.trim().into() }),
        None if *mark == "?" => Some(Mark::NotEvaluable),
        None if mark.is_empty() => None,
        None => return None,
    };
    // A justification may hold commas.
    let detail = if detail.starts_with('"') {
        vec![(*detail).to_string()]
    } else {
        detail.split(',').map(|d| d.trim().to_string()).filter(|d| !d.is_empty()).collect()
    };
    let (activity, actor, subject, thing) = (activity.to_string(), actor.to_string(), subject.to_string(), thing.to_string());
    Some(Row {
        at: instant(time)?,
        activity,
        actor,
        subject,
        thing,
        detail,
        mark,
    })
}

/// `2026-03-01`, `2026-03-01 09:04`, `2026-03-01 09:04:10`, or `09:04` of a Monday.
pub(super) fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    let full = if text.len() == 5 { format!("2026-03-02 {text}") } else { text.to_string() };
    Instant::parse(&if full.len() == 16 { format!("{full}:00") } else { full })
}
