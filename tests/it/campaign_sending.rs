//! Sending to services that are not ours: a mail server with TLS and OAuth 2.0, and Graph's `sendMail`.

use crate::campaign::{on, sample};
use crate::common::Run;
use crate::tools;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

const PEOPLE: [&str; 3] = ["hanna.lindgren", "marit.solbakken", "signe.aune"];

/// A campaign whose letters are sent as these tables say.
fn opened(way: &str) -> (Run, impl Fn(&Run) -> (i32, String)) {
    let run = Run::new();
    crate::campaign::ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let people: Vec<String> = PEOPLE.iter().map(|p| format!("\"{p}@meridell-care.example\"")).collect();
    let plan = format!(
        "name = \"Sending\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [{}]\n[mail]\nfrom = \"Reviews <reviews@corp.example>\"\nsheets_at = \"https://intranet.example/reviews\"\n{way}",
        people.join(", ")
    );
    let open = move |run: &Run| {
        run.write("campaign.toml", &plan);
        let told = on(run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
        (told.code, told.stderr)
    };
    (run, open)
}

/// An aiosmtpd that asks for TLS and for a token; it writes what it took as lines of JSON.
const SERVER: &str = r#"
import asyncio, base64, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
cert, key, out, user, token, implicit = sys.argv[1:]
class Handler:
    async def auth_XOAUTH2(self, server, args):
        blob = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        return AuthResult(success=blob == f"user={user}\x01auth=Bearer {token}\x01\x01")
    async def handle_RCPT(self, server, session, envelope, address, options):
        if not session.authenticated:
            return "530 5.7.0 authentication required"
        if address.startswith("marit"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        with open(out, "a") as f:
            f.write(json.dumps({"to": envelope.rcpt_tos, "tls": session.ssl is not None or implicit == "tls"}) + "\n")
        return "250 kept"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
async def main():
    loop = asyncio.get_running_loop()
    def service():
        same = {"hostname": "localhost", "auth_exclude_mechanism": ["LOGIN", "PLAIN"], "loop": loop}
        if implicit == "tls":
            return SMTP(Handler(), auth_require_tls=False, **same)
        return SMTP(Handler(), tls_context=context, require_starttls=True, **same)
    server = await loop.create_server(service, "127.0.0.1", 0, ssl=context if implicit == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A certificate for `localhost` by an authority of the test: `ca.pem`, `leaf.pem`, `leaf.key`.
fn certificates(dir: &Path) {
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).current_dir(dir).output().expect("openssl starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl(
        &[
            &["req", "-x509"],
            &key[..],
            &["-days", "3650", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"],
        ]
        .concat(),
    );
    openssl(&[&["req"], &key[..], &["-subj", "/CN=localhost", "-keyout", "leaf.key", "-out", "leaf.csr"]].concat());
    std::fs::write(dir.join("leaf.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").expect("written");
    openssl(&[
        "x509",
        "-req",
        "-in",
        "leaf.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "3650",
        "-extfile",
        "leaf.ext",
        "-out",
        "leaf.pem",
    ]);
}

#[cfg(unix)]
#[test]
fn letters_go_out_over_tls_with_a_token_and_a_wrong_token_or_certificate_sends_nothing() {
    let test = "letters_go_out_over_tls_with_a_token_and_a_wrong_token_or_certificate_sends_nothing";
    let Some(python) = tools::python(test, &["aiosmtpd"]) else { return };
    if tools::program(test, "openssl").is_none() {
        return;
    }
    for security in ["starttls", "tls"] {
        let (run, _) = opened("");
        certificates(run.dir());
        let mut child = Command::new(&python)
            .args([
                "-c",
                SERVER,
                "leaf.pem",
                "leaf.key",
                "taken.jsonl",
                "reviews@corp.example",
                "the-token",
                security,
            ])
            .current_dir(run.dir())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a port");
        let port = line.trim().to_string();
        let _server = Server(child);
        let taken = || std::fs::read_to_string(run.dir().join("taken.jsonl")).unwrap_or_default();
        let way = |ca: &str| {
            format!(
                "[smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nuser = \"reviews@corp.example\"\n{ca}[smtp.oauth2]\ntoken_file = \"token\"\n"
            )
        };
        let plan = |ca: &str| {
            format!(
                "name = \"Sending {}\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\", \"marit.solbakken@meridell-care.example\", \"signe.aune@meridell-care.example\"]\n[mail]\nfrom = \"Reviews <reviews@corp.example>\"\nattach_sheets = true\n{}",
                if ca.is_empty() { "one" } else { "two" },
                way(ca)
            )
        };
        let open = |ca: &str| {
            run.write("campaign.toml", &plan(ca));
            let told = on(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
            (told.code, told.stderr)
        };
        run.write("token", "the-token\n");
        tools::private(&run.dir().join("token"));
        // A certificate that nobody vouches for: nothing is sent, and the server is asked once.
        let (code, told) = open("");
        assert_eq!(code, 4, "{security}: {told}");
        assert!(
            told.contains("not tried, since the mail server does not answer") && taken().is_empty(),
            "{told}"
        );
        // A token that does not count.
        run.write("token", "another\n");
        let (code, told) = open("ca_file = \"ca.pem\"\n");
        assert_eq!(code, 4, "{security}: {told}");
        assert!(taken().is_empty(), "{}", taken());
        // The right one: everybody but the dead mailbox has a letter, over TLS.
        run.write("token", "the-token\n");
        let told = on(&run, 1, &["campaign", "remind", "Sending two", "--lake", "lake"]);
        assert_eq!(told.code, 4, "{security}: {}", told.stderr);
        let mails: Vec<Value> = taken().lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let mut to: Vec<&str> = mails.iter().filter_map(|m| m["to"][0].as_str()).collect();
        to.sort_unstable();
        assert_eq!(
            to,
            ["hanna.lindgren@meridell-care.example", "signe.aune@meridell-care.example"],
            "{}",
            told.stderr
        );
        assert!(mails.iter().all(|m| m["tls"] == true), "in TLS");
        assert!(told.stderr.contains("not sent: marit.solbakken@meridell-care.example"), "{}", told.stderr);
    }
}

/// A login and a Graph on loopback, as far as `sendMail` goes: what was posted, by path.
#[derive(Default)]
struct Posted {
    tokens: usize,
    mails: Vec<(String, Vec<u8>)>,
    throttled: bool,
}

fn graph() -> (u16, Arc<Mutex<Posted>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let posted: Arc<Mutex<Posted>> = Arc::default();
    let shared = Arc::clone(&posted);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                while answer(&mut reader, &stream, &shared).is_some() {}
            });
        }
    });
    (port, posted)
}

fn answer(reader: &mut BufReader<TcpStream>, stream: &TcpStream, posted: &Mutex<Posted>) -> Option<()> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut all = posted.lock().ok()?;
    let (status, more, text) = if head.starts_with("POST /corp.example/oauth2/v2.0/token ") {
        all.tokens += 1;
        let asked = String::from_utf8_lossy(&body).contains("client_secret=hush");
        let given = serde_json::json!({"access_token": "graph-token", "expires_in": 3600, "token_type": "Bearer"});
        if asked {
            ("200 OK", "", given.to_string())
        } else {
            ("401 Unauthorized", "", "{}".into())
        }
    } else if !head.to_lowercase().contains("authorization: bearer graph-token") {
        ("401 Unauthorized", "", "{}".to_string())
    } else if !std::mem::replace(&mut all.throttled, true) {
        ("429 Too Many Requests", "Retry-After: 0\r\n", "{}".into())
    } else {
        use base64::Engine;
        let mail = base64::engine::general_purpose::STANDARD.decode(&body).unwrap_or_default();
        let path = head.split(' ').nth(1).unwrap_or_default().to_string();
        let dead = String::from_utf8_lossy(&mail).contains("marit.solbakken@");
        let error = serde_json::json!({"error": {"code": "ErrorInvalidRecipients", "message": "At least one recipient isn't valid."}});
        if dead {
            ("400 Bad Request", "", error.to_string())
        } else {
            all.mails.push((path, mail));
            ("202 Accepted", "", String::new())
        }
    };
    drop(all);
    let mut out = stream.try_clone().ok()?;
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}Content-Length: {}\r\n\r\n{text}",
        text.len()
    )
    .ok()
}

#[cfg(unix)]
#[test]
fn letters_go_out_by_graph_from_a_mailbox_past_a_dead_one_and_a_throttle() {
    let (port, posted) = graph();
    let way = format!(
        "[graph]\nmailbox = \"reviews@corp.example\"\n[graph.oauth2]\ntenant = \"corp.example\"\nclient_id = \"5d0c3c44-9f55-4b7c-8f0e-3b1c8f1f0a11\"\nclient_secret_file = \"secret\"\n\
         login_url = \"http://127.0.0.1:{port}\"\nresource_url = \"http://127.0.0.1:{port}\"\n"
    );
    let (run, open) = opened(&way);
    let (code, told) = open(&run);
    assert_eq!(code, 2, "without the secret nobody is called: {told}");
    run.write("secret", "hush\n");
    tools::private(&run.dir().join("secret"));
    let (code, told) = open(&run);
    assert_eq!(code, 4, "{told}");
    assert!(
        told.contains("not sent: marit.solbakken@meridell-care.example") && told.contains("ErrorInvalidRecipients"),
        "{told}"
    );
    let posted = posted.lock().expect("what was posted");
    assert_eq!((posted.tokens, posted.mails.len()), (1, 2), "one token for all, and the throttled letter once");
    for (path, mail) in &posted.mails {
        assert_eq!(path, "/v1.0/users/reviews@corp.example/sendMail");
        let text = String::from_utf8_lossy(mail);
        assert!(
            text.contains("From: Reviews <reviews@corp.example>") || text.contains("From: \"Reviews\" <reviews@corp.example>"),
            "{text}"
        );
        assert!(
            text.contains("X-Vouchsafe-Campaign: ") && text.contains("text/calendar"),
            "the mail as it is: {text}"
        );
    }
    let log = on(&run, 0, &["campaign", "status", "Sending", "--lake", "lake", "--format", "json"]).stdout;
    assert!(
        !log.contains("hush") && !told.contains("hush") && !told.contains("graph-token"),
        "no secret is told"
    );
}
