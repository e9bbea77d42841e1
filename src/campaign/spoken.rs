//! The words of decisions as people write them: case, blanks and a point at the end do not matter, nor which of four languages it is.

use crate::campaign::log::Choice;
use crate::model::shown;

/// A word without everything but letters, digits and hyphens: what is compared to guess what was meant.
#[must_use]
pub fn folded(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '-';
    let kept: String = word.chars().map(|c| if plain(c) { c } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A word as people write it: without case and blanks, and without the one point that ends a sentence.
///
/// Any other mark may be a doubt: `remove?` is a question, and no decision.
fn plain(word: &str) -> String {
    let parts = word.split(shown::shows_nothing).filter(|part| !part.is_empty());
    let word = parts.collect::<Vec<_>>().join(" ").to_lowercase();
    word.strip_suffix('.').unwrap_or(&word).trim_end().to_string()
}

/// What a word decides: the codes, and what English, German, French and Spanish say for them.
#[must_use]
pub fn spoken(word: &str) -> Option<Choice> {
    Some(match plain(word).as_str() {
        "keep" | "behalten" | "conserver" | "garder" | "mantener" | "conservar" => Choice::Keep,
        "revoke" | "remove" | "entziehen" | "entfernen" | "widerrufen" | "révoquer" | "retirer" | "supprimer" | "revocar" | "quitar" | "eliminar" => {
            Choice::Revoke
        }
        "modify" | "change" | "ändern" | "aendern" | "modifier" | "changer" | "modificar" | "cambiar" => Choice::Modify,
        "exception" | "temporary exception" | "ausnahme" | "befristete ausnahme" | "exception temporaire" | "excepción" | "excepción temporal" => {
            Choice::Exception
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_blanks_and_language_do_not_matter() {
        for word in ["keep", "Keep ", "KEEP", "\u{a0}keep.", "behalten", "Conserver", "mantener"] {
            assert_eq!(spoken(word), Some(Choice::Keep), "{word}");
        }
        for (word, choice) in [
            ("Remove", Choice::Revoke),
            ("Ändern", Choice::Modify),
            ("Temporary  exception", Choice::Exception),
        ] {
            assert_eq!(spoken(word), Some(choice), "{word}");
        }
        for choice in Choice::ALL {
            assert_eq!(spoken(choice.as_str()), Some(*choice), "the codes are words, too");
        }
        for word in [
            "keeep",
            "no",
            "keep it",
            "",
            "?",
            "keep?",
            "?keep",
            "remove?",
            "keep!!",
            "(keep)",
            "keep...",
            "~keep",
            "keep*",
            "[ ] keep",
            "supprimer ?",
            "-keep",
        ] {
            assert_eq!(spoken(word), None, "{word}");
        }
    }
}
