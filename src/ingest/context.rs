//! What `@odata.context` says: the collection a page shows, and whose it is.

/// One step of the path behind `$metadata#`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Step {
    /// Name in lower case.
    pub name: String,
    /// The key in parentheses, in lower case.
    pub key: Option<String>,
}

/// A context, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Context {
    /// The path, without projections, casts and `$entity`.
    pub steps: Vec<Step>,
    /// The type in lower case to which the last step is narrowed: only objects of it are listed.
    pub cast: Option<String>,
    /// The type of `Collection(type)`: what a function returns, and no whole collection.
    pub function_of: Option<String>,
    /// Whether one object was asked for.
    pub entity: bool,
    /// The object below which the collection lies, where only the address of a next page tells it.
    pub below: Option<String>,
    /// Whether names of files and folders tell the parent.
    pub by_name: bool,
}

impl Context {
    /// Takes a context apart; `None` for text that names nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((_, fragment)) = text.split_once("$metadata#") else {
            // Some responses give the address of the request in place of a fragment.
            return Self::of_address(text);
        };
        Self::of_path(fragment)
    }

    /// Takes the address of a request apart, such as a `@odata.nextLink`.
    pub fn of_address(text: &str) -> Option<Self> {
        let mut out = Self::of_path(address(text)?)?;
        keyed_by_address(&mut out.steps);
        Some(out)
    }

    fn of_path(fragment: &str) -> Option<Self> {
        let mut out = Self::default();
        for part in parts(fragment) {
            let (name, argument) = match part.split_once('(') {
                Some((name, rest)) => (name, Some(rest.strip_suffix(')').unwrap_or(rest))),
                None => (part, None),
            };
            if name == "$entity" {
                out.entity = true;
                continue;
            }
            if name.eq_ignore_ascii_case("collection") {
                out.function_of = argument.map(|a| bare_type(a).to_lowercase());
                continue;
            }
            // A function that tells changes names no collection of its own.
            if name.is_empty() || name.eq_ignore_ascii_case("delta") || name.eq_ignore_ascii_case("microsoft.graph.delta") {
                continue;
            }
            // A cast such as microsoft.graph.user narrows a collection and names no other.
            if name.to_ascii_lowercase().starts_with("microsoft.graph.") {
                out.cast = Some(bare_type(name).to_lowercase());
                continue;
            }
            // One before the last step says of what type the parent is.
            out.cast = None;
            out.steps.push(Step {
                name: name.to_lowercase(),
                key: argument.and_then(key),
            });
        }
        (!out.steps.is_empty() || out.function_of.is_some()).then_some(out)
    }

    /// The last step's name, or the type of a function's result.
    pub fn last(&self) -> &str {
        match &self.function_of {
            Some(name) => name,
            None => self.steps.last().map_or("", |s| s.name.as_str()),
        }
    }

    /// Whether the path has such a step.
    pub fn has(&self, name: &str) -> bool {
        self.steps.iter().any(|s| s.name == name)
    }

    /// The step before the last one.
    pub fn parent(&self) -> Option<&Step> {
        self.steps.iter().rev().nth(1)
    }

    /// The object below which the collection lies, as `accesspackages/ID`; `None` where it is the tenant's own.
    pub fn part(&self) -> Option<String> {
        if self.below.is_some() {
            return self.below.clone();
        }
        let (last, above) = self.steps.split_last()?;
        let own = |step: &&Step| step.key.is_some() || !ROOTS.contains(&step.name.as_str());
        let parents = above.iter().filter(own).chain(Some(last).filter(|step| step.key.is_some()));
        let named = parents.map(|step| match &step.key {
            Some(key) => format!("{}/{key}", step.name),
            None => step.name.clone(),
        });
        Some(named.collect::<Vec<_>>().join("/")).filter(|part| !part.is_empty())
    }

    /// The type of the objects that a set of the directory holds, where the context names nothing else: Graph names the set also
    /// where members, owners or deleted objects of one type were asked for.
    pub fn set_of(&self) -> Option<&'static str> {
        let [step] = self.steps.as_slice() else { return None };
        let of = SETS.iter().find(|(set, _)| *set == step.name).map(|(_, of)| *of);
        of.filter(|_| step.key.is_none() && self.function_of.is_none() && !self.entity)
    }
}

/// Steps that hold collections and are no objects.
const ROOTS: [&str; 14] = [
    "identitygovernance",
    "entitlementmanagement",
    "accessreviews",
    "unified",
    "privilegedaccess",
    "group",
    "rolemanagement",
    "directory",
    "deleteditems",
    "identity",
    "conditionalaccess",
    "auditlogs",
    "policies",
    "reports",
];

/// Sets of the directory, and what they hold.
const SETS: [(&str, &str); 7] = [
    ("users", "user"),
    ("groups", "group"),
    ("serviceprincipals", "serviceprincipal"),
    ("devices", "device"),
    ("applications", "application"),
    ("contacts", "orgcontact"),
    ("directoryobjects", "directoryobject"),
];

/// `#microsoft.graph.user` as `user`.
pub(super) fn bare_type(text: &str) -> &str {
    let text = text.trim_start_matches('#');
    let prefix = text.get(..16);
    match prefix {
        Some(p) if p.eq_ignore_ascii_case("microsoft.graph.") => &text[16..],
        _ => text,
    }
}

/// The id in quotes, when the parentheses hold a key and no projection.
fn key(argument: &str) -> Option<String> {
    let quoted = argument.strip_prefix('\'')?.strip_suffix('\'')?;
    (!quoted.is_empty()).then(|| quoted.to_lowercase())
}

/// `https://host/version/path` as `path`, with ids turned into keys.
fn address(text: &str) -> Option<&str> {
    let path = text.strip_prefix("https://")?;
    let path = path.split(['?', '#']).next()?;
    let mut parts = path.splitn(3, '/');
    let _host = parts.next()?;
    let version = parts.next()?;
    (version == "beta" || version == "v1.0").then(|| parts.next())?
}

/// Steps between slashes that are not inside parentheses or quotes.
fn parts(fragment: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0usize, false, 0);
    let mut out = Vec::new();
    for (at, c) in fragment.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            '/' if !quoted && depth == 0 => {
                out.push(&fragment[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&fragment[start..]);
    out
}

/// Folds `groups/ID/members` of an address into steps with keys: an id follows its collection.
fn keyed_by_address(steps: &mut Vec<Step>) {
    let mut folded: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps.drain(..) {
        match folded.last_mut() {
            Some(last) if last.key.is_none() && is_guid(&step.name) => last.key = Some(step.name),
            _ => folded.push(step),
        }
    }
    *steps = folded;
}

/// Whether text is a GUID that names something: not all zeros.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
        && bytes.iter().any(|b| !matches!(b, b'0' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let Some(context) = Context::parse(text) else {
            return "-".into();
        };
        let steps: Vec<String> = context
            .steps
            .iter()
            .map(|s| match &s.key {
                Some(key) => format!("{}={key}", s.name),
                None => s.name.clone(),
            })
            .collect();
        let function = context.function_of.map(|f| format!("of {f}"));
        steps
            .into_iter()
            .chain(function)
            .chain(context.cast.map(|cast| format!("as {cast}")))
            .chain(context.entity.then(|| "one".to_string()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn contexts_of_graph() {
        let v1 = "https://graph.microsoft.com/v1.0/$metadata#";
        for (text, expected) in [
            (format!("{v1}users"), "users"),
            (format!("{v1}users(id,signInActivity)"), "users"),
            (format!("{v1}groups('1426F405')/members"), "groups=1426f405 members"),
            (format!("{v1}conditionalAccess/policies/$entity"), "conditionalaccess policies one"),
            (
                format!("{v1}identityGovernance/entitlementManagement/assignments(accessPackage(),target())"),
                "identitygovernance entitlementmanagement assignments",
            ),
            (format!("{v1}Collection(microsoft.graph.accessReviewInstance)"), "of accessreviewinstance"),
            (format!("{v1}Collection(accessPackageAssignment)"), "of accesspackageassignment"),
            (
                "https://graph.microsoft.com/beta/identityGovernance/accessReviews/definitions".into(),
                "identitygovernance accessreviews definitions",
            ),
            (
                "https://graph.microsoft.com/v1.0/groups/1426f405-f5fd-4f0b-963a-d17ad34513d8/members?$skiptoken=x".into(),
                "groups=1426f405-f5fd-4f0b-963a-d17ad34513d8 members",
            ),
            (format!("{v1}groups('g')/members/microsoft.graph.user"), "groups=g members as user"),
            (
                format!("{v1}groups('g')/members/microsoft.graph.user(id,displayName)"),
                "groups=g members as user",
            ),
            (
                format!("{v1}servicePrincipals('s')/microsoft.graph.agentIdentity/sponsors"),
                "serviceprincipals=s sponsors",
            ),
            (
                "https://graph.microsoft.com/v1.0/directory/deletedItems/microsoft.graph.user?$top=1".into(),
                "directory deleteditems as user",
            ),
            ("https://graph.microsoft.com/v1.0/users/delta?$skiptoken=x".into(), "users"),
            ("https://graph.microsoft.com".into(), "-"),
            (String::new(), "-"),
        ] {
            assert_eq!(shown(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_lies_below_an_object_is_a_part() {
        let elm = "identityGovernance/entitlementManagement";
        for (path, part) in [
            ("users".into(), None),
            (format!("{elm}/assignmentPolicies"), None),
            (format!("{elm}/accessPackages('p')/assignmentPolicies"), Some("accesspackages/p")),
            (
                format!("{elm}/assignments('a')/accessPackage/assignmentPolicies"),
                Some("assignments/a/accesspackage"),
            ),
            ("roleManagement/directory/roleAssignments".into(), None),
            (
                "roleManagement/directory/roleDefinitions('r')/inheritsPermissionsFrom".into(),
                Some("roledefinitions/r"),
            ),
            ("identityGovernance/privilegedAccess/group/assignmentScheduleInstances".into(), None),
            ("identityGovernance/accessReviews/unified/definitions".into(), None),
            ("directory/deletedItems/microsoft.graph.user".into(), None),
            ("directory/administrativeUnits('u')/members".into(), Some("administrativeunits/u")),
            ("me/memberOf".into(), Some("me")),
            ("users('u')".into(), Some("users/u")),
        ] {
            let context = Context::parse(&format!("https://graph.microsoft.com/v1.0/$metadata#{path}")).expect("a context");
            assert_eq!(context.part().as_deref(), part, "{path}");
        }
    }
}
