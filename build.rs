//! Hashes the sources into the program, so that evidence can name the build that made it.
//!
//! The hash is that of the listing that anybody can make in a checkout:
//! `find Cargo.lock Cargo.toml queries reports/templates src -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const PLACES: [&str; 5] = ["Cargo.lock", "Cargo.toml", "queries", "reports/templates", "src"];

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
    let mut listing = String::new();
    for file in files {
        let bytes = fs::read(&file).expect("a source file is readable");
        writeln!(listing, "{}  {file}", hex(&Sha256::digest(bytes))).expect("writing to a string");
    }
    println!("cargo:rustc-env=VOUCHSAFE_SOURCE_SHA256={}", hex(&Sha256::digest(listing)));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
