//! Who and what a tenant has: people, groups, roles, packages; each with an id made of its kind and name.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The tenant that all records are of.
pub const TENANT: &str = "1f0c2d5e-77aa-4e1b-9c3d-5a2b6c7d8e90";
/// Accounts that stand in every tenant, so that a story need not introduce them.
const ALWAYS: &[&str] = &["alice", "bob", "carol", "dave", "manager", "admin"];
const KINDS: &[(&str, Kind)] = &[
    ("user", Kind::User),
    ("group", Kind::Group),
    ("role", Kind::Role),
    ("package", Kind::Package),
    ("policy", Kind::Policy),
    ("app", Kind::App),
    ("unit", Kind::Unit),
    ("request", Kind::Request),
    ("assignment", Kind::Assignment),
    ("device", Kind::Device),
    ("catalog", Kind::Catalog),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
    Role,
    Package,
    Policy,
    App,
    Unit,
    Request,
    Assignment,
    Device,
    Catalog,
}

impl Kind {
    pub fn word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(w, _)| *w == word).map(|(_, k)| *k)
    }

    /// What the audit log calls a target of this kind.
    pub fn target_type(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
            Self::Package => "AccessPackage",
            Self::Policy => "AccessPackageAssignmentPolicy",
            Self::App => "ServicePrincipal",
            Self::Unit => "AdministrativeUnit",
            Self::Request => "AccessPackageAssignmentRequest",
            Self::Assignment => "AccessPackageAssignment",
            Self::Device => "Device",
            Self::Catalog => "AccessPackageCatalog",
        }
    }
}

/// An object, with the words of its line: `created 2026-01-01`, `Member of Base`.
#[derive(Debug, Clone)]
pub struct Object {
    pub kind: Kind,
    pub name: String,
    pub id: String,
    pub words: Vec<String>,
}

impl Object {
    pub fn new(kind: Kind, name: &str, words: Vec<String>) -> Self {
        let id = word_of(&words, "id").map_or_else(|| id_of(&format!("{kind:?}"), name), str::to_string);
        Self {
            kind,
            name: name.to_string(),
            id,
            words,
        }
    }

    /// The rest of the first cell that begins with this word.
    pub fn word(&self, word: &str) -> Option<&str> {
        word_of(&self.words, word)
    }

    /// What people see: a user's name is written with a capital.
    pub fn display(&self) -> String {
        let capital = |name: &str| {
            let mut letters = name.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        match (self.word("name"), self.kind) {
            (Some(name), _) => name.to_string(),
            (None, Kind::User) => capital(&self.name),
            (None, _) => self.name.clone(),
        }
    }

    pub fn upn(&self) -> String {
        self.word("upn").map_or_else(|| format!("{}@quay.example", self.name), str::to_string)
    }

    /// An id of something that belongs to this object: its application id, its subject in entitlement management, an app role.
    pub fn part(&self, part: &str) -> String {
        id_of(part, &self.id)
    }

    /// With other words: those that are given replace those of the same first word.
    pub fn with(&self, words: &[String]) -> Self {
        let first = |cell: &String| cell.split(' ').next().unwrap_or_default().to_string();
        let mut object = self.clone();
        object.words.retain(|old| !words.iter().any(|new| first(new) == first(old)));
        object.words.extend(words.iter().cloned());
        object
    }
}

pub fn word_of<'a>(words: &'a [String], word: &str) -> Option<&'a str> {
    words
        .iter()
        .find_map(|cell| cell.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')))
        .map(str::trim)
}

/// A stable id, in the form of a GUID.
pub fn id_of(kind: &str, name: &str) -> String {
    let hash = hex::encode(Sha256::digest(format!("{kind}:{name}")));
    format!("{}-{}-5{}-a{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

/// All objects of a tenant.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    objects: BTreeMap<String, Vec<Object>>,
    order: Vec<(Kind, String)>,
}

impl Cast {
    pub fn new() -> Self {
        let mut cast = Self::default();
        for name in ALWAYS {
            cast.add(Object::new(Kind::User, name, Vec::new()));
        }
        cast
    }

    pub fn add(&mut self, object: Object) {
        let same = self.objects.entry(object.name.clone()).or_default();
        same.retain(|o| o.kind != object.kind);
        if !self.order.contains(&(object.kind, object.name.clone())) {
            self.order.push((object.kind, object.name.clone()));
        }
        same.push(object);
    }

    /// All of a kind, in the order of the file.
    pub fn all(&self, kind: Kind) -> Vec<&Object> {
        self.order
            .iter()
            .filter(|(k, _)| *k == kind)
            .filter_map(|(k, name)| self.objects[name].iter().find(|o| o.kind == *k))
            .collect()
    }

    /// The object that is named, by its bare name or with its kind before it: `Finance`, `group Finance`.
    /// Requests (r1, r2…) and assignments (a1, a2…) need no line of their own.
    pub fn find(&self, name: &str) -> Result<Object, String> {
        let name = name.trim();
        if let Some(found) = self.objects.get(name) {
            return match found.as_slice() {
                [one] => Ok(one.clone()),
                _ => Err(format!("'{name}' is of several kinds: say which, as in 'group {name}'")),
            };
        }
        let numbered = |letter| {
            name.strip_prefix(letter)
                .is_some_and(|rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
        };
        if numbered('r') {
            return Ok(Object::new(Kind::Request, name, Vec::new()));
        }
        if numbered('a') {
            return Ok(Object::new(Kind::Assignment, name, Vec::new()));
        }
        let (kind, bare) = name.split_once(' ').unwrap_or(("", name));
        Kind::word(kind)
            .and_then(|kind| self.objects.get(bare)?.iter().find(|o| o.kind == kind).cloned())
            .ok_or_else(|| format!("nothing is called '{name}'"))
    }

    /// Puts ids in the place of `<Finance>`, `<Ledger.appId>`, `<Ledger/Reader>` and `<tenant>`.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (name, behind) = after.split_once('>').ok_or_else(|| format!("'<' without '>' in {text}"))?;
            filled.push_str(before);
            filled.push_str(&self.id(name)?);
            rest = behind;
        }
        Ok(filled + rest)
    }

    /// Puts names in the place of ids, for people who read a failure.
    pub fn name(&self, text: &str) -> String {
        let numbered = ["r", "a"].iter().flat_map(|letter| (1..10).map(move |n| format!("{letter}{n}")));
        let numbered: Vec<Object> = numbered.filter_map(|name| self.find(&name).ok()).collect();
        let all = self.objects.values().flatten().chain(&numbered);
        all.fold(text.to_string(), |text, object| text.replace(&object.id, &format!("<{}>", object.name)))
    }

    fn id(&self, name: &str) -> Result<String, String> {
        if name == "tenant" {
            return Ok(TENANT.to_string());
        }
        if let Some((app, role)) = name.split_once('/') {
            return Ok(self.find(app)?.part(&format!("role {role}")));
        }
        match name.rsplit_once('.') {
            Some((object, part)) => Ok(self.find(object)?.part(part)),
            None => Ok(self.find(name)?.id),
        }
    }
}

/// An instant as Microsoft writes it, with seven digits: from `2026-02-01`, `2026-02-01 10:00`, `2026-02-01 10:00:30.5`.
/// What stands in quotes is taken as it is.
pub fn instant(text: &str) -> Result<String, String> {
    if let Some(verbatim) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        return Ok(verbatim.to_string());
    }
    let (day, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_string() };
    let digits = |text: &str, places: &[usize]| {
        let parts: Vec<&str> = text.split(['-', ':']).collect();
        parts.len() == places.len() && parts.iter().zip(places).all(|(p, n)| p.len() == *n && p.chars().all(|c| c.is_ascii_digit()))
    };
    if !digits(day, &[4, 2, 2]) || !digits(&clock, &[2, 2, 2]) || fraction.len() > 7 || !fraction.chars().all(|c| c.is_ascii_digit()) {
        return Err(format!("'{text}' is no instant: write 2026-02-01, 2026-02-01 10:00 or 2026-02-01 10:00:30.5"));
    }
    Ok(format!("{day}T{clock}.{fraction:0<7}Z"))
}

/// The same instant as the program prints it: without a fraction, or with three or six digits of it.
pub fn printed(text: &str) -> Result<String, String> {
    let long = instant(text)?;
    let Some((whole, fraction)) = long.trim_end_matches('Z').split_once('.') else {
        return Ok(long);
    };
    let short = match fraction.trim_end_matches('0').len() {
        0 => String::new(),
        1..=3 => format!(".{}", &fraction[..3]),
        _ => format!(".{}", &fraction[..6]),
    };
    Ok(format!("{whole}{short}Z"))
}
