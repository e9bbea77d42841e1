//! What reviewers read, in English, German, French and Spanish: texts of the page and of letters, and sentences about items.
//!
//! The English text is the key: the program says it, and `words.txt` has it in the other languages.
//! Codes of decisions stay what they are; [`crate::campaign::spoken`] takes their words in every language.

mod catalog;
mod phrase;
#[cfg(test)]
mod tests;

use crate::model::Instant;
use crate::model::access::words;
use std::fmt::Display;

pub use phrase::Phrase;

words! {
    /// A language of letters and pages.
    Language {
        /// English, which the program is written in.
        En => "en",
        /// German.
        De => "de",
        /// French.
        Fr => "fr",
        /// Spanish.
        Es => "es",
    }
}

impl Language {
    /// Its place among the translations of a text; `None` for English.
    fn place(self) -> Option<usize> {
        match self {
            Self::En => None,
            Self::De => Some(0),
            Self::Fr => Some(1),
            Self::Es => Some(2),
        }
    }

    /// A text in this language; as it is, where it has no translation.
    #[must_use]
    pub fn say(self, english: &str) -> &str {
        self.place().and_then(|place| catalog::exact(english, place)).unwrap_or(english)
    }

    /// A text with `{name}` filled in.
    #[must_use]
    pub fn tell(self, english: &str, parts: &[(&str, &dyn Display)]) -> String {
        catalog::filled(self.say(english), |name| {
            parts.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string())
        })
    }

    /// A sentence about an item, which was made in English and frozen with the item.
    ///
    /// What is in it of names, and what no phrase fits, stays as it is.
    #[must_use]
    pub fn sentence(self, english: &str) -> Phrase {
        phrase::translated(self, english)
    }

    /// A number with its thousands set off.
    #[must_use]
    pub fn number(self, n: usize) -> String {
        let mark = match self {
            Self::En => ",",
            Self::De | Self::Es => ".",
            Self::Fr => "\u{202f}",
        };
        let digits = n.to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out += mark;
            }
            out.push(digit);
        }
        out
    }

    /// `1 decision`, `4 decisions`: by the texts for one and for many, which have `{n}`.
    #[must_use]
    pub fn count(self, n: usize, one: &str, many: &str) -> String {
        let number = self.number(n);
        self.tell(if n == 1 { one } else { many }, &[("n", &number)])
    }

    /// `Fri 11 Dec 2026` of a day.
    #[must_use]
    pub fn day(self, day: Instant) -> String {
        let Some(date) = day.to_chrono() else { return day.day() };
        let part = |format: &str| date.format(format).to_string();
        let (weekday, month) = (part("%a"), part("%b"));
        self.tell(
            "{weekday} {day} {month} {year}",
            &[
                ("weekday", &self.say(&weekday)),
                ("day", &part("%-d")),
                ("month", &self.say(&month)),
                ("year", &part("%Y")),
            ],
        )
    }
}
