//! Timestamps of an authority that is not ours: OpenSSL's, on this machine, asked over HTTP and verified offline.

use crate::common::Run;
use crate::lake_log::lake_of;
use crate::tools;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

const CONFIG: &str = "[tsa]\ndefault_tsa = one\n[one]\nserial = ./serial\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384\nordering = no\nsigner_digest = sha256\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n\
    [root]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n[leaf]\nextendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n\
    [web]\nextendedKeyUsage = serverAuth\n[req]\ndistinguished_name = name\n[name]\n";

fn openssl(dir: &Path, args: &[&str]) {
    let output = Command::new("openssl").current_dir(dir).args(args).output().expect("openssl starts");
    assert!(output.status.success(), "{args:?}\n{}", tools::printed(&output));
}

/// A root, and a certificate under it that may stamp; `kind` is what `openssl genpkey` takes.
fn authority(dir: &Path, kind: &[&str]) {
    fs::create_dir_all(dir).expect("a folder");
    fs::write(dir.join("tsa.cnf"), CONFIG).expect("a file");
    fs::write(dir.join("serial"), "01\n").expect("a file");
    for name in ["root", "leaf"] {
        openssl(dir, &[&["genpkey", "-out", &format!("{name}.key")][..], kind].concat());
    }
    openssl(
        dir,
        &[
            "req",
            "-x509",
            "-new",
            "-key",
            "root.key",
            "-subj",
            "/CN=Root",
            "-days",
            "3650",
            "-config",
            "tsa.cnf",
            "-extensions",
            "root",
            "-out",
            "root.pem",
        ],
    );
    openssl(
        dir,
        &[
            "req",
            "-new",
            "-key",
            "leaf.key",
            "-subj",
            "/CN=Stamp",
            "-config",
            "tsa.cnf",
            "-out",
            "leaf.csr",
        ],
    );
    openssl(
        dir,
        &[
            "x509",
            "-req",
            "-in",
            "leaf.csr",
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            "3650",
            "-extfile",
            "tsa.cnf",
            "-extensions",
            "leaf",
            "-out",
            "leaf.pem",
        ],
    );
}

fn body(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut block = [0; 4096];
    loop {
        let read = stream.read(&mut block).expect("a request");
        all.extend_from_slice(&block[..read]);
        let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
        let length = head
            .split("content-length:")
            .nth(1)
            .and_then(|t| t.lines().next())
            .and_then(|t| t.trim().parse::<usize>().ok());
        if all.len() >= end + 4 + length.unwrap_or(0) {
            return all[end + 4..].to_vec();
        }
    }
}

/// Answers one request with what OpenSSL makes of it; the address.
fn serve(dir: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/tsa", listener.local_addr().expect("an address"));
    let dir = dir.to_path_buf();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        fs::write(dir.join("query"), body(&mut stream)).expect("a file");
        openssl(
            &dir,
            &[
                "ts",
                "-reply",
                "-config",
                "tsa.cnf",
                "-queryfile",
                "query",
                "-signer",
                "leaf.pem",
                "-inkey",
                "leaf.key",
                "-chain",
                "root.pem",
                "-out",
                "answer",
            ],
        );
        let answer = fs::read(dir.join("answer")).expect("an answer");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        stream.write_all(&[head.as_bytes(), &answer].concat()).expect("answered");
    });
    address
}

fn verify(run: &Run, dir: &str, more: &[&str]) -> (i32, String) {
    let told = run.tell(&[&["verify", dir][..], more].concat());
    (told.code, told.stdout + &told.stderr)
}

#[test]
fn a_timestamp_of_openssl_is_asked_for_and_verified_offline() {
    let test = "a_timestamp_of_openssl_is_asked_for_and_verified_offline";
    if tools::program(test, "openssl").is_none() {
        return;
    }
    let run = lake_of(2);
    for (name, kind) in [
        ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..]),
        ("ec", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ] {
        let dir = run.dir().join(name);
        authority(&dir, kind);
        let bundle = format!("bundle-{name}");
        run.ok(&["bundle", "--lake", "lake", "--out", &bundle, "--timestamp-url", &serve(&dir)]);
        let path = run.dir().join(&bundle);
        let stamp = path.join("tagmanifest-sha256.txt.tsr");
        // OpenSSL agrees with what we kept.
        let data = path.join("tagmanifest-sha256.txt");
        openssl(
            &dir,
            &[
                "ts",
                "-verify",
                "-in",
                stamp.to_str().expect("a path"),
                "-data",
                data.to_str().expect("a path"),
                "-CAfile",
                "root.pem",
            ],
        );
        let (code, told) = verify(&run, &bundle, &["--tsa-cert", &format!("{name}/root.pem")]);
        assert!(code == 0 && told.contains("as an authority that you trust states"), "{name}: {told}");
        let (code, told) = verify(&run, &bundle, &["--tsa-cert", &format!("{name}/leaf.pem")]);
        assert!(code == 0 && told.contains("as an authority that you trust states"), "{name}: {told}");
        let (code, told) = verify(&run, &bundle, &[]);
        assert!(code == 0 && told.contains("give the certificate of its authority"), "{name}: {told}");
    }
    let (code, told) = verify(&run, "bundle-rsa", &["--tsa-cert", "ec/root.pem"]);
    assert!(code == 3 && told.contains("leads to none of those that you trust"), "another authority: {told}");

    // A stamp of another bundle, that is of another time, in its place.
    let stamp = |name: &str| run.dir().join(format!("bundle-{name}/tagmanifest-sha256.txt.tsr"));
    run.ok(&[
        "bundle",
        "--lake",
        "lake",
        "--out",
        "bundle-other",
        "--operator",
        "somebody",
        "--timestamp-url",
        &serve(&run.dir().join("rsa")),
    ]);
    let good = fs::read(stamp("rsa")).expect("a stamp");
    fs::copy(stamp("other"), stamp("rsa")).expect("a copy");
    let (code, told) = verify(&run, "bundle-rsa", &["--tsa-cert", "rsa/root.pem"]);
    assert!(code == 3 && told.contains("is of another file"), "{told}");

    // No byte of it can be changed unseen, but in what holds other certificates than the signer's.
    for at in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(stamp("rsa"), &bad).expect("a file");
        let (code, told) = verify(&run, "bundle-rsa", &["--tsa-cert", "rsa/leaf.pem"]);
        assert!(code == 3 || told.contains("as an authority that you trust states"), "byte {at}: {told}");
    }
    // The time itself is covered.
    let digits = good
        .windows(15)
        .position(|w| w[14] == b'Z' && w[..14].iter().all(u8::is_ascii_digit))
        .expect("a time");
    let mut later = good.clone();
    later[digits + 3] ^= 1;
    fs::write(stamp("rsa"), &later).expect("a file");
    let (code, told) = verify(&run, "bundle-rsa", &["--tsa-cert", "rsa/leaf.pem"]);
    assert!(code == 3 && told.contains("was changed"), "{told}");

    fs::remove_file(stamp("rsa")).expect("removed");
    let (code, told) = verify(&run, "bundle-rsa", &["--tsa-cert", "rsa/root.pem"]);
    assert!(code == 3 && told.contains("the bundle has no timestamp"), "{told}");
}

#[test]
fn an_authority_that_does_not_answer_leaves_no_bundle() {
    let run = lake_of(1);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://user:canary-password@{}/tsa?key=canary", listener.local_addr().expect("an address"));
    drop(listener);
    let told = run.tell(&["bundle", "--lake", "lake", "--out", "bundle", "--timestamp-url", &address]);
    assert_eq!(told.code, 4, "{}", told.stderr);
    assert!(!told.stderr.contains("canary"), "{}", told.stderr);
    assert!(!run.dir().join("bundle").exists());
}

/// Who stamps today what says that it was committed in four years has one of the two times wrong.
#[test]
fn a_timestamp_of_before_the_commit_is_refused() {
    let test = "a_timestamp_of_before_the_commit_is_refused";
    if tools::program(test, "openssl").is_none() {
        return;
    }
    let run = Run::new();
    let later = [("SOURCE_DATE_EPOCH", "1950000000")];
    run.write("in.ndjson", &crate::lake_log::event(1));
    assert_eq!(run.tell_with(&later, &["ingest", "in.ndjson", "--lake", "lake"]).code, 0);
    let dir = run.dir().join("ec");
    authority(&dir, &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let told = run.tell_with(&later, &["bundle", "--lake", "lake", "--out", "bundle", "--timestamp-url", &serve(&dir)]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let (code, told) = verify(&run, "bundle", &["--tsa-cert", "ec/root.pem"]);
    assert!(code == 3 && told.contains("one of the two times is not true"), "{told}");
}
