//! What the options of a request ask for: `$filter`, `$select`, `$expand`, `$top`, and what Graph refuses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::shapes::Shape;
use super::tenant::{Record, STREAMS};
use super::{json, when};

/// What a user has without `$select`.
const USER_DEFAULT: &[&str] = &[
    "id",
    "displayName",
    "givenName",
    "surname",
    "userPrincipalName",
    "mail",
    "jobTitle",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "businessPhones",
];

/// A refusal: status, code, message.
pub type Refusal = (u16, &'static str, String);

/// The checked options of a request.
#[derive(Debug, Default)]
pub struct Query {
    pub terms: Vec<Term>,
    pub select: Option<Vec<String>>,
    pub expand: Vec<(String, Vec<String>)>,
    pub top: usize,
    pub ascending: bool,
    pub count: bool,
}

/// One term of a filter; all must hold.
#[derive(Debug)]
pub struct Term {
    field: Vec<String>,
    operator: String,
    literal: String,
    /// The literal as an instant, read once: a log has many records.
    instant: Option<i64>,
}

fn bad(message: impl Into<String>) -> Refusal {
    (400, "BadRequest", message.into())
}

/// Splits an address into its path and its options, decoded.
pub fn split(target: &str) -> (String, BTreeMap<String, String>) {
    let (path, options) = target.split_once('?').unwrap_or((target, ""));
    let options = options.split('&').filter(|o| !o.is_empty()).map(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        (decode(name), decode(value))
    });
    (decode(path), options.collect())
}

/// Decodes `%20` and `+`.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|c| std::str::from_utf8(c).ok());
        match code.and_then(|c| u8::from_str_radix(c, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Query {
    /// Checks options as Graph would for this address and version.
    pub fn new(options: &BTreeMap<String, String>, shape: &Shape, path: &str, beta: bool) -> Result<Self, Refusal> {
        let known = ["$filter", "$select", "$expand", "$top", "$orderby", "$count", "$skiptoken"];
        if let Some(other) = options.keys().find(|k| !known.contains(&k.as_str())) {
            return Err(bad(format!("The query option '{other}' is not supported here.")));
        }
        let option = |name: &str| options.get(name).map(String::as_str);
        let select: Option<Vec<String>> = option("$select").map(|s| s.split(',').map(|f| f.trim().to_owned()).collect());
        let expand = option("$expand").map(expansions).unwrap_or_default();
        if let Some((other, _)) = expand.iter().find(|(name, _)| !shape.expands.contains(&name.as_str())) {
            return Err(bad(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{other}'."
            )));
        }
        let users = shape.pattern == "users";
        let signs = select.as_ref().is_some_and(|s| s.iter().any(|f| f == "signInActivity"));
        let (usual, most) = shape.page;
        let top = match option("$top").map(str::parse::<usize>) {
            None => usual,
            Some(Ok(top)) if (1..=most).contains(&top) => top,
            Some(_) => return Err(bad(format!("Invalid page size specified. Must be between 1 and {most} inclusive."))),
        };
        let mut query = Self {
            terms: Vec::new(),
            select,
            expand,
            top: if users && signs { top.min(500) } else { top },
            ascending: false,
            count: shape.counts || option("$count") == Some("true"),
        };
        if let Some(filter) = option("$filter") {
            query.terms = terms(filter)?;
        }
        query.check(option("$orderby"), path, beta)?;
        Ok(query)
    }

    fn check(&mut self, orderby: Option<&str>, path: &str, beta: bool) -> Result<(), Refusal> {
        let audits = path.eq_ignore_ascii_case("auditLogs/directoryAudits");
        let sign_ins = path.eq_ignore_ascii_case("auditLogs/signIns");
        match orderby {
            None => {}
            Some("activityDateTime" | "activityDateTime asc") if audits => self.ascending = true,
            Some("activityDateTime desc") if audits => {}
            Some(_) if sign_ins => return Err(bad("Query option 'OrderBy' is not allowed.")),
            Some(other) => return Err(bad(format!("Ordering by '{other}' is not supported."))),
        }
        for term in &self.terms {
            let field = term.field.join("/");
            if field == "signInEventTypes" && !beta {
                return Err(bad("Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'."));
            }
            let allowed: &[&str] = match field.as_str() {
                "activityDateTime" if audits => &["eq", "ge", "le", "gt", "lt"],
                "createdDateTime" if sign_ins => &["eq", "ge", "le", "gt", "lt"],
                "activityDateTime" if path.eq_ignore_ascii_case("auditLogs/provisioning") => &["eq", "gt", "lt"],
                "createdDateTime" | "activityDateTime" if path.starts_with("auditLogs") => &[],
                "signInEventTypes" if sign_ins => &["eq"],
                _ => &["eq", "ne", "ge", "le", "gt", "lt"],
            };
            if !allowed.contains(&term.operator.as_str()) {
                return Err(bad(format!("Invalid filter clause: '{field} {}' is not supported.", term.operator)));
            }
            let timed = matches!(field.as_str(), "activityDateTime" | "createdDateTime");
            if timed && term.instant.is_none() {
                return Err(bad(format!("Invalid filter clause: '{}' is no instant; write it bare, in UTC.", term.literal)));
            }
        }
        // PIM for groups answers one group or one principal only.
        let grouped = path.to_ascii_lowercase().contains("privilegedaccess/group/");
        let named = self.terms.iter().any(|t| matches!(t.field.join("/").as_str(), "groupId" | "principalId"));
        if grouped && !named {
            return Err((
                400,
                "MissingParameters",
                "The required parameters GroupId or PrincipalId is missing.".to_owned(),
            ));
        }
        Ok(())
    }

    /// The instants, both included, outside of which no record of a log is asked for.
    pub fn bounds(&self) -> (i64, i64) {
        let timed = || self.terms.iter().filter(|t| t.timed());
        let of = |operators: [&'static str; 3]| timed().filter(move |t| operators.contains(&t.operator.as_str())).filter_map(|t| t.instant);
        let from = of(["ge", "gt", "eq"]).max().unwrap_or(i64::MIN);
        (from, of(["le", "lt", "eq"]).min().unwrap_or(i64::MAX))
    }

    /// Whether a record of a log is asked for, by what the index knows; other terms are for `takes`.
    pub fn may_take(&self, record: Record, sign_ins: bool) -> bool {
        let typed = self.terms.iter().filter(|t| t.field == ["signInEventTypes"]);
        let mut streams: Vec<&str> = typed.map(|t| t.literal.as_str()).collect();
        if streams.is_empty() {
            streams.push(STREAMS[0]);
        }
        let stream = !sign_ins || streams.contains(&STREAMS[usize::from(record.stream)]);
        stream && self.terms.iter().filter(|t| t.timed()).all(|t| t.holds(&record.time, t.instant.as_ref()))
    }

    /// Whether there is a term that only the record itself can answer.
    pub fn reads(&self, log: bool) -> bool {
        self.terms.iter().any(|t| !log || !(t.timed() || t.field == ["signInEventTypes"]))
    }

    /// Whether a record is taken by the terms that the index cannot answer.
    pub fn takes(&self, text: &[u8], log: bool) -> bool {
        let Ok(value) = serde_json::from_slice::<Value>(text) else { return false };
        self.terms.iter().filter(|t| !log || !(t.timed() || t.field == ["signInEventTypes"])).all(|t| {
            let found = t.field.iter().try_fold(&value, |v, part| v.get(part));
            let found = found.and_then(Value::as_str).map(str::to_lowercase);
            t.holds(&found.unwrap_or_default(), Some(&t.literal.to_lowercase()))
        })
    }

    /// An item as it is sent: without what was not selected, without what was not expanded.
    pub fn shown(&self, text: &[u8], shape: &Shape) -> Vec<u8> {
        let users = shape.pattern == "users";
        let reviews = shape.pattern == "identityGovernance/accessReviews/definitions";
        if self.select.is_none() && shape.expands.is_empty() && !users && !reviews {
            return text.to_vec();
        }
        let Ok(Value::Object(mut item)) = serde_json::from_slice::<Value>(text) else {
            return text.to_vec();
        };
        self.expanded(&mut item, shape);
        if reviews {
            // What Graph gives inside a definition is always empty; the instances have an address of their own.
            item.insert("instances".to_owned(), Value::Array(Vec::new()));
        }
        let selected: Option<Vec<&str>> = match &self.select {
            Some(select) => Some(select.iter().map(String::as_str).collect()),
            None if users => Some(USER_DEFAULT.to_vec()),
            None => None,
        };
        if let Some(selected) = selected {
            item.retain(|k, _| k == "id" || k.starts_with('@') || selected.contains(&k.as_str()) || self.expand.iter().any(|(e, _)| e == k));
        }
        serde_json::to_vec(&item).expect("a value is JSON")
    }

    fn expanded(&self, item: &mut Map<String, Value>, shape: &Shape) {
        for name in shape.expands {
            let Some((_, below)) = self.expand.iter().find(|(e, _)| e == name) else {
                item.remove(*name);
                continue;
            };
            if *name == "resourceRoleScopes" {
                let scopes = item.get_mut(*name).and_then(Value::as_array_mut).into_iter().flatten();
                for scope in scopes.filter_map(Value::as_object_mut) {
                    scope.retain(|k, _| !matches!(k.as_str(), "role" | "scope") || below.contains(k));
                }
            }
        }
    }
}

impl Term {
    fn timed(&self) -> bool {
        matches!(self.field.join("/").as_str(), "activityDateTime" | "createdDateTime")
    }

    fn holds<T: PartialOrd>(&self, found: &T, asked: Option<&T>) -> bool {
        let Some(asked) = asked else { return false };
        match self.operator.as_str() {
            "eq" => found == asked,
            "ne" => found != asked,
            "ge" => found >= asked,
            "le" => found <= asked,
            "gt" => found > asked,
            _ => found < asked,
        }
    }
}

/// Terms joined by `and`; the streams of sign-ins as `signInEventTypes/any(t: t eq 'x')`, also joined by `or`.
fn terms(filter: &str) -> Result<Vec<Term>, Refusal> {
    let mut found = Vec::new();
    for part in filter.split(" and ") {
        let part = part.trim();
        let part = part.strip_prefix('(').and_then(|p| p.strip_suffix(')')).unwrap_or(part);
        if part.contains("signInEventTypes/any") {
            let named = part.split('\'').skip(1).step_by(2);
            found.extend(named.map(|literal| term("signInEventTypes", "eq", literal)));
            continue;
        }
        let words: Vec<&str> = part.splitn(3, ' ').collect();
        let [field, operator, literal] = words[..] else {
            return Err(bad(format!("Invalid filter clause: {part}")));
        };
        found.push(term(field, &operator.to_lowercase(), literal.trim_matches('\'')));
    }
    Ok(found)
}

fn term(field: &str, operator: &str, literal: &str) -> Term {
    Term {
        field: field.split('/').map(str::to_owned).collect(),
        operator: operator.to_owned(),
        literal: literal.to_owned(),
        instant: when::parse(literal),
    }
}

/// `a,b($expand=c,d)` is a, and b with c and d below it.
fn expansions(text: &str) -> Vec<(String, Vec<String>)> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let one = |part: String| {
        let (name, below) = part.split_once('(').unwrap_or((&part, ""));
        let below = below.trim_end_matches(')').split("$expand=").nth(1).unwrap_or_default();
        let below = below.split([',', ';']).map(|b| b.trim().to_owned()).filter(|b| !b.is_empty());
        (name.trim().to_owned(), below.collect())
    };
    parts.into_iter().map(one).collect()
}

/// The id of an item.
pub fn id(text: &[u8]) -> Option<&str> {
    json::plain(text, "id")
}
