//! What one file of a bundle says of another: indexes and their listings, sums, answers of control tests, the tag file and the sheet.

use crate::evidence::bag::AGENT;
use crate::evidence::facts::Facts;
use crate::evidence::read::{Line, Read};
use crate::evidence::table::sha256_of_file;
use crate::evidence::verify::one;
use crate::lake::parquet_io;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each listing of what passed has the rows and the hash that its index tells, and none lies beside the index.
pub fn passed(dir: &Path) -> Result<String, Vec<String>> {
    let folder = dir.join("data").join(super::passed::FOLDER);
    let index = Read::file(&folder.join("passed.csv")).map_err(one)?;
    let mut wrong = Vec::new();
    let mut told = BTreeSet::from(["passed.csv".to_string()]);
    let (mut rows, mut left_out) = (0, 0);
    for row in index.rows() {
        let check = row.get("check");
        let listed: u64 = row.number("rows").map_err(one)?;
        // The index of an earlier version has no such column: it left nothing out.
        if !row.get("left_out").is_empty() {
            left_out += row.number::<u64>("left_out").map_err(one)?;
        }
        if listed == 0 {
            continue;
        }
        rows += listed;
        let name = format!("{check}.csv");
        let path = folder.join(&name);
        let (is, _) = sha256_of_file(&path).map_err(|e| one(format!("passed/{name}: {e}")))?;
        let (count, _) = Read::tally(&path).map_err(one)?;
        if is != row.get("sha256") || count != listed {
            wrong.push(format!(
                "passed/{name} is not the listing of {listed} rows that passed/passed.csv names, it has {count}"
            ));
        }
        told.insert(name);
    }
    for entry in fs::read_dir(&folder).map_err(|e| one(format!("passed: {e}")))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !told.contains(&name) {
            wrong.push(format!("passed/{name} is no listing of passed/passed.csv"));
        }
    }
    let out = match left_out {
        0 => String::new(),
        n => format!("; {n} rows are counted and not listed"),
    };
    if wrong.is_empty() {
        Ok(format!(
            "passed: {} listings with {rows} rows are those that passed/passed.csv names{out}",
            told.len() - 1
        ))
    } else {
        Err(wrong)
    }
}

/// Each answer of the control tests stands as often in the listing that they name.
pub fn controls(dir: &Path) -> Result<String, Vec<String>> {
    let data = dir.join("data");
    let tests = Read::file(&data.join("control-tests.csv")).map_err(one)?;
    let mut answers: BTreeMap<(&str, &str), BTreeMap<&str, u64>> = BTreeMap::new();
    let mut questions = BTreeSet::new();
    for row in tests.rows().filter(|row| !row.get("listing").is_empty()) {
        questions.insert(row.get("question"));
        let of_them = row.number("of_them").map_err(one)?;
        answers
            .entry((row.get("listing"), row.get("column")))
            .or_default()
            .insert(row.get("answer"), of_them);
    }
    let mut wrong = Vec::new();
    for ((listing, column), told) in &answers {
        let plain = !listing.starts_with('/') && listing.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !plain {
            return Err(one(format!("control-tests.csv names '{listing}', which is no listing of the bundle")));
        }
        let rows = Read::file(&data.join(listing)).map_err(one)?;
        let counted = counted(&rows, column);
        for (answer, n) in told {
            let there = counted.get(*answer).copied().unwrap_or_default();
            if there != *n {
                wrong.push(format!(
                    "control-tests.csv tells {n} of '{answer}', and {listing} has {there} in the column {column}"
                ));
            }
        }
        if counted.values().sum::<u64>() != told.values().sum::<u64>() {
            wrong.push(format!(
                "control-tests.csv does not tell every answer that {listing} has in the column {column}"
            ));
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "control tests: the answers of {} questions stand so in their listings",
            questions.len()
        ))
    } else {
        Err(wrong)
    }
}

/// How often each answer stands in a column.
fn counted(rows: &Read, column: &str) -> BTreeMap<String, u64> {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows.rows() {
        *counted.entry(row.get(column).to_string()).or_default() += 1;
    }
    counted
}

/// What of the bundle its tag file `bag-info.txt` names is what its sheet of information says: no copy of a payload covers it.
pub fn named(dir: &Path, facts: &Facts) -> Result<String, Vec<String>> {
    let info = fs::read_to_string(dir.join("bag-info.txt")).map_err(|e| one(format!("bag-info.txt: {e}")))?;
    let expected: [(&str, String); 3] = [
        ("External-Identifier", format!("vouchsafe:{}:{}:{}", facts.tenant, facts.commit, facts.as_of)),
        ("Bagging-Date", facts.generated_at.chars().take(10).collect()),
        (AGENT, format!("vouchsafe {}", facts.tool.version)),
    ];
    let lacks = |(label, value): &(&str, String)| {
        let line = format!("{label}: {value}");
        (!info.lines().any(|l| l == line)).then(|| format!("bag-info.txt does not say '{line}', which the sheet of information does"))
    };
    let wrong: Vec<String> = expected.iter().filter_map(lacks).collect();
    if wrong.is_empty() {
        Ok("bag-info.txt: tenant, commit, instant, date and program are those of the sheet of information".into())
    } else {
        Err(wrong)
    }
}

/// Listings of one file that another file of the bundle tells, too.
pub fn listings(dir: &Path) -> Result<String, Vec<String>> {
    let data = dir.join("data");
    let read = |name: String| Read::file(&data.join(name)).map_err(one);
    let mut wrong = Vec::new();
    for name in ["findings", "holdings"] {
        let (rows, _) = Read::tally(&data.join(format!("{name}.csv"))).map_err(one)?;
        let exact = parquet_io::rows_in(&data.join(format!("{name}.parquet"))).map_err(|e| one(e.to_string()))?;
        if rows != exact {
            wrong.push(format!("{name}.csv has {rows} rows, and {name}.parquet {exact}"));
        }
    }
    let known: BTreeSet<String> = read("holdings.csv".into())?.rows().map(holding).collect();
    for name in ["held", "opening", "joined", "left", "grants", "ends"] {
        let strange = read(format!("populations/{name}.csv"))?
            .rows()
            .filter(|r| !known.contains(&holding(*r)))
            .count();
        if strange > 0 {
            wrong.push(format!("{strange} rows of populations/{name}.csv are of no row of holdings.csv"));
        }
    }
    let index = read("populations/populations.csv".into())?;
    for row in index.rows() {
        let (name, told) = (row.get("population"), row.number::<u64>("rows").map_err(one)?);
        let (there, total) = Read::tally(&data.join(format!("populations/{name}.csv"))).map_err(one)?;
        if there != told || total.to_string() != row.get("hash_total") {
            wrong.push(format!(
                "populations/{name}.csv is not the listing of {told} rows that populations.csv names, it has {there}"
            ));
        }
    }
    for row in read("samples/samples.csv".into())?.rows() {
        let (name, stratum, back) = (row.get("population"), row.get("stratum"), row.get("periods_back"));
        let told: usize = row.number("stratum_rows").map_err(one)?;
        let of_it = |r: &Line| r.get("stratum") == stratum && r.get("periods_back") == back;
        let there = read(format!("populations/{name}.csv"))?.rows().filter(of_it).count();
        if there != told {
            wrong.push(format!(
                "samples.csv tells {told} rows of '{stratum}' in populations/{name}.csv, which has {there}"
            ));
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "listings: {} populations, their strata, holdings and findings tie with one another",
            index.count()
        ))
    } else {
        Err(wrong)
    }
}

/// By what a row tells the holding that it is of.
fn holding(row: Line) -> String {
    ["principal_id", "entitlement_kind", "entitlement_id", "held_from", "assignment_id"]
        .map(|column| row.get(column))
        .join("|")
}

/// The sums of `arithmetic.csv` and `controls.csv` are those of the files that they are about.
pub fn sums(dir: &Path) -> Result<String, Vec<String>> {
    let read = |name: &str| Read::file(&dir.join("data").join(name)).map_err(one);
    let (arithmetic, passed, controls) = (read("arithmetic.csv")?, read("passed/passed.csv")?, read("controls.csv")?);
    let mut wrong = Vec::new();
    let mut records: i64 = 0;
    for row in read("ipe/sources.csv")?.rows() {
        records += row.number::<i64>("read").map_err(one)?;
    }
    let told = arithmetic.rows().find(|r| r.get("identity").starts_with("read = kept"));
    if told.is_none_or(|r| r.get("left") != records.to_string()) {
        wrong.push(format!("ipe/sources.csv has {records} records read, and arithmetic.csv another sum"));
    }
    for row in passed.rows() {
        let check = row.get("check");
        // The index of an earlier version has no such column: it left nothing out.
        let left_out = if row.get("left_out").is_empty() {
            0
        } else {
            row.number::<u64>("left_out").map_err(one)?
        };
        let n = (row.number::<u64>("rows").map_err(one)? + left_out).to_string();
        let begin = format!("{check}: passed");
        let of_sums = arithmetic.rows().filter(|r| r.get("identity").starts_with(&begin)).map(|r| r.get("right"));
        let of_controls = controls.rows().filter(|r| r.get("check") == check).map(|r| r.get("right"));
        if let Some(other) = of_sums.chain(of_controls).find(|told| *told != n) {
            wrong.push(format!(
                "{n} passed {check} by passed/passed.csv, and {other} by arithmetic.csv or controls.csv"
            ));
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "sums: {records} records read, and how many passed each of {} checks, are told alike",
            passed.count()
        ))
    } else {
        Err(wrong)
    }
}
