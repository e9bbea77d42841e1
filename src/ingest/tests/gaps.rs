//! What was not understood is a gap of the log or collection that it belongs to, and no look that lost a row is whole.

use super::{event, ingest_files, page, reasons, sink};
use crate::ingest::{IngestError, IngestOptions};

/// Gaps as `subject from until`, sorted, and their reasons.
fn gaps(files: &[(&str, &[u8])], options: &IngestOptions) -> Vec<(String, String)> {
    let (_, memory) = ingest_files(files, options).expect("an ingest");
    let told = memory.coverage.iter().filter(|c| c.basis == "gap").map(|c| {
        let time = c
            .from
            .zip(c.until)
            .map_or("any time".into(), |(from, until)| format!("{from} {}", until.0 - from.0));
        (format!("{} {time}", c.subject), c.reason.clone().expect("a reason"))
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

fn complete() -> IngestOptions {
    IngestOptions {
        complete: true,
        ..sink::options()
    }
}

const AT: &str = "2026-03-01T10:00:00Z";

#[test]
fn a_record_that_was_not_taken_is_a_gap_of_its_log() {
    let whole = event("a");
    let half = &whole[..whole.find("initiatedBy").expect("an actor")];
    let sign_in = format!(r#"{{"id":7,"createdDateTime":"{AT}","appId":"x","conditionalAccessStatus":"success","signInEventTypes":["nonInteractiveUser"]}}"#);
    let cases: [(&str, String, &str, &str); 7] = [
        ("torn.json", format!("{whole}\n{half}\n"), "audit any time", "record 2 was not taken: "),
        (
            "no time.json",
            format!("{whole}\n{}\n", event("b").replace(AT, "0001-01-01T00:00:00Z")),
            "audit any time",
            "never set",
        ),
        ("garbage.json", format!("{whole}\nhello\n"), "audit any time", "no JSON"),
        (
            "page.json",
            page("auditLogs/directoryAudits", &[&whole, &whole.replace(r#""id":"a""#, r#""id":5"#)]),
            "audit 2026-03-01T10:00:00Z 1",
            "record 2",
        ),
        (
            "x.json",
            format!("{sign_in}\n{whole}\n"),
            "sign_ins:nonInteractiveUser 2026-03-01T10:00:00Z 1",
            "id of type text",
        ),
        (
            "y.json",
            format!("{}\n{}\n{}\n", whole, event("b").replace(AT, "-"), event("c").replace(AT, "-")),
            "audit any time",
            "2 records were not taken, the first of them record 2",
        ),
        ("signIns.json", "[{\"id\":\"x\"}, 7]".into(), "sign_ins any time", "no JSON object"),
    ];
    for (name, text, subject, reason) in cases {
        let files: [(&str, &[u8]); 2] = [(name, text.as_bytes()), ("other.json", event("o").leak().as_bytes())];
        let told = gaps(&files, &sink::options());
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert_eq!(told[0].0, subject, "{name}: {told:?}");
        assert!(told[0].1.contains(reason) && told[0].1.contains(name), "{name}: {told:?}");
    }
}

#[test]
fn what_no_table_takes_is_no_gap() {
    let other = r#"{"time":"2026-03-01T10:00:00Z","category":"MicrosoftGraphActivityLogs","operationName":"x","properties":{"requestUri":"x"}}"#;
    let text = format!("{}\n{other}\n", event("a"));
    assert_eq!(gaps(&[("x.json", text.as_bytes())], &sink::options()), []);
}

const USER: &str = r#"{"id":"u","displayName":"U","userPrincipalName":"u@corp.example","mail":null}"#;

#[test]
fn a_listing_that_lost_a_row_is_not_complete() {
    let bad = USER.replace(r#""id":"u","#, "");
    let first = page("users", &[USER]).replace(
        r#""value""#,
        r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x","value""#,
    );
    let torn = page("users", &[USER]);
    let torn = &torn[..torn.len() - 10];
    for (name, files) in [
        ("an array", vec![("2026-03-01/users.json", format!("[{USER},{bad}]"))]),
        ("lines", vec![("2026-03-01/users.json", format!("{USER}\n{bad}\n"))]),
        ("a page", vec![("2026-03-01/users.json", page("users", &[USER, &bad]))]),
        (
            "a page of nothing else",
            vec![("2026-03-01/users-1.json", first), ("2026-03-01/users-2.json", page("users", &[&bad]))],
        ),
        (
            "another file",
            vec![
                ("2026-03-01/users-1.json", format!("[{USER}]")),
                ("2026-03-01/users-2.json", format!("[{bad}]")),
            ],
        ),
        (
            "a file of dates that tell nothing",
            vec![
                ("2026-03-01/users-1.json", format!("[{USER}]")),
                (
                    "2026-03-01/users-2.json",
                    format!("[{}]", USER.replace("\"mail\":null", "\"createdDateTime\":\"1/2/2026 10:00\"")),
                ),
            ],
        ),
        ("a torn page", vec![("2026-03-01/users.json", torn.to_string())]),
    ] {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
        let (_, memory) = ingest_files(&files, &complete()).expect("an ingest");
        let looks: Vec<_> = memory.snapshots.iter().filter(|s| s.complete != "no").collect();
        assert!(looks.is_empty() && !memory.snapshots.is_empty(), "{name}: {looks:?}");
        let told = gaps(&files, &complete());
        assert!(told.iter().all(|g| g.0.starts_with("users ")) && !told.is_empty(), "{name}: {told:?}");
    }
    // Another day, and another collection of that day, are whole.
    let group = r#"[{"id":"g","displayName":"G","securityEnabled":true,"mailEnabled":false}]"#;
    let bad = format!("[{USER},{bad}]");
    let good = format!("[{USER}]");
    let files: [(&str, &[u8]); 3] = [
        ("2026-03-01/users.json", bad.as_bytes()),
        ("2026-03-01/groups.json", group.as_bytes()),
        ("2026-04-01/users.json", good.as_bytes()),
    ];
    let (_, memory) = ingest_files(&files, &complete()).expect("an ingest");
    let told: Vec<_> = memory
        .snapshots
        .iter()
        .map(|s| (s.collection.as_str(), s.observed_at.month(), s.complete.as_str()))
        .collect();
    let mut told = told;
    told.sort();
    assert_eq!(
        told,
        [
            ("groups", "2026-03".into(), "claimed"),
            ("users", "2026-03".into(), "no"),
            ("users", "2026-04".into(), "claimed")
        ]
    );
}

#[test]
fn a_missing_page_is_a_gap() {
    let more = |context: &str, row: &str, count: &str| {
        let link = r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/x?$skiptoken=x","value""#;
        page(context, &[row]).replace(r#""value""#, &format!("{count}{link}"))
    };
    let (audit, users) = ("auditLogs/directoryAudits", "users");
    let last = page(audit, &[&event("b")]);
    for (name, files, expected) in [
        (
            "a log",
            vec![("log/1.json", more(audit, &event("a"), ""))],
            Some(("audit any time", "more follow")),
        ),
        (
            "a whole log",
            vec![("log/1.json", more(audit, &event("a"), "")), ("log/2.json", last.clone())],
            None,
        ),
        (
            "a page in the middle",
            vec![("log/1.json", more(audit, &event("a"), r#""@odata.count":3,"#)), ("log/2.json", last.clone())],
            Some(("audit any time", "2 records are there of 3")),
        ),
        (
            "a log that was cut between records",
            vec![("log/1.json", last[..last.len() - 2].to_string())],
            Some(("audit any time", "cut off")),
        ),
        (
            "a collection",
            vec![("2026-03-01/1.json", more(users, USER, ""))],
            Some(("users 2026-03-01T00:00:00Z 86400000000", "the last page is missing")),
        ),
        (
            "a count that does not tie",
            vec![("2026-03-01/1.json", page(users, &[USER]).replace(r#""value""#, r#""@odata.count":2,"value""#))],
            Some(("users 2026-03-01T00:00:00Z 86400000000", "1 rows of 2")),
        ),
    ] {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
        let told = gaps(&files, &sink::options());
        match expected {
            None => assert_eq!(told, [], "{name}"),
            Some((subject, reason)) => {
                assert_eq!(told.len(), 1, "{name}: {told:?}");
                assert_eq!(told[0].0, subject, "{name}");
                assert!(told[0].1.contains(reason), "{name}: {told:?}");
            }
        }
    }
}

#[test]
fn assignments_without_a_holder_are_a_gap_unless_their_look_names_them() {
    let nobody = r#"{"id":"a1","state":"delivered","expiredDateTime":null,"accessPackage":{"id":"p"}}"#;
    let named = nobody.replace(r#""state""#, r#""target":{"id":"s","objectId":"u"},"state""#);
    let context = "identityGovernance/entitlementManagement/assignments";
    let request =
        format!(r#"{{"id":"r1","requestType":"userAdd","state":"delivered","createdDateTime":"{AT}","requestor":{{"objectId":"u"}},"assignment":{named}}}"#);
    let bare = page(context, &[nobody]).replace(r#""value""#, r#""@odata.count":1,"value""#);
    for (name, more, expected) in [
        ("alone", None, 1),
        ("named in the same look", Some(("2026-03-01/b.json", page(context, &[&named]))), 0),
        ("named by a request of that look", Some(("2026-03-01/b.json", format!("[{request}]"))), 0),
        ("named at another time", Some(("2026-04-01/b.json", page(context, &[&named]))), 1),
    ] {
        let mut files: Vec<(&str, &[u8])> = vec![("2026-03-01/a.json", bare.as_bytes())];
        files.extend(more.iter().map(|(n, t)| (*n, t.as_bytes())));
        let told: Vec<_> = gaps(&files, &sink::options()).into_iter().filter(|g| g.1.contains("$expand=target")).collect();
        assert_eq!(told.len(), expected, "{name}: {told:?}");
        if let Some((subject, reason)) = told.first() {
            assert_eq!(subject, "assignments any time", "{name}");
            assert!(reason.contains("1 assignment names no holder"), "{name}: {reason}");
        }
        let (_, memory) = ingest_files(&files[..1], &sink::options()).expect("an ingest");
        assert_eq!(memory.snapshots[0].complete, "proven", "what was listed is all that there is");
    }
}

#[test]
fn nothing_but_bad_records_is_nothing_usable() {
    let error = ingest_files(
        &[("audit.json", br#"{"activityDisplayName":"x","activityDateTime":"0001-01-01T00:00:00Z"}"#)],
        &sink::options(),
    );
    let error = error.expect_err("nothing was taken");
    assert!(matches!(error, IngestError::NothingUsable(_)));
    assert!(error.to_string().contains("never set"), "{error}");
}

#[test]
fn words_that_are_not_known_are_counted_by_name() {
    let request = |kind: &str, state: &str| {
        format!(
            r#"{{"id":"r{kind}","requestType":"{kind}","state":"{state}","createdDateTime":"{AT}","requestor":{{"objectId":"u"}},"accessPackage":{{"id":"p"}},"answers":[]}}"#
        )
    };
    let text = format!(
        "[{},{},{}]",
        request("unknownFutureValue", "delivered"),
        request("userBorrow", "delivered"),
        request("approverRemove", "delivered")
    );
    let told = gaps(&[("2026-03-01/requests.json", text.as_bytes())], &sink::options());
    let reasons: Vec<&str> = told.iter().map(|g| g.1.split("json: ").last().expect("a reason")).collect();
    assert_eq!(
        reasons,
        [
            "1 record has requestType 'unknownFutureValue'; export with the header Prefer: include-unknown-enum-members",
            "1 record has requestType 'userBorrow', which this version does not know",
        ]
    );
    assert!(told.iter().all(|g| g.0 == "requests 2026-03-01T00:00:00Z 86400000000"), "{told:?}");
}

#[test]
fn a_gap_without_a_time_ends_when_its_file_is_read_whole() {
    let whole = format!("{}\n{}\n", event("a"), event("b"));
    let folder = super::folder(&[("audit.json", &whole.as_bytes()[..whole.len() - 40]), ("other.json", event("o").as_bytes())]);
    let paths = [folder.path().to_path_buf()];
    let (first, _) = sink::run(&paths, &sink::options()).expect("an ingest");
    assert_eq!(first.gaps.len(), 1, "{:?}", first.gaps);
    let again = IngestOptions {
        open_gaps: first.gaps.clone(),
        ..sink::options()
    };
    let healed = |memory: &sink::Memory| memory.coverage.iter().filter(|c| c.basis == crate::ingest::HEALED).count();
    let (_, memory) = sink::run(&paths, &again).expect("an ingest");
    assert_eq!(healed(&memory), 0, "it is as torn as before");
    std::fs::write(folder.path().join("audit.json"), &whole).expect("a file");
    let (report, memory) = sink::run(&paths, &again).expect("an ingest");
    assert!(report.gaps.is_empty());
    let rows: Vec<_> = memory.coverage.iter().filter(|c| c.basis == crate::ingest::HEALED).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0].subject, &rows[0].reason), (&first.gaps[0].subject, &first.gaps[0].reason));
    // Another file that is whole says nothing of this one.
    let other = super::folder(&[("audit.json", whole.as_bytes())]);
    let (_, memory) = sink::run(&[other.path().to_path_buf()], &again).expect("an ingest");
    assert_eq!(healed(&memory), 0);
}

#[test]
fn pages_and_holders_that_come_later_heal_too() {
    let more = page("auditLogs/directoryAudits", &[&event("a")]).replace(
        r#""value""#,
        r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$skiptoken=x","value""#,
    );
    let last = page("auditLogs/directoryAudits", &[&event("b")]);
    let bare = r#"{"id":"A1","state":"delivered","expiredDateTime":null}"#;
    let held = r#"{"id":"A1","state":"delivered","expiredDateTime":null,"target":{"objectId":"U1"}}"#;
    let folder = super::folder(&[("1.json", more.as_bytes()), ("2026-03-01/assignments.json", bare.as_bytes())]);
    let paths = [folder.path().to_path_buf()];
    let (first, _) = sink::run(&paths, &sink::options()).expect("an ingest");
    assert_eq!(first.gaps.len(), 2, "{:?}", first.gaps);
    std::fs::write(folder.path().join("2.json"), last).expect("a file");
    std::fs::write(folder.path().join("2026-03-01/assignments-2.json"), held).expect("a file");
    let again = IngestOptions {
        open_gaps: first.gaps,
        ..sink::options()
    };
    let (report, memory) = sink::run(&paths, &again).expect("an ingest");
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    assert_eq!(
        memory.coverage.iter().filter(|c| c.basis == crate::ingest::HEALED).count(),
        2,
        "{:?}",
        memory.coverage
    );
}

#[test]
fn what_contradicts_a_window_that_was_vouched_for_is_told_with_it() {
    let torn = format!("{}\n{}", event("a"), &event("b")[..60]);
    let vouched = |subject: &str, from: &str, until: &str| {
        let window = crate::model::Window {
            from: sink::instant(from),
            until: sink::instant(until),
        };
        IngestOptions {
            covers: vec![(subject.into(), window)],
            ..sink::options()
        }
    };
    let told = |text: &str, options: &IngestOptions| {
        let (report, memory) = ingest_files(&[("audit.json", text.as_bytes())], options).expect("an ingest");
        let row = memory.coverage.into_iter().find(|c| c.basis == "asserted").expect("an assertion");
        (report.contradicted.len(), row.reason.unwrap_or_default())
    };
    let march = vouched("audit", "2026-03-01", "2026-04-01");
    let (count, reason) = told(&torn, &march);
    assert_eq!(count, 1);
    assert!(
        reason.contains("contradicted by its files") && reason.contains("record 2 was not taken"),
        "{reason}"
    );
    assert_eq!(told(&event("a"), &march), (0, "asserted by the command line".into()));
    // A gap that is known to lie elsewhere contradicts nothing.
    let dated = format!("{}\n{}\n", event("a"), event("b").replace(r#""targetResources":[]"#, r#""targetResources":7"#));
    assert_eq!(told(&dated, &march).0, 1);
    assert_eq!(told(&dated, &vouched("audit", "2026-04-01", "2026-05-01")).0, 0);
    assert_eq!(told(&torn, &vouched("sign_ins:interactiveUser", "2026-03-01", "2026-04-01")).0, 0);
}

/// A page says what it is, and what nobody can decide about it is never silence.
#[test]
fn a_second_list_and_a_link_that_is_no_text_are_told() {
    let other = USER.replace(r#""id":"u""#, r#""id":"v""#);
    let context = r#""@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users""#;
    for text in [
        format!("{{{context},\"value\":[{USER}],\"value\":[{other}]}}"),
        format!("{{\"value\":[{USER}],\"value\":[{other}],{context}}}"),
        format!("{{{context},\"value\":[{USER}],\"records\":[{other}]}}"),
        format!("{{{context},\"value\":{USER},\"value\":{other}}}"),
    ] {
        let files: [(&str, &[u8]); 1] = [("2026-03-01/users.json", text.as_bytes())];
        let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        assert_eq!((report.read, report.kept, report.rejected), (2, 1, 1), "{text}");
        assert!(reasons(&memory).iter().any(|r| r.contains("a second '")), "{text}: {:?}", reasons(&memory));
        let told = gaps(&files, &sink::options());
        assert!(told.iter().any(|(subject, _)| subject.starts_with("users")), "{text}: {told:?}");
    }
    for link in ["{\"a\":1}", "7", "[]", "true"] {
        let text = format!("{{{context},\"@odata.count\":1,\"@odata.nextLink\":{link},\"value\":[{USER}]}}");
        let (_, memory) = ingest_files(&[("2026-03-01/users.json", text.as_bytes())], &sink::options()).expect("an ingest");
        assert_eq!(memory.snapshots[0].complete, "no", "{link}: more is to come");
    }
    let text = format!("{{{context},\"@odata.count\":1,\"@odata.nextLink\":null,\"value\":[{USER}]}}");
    let (_, memory) = ingest_files(&[("2026-03-01/users.json", text.as_bytes())], &sink::options()).expect("an ingest");
    assert_eq!(memory.snapshots[0].complete, "proven", "no link");
}

#[test]
fn an_empty_page_that_names_nothing_is_said_to_be_one() {
    let error = ingest_files(&[("x.json", br#"{"value":[]}"#)], &sink::options()).expect_err("nothing");
    assert!(
        error.to_string().contains("x.json: a page without rows, and nothing in it names what it lists"),
        "{error}"
    );
    let (report, _) = ingest_files(&[("x.json", br#"{"value":[]}"#), ("a.json", event("a").as_bytes())], &sink::options()).expect("an ingest");
    let note = report.sources.iter().find(|s| s.path.ends_with("x.json")).and_then(|s| s.note.clone());
    assert!(note.as_deref().is_some_and(|n| n.contains("without rows")), "{note:?}");
}
