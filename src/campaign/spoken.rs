//! The words of decisions as people write them: case, blanks and points do not matter, nor which of four languages it is.

use crate::campaign::log::Choice;

/// A word without the case, blanks and points that editors and people add.
#[must_use]
pub fn folded(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '-';
    let kept: String = word.chars().map(|c| if plain(c) { c } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a word decides: the codes, and what English, German, French and Spanish say for them.
#[must_use]
pub fn spoken(word: &str) -> Option<Choice> {
    Some(match folded(word).as_str() {
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
        for word in ["keeep", "no", "keep it", "", "?"] {
            assert_eq!(spoken(word), None, "{word}");
        }
    }
}
