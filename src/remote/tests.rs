//! Tests of addresses, of what is known, and of a store in a folder.

use super::*;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use std::collections::BTreeMap;

fn place(address: &str) -> Place {
    Place::parse(address, &[]).expect("an address")
}

#[test]
fn addresses() {
    for (text, container, prefix) in [
        ("az://logs", "logs", None),
        ("az://insights-logs-auditlogs/tenantId=1/", "insights-logs-auditlogs", Some("tenantId=1")),
        ("s3://bucket/a/b.json", "bucket", Some("a/b.json")),
    ] {
        let place = place(text);
        assert_eq!(
            (place.container.as_str(), place.prefix.as_ref().map(AsRef::as_ref)),
            (container, prefix),
            "{text}"
        );
    }
    for text in ["az://", "gs://bucket", "az:///x", "az://a b/c", "s3://b/../c"] {
        assert!(Place::parse(text, &[]).is_err(), "{text}");
    }
    assert!(Place::is_meant("az://x") && !Place::is_meant("C:\\x") && !Place::is_meant("./az"));
    assert_eq!((plain(".."), plain("a:b\\c"), plain("y=2026")), ("_".into(), "a_b_c".into(), "y=2026".into()));
}

/// A store in a folder, as if it were elsewhere.
struct Store {
    folder: tempfile::TempDir,
    store: Arc<dyn ObjectStore>,
    names: Vec<String>,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).expect("a store"));
        Self {
            folder,
            store,
            names: Vec::new(),
        }
    }

    fn write(&self, key: &str, text: &str) {
        let path = self.folder.path().join(key);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a blob");
    }

    /// What is new, by what it is called.
    fn new_since(&mut self) -> BTreeMap<String, String> {
        let into = tempfile::tempdir().expect("a folder");
        let known = Known::of(self.names.iter().map(String::as_str));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let haul = runtime.block_on(haul(&place("az://c"), &self.store, &known, into.path())).expect("a haul");
        let read = |f: &Fetched| (f.called.clone(), fs::read_to_string(&f.file).expect("a file"));
        let found: BTreeMap<String, String> = haul.fetched.iter().map(read).collect();
        self.names.extend(found.keys().cloned());
        found
    }
}

#[test]
fn a_blob_that_grows_is_read_on_from_where_it_ended() {
    let mut store = Store::new();
    let key = "tenantId=1/y=2026/m=03/d=01/h=10/m=00/PT1H.json";
    let called = |span: &str| format!("az://c/{key}#bytes={span}");
    store.write(key, "{\"a\":1}\r\n{\"a\":2}\r\n{\"a\"");
    assert_eq!(store.new_since(), BTreeMap::from([(called("0-18"), "{\"a\":1}\r\n{\"a\":2}\r\n".to_string())]));
    assert!(store.new_since().is_empty(), "half a record waits");
    store.write(key, "{\"a\":1}\r\n{\"a\":2}\r\n{\"a\":3}\r\n");
    assert_eq!(store.new_since(), BTreeMap::from([(called("18-27"), "{\"a\":3}\r\n".to_string())]));
    assert!(store.new_since().is_empty(), "all of it is there");
    // The last record may have no line break, and may get one.
    store.write(key, "{\"a\":1}\r\n{\"a\":2}\r\n{\"a\":3}\r\n{\"a\":4}");
    assert_eq!(store.new_since().into_values().collect::<Vec<_>>(), ["{\"a\":4}"]);
    store.write(key, "{\"a\":1}\r\n{\"a\":2}\r\n{\"a\":3}\r\n{\"a\":4}\r\n{\"a\":5}\r\n");
    assert_eq!(store.new_since().into_values().collect::<Vec<_>>(), ["\r\n{\"a\":5}\r\n"]);
    // Written anew, shorter than it was.
    store.write(key, "{\"b\":1}\r\n");
    assert_eq!(store.new_since(), BTreeMap::from([(called("0-9"), "{\"b\":1}\r\n".to_string())]));
}

#[test]
fn any_other_blob_is_read_once_for_each_version() {
    let mut store = Store::new();
    store.write("exports/users.json", "{\"value\":[]}");
    store.write("exports/pages/PT1H.json", "{\"records\":[\n{\"a\":1}\n]}");
    store.write("exports/empty.json", "");
    let first = store.new_since();
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(
        first.keys().all(|called| called.contains("#version=")),
        "a document is no list of lines: {first:?}"
    );
    assert!(store.new_since().is_empty());
    store.write("exports/users.json", "{\"value\":[{}]}");
    assert_eq!(store.new_since().into_values().collect::<Vec<_>>(), ["{\"value\":[{}]}"]);
}

#[test]
fn long_blobs_come_in_parts_and_end_at_a_line() {
    let mut store = Store::new();
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 << 20));
    let text = line.repeat(5);
    store.write("h=1/PT1H.json", &text[..text.len() - 10]);
    let found = store.new_since();
    assert_eq!(found.values().next().map(String::len), Some(4 * line.len()));
    assert_eq!(Key::from("a/b").as_ref(), "a/b");
}
