//! Proofs that hold, and each way in which one does not.

use super::*;
use crate::campaign::ReviewerKey;
use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature::{Ed25519KeyPair, KeyPair};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("a time")
}

fn maya() -> Reviewer {
    Reviewer {
        key: ReviewerKey::new("maya.ferrari"),
        principal_id: "00000001-0000-4000-8000-0000000000ff".into(),
        name: "Maya Ferrari".into(),
        mail: "Maya.Ferrari@corp.example".into(),
        manager_id: String::new(),
    }
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn signed(key: &PrivateKey, namespace: &str, message: &[u8]) -> Vec<u8> {
    let signature = key.sign(namespace, HashAlg::Sha512, message).expect("signs");
    signature.to_pem(LineEnding::LF).expect("PEM").into_bytes()
}

#[test]
fn a_signature_counts_for_its_file_person_purpose_and_time_only() {
    let (hers, other) = (key(1), key(2));
    let line = |who: &str, options: &str, key: &PrivateKey| format!("{who} {options}{}\n", key.public_key().to_openssh().expect("a line"));
    let good = format!("# people\n{}", line("maya.ferrari@corp.example,x@y", "namespaces=\"vouchsafe,git\" ", &hers));
    let file = b"item_id,decision\ni1,keep\n";
    let ours = signed(&hers, "vouchsafe", file);
    let now = at("2026-07-07T10:00:00Z");
    let proof = by_signature(file, &ours, &good, &maya(), now).expect("holds");
    let Proof::Sshsig {
        principal, key_fingerprint, ..
    } = &proof
    else {
        panic!("{proof:?}")
    };
    assert_eq!(principal, "Maya.Ferrari@corp.example");
    assert_eq!(*key_fingerprint, hers.public_key().fingerprint(HashAlg::Sha256).to_string());

    let foreign = signed(&hers, "git", file);
    for (file, signature, allowed, expected) in [
        (&b"item_id,decision\ni1,revoke\n"[..], &ours, good.clone(), "not of this file"),
        (file, &foreign, good.clone(), "was made for 'git'"),
        (
            file,
            &ours,
            line("maya.ferrari@corp.example", "", &other),
            "no line of the allowed signers has the key SHA256:",
        ),
        (
            file,
            &ours,
            line("bo@corp.example", "", &hers),
            "is of bo@corp.example, not of Maya.Ferrari@corp.example or maya.ferrari",
        ),
        (file, &ours, line("*,!maya.ferrari*,!0*", "", &hers), "is of *"),
        (file, &ours, line("*", "namespaces=\"git\" ", &hers), "may not sign for 'vouchsafe'"),
        (
            file,
            &ours,
            line("*", "valid-before=\"20260701Z\" ", &hers),
            "does not count at 2026-07-07T10:00:00Z",
        ),
        (file, &ours, line("*", "valid-after=\"202607071001Z\" ", &hers), "does not count at"),
        (file, &b"-----BEGIN PGP-----".to_vec(), good.clone(), "cannot be read"),
    ] {
        let told = by_signature(file, signature, &allowed, &maya(), now).expect_err(expected).to_string();
        assert!(told.contains(expected), "{told}\nshould say: {expected}");
    }
    let both = allowed::parse("x cert-authority ssh-ed25519 AAAA\ny nonsense=\"1\" ssh-ed25519 AAAA\n")
        .expect_err("two lines")
        .to_string();
    assert!(both.contains("line 1: certificate") && both.contains("line 2: option 'nonsense'"), "{both}");
}

const MAIL: &str = "Received: by mx.corp.example\r\nAuthentication-Results: mx.corp.example; spf=pass;\r\n dkim=pass header.d=corp.example\r\nFrom: Maya Ferrari <maya.ferrari@corp.example>\r\nTo: audit@corp.example\r\nSubject: Re:  Access review\r\nDate: Tue, 7 Jul 2026 10:00:00 +0000\r\nMessage-ID: <m1@corp.example>\r\n\r\nDone.  \r\nAll of it.\r\n\r\n\r\n";

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key")
}

/// Signs `MAIL` as RFC 6376 says, worked out by hand: relaxed header fields, relaxed body, ed25519.
fn signed_mail(domain: &str) -> String {
    signed_with(domain, "")
}

/// The same with one more tag.
fn signed_with(domain: &str, tag: &str) -> String {
    use sha2::{Digest, Sha256};
    let body_hash = BASE64_STANDARD.encode(Sha256::digest("Done.\r\nAll of it.\r\n"));
    let start =
        format!("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d={domain};{tag}\r\n\ts=s1; h=From:To:Subject:Date; bh={body_hash};\r\n\tb=");
    let flat = format!("dkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; d={domain};{tag} s=s1; h=From:To:Subject:Date; bh={body_hash}; b=");
    let covered = format!(
        "from:Maya Ferrari <maya.ferrari@corp.example>\r\nto:audit@corp.example\r\nsubject:Re: Access review\r\ndate:Tue, 7 Jul 2026 10:00:00 +0000\r\n{flat}"
    );
    let value = BASE64_STANDARD.encode(pair().sign(&Sha256::digest(covered)));
    let (one, two) = value.split_at(40);
    format!("{start}{one}\r\n\t {two}\r\n{MAIL}")
}

fn keys(name: &str) -> DnsKeys {
    keys_for(name, "")
}

fn keys_for(name: &str, flags: &str) -> DnsKeys {
    let public = BASE64_STANDARD.encode(pair().public_key());
    let (one, two) = public.split_at(20);
    DnsKeys::parse(&format!("; dig\n{name}. 3600 IN TXT \"v=DKIM1; {flags}k=ed25519; p={one}\" \"{two}\"\n")).expect("records")
}

fn dkim_of(mail: &str, keys: Option<&DnsKeys>) -> String {
    match by_mail(mail.as_bytes(), keys, &maya()) {
        Ok(Proof::Email { dkim, .. }) => dkim,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dkim_signature_holds_until_something_that_it_covers_changes() {
    let mail = signed_mail("corp.example");
    let ours = keys("s1._domainkey.corp.example");
    let pass = "pass: signed by corp.example, key s1, ed25519-sha256";
    assert_eq!(dkim_of(&mail, Some(&ours)), pass);
    assert_eq!(dkim_of(&mail.replace("\r\n", "\n"), Some(&ours)), pass, "saved without carriage returns");
    assert_eq!(dkim_of(&mail.replace("Received: by", "Received:   through"), Some(&ours)), pass, "not covered");
    for (changed, expected) in [
        (mail.replace("All of it", "None of it"), "fail: the body was changed"),
        (mail.replace("Access review", "Access"), "fail: header fields were changed"),
        (
            mail.replace("c=relaxed/relaxed;", "c=relaxed/relaxed; l=5;"),
            "fail: the signature covers a part",
        ),
        (
            signed_mail("other.example"),
            "not-checked: the key s1._domainkey.other.example was not given; mx.corp.example asserts dkim=pass",
        ),
        (
            MAIL.to_string(),
            "none: the mail carries no signature; mx.corp.example asserts dkim=pass header.d=corp.example",
        ),
    ] {
        let told = dkim_of(&changed, Some(&ours));
        assert!(told.starts_with(expected), "{told}\nshould say: {expected}");
    }
    assert!(dkim_of(&mail, None).starts_with("not-checked: no keys were given; mx.corp.example asserts"));
    let strange = dkim_of(&signed_mail("other.example"), Some(&keys("s1._domainkey.other.example")));
    assert_eq!(strange, "fail: signed by other.example, which does not speak for corp.example");
}

#[test]
fn a_domain_that_tests_and_a_signature_that_was_over_prove_nothing() {
    let name = "s1._domainkey.corp.example";
    let sent = at("2026-07-07T10:00:00Z").0 / crate::model::time::SECOND;
    for (tag, flags, expected) in [
        (String::new(), "t=y; ", "fail: corp.example is testing DKIM (t=y)"),
        (String::new(), "t=y:s; ", "fail: corp.example is testing DKIM (t=y)"),
        (
            " i=@mail.corp.example;".into(),
            "t=s; ",
            "fail: the key s1._domainkey.corp.example is not for subdomains",
        ),
        (" i=@mail.corp.example;".into(), "", "pass: "),
        (format!(" x={};", sent - 1), "", "fail: the signature expired before the mail was written"),
        // Over by now, and good when the mail was written.
        (format!(" x={};", sent + 60), "", "pass: "),
        (" x=soon;".into(), "", "fail: the end of the signature is no time"),
    ] {
        let told = dkim_of(&signed_with("corp.example", &tag), Some(&keys_for(name, flags)));
        assert!(told.starts_with(expected), "{tag} {flags}: {told}");
    }
}

#[test]
fn a_mail_of_somebody_else_proves_nothing() {
    for (mail, expected) in [
        (MAIL.replace("maya.ferrari@", "bo@"), "the mail is from bo@corp.example"),
        (MAIL.replace("From: ", "From: bo@corp.example\r\nFrom: "), "the mail has 2 senders"),
        (MAIL.replace("From: ", "X-From: "), "the mail has no senders"),
    ] {
        let told = by_mail(mail.as_bytes(), None, &maya()).expect_err(expected).to_string();
        assert!(told.contains(expected), "{told}");
    }
}

/// Mails that dkimpy, which shares no code with us, signed with a key of 2048 bits that was thrown away.
#[test]
fn rsa_signatures_of_another_program_hold_until_the_mail_changes() {
    let keys = DnsKeys::parse(include_str!("signed/rsa-keys.txt")).expect("a record");
    for mail in [include_str!("signed/rsa-relaxed.eml"), include_str!("signed/rsa-simple.eml")] {
        assert!(mail.contains("\r\n"), "the line ends are those that were signed");
        let pass = "pass: signed by corp.example, key s2, rsa-sha256";
        assert_eq!(dkim_of(mail, Some(&keys)), pass);
        assert_eq!(dkim_of(&mail.replace("\r\n", "\n"), Some(&keys)), pass, "saved without carriage returns");
        for (from, to) in [("Done.", "Undone."), ("Access review", "Access reviews"), ("Maya Ferrari <", "M. Ferrari <")] {
            let told = dkim_of(&mail.replace(from, to), Some(&keys));
            assert!(told.starts_with("fail: "), "{from} -> {to}: {told}");
        }
    }
    let relaxed = include_str!("signed/rsa-relaxed.eml").replace("Subject: Re:  Access", "Subject:  Re: Access");
    assert!(dkim_of(&relaxed, Some(&keys)).starts_with("pass: "), "blanks do not count in the relaxed form");
    let simple = include_str!("signed/rsa-simple.eml").replace("Subject: Re:  Access", "Subject:  Re: Access");
    assert!(dkim_of(&simple, Some(&keys)).starts_with("fail: "), "and do in the simple one");
}
