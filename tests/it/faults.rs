//! A small number of what `benches/faults.py` does by the thousand: mutated exports, kills, full disks, low limits, large inputs.

use crate::tools;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Runs the driver; what it counted, as JSON. `None` where Python is not here.
fn driven(test: &str, parts: &str) -> Option<serde_json::Value> {
    let python = tools::program(test, "python3")?;
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/faults.py");
    let output = Command::new(python)
        .arg(driver)
        .arg(env!("CARGO_BIN_EXE_vouchsafe"))
        .args(["--files", "50", "--kills", "4", "--scale", "0.002", "--only", parts])
        .output()
        .expect("python starts");
    assert!(output.status.success(), "{}", tools::printed(&output));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the driver prints JSON");
    assert_eq!(told["panics"], serde_json::json!([]), "{told:#}");
    Some(told)
}

#[test]
fn mutated_exports_and_kills_lose_nothing() {
    let Some(told) = driven("mutated_exports_and_kills_lose_nothing", "mutated,killed") else {
        return;
    };
    for (part, counts) in [
        ("mutated", &["outside_contract", "untied", "not_on_record", "records_lost"][..]),
        ("killed", &["broken", "lost_or_doubled", "bundles_broken", "left_behind"]),
    ] {
        for count in counts {
            assert_eq!(told[part][count], 0, "{count}: {told:#}");
        }
    }
    assert_eq!((told["mutated"]["files"].as_u64(), told["killed"]["kills"].as_u64()), (Some(50), Some(4)));
}

#[test]
fn full_disks_and_low_limits_lose_nothing() {
    let test = "full_disks_and_low_limits_lose_nothing";
    let Some(told) = driven(test, "full,read_only,limits") else { return };
    for part in ["full", "read_only"] {
        if let Some(why) = told[part]["skipped"].as_str() {
            // Not every machine lets a test mount a disk; the committed run is of one that does.
            let _ = writeln!(std::io::stderr(), "SKIPPED {test}, {part}: {why}");
        }
    }
    for count in ["outside_contract", "broken", "lost_or_doubled"] {
        assert!(told["full"][count].as_u64().is_none_or(|n| n == 0), "{count}: {told:#}");
    }
    assert_ne!(told["read_only"]["lake_unchanged"], false, "{told:#}");
    for (name, limit) in told["limits"].as_object().expect("limits") {
        assert!(limit["verifies"] == true && limit["same_rows_afterwards"] == true, "{name}: {told:#}");
    }
}

#[test]
fn small_files_that_are_large_inside_are_read_in_bounded_memory() {
    let test = "small_files_that_are_large_inside_are_read_in_bounded_memory";
    let Some(told) = driven(test, "bounds") else { return };
    let inputs = told["bounds"].as_object().expect("inputs");
    assert!(inputs.len() >= 10);
    for (what, ended) in inputs {
        assert!(
            ended["exit"].as_i64().is_some_and(|code| (0..=5).contains(&code) || code == 74),
            "{what}: {told:#}"
        );
        assert!(ended["peak_mib"].as_f64().is_some_and(|mib| mib < 1024.0), "{what}: {told:#}");
    }
}
