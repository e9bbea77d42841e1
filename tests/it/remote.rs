//! Exports in an object store: against Azurite, a blob service that others wrote, where `.ci/tools` has put it.

use crate::common::Run;
use crate::tools::{node_program, skipped};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vouchsafe::lake::Lake;
use vouchsafe::lake::records::Source;

/// The account and the key that every emulator has.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A blob service of its own, in memory.
struct Azurite {
    child: Child,
    port: u16,
}

impl Azurite {
    fn start(test: &str) -> Option<Self> {
        let program = node_program(test, "azurite-blob")?;
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let child = Command::new(program)
            .args(["--silent", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
            .args(["--skipApiVersionCheck", "--loose", "--disableTelemetry"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let azurite = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > Duration::from_secs(60) {
                skipped(test, "azurite did not begin to listen");
                return None;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(azurite)
    }

    /// A request that the shared key signs.
    fn put(&self, path: &str, query: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]) {
        let date = "Sun, 01 Mar 2026 12:00:00 GMT";
        let mut named: Vec<(&str, &str)> = headers.to_vec();
        named.extend([("x-ms-date", date), ("x-ms-version", "2021-12-02")]);
        named.sort_unstable();
        let length = if body.is_empty() { String::new() } else { body.len().to_string() };
        let listed: String = named.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let asked: String = query.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
        let text = format!("PUT\n\n\n{length}\n\napplication/octet-stream\n\n\n\n\n\n\n{listed}/{ACCOUNT}/{ACCOUNT}/{path}{asked}");
        let base64 = base64::engine::general_purpose::STANDARD;
        let mut mac = Hmac::<Sha256>::new_from_slice(&base64.decode(KEY).expect("base64")).expect("a key");
        mac.update(text.as_bytes());
        let signature = base64.encode(mac.finalize().into_bytes());
        let asked: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let address = format!("http://127.0.0.1:{}/{ACCOUNT}/{path}?{}", self.port, asked.join("&"));
        let mut request = ureq::put(&address)
            .header("Authorization", format!("SharedKey {ACCOUNT}:{signature}"))
            .header("Content-Type", "application/octet-stream");
        for (name, value) in &named {
            request = request.header(*name, *value);
        }
        let answer = request.send(body);
        assert!(answer.is_ok(), "{path} {query:?}: {answer:?}");
    }

    fn container(&self, name: &str) {
        self.put(name, &[("restype", "container")], &[], b"");
    }

    /// A blob to which diagnostic settings append.
    fn growing(&self, path: &str) {
        self.put(path, &[], &[("x-ms-blob-type", "AppendBlob")], b"");
    }

    fn append(&self, path: &str, lines: &str) {
        self.put(path, &[("comp", "appendblock")], &[], lines.as_bytes());
    }

    fn whole(&self, path: &str, text: &str) {
        self.put(path, &[], &[("x-ms-blob-type", "BlockBlob")], text.as_bytes());
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const TENANT: &str = "7a3c0b1e-1111-4000-8000-000000000001";

fn record(id: &str, minute: u32) -> String {
    format!(
        "{{\"time\":\"2026-03-01T10:{minute:02}:07.1234567Z\",\"resourceId\":\"/tenants/{TENANT}/providers/Microsoft.aadiam\",\"category\":\"AuditLogs\",\"operationName\":\"Add member to group\",\"tenantId\":\"{TENANT}\",\"properties\":{{\"id\":\"{id}\",\"activityDateTime\":\"2026-03-01T10:{minute:02}:00Z\",\"activityDisplayName\":\"Add member to group\",\"loggedByService\":\"Core Directory\",\"result\":\"success\",\"initiatedBy\":{{\"user\":{{\"id\":\"u1\"}}}},\"targetResources\":[]}}}}\r\n"
    )
}

#[test]
fn blobs_of_diagnostic_settings_are_read_on_from_where_they_ended() {
    let test = "blobs_of_diagnostic_settings_are_read_on_from_where_they_ended";
    let Some(store) = Azurite::start(test) else { return };
    let run = Run::new();
    let env = [
        ("AZURE_STORAGE_USE_EMULATOR", "true".to_string()),
        ("AZURITE_BLOB_STORAGE_URL", format!("http://127.0.0.1:{}", store.port)),
    ];
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let address = "az://insights-logs-auditlogs/";
    let ingest = |args: &[&str]| {
        let told = run.tell_with(&env, &[&["ingest", address, "--lake", "lake"], args].concat());
        assert_eq!(told.code, 0, "{}", told.stderr);
        told.stderr
    };
    store.container("insights-logs-auditlogs");
    let ten = format!("insights-logs-auditlogs/tenantId={TENANT}/y=2026/m=03/d=01/h=10/m=00/PT1H.json");
    store.growing(&ten);
    store.append(&ten, &(record("e1", 1) + &record("e2", 2)));
    assert!(ingest(&["--dry-run"]).contains("2 records read = 2 kept"));
    let first = ingest(&[]);
    assert!(
        first.contains("1 blobs, 1 of them with something new") && first.contains("2 records read = 2 kept"),
        "{first}"
    );
    assert!(ingest(&[]).contains("nothing new"), "all of it is there");

    // A record comes twice, in another hour's blob; half of a record is no record yet.
    store.append(&ten, &(record("e3", 3) + &record("e4", 4)[..80]));
    let eleven = ten.replace("h=10", "h=11");
    store.growing(&eleven);
    store.append(&eleven, &record("e3", 3));
    let second = ingest(&[]);
    assert!(second.contains("2 records read = 1 kept + 1 duplicate"), "{second}");
    store.append(&ten, &record("e4", 4)[80..]);
    assert!(ingest(&[]).contains("1 records read = 1 kept"), "the other half came");

    // What is no log of lines is read once for each version.
    let page = "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#groups\",\"@odata.count\":1,\"value\":[{\"id\":\"g1\",\"displayName\":\"x\",\"groupTypes\":[]}]}";
    store.whole("insights-logs-auditlogs/exports/2026-03-31/groups.json", page);
    assert!(ingest(&[]).contains("1 records read = 1 kept"));
    assert!(ingest(&[]).contains("nothing new"));

    let view = Lake::open(&run.dir().join("lake")).and_then(|l| l.view()).expect("a lake");
    let sources: Vec<Source> = view.rows().expect("sources");
    let mut names: Vec<&str> = sources.iter().map(|s| s.path.as_str()).collect();
    names.sort_unstable();
    assert!(
        names[0].starts_with("az://insights-logs-auditlogs/exports/2026-03-31/groups.json#version="),
        "{names:?}"
    );
    let span = |name: &&str| {
        let (from, until) = name.strip_prefix(&format!("az://{ten}#bytes="))?.split_once('-')?;
        Some((from.parse::<u64>().ok()?, until.parse::<u64>().ok()?))
    };
    let mut spans: Vec<(u64, u64)> = names.iter().filter_map(span).collect();
    spans.sort_unstable();
    assert_eq!(spans.len(), 3, "called by address and bytes: {names:?}");
    assert!(
        spans.windows(2).all(|two| two[0].1 == two[1].0),
        "one begins where the one before ended: {spans:?}"
    );
    assert!(
        !run.dir()
            .join("lake")
            .read_dir()
            .expect("a lake")
            .flatten()
            .any(|e| e.file_name().to_string_lossy().starts_with("_fetched"))
    );

    // One container that is not there, and one address that is none.
    let missing = run.tell_with(&env, &["ingest", "az://nowhere/", "--lake", "lake"]);
    assert_eq!(missing.code, 4, "{}", missing.stderr);
    let wrong = run.tell_with(&env, &["ingest", "az:///x", "--lake", "lake"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("az://CONTAINER/PREFIX"), "{}", wrong.stderr);
}
