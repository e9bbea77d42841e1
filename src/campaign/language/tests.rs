//! Every text has every language, with the same things to fill in, and every text that the program says is in the catalog.

use super::Language;
use super::catalog::{CODES, WORDS, catalog, read};
use crate::model::Instant;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const OTHERS: [Language; 3] = [Language::De, Language::Fr, Language::Es];

fn names(text: &str) -> BTreeSet<String> {
    text.split('{')
        .skip(1)
        .filter_map(|p| p.split_once('}'))
        .map(|(name, _)| name.to_string())
        .collect()
}

#[test]
fn every_text_has_every_language_and_the_same_to_fill_in() {
    let (entries, wrong) = read(WORDS);
    assert!(wrong.is_empty(), "not a line in English and one in each of {CODES:?}:\n{}", wrong.join("\n\n"));
    assert!(entries.len() > 200, "{} entries", entries.len());
    let mut seen = BTreeSet::new();
    for entry in &entries {
        assert!(seen.insert(entry.english), "'{}' is there twice", entry.english);
        for (code, text) in CODES.iter().zip(entry.others) {
            assert_eq!(names(text), names(entry.english), "{code}: {text}");
            assert!(!text.trim().is_empty(), "{code} of '{}'", entry.english);
        }
    }
}

/// Texts in quotes after a word such as `say(`, in a file of the program.
fn said(path: &str, words: &[&str]) -> BTreeSet<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let shipped = text.split("#[cfg(test)]").next().unwrap_or(&text);
    let mut found = BTreeSet::new();
    for word in words {
        for (at, _) in shipped.match_indices(word) {
            let rest = shipped[at + word.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let mut out = String::new();
            let mut letters = rest.chars();
            while let Some(c) = letters.next() {
                match c {
                    '"' => break,
                    '\\' => out.extend(letters.next()),
                    c => out.push(c),
                }
            }
            found.insert(out);
        }
    }
    found
}

#[test]
fn every_text_that_the_page_and_the_letters_say_is_in_the_catalog() {
    let known: BTreeSet<&str> = catalog().entries.iter().map(|e| e.english).collect();
    let rust = [".say(", ".tell(", ".sentence("];
    let mut all = 0;
    for path in [
        "reports/templates/sheet.html",
        "src/report/sheet/page.rs",
        "src/report/sheet/card.rs",
        "src/campaign/notification/mail.rs",
        "src/campaign/notification/calendar.rs",
        "src/campaign/notification/mod.rs",
        "src/campaign/language/mod.rs",
    ] {
        for text in said(path, &rust) {
            all += 1;
            assert!(known.contains(text.as_str()), "{path} says '{text}', which has no translation");
        }
    }
    let script = said("reports/templates/sheet.js", &["say("]);
    assert!(script.len() > 10 && all > 60, "the texts were not found: {all} and {}", script.len());
    for text in &script {
        assert!(known.contains(text.as_str()), "sheet.js says '{text}', which has no translation");
    }
    let told = crate::report::sheet::SCRIPT_TEXTS;
    for text in &script {
        assert!(told.contains(&text.as_str()), "sheet.js says '{text}', which the page does not give it");
    }
}

#[test]
fn what_a_plan_can_mean_has_every_language() {
    use crate::campaign::model::Disclosure;
    use crate::campaign::plan::{Justify, NoResponse};
    let mut all: Vec<&str> = NoResponse::ALL.iter().map(|n| n.sentence()).collect();
    all.extend(Justify::ALL.iter().map(|j| j.sentence()));
    all.extend(Disclosure::ALL.iter().flat_map(|d| [d.sentence(), d.of_first()]));
    all.push(crate::campaign::terms::SECOND);
    all.extend(crate::campaign::Choice::ALL.iter().map(|c| c.as_str()));
    for (text, language) in all.iter().flat_map(|t| OTHERS.map(|l| (*t, l))) {
        assert_ne!(language.say(text), text, "{language} of '{text}'");
    }
}

#[test]
fn sentences_are_taken_apart_and_put_together() {
    let told = |text: &str| Language::De.sentence(text);
    let whole = |text: &str, german: &str| {
        let phrase = told(text);
        assert!(phrase.whole, "{text}: {}", phrase.text);
        assert_eq!(phrase.text, german);
    };
    whole(
        "it was used 3 days before the review date, and there is no finding about it",
        "er wurde 3 Tage vor dem Stichtag genutzt, und es gibt keinen Befund dazu",
    );
    whole(
        "because access was granted and has not been used since (STA-01); a guest holds a package meant for employees (SEG-01)",
        "denn der Zugriff wurde gewährt und seither nicht genutzt (STA-01); ein Gast hat ein Paket, das für Beschäftigte bestimmt ist (SEG-01)",
    );
    whole("2026-01-05 or earlier", "2026-01-05 oder früher");
    whole("2026-01-05", "2026-01-05");
    whole(
        "removes GRP Pay, GRP Staff; GRP Library stays by another package; it is this guest's last package: Entra then blocks the account, and deletes it later",
        "entzieht GRP Pay, GRP Staff; GRP Library bleibt durch ein anderes Paket; es ist das letzte Paket dieses Gastes: Entra sperrt dann das Konto und löscht es später",
    );
    whole(
        "named in the campaign file; not ana@corp.example is absent, not bo@corp.example has left",
        "in der Kampagne benannt; nicht ana@corp.example (abwesend), nicht bo@corp.example (ausgeschieden)",
    );
    whole(
        "keep by no response on 2026-03-31, and granted again since",
        "behalten ohne Antwort am 2026-03-31, und seither wieder gewährt",
    );
    whole(
        "exception on 2026-03-31 until 2026-08-31, which is over: needed; really",
        "befristete Ausnahme am 2026-03-31 bis 2026-08-31, das vorbei ist: needed; really",
    );
    whole(
        "3 of 12 colleagues in Sales, North have it; 40 people have it in all",
        "3 von 12 Kollegen in Sales, North haben ihn; insgesamt haben ihn 40 Personen",
    );
    // What nobody has words for stays as it is, and is said to be so.
    let part = told("its use cannot be judged: the moon was full, and there is no finding about it");
    assert!(
        !part.whole && part.text.contains("the moon was full") && part.text.contains("es gibt keinen Befund"),
        "{}",
        part.text
    );
    assert_eq!(told("something else entirely").text, "something else entirely");
    assert!(!told("something else entirely").whole);
    for hostile in ["{", "}{", "; ; ;", "because ", "{n} of {all}", &"; not x".repeat(400)] {
        let _ = told(hostile);
    }
}

#[test]
fn numbers_and_days_are_written_as_people_write_them() {
    assert_eq!(Language::En.number(1_234_567), "1,234,567");
    assert_eq!(Language::De.number(1_234), "1.234");
    assert_eq!(Language::Es.number(999), "999");
    let day = Instant::parse("2026-12-11").expect("a day");
    assert_eq!(Language::En.day(day), "Fri 11 Dec 2026");
    assert_eq!(Language::De.day(day), "Fr, 11. Dez. 2026");
    assert_eq!(Language::Fr.day(day), "ven. 11 déc. 2026");
    assert_eq!(Language::Es.day(day), "vie 11 dic 2026");
    assert_eq!(Language::De.count(1, "{n} decision", "{n} decisions"), "1 Entscheidung");
    assert_eq!(Language::De.count(1200, "{n} decision", "{n} decisions"), "1.200 Entscheidungen");
}
