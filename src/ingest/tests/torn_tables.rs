//! Tables that are cut, whose lines end otherwise, and whose rows are more than they seem.

use super::tables::{AUDIT, audit_row, table, texts};
use super::{event_ids, ingest_files, one, reasons, sink};

#[test]
fn a_row_that_breaks_off_is_no_record() {
    let plain = |rows: &[Vec<String>]| rows.iter().map(|row| row.join(";") + "\r\n").collect::<String>();
    let simple = |id: &str| {
        let mut row = audit_row(id, "2026-06-15T10:00:00Z");
        row[7] = r#"{"user":{"id":"u1"}}"#.into();
        row[10] = r#"[{"id":"t1"}]"#.into();
        row
    };
    let rows = [texts(&AUDIT), simple("a"), simple("b")];
    let whole = plain(&rows);
    assert_eq!(event_ids(&one(whole.as_bytes()).1), ["a", "b"]);
    assert_eq!(event_ids(&one(whole.trim_end().as_bytes()).1), ["a", "b"], "a last line needs no end");
    let last = whole.rfind("11111111").expect("the last row");
    // Wherever the file ends within the last row but for its last cell.
    for end in (last + 1..whole.rfind(';').expect("cells")).step_by(7) {
        let (report, memory) = one(&whole.as_bytes()[..end]);
        assert_eq!((report.read, report.kept, report.rejected), (2, 1, 1), "{}", &whole[last..end]);
        assert!(reasons(&memory)[0].contains("cut off"), "{:?}", reasons(&memory));
        let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
        assert_eq!((gap.subject.as_str(), gap.from), ("audit", None), "more may be missing");
    }
    // In a packed file that breaks off, the last row is cut wherever it ends.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut encoder, whole.trim_end().as_bytes()).expect("packed");
    let packed = encoder.finish().expect("packed");
    let (report, memory) = one(&packed[..packed.len() - 9]);
    assert_eq!((report.kept, report.rejected), (1, 1), "{:?}", reasons(&memory));
    // A short row among others costs itself, at its own time.
    let mut short = rows.to_vec();
    short.insert(1, simple("x")[..12].to_vec());
    let (report, memory) = one(plain(&short).as_bytes());
    assert_eq!((report.kept, report.rejected), (2, 1));
    assert!(reasons(&memory)[0].contains("12 cells, where the heading has 13"), "{:?}", reasons(&memory));
}

#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    let rows = [texts(&AUDIT), audit_row("a", "2026-06-15T09:00:00Z"), audit_row("b", "2026-06-15T10:00:00Z")];
    let text = table(",", &rows).replace('\n', "");
    let (report, memory) = one(text.as_bytes());
    assert_eq!((event_ids(&memory), report.read), (vec!["a".to_string(), "b".into()], 2));
    let bare = text.replace("\"b\"", "b").replace("\"a\"", "\"line\rbreak\"");
    let (_, memory) = one(bare.as_bytes());
    assert_eq!(event_ids(&memory), ["b", "line\rbreak"], "{:?}", reasons(&memory));
}

#[test]
fn each_reviewer_of_one_principal_has_a_decision() {
    let head = "AccessReviewId,ReviewType,ResourceId,PrincipalId,ReviewDate,ReviewResult,ReviewerId,ReviewerName";
    let ola = "1a,Group,6b,7c,2026-02-10T10:00:00Z,Denied,8d,Ola";
    let nils = "1a,Group,6b,7c,2026-02-09T10:00:00Z,Approved,9e,Nils";
    let decisions = |rows: &[&str]| {
        let text = format!("{head}\n{}\n", rows.join("\n"));
        let (_, memory) = ingest_files(&[("2026-03-31/history.csv", text.as_bytes())], &sink::options()).expect("an ingest");
        let told = |row: serde_json::Value| format!("{} by {}", row["decision"], row["reviewer_id"]).replace('"', "");
        let mut all: Vec<String> = memory.table("review_decisions").into_iter().map(told).collect();
        all.sort();
        all
    };
    for rows in [[ola, nils], [nils, ola]] {
        assert_eq!(decisions(&rows), ["Approve by 9e", "Deny by 8d"]);
    }
    assert_eq!(decisions(&[ola, ola]), ["Deny by 8d"], "the same row again");
    // Where ids of reviewers are that of nobody, their names tell them apart.
    let nameless = |row: &str| row.replace("8d", "00000000-0000-0000-0000-000000000000").replace("9e", "");
    assert_eq!(decisions(&[&nameless(ola), &nameless(nils)]).len(), 2);
}
