//! Our CSV in LibreOffice, whatever it is told divides cells: no cell is a formula.

use crate::common::Run;
use crate::tools;
use std::fs;
use std::process::Command;

/// Texts that become formulas where a cell begins at the wrong place.
const NAMES: [&str; 8] = [
    "Payroll;=1+1;x",
    "a\t=2+2\tb",
    "first\n=3+3\nlast",
    "x;\"=4+4\"",
    "x; =5+5",
    "=6+6",
    "x|=7+7|y",
    "x;'=8+8",
];

#[test]
fn no_cell_is_a_formula_under_any_separator() {
    let test = "no_cell_is_a_formula_under_any_separator";
    let Some(soffice) = tools::program(test, "soffice") else { return };
    let run = Run::new();
    let user = |n: usize, name: &str| serde_json::json!({"id": format!("00000000-0000-4000-8000-00000000000{n}"), "displayName": name, "userPrincipalName": name, "accountEnabled": true, "employeeType": name});
    let assignment = |n: usize, name: &str| {
        serde_json::json!({
            "id": format!("10000000-0000-4000-8000-00000000000{n}"), "state": "delivered", "status": "Delivered",
            "schedule": {"startDateTime": "2026-01-01T00:00:00Z", "expiration": {"type": "noExpiration"}},
            "accessPackage": {"id": format!("20000000-0000-4000-8000-00000000000{n}"), "displayName": name},
            "target": {"objectId": format!("00000000-0000-4000-8000-00000000000{n}"), "displayName": name, "principalName": name, "subjectType": "user"},
        })
    };
    let page = |context: &str, rows: Vec<serde_json::Value>| {
        let context = format!("https://graph.microsoft.com/v1.0/$metadata#{context}");
        serde_json::json!({"@odata.context": context, "value": rows}).to_string()
    };
    let all = |of: &dyn Fn(usize, &str) -> serde_json::Value| NAMES.iter().enumerate().map(|(n, name)| of(n, name)).collect::<Vec<_>>();
    run.write("in/2026-06-30/users.json", &page("users", all(&user)));
    run.write(
        "in/2026-06-30/assignments.json",
        &page("identityGovernance/entitlementManagement/assignments", all(&assignment)),
    );
    run.ok(&["ingest", "in", "--lake", "lake"]);
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle"]);
    let data = run.dir().join("bundle/data");
    let tables = ["holdings.csv", "findings.csv", "populations/held.csv", "samples/held-test.csv", "records.csv"];
    let text = fs::read_to_string(data.join("holdings.csv")).expect("a table");
    assert!(text.contains("Payroll;'=1+1"), "the name is there, kept from being a formula: {text}");
    for (separator, code) in [("comma", 44_u32), ("semicolon", 59), ("tab", 9), ("bar", 124)] {
        let out = run.dir().join(separator);
        let mut command = Command::new(&soffice);
        command
            .args(["--headless", "--norestore", "--convert-to", "fods"])
            .arg(format!("--infilter=CSV:{code},34,76,1,,0,false,true,false,true"))
            .arg(format!("-env:UserInstallation=file://{}", run.dir().join("profile").display()))
            .arg("--outdir")
            .arg(&out)
            .env("HOME", run.dir());
        command.args(tables.iter().map(|t| data.join(t)));
        let unguarded = run.dir().join("unguarded.csv");
        fs::write(&unguarded, format!("a{0}=1+1{0}b\n", char::from_u32(code).expect("a separator"))).expect("written");
        command.arg(&unguarded);
        let output = command.output().expect("soffice starts");
        assert!(output.status.success(), "{}", tools::printed(&output));
        let control = fs::read_to_string(out.join("unguarded.fods")).expect("converted");
        assert!(control.contains("table:formula="), "LibreOffice runs what is not kept from it");
        let mut seen = 0;
        for table in tables {
            let name = table.rsplit('/').next().expect("a name").replace(".csv", ".fods");
            let sheet = fs::read_to_string(out.join(&name)).unwrap_or_else(|e| panic!("{separator} {name}: {e}"));
            assert!(!sheet.contains("table:formula="), "{table} under {separator}: {}", around(&sheet));
            seen += sheet.matches("<table:table-row").count();
        }
        assert!(seen > tables.len(), "the tables have rows");
    }
}

fn around(sheet: &str) -> String {
    let at = sheet.find("table:formula=").unwrap_or_default();
    sheet[at..].chars().take(200).collect()
}
