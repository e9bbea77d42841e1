//! Everything that is asked for: one entry a collection, with its address, options, limit, permission and use.
//!
//! Sources of each entry: Microsoft's reference pages of the collection (v1.0, 2026-01), the page on throttling limits,
//! and for the sign-in streams other than the interactive one the fact that v1.0 knows no `signInEventTypes`.

mod conditional;
mod directory;
mod entitlement;
mod logs;
mod reviews;

use crate::graph::RateLimitGroup;
use crate::graph::client::Query;
use crate::model::Window;

/// Which edition of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The stable one.
    V1,
    /// The one that knows more.
    Beta,
}

impl Version {
    /// As in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// How a collection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// By slices of time.
    Log {
        /// The property that says when.
        time: &'static str,
        /// What else is asked for.
        and: &'static str,
        /// What it covers in the lake: `audit`, `sign_ins:interactiveUser` …
        subject: &'static str,
    },
    /// From the first page to the last.
    Listing,
    /// Once for each object of another collection.
    Under(&'static str),
}

/// A collection of Graph.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// What `--only` calls it.
    pub name: &'static str,
    /// Table of the lake that it feeds.
    pub table: &'static str,
    /// Edition.
    pub version: Version,
    /// Path below the edition; each `{}` stands for an id.
    pub path: &'static str,
    /// Options.
    pub query: &'static str,
    /// Options to fall back to when the licence does not reach for these, and what is lost.
    pub fallback: Option<(&'static str, &'static str)>,
    /// Limit.
    pub limit_group: RateLimitGroup,
    /// Resource units of the directory: the published cost, one less with `$select`, one more with `$expand`, never below one.
    pub cost: u32,
    /// Whether `ConsistencyLevel: eventual` goes with it.
    pub eventual: bool,
    /// Where the records are; empty when the answer is itself the record.
    pub member: &'static str,
    /// What the records of an expanded member are called in a context of their own.
    pub listed_as: &'static str,
    /// How it is read.
    pub shape: Shape,
    /// Least application permission.
    pub permission: &'static str,
    /// What cannot be told without it.
    pub lost: &'static str,
    /// Which of the objects above it are asked about.
    pub of: ParentFilter,
    /// Whether the service gives it to a signed-in person only, and to no application of its own.
    pub delegated: bool,
    /// Since when the public cloud has it, for collections that other clouds and older services lack; empty for the rest.
    pub since: &'static str,
    /// What of it the service gives to a signed-in person only, and to no application of its own; empty where that is nothing.
    pub only_delegated: &'static str,
    /// Whether one unit is only a part of what a look in the lake shows, so that it cannot prove absence.
    pub part: bool,
}

/// Which objects a collection that lies under others is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParentFilter {
    /// Every one.
    All,
    /// Groups that privileged identity management can manage: neither those of a rule nor those of another directory.
    Manageable,
    /// Requests of people, which may have needed approval.
    Asked,
}

const PLAIN: Collection = Collection {
    name: "",
    table: "",
    version: Version::V1,
    path: "",
    query: "",
    fallback: None,
    limit_group: RateLimitGroup::Directory,
    cost: 1,
    eventual: false,
    member: "value",
    listed_as: "",
    shape: Shape::Listing,
    permission: "",
    lost: "",
    of: ParentFilter::All,
    delegated: false,
    since: "",
    only_delegated: "",
    part: false,
};

const FAMILIES: [&[Collection]; 5] = [
    logs::LOGS,
    conditional::CONDITIONAL,
    entitlement::ENTITLEMENT,
    reviews::REVIEWS,
    directory::DIRECTORY,
];

/// All collections, parents before what lies under them.
pub fn all() -> impl Iterator<Item = &'static Collection> {
    FAMILIES.into_iter().flatten()
}

/// The collection of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Collection> {
    all().find(|c| c.name == name)
}

impl Collection {
    /// What it covers: the subject of a log, else its table.
    #[must_use]
    pub fn subject(&self) -> &'static str {
        match self.shape {
            Shape::Log { subject, .. } => subject,
            Shape::Listing | Shape::Under(_) => self.table,
        }
    }

    /// The collection under whose objects it lies.
    #[must_use]
    pub fn parent(&self) -> Option<&'static Self> {
        match self.shape {
            Shape::Under(parent) => by_name(parent),
            Shape::Log { .. } | Shape::Listing => None,
        }
    }

    /// What goes with a request of it.
    #[must_use]
    pub fn ask(&self) -> Query<'static> {
        Query {
            limit_group: self.limit_group,
            cost: self.cost,
            eventual: self.eventual,
            member: self.member,
            divisible: matches!(self.shape, Shape::Log { .. }),
        }
    }

    /// Path and options, for the objects of these ids and, for a log, a slice of time.
    #[must_use]
    pub fn address(&self, query: &str, ids: &[String], window: Option<Window>) -> String {
        let mut path = format!("{}/{}", self.version.as_str(), self.filled(ids, encode));
        let mut options: Vec<String> = Vec::new();
        if let (Shape::Log { time, and, .. }, Some(window)) = (self.shape, window) {
            // Both ends belong to the slice: `lt` is not among the operators that the reference lists for these properties.
            let mut filter = format!("{time} ge {} and {time} le {}", window.from, window.until);
            if !and.is_empty() {
                filter = format!("{filter} and {and}");
            }
            options.push(format!("$filter={}", encode(&filter)));
        }
        if !query.is_empty() {
            options.push(query.replace("{}", &ids.last().map(|id| encode(id)).unwrap_or_default()));
        }
        if !options.is_empty() {
            path.push('?');
            path.push_str(&options.join("&"));
        }
        path
    }

    /// What `@odata.context` would say after `$metadata#`, whatever the service writes there: we know what we asked for.
    #[must_use]
    pub fn context(&self, ids: &[String]) -> String {
        // One object that was asked for by itself is an item of its collection.
        let ids = if self.member.is_empty() { &ids[..ids.len().saturating_sub(1)] } else { ids };
        let path = self.filled(ids, |id| format!("('{}')", id.replace('\'', "''"))).replace("/('", "('");
        let path = path.trim_end_matches('/').to_string();
        match self.listed_as {
            "" => path,
            name => format!("{path}/{name}"),
        }
    }

    fn filled(&self, ids: &[String], write: impl Fn(&str) -> String) -> String {
        let mut ids = ids.iter();
        let mut out = String::new();
        for (i, part) in self.path.split("{}").enumerate() {
            if i > 0 {
                out.push_str(&ids.next().map(|id| write(id)).unwrap_or_default());
            }
            out.push_str(part);
        }
        out
    }
}

/// Percent-encodes what may not stand in a query or as part of a path.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'(' | b')' | b'$' | b',' | b':' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;

    #[test]
    fn every_parent_comes_before_its_children_and_takes_as_many_ids() {
        let every: Vec<_> = all().collect();
        for (i, c) in every.iter().enumerate() {
            let ids = c.path.matches("{}").count() + c.query.matches("{}").count();
            match c.parent() {
                Some(parent) => {
                    assert!(every[..i].iter().any(|p| p.name == parent.name), "{}", c.name);
                    assert_eq!(ids, parent.path.matches("{}").count() + 1, "{}", c.name);
                }
                None => assert_eq!(ids, 0, "{}", c.name),
            }
            assert!(!c.permission.is_empty() && !c.lost.is_empty() && !c.table.is_empty(), "{}", c.name);
            assert!(every[..i].iter().all(|other| other.name != c.name), "{}", c.name);
        }
    }

    #[test]
    fn addresses_and_contexts() {
        let at = |text: &str| Instant::parse(text).expect("a time");
        let window = Window {
            from: at("2026-03-01"),
            until: at("2026-03-02"),
        };
        let audit = by_name("audit").expect("known");
        assert_eq!(
            audit.address(audit.query, &[], Some(window)),
            "v1.0/auditLogs/directoryAudits?$filter=activityDateTime%20ge%202026-03-01T00:00:00Z%20and%20activityDateTime%20le%202026-03-02T00:00:00Z&$top=1000"
        );
        let decisions = by_name("review_decisions").expect("known");
        let ids = ["d 1".to_string(), "i1".to_string()];
        assert_eq!(
            decisions.address(decisions.query, &ids, None),
            "v1.0/identityGovernance/accessReviews/definitions/d%201/instances/i1/decisions?$top=100"
        );
        assert_eq!(
            decisions.context(&ids),
            "identityGovernance/accessReviews/definitions('d 1')/instances('i1')/decisions"
        );
        let approvals = by_name("approvals").expect("known");
        let ids = ["r1".to_string()];
        assert_eq!(
            approvals.address(approvals.query, &ids, None),
            "v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/r1?$expand=stages"
        );
        assert_eq!(
            approvals.context(&ids),
            "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals"
        );
        let roles = by_name("resource_roles").expect("known");
        assert_eq!(
            roles.context(&["p".to_string()]),
            "identityGovernance/entitlementManagement/accessPackages('p')/resourceRoleScopes"
        );
    }
}
