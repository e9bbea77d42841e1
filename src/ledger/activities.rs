//! The vocabulary of audit activities: which name means which act.
//!
//! `activities.csv` lists every activity of the two official vocabularies (the reference of audit activities and the
//! how-to articles, which disagree) and a few that were observed; `noted` means known, and no fact about access.

use crate::model::Action;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What an activity means, by its key; `None` when no vocabulary knows it.
#[must_use]
pub fn action_of(key: &str) -> Option<Action> {
    static TABLE: OnceLock<HashMap<&'static str, Action>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        include_str!("activities.csv")
            .lines()
            .skip(1)
            .filter_map(|line| {
                let (name, action) = line.rsplit_once(',')?;
                Some((name.trim_matches('"'), Action::from_word(action)?))
            })
            .collect()
    });
    table.get(key).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::activity_key;

    #[test]
    fn spellings_meet() {
        for name in [
            "Fulfill access package assignment request",
            "fulfill access package assignment request. ",
            " Fulfill  Access Package assignment request",
        ] {
            assert_eq!(action_of(&activity_key(name)), Some(Action::Granted), "{name}");
        }
        assert_eq!(
            action_of(&activity_key("Update application – Certificates and secrets management ")),
            Some(Action::Noted)
        );
        assert_eq!(action_of("no such thing"), None);
    }

    #[test]
    fn every_line_has_a_known_action() {
        for line in include_str!("activities.csv").lines().skip(1) {
            let action = line.rsplit_once(',').map(|(_, a)| a).unwrap_or_default();
            assert!(Action::from_word(action).is_some(), "{line}");
        }
    }
}
