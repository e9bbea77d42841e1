//! Letters: a dead mailbox keeps nobody else from being told, openings are sent, and whoever gets items gets one letter.

use crate::campaign::{ok, on, reviewers, sample, sheet, status};
use crate::common::Run;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use vouchsafe::lake::failpoint::Step;

/// A mail server on loopback that knows no mailbox of these beginnings; it keeps what it took, as (address, mail).
struct Server {
    port: u16,
    dead: Arc<Mutex<Vec<String>>>,
    taken: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    fn new(dead: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Self {
            port: listener.local_addr().expect("an address").port(),
            dead: Arc::new(Mutex::new(dead.iter().map(ToString::to_string).collect())),
            taken: Arc::default(),
        };
        let (dead, taken) = (server.dead.clone(), server.taken.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (dead, taken) = (dead.clone(), taken.clone());
                std::thread::spawn(move || serve(stream, &dead, &taken));
            }
        });
        server
    }

    fn addresses(&self) -> Vec<String> {
        let mut all: Vec<String> = self.taken.lock().expect("the letters").iter().map(|(to, _)| to.clone()).collect();
        all.sort();
        all
    }
}

fn serve(stream: TcpStream, dead: &Mutex<Vec<String>>, taken: &Mutex<Vec<(String, String)>>) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 sink")?;
    let (mut to, mut mail, mut data) = (String::new(), String::new(), false);
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        if data {
            if line == "." {
                data = false;
                taken.lock().ok()?.push((to.clone(), std::mem::take(&mut mail)));
                say("250 kept")?;
            } else {
                mail += &line;
                mail.push('\n');
            }
            continue;
        }
        let upper = line.to_uppercase();
        if upper.starts_with("EHLO") {
            say("250-sink")?;
            say("250 8BITMIME")?;
        } else if upper.starts_with("RCPT") {
            to = line.split(['<', '>']).nth(1).unwrap_or_default().to_lowercase();
            let gone = dead.lock().ok()?.iter().any(|d| to.starts_with(d.as_str()));
            say(if gone { "550 no such user" } else { "250 ok" })?;
        } else if upper.starts_with("DATA") {
            data = true;
            say("354 go")?;
        } else if upper.starts_with("QUIT") {
            say("221 bye")?;
            return Some(());
        } else {
            say("250 ok")?;
        }
    }
    Some(())
}

const PEOPLE: [&str; 4] = ["hanna.lindgren", "marit.solbakken", "signe.aune", "liv.hauge"];

fn opened(server: &Server, more: &str) -> (Run, String, i32) {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let people: Vec<String> = PEOPLE.iter().map(|p| format!("\"{p}@meridell-care.example\"")).collect();
    run.write(
        "campaign.toml",
        &format!(
            "name = \"Letters\"\njustification = []\n{more}\n[[reviewers]]\nby = \"person\"\npersons = [{}]\n\
             [[reminders]]\ndays_before = 7\nto = \"reviewer\"\n[[reminders]]\ndays_before = -3\nto = \"replace\"\n\
             [mail]\nfrom = \"Reviews <reviews@corp.example>\"\nsheets_at = \"https://intranet.example/reviews\"\nzone = \"Europe/Oslo\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
            people.join(", "),
            server.port
        ),
    );
    let told = on(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    (run, told.stdout.trim().to_string(), told.code)
}

#[test]
fn a_dead_mailbox_keeps_nobody_else_from_being_told() {
    let server = Server::new(&["marit.solbakken@"]);
    let (run, id, code) = opened(&server, "");
    assert_eq!(code, 4, "the opening says that a letter did not go out");
    let told: Vec<String> = PEOPLE
        .iter()
        .filter(|p| !p.starts_with("marit"))
        .map(|p| format!("{p}@meridell-care.example"))
        .collect();
    let mut expected = told.clone();
    expected.sort();
    assert_eq!(server.addresses(), expected, "openings are sent, past the dead mailbox");
    let (_, mail) = server.taken.lock().expect("the letters")[0].clone();
    let flat = mail.replace("=\n", "").replace('\n', " ");
    assert!(flat.contains(&format!("folder {id}/")), "the folder has the campaign's id: {mail}");
    assert!(flat.contains("(Europe/Oslo)"), "the end by the reader's clock: {mail}");

    // A second run tells nobody twice, tries the dead one again, and says so again.
    let again = on(&run, 1, &["campaign", "remind", &id, "--lake", "lake"]);
    assert_eq!(again.code, 4, "{}", again.stderr);
    assert!(again.stderr.contains("not sent: marit.solbakken@meridell-care.example"), "{}", again.stderr);
    assert_eq!(server.addresses(), expected);
    let entries = status(&run, 1, &id)["log_entries"].clone();
    on(&run, 1, &["campaign", "remind", &id, "--lake", "lake"]);
    assert_eq!(status(&run, 1, &id)["log_entries"], entries, "the same refusal is recorded once");

    // Its week's reminder goes past it as well; and when the mailbox lives, everybody has what is theirs, once.
    let week = on(&run, 8, &["campaign", "remind", &id, "--lake", "lake"]);
    assert_eq!(week.code, 4, "{}", week.stderr);
    assert_eq!(server.addresses().len(), 2 * told.len(), "three openings and three reminders");
    server.dead.lock().expect("the dead").clear();
    ok(&run, 8, &["campaign", "remind", &id, "--lake", "lake"]);
    let after = server.addresses();
    for person in PEOPLE {
        let n = after.iter().filter(|a| a.starts_with(person)).count();
        assert_eq!(n, 2, "{person}: an opening and a reminder: {after:?}");
    }
}

#[test]
fn whoever_gets_items_gets_one_letter_with_the_sheet_as_it_is_now() {
    let server = Server::new(&[]);
    let (run, id, code) = opened(&server, "escalate_to = \"mehmet.aydin@meridell-care.example\"\nescalate_days = 7");
    assert_eq!(code, 0);
    server.taken.lock().expect("the letters").clear();
    // Three days after the end the items of those who did not answer change hands.
    let told = ok(&run, 17, &["campaign", "remind", &id, "--lake", "lake"]);
    let now = status(&run, 17, &id);
    let takers: Vec<String> = now["moves"]
        .as_array()
        .expect("moves")
        .iter()
        .filter_map(|m| m["to"].as_str().map(String::from))
        .collect();
    assert!(!takers.is_empty(), "{}", told.stderr);
    assert!(now["due_at"].as_str() > Some("2026-07-19"), "they have time to decide: {}", now["due_at"]);
    let letters = server.taken.lock().expect("the letters").clone();
    let mut unique: Vec<&String> = takers.iter().collect();
    unique.sort();
    unique.dedup();
    for key in unique {
        let mine: Vec<&String> = letters
            .iter()
            .filter(|(to, mail)| to.starts_with(&format!("{key}@")) && mail.contains("handed to you"))
            .map(|(_, mail)| mail)
            .collect();
        assert_eq!(mine.len(), 1, "{key} gets one letter about it");
        let hash = sheet(&run, &id, key).1[0]["sheet_sha256"].clone();
        assert!(mine[0].contains(&hash), "with the hash of the sheet as it is now");
        let due: String = now["due_at"].as_str().expect("a time").chars().take(10).collect();
        let due: Value = Value::from(due);
        assert!(!mine[0].contains("16 Jul 2026"), "and no end that has passed ({due})");
    }
    assert!(reviewers(&now).iter().all(|k| k != "unassigned" || now["population"].as_u64() > Some(0)));
}

#[test]
fn letters_lead_to_the_sheet_and_name_the_end_of_a_day() {
    use mail_parser::{MessageParser, MimeHeaders};
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let plan = |more: &str| {
        format!(
            "name = \"Letters\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\"]\n\
             [mail]\nfrom = \"Reviews <reviews@corp.example>\"\nzone = \"Europe/Oslo\"\n{more}"
        )
    };
    // What is sent leads somewhere.
    run.write("campaign.toml", &plan("[smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n"));
    let open = ["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"];
    let told = on(&run, 0, &open);
    assert!(
        told.code == 2 && told.stderr.contains("mail.sheets_at") && told.stderr.contains("mail.attach_sheets"),
        "{}",
        told.stderr
    );

    run.write("campaign.toml", &plan("attach_sheets = true\n"));
    let told = ok(&run, 0, &open);
    assert!(told.stderr.contains("due Thu 16 Jul 2026, end of day (Europe/Oslo)"), "{}", told.stderr);
    let id = told.stdout.trim().to_string();
    let key = "hanna.lindgren";
    let letter = |name: &str| std::fs::read(run.dir().join(format!("out/{id}/{key}/{name}"))).expect("a letter");
    let bytes = letter("hanna.lindgren_opening.eml");
    let mail = MessageParser::default().parse(&bytes).expect("a mail");
    let attached: Vec<(String, Vec<u8>)> = mail
        .attachments()
        .map(|a| (a.attachment_name().unwrap_or_default().to_string(), a.contents().to_vec()))
        .collect();
    let names: Vec<&str> = attached.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["review.html", "review.xlsx", "due.ics"]);
    for (name, content) in &attached[..2] {
        let file = std::fs::read(run.dir().join(format!("out/{id}/{key}/{name}"))).expect("a sheet");
        assert!(*content == file, "{name} comes as it lies there");
    }
    let text = mail.body_text(0).expect("text").replace("\r\n", "\n");
    for part in [
        "Please answer by Thu 16 Jul 2026, end of day (Europe/Oslo).",
        "Your sheet, review.html, is attached.",
        "The sheet names who has which access.",
    ] {
        assert!(text.contains(part), "'{part}' is missing in {text}");
    }
    assert!(!text.contains("names nobody's access"), "{text}");
    // The entry ends when the day does, and nothing in it is of the clock of this machine.
    let entry = String::from_utf8(letter("hanna.lindgren_opening.ics")).expect("text");
    assert!(entry.contains("DTEND:20260716T220000Z"), "{entry}");
    assert_eq!(entry.matches("DTSTAMP:20260702T000000Z").count(), entry.matches("DTSTAMP").count(), "{entry}");
    ok(&run, 0, &open);
    assert!(bytes == letter("hanna.lindgren_opening.eml"), "written again, it is the same");

    // Somebody may answer until the day is over, and not after.
    let early = on(&run, 14, &["campaign", "close", &id, "--lake", "lake"]);
    assert!(
        early.code == 2 && early.stderr.contains("the end is Thu 16 Jul 2026, end of day (Europe/Oslo)"),
        "{}",
        early.stderr
    );
    let told = ok(
        &run,
        14,
        &["campaign", "extend", &id, "--until", "2026-07-20", "--reason", "holidays", "--lake", "lake"],
    );
    assert!(told.stderr.contains("Mon 20 Jul 2026, end of day (Europe/Oslo)"), "{}", told.stderr);
    assert_eq!(status(&run, 14, &id)["due_at"], "2026-07-20T22:00:00Z");
}

/// How many people review in the largest run, and which of their mailboxes are gone: one in a hundred. Two thousand are
/// written to beside the mailer, without a server.
const CROWD: usize = 300;

fn is_gone(n: usize) -> bool {
    n % 100 == 17
}

/// A tenant where everybody who holds something has a manager of their own.
fn crowd() -> String {
    use std::fmt::Write as _;
    let mut text = String::from("package Door\npolicy Way | of Door\n");
    for n in 1..=CROWD {
        let _ = writeln!(text, "user boss{n:04}\nuser hold{n:04}");
    }
    text += "look 2026-06-30\n  packages\n  policies\n  users\n";
    let rows = |line: &dyn Fn(usize) -> String| (1..=CROWD).map(line).collect::<String>();
    text += &rows(&|n| format!("    boss{n:04}\n    hold{n:04} | {{\"manager\": {{\"id\": \"<boss{n:04}>\"}}}}\n"));
    text += "  assignments\n";
    text += &rows(&|n| format!("    a{n} | hold{n:04} | Door | delivered | from 2026-02-01 10:00 | policy Way\n"));
    text
}

#[test]
fn letters_to_a_crowd_leave_for_a_mail_server_and_each_dead_mailbox_is_listed() {
    let gone: Vec<String> = (1..=CROWD).filter(|n| is_gone(*n)).map(|n| format!("boss{n:04}@")).collect();
    assert_eq!(gone.len(), CROWD / 100);
    let server = Server::new(&gone.iter().map(String::as_str).collect::<Vec<_>>());
    // Each letter is on disk before the next is sent.
    let run = Run::in_memory();
    crate::tenants::written(&run, &crowd());
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write(
        "campaign.toml",
        &format!(
            "name = \"Crowd\"\njustification = []\n[[reviewers]]\nby = \"manager\"\n[mail]\nfrom = \"Reviews <reviews@corp.example>\"\n\
             sheets_at = \"https://intranet.example/reviews\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
            server.port
        ),
    );
    let told = on(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let id = told.stdout.trim().to_string();
    let listed = |stderr: &str| {
        let mut all: Vec<String> = stderr
            .lines()
            .filter_map(|l| l.strip_prefix("not sent: "))
            .map(|l| l.split('@').next().unwrap_or_default().to_string() + "@")
            .collect();
        all.sort();
        all
    };
    assert_eq!(told.code, 4, "{}", told.stderr);
    assert_eq!(listed(&told.stderr), gone, "each dead mailbox is named, and nobody else");
    let sum = format!("{} letters went out, {} did not", CROWD - gone.len(), gone.len());
    assert!(told.stderr.contains(&sum), "{}", told.stderr);
    let once = |expected: usize| {
        let all = server.addresses();
        let mut unique = all.clone();
        unique.dedup();
        assert_eq!((all.len(), unique.len()), (expected, expected), "nobody is written to twice");
    };
    once(CROWD - gone.len());
    let undelivered = status(&run, 0, &id)["undelivered"].as_array().map(Vec::len);
    assert_eq!(undelivered, Some(gone.len()), "and the log has them");
    // The next run tries those who got nothing, and only those.
    let again = on(&run, 1, &["campaign", "remind", &id, "--lake", "lake"]);
    assert_eq!((again.code, listed(&again.stderr)), (4, gone));
    server.dead.lock().expect("the dead").clear();
    ok(&run, 1, &["campaign", "remind", &id, "--lake", "lake"]);
    once(CROWD);
    assert_eq!(status(&run, 1, &id)["undelivered"], serde_json::json!([]));
}

#[test]
fn a_letter_about_one_item_that_was_handed_over_counts_that_one() {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write(
        "campaign.toml",
        "name = \"Handed\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\", \"mehmet.aydin@meridell-care.example\"]\n",
    );
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let (giver, taker) = ("hanna.lindgren", "mehmet.aydin");
    let own = sheet(&run, &id, taker).1.len();
    let item = |row: &crate::campaign::Row| {
        let told = on(
            &run,
            1,
            &[
                "campaign",
                "reassign",
                &id,
                "--from",
                giver,
                "--to",
                taker,
                "--item",
                &row["item_id"],
                "--reason",
                "knows them",
                "--lake",
                "lake",
            ],
        );
        told.code == 0
    };
    assert!(sheet(&run, &id, giver).1.iter().any(item), "one of them can be given");
    let letter = run.read(&format!("out/{id}/{taker}/{taker}_about_{giver}_replacement_opening.eml"));
    let text = letter.replace("=\r\n", "").replace("\r\n", "\n");
    assert!(text.contains("Access review handed to you: 1 decision by"), "{text}");
    assert!(text.contains("instead of Hanna Lindgren: 1 decision."), "{text}");
    assert!(text.contains(&format!("With it, you have still open: {} decisions.", own + 1)), "{text}");
}

/// The day of the opening, in seconds since 1970, and the length of a day.
const OPENING: i64 = 1_782_950_400;
const DAY: i64 = 86_400;

#[test]
fn what_a_killed_command_left_is_finished_by_the_next_and_nobody_is_written_to_twice() {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write(
        "campaign.toml",
        "name = \"Killed\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\", \"mehmet.aydin@meridell-care.example\"]\n",
    );
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let (giver, taker) = ("hanna.lindgren", "mehmet.aydin");
    let before = sheet(&run, &id, taker).1.len();
    let time = (OPENING + DAY).to_string();
    let killed = sheet(&run, &id, giver).1.iter().any(|row| {
        let give = ["campaign", "reassign", &id, "--from", giver, "--to", taker, "--item", &row["item_id"]];
        let args = [&give[..], &["--reason", "leave", "--lake", "lake"]].concat();
        crate::killed::dies(run.dir(), &time, Step::EntryNamed, &args)
    });
    assert!(killed, "one of them can be given");
    assert_eq!(sheet(&run, &id, taker).1.len(), before, "the sheet was not written any more");
    let about = format!("out/{id}/{taker}/{taker}_about_{giver}_replacement_opening.eml");
    assert!(!run.dir().join(&about).exists());
    let told = ok(&run, 1, &["campaign", "remind", &id, "--lake", "lake"]).stderr;
    assert!(told.contains("2 letters"), "who got it and who gave it: {told}");
    assert_eq!(sheet(&run, &id, taker).1.len(), before + 1, "the sheet is as the log says");
    assert!(run.read(&about).contains("handed to you"));
    let again = ok(&run, 2, &["campaign", "remind", &id, "--lake", "lake"]).stderr;
    assert!(again.contains("0 letters"), "once: {again}");
}

#[test]
fn a_file_whose_campaign_was_given_up_opens_nothing() {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write("campaign.toml", "name = \"Over\"\njustification = []\n[[reviewers]]\nby = \"approver\"\n");
    let open = |out: &str| on(&run, 1, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", out]);
    let id = open("out").stdout.trim().to_string();
    ok(&run, 1, &["campaign", "cancel", &id, "--reason", "wrong due date", "--lake", "lake"]);
    let told = open("again");
    assert_eq!(told.code, 2, "{}", told.stderr);
    assert!(
        told.stderr.contains("was cancelled on") && told.stderr.contains("wrong due date"),
        "{}",
        told.stderr
    );
    assert!(!run.dir().join("again").exists(), "neither sheets nor letters");
}
