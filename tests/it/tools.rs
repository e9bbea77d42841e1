//! Outside programs that some tests compare with: found where `.ci/tools` puts them, or the test says that it was skipped.

use crate::common::Run;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Says on the terminal, whatever the harness hides, that a test did not run; CI sets `VOUCHSAFE_REQUIRE_TOOLS` and fails instead.
pub fn skipped(test: &str, why: &str) {
    assert!(std::env::var_os("VOUCHSAFE_REQUIRE_TOOLS").is_none(), "{test} cannot run: {why}");
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

fn folder() -> PathBuf {
    std::env::var_os("VOUCHSAFE_TOOLS")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/vouchsafe/tools"))
}

/// A program on the path.
pub fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|d| d.join(name)).find(|p| p.is_file());
    if found.is_none() {
        skipped(test, &format!("no {name} here; .ci/tools installs it"));
    }
    found
}

/// A program of a package of Node.
pub fn node_program(test: &str, name: &str) -> Option<PathBuf> {
    let path = folder().join("node/node_modules/.bin").join(name);
    if !path.exists() {
        skipped(test, &format!("no {name} here; .ci/tools installs it"));
    }
    path.exists().then_some(path)
}

/// A Python that can import the modules.
#[allow(dead_code, reason = "tests of workbooks and evidence ask for it")]
pub fn python(test: &str, modules: &[&str]) -> Option<PathBuf> {
    let python = folder().join("python/bin/python");
    let import = format!("import {}", modules.join(", "));
    let works = Command::new(&python).args(["-c", &import]).output().is_ok_and(|o| o.status.success());
    if !works {
        skipped(test, &format!("no Python with {}; .ci/tools installs it", modules.join(", ")));
    }
    works.then_some(python)
}

/// Runs a short Python program of another library; the text that it prints.
pub fn run_python(python: &Path, script: &str, args: &[&str]) -> Output {
    Command::new(python).args(["-c", script]).args(args).output().expect("python starts")
}

/// Both streams of a program.
pub fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An OpenSSH key in the folder of a run, and the file that says whom to trust.
pub fn keys(run: &Run) {
    let ok = |mut c: Command| assert!(c.current_dir(run.dir()).output().is_ok_and(|o| o.status.success()));
    let mut c = Command::new("ssh-keygen");
    c.args(["-q", "-t", "ed25519", "-N", "", "-C", "auditee", "-f", "key"]);
    ok(c);
    let public = run.read("key.pub");
    let public = public.rsplit_once(' ').map_or(public.as_str(), |(key, _)| key);
    run.write("allowed", &format!("auditee@corp.example namespaces=\"vouchsafe\" {public}\n"));
}

/// Makes a file its owner's alone.
#[cfg(unix)]
pub fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

/// Runs a script of `tests/browser` in Node with playwright-core and Chromium; `None` when they are not here.
///
/// The script gets the arguments after its name, `CHROMIUM` as the browser's path and `NODE_PATH` for its packages.
pub fn browser(test: &str, script: &str, args: &[&str]) -> Option<Output> {
    let chromium = program(test, "chromium")?;
    let node = program(test, "node")?;
    let packages = folder().join("node/node_modules");
    if !packages.join("playwright-core").is_dir() {
        skipped(test, "no playwright-core here; .ci/tools installs it");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script);
    let output = Command::new(node)
        .arg(script)
        .args(args)
        .env("CHROMIUM", chromium)
        .env("NODE_PATH", packages)
        .output()
        .expect("node starts");
    Some(output)
}

#[test]
fn the_committed_report_opens_in_a_browser_without_a_complaint() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample/index.html");
    let page = page.to_str().expect("a path");
    for flags in [&[page][..], &[page, "--no-script"][..]] {
        let Some(output) = browser("the_committed_report_opens_in_a_browser_without_a_complaint", "page.cjs", flags) else {
            return;
        };
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_str(&told).expect("the script prints JSON");
        assert_eq!(told["complaints"], serde_json::json!([]), "{told}");
        assert!(told["text"].as_str().is_some_and(|t| t.contains("findings")), "the page is empty");
    }
}
