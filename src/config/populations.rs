//! Rules of the house about who is who: a population, a property and a pattern.

use std::fmt;

/// Populations that rules can name, as the configuration spells them; the first that fits decides.
pub const POPULATIONS: &[&str] = &["break_glass", "admin", "agent", "workload", "partner", "contractor", "guest", "employee"];

/// Properties that rules can look at, as the configuration spells them.
pub const PROPERTIES: &[&str] = &["id", "upn", "domain", "name", "mail", "department", "employee_type", "user_type", "app_id"];

/// A rule: `contractor = ["upn:ext-*"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationRule {
    /// The population, one of [`POPULATIONS`].
    pub population: String,
    /// The property, one of [`PROPERTIES`].
    pub property: String,
    /// The text, without regard to case; `*` at the ends for anything.
    pub pattern: String,
}

impl PopulationRule {
    /// Reads `property:pattern`.
    ///
    /// # Errors
    /// When the property is not known or the pattern would fit everybody, with what to write.
    pub(super) fn parse(population: &str, text: &str) -> Result<Self, String> {
        let (property, pattern) = text.split_once(':').unwrap_or(("", text));
        let (property, pattern) = (property.trim().to_lowercase(), pattern.trim());
        if !PROPERTIES.contains(&property.as_str()) {
            return Err(format!(
                "populations.{population} has '{text}'; write PROPERTY:PATTERN with one of {}",
                PROPERTIES.join(", ")
            ));
        }
        if pattern.trim_matches('*').is_empty() {
            return Err(format!("populations.{population} has '{text}', which fits everybody or nobody"));
        }
        Ok(Self {
            population: population.into(),
            property,
            pattern: pattern.to_lowercase(),
        })
    }

    /// Whether a value of its property fits.
    #[must_use]
    pub fn fits(&self, value: &str) -> bool {
        !value.is_empty() && super::matches(&self.pattern, "", value)
    }
}

impl fmt::Display for PopulationRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}:{}", self.population, self.property, self.pattern)
    }
}
