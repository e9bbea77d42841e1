//! Every way to sign in, against a token endpoint that checks what it is shown.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{KeyPair, RsaKeyPair};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use vouchsafe::lake::Lake;
use vouchsafe::lake::objects::ApprovalRow;
use vouchsafe::lake::table::Table;

use crate::graph::{NOW, sixty};
use crate::graph_server::{FEDERATED, Fault, Login, Plan, SECRET, Server};
use crate::pull::{Pull, SCALE, id_of, ids, now_of};

const CERTIFICATE: &[u8] = include_bytes!("../../src/graph/token/test-certificate.pem");

/// A registered application: the public key of its certificate, and a thumbprint, the certificate's own unless another is given.
fn registered(thumbprint: Option<&str>) -> Login {
    let key = PrivatePkcs8KeyDer::from_pem_slice(CERTIFICATE).expect("a key");
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("an RSA key");
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let own = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
    Login::with_certificate(key.public_key().as_ref().to_vec(), thumbprint.map_or(own, str::to_owned))
}

fn private(pull: &Pull, name: &str, content: &[u8], mode: u32) {
    let path = pull.run.dir().join(name);
    std::fs::write(&path, content).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("its mode");
}

#[test]
fn every_way_to_sign_in_is_let_in() {
    let (tenant, _) = sixty();
    let plan = Plan::calm(NOW, SCALE);
    let ways: [(&str, &[&str]); 8] = [
        ("a secret in a file", &["--client-secret-file", "secret.txt"]),
        ("a secret on stdin", &["--client-secret-file", "-"]),
        ("a certificate", &["--certificate", "application.pem"]),
        ("a device code", &["--device-code"]),
        ("a federated token", &["--federated-token-file", "federated.txt"]),
        ("a managed identity", &["--managed-identity"]),
        ("the az CLI", &["--az-cli"]),
        ("a ready token", &[]),
    ];
    for (way, flags) in ways {
        let pull = Pull::serving(&tenant, Server::with_login(Arc::clone(&tenant), plan.clone(), registered(None)), SCALE);
        private(&pull, "secret.txt", format!("{SECRET}\n").as_bytes(), 0o600);
        private(&pull, "application.pem", CERTIFICATE, 0o600);
        private(&pull, "federated.txt", FEDERATED.as_bytes(), 0o600);
        let mut command = pull.command(&[&["--only", "users"], flags].concat());
        command
            .env_remove("VOUCHSAFE_CLIENT_SECRET")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match way {
            "a managed identity" => {
                let endpoint = format!("{}/msi/token", pull.server.address());
                command.env("IDENTITY_ENDPOINT", endpoint).env("IDENTITY_HEADER", SECRET);
            }
            "the az CLI" => {
                // As `az account get-access-token --output json` answers.
                let token = pull.server.login().ready("tenant");
                let answer = format!(r#"{{"accessToken":"{token}","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"tokenType":"Bearer"}}"#);
                let script = format!("#!/bin/sh\n[ \"$1 $2\" = \"account get-access-token\" ] || exit 9\necho '{answer}'\n");
                private(&pull, "az", script.as_bytes(), 0o700);
                let path = std::env::var("PATH").unwrap_or_default();
                command.env("PATH", format!("{}:{path}", pull.run.dir().display()));
            }
            "a ready token" => {
                command.env("VOUCHSAFE_TOKEN", pull.server.login().ready("tenant"));
            }
            _ => {}
        }
        let mut child = command.spawn().expect("the program starts");
        child
            .stdin
            .take()
            .expect("stdin")
            .write_all(SECRET.as_bytes())
            .expect("the secret is handed over");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{way}: {said}");
        assert!(!said.contains(SECRET) && !said.contains(FEDERATED), "{way}: {said}");
        assert_eq!(pull.server.login().issued(), 1, "{way}: one token is enough");
    }
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let (tenant, _) = sixty();
    let other = registered(Some("another"));
    let pull = Pull::serving(&tenant, Server::with_login(Arc::clone(&tenant), Plan::calm(NOW, SCALE), other), SCALE);
    private(&pull, "application.pem", CERTIFICATE, 0o600);
    let mut command = pull.command(&["--only", "users", "--certificate", "application.pem"]);
    let output = command.env_remove("VOUCHSAFE_CLIENT_SECRET").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_secret_that_others_may_read_is_not_used() {
    let (tenant, _) = sixty();
    let pull = Pull::new(&tenant, Plan::calm(NOW, SCALE));
    private(&pull, "secret.txt", SECRET.as_bytes(), 0o644);
    let told = pull.tell(&["--client-secret-file", "secret.txt"]);
    assert_eq!(told.code, 2, "{}", told.stderr);
    assert!(told.stderr.contains("chmod 600"), "the cure is named: {}", told.stderr);
    assert_eq!(pull.server.entries().len(), 0, "nothing was asked");
}

#[test]
fn a_claims_challenge_is_answered_with_a_token_that_carries_the_claims() {
    let (tenant, _) = sixty();
    let plan = Plan {
        first: vec![("/users", Fault::Claims), ("/groups", Fault::Claims)],
        ..Plan::calm(NOW, SCALE)
    };
    let pull = Pull::new(&tenant, plan);
    pull.complete(&["--only", "users,groups,assignments"]);
    assert_eq!(pull.server.faults(), 2, "each challenge was met once");
    assert!(pull.server.login().issued() > 1, "a second token was asked for");
}

#[test]
fn approvals_are_read_for_a_signed_in_person_and_for_no_application() {
    let (tenant, _) = sixty();
    let plan = Plan::calm(now_of(&tenant), SCALE);
    let pull = Pull::serving(&tenant, Server::with_login(Arc::clone(&tenant), plan, registered(None)), SCALE);
    let asked = |pull: &Pull| {
        let entries = pull.server.entries();
        entries.into_iter().filter(|e| e.target.contains("accessPackageAssignmentApprovals")).count()
    };
    // An application is not given them: they are no gap of a whole pull, and a mistake when they are named.
    let whole = pull.tell(&[]);
    assert_eq!((whole.code, asked(&pull)), (0, 0), "{}", whole.stderr);
    for named in ["approvals", "approvals,users"] {
        let told = pull.tell(&["--only", named]);
        assert_eq!(told.code, 2, "{named}: {}", told.stderr);
        assert!(told.stderr.contains("--device-code"), "{named}: {}", told.stderr);
    }

    let signed_in = |more: &[&str]| {
        let mut command = pull.command(&[&["--device-code"], more].concat());
        command.env_remove("VOUCHSAFE_CLIENT_SECRET");
        let output = command.output().expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    signed_in(&["--only", "approvals"]);
    let key = "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals";
    let served: BTreeSet<String> = tenant.collection(key).expect("approvals").iter().map(|r| id_of(&tenant.text(*r))).collect();
    let kept: BTreeSet<String> = ids(&pull.lake(), Table::Approvals).into_iter().collect();
    assert!(!served.is_empty());
    assert_eq!(kept, served, "every approval, and nothing else");
    let view = Lake::open(&pull.lake()).and_then(|l| l.view()).expect("a lake");
    let rows: Vec<ApprovalRow> = view.rows().expect("approvals");
    assert!(rows.iter().all(|a| !a.stages.is_empty()), "with their stages");

    // What was decided to its end is not asked for again.
    let before = asked(&pull);
    signed_in(&["--only", "approvals"]);
    let open = rows
        .iter()
        .filter(|a| a.stages.iter().any(|s| s.status.as_deref() != Some("Completed")))
        .count();
    let none = before - served.len();
    assert_eq!(asked(&pull) - before, open + none, "those that are open, and requests that needed no approval");
}
