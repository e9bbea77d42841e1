//! How much a justification says, from 0 to 100: features that a person can check, each with its points.

use super::stopwords::{says_nothing, tells_time};
use super::tokens::{is_date, is_dense, is_numbered, is_ticket, pieces};
use ahash::AHashSet;

/// One thing that was noticed about the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// What it adds or takes.
    pub points: i32,
    /// In words.
    pub words: String,
}

/// The score of a justification, with what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100.
    pub points: u8,
    /// What was noticed, also what gave no points.
    pub features: Vec<Feature>,
}

impl Score {
    /// What is left when no word counts and the text repeats the package's name: the least that it can score for any name.
    #[must_use]
    pub fn without_words(&self) -> i32 {
        let words = self.features.first().map_or(0, |f| f.points);
        i32::from(self.points) - words + REPEATS_PACKAGE
    }

    /// `it names no ticket (+0), …`: all features in one clause.
    #[must_use]
    pub fn in_words(&self) -> String {
        let list: Vec<String> = self.features.iter().map(|f| format!("{} ({:+})", f.words, f.points)).collect();
        list.join(", ")
    }
}

const TICKET: i32 = 35;
const TIME: i32 = 20;
const LONG_ENOUGH: i32 = 10;
const REPEATS_PACKAGE: i32 = -20;
/// Points for one to five words that say what for; more add nothing.
const TASK: [i32; 6] = [0, 10, 20, 30, 40, 45];

/// Scores a text given for a package of that name and description.
///
/// Adding a ticket never lowers the score: every feature but the repetition only grows with the text.
#[must_use]
pub fn score(text: &str, package_name: &str, package_description: &str) -> Score {
    let read = Reading::of(text, &words_of(package_name));
    let mut features = Vec::new();
    let mut add = |points: i32, words: String| features.push(Feature { points, words });
    let task = TASK[read.content.len().min(TASK.len() - 1)];
    add(
        task,
        match read.content.len() {
            0 => "no word says what for".into(),
            1 => "one word says what for".into(),
            n => format!("{n} words say what for"),
        },
    );
    add(if read.ticket { TICKET } else { 0 }, if read.ticket { "a ticket" } else { "no ticket" }.into());
    add(
        if read.time { TIME } else { 0 },
        if read.time { "a date or period" } else { "no date or period" }.into(),
    );
    let long = read.width >= 10 && read.words >= 3;
    let length = if long {
        "at least ten characters and three words"
    } else {
        "shorter than ten characters or three words"
    };
    add(if long { LONG_ENOUGH } else { 0 }, length.into());
    let same = |other: &str| !plain(other).is_empty() && plain(other) == plain(text);
    if same(package_name) || same(package_description) {
        let what = if same(package_name) { "name" } else { "description" };
        add(REPEATS_PACKAGE, format!("it repeats the package's {what}"));
    }
    let sum: i32 = features.iter().map(|f| f.points).sum();
    Score {
        points: u8::try_from(sum.clamp(0, 100)).unwrap_or(0),
        features,
    }
}

/// What is in a text.
#[derive(Default)]
struct Reading {
    /// Distinct words that say what for.
    content: AHashSet<String>,
    ticket: bool,
    time: bool,
    /// All words.
    words: usize,
    /// Length in characters, where one of a dense script counts double.
    width: usize,
}

impl Reading {
    fn of(text: &str, package: &AHashSet<String>) -> Self {
        let mut read = Self {
            width: text.chars().map(|c| if is_dense(c) { 2 } else { 1 }).sum(),
            ..Self::default()
        };
        let tokens: Vec<&str> = text.split_whitespace().collect();
        let number = |t: Option<&&str>| t.is_some_and(|t| t.chars().next().is_some_and(|c| c.is_ascii_digit()));
        for (i, token) in tokens.iter().enumerate() {
            let bare = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
            let before = i.checked_sub(1).and_then(|b| tokens.get(b));
            if is_ticket(bare) || is_numbered(before, bare) {
                read.ticket = true;
                read.words += 1;
                continue;
            }
            if is_date(bare) {
                read.time = true;
                read.words += 1;
                continue;
            }
            let beside_number = number(before) || number(tokens.get(i + 1));
            for part in bare.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()) {
                read.part(&part.to_lowercase(), beside_number, package);
            }
        }
        read
    }

    fn part(&mut self, part: &str, beside_number: bool, package: &AHashSet<String>) {
        if tells_time(part, beside_number) {
            self.time = true;
            self.words += 1;
            return;
        }
        for word in pieces(part) {
            self.words += 1;
            let letters = word.chars().filter(|c| c.is_alphabetic()).count();
            let short = letters < 2 && !word.chars().any(is_dense);
            if !short && !says_nothing(&word) && !package.contains(&word) {
                self.content.insert(word);
            }
        }
    }
}

fn words_of(text: &str) -> AHashSet<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
    parts.flat_map(pieces).collect()
}

/// The letters and digits of a text, for comparing.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(text: &str) -> u8 {
        score(text, "Payroll access", "Runs the payroll").points
    }

    #[test]
    fn texts_that_say_nothing_score_below_the_mark() {
        for text in [
            "need access",
            "test",
            ".",
            "",
            "   ",
            "as discussed",
            "approved",
            "per manager",
            "I need this please",
            "I need access to payroll for my work",
            "n/a",
            "Payroll access",
            "Runs the payroll",
            "approved by my manager",
            "ich brauche Zugriff",
            "wie besprochen",
            "Zugriff für meine Arbeit benötigt, danke",
            "besoin d'accès",
            "comme convenu",
            "accès nécessaire pour mon travail, merci",
            "necesito acceso",
            "según lo hablado con mi jefe",
            "ho bisogno di accesso",
            "come concordato con il responsabile",
            "need access until 30 June",
            "ok",
            "xxx",
            "12345",
            "access access access access access",
        ] {
            let scored = score(text, "Payroll access", "Runs the payroll");
            assert!(scored.points < 40, "{text}: {} = {}", scored.points, scored.in_words());
        }
    }

    #[test]
    fn a_named_task_with_a_ticket_or_a_time_reaches_the_mark() {
        for text in [
            "Month-end close for Q3, ticket FIN-4821",
            "Cover Dr. Ruiz's ward rota until 30 June",
            "JIRA OPS-12 migrate billing DB",
            "Vertretung für Frau Weber in der Buchhaltung bis 31.12.2026",
            "Clôture trimestrielle des comptes fournisseurs, INC0012345",
            "Auditoría externa de nóminas hasta el 15 de mayo",
            "Migrazione del database fatture, ticket 48213",
            "Prepare supplier reconciliation for the finance committee",
            "https://tickets.corp.example/4821 restore backups",
            "负责季度结算并核对供应商发票",
            "給与計算システムの移行作業を担当するため",
            "مراجعةالحساباتالشهريةللموردين",
            "Подготовка квартального отчета для налоговой",
        ] {
            let scored = score(text, "Payroll access", "Runs the payroll");
            assert!(scored.points >= 40, "{text}: {} = {}", scored.points, scored.in_words());
        }
    }

    #[test]
    fn repeating_the_package_lowers() {
        let text = "Quarterly supplier reconciliation helper";
        assert!(score(text, text, "").points < points(text));
        assert!(score(text, "", text).points < points(text));
    }

    #[test]
    fn every_feature_is_listed_with_its_points() {
        let scored = score("Month-end close, FIN-4821", "", "");
        let sum: i32 = scored.features.iter().map(|f| f.points).sum();
        assert_eq!(i32::from(scored.points), sum.clamp(0, 100));
        assert_eq!(
            scored.in_words(),
            "2 words say what for (+20), a ticket (+35), a date or period (+20), at least ten characters and three words (+10)"
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_within_bounds(text in any::<String>(), name in any::<String>(), about in any::<String>()) {
            prop_assert!(score(&text, &name, &about).points <= 100);
        }

        #[test]
        fn a_ticket_never_lowers(text in any::<String>(), name in "[a-z ]{0,12}", ticket in "[A-Z]{2,5}-[0-9]{1,5}|INC[0-9]{7}|#[0-9]{2,6}") {
            let before = score(&text, &name, "").points;
            let with_ticket = format!("{text} {ticket}");
            prop_assert!(score(&with_ticket, &name, "").points >= before);
        }

        #[test]
        fn a_ticket_never_lowers_words(words in proptest::collection::vec("(need|access|migrate|may|march|ticket|jira|change|30|Q3|payroll|INC|#|2026|KW|close|,|until)", 0..8), ticket in "[A-Z]{2,5}-[0-9]{1,5}|INC[0-9]{7}|#[0-9]{2,6}") {
            let text = words.join(" ");
            let before = score(&text, "payroll", "").points;
            let with_ticket = format!("{text} {ticket}");
            prop_assert!(score(&with_ticket, "payroll", "").points >= before, "{}", with_ticket);
        }
    }
}
