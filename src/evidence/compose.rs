//! Everything a bundle holds, written into a bag: one function makes it and makes it again for verification.

use crate::check::CheckResult;
use crate::evidence::bag::{Bag, BagError};
use crate::evidence::facts::{Facts, Output};
use crate::evidence::passed::{Count, Passed};
use crate::evidence::population::{self, Population};
use crate::evidence::sample::{self, Drawn, Stratum};
use crate::evidence::table::{Table, hash_total, sha256, sha256_of_file};
use crate::evidence::test_sheet::{self, Tester};
use crate::evidence::tested::RemovalLimits;
use crate::evidence::{books, control_tests, oscal, records, words};
use crate::lake::{LakeError, View};
use crate::model::Finding;
use crate::report::columns::{FINDINGS, HOLDINGS};
use crate::report::open_points::{OpenPoint, open_points};
use crate::report::privacy::Privacy;
use crate::report::{self, ReportError, Review, Verdicts};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

const QUERIES: [(&str, &str); 3] = [
    ("activities", include_str!("../../queries/condense/activities.sql")),
    ("untimed_records", include_str!("../../queries/condense/untimed_records.sql")),
    ("usage", include_str!("../../queries/condense/usage.sql")),
];

/// What a bundle is made of.
pub struct Material<'a> {
    /// The lake at the commit.
    pub view: &'a View,
    /// The review, as its report shows it.
    pub review: &'a Review<'a>,
    /// Results of the checks.
    pub results: &'a [CheckResult],
    /// The configuration, as text.
    pub configuration: &'a str,
    /// Checks of the user's own: file and text.
    pub own_checks: &'a [(std::path::PathBuf, String)],
    /// The register of exceptions in force, as text; empty without entries.
    pub register: &'a str,
    /// What it says of itself; the outputs are filled in here.
    pub facts: Facts,
    /// Records that findings and holdings name, `table:id`, as the lake has them.
    pub named: &'a BTreeSet<String>,
    /// What of people is shown; the review is already covered by it.
    pub privacy: &'a Privacy,
    /// What passed each check, whose listings are in the bag already.
    pub passed: Passed,
    /// Parts that others made, such as those of a campaign: path below `data/`, what it holds, content, rows.
    pub parts: Vec<Part>,
    /// What those parts cannot show, a sentence each.
    pub limits: Vec<String>,
}

/// A file that was made elsewhere.
#[derive(Debug, Clone)]
pub struct Part {
    /// Path below `data/`.
    pub file: String,
    /// What it holds.
    pub what: String,
    /// The table, or text without rows.
    pub content: Content,
}

/// What a part consists of.
#[derive(Debug, Clone)]
pub enum Content {
    /// A table.
    Table(Table),
    /// Text.
    Text(String),
    /// A file as it came.
    Bytes(Vec<u8>),
}

/// Why a bundle could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The bag.
    #[error(transparent)]
    Bag(#[from] BagError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The report.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Identities with both sides.
struct Identity {
    name: String,
    left: i128,
    right: i128,
}

/// A bag with a list of what went in.
struct Filling<'a> {
    bag: &'a Bag,
    outputs: Vec<Output>,
}

impl Filling<'_> {
    fn text(&mut self, file: &str, what: &str, text: &str) -> Result<(), BagError> {
        self.add(file, what, text.as_bytes(), None, None)
    }

    /// A table; its hash total is told when the first column is an id.
    fn table(&mut self, file: &str, what: &str, table: &Table) -> Result<(), BagError> {
        let ids = table.header.first().is_some_and(|h| *h == "id" || *h == "record" || *h == "item_id");
        let total = ids.then(|| hash_total(table.rows.iter().filter_map(|r| r.first())));
        self.add(file, what, &table.csv(), Some(table.rows.len() as u64), total)
    }

    fn add(&mut self, file: &str, what: &str, bytes: &[u8], rows: Option<u64>, total: Option<u64>) -> Result<(), BagError> {
        self.bag.put(file, bytes)?;
        self.outputs.push(Output {
            file: file.into(),
            what: what.into(),
            rows,
            hash_total: total,
            sha256: sha256(bytes),
        });
        Ok(())
    }
}

/// Fills a bag; the facts come back with every output in them.
///
/// # Errors
/// When the disk is full, the lake is damaged or the report cannot be written.
pub fn fill(bag: &Bag, material: Material, signature: Option<&str>) -> Result<Facts, ComposeError> {
    let Material {
        view,
        review,
        results,
        configuration,
        own_checks,
        register,
        mut facts,
        named,
        privacy,
        passed,
        parts,
        mut limits,
    } = material;
    let (access, audience) = (review.access, &review.audience);
    let mut filling = Filling { bag, outputs: Vec::new() };
    report::write(review, &bag.payload())?;
    report_outputs(&mut filling, review)?;
    filling.outputs.extend(passed.outputs.iter().cloned());
    let (listed, left_out) = passed.rows();
    if left_out > 0 {
        limits.push(format!(
            "Of what passed, {listed} rows are listed, for each check those with the lowest ranks under the seed, and {left_out} are counted in `passed/passed.csv` and not listed (`--passed`)."
        ));
    }
    filling.table("passed/passed.csv", "index of what passed: one row a check", &passed_table(&passed))?;

    let size = facts.sampling.size;
    let wanted = |f: sample::Frequency| size.unwrap_or(f.size());
    let limits_of_removal = RemovalLimits::of(&review.thresholds);
    let populations = population::all(access, review.findings, review.period, audience, limits_of_removal, wanted);
    write_populations(&mut filling, &populations)?;
    write_samples(&mut filling, &populations, &facts.sampling.seed, wanted)?;
    write_test_sheets(&mut filling, &populations, review, &facts, wanted)?;

    let records = records::records(view, named, privacy)?;
    filling.table(
        "records.csv",
        "records that findings and holdings name, with the file and row that each came from",
        &records,
    )?;

    let books = books::books(view, &access.unknown_activities)?;
    for (name, what, table) in &books.files {
        filling.table(&format!("ipe/{name}"), what, table)?;
    }
    filling.table(
        "open-points.csv",
        "what rests on a word and not on proof, and what the sources lack",
        &open_points_table(review),
    )?;
    let arithmetic = arithmetic(&books.records, &populations, review, &passed);
    filling.table("arithmetic.csv", "identities that must hold, with both sides", &arithmetic)?;
    filling.table(
        "controls.csv",
        "controls, the checks that bear on them, and their rows in findings.csv",
        &controls(results),
    )?;
    filling.table(
        "ipe/spot-check.csv",
        "rows of the sample of held access, with the request that shows each in the directory",
        &spot_check(&populations, &facts, wanted),
    )?;
    write_lake(&mut filling, view)?;

    filling.text("configuration.toml", "the configuration in force, as it was given", configuration)?;
    for (path, text) in own_checks {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        filling.text(&format!("checks/{name}"), "a check of the user's own", text)?;
    }
    if !register.is_empty() {
        filling.text("exceptions.toml", "the register of exceptions in force, of files and of campaigns", register)?;
    }
    for (name, text) in QUERIES {
        filling.text(&format!("queries/{name}.sql"), "a query that condenses the logs", text)?;
    }
    filling.text(
        oscal::FILE,
        "findings as OSCAL assessment results 1.2.1",
        &oscal::document(&facts, results, audience),
    )?;
    filling.text(
        "narrative.md",
        "the control narrative",
        &words::narrative(&facts, &review.checks, &review.thresholds),
    )?;
    filling.text(
        "limits.md",
        "what this bundle cannot show",
        &words::limits(&facts, review, signature.is_some(), &limits),
    )?;
    filling.table(
        "control-tests.csv",
        "the four questions that controls over access ask, with the population that answers each, and the controls by framework",
        &control_tests::table(review, &populations),
    )?;
    filling.table(
        control_tests::APPROVALS,
        "each row of populations/grants.csv: whether it was approved before it was granted, and the records that show it",
        &control_tests::approvals(review, &populations),
    )?;
    filling.text("control-tests.md", "the same for people", &control_tests::page(review, &populations))?;
    if !facts.assertion.is_empty() {
        let page = control_tests::assertion(review, &facts.assertion, &populations);
        filling.text("assertion.md", "what management states, covered by the signature of the bundle", &page)?;
    }
    filling.text(
        "auditor-walk.md",
        "how to check all of this with tools that are not ours",
        &include_str!("../../docs/auditor-walk.md").replace("\r\n", "\n"),
    )?;
    filling.text("README.md", "where things are, and how to check them", &words::readme(&facts, signature))?;
    for part in parts {
        match part.content {
            Content::Table(table) => filling.table(&part.file, &part.what, &table)?,
            Content::Text(text) => filling.text(&part.file, &part.what, &text)?,
            Content::Bytes(bytes) => filling.add(&part.file, &part.what, &bytes, None, None)?,
        }
    }
    filling.table("schema/columns.csv", "the columns of each table", &schema(&filling.outputs, bag)?)?;
    filling.outputs.sort();
    facts.outputs = std::mem::take(&mut filling.outputs);
    let sheet = facts.markdown(&books, review);
    bag.put("ipe/ipe.json", facts.json().as_bytes())?;
    bag.put("ipe/ipe.md", sheet.as_bytes())?;
    Ok(facts)
}

/// What the report wrote, found on disk.
fn report_outputs(filling: &mut Filling, review: &Review) -> Result<(), ComposeError> {
    let own = format!("{}/", super::passed::FOLDER);
    for file in super::bag::files_below(&filling.bag.payload())?.into_iter().filter(|f| !f.starts_with(&own)) {
        let path = filling.bag.payload().join(&file);
        let (hash, _) = sha256_of_file(&path).map_err(LakeError::io("read", &path))?;
        filling.outputs.push(report_output(&file, hash, review));
    }
    Ok(())
}

/// What a file of a report holds.
#[must_use]
pub fn report_output(file: &str, sha256: String, review: &Review) -> Output {
    let (what, rows) = match file {
        "findings.csv" => ("every result of every check that is not 'pass'", Some(review.findings.len() as u64)),
        "holdings.csv" => ("every holding of the ledger, whenever it was held", Some(review.access.holdings.len() as u64)),
        "findings.parquet" | "findings.json" => ("the rows of findings.csv, exact: no text is protected, times are times", None),
        "holdings.parquet" | "holdings.json" => ("the rows of holdings.csv, exact: no text is protected, times are times", None),
        "index.html" => ("the report, to be opened first", None),
        _ => ("part of the report", None),
    };
    Output {
        file: file.into(),
        what: what.into(),
        rows,
        hash_total: None,
        sha256,
    }
}

fn write_populations(filling: &mut Filling, populations: &[Population]) -> Result<(), BagError> {
    let mut index = Table::new(&["population", "rows", "hash_total", "sha256", "what"]);
    for p in populations {
        filling.table(&format!("populations/{}.csv", p.name), &p.what, &p.table)?;
        index.rows.push(vec![
            p.name.to_string(),
            p.table.rows.len().to_string(),
            hash_total(p.members.iter().map(|m| &m.id)).to_string(),
            sha256(p.table.csv()),
            p.what.clone(),
        ]);
    }
    filling.table("populations/populations.csv", "index of the populations", &index)
}

fn write_samples(filling: &mut Filling, populations: &[Population], seed: &str, wanted: impl Fn(sample::Frequency) -> usize) -> Result<(), BagError> {
    let mut index = Table::new(&[
        "population",
        "seed",
        "frequency",
        "size",
        "periods_back",
        "stratum",
        "stratum_rows",
        "drawn",
        "population_sha256",
    ]);
    for p in populations {
        let Some(frequency) = p.frequency else { continue };
        let (strata, drawn) = sample::draw(&p.members, wanted(frequency), seed);
        let population = sha256(p.table.csv());
        index
            .rows
            .extend(strata.iter().map(|s| stratum_row(p, seed, frequency, wanted(frequency), s, &population)));
        let what = format!("drawn from populations/{}.csv", p.name);
        filling.table(&format!("samples/{}.csv", p.name), &what, &drawn_table(&drawn))?;
    }
    filling.table(
        "samples/samples.csv",
        "index of the samples: seed, strata, sizes, and the hash of each population",
        &index,
    )
}

/// A sheet for each sample: an item a row, what the records say of each attribute, and room for the auditor's mark.
fn write_test_sheets(
    filling: &mut Filling,
    populations: &[Population],
    review: &Review,
    facts: &Facts,
    wanted: impl Fn(sample::Frequency) -> usize,
) -> Result<(), ComposeError> {
    let tester = Tester::of(review);
    for p in populations {
        let Some(frequency) = p.frequency else { continue };
        let (_, drawn) = sample::draw(&p.members, wanted(frequency), &facts.sampling.seed);
        let sheet = tester.sheet(p, &drawn);
        let what = format!(
            "test sheet of samples/{}.csv: attributes with their evidence, and empty columns for the auditor",
            p.name
        );
        filling.table(&format!("samples/{}-test.csv", p.name), &what, &sheet)?;
        let book = test_sheet::workbook(p, &sheet, review.as_of)?;
        filling.add(&format!("samples/{}-test.xlsx", p.name), &what, &book, None, None)?;
    }
    Ok(())
}

fn stratum_row(p: &Population, seed: &str, frequency: sample::Frequency, size: usize, s: &Stratum, hash: &str) -> Vec<String> {
    vec![
        p.name.to_string(),
        seed.to_string(),
        frequency.word().to_string(),
        size.to_string(),
        s.back.to_string(),
        s.name.clone(),
        s.population.to_string(),
        s.drawn.to_string(),
        hash.to_string(),
    ]
}

/// A sample as a table.
#[must_use]
pub fn drawn_table(drawn: &[Drawn]) -> Table {
    let row = |d: &Drawn| {
        let m = &d.member;
        vec![m.id.clone(), m.stratum.clone(), m.back.to_string(), d.rank.clone()]
    };
    Table::of(&["id", "stratum", "periods_back", "rank"], drawn.iter().map(row))
}

fn open_points_table(review: &Review) -> Table {
    let row = |p: &OpenPoint| {
        let kind = if p.is_lack { "missing" } else { "on a word" };
        vec![p.code.to_string(), p.count.to_string(), kind.to_string(), p.text.clone()]
    };
    let points = open_points(review);
    Table::of(&["code", "count", "kind", "text"], points.iter().map(row))
}

fn passed_table(passed: &Passed) -> Table {
    let row = |c: &Count| {
        let file = format!("{}/{}.csv", super::passed::FOLDER, c.check);
        let hash = passed.outputs.iter().find(|o| o.file == file).map(|o| o.sha256.clone());
        vec![c.check.to_string(), c.listed.to_string(), c.left_out.to_string(), hash.unwrap_or_default()]
    };
    Table::of(&["check", "rows", "left_out", "sha256"], passed.counts.iter().map(row))
}

/// What must tie, whoever computes it.
fn arithmetic(records: &[i64; 5], populations: &[Population], review: &Review, passed: &Passed) -> Table {
    let rows = |name: &str| populations.iter().find(|p| p.name == name).map_or(0, |p| p.table.rows.len() as i128);
    let [read, kept, duplicate, rejected, unmapped] = records.map(i128::from);
    let found = review.findings.iter().filter(|f| f.result == crate::model::Verdict::Finding).count() as i128;
    let mut identities = vec![
        Identity {
            name: "read = kept + duplicate + rejected + unmapped (sum of ipe/sources.csv)".into(),
            left: read,
            right: kept + duplicate + rejected + unmapped,
        },
        Identity {
            name: "opening + joined - left = held (rows of populations)".into(),
            left: rows("opening") + rows("joined") - rows("left"),
            right: rows("held"),
        },
        Identity {
            name: "open-findings = rows of findings.csv with the result 'finding'".into(),
            left: rows("open-findings"),
            right: found,
        },
    ];
    identities.extend(passed.counts.iter().map(|c| Identity {
        name: format!("{0}: passed (controls.csv, right) = rows + left_out of {0} in passed/passed.csv", c.check),
        left: c.passed as i128,
        right: i128::from(c.listed) + i128::from(c.left_out),
    }));
    let row = |i: &Identity| {
        let holds = if i.left == i.right { "yes" } else { "no" };
        vec![i.name.clone(), i.left.to_string(), i.right.to_string(), holds.to_string()]
    };
    Table::of(&["identity", "left", "right", "holds"], identities.iter().map(row))
}

/// From each control to its checks and their rows.
fn controls(results: &[CheckResult]) -> Table {
    let mut rows: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for result in results {
        for control in result.check.served() {
            let n = Verdicts::of(&result.findings);
            let fingerprints: BTreeSet<&str> = result
                .findings
                .iter()
                .filter(|f| f.result == crate::model::Verdict::Finding)
                .map(|f: &Finding| f.fingerprint.as_str())
                .collect();
            let cells = vec![
                control.framework.to_string(),
                control.id.to_string(),
                result.check.id.to_string(),
                result.population.to_string(),
                result.passed.to_string(),
                n.findings.to_string(),
                n.exceptions.to_string(),
                n.not_evaluable.to_string(),
                n.shared(result.population, result.passed).unwrap_or_default().to_string(),
                fingerprints.into_iter().collect::<Vec<_>>().join(" "),
            ];
            rows.insert((control.framework, control.id, result.check.id.as_str()), cells);
        }
    }
    let header = [
        "framework",
        "control",
        "check",
        "in_question",
        "right",
        "findings",
        "exceptions",
        "not_evaluable",
        "share_a_row",
        "fingerprints",
    ];
    Table::of(&header, rows.into_values())
}

/// The sample of held access with the request that shows each row in the directory today.
fn spot_check(populations: &[Population], facts: &Facts, wanted: impl Fn(sample::Frequency) -> usize) -> Table {
    let header = ["id", "principal_id", "entitlement_kind", "entitlement_id", "assignment_id", "ask_the_directory"];
    let Some(p) = populations.iter().find(|p| p.name == "held") else {
        return Table::new(&header);
    };
    let (_, drawn) = sample::draw(&p.members, p.frequency.map_or(0, wanted), &facts.sampling.seed);
    let by_id: BTreeMap<&str, &Vec<String>> = p.table.rows.iter().filter_map(|r| Some((r.first()?.as_str(), r))).collect();
    let column = |name: &str| p.table.header.iter().position(|h| *h == name).unwrap_or_default();
    let row = |d: &Drawn| {
        let row = by_id.get(d.member.id.as_str())?;
        let cell = |name: &str| row.get(column(name)).cloned().unwrap_or_default();
        let (principal, kind) = (cell("principal_id"), cell("entitlement_kind"));
        let (entitlement, assignment) = (cell("entitlement_id"), cell("assignment_id"));
        let resource = entitlement.split(['/', '|']).next().unwrap_or_default().to_string();
        let ask = match kind.as_str() {
            "access_package" if !assignment.is_empty() => format!("GET /identityGovernance/entitlementManagement/assignments/{assignment}"),
            "access_package" => {
                format!(
                    "GET /identityGovernance/entitlementManagement/assignments?$filter=accessPackage/id eq '{resource}' and target/objectId eq '{principal}'"
                )
            }
            "group" => format!("GET /groups/{resource}/members?$filter=id eq '{principal}'"),
            "app_role" => format!("GET /servicePrincipals/{resource}/appRoleAssignedTo?$filter=principalId eq {principal}"),
            "directory_role" => {
                format!("GET /roleManagement/directory/roleAssignments?$filter=principalId eq '{principal}' and roleDefinitionId eq '{resource}'")
            }
            _ => String::new(),
        };
        Some(vec![d.member.id.clone(), principal, kind, entitlement, assignment, ask])
    };
    Table::of(&header, drawn.iter().filter_map(row))
}

fn write_lake(filling: &mut Filling, view: &View) -> Result<(), BagError> {
    filling.text(
        "lake/checkpoint.txt",
        "the commit log in three lines: origin, number of commits, root of the tree (C2SP tlog-checkpoint)",
        &view.checkpoint().text(),
    )?;
    let commits = view.log().iter().zip(view.leaves()).map(|((id, commit), leaf)| {
        vec![
            commit.sequence.to_string(),
            id.clone(),
            hex::encode(leaf),
            commit.at.clone(),
            commit.added.len().to_string(),
            commit.removed.len().to_string(),
        ]
    });
    let header = ["sequence", "commit_id", "leaf_hash", "at", "files_added", "files_dropped"];
    filling.table(
        "lake/log.csv",
        "each commit with its hash (SHA-256 of its file) and its leaf in the tree (SHA-256 of 0x00 and its file)",
        &Table::of(&header, commits),
    )?;
    let files = view.live().map(|f| {
        vec![
            f.path.clone(),
            f.table.name().to_string(),
            f.rows.to_string(),
            f.bytes.to_string(),
            f.sha256.clone(),
        ]
    });
    filling.table(
        "lake/files.csv",
        "each file of the lake that was read",
        &Table::of(&["path", "table", "rows", "bytes", "sha256"], files),
    )?;
    if let Some((_, commit)) = view.log().last() {
        filling.text("lake/commit.json", "the newest commit, as it is hashed", &commit.text())?;
    }
    Ok(())
}

/// The header of each table that is in the bag.
fn schema(outputs: &[Output], bag: &Bag) -> Result<Table, LakeError> {
    let mut table = Table::new(&["file", "position", "column", "kind"]);
    for output in outputs.iter().filter(|o| std::path::Path::new(&o.file).extension().is_some_and(|e| e == "csv")) {
        let path = bag.payload().join(&output.file);
        let mut header = String::new();
        let file = std::fs::File::open(&path).map_err(LakeError::io("read", &path))?;
        BufReader::new(file).read_line(&mut header).map_err(LakeError::io("read", &path))?;
        for (i, name) in header.trim_end().split(',').enumerate() {
            let kind = match output.file.as_str() {
                "findings.csv" => FINDINGS.iter().find(|c| c.name == name).map(|c| format!("{:?}", c.kind).to_lowercase()),
                "holdings.csv" => HOLDINGS.iter().find(|c| c.name == name).map(|c| format!("{:?}", c.kind).to_lowercase()),
                _ => None,
            };
            table
                .rows
                .push(vec![output.file.clone(), (i + 1).to_string(), name.to_string(), kind.unwrap_or("text".into())]);
        }
    }
    table.rows.sort_by(|a, b| (&a[0], a[1].len(), &a[1]).cmp(&(&b[0], b[1].len(), &b[1])));
    Ok(table)
}
