//! Published exports, when they are at hand: nothing crashes, and all is counted.

use super::sink::{options, run};
use crate::ingest::IngestError;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    std::env::var_os("VOUCHSAFE_REAL_DATA").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real"), PathBuf::from)
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Records of many tenants in one file: each by itself.
fn line_by_line(path: &Path, told: &mut String) {
    let text = std::fs::read_to_string(path).expect("text");
    let folder = tempfile::tempdir().expect("a folder");
    for (index, line) in text.lines().filter(|l| !l.trim().is_empty()).enumerate() {
        let one = folder.path().join(format!("{index}.json"));
        std::fs::write(&one, line).expect("a file");
        match run(&[one], &options()) {
            Ok((report, memory)) => {
                let _ = writeln!(
                    told,
                    "    line {index}: kept {} audit {} sign_ins {:?}",
                    report.kept,
                    memory.audit.len(),
                    memory.sign_ins.iter().map(|s| (&s.stream, s.at)).collect::<Vec<_>>()
                );
            }
            Err(IngestError::NothingUsable(found)) => {
                let _ = writeln!(told, "    line {index}: {}", found[0].1);
            }
            Err(error) => panic!("line {index} of {}: {error}", path.display()),
        }
    }
}

/// One file at a time, since the collection holds records of many tenants.
#[test]
fn published_exports_are_counted_to_the_last_record() {
    let folder = folder();
    let mut all = Vec::new();
    files(&folder, &mut all);
    if all.is_empty() {
        let notice = format!("SKIPPED: no published exports in {}; set VOUCHSAFE_REAL_DATA\n", folder.display());
        // Written past the capture of test output, since a silent skip would pass for a pass.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), notice.as_bytes());
        return;
    }
    let mut told = String::new();
    for path in &all {
        let shown = path.strip_prefix(&folder).unwrap_or(path).display();
        match run(std::slice::from_ref(path), &options()) {
            Ok((report, memory)) => {
                let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
                for object in &memory.objects {
                    *rows.entry(object.table).or_default() += 1;
                }
                rows.extend([("audit_events", memory.audit.len()), ("sign_ins", memory.sign_ins.len())]);
                rows.retain(|_, count| *count > 0);
                let _ = writeln!(
                    told,
                    "{shown}: read {} kept {} dup {} rejected {} unmapped {} confl {} | {rows:?}",
                    report.read, report.kept, report.duplicate, report.rejected, report.unmapped, report.conflicting
                );
                for source in &report.sources {
                    let _ = writeln!(told, "    {} {:?}", source.format, source.note);
                }
                for look in &memory.snapshots {
                    let _ = writeln!(
                        told,
                        "    look {}/{} {} rows {} {:?} {}",
                        look.collection, look.scope, look.observed_at, look.rows, look.reason, look.complete
                    );
                }
                for gap in &report.gaps {
                    let _ = writeln!(told, "    gap {} {:?}", gap.subject, gap.reason);
                }
                let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
                for reject in &memory.rejects {
                    *reasons.entry((&reject.verdict, &reject.reason)).or_default() += 1;
                }
                for ((verdict, reason), count) in reasons {
                    let _ = writeln!(told, "    {verdict} x{count}: {reason}");
                }
            }
            Err(error @ IngestError::NothingUsable(_)) => {
                let _ = writeln!(told, "{shown}: {error}");
            }
            Err(error @ IngestError::TwoTenants { .. }) => {
                let _ = writeln!(told, "{shown}: {error}");
                line_by_line(path, &mut told);
            }
            Err(error) => panic!("{shown}: {error}"),
        }
    }
    let whole = folder.join("jupiterone-graph-azure");
    if let Ok((report, memory)) = run(&[whole], &options()) {
        assert!(report.snapshots > 20, "looks are dated by their folders");
        for look in &memory.snapshots {
            let _ = writeln!(told, "{look:?}");
        }
    }
    if let Some(place) = std::env::var_os("VOUCHSAFE_REAL_REPORT") {
        std::fs::write(place, &told).expect("the report is written");
    }
}
