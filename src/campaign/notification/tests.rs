//! Letters: what they say, what they never say, and that they can be written again.

use super::*;
use crate::campaign::{CampaignId, ReviewerKey};
use crate::model::{TenantId, Window};
use mail_parser::{MessageParser, MimeHeaders};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("a time")
}

fn campaign() -> Campaign {
    Campaign {
        format: 1,
        id: CampaignId::new("q2-2026-1a2b3c4d"),
        name: "Quarterly review\r\nBcc: everybody@corp.example".into(),
        previous: None,
        tenant: TenantId::new("11111111-2222-4333-8444-555555555555"),
        commit: "c".repeat(64),
        commit_sequence: 3,
        as_of: at("2026-06-30T00:00:00Z"),
        opened_at: at("2026-07-01T08:00:00Z"),
        opened_by: "audit".into(),
        due_at: at("2026-07-15T16:00:00Z"),
        zone: String::new(),
        period: Window {
            from: at("2026-04-01T00:00:00Z"),
            until: at("2026-07-01T00:00:00Z"),
        },
        population: 1_249,
        population_sha256: "ab".repeat(32),
        reviewers: Vec::new(),
        warnings: Vec::new(),
        forced: None,
        configuration: String::new(),
        entra_instance: None,
        entra_period: None,
    }
}

fn person(key: &str, name: &str, mail: &str) -> Reviewer {
    Reviewer {
        key: ReviewerKey::new(key),
        name: name.into(),
        mail: mail.into(),
        ..Reviewer::default()
    }
}

fn sender() -> Sender {
    Sender {
        from: "Access reviews <reviews@corp.example>".into(),
        reply_to: "audit@corp.example".into(),
        sheets_at: "https://files.corp.example/reviews".into(),
        attach_sheets: false,
        zone: String::new(),
    }
}

fn letter<'a>(campaign: &'a Campaign, occasion: Occasion, to: &'a Reviewer, about: &'a Reviewer, sender: &'a Sender) -> Notification<'a> {
    Notification {
        campaign,
        occasion,
        to,
        about,
        open: 12,
        handed: 3,
        items: 40,
        due_at: campaign.due_at,
        sheets: &[],
        attached: &[],
        otherwise: "If you do not respond, it stays.",
        step: "7 days before to reviewer",
        at: at("2026-07-08T08:00:00Z"),
        sender,
        language: Language::En,
    }
}

#[test]
fn a_letter_is_a_mail_with_hash_and_calendar_entry_and_can_be_written_again() {
    let (campaign, sender) = (campaign(), sender());
    let maya = person("maya.ferrari", "Zoë \"Maya\"\r\nBcc: x@y.example Ferrari", "maya.ferrari@corp.example");
    let letter = letter(&campaign, Occasion::Opening, &maya, &maya, &sender);
    let bytes = letter.mail().expect("is written");
    assert_eq!(bytes, letter.mail().expect("is written"), "the same letter twice");
    let mail = MessageParser::default().parse(&bytes).expect("is a mail");
    assert_eq!(mail.subject(), Some("Access review: 12 decisions by Wed 15 Jul 2026 [q2-2026-1a2b3c4d]"));
    assert_eq!(mail.date().map(mail_parser::DateTime::to_rfc3339).as_deref(), Some("2026-07-08T08:00:00Z"));
    assert!(mail.message_id().is_some_and(|id| id.ends_with("@corp.example")));
    assert!(mail.bcc().is_none() && mail.cc().is_none(), "a name has become a header field");
    let told = mail.body_text(0).expect("text").into_owned();
    for part in [
        "abababab",
        "1249 items as of 2026-06-30 00:00 UTC",
        "by Wed 15 Jul 2026, 16:00 (UTC)",
        "folder q2-2026-1a2b3c4d/maya.ferrari at https://files.corp.example/reviews",
        "If you do not respond, it stays.",
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    let attached: Vec<&str> = mail.attachments().filter_map(MimeHeaders::attachment_name).collect();
    assert_eq!(attached, ["due.ics"]);
    assert_eq!(letter.file_stem(), "maya.ferrari_opening_7-days-before-to-reviewer");
}

#[test]
fn each_occasion_says_what_is_asked_of_whom() {
    let (campaign, sender) = (campaign(), sender());
    let (maya, boss) = (
        person("maya.ferrari", "Maya Ferrari", "maya@corp.example"),
        person("boss", "The Boss", "boss@corp.example"),
    );
    for (occasion, to, expected) in [
        (Occasion::Reminder, &maya, "12 decisions.\nPlease answer by"),
        (Occasion::Overdue, &maya, "was due by"),
        (Occasion::Escalation, &boss, "Maya Ferrari has still open: 12 decisions, due by"),
        (Occasion::HandedOver, &boss, "decisions of yours were given to Maya Ferrari"),
        (
            Occasion::Replacement,
            &boss,
            "this is now yours, given to you instead of Maya Ferrari: 3 decisions.\nWith it, you have still open: 12 decisions.",
        ),
        (
            Occasion::SecondOpening,
            &maya,
            "the first reviewers have decided, and yours is the second look: 12 decisions.",
        ),
    ] {
        let bytes = letter(&campaign, occasion, to, &maya, &sender).mail().expect("is written");
        let told = MessageParser::default()
            .parse(&bytes)
            .expect("a mail")
            .body_text(0)
            .expect("text")
            .replace("\r\n", "\n");
        assert!(told.contains(expected), "{occasion}:\n{told}");
    }
    let nowhere = person("nobody", "Nobody", "");
    let told = letter(&campaign, Occasion::Reminder, &nowhere, &nowhere, &sender)
        .mail()
        .expect_err("no address")
        .to_string();
    assert_eq!(told, "no letter to nobody: no mail address is known");
}

#[test]
fn the_calendar_entry_is_replaced_by_the_next_letter() {
    let (campaign, sender) = (campaign(), sender());
    let maya = person("maya.ferrari", "Maya Ferrari", "maya@corp.example");
    let first = letter(&campaign, Occasion::Opening, &maya, &maya, &sender);
    let second = Notification {
        at: at("2026-07-13T08:00:00Z"),
        occasion: Occasion::Reminder,
        step: "2 days before to reviewer",
        ..first
    };
    let line = |text: &str, name: &str| text.lines().find(|l| l.starts_with(name)).map(String::from);
    let (a, b) = (first.calendar(), second.calendar());
    assert_eq!(a, first.calendar(), "the same entry twice");
    assert_eq!(line(&a, "UID:"), line(&b, "UID:"));
    assert_eq!(line(&a, "SEQUENCE:").as_deref(), Some("SEQUENCE:10080"));
    assert_eq!(line(&b, "SEQUENCE:").as_deref(), Some("SEQUENCE:17280"));
    assert_eq!(line(&a, "DTEND").as_deref(), Some("DTEND:20260715T160000Z"));
    assert_eq!(line(&a, "DTSTAMP").as_deref(), Some("DTSTAMP:20260708T080000Z"));
    assert!(a.contains("ORGANIZER:mailto:"), "{a}");
    assert!(a.contains("BEGIN:VALARM") && a.ends_with("END:VCALENDAR\r\n"));
}

#[test]
fn clear_text_leaves_this_machine_never() {
    let smtp = |host: &str, security: Security| Smtp {
        host: host.into(),
        port: None,
        security,
        user: None,
        password_file: None,
        ca_file: None,
        oauth2: None,
    };
    assert!(Post::new(&smtp("localhost", Security::None), "a@corp.example", None).is_ok());
    assert!(Post::new(&smtp("mail.corp.example", Security::Starttls), "a@corp.example", None).is_ok());
    let told = Post::new(&smtp("mail.corp.example", Security::None), "a@corp.example", None)
        .err()
        .expect("refused")
        .to_string();
    assert!(told.contains("in clear text"), "{told}");
    let told = Post::new(
        &Smtp {
            user: Some("u".into()),
            ..smtp("localhost", Security::None)
        },
        "a@b.example",
        None,
    )
    .err()
    .expect("refused")
    .to_string();
    assert!(told.contains("belong together"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_password_that_others_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("password");
    std::fs::write(&file, "canary-secret\n").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("set");
    let smtp = Smtp {
        host: "localhost".into(),
        port: None,
        security: Security::None,
        user: Some("u".into()),
        password_file: Some(file.clone()),
        ca_file: None,
        oauth2: None,
    };
    let told = Post::new(&smtp, "a@corp.example", None).err().expect("refused").to_string();
    assert!(told.contains("others may read it; chmod 600"), "{told}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
    assert!(Post::new(&smtp, "a@corp.example", None).is_ok());
}

#[test]
fn the_end_is_told_by_the_clock_of_the_reader() {
    use super::when;
    assert_eq!(
        when(at("2026-12-11T16:00:00Z"), "Europe/Berlin", Language::En),
        "Fri 11 Dec 2026, 17:00 (Europe/Berlin)"
    );
    assert_eq!(
        when(at("2026-12-11T23:00:00Z"), "Europe/Berlin", Language::En),
        "Fri 11 Dec 2026, end of day (Europe/Berlin)"
    );
    assert_eq!(when(at("2026-12-12T00:00:00Z"), "", Language::En), "Fri 11 Dec 2026, end of day (UTC)");
}

#[test]
fn a_letter_is_written_in_the_language_of_its_reader() {
    let (campaign, sender) = (campaign(), sender());
    let maya = person("maya.ferrari", "Maya Ferrari", "maya@corp.example");
    for (language, subject, asked) in [
        (
            Language::De,
            "Überprüfung von Zugriffen: 12 Entscheidungen bis Mi, 15. Juli 2026",
            "Sie werden um 12 Entscheidungen gebeten",
        ),
        (
            Language::Fr,
            "Revue des accès\u{a0}: 12 décisions pour le mer. 15 juil. 2026",
            "On vous demande 12 décisions",
        ),
        (
            Language::Es,
            "Revisión de accesos: 12 decisiones hasta el mié 15 jul 2026",
            "Se le piden 12 decisiones",
        ),
    ] {
        let letter = Notification {
            language,
            otherwise: "If you do not respond, it is escalated to your manager.",
            ..letter(&campaign, Occasion::Opening, &maya, &maya, &sender)
        };
        let bytes = letter.mail().expect("is written");
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        assert_eq!(mail.subject(), Some(format!("{subject} [q2-2026-1a2b3c4d]").as_str()));
        let told = mail.body_text(0).expect("text").into_owned();
        assert!(told.contains(asked), "{told}");
        for english in ["Please", "Your", "Reply", "If you", "Hash of", "items"] {
            assert!(!told.contains(english), "{language}: '{english}' in\n{told}");
        }
        for occasion in Occasion::ALL {
            let other = Notification { occasion: *occasion, ..letter };
            let bytes = other.mail().expect("is written");
            let text = MessageParser::default().parse(&bytes).expect("a mail").body_text(0).expect("text").into_owned();
            assert!(!text.contains('{') && !text.contains("Please"), "{language} {occasion}:\n{text}");
        }
    }
}

#[test]
fn a_token_stands_in_the_place_of_a_password_and_never_beside_it() {
    let smtp = Smtp {
        host: "localhost".into(),
        port: None,
        security: Security::Starttls,
        user: Some("reviews@corp.example".into()),
        password_file: None,
        ca_file: None,
        oauth2: Some(OAuth2::default()),
    };
    let token = secrecy::SecretString::from("token");
    assert!(Post::new(&smtp, "a@corp.example", Some(&token)).is_ok());
    assert!(Post::new(&smtp, "a@corp.example", None).is_err(), "without a token nobody is called");
    let nobody = Smtp { user: None, ..smtp };
    let told = Post::new(&nobody, "a@corp.example", Some(&token)).err().expect("refused").to_string();
    assert!(told.contains("oauth2 needs user"), "{told}");
}
