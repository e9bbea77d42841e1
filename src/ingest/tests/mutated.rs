//! Exports of every kind, spoiled at random: nothing panics, the arithmetic ties, what was rejected leaves a gap, and twice gives the
//! same. `PROPTEST_CASES` asks for more cases than the few that every run tries.

use super::{enveloped, event, page, sink};
use crate::ingest::IngestError;
use proptest::prelude::*;
use std::io::Write;

const TENANT: &str = "7a3c0b1e-0000-4000-8000-000000000001";

/// One file of each kind.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let sign_in = r#"{"id":"s1","createdDateTime":"2026-03-01T10:00:00Z","userId":"u1","appId":"a1","appDisplayName":"x","isInteractive":true,"conditionalAccessStatus":"success","status":{"errorCode":0},"agent":{"agentType":"notAgentic"}}"#;
    let user = r#"{"id":"u1","displayName":"Ana","userPrincipalName":"ana@corp.example","mail":null,"accountEnabled":true}"#;
    let package = r#"{"id":"p1","displayName":"x","isHidden":false,"resourceRoleScopes":[{"id":"s","role":{"id":"l","originSystem":"AadGroup","originId":"Member_g1"},"scope":{"id":"z","originSystem":"AadGroup","originId":"g1"}}]}"#;
    let lines: String = ["a", "b", "c"].map(|id| event(id) + "\n").concat();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(lines.encode_utf16().flat_map(u16::to_le_bytes));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(lines.as_bytes()).expect("memory");
    vec![
        ("audit.json", lines.clone().into_bytes()),
        ("audit-wide.json", wide),
        ("audit.json.gz", packed.finish().expect("memory")),
        ("PT1H.json", ["a", "b"].map(|id| enveloped(id, TENANT) + "\r\n").concat().into_bytes()),
        ("batch.json", format!(r#"{{"records":[{},{}]}}"#, enveloped("a", TENANT), enveloped("b", TENANT)).into_bytes()),
        ("signIns.json", format!("[{sign_in},\n{}]", sign_in.replace("s1", "s2")).into_bytes()),
        ("users.json", page("users", &[user, &user.replace("u1", "u2")]).into_bytes()),
        (
            "packages.json",
            page("identityGovernance/entitlementManagement/accessPackages", &[package]).into_bytes(),
        ),
        (
            "audit.csv",
            b"\"TimeGenerated [UTC]\",OperationName,Id,InitiatedBy,LoggedByService,Result,TargetResources\n\"6/15/2026, 12:40:24.178 PM\",Add member to group,e1,\"{\"\"user\"\":{\"\"id\"\":\"\"u1\"\"}}\",Core Directory,success,[]\n\"6/16/2026, 1:40:24 AM\",Add member to group,e2,{},Core Directory,success,[]\n".to_vec(),
        ),
        (
            "answer.json",
            br#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"ActivityDisplayName","type":"string"},{"name":"LoggedByService","type":"string"},{"name":"InitiatedBy","type":"dynamic"},{"name":"Id","type":"string"}],"rows":[["2026-03-01T10:00:00Z","x","y","{}","e1"],["2026-03-01T10:00:00Z","x","y",null,"e2"]]}]}"#.to_vec(),
        ),
        (
            "history.csv",
            b"AccessReviewId,ReviewType,ResourceId,PrincipalId,ReviewDate,ReviewResult\n1a,Group,6b,7c,3/31/2026 10:00:00 AM,Denied\n1a,Group,6b,7d,,Not Reviewed\n".to_vec(),
        ),
        (
            "shell.json",
            br#"{"value":[{"Id":"u1","DisplayName":"Ana","UserPrincipalName":"a@b","AccountEnabled":true,"CreatedDateTime":"\/Date(1770106500000)\/"}],"Count":1}"#.to_vec(),
        ),
    ]
}

/// What happens to a file on its way.
#[derive(Debug, Clone)]
enum Spoil {
    Cut(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    /// The rest comes from another kind of file.
    Splice(usize, usize),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = 0usize..4096;
    let piece = prop_oneof![
        Just(b"\"".to_vec()),
        Just(b"{".to_vec()),
        Just(b"]".to_vec()),
        Just(b"\n".to_vec()),
        Just(b",".to_vec()),
        Just(b"\"@odata.type\":\"#microsoft.graph.moon\",".to_vec()),
        Just(b"\xff\xfe\x00".to_vec()),
        Just(b"\"value\":[".to_vec()),
        Just(b"{\"error\":{\"code\":\"x\"}}\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..6),
    ];
    prop_oneof![
        at.clone().prop_map(Spoil::Cut),
        (at.clone(), 1u8..=255).prop_map(|(at, by)| Spoil::Flip(at, by)),
        (at.clone(), piece).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        (at.clone(), 1usize..40).prop_map(|(at, n)| Spoil::Remove(at, n)),
        (at.clone(), 1usize..200).prop_map(|(at, n)| Spoil::Repeat(at, n)),
        (at, 0usize..64).prop_map(|(at, other)| Spoil::Splice(at, other)),
    ]
}

fn spoiled(bytes: &mut Vec<u8>, how: &Spoil) {
    let length = bytes.len().max(1);
    let at = |at: usize| at % length;
    match how {
        Spoil::Cut(n) => bytes.truncate(at(*n)),
        Spoil::Flip(n, by) => {
            let place = at(*n);
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= by;
            }
        }
        Spoil::Insert(n, piece) => {
            let place = at(*n).min(bytes.len());
            bytes.splice(place..place, piece.iter().copied());
        }
        Spoil::Remove(n, count) => {
            let place = at(*n).min(bytes.len());
            bytes.drain(place..(place + count).min(bytes.len()));
        }
        Spoil::Repeat(n, count) => {
            let place = at(*n).min(bytes.len());
            let part = bytes[place..(place + count).min(bytes.len())].to_vec();
            bytes.splice(place..place, part);
        }
        Spoil::Splice(n, other) => {
            let kinds = kinds();
            let other = &kinds[other % kinds.len()].1;
            bytes.truncate(at(*n));
            bytes.extend_from_slice(&other[other.len() / 2..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_export_is_read_as_far_as_it_can_be_and_told(kind in 0usize..64, how in proptest::collection::vec(spoil(), 1..4)) {
        let kinds = kinds();
        let (name, mut bytes) = kinds[kind % kinds.len()].clone();
        for one in &how {
            spoiled(&mut bytes, one);
        }
        let whole = event("whole");
        let folder = super::folder(&[(&format!("2026-03-31/{name}"), &bytes), ("2026-03-31/other.json", whole.as_bytes())]);
        let paths = [folder.path().to_path_buf()];
        // The arithmetic of each file is asserted by the sink.
        match sink::run(&paths, &sink::options()) {
            Ok((report, memory)) => {
                prop_assert!(memory.audit.iter().any(|e| e.id == "whole"), "a file that is whole is not lost by its neighbour");
                prop_assert!(report.rejected == 0 || !report.gaps.is_empty(), "rejected without a gap: {report:?}");
                let files = report.sources.len() + report.foreign.len();
                prop_assert!(files >= 2, "a file was passed over: {report:?}");
                let (again, second) = sink::run(&paths, &sink::options()).expect("as before");
                prop_assert_eq!(&report, &again);
                prop_assert_eq!(format!("{:?}", memory.coverage), format!("{:?}", second.coverage));
            }
            Err(IngestError::TwoTenants { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
