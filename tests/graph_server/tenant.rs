//! The tenant that is served: the newest look and the logs of what `vouchsafe synth` wrote.
//!
//! Only the places of records are kept in memory, so that a tenant of any size can be served.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{json, when};

/// Where a record lies, and when it happened (logs only).
#[derive(Clone, Copy)]
pub struct Record {
    file: u32,
    at: u64,
    length: u32,
    /// Microseconds since 1970; 0 for what is no log.
    pub time: i64,
    /// Which stream of sign-ins; 0 for everything else.
    pub stream: u8,
}

/// The streams of sign-ins, as `signInEventTypes` names them.
pub const STREAMS: [&str; 4] = ["interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"];

/// All collections by their path below the version.
pub struct Tenant {
    files: Vec<File>,
    collections: BTreeMap<String, Vec<Record>>,
    /// The id of the tenant.
    pub id: String,
    /// The end of its history, in seconds since 1970.
    pub until: i64,
}

impl Tenant {
    /// Opens what `synth` wrote below `export`.
    pub fn open(export: &Path) -> Self {
        let mut tenant = Self {
            files: Vec::new(),
            collections: BTreeMap::new(),
            id: String::new(),
            until: 0,
        };
        let coverage = fs::read_to_string(export.join("coverage.toml")).expect("synth names the tenant");
        tenant.id = coverage.split('"').nth(1).expect("a tenant id").to_owned();
        let until = coverage.rsplit("until = \"").next().and_then(|u| u.split('"').next());
        tenant.until = until.and_then(when::parse).expect("synth says until when") / 1_000_000;
        for path in listed(&export.join("audit")).into_iter().chain(listed(&export.join("signins"))) {
            tenant.log(&path);
        }
        let newest = listed(&export.join("looks")).pop().expect("a look");
        for path in listed(&newest) {
            tenant.page(&path);
        }
        // Newest first, as Graph gives its logs; ties in the order of the files.
        for records in tenant.collections.values_mut() {
            records.sort_by_key(|r| std::cmp::Reverse(r.time));
        }
        tenant.instances();
        tenant
    }

    /// A collection, if the tenant has it.
    pub fn collection(&self, key: &str) -> Option<&[Record]> {
        self.collections.get(key).map(Vec::as_slice)
    }

    /// The keys of all collections.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.collections.keys().map(String::as_str)
    }

    /// The text of a record.
    pub fn text(&self, record: Record) -> Vec<u8> {
        let mut text = vec![0; record.length as usize];
        let file = &self.files[record.file as usize];
        file.read_exact_at(&mut text, record.at).expect("the record is where it was");
        text
    }

    /// The instant of the newest record of a log, in microseconds.
    pub fn newest(&self) -> i64 {
        self.collections.values().flatten().map(|r| r.time).max().unwrap_or(0)
    }

    /// Lines of records, plain or in the envelope of a diagnostic setting, or one page of Graph.
    fn log(&mut self, path: &Path) {
        if path.extension().is_some_and(|e| e == "json") {
            return self.page(path);
        }
        let text = fs::read(path).expect("a file of the export");
        let file = self.keep(path);
        let mut at = 0;
        for line in text.split_inclusive(|b| *b == b'\n') {
            let record = json::member(line, "properties").filter(|_| json::member(line, "operationName").is_some());
            let range = record.unwrap_or(0..line.trim_ascii_end().len());
            self.add_log(file, at + range.start, &line[range]);
            at += line.len();
        }
    }

    fn add_log(&mut self, file: u32, at: usize, text: &[u8]) {
        let time = |name| json::plain(text, name).and_then(when::parse);
        let (key, time) = match time("activityDateTime") {
            Some(time) => ("auditLogs/directoryAudits", time),
            None => ("auditLogs/signIns", time("createdDateTime").expect("a record of a log has a time")),
        };
        let types = json::member(text, "signInEventTypes").map(|r| String::from_utf8_lossy(&text[r]).into_owned());
        let stream = types.and_then(|t| STREAMS.iter().position(|s| t.contains(&format!("\"{s}\"")))).unwrap_or(0);
        let record = Record {
            file,
            at: at as u64,
            length: u32::try_from(text.len()).expect("a record is small"),
            time,
            stream: u8::try_from(stream).expect("four streams"),
        };
        self.collections.entry(key.to_owned()).or_default().push(record);
    }

    /// A page of Graph, whose context names its collection.
    fn page(&mut self, path: &Path) {
        let text = fs::read(path).expect("a file of the export");
        let file = self.keep(path);
        let context = json::plain(&text, "@odata.context").expect("a page has a context");
        let key = key(context.split_once("$metadata#").expect("a context names a collection").1);
        let items = json::items(&text, json::member(&text, "value").expect("a page has items").start);
        if key == "auditLogs/directoryAudits" {
            return items.into_iter().for_each(|item| self.add_log(file, item.start, &text[item]));
        }
        let records = items.into_iter().map(|item| Record {
            file,
            at: item.start as u64,
            length: u32::try_from(item.len()).expect("an item is small"),
            time: 0,
            stream: 0,
        });
        self.collections.entry(key).or_default().extend(records);
    }

    /// The export has decisions only: a cycle of a review is made of what they say of it.
    fn instances(&mut self) {
        let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for key in self.collections.keys().filter(|k| k.ends_with("/decisions")) {
            let (definition, rest) = key.split_once("/instances/").expect("decisions are below an instance");
            let instance = rest.trim_end_matches("/decisions");
            let applied = self.collections[key].first().map(|r| self.text(*r));
            let until = applied.and_then(|t| json::plain(&t, "appliedDateTime").map(str::to_owned));
            made.entry(format!("{definition}/instances")).or_default().push(format!(
                "{{\"id\":\"{instance}\",\"startDateTime\":null,\"endDateTime\":{},\"status\":\"Applied\",\"scope\":null,\"reviewers\":[],\"fallbackReviewers\":[]}}",
                until.map_or("null".to_owned(), |u| format!("\"{u}\""))
            ));
        }
        let text: String = made.values().flatten().cloned().collect();
        let mut file = tempfile::tempfile().expect("a file for the instances");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("the instances are written");
        self.files.push(file);
        let number = u32::try_from(self.files.len() - 1).expect("not so many files");
        let mut at = 0;
        for (key, items) in made {
            for item in items {
                let length = u32::try_from(item.len()).expect("an instance is small");
                let record = Record {
                    file: number,
                    at,
                    length,
                    time: 0,
                    stream: 0,
                };
                at += u64::from(length);
                self.collections.entry(key.clone()).or_default().push(record);
            }
        }
    }

    fn keep(&mut self, path: &Path) -> u32 {
        self.files.push(File::open(path).expect("a file of the export"));
        u32::try_from(self.files.len() - 1).expect("not so many files")
    }
}

/// `groups('1')/members(id)` is the collection `groups/1/members`.
fn key(context: &str) -> String {
    let mut key = String::new();
    let mut rest = context;
    while let Some((before, after)) = rest.split_once('(') {
        key.push_str(before);
        match after.strip_prefix('\'').and_then(|a| a.split_once("')")) {
            Some((id, after)) => {
                key.push('/');
                key.push_str(id);
                rest = after;
            }
            None => return key,
        }
    }
    key + rest
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    paths
}
