//! What a bundle says in words: the auditor's README, the control narrative, and what it cannot show.

use crate::campaign::authorship;
use crate::evidence::facts::Facts;
use crate::model::Window;
use crate::report::{CheckSummary, Review, ThresholdLine};
use std::fmt::Write;

/// `README.md`: what is where, and how to check it without us.
#[must_use]
pub fn readme(facts: &Facts, signature: Option<&str>) -> String {
    let mut out = format!(
        "# Evidence of an access review\n\n\
         Tenant {}, as of {}, commit {} of the lake.\n\
         Open `index.html` for the report; everything in it stands in the tables beside it.\n\n",
        facts.tenant, facts.as_of, facts.commit
    );
    if !facts.authorship.is_empty() {
        let _ = write!(
            out,
            "## Who decided in the review campaign\n\n{} has {}.\n`campaign/proofs.csv` names the proof of each file.\n\n",
            facts.campaign,
            authorship::sentence(&facts.authorship)
        );
    }
    out += "## Where things are\n\n| file | holds |\n|---|---|\n";
    for (file, holds) in [
        ("findings.csv, holdings.csv", "every finding and every holding"),
        (
            "records.csv",
            "the records that they name as evidence (`table:id`), each with the file and row that it came from",
        ),
        (
            "populations/",
            "complete listings: who holds what, who joined and left, what began, changed and ended, leavers, approvals, reviews; populations.csv is the index",
        ),
        (
            "passed/",
            "what each check looked at and found right, a listing a check, with what was seen; passed.csv is the index, with what is counted and not listed",
        ),
        (
            "samples/",
            "what was drawn from them, with seed, strata and rank, and a test sheet of each (-test.xlsx, -test.csv); samples.csv is the index",
        ),
        (
            "ipe/",
            "the sheet about the information: source, completeness, bounds, thresholds, each output with rows and hash",
        ),
        ("controls.csv", "from each control to the checks that bear on it and their rows"),
        (
            "control-tests.md, control-tests.csv",
            "approved, reviewed, removed in time, complete: the population and the answers of each, for SOX, HIPAA, PCI DSS, SOC 2, ISO, NIST and CIS",
        ),
        ("assertion.md", "when management states one: its assertion"),
        ("arithmetic.csv", "identities that must hold, with both sides"),
        (
            "open-points.csv",
            "what rests on a word and not on proof, and what the sources lack: read it first",
        ),
        ("narrative.md", "how the control works"),
        ("limits.md", "what this bundle cannot show"),
        ("auditor-walk.md", "how to check all of it with tools that are not ours, step by step"),
        ("lake/", "checkpoint, commit, log and files of the lake, so that a later rewriting shows"),
        (
            "campaign/",
            "when a campaign is part of it: items, decisions with their proof, removals, exceptions, sign-off; returned/ has the files that came back, with `--show-text`",
        ),
        ("schema/columns.csv", "the columns of each table"),
        ("configuration.toml, queries/", "what was configured, and the queries that condense the logs"),
        ("oscal-assessment-results.json", "the findings as OSCAL assessment results"),
    ] {
        let _ = writeln!(out, "| `{file}` | {holds} |");
    }
    out += "\n## Check it without our program\n\n\
            In the folder that holds `bagit.txt`:\n\n\
            ```sh\n\
            sha256sum -c manifest-sha256.txt      # no file of the payload was changed\n\
            sha256sum -c tagmanifest-sha256.txt   # nor the list of them\n\
            python -m bagit --validate .          # nothing was added or left out (pip install bagit)\n";
    match signature {
        Some("tagmanifest-sha256.txt.minisig") => {
            out += "minisign -V -p signer.pub -m tagmanifest-sha256.txt   # signer.pub: from the signer, never from here\n";
        }
        Some(_) => {
            out += "ssh-keygen -Y verify -f allowed_signers -I NAME -n vouchsafe -s tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt\n";
        }
        None => out += "# There is no signature: the hashes show that the files fit one another, not who made them.\n",
    }
    out += "```\n\n\
            To draw a sample again: the rank of a row is the SHA-256 of `seed|id`, and the lowest ranks of each stratum are drawn.\n\
            `samples/samples.csv` has the seed, the strata and their sizes.\n\n\
            ```sh\n\
            seed=$(awk -F, 'NR == 2 { print $2 }' data/samples/samples.csv)\n\
            awk -F, '$1 == \"held\" { print $6, $8 }' data/samples/samples.csv | while read -r stratum size; do\n\
            \x20 awk -F, -v s=\"$stratum\" 'NR > 1 && $2 == s { print $1 }' data/populations/held.csv | while read -r id; do\n\
            \x20   printf '%s %s\\n' \"$(printf '%s|%s' \"$seed\" \"$id\" | sha256sum | cut -c1-64)\" \"$id\"\n\
            \x20 done | sort | head -n \"$size\"\n\
            done | sort   # the ranks and ids of data/samples/held.csv\n\
            ```\n\n\
            To make everything again from the lake: `vouchsafe verify BUNDLE --lake LAKE`.\n";
    out
}

/// `narrative.md`.
#[must_use]
pub fn narrative(facts: &Facts, checks: &[CheckSummary], thresholds: &[ThresholdLine]) -> String {
    let mut out = format!(
        "# Control narrative\n\n\
         ## What is controlled\n\n\
         Access in Microsoft Entra ID: access packages of entitlement management, groups, application roles and directory roles.\n\
         The question is who held which of them when, whether it is still justified, and whether what should go is gone.\n\n\
         ## How it is performed\n\n\
         1. Exports and logs of the tenant are taken into an append-only store; every record is counted, and every file keeps its SHA-256.\n\
         2. Events, requests and listings become holdings: who held what from when to when, with a certainty for each end.\n\
         3. {} checks are asked of them, as of {}, over the period from {} until {}.\n\
         4. A check that cannot be answered says so and why; it never counts as passed.\n\
         5. Reviewers decide in a campaign; what they revoke is followed until a later look proves that it is gone.\n\
         6. The results are written once, sealed in this bundle, and can be made again from the same commit.\n\n\
         ## Checks\n\n",
        checks.len(),
        facts.as_of,
        facts.period_from,
        facts.period_until
    );
    for c in checks {
        let _ = writeln!(
            out,
            "### {} {}\n\nWeight {}; controls: {}.\n{} were in question, {} were right.\n\n{}\n",
            c.id,
            c.title,
            c.severity,
            if c.controls.is_empty() { "none" } else { &c.controls },
            c.population,
            c.passed,
            c.what_to_do
        );
    }
    let _ = writeln!(
        out,
        "## Thresholds in force\n\nThat is, {}.\n",
        crate::check::profiles::sentence(&facts.profile)
    );
    for t in thresholds {
        let _ = writeln!(out, "- {}: {} {} ({})", t.name, t.value, t.unit, t.origin);
    }
    out
}

fn when(window: Option<Window>) -> String {
    window.map_or("at an unknown time".into(), |w| format!("from {} until {}", w.from, w.until))
}

/// `limits.md`: what a reader must not take from this bundle; `campaign` has what the campaign in it cannot show.
#[must_use]
pub fn limits(facts: &Facts, review: &Review, signed: bool, campaign: &[String]) -> String {
    let access = review.access;
    let mut lines = vec![
        "Whoever owns the lake and the key can rewrite both. \
         What shows a rewriting is a checkpoint that somebody else keeps: keep `lake/checkpoint.txt` of this bundle, and ask for the proof next time."
            .to_string(),
        "That a file of the source is what Microsoft sent is known only as far as the transport was trusted: the service signs nothing.".into(),
        "Times are those of the service's own clocks.".into(),
    ];
    if !signed {
        lines.push("The bundle is not signed: it shows that its files fit one another, not who made it.".into());
    }
    if facts.operator.is_empty() {
        lines.push("Nobody said who ran it (`--operator`).".into());
    }
    if facts.reader.pseudonym_salt.is_some() {
        lines.push(
            "People are named by keyed pseudonyms: departments of five and more, types of accounts, dates and times, and what is held are as they are, and may tell who somebody is to whoever knows the organisation.".into(),
        );
    }
    if facts.reader.audience != "security" {
        lines.push(format!(
            "It is for the reader `{}`: records that this reader is not meant to see (single sign-ins, for one) are left out, also where they are the evidence of a finding.",
            facts.reader.audience
        ));
    }
    lines.extend(crate::report::limits(review).into_iter().map(|l| format!("{}: {}", l.title, l.text)));
    lines.extend(campaign.iter().cloned());
    for (subject, covered) in &access.coverage {
        if covered.any.is_empty() {
            lines.push(format!(
                "Nothing says which time the log `{subject}` covers: an event that is not in it may have happened."
            ));
        }
        for (window, reason) in &covered.gaps {
            lines.push(format!("The log `{subject}` has a gap {}: {}.", when(*window), reason.trim_end_matches('.')));
        }
    }
    for (collection, gaps) in &access.collection_gaps {
        for (window, reason) in gaps {
            lines.push(format!(
                "Something of the collection `{collection}` is not in the lake, {}: {}.",
                when(*window),
                reason.trim_end_matches('.')
            ));
        }
    }
    let mut out = "# What this bundle cannot show\n\n".to_string();
    for line in lines {
        let _ = writeln!(out, "- {}", crate::model::shown::visible(&line).replace('<', "&lt;"));
    }
    out
}
