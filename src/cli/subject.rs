//! `lake subject`: everything that the lake holds about one person, for whoever has to answer them.

use crate::check;
use crate::cli::bundle::replace_private;
use crate::cli::evidence_args::SubjectArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output, select};
use crate::config::Config;
use crate::evidence::bag::files_below;
use crate::lake::View;
use crate::lake::about::{about, names};
use crate::lake::store::create_private_dirs;
use crate::lake::table::Table;
use crate::ledger::AccessModel;
use crate::model::{Finding, PrincipalId};
use crate::report::columns::{self, Form};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Writes what is held about a person into a folder: their holdings, and every row that names them.
pub fn run(args: &SubjectArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let access = &question.access;
    let id = select::resolve("principal", &args.who, &select::principals(access))?.id;
    let principal = PrincipalId::new(&id);
    let mut forms = vec![id.to_lowercase()];
    if let Some(person) = access.people.get(&principal) {
        forms.extend([person.upn, person.mail].iter().map(|f| f.to_lowercase()).filter(|f| f.len() > 2));
        forms.dedup();
    }
    let folder = open::lake_dir(&args.lake).join("campaigns");
    let own = own(&question.view, &folder, &forms)?;
    if args.out.exists() && std::fs::read_dir(&args.out).map_or(true, |mut d| d.next().is_some()) {
        return Err(Failure::usage(format!(
            "{} is there and is not an empty folder; name a new one",
            args.out.display()
        )));
    }
    create_private_dirs(&args.out)?;
    let held: Vec<_> = access.holdings.iter().filter(|h| h.principal == principal).map(|h| (h, "")).collect();
    let holdings = columns::holdings(&held, Form::Json).map_err(Failure::usage)?;
    replace_private(&args.out.join("holdings.json"), &holdings)?;
    let results = check::run(access, &question.config, None);
    let found: Vec<Finding> = results.into_iter().flat_map(|r| r.findings).filter(|f| f.subject_id == id).collect();
    let findings = columns::findings(&found, Form::Json).map_err(Failure::usage)?;
    replace_private(&args.out.join("findings.json"), &findings)?;
    let accounts: Vec<String> = linked(access, &question.config, &principal).iter().map(|upn| plain(upn)).collect();
    let linked = if accounts.is_empty() {
        String::new()
    } else {
        format!(
            "\nBy their names these are other accounts of the same person, and each is asked for by itself: {}.",
            accounts.join(", ")
        )
    };
    let mut told = format!(
        "# What is held about {}\n\nLooked for: {}.\nAs of {}, commit {} of the lake.\n\n\
         `holdings.json` has the {} holdings that the ledger concludes, `findings.json` the {} findings about the person; each other file has the stored rows of a table, or the records of review campaigns and of runs of checks, that name the person or one of the {} assignments, requests and review items of the person, one a line.\n\
         A display name is not looked for, since others may have the same one.{linked}\n\
         Rows name other people too (approvers, administrators): look through them before they are handed over.\n\n\
         | table | rows that name the person | rows looked at |\n|---|---|---|\n",
        plain(&args.who),
        forms.iter().map(|f| plain(f)).collect::<Vec<_>>().join(", "),
        access.as_of,
        question.commit,
        held.len(),
        found.len(),
        own.len()
    );
    forms.extend(own);
    let mut total = 0;
    for table in Table::ALL {
        let named = about(&question.view, *table, &forms)?;
        if named.looked_at == 0 {
            continue;
        }
        total += named.rows.len();
        // Writing to a string cannot fail.
        let _ = writeln!(told, "| {} | {} | {} |", table.name(), named.rows.len(), named.looked_at);
        if !named.rows.is_empty() {
            let lines: String = named.rows.iter().map(|row| format!("{row}\n")).collect();
            replace_private(&args.out.join(format!("{}.jsonl", table.name())), lines.as_bytes())?;
        }
    }
    for (name, folder) in [("campaigns", folder), ("runs-of-checks", open::lake_dir(&args.lake).join("findings"))] {
        let (lines, looked_at) = campaigns(&folder, &forms)?;
        if looked_at > 0 {
            total += lines.len();
            let _ = writeln!(told, "| {name} | {} | {looked_at} |", lines.len());
            if !lines.is_empty() {
                replace_private(&args.out.join(format!("{name}.jsonl")), lines.concat().as_bytes())?;
            }
        }
    }
    replace_private(&args.out.join("README.md"), told.as_bytes())?;
    output::say(&format!(
        "{} holdings and {total} rows about {}; open {}",
        held.len(),
        args.who,
        args.out.join("README.md").display()
    ));
    Ok(Exit::Done)
}

/// Ids of what is the person's own: assignments with the subject that they are given to, requests, items of reviews.
///
/// Approvals, events, looks and decisions tell of these without naming the person.
fn own(view: &View, folder: &Path, forms: &[String]) -> Result<BTreeSet<String>, Failure> {
    let mut ids = BTreeSet::new();
    let mut take = |record: &Value, who: &[&str], what: &[&str]| {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        if who.iter().any(|name| forms.contains(&text(name))) {
            ids.extend(what.iter().map(|name| text(name)).filter(|id| !id.is_empty()));
        }
    };
    for (table, who, what) in [
        (Table::Assignments, &["target_id", "target_upn"][..], &["id", "target_subject_id"][..]),
        (Table::Requests, &["requestor_id", "requestor_upn", "target_id"], &["id", "assignment_id"]),
    ] {
        for row in about(view, table, forms)?.rows {
            take(&serde_json::from_str(&row).unwrap_or_default(), who, what);
        }
    }
    for line in campaigns(folder, forms)?.0 {
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        take(&line["record"], &["principal_id"], &["id"]);
    }
    Ok(ids)
}

/// Principal names of other accounts that belong to the person by their names.
fn linked(access: &AccessModel, config: &Config, person: &PrincipalId) -> Vec<String> {
    let Some(upn) = access.people.get(person).map(|p| p.upn) else {
        return Vec::new();
    };
    let others = access.people.iter().filter(|(id, _)| *id != person).map(|(_, p)| p.upn);
    let mut found: Vec<String> = others
        .filter(|other| config.admin_accounts.linked(&upn, other))
        .map(|u| u.to_string())
        .collect();
    found.sort();
    found
}

/// Records of review campaigns or of runs of checks that name the person, each with the file that it stands in, and how many there are.
fn campaigns(root: &Path, forms: &[String]) -> Result<(Vec<String>, u64), Failure> {
    let (mut lines, mut looked_at) = (Vec::new(), 0);
    if !root.is_dir() {
        return Ok((lines, 0));
    }
    for file in files_below(root)? {
        let path = root.join(&file);
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::unusable(format!("cannot read {}: {e}", path.display())))?;
        let records: Vec<&str> = if file.ends_with(".jsonl") { text.lines().collect() } else { vec![&text] };
        for record in records {
            looked_at += 1;
            let value: Value = serde_json::from_str(record).unwrap_or_else(|_| Value::from(record));
            if names(&value, forms) {
                lines.push(format!("{}\n", serde_json::json!({ "file": file, "record": value })));
            }
        }
    }
    Ok((lines, looked_at))
}

/// Text in a line of Markdown.
fn plain(text: &str) -> String {
    let shown = crate::model::shown::visible(text);
    shown
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '|' | '<' | '>' | '`' | '[' | ']') {
                ' '
            } else {
                c
            }
        })
        .collect()
}
