//! What a bundle says about itself (`data/ipe/ipe.json`): enough to understand every output, and to make it again.

use crate::campaign::authorship;
use crate::evidence::table::Table;
use crate::model::{Instant, Zone};
use crate::report::{Review, Verdicts};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How long Microsoft keeps what is read here (Entra: "Microsoft Entra data retention" and "Service limits of governance", 2026-01).
const RETENTION: &str = "audit and sign-in logs 30 days (7 in the free edition), requests and their approvals about three months after they are done, \
     deleted users and groups 30 days: what was gone before the extraction is in no output";

/// The sheet about the information: its source, who made it how, and each output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Version of this record, 1.
    pub format: u32,
    /// The program.
    pub tool: Tool,
    /// Who ran it, as told; empty when nobody said.
    pub operator: String,
    /// The command, without paths.
    pub command: String,
    /// What it is stamped with, since no clock is read: the fixed clock of a build, else the moment of the commit.
    pub generated_at: String,
    /// Tenant id.
    pub tenant: String,
    /// The commit of the lake, all 64 digits.
    pub commit: String,
    /// Its number.
    pub commit_sequence: u64,
    /// The instant of the questions.
    pub as_of: String,
    /// The tenant's time zone, as configured; empty when nobody said.
    #[serde(default)]
    pub time_zone: String,
    /// Beginning of the period, inclusive.
    pub period_from: String,
    /// End of the period, exclusive.
    pub period_until: String,
    /// Profile of thresholds.
    pub profile: String,
    /// SHA-256 of `data/configuration.toml`.
    pub configuration_sha256: String,
    /// Who is to read it, and what of people is shown.
    pub reader: Reader,
    /// How samples are drawn.
    pub sampling: Sampling,
    /// The campaign that it is about; empty for none.
    pub campaign: String,
    /// Items of the campaign by how it is known who decided; see [`crate::campaign::authorship::GRADES`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorship: BTreeMap<String, u64>,
    /// Who states the assertion of management in it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub assertion: String,
    /// Each output, sorted by file.
    pub outputs: Vec<Output>,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the listing of its sources: see `build.rs`.
    pub source_sha256: String,
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        Self {
            name: "vouchsafe".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            source_sha256: env!("VOUCHSAFE_SOURCE_SHA256").into(),
        }
    }
}

/// What of people is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// `security`, `auditor` or `reviewer`.
    pub audience: String,
    /// Whether what people wrote is shown in their words.
    pub text_shown: bool,
    /// Whether the CSV of the report is left as it is, for machines.
    pub csv_raw: bool,
    /// Whether the tables of the report are there as JSON too.
    #[serde(default)]
    pub json: bool,
    /// The salt of pseudonyms, when people are named by them.
    pub pseudonym_salt: Option<String>,
}

/// How samples are drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// The seed; the rank of a row is `sha256(seed|id)`.
    pub seed: String,
    /// The size that was asked for; `None` for sizes by frequency.
    pub size: Option<usize>,
    /// How many rows of what passed are listed a check, those with the lowest ranks; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<usize>,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Path below `data/`.
    pub file: String,
    /// What it holds, with its filters and bounds.
    pub what: String,
    /// Rows, for tables.
    pub rows: Option<u64>,
    /// Hash total of its first column, for tables with ids.
    pub hash_total: Option<u64>,
    /// SHA-256.
    pub sha256: String,
}

impl Facts {
    /// The record as JSON, keys in the order of the struct.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("facts are plain data");
        text.push('\n');
        text
    }

    /// The sheet for people.
    #[must_use]
    pub fn markdown(&self, tables: &Books, review: &Review) -> String {
        let (checks, thresholds) = (review.checks.as_slice(), review.thresholds.as_slice());
        let counts = Verdicts::by_check(review.findings);

        let mut out = String::new();
        let shown = |text: &str| if text.is_empty() { "not told".to_string() } else { plain(text) };
        let _ = writeln!(out, "# Information produced by the entity\n");
        let _ = writeln!(out, "| question | answer |\n|---|---|");
        let mut row = |q: &str, a: &str| {
            let _ = writeln!(out, "| {q} | {a} |");
        };
        row("Tenant", &shown(&self.tenant));
        row("System of record", "Microsoft Entra ID; the lake keeps what it told, each file with its hash");
        row("Source", "exports and pulls of Microsoft Graph and the directory's logs: counted below");
        row("Operator", &shown(&self.operator));
        row(
            "Program",
            &format!("{} {}, sources {}", self.tool.name, self.tool.version, self.tool.source_sha256),
        );
        row("Command", &format!("`{}`", plain(&self.command)));
        row("Host", "not recorded: any machine makes the same from the commit");
        row(
            "Stamped",
            &format!(
                "{}: no clock is read, so that the same bytes can be made again; it is the moment of the commit, or what SOURCE\\_DATE\\_EPOCH says",
                self.clock(&self.generated_at)
            ),
        );
        row("As of", &self.clock(&self.as_of));
        row(
            "Period",
            &format!(
                "from {} (inclusive) until {} (exclusive)",
                self.clock(&self.period_from),
                self.clock(&self.period_until)
            ),
        );
        row("Extraction", &self.extraction(tables));
        row("Retention of the service", RETENTION);
        row("Dropped from the lake by policy", &tables.dropped_words());
        row("Commit of the lake", &format!("number {}, {}", self.commit_sequence, self.commit));
        row("Profile of thresholds", &shown(&self.profile));
        row("Configuration", &format!("configuration.toml, SHA-256 {}", self.configuration_sha256));
        row("Reader", &self.reader_words());
        if !self.sampling.seed.is_empty() {
            row("Samples", &format!("seed `{}`, {}", plain(&self.sampling.seed), self.size_words()));
        }
        let campaign = match self.campaign.as_str() {
            "" => "none".to_string(),
            id => format!("{id}; what was in its scope and what was left out: campaign/terms.csv"),
        };
        row("Campaign", &campaign);
        if !self.authorship.is_empty() {
            row("Who decided, and how that is known", &authorship::sentence(&self.authorship));
        }
        let zone = match self.time_zone.as_str() {
            "" => "all times are UTC; `time_zone` of the configuration names the tenant's".to_string(),
            zone => format!("all times are UTC; in brackets above, what clocks in {zone} showed"),
        };
        row("Time zone", &zone);
        row(
            "Edits between source and output",
            "none: every output is made from the commit; `verify --lake` makes them again",
        );

        let _ = writeln!(
            out,
            "\n## Completeness\n\nEvery record of every source is counted: read = kept + duplicate + rejected + unmapped.\n"
        );
        let _ = writeln!(out, "| | records |\n|---|---|");
        for (name, n) in ["read", "kept", "duplicate", "rejected", "unmapped"].iter().zip(tables.records) {
            let _ = writeln!(out, "| {name} | {n} |");
        }
        let [read, kept, duplicate, rejected, unmapped] = tables.records;
        let ties = read == kept + duplicate + rejected + unmapped;
        let _ = writeln!(
            out,
            "\n{read} = {kept} + {duplicate} + {rejected} + {unmapped}: {}.\n",
            if ties { "ties" } else { "DOES NOT TIE" }
        );
        // The books lie beside the sheet in a bundle only; a report shows them on its page.
        let bundled = !self.sampling.seed.is_empty();
        if bundled {
            let _ = writeln!(out, "| file | rows | says |\n|---|---|---|");
        }
        for (name, what, table) in tables.files.iter().filter(|_| bundled) {
            let _ = writeln!(out, "| {name} | {} | {what} |", table.rows.len());
        }
        tables.pulled(&mut out);
        let _ = writeln!(out, "\n## Thresholds\n\n| threshold | value | origin | checks |\n|---|---|---|---|");
        for t in thresholds {
            let _ = writeln!(out, "| {} | {} {} | {} | {} |", t.name, t.value, t.unit, plain(&t.origin), t.checks);
        }
        let _ = writeln!(
            out,
            "\n## Checks\n\nIn question = right + findings + exceptions + not evaluable + those that share a row with another (a batch, or a lack that several have).\n\n| check | asked | in question | right | findings | exceptions | not evaluable | share a row | controls |\n|---|---|---|---|---|---|---|---|---|"
        );
        for c in checks {
            let (title, n) = (plain(&c.title), counts.get(c.id.as_str()).copied().unwrap_or_default());
            let _ = writeln!(
                out,
                "| {} | {title} | {} | {} | {} | {} | {} | {} | {} |",
                c.id,
                c.population,
                c.passed,
                n.findings,
                n.exceptions,
                n.not_evaluable,
                n.shared(c.population, c.passed).unwrap_or_default(),
                c.controls
            );
        }
        let _ = writeln!(out, "\n## Outputs\n\n| file | rows | hash total | SHA-256 | what |\n|---|---|---|---|---|");
        for o in &self.outputs {
            let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                o.file,
                number(o.rows),
                number(o.hash_total),
                o.sha256,
                plain(&o.what)
            );
        }
        out
    }

    /// An instant, with what the clocks of the tenant showed.
    fn clock(&self, at: &str) -> String {
        match Zone::parse(&self.time_zone).zip(Instant::parse(at)) {
            Some((zone, instant)) => format!("{at} ({})", zone.local(instant)),
            None => at.to_string(),
        }
    }

    /// From which moment to which the collections were looked at, and the logs pulled.
    fn extraction(&self, tables: &Books) -> String {
        let spans = [("looks.csv", "observed_at", "looks at collections"), ("pulls.csv", "ended", "pulls")];
        let told = spans.iter().filter_map(|(file, column, what)| {
            let times: Vec<Instant> = tables.column(file, column).iter().filter_map(|t| Instant::parse(t)).collect();
            let (first, last) = (times.iter().min()?, times.iter().max()?);
            let (first, last) = (self.clock(&first.to_string()), self.clock(&last.to_string()));
            Some(format!("{what} from {first} to {last}"))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            "no look at a collection and no pull".into()
        } else {
            told.join("; ")
        }
    }

    fn reader_words(&self) -> String {
        let text = if self.reader.text_shown { "shown in their words" } else { "masked" };
        let names = match &self.reader.pseudonym_salt {
            Some(salt) => format!("people are named by keyed pseudonyms, salt {salt}"),
            None => "people are named".into(),
        };
        format!("{}; what people wrote is {text}; {names}", self.reader.audience)
    }

    fn size_words(&self) -> String {
        match self.sampling.size {
            Some(n) => format!("{n} rows from each population"),
            None => "sizes by the frequency of the control".into(),
        }
    }
}

/// Text in a cell of a Markdown table.
fn plain(text: &str) -> String {
    let seen = crate::model::shown::visible(text);
    let mut out = String::with_capacity(seen.len());
    for c in seen.chars() {
        match c {
            '\n' => out.push(' '),
            '|' | '`' | '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '#' | '!' | '&' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// The books of the lake as tables of the sheet.
pub struct Books {
    /// What retention dropped: table, rule, files, rows.
    pub dropped: Vec<(String, String, usize, u64)>,
    /// Read, kept, duplicate, rejected, unmapped, over all sources.
    pub records: [i64; 5],
    /// File name, what it says, and the table.
    pub files: Vec<(&'static str, &'static str, Table)>,
}

impl Books {
    fn dropped_words(&self) -> String {
        if self.dropped.is_empty() {
            return "nothing".into();
        }
        let of = |(table, rule, files, rows): &(String, String, usize, u64)| format!("{rows} rows of {table} in {files} files, {}", plain(rule));
        let told: Vec<String> = self.dropped.iter().map(of).collect();
        format!(
            "{}; their hashes are in the commits, and the counts below are those of the time when they were read",
            told.join("; ")
        )
    }

    /// The filled cells of a column of one of the tables.
    fn column(&self, file: &str, column: &str) -> Vec<String> {
        let Some((_, _, table)) = self.files.iter().find(|(name, _, _)| *name == file) else {
            return Vec::new();
        };
        let place = table.header.iter().position(|h| *h == column);
        let cell = |row: &Vec<String>| place.and_then(|i| row.get(i)).filter(|c| !c.is_empty()).cloned();
        table.rows.iter().filter_map(cell).collect()
    }

    /// What was pulled from Microsoft Graph, the newest pull of each collection; nothing when all came from files.
    fn pulled(&self, out: &mut String) {
        let Some((_, _, table)) = self.files.iter().find(|(name, _, _)| *name == "pulls.csv") else {
            return;
        };
        let place = |name: &str| table.header.iter().position(|h| *h == name);
        let cell = |row: &[String], name: &str| place(name).and_then(|i| row.get(i).cloned()).unwrap_or_default();
        // Rows are sorted by time, so that the newest of a collection stays.
        let newest: BTreeMap<String, &Vec<String>> = table.rows.iter().map(|r| (cell(r, "collection"), r)).collect();
        if newest.is_empty() {
            return;
        }
        let permissions: BTreeSet<String> = table
            .rows
            .iter()
            .flat_map(|r| cell(r, "permissions").split(' ').map(str::to_string).collect::<Vec<_>>())
            .collect();
        let permissions: Vec<String> = permissions.into_iter().filter(|p| !p.is_empty()).map(|p| plain(&p)).collect();
        let told = if permissions.is_empty() {
            "not told by the token".to_string()
        } else {
            permissions.join(", ")
        };
        let _ = writeln!(out, "\n## Pulled from Microsoft Graph\n\nPermissions: {told}.\n");
        let _ = writeln!(
            out,
            "| collection | address | edition | until | count told | received | stored | complete |\n|---|---|---|---|---|---|---|---|"
        );
        for (collection, row) in newest {
            let of = |name: &str| plain(&cell(row, name));
            let complete = match cell(row, "reason").as_str() {
                "" => of("complete"),
                reason => format!("{}: {}", of("complete"), plain(reason)),
            };
            let (address, edition, ended) = (of("endpoint"), of("api_version"), of("ended"));
            let (counted, received, stored) = (of("odata_count"), of("received"), of("stored"));
            let counted = if counted.is_empty() { "not told".to_string() } else { counted };
            let _ = writeln!(
                out,
                "| {} | {address} | {edition} | {ended} | {counted} | {received} | {stored} | {complete} |",
                plain(&collection)
            );
        }
    }
}
