//! People with two accounts: which account is administrative, and whose it is.

/// How administrative accounts are named, from the rule of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminPattern {
    /// Beginnings of the local part, such as `az-`.
    pub prefixes: Vec<String>,
    /// Ends of the local part, such as `-adm`.
    pub suffixes: Vec<String>,
    /// Accounts that are administrative whatever their name: principal names or object ids, lower case.
    pub accounts: Vec<String>,
    /// Two accounts of one person: principal names or object ids, lower case; the administrative one first.
    pub pairs: Vec<[String; 2]>,
}

impl Default for AdminPattern {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Self {
            prefixes: words(&["az-", "az_", "az.", "adm-", "adm_", "adm."]),
            suffixes: words(&["-adm", "_adm", ".adm", "-az"]),
            accounts: Vec::new(),
            pairs: Vec::new(),
        }
    }
}

impl AdminPattern {
    /// The local part of the ordinary account behind an administrative one; `None` for an ordinary account.
    #[must_use]
    pub fn ordinary_local_part(&self, upn: &str) -> Option<String> {
        let lower = upn.to_lowercase();
        let local = lower.split('@').next().unwrap_or("");
        let stripped = self
            .prefixes
            .iter()
            .find_map(|p| local.strip_prefix(p.as_str()))
            .or_else(|| self.suffixes.iter().find_map(|s| local.strip_suffix(s.as_str())))?;
        (!stripped.is_empty()).then(|| stripped.to_string())
    }

    /// Whether the account is administrative, by its name or by the list.
    #[must_use]
    pub fn is_admin(&self, upn: &str) -> bool {
        self.ordinary_local_part(upn).is_some() || self.lists(upn)
    }

    /// Whether an account is listed as administrative, by its principal name or object id.
    #[must_use]
    pub fn lists(&self, account: &str) -> bool {
        let is = |listed: &String| listed.eq_ignore_ascii_case(account);
        self.accounts.iter().any(is) || self.pairs.iter().any(|[admin, _]| is(admin))
    }

    /// Whether two accounts, each by any of its names, are listed as one person's.
    #[must_use]
    pub fn paired(&self, a: &[&str], b: &[&str]) -> bool {
        let is = |listed: &String, names: &[&str]| names.iter().any(|n| listed.eq_ignore_ascii_case(n));
        self.pairs.iter().any(|[x, y]| is(x, a) && is(y, b) || is(x, b) && is(y, a))
    }

    /// Whether two different accounts belong to one person by their names.
    #[must_use]
    pub fn linked(&self, a: &str, b: &str) -> bool {
        let person = |upn: &str| {
            let lower = upn.to_lowercase();
            let local = lower.split('@').next().unwrap_or("").to_string();
            self.ordinary_local_part(upn).unwrap_or(local)
        };
        let (a_person, b_person) = (person(a), person(b));
        !a_person.is_empty() && a_person == b_person && (self.is_admin(a) || self.is_admin(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_follow_the_pattern_and_nothing_looser() {
        let pattern = AdminPattern::default();
        assert!(pattern.linked("az-ana.ruiz@corp.example", "ana.ruiz@corp.example"));
        assert!(pattern.linked("Ana.Ruiz-adm@corp.example", "ana.ruiz@corp.example"));
        assert!(
            !pattern.linked("ana.ruiz@corp.example", "ana.ruiz@partner.example"),
            "two ordinary accounts are two people"
        );
        assert!(!pattern.linked("az-ana.ruiz@corp.example", "ana.ruizo@corp.example"));
        assert!(!pattern.is_admin("azra@corp.example"));
        let listed = AdminPattern {
            accounts: vec!["root@corp.example".into()],
            pairs: vec![["svc-9@corp.example".into(), "ana@corp.example".into()]],
            ..AdminPattern::default()
        };
        assert!(listed.is_admin("Root@corp.example") && listed.is_admin("svc-9@corp.example") && !listed.is_admin("ana@corp.example"));
        assert!(listed.paired(&["id-1", "ANA@corp.example"], &["id-2", "svc-9@corp.example"]));
        assert!(!listed.paired(&["ana@corp.example"], &["root@corp.example"]));
    }
}
