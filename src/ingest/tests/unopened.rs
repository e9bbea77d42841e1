//! What may hold records and is not opened is a gap, and what holds none is not.

use super::{event, folder, ingest_files, one, page, paths, sink};
use crate::ingest::IngestOptions;
use crate::model::Window;

/// Subjects of the gaps that a file leaves beside a good one.
fn gaps(name: &str, bytes: &[u8]) -> Vec<String> {
    let (report, _) = ingest_files(&[(name, bytes), ("other.json", event("o").as_bytes())], &sink::options()).expect("an ingest");
    report.gaps.iter().map(|gap| gap.subject.clone()).collect()
}

fn utf32(text: &str) -> Vec<u8> {
    let mark = [0xff, 0xfe, 0, 0];
    mark.into_iter().chain(text.chars().flat_map(|c| u32::from(c).to_le_bytes())).collect()
}

fn tar(name: &str) -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes[257..262].copy_from_slice(b"ustar");
    bytes
}

#[test]
fn containers_encodings_and_texts_that_are_not_opened_are_gaps() {
    let list = b"ActivityDateTime    : 3/2/2026 9:15:30 AM\nActivityDisplayName : Add member to group\n";
    let objects = b"<Objs Version=\"1.1.0.1\"><T>Microsoft.Graph.PowerShell.Models.MicrosoftGraphDirectoryAudit</T></Objs>";
    let utf32 = utf32(&page("auditLogs/directoryAudits", &[]));
    let projected = b"Time,Category,Properties\n2026-03-02T09:15:30Z,AuditLogs,\"{\"\"id\"\":\"\"x\"\"}\"\n";
    let archive = tar("audit.json");
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("auditlogs-march.tar", &archive, &["audit"]),
        ("march.tar", &archive, &["unknown"]),
        ("AuditLogs.7z", b"7z\xbc\xaf\x27\x1c\0\x04", &["audit"]),
        ("users.rar", b"Rar!\x1a\x07\x01\0", &["users"]),
        ("directoryAudits.json", &utf32, &["audit"]),
        ("signIns.parquet", b"PAR1\x15\x04", &["sign_ins"]),
        ("x.bin", b"\x01\x02\0\x03", &["unknown"]),
        ("x.clixml", objects, &["audit"]),
        ("x.txt", list, &["audit"]),
        ("directoryAudits.txt", b"Add member to group by ana", &["audit"]),
        ("x.csv", projected, &["audit"]),
        ("x.csv", b"Operation,TargetResources,Size\na,b,c\n", &["audit"]),
        ("AuditLogs.csv", b"Datum,Dienst,Aktivitaet\n1,2,3\n", &["audit"]),
        ("users.csv", b"Datum,Dienst,Aktivitaet\n1,2,3\n", &[]),
        ("README.md", list, &[]),
        ("auditLogs.md", b"# The audit log", &[]),
        ("audit.png", b"\x89PNG\r\n\x1a\n\0", &[]),
        ("audit.pdf", b"%PDF-1.7\0", &[]),
        ("notes.txt", b"Exported by hand, in three parts, on Monday.\n", &[]),
        (".DS_Store", b"\0\0\0\x01Bud1", &[]),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(gaps(name, bytes), *expected, "{name}");
    }
    let packed = zstd::encode_all(&archive[..], 1).expect("packed");
    assert_eq!(gaps("signins.tar.zst", &packed), ["sign_ins"]);
}

#[test]
fn a_workbook_is_a_gap_and_a_letter_is_none() {
    let office = |member: &str| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["[Content_Types].xml", member] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
            std::io::Write::write_all(&mut writer, b"<x/>").expect("bytes");
        }
        writer.finish().expect("an archive").into_inner()
    };
    assert_eq!(gaps("AuditLogs.xlsx", &office("xl/workbook.xml")), ["audit"]);
    assert_eq!(gaps("AuditLogs.docx", &office("word/document.xml")), Vec::<String>::new());
}

#[test]
fn an_asserted_window_is_contradicted_until_the_archive_is_unpacked() {
    let window = Window {
        from: sink::instant("2026-01-01T00:00:00Z"),
        until: sink::instant("2026-04-01T00:00:00Z"),
    };
    let options = IngestOptions {
        covers: vec![("audit".into(), window)],
        ..sink::options()
    };
    let archive = tar("audit.json");
    let folder = folder(&[
        ("in/march.tar.gz", &archive),
        ("in/a.json", event("a").as_bytes()),
        ("later/march/audit.json", event("b").as_bytes()),
    ]);
    let (report, _) = sink::run(&paths(&folder, &["in"]), &options).expect("an ingest");
    assert_eq!(report.contradicted.len(), 1, "{:?}", report.contradicted);
    std::fs::rename(folder.path().join("later/march"), folder.path().join("in/march")).expect("moved");
    let again = IngestOptions {
        open_gaps: report.gaps.clone(),
        ..options
    };
    let (_, memory) = sink::run(&paths(&folder, &["in/march"]), &again).expect("an ingest");
    let healed: Vec<_> = memory.coverage.iter().filter(|c| c.basis == crate::ingest::HEALED).collect();
    assert_eq!(healed.len(), 1, "{:?}", memory.coverage);
    assert_eq!(healed[0].reason, report.gaps[0].reason);
}

#[cfg(unix)]
#[test]
fn a_link_to_what_is_read_anyway_loses_nothing() {
    let folder = folder(&[("in/2026-03-31/a.json", event("a").as_bytes()), ("out/b.json", event("b").as_bytes())]);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(name)).expect("a link");
    link("in/2026-03-31", "in/latest");
    let (report, _) = sink::run(&paths(&folder, &["in"]), &sink::options()).expect("an ingest");
    assert_eq!((report.foreign.len(), report.gaps.len()), (1, 0), "{report:?}");
    link("out/b.json", "in/directoryAudits.json");
    link("nowhere", "in/x.json");
    let (report, _) = sink::run(&paths(&folder, &["in"]), &sink::options()).expect("an ingest");
    let mut subjects: Vec<&str> = report.gaps.iter().map(|gap| gap.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["audit", "unknown"]);
}

#[test]
fn a_log_with_few_columns_is_read_and_a_row_is_of_the_table_that_it_names() {
    let few = "TimeGenerated [UTC],OperationName,Category,TargetResources,InitiatedBy,Result,Id,Type\n\
        2026-03-02T09:15:30.1234567Z,Add member to group,GroupManagement,\"[]\",\"{\"\"user\"\":{\"\"id\"\":\"\"u1\"\"}}\",success,Directory_1,AuditLogs\n";
    let (report, memory) = one(few.as_bytes());
    assert_eq!((report.kept, memory.audit[0].id.as_str()), (1, "Directory_1"));
    assert_eq!(memory.audit[0].activity, "Add member to group");
    let sign_in = |id: &str, category: &str, of: &str| format!("2026-03-23T10:04:00Z,2026-03-23T10:00:00Z,{category},0,app,{id},u1,ana@corp.example,r,{of}\n");
    let head = "TimeGenerated [UTC],CreatedDateTime [UTC],Category,ResultType,AppId,Id,UserId,UserPrincipalName,ResourceIdentity,Type\n";
    let rows = [
        sign_in("s1", "SignInLogs", "AADNonInteractiveUserSignInLogs"),
        sign_in("s2", "SignInLogs", "ADFSSignInLogs"),
        sign_in("s3", "NonInteractiveUserSignInLogs", "AADRiskyUsers"),
    ];
    let (report, memory) = one(format!("{head}{}", rows.concat()).as_bytes());
    let taken: Vec<_> = memory.sign_ins.iter().map(|s| (s.id.as_str(), s.stream.as_str())).collect();
    assert_eq!(taken, [("s1", "nonInteractiveUser")]);
    assert_eq!(report.unmapped, 2);
}
