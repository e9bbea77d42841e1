//! The removal plan for machines: the requests as JSON, and a PowerShell script that asks before each step.

use crate::campaign::remediation::{Step, WITH_STEP};
use crate::model::shown;
use serde_json::{Value, json};

/// The requests as JSON: an array of `order`, `item_id`, `method`, `url`, `body`, with what is done by hand in between.
#[must_use]
pub fn requests(steps: &[Step]) -> String {
    let row = |s: &Step| {
        let url = s.url();
        json!({
            "order": s.order, "item_id": s.item_id, "decision": s.decision, "method_kind": s.method_kind, "method": s.method, "url": url,
            "body": s.body, "instruction": s.instruction, "side_effects": s.side_effects, "due": s.due.to_string(),
        })
    };
    let all: Vec<Value> = steps.iter().map(row).collect();
    let mut text = shown::json(&serde_json::to_string_pretty(&all).expect("plain data"));
    text.push('\n');
    text
}

/// A PowerShell script that asks before each step, and does nothing without an answer of `yes`.
#[must_use]
pub fn powershell(campaign: &str, plan_sha256: &str, steps: &[Step]) -> String {
    let mut out = format!(
        "#requires -Version 7\n# Removal plan of the review campaign {campaign}.\n# SHA-256 of removal-plan.csv: {plan_sha256}\n\
         # It asks before each step and goes on only with 'yes'. What is done here is proved by the next ingest and\n\
         # 'vouchsafe campaign verify', not by this script.\n\
         # Connect first: Connect-MgGraph -Scopes EntitlementManagement.ReadWrite.All,GroupMember.ReadWrite.All,\
         AppRoleAssignment.ReadWrite.All,RoleManagement.ReadWrite.Directory\n\
         Set-StrictMode -Version Latest\n$ErrorActionPreference = 'Stop'\n\
         function Step($order, $text, $also, $method, $url, $body) {{\n\
         \x20   Write-Host ''\n    Write-Host \"[$order of {}] $text\"\n    if ($also) {{ Write-Host \"    $also\" -ForegroundColor Yellow }}\n\
         \x20   if (-not $method) {{ Read-Host '    by hand; press Enter when it is noted' | Out-Null; return }}\n\
         \x20   Write-Host \"    $method $url\"\n    if ($body) {{ Write-Host \"    $body\" }}\n\
         \x20   if ((Read-Host '    do it? (yes/no)') -cne 'yes') {{ Write-Host '    left out'; return }}\n\
         \x20   $call = @{{ Method = $method; Uri = $url }}\n\
         \x20   if ($body) {{ $call.Body = $body; $call.ContentType = 'application/json' }}\n\
         \x20   try {{ Invoke-MgGraphRequest @call | Out-Null; Write-Host '    asked for' }}\n\
         \x20   catch {{ Write-Host \"    failed: $_\" -ForegroundColor Red }}\n}}\n\n",
        steps.len()
    );
    for s in steps {
        if s.method_kind == WITH_STEP {
            let line = format!("[{} of {}] {}", s.order, steps.len(), s.instruction);
            out += &format!("Write-Host ''; Write-Host {}\n", quoted(&line));
            continue;
        }
        let url = s.url();
        let body = s.body.as_ref().map(|body| shown::json(&body.to_string())).unwrap_or_default();
        let cells = [&s.instruction, &s.side_effects, s.method, &url, &body].map(quoted);
        out += &format!("Step {} {}\n", s.order, cells.join(" "));
    }
    out
}

/// A PowerShell string in single quotes: these, and what PowerShell takes for one, are doubled; what is not seen is written out.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in shown::line(text).chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_string_of_the_script() {
        assert_eq!(quoted("O'Hara"), "'O''Hara'");
        assert_eq!(quoted("a\u{2019}; Remove-Item x"), "'a\u{2019}\u{2019}; Remove-Item x'");
        assert_eq!(quoted("two\r\nlines $(x) `n"), "'two‹U+000D›‹U+000A›lines $(x) `n'");
        assert_eq!(quoted("exe\u{202e}\u{200b}\u{1b}"), "'exe‹U+202E›‹U+200B›‹U+001B›'");
    }

    #[test]
    fn a_body_is_shown_and_stays_what_it_is() {
        let body = json!({ "justification": "exe\u{202e}'\u{e0041}" });
        let script = quoted(&shown::json(&body.to_string()));
        let read = script.trim_matches('\'').replace("''", "'");
        assert!(script.is_ascii(), "{script}");
        assert_eq!(serde_json::from_str::<Value>(&read).expect("JSON"), body);
    }
}
