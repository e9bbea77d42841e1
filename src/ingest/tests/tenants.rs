//! Whose records they are, and that two tenants never meet.

use super::{enveloped, event, folder, ingest_files, sink};
use crate::ingest::{IngestError, IngestOptions, ingest};
use crate::model::TenantId;

const ONE: &str = "4bbb79f7-5724-4c9e-95f3-de075f6ec090";
const TWO: &str = "5bbb79f7-5724-4c9e-95f3-de075f6ec090";

#[test]
fn the_tenant_comes_from_evidence() {
    let declared = format!("tenant = \"{ONE}\"\n");
    let guest = event("g").replace(r#""id":"u1""#, &format!(r#""id":"u1","homeTenantId":"{TWO}""#));
    let resource = enveloped("r", ONE).replace(&format!(r#""tenantId":"{ONE}","#), r#""tenantId":"","#);
    let partner = format!(r#"{{"id":"c1","displayName":"x","identitySources":[{{"tenantId":"{TWO}"}}]}}"#);
    type Case<'a> = (&'a str, Vec<(&'a str, &'a [u8])>, Option<&'a str>);
    let cases: [Case<'_>; 7] = [
        ("an envelope", vec![("a", enveloped("a", ONE).leak().as_bytes())], Some(ONE)),
        ("capitals", vec![("a", enveloped("a", &ONE.to_uppercase()).leak().as_bytes())], Some(ONE)),
        ("a resource id", vec![("a", resource.leak().as_bytes())], Some(ONE)),
        (
            "coverage.toml",
            vec![("a", event("a").leak().as_bytes()), ("coverage.toml", declared.as_bytes())],
            Some(ONE),
        ),
        ("no GUID", vec![("a", enveloped("a", "tenant-abc").leak().as_bytes())], None),
        (
            "zeros",
            vec![("a", enveloped("a", "00000000-0000-0000-0000-000000000000").leak().as_bytes())],
            None,
        ),
        ("a guest and a partner", vec![("a", guest.leak().as_bytes()), ("b", partner.as_bytes())], None),
    ];
    for (name, files, expected) in cases {
        let (report, memory) = ingest_files(&files, &sink::options()).expect(name);
        assert_eq!(report.tenant.as_ref().map(TenantId::as_str), expected, "{name}");
        assert_eq!(memory.audit[0].tenant_id, expected.unwrap_or("unknown"), "{name}");
    }
}

#[test]
fn two_tenants_are_refused_before_anything_is_stored() {
    let many: Vec<String> = (0..100).map(|i| enveloped(&format!("e{i}"), ONE)).collect();
    let mixed = format!("{}\n{}\n", many.join("\n"), enveloped("z", TWO));
    let zstd = zstd::encode_all(enveloped("z", TWO).as_bytes(), 1).expect("packed");
    let one = enveloped("a", ONE);
    for (name, files) in [
        ("two files", vec![("a", one.as_bytes()), ("b", enveloped("b", TWO).leak().as_bytes())]),
        ("one file", vec![("a", mixed.as_bytes())]),
        ("packed", vec![("a", one.as_bytes()), ("b", zstd.as_slice())]),
        (
            "declared",
            vec![("a", one.as_bytes()), ("coverage.toml", format!("tenant = \"{TWO}\"").leak().as_bytes())],
        ),
    ] {
        let folder = folder(&files);
        let mut memory = sink::Memory::default();
        let error = ingest(&[folder.path().to_path_buf()], &sink::options(), &mut memory);
        let error = error.expect_err(name);
        assert!(matches!(error, IngestError::TwoTenants { .. }), "{name}: {error}");
        let text = error.to_string();
        assert!(text.contains(ONE) && text.contains(TWO), "{text}");
        assert!(memory.audit.is_empty() && memory.rejects.is_empty() && memory.sources.is_empty());
    }
    let options = IngestOptions {
        tenant: Some(TenantId::new(TWO)),
        ..sink::options()
    };
    let error = ingest_files(&[("a", one.as_bytes())], &options).expect_err("another tenant");
    assert!(matches!(error, IngestError::OtherTenant { .. }), "{error}");
    let options = IngestOptions {
        tenant: Some(TenantId::new(ONE)),
        ..sink::options()
    };
    let (_, memory) = ingest_files(&[("a", event("a").as_bytes())], &options).expect("an ingest");
    assert_eq!(memory.audit[0].tenant_id, ONE);
}

#[test]
fn a_bad_declaration_is_told_with_its_line_and_cure() {
    for (text, line, part) in [
        ("tenant = 5\n", 1, "string"),
        ("\n\nten = \"x\"\n", 3, "unknown field"),
        (
            "[[covers]]\nsource = \"users\"\nfrom = 2026-01-01\nuntil = 2026-02-01\n",
            2,
            "write \"audit\" or \"sign_ins\"",
        ),
        (
            "[[covers]]\nsource = \"audit\"\nfrom = \"soon\"\nuntil = 2026-02-01\n",
            3,
            "write 2026-03-31T00:00:00Z",
        ),
        ("[[covers]]\nsource = \"audit\"\nfrom = 2026-03-01\nuntil = 2026-02-01\n", 4, "exchange the two"),
        ("complete = \n", 1, ""),
    ] {
        let files: [(&str, &[u8]); 2] = [("a", event("a").leak().as_bytes()), ("coverage.toml", text.as_bytes())];
        let error = ingest_files(&files, &sink::options()).expect_err(text);
        let IngestError::Coverage { line: found, message, path } = &error else {
            panic!("{text}: {error}");
        };
        assert!(path.ends_with("coverage.toml"));
        assert_eq!(*found, line, "{text}: {message}");
        assert!(message.contains(part), "{text}: {message}");
    }
}
