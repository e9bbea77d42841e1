//! What hostile bytes are fed to: one function for each place where bytes of strangers are read.
//!
//! `cargo fuzz` runs them by the files of `fuzz_targets/`; `tests/it/fuzzed.rs` runs them over the kept corpus and its mutations.

use vouchsafe::campaign::proof::{DnsKeys, dkim, read_mail};
use vouchsafe::ingest::steps;
use vouchsafe::report::sheet::returned;

/// A place where bytes of strangers are read.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
#[allow(dead_code, reason = "a target of cargo fuzz takes one function, the ordinary test takes all")]
pub const TARGETS: &[(&str, Target)] = &[
    ("split", split),
    ("decode_audit", decode_audit),
    ("decode_sign_in", decode_sign_in),
    ("decode_diagnostic", decode_diagnostic),
    ("decode_object", decode_object),
    ("decode_table", decode_table),
    ("returned_sheet", returned_sheet),
    ("dkim", dkim_result),
    ("config", config),
];

/// Bytes are cut into records; each has its place and its number.
pub fn split(bytes: &[u8]) {
    let _ = steps::cut(bytes);
}

/// One record of the audit log, as Graph writes it.
pub fn decode_audit(bytes: &[u8]) {
    assert!(steps::decode(Some("auditLogs/directoryAudits"), bytes).tie());
}

/// One sign-in, as Graph writes it.
pub fn decode_sign_in(bytes: &[u8]) {
    assert!(steps::decode(Some("auditLogs/signIns"), bytes).tie());
}

/// One record without a page: a diagnostic envelope, what a shipper wrapped, an object of any kind.
pub fn decode_diagnostic(bytes: &[u8]) {
    assert!(steps::decode(None, bytes).tie());
}

/// One object of each collection.
pub fn decode_object(bytes: &[u8]) {
    const COLLECTIONS: &[&str] = &[
        "users",
        "groups",
        "groups('g1')/members",
        "groups('g1')/owners",
        "servicePrincipals",
        "servicePrincipals('s1')/appRoleAssignedTo",
        "directory/deletedItems",
        "roleManagement/directory/roleAssignments",
        "roleManagement/directory/roleDefinitions",
        "roleManagement/directory/roleAssignmentScheduleInstances",
        "identityGovernance/entitlementManagement/assignments",
        "identityGovernance/entitlementManagement/assignmentRequests",
        "identityGovernance/entitlementManagement/assignmentPolicies",
        "identityGovernance/entitlementManagement/accessPackages",
        "identityGovernance/entitlementManagement/connectedOrganizations",
        "identityGovernance/accessReviews/definitions",
        "identityGovernance/accessReviews/definitions('d1')/instances('i1')/decisions",
        "identity/conditionalAccess/policies",
        "identity/conditionalAccess/namedLocations",
    ];
    for collection in COLLECTIONS {
        assert!(steps::decode(Some(collection), bytes).tie(), "{collection}");
    }
}

/// A whole file, tables of separated values above all.
pub fn decode_table(bytes: &[u8]) {
    assert!(steps::read(bytes).tie());
}

/// A sheet of decisions that came back.
pub fn returned_sheet(bytes: &[u8]) {
    let _ = returned::read("returned", bytes);
}

/// A mail, what its DKIM signature says, and the records of the keys: those before a line of `----`, else those of a test.
pub fn dkim_result(bytes: &[u8]) {
    const BREAK: &[u8] = b"\n----\n";
    let at = bytes.windows(BREAK.len()).position(|w| w == BREAK);
    let (keys, mail) = at.map_or((&b""[..], bytes), |at| (&bytes[..at], &bytes[at + BREAK.len()..]));
    let keys = std::str::from_utf8(keys).ok().and_then(|text| DnsKeys::parse(text).ok());
    if let Ok(read) = read_mail(mail) {
        assert!(!dkim::result(mail, &read, keys.as_ref()).is_empty());
    }
}

/// A configuration, and a register of exceptions.
pub fn config(bytes: &[u8]) {
    let name = format!("vouchsafe-fuzz-{}-{:?}.toml", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    if std::fs::write(&path, bytes).is_ok() {
        let _ = vouchsafe::config::load(&path, &[("stale_days", "days")], &["default"]);
        let _ = vouchsafe::config::register(std::slice::from_ref(&path), &["APR-01"]);
        let _ = std::fs::remove_file(&path);
    }
}
