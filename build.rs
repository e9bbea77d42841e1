//! Hashes the sources into the program, so that evidence can name the build that made it, and lists the checks and the forms of output.
//!
//! The hash is that of the listing that anybody can make in a checkout:
//! `find Cargo.lock Cargo.toml queries reports/templates src -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const PLACES: [&str; 5] = ["Cargo.lock", "Cargo.toml", "queries", "reports/templates", "src"];

/// Families of checks, in the order of the catalogue; within one, checks come in the order of their ids.
const FAMILIES: [&str; 13] = [
    "stale",
    "expiry",
    "orphan",
    "approval",
    "justification",
    "exception",
    "segregation",
    "review",
    "conditional",
    "agent",
    "log",
    "drift",
    "register",
];

fn main() {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = PLACES.iter().map(PathBuf::from).collect();
    while let Some(path) = left.pop() {
        println!("cargo:rerun-if-changed={}", path.display());
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the sources is readable");
            left.extend(entries.map(|e| e.expect("an entry of the sources").path()));
        } else {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    files.sort();
    list_checks(&files);
    list_forms(&files);
    let mut listing = String::new();
    for file in files {
        let bytes = fs::read(&file).expect("a source file is readable");
        writeln!(listing, "{}  {file}", hex(&Sha256::digest(bytes))).expect("writing to a string");
    }
    println!("cargo:rustc-env=VOUCHSAFE_SOURCE_SHA256={}", hex(&Sha256::digest(listing)));
}

/// Writes the list of all checks: a check is the file `src/check/FAMILY/abc_01.rs`.
fn list_checks(files: &[String]) {
    let mut list = String::from("&[\n");
    for family in FAMILIES {
        let folder = format!("src/check/{family}/");
        let names = files.iter().filter_map(|f| f.strip_prefix(&folder)?.strip_suffix(".rs"));
        for name in names.filter(|n| is_check(n)) {
            writeln!(list, "    &crate::check::{family}::{name}::CHECK,").expect("writing to a string");
        }
    }
    list.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("checks.rs"), list).expect("the folder of the build is writable");
}

/// Writes the list of all forms of output: a form is a file of `src/report/forms` with a `FORM`.
fn list_forms(files: &[String]) {
    let names = files.iter().filter_map(|f| f.strip_prefix("src/report/forms/")?.strip_suffix(".rs"));
    let lines: String = names.filter(|n| !["mod", "tests"].contains(n)).map(|n| format!("    &{n}::FORM,\n")).collect();
    let out = std::env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("forms.rs"), format!("&[\n{lines}]\n")).expect("the folder of the build is writable");
}

/// Whether a file is named after the id of a check: `sta_01`.
fn is_check(name: &str) -> bool {
    let Some((letters, number)) = name.split_once('_') else { return false };
    letters.len() == 3 && number.len() == 2 && letters.bytes().all(|b| b.is_ascii_lowercase()) && number.bytes().all(|b| b.is_ascii_digit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
