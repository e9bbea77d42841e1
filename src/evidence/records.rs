//! The records behind rows: for each `table:id` that a finding or holding names, where it came from and what it says in short.

use crate::evidence::table::Table;
use crate::lake::records::{AuditEvent, Sighting, SignIn, Source};
use crate::lake::{LakeError, View};
use crate::model::Instant;
use crate::report::privacy::Privacy;
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &[&str] = &[
    "record",
    "at",
    "last_seen",
    "looks",
    "what",
    "result",
    "actor",
    "targets",
    "content_hash",
    "source_sha256",
    "source_path",
    "source_row",
];

/// One row for each event, and one for each content that an object had; what no table has is told as missing.
///
/// # Errors
/// When a file of the lake is missing or damaged.
pub fn records(view: &View, wanted: &BTreeSet<String>, privacy: &Privacy) -> Result<Table, LakeError> {
    let mut by_table: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for reference in wanted {
        let (table, id) = reference.split_once(':').unwrap_or(("", reference));
        by_table.entry(table).or_default().insert(id);
    }
    // One content may have been read under several names: each of them holds the record.
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in view.rows::<Source>()? {
        paths.entry(source.sha256).or_default().insert(source.path);
    }
    let path = |source: &str| {
        let all: Vec<&str> = paths.get(source).into_iter().flatten().map(String::as_str).collect();
        all.join("; ")
    };
    let none = BTreeSet::new();
    let ids = |table: &str| by_table.get(table).unwrap_or(&none);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for e in view.rows_where::<AuditEvent>("id", ids("audit_events"))? {
        let actor = e.actor_id.clone().or(e.actor_upn.clone()).or(e.actor_name.clone()).unwrap_or_default();
        let target = |t: &crate::lake::records::AuditTarget| format!("{} {}", t.kind.as_deref().unwrap_or_default(), t.id.as_deref().unwrap_or_default());
        let targets: Vec<String> = e.targets.iter().map(|t| target(t).trim().to_string()).collect();
        rows.push(vec![
            format!("audit_events:{}", e.id),
            time(e.at),
            String::new(),
            String::new(),
            e.activity,
            e.result.unwrap_or_default(),
            actor,
            targets.join("; "),
            e.content_hash,
            path(&e.source),
            e.source,
            e.source_row.to_string(),
        ]);
    }
    for s in view.rows_where::<SignIn>("id", ids("sign_ins"))? {
        rows.push(vec![
            format!("sign_ins:{}", s.id),
            time(s.at),
            String::new(),
            String::new(),
            format!("sign-in, {}", s.stream),
            s.error_code.map(|c| c.to_string()).unwrap_or_default(),
            s.user_id.or(s.sp_id).unwrap_or_default(),
            s.resource_name.unwrap_or_default(),
            s.content_hash,
            path(&s.source),
            s.source,
            s.source_row.to_string(),
        ]);
    }
    rows.extend(objects(view, &by_table, path)?);
    for row in &mut rows {
        // The path stands before the hash while both are at hand; the columns have it the other way.
        row.swap(9, 10);
    }
    let found: BTreeSet<String> = rows.iter().map(|r| r[0].clone()).collect();
    for missing in wanted.difference(&found) {
        let mut row = vec![String::new(); COLUMNS.len()];
        row[0].clone_from(missing);
        // What is covered is no record of a source: it is told whole elsewhere.
        row[4] = match missing.starts_with("coverage:") {
            true => "the time that is covered: ipe/coverage.csv and ipe/looks.csv".into(),
            false => "not in the lake at this commit".into(),
        };
        rows.push(row);
    }
    rows.sort();
    for row in &mut rows {
        for cell in [0, 6, 7] {
            row[cell] = privacy.text(&row[cell]);
        }
    }
    Ok(Table::of(COLUMNS, rows))
}

/// Contents of objects, with the first and the last look at which each was there.
fn objects(view: &View, wanted: &BTreeMap<&str, BTreeSet<&str>>, path: impl Fn(&str) -> String) -> Result<Vec<Vec<String>>, LakeError> {
    let ids: BTreeSet<&str> = wanted
        .iter()
        .filter(|(table, _)| !matches!(**table, "audit_events" | "sign_ins"))
        .flat_map(|(_, ids)| ids)
        .copied()
        .collect();
    let mut contents: BTreeMap<(String, String), Vec<Sighting>> = BTreeMap::new();
    for s in view.rows_where::<Sighting>("object_id", &ids)? {
        if wanted.get(s.collection.as_str()).is_some_and(|ids| ids.contains(s.object_id.as_str())) {
            let record = format!("{}:{}", s.collection, s.object_id);
            contents.entry((record, s.content_hash.to_string())).or_default().push(s);
        }
    }
    let mut rows = Vec::new();
    for ((record, content), mut looks) in contents {
        looks.sort_by(|a, b| (a.observed_at, &a.source, a.source_row).cmp(&(b.observed_at, &b.source, b.source_row)));
        let (Some(first), Some(last)) = (looks.first(), looks.last()) else { continue };
        let collection = first.collection;
        rows.push(vec![
            record,
            first.observed_at.to_string(),
            last.observed_at.to_string(),
            looks.len().to_string(),
            format!("content of {collection}"),
            String::new(),
            String::new(),
            String::new(),
            content,
            path(&first.source),
            first.source.to_string(),
            first.source_row.to_string(),
        ]);
    }
    Ok(rows)
}

fn time(at: Option<Instant>) -> String {
    at.map(|t| t.to_string()).unwrap_or_default()
}
