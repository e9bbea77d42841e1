//! Letters: a dead mailbox keeps nobody else from being told, openings are sent, and whoever gets items gets one letter.

use crate::campaign::{ok, on, reviewers, sample, sheet, status};
use crate::common::Run;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

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
