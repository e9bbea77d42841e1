//! An example for each command: in its help, and where an argument is missing.

use crate::cli::output;
use clap::Command;

/// Commands with what one would type.
const EXAMPLES: [(&str, &[&str]); 14] = [
    ("run", &["vouchsafe run exports/ --lake lake --out report"]),
    ("ingest", &["vouchsafe ingest exports/ --lake lake", "vouchsafe ingest exports/ --dry-run"]),
    ("pull", &["vouchsafe pull --tenant TENANT-ID --client-id APP-ID --check"]),
    (
        "holders",
        &[
            "vouchsafe holders --package \"Payroll\" --at 2026-03-31",
            "vouchsafe holders --group \"GRP Lab Results\" --from 2026-01-01 --until 2026-03-31 --effective",
        ],
    ),
    ("holdings", &["vouchsafe holdings ana.ruiz@corp.example --at 2026-03-31"]),
    ("check", &["vouchsafe check", "vouchsafe check APR-01 --fail-on high"]),
    ("explain", &["vouchsafe explain APR-01"]),
    (
        "report",
        &["vouchsafe report --lake lake --out report --client \"Corp\" --prepared-by \"Ana Ruiz\""],
    ),
    ("bundle", &["vouchsafe bundle --out evidence-2026-q2 --sign-key ~/.ssh/id_ed25519"]),
    ("verify", &["vouchsafe verify evidence-2026-q2 --allowed-signers allowed_signers --lake lake"]),
    ("sample", &["vouchsafe sample grants --size 25 --seed 2026-q2"]),
    ("synth", &["vouchsafe synth --out tenant --users 200"]),
    (
        "completions",
        &["vouchsafe completions bash > ~/.local/share/bash-completion/completions/vouchsafe"],
    ),
    ("man", &["vouchsafe man > ~/.local/share/man/man1/vouchsafe.1"]),
];

/// The command with examples below the help of its parts.
pub fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (name, lines)| {
        let text = format!("Examples:\n  {}", lines.join("\n  "));
        command.mut_subcommand(name, |part| {
            let after = part.get_after_help().map_or_else(|| text.clone(), |own| format!("{text}\n\n{own}"));
            part.after_help(after)
        })
    })
}

/// Shows the example of the command that was typed, below an error about it.
pub fn hint(mut typed: impl Iterator<Item = String>) {
    let named = typed.find_map(|word| EXAMPLES.iter().find(|(name, _)| *name == word));
    if let Some((_, [first, ..])) = named {
        output::say(&format!("\nfor example: {first}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_understood() {
        for (name, lines) in EXAMPLES {
            for line in lines {
                let words = words(line);
                assert_eq!(words[1], name, "{line}");
                let parsed = crate::cli::command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|e| e.to_string()).unwrap_or_default());
            }
        }
    }

    /// The words of a line as a shell would pass them, without what it redirects.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" > ").next().unwrap_or(line);
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().expect("never empty").push(c),
            }
        }
        words
    }
}
