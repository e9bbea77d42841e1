//! Times of records: every spelling is read, none is guessed, and a record without one is refused.

use super::{event, ingest_files, page, reasons, sink};
use crate::ingest::{DateOrder, IngestOptions};

/// An event at this time, however it is spelled.
fn at(id: &str, time: &str) -> String {
    event(id).replace("2026-03-01T10:00:00Z", time)
}

/// Instants by id.
fn instants(text: &str, options: &IngestOptions) -> Vec<String> {
    let (_, memory) = ingest_files(&[("audit.json", text.as_bytes())], options).expect("an ingest");
    let mut told: Vec<String> = memory.audit.iter().map(|e| format!("{} {}", e.id, e.at.expect("a time"))).collect();
    told.extend(reasons(&memory));
    told.sort();
    told
}

fn with(dates: DateOrder) -> IngestOptions {
    IngestOptions {
        dates: Some(dates),
        ..sink::options()
    }
}

#[test]
fn the_order_of_day_and_month_is_proved_by_the_whole_file() {
    let lines = |dates: [&str; 3]| format!("{}\n{}\n{}\n", at("a", dates[0]), at("b", dates[1]), at("c", dates[2]));
    let expected = ["a 2026-02-03T08:15:00Z", "b 2026-02-20T16:00:00Z", "c 2026-03-05T09:12:00Z"];
    for text in [
        lines(["03/02/2026 08:15:00", "20/02/2026 16:00:00", "05/03/2026 09:12:00"]),
        lines(["3.2.2026 8.15.00", "20.2.2026 16.00.00", "5.3.2026 9.12.00"]),
        lines(["2/3/2026, 8:15:00.000 AM", "2/20/2026, 4:00:00.000 PM", "3/5/2026, 9:12:00.000 AM"]),
        lines(["2026-02-03 08:15:00", "2026-02-20T17:00:00+01:00", "2026-03-05T09:12:00.000000000Z"]),
    ] {
        assert_eq!(instants(&text, &sink::options()), expected, "{text}");
    }
}

#[test]
fn dates_that_tell_nothing_are_refused_until_the_flag_settles_them() {
    let text = format!("{}\n{}\n", at("a", "3/2/2026 08:15:00"), at("b", "5/4/2026 09:12:00"));
    let files: [(&str, &[u8]); 2] = [("audit.json", text.as_bytes()), ("other.json", event("c").leak().as_bytes())];
    let (report, memory) = ingest_files(&files, &sink::options()).expect("the other file is taken");
    assert_eq!(memory.audit.len(), 1);
    assert!(report.foreign[0].1.contains("--dates dmy"), "{:?}", report.foreign);
    let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("what was refused is a gap");
    assert_eq!((gap.subject.as_str(), gap.from), ("audit", None));
    assert!(
        gap.reason.as_deref().is_some_and(|r| r.contains("audit.json") && r.contains("--dates")),
        "{gap:?}"
    );
    assert_eq!(
        instants(&text, &with(DateOrder::DayFirst)),
        ["a 2026-02-03T08:15:00Z", "b 2026-04-05T09:12:00Z"]
    );
    assert_eq!(
        instants(&text, &with(DateOrder::MonthFirst)),
        ["a 2026-03-02T08:15:00Z", "b 2026-05-04T09:12:00Z"]
    );
}

#[test]
fn dates_of_both_orders_are_refused_whatever_the_flag_says() {
    let text = format!("{}\n{}\n", at("a", "13/2/2026 08:15:00"), at("b", "2/13/2026 09:12:00"));
    let files: [(&str, &[u8]); 2] = [("audit.json", text.as_bytes()), ("other.json", event("c").leak().as_bytes())];
    let (report, _) = ingest_files(&files, &with(DateOrder::DayFirst)).expect("the other file is taken");
    assert!(report.foreign[0].1.contains("month first"), "{:?}", report.foreign);
}

#[test]
fn packed_files_prove_their_order_too() {
    let text = format!("{}\n{}\n", at("a", "3/2/2026 08:15:00"), at("b", "20/2/2026 09:12:00"));
    let packed = zstd::encode_all(text.as_bytes(), 1).expect("packed");
    let (_, memory) = ingest_files(&[("audit.zst", &packed)], &sink::options()).expect("an ingest");
    assert_eq!(memory.audit[0].at, Some(sink::instant("2026-02-03T08:15:00Z")));
}

#[test]
fn a_record_without_a_readable_time_is_refused() {
    for (time, why) in [
        ("0001-01-01T00:00:00Z", "never set"),
        ("", "no time"),
        ("String (timestamp)", "no readable time: 'String (timestamp)'"),
        ("2026-03-01", "without a time of day"),
        ("32/13/2026 10:00:00", "no readable time"),
    ] {
        let told = instants(&format!("{}\n{}\n", at("a", "2026-03-01T10:00:00Z"), at("b", time)), &sink::options());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with("rejected: ") && told[1].contains(why), "{told:?}");
    }
    let sign_in = r#"{"id":"s","createdDateTime":"0001-01-01T00:00:00Z","appId":"a","userPrincipalName":"ana@corp.example","clientAppUsed":"Browser","conditionalAccessStatus":"success"}"#;
    let files: [(&str, &[u8]); 2] = [("signIns.json", sign_in.as_bytes()), ("other.json", event("c").leak().as_bytes())];
    let (_, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert!(memory.sign_ins.is_empty());
    assert!(reasons(&memory)[0].contains("never set"), "{:?}", memory.rejects);
}

#[test]
fn windows_powershell_tells_the_same_as_graph() {
    let pascal = r#"[{"Id":"a","ActivityDateTime":"\/Date(1770106500000)\/","ActivityDisplayName":"Add member to group","Result":"success","TargetResources":[]},
        {"Id":"b","ActivityDateTime":{"value":"\/Date(1771603200000)\/","DisplayHint":2,"DateTime":"Friday, February 20, 2026 4:00:00 PM"},"ActivityDisplayName":"Add member to group","Result":"success","TargetResources":[]}]"#;
    assert_eq!(instants(pascal, &sink::options()), ["a 2026-02-03T08:15:00Z", "b 2026-02-20T16:00:00Z"]);
    let graph = page(
        "users",
        &[r#"{"id":"u","displayName":"U","createdDateTime":"2026-02-03T08:15:00Z","userPrincipalName":"u@corp.example","mail":null}"#],
    );
    let shell = r#"[{"Id":"u","DisplayName":"U","CreatedDateTime":"\/Date(1770106500000)\/","UserPrincipalName":"u@corp.example","Mail":null}]"#;
    let hash = |text: &str| {
        let (_, memory) = ingest_files(&[("2026-03-01/users.json", text.as_bytes())], &sink::options()).expect("an ingest");
        memory.table("users")[0]["content_hash"].to_string()
    };
    assert_eq!(hash(&graph), hash(shell), "one content");
}
