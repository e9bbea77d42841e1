//! Named profiles: thresholds that a framework names, each with the place where it does.
//!
//! A profile sets only what its framework puts a number on; everything else keeps its default and that default's origin.

use crate::check::Threshold;
use crate::config::{Config, Setting};

/// The profile in force when none is named.
pub const DEFAULT: &str = "default";

/// A profile and what it sets.
#[derive(Debug)]
pub struct Profile {
    /// Name, as in `--profile`.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// Threshold name, value, origin.
    pub values: &'static [(&'static str, i64, &'static str)],
}

/// All profiles.
pub static PROFILES: &[Profile] = &[
    Profile {
        name: DEFAULT,
        about: "Each threshold as its check declares it.",
        values: &[],
    },
    Profile {
        name: "hipaa",
        about: "45 CFR 164.308 and 164.312 name no days for reviewing or ending access: the house sets them, and documents why. 164.316 names six years for keeping that.",
        values: &[(
            "review_retention_days",
            2192,
            "HIPAA Security Rule 164.316(b)(2)(i): six years from creation or last effect",
        )],
    },
    Profile {
        name: "pci",
        about: "PCI DSS 4.0.1.",
        values: &[
            ("leaver_grace_hours", 0, "PCI DSS 4.0.1 8.2.5: access of terminated users is revoked at once"),
            ("not_used_days", 90, "PCI DSS 4.0.1 8.2.6: inactive accounts within 90 days"),
            ("review_months_other", 6, "PCI DSS 4.0.1 7.2.4: at least every six months"),
            ("look_back_days", 365, "PCI DSS 4.0.1 10.5.1: twelve months of audit history"),
            ("dormant_days", 90, "PCI DSS 4.0.1 8.2.6: inactive accounts within 90 days"),
            ("log_retention_days", 365, "PCI DSS 4.0.1 10.5.1: twelve months of audit history"),
        ],
    },
    Profile {
        name: "cis",
        about: "CIS Controls v8.",
        values: &[
            ("not_used_days", 45, "CIS Controls v8 5.3: dormant accounts after 45 days"),
            ("dormant_days", 45, "CIS Controls v8 5.3: dormant accounts after 45 days"),
            ("dormant_guest_days", 45, "CIS Controls v8 5.3: dormant accounts after 45 days"),
            ("log_retention_days", 90, "CIS Controls v8 8.10: audit logs across 90 days"),
        ],
    },
    Profile {
        name: "soc2",
        about: "SOC 2, Trust Services Criteria.",
        values: &[("look_back_days", 365, "SOC 2: the examination window is usually 12 months")],
    },
    Profile {
        name: "sox",
        about: "SOX section 404; neither the Act nor PCAOB AS 2201 names days for access: auditors test the control that the house wrote.",
        values: &[("look_back_days", 365, "SOX 404: management assesses the fiscal year")],
    },
];

/// What a profile sets, in one sentence, for whoever reads a report.
#[must_use]
pub fn sentence(name: &str) -> String {
    let Some(profile) = profile(name) else { return String::new() };
    match profile.values.len() {
        0 if profile.name == DEFAULT => "no profile is chosen: each threshold has its default unless the configuration sets it".into(),
        0 => format!("the profile {} sets no threshold: {}", profile.name, profile.about.trim_end_matches('.')),
        1 => format!("the profile {} sets 1 threshold: {}", profile.name, profile.about.trim_end_matches('.')),
        n => format!("the profile {} sets {n} thresholds: {}", profile.name, profile.about.trim_end_matches('.')),
    }
}

/// The profile of a name; an empty name is the default.
#[must_use]
pub fn profile(name: &str) -> Option<&'static Profile> {
    let name = if name.is_empty() { DEFAULT } else { name };
    PROFILES.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}

/// The value in force and where it comes from: the configuration over the profile over the default.
#[must_use]
pub fn in_force(threshold: &Threshold, config: &Config) -> Setting {
    if let Some(setting) = config.thresholds.get(threshold.name) {
        return setting.clone();
    }
    let named = profile(&config.profile).and_then(|p| p.values.iter().find(|(name, ..)| *name == threshold.name));
    match named {
        Some((_, value, origin)) => Setting {
            value: *value,
            origin: (*origin).to_string(),
        },
        None => Setting {
            value: threshold.default,
            origin: threshold.origin.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::thresholds;

    fn in_force_of(name: &str, config: &Config) -> i64 {
        let all = thresholds();
        let threshold = all.iter().find(|t| t.name == name).expect("a threshold");
        in_force(threshold, config).value
    }

    #[test]
    fn configuration_over_profile_over_default() {
        let mut config = Config::default();
        assert_eq!(in_force_of("leaver_grace_hours", &config), 24);
        config.profile = "pci".into();
        assert_eq!(in_force_of("leaver_grace_hours", &config), 0);
        let own = Setting {
            value: 8,
            origin: "vouchsafe.toml".into(),
        };
        config.thresholds.insert("leaver_grace_hours".into(), own);
        assert_eq!(in_force_of("leaver_grace_hours", &config), 8);
    }

    #[test]
    fn profiles_set_only_thresholds_that_exist_and_say_why() {
        let known: Vec<&str> = thresholds().iter().map(|t| t.name).collect();
        for profile in PROFILES {
            for (name, _, origin) in profile.values {
                assert!(known.contains(name), "{}: {name}", profile.name);
                assert!(!origin.is_empty());
            }
        }
    }
}
