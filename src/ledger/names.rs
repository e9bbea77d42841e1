//! How objects were called, when: from exports and from the records of the log.

use crate::lake::records::{AuditEvent, AuditTarget};
use crate::lake::table::Object;
use crate::ledger::evidence::Evidence;
use crate::ledger::facts::{change, is_kind};
use crate::ledger::sightings::{Contents, Sightings};
use crate::model::id::lowered;
use crate::model::{Instant, Interned};
use ahash::AHashMap;

/// What kind of object a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A member or guest account.
    User,
    /// A group.
    Group,
    /// An application's service principal.
    ServicePrincipal,
    /// An access package.
    Package,
    /// A directory role.
    Role,
}

impl ObjectKind {
    const ALL: [Self; 5] = [Self::User, Self::Group, Self::ServicePrincipal, Self::Package, Self::Role];

    /// The kind of a word, if it is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// The word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::ServicePrincipal => "service principal",
            Self::Package => "access package",
            Self::Role => "directory role",
        }
    }
}

/// How an object was called at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Naming {
    /// When it was seen to be called so.
    pub at: Instant,
    /// Display name; empty when the witness does not tell.
    pub name: Interned,
    /// Principal name; empty when the witness does not tell.
    pub upn: Interned,
    /// `userType` as recorded; empty when the witness does not tell.
    pub user_type: Interned,
}

/// Everything that is known of how one object was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: ObjectKind,
    /// By time; what did not change is not told twice.
    pub namings: Vec<Naming>,
    /// Whether an export has it, and not only the log.
    pub exported: bool,
    /// When it was made, where a record says.
    pub created_at: Option<Instant>,
    /// When it was deleted, where a record or the log says.
    pub deleted_at: Option<Instant>,
}

/// Names of all objects over time, by object id in lower case.
#[derive(Debug, Clone, Default)]
pub struct Names {
    objects: AHashMap<Interned, Named>,
    /// Names of app roles that the log tells, the newest, by `service principal/app role`.
    app_roles: AHashMap<Interned, (Instant, Interned)>,
}

impl Names {
    /// The object of an id.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&Named> {
        self.objects.get(&Interned::from(id))
    }

    /// The name of an app role that only the log tells, by its key.
    #[must_use]
    pub fn app_role(&self, key: Interned) -> Option<Interned> {
        self.app_roles.get(&key).map(|(_, name)| *name)
    }

    /// Names of app roles that only the log tells, by their key.
    pub(super) fn app_roles(&self) -> impl Iterator<Item = (Interned, (Instant, Interned))> {
        self.app_roles.iter().map(|(key, told)| (*key, *told))
    }

    /// Names that were kept: none yet but those of app roles.
    pub(super) fn with_app_roles(app_roles: impl IntoIterator<Item = (Interned, (Instant, Interned))>) -> Self {
        Self {
            objects: AHashMap::new(),
            app_roles: app_roles.into_iter().collect(),
        }
    }

    /// Takes back a name that was kept; those of one object come in the order of time.
    pub(super) fn restore(&mut self, id: Interned, bare: Named, naming: Option<Naming>) {
        self.objects.entry(id).or_insert(bare).namings.extend(naming);
    }

    /// What is told of one id is of another.
    pub(super) fn merge(&mut self, from: Interned, into: Interned) {
        if let Some(named) = self.objects.remove(&from) {
            for naming in named.namings {
                self.note(&into, named.kind, naming);
            }
        }
    }

    /// All objects, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Interned, &Named)> {
        self.objects.iter().map(|(id, named)| (*id, named))
    }

    /// Notes a name that a witness tells.
    pub(super) fn note(&mut self, id: &str, kind: ObjectKind, naming: Naming) {
        if id.is_empty() {
            return;
        }
        let id = lowered(id);
        let named = self.objects.entry(id).or_insert_with(|| Named {
            kind,
            namings: Vec::new(),
            exported: false,
            created_at: None,
            deleted_at: None,
        });
        let mut naming = naming;
        naming.upn = principal_name(&id, &naming.upn);
        if naming.name.is_empty() && naming.upn.is_empty() && naming.user_type.is_empty() {
            return;
        }
        let same = |n: &Naming| (n.name, n.upn, n.user_type) == (naming.name, naming.upn, naming.user_type);
        match named.namings.as_mut_slice() {
            // Of a name that goes on, the first and the last telling are enough, whatever comes between from elsewhere.
            [.., first, last] if same(first) && same(last) && first.at <= last.at && last.at <= naming.at => last.at = naming.at,
            [.., last] if *last == naming => {}
            _ => named.namings.push(naming),
        }
    }

    /// Takes over what other records tell.
    pub(super) fn extend(&mut self, other: Self) {
        for (id, told) in other.objects {
            for naming in &told.namings {
                self.note(&id, told.kind, *naming);
            }
            self.objects.entry(id).or_insert(told);
        }
        for (key, told) in other.app_roles {
            let newest = self.app_roles.entry(key).or_insert(told);
            *newest = told.max(*newest);
        }
    }

    fn deleted(&mut self, id: Interned, at: Option<Instant>) {
        if let Some(named) = self.objects.get_mut(&id) {
            named.deleted_at = at;
        }
    }

    /// Names that a record of the log tells: of its targets, of its actor, and of what its properties name.
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(at) = event.at else { return };
        for target in &event.targets {
            self.of_target(target, at);
        }
        let kind = match event.actor_kind.as_deref() {
            Some("user") => Some(ObjectKind::User),
            Some("app") => Some(ObjectKind::ServicePrincipal),
            _ => None,
        };
        if let (Some(kind), Some(id)) = (kind, event.actor_id.as_deref().filter(|id| !id.is_empty())) {
            self.note(id, kind, naming(at, event.actor_name.as_deref(), event.actor_upn.as_deref()));
        }
    }

    fn of_target(&mut self, target: &AuditTarget, at: Instant) {
        let kinds = [
            ("user", ObjectKind::User),
            ("group", ObjectKind::Group),
            ("serviceprincipal", ObjectKind::ServicePrincipal),
            ("accesspackage", ObjectKind::Package),
            ("role", ObjectKind::Role),
        ];
        let kind = kinds.iter().find(|(word, _)| is_kind(target, word)).map(|(_, kind)| *kind);
        if let (Some(kind), Some(id)) = (kind, target.id.as_deref()) {
            let before = at.plus(-1);
            let upn = change(target, "UserPrincipalName");
            let name = change(target, "DisplayName");
            let old = |c: &Option<(Option<String>, Option<String>)>| c.as_ref().and_then(|(old, _)| old.clone());
            if old(&upn).is_some() || old(&name).is_some() {
                self.note(id, kind, naming(before, old(&name).as_deref(), old(&upn).as_deref()));
            }
            let new = |c: Option<(Option<String>, Option<String>)>, told: Option<&String>| c.and_then(|(_, new)| new).or_else(|| told.cloned());
            let (name, upn) = (new(name, target.name.as_ref()), new(upn, target.upn.as_ref()));
            // The roles of a group with PIM are called Member and Owner, which names no directory role.
            let of_group = kind == ObjectKind::Role && matches!(name.as_deref(), Some("Member" | "Owner"));
            if !of_group {
                let mut told = naming(at, name.as_deref(), upn.as_deref());
                if let Some((old, new)) = change(target, "UserType") {
                    if let Some(old) = old {
                        let former = Naming {
                            user_type: Interned::from(&old),
                            ..naming(before, None, None)
                        };
                        self.note(id, kind, former);
                    }
                    told.user_type = new.map(|t| Interned::from(&t)).unwrap_or_default();
                }
                self.note(id, kind, told);
            }
        }
        self.of_app_role(target, at);
        let pairs = [
            ("Group.ObjectID", "Group.DisplayName", ObjectKind::Group),
            ("Role.TemplateId", "Role.DisplayName", ObjectKind::Role),
            ("User.ObjectID", "User.DisplayName", ObjectKind::User),
            ("ServicePrincipal.ObjectID", "ServicePrincipal.DisplayName", ObjectKind::ServicePrincipal),
        ];
        for (id, name, kind) in pairs {
            let value = |n: &str| change(target, n).and_then(|(old, new)| new.or(old));
            if let Some(id) = value(id) {
                self.note(&id, kind, naming(at, value(name).as_deref(), None));
            }
        }
    }

    fn of_app_role(&mut self, target: &AuditTarget, at: Instant) {
        let value = |n: &str| change(target, n).and_then(|(old, new)| new.or(old));
        if let (Some(resource), Some(role)) = (target.id.as_deref(), value("AppRole.Id"))
            && let Some(name) = value("AppRole.DisplayName").or_else(|| value("AppRole.Value"))
        {
            let key = crate::model::EntitlementKey::app_role(resource, &role);
            let told = (at, Interned::from(&name));
            let newest = self.app_roles.entry(key.id).or_insert(told);
            *newest = told.max(*newest);
        }
    }

    /// Adds what exports tell, sorts everything by time, and lets go of what repeats.
    pub(super) fn finish(&mut self, evidence: &Evidence, sightings: &Sightings) {
        let text = |t: Option<Interned>| t.unwrap_or_default();
        self.exports(&evidence.users, sightings, ObjectKind::User, |r| {
            (text(r.name), text(r.upn.or(r.mail)), text(r.user_type), r.created_at, r.deleted_at)
        });
        self.exports(&evidence.groups, sightings, ObjectKind::Group, |r| {
            (text(r.name), Interned::default(), Interned::default(), r.created_at, r.deleted_at)
        });
        let plain = |name: Option<Interned>, made: Option<Instant>| (text(name), Interned::default(), Interned::default(), made, None);
        self.exports(&evidence.service_principals, sightings, ObjectKind::ServicePrincipal, |r| plain(r.name, None));
        self.exports(&evidence.packages, sightings, ObjectKind::Package, |r| plain(r.name, r.created_at));
        self.exports(&evidence.role_definitions, sightings, ObjectKind::Role, |r| plain(r.name, None));
        self.mentions(evidence, sightings);
        for named in self.objects.values_mut() {
            named.namings.sort();
            fill(&mut named.namings);
            named.namings.dedup_by(|b, a| (a.name, a.upn, a.user_type) == (b.name, b.upn, b.user_type));
            named.namings.shrink_to_fit();
        }
    }

    /// Names that listings give to the members, holders and resources that they list.
    fn mentions(&mut self, evidence: &Evidence, sightings: &Sightings) {
        let kind = |word: Option<Interned>| match word.unwrap_or_default().to_ascii_lowercase().as_str() {
            "group" => Some(ObjectKind::Group),
            "serviceprincipal" => Some(ObjectKind::ServicePrincipal),
            "user" => Some(ObjectKind::User),
            _ => None,
        };
        for r in &evidence.memberships {
            self.mention(r, r.member_id, kind(r.member_kind), r.member_name, r.member_upn, sightings);
        }
        for r in &evidence.app_role_assignments {
            self.mention(r, r.principal_id, kind(r.principal_kind), r.principal_name, None, sightings);
            self.mention(r, r.resource_id, Some(ObjectKind::ServicePrincipal), r.resource_name, None, sightings);
        }
        for r in &evidence.directory_roles {
            self.mention(r, r.principal_id, kind(r.principal_kind), r.principal_name, None, sightings);
        }
        self.mentions_of_packages(evidence, sightings);
        for r in &evidence.review_decisions {
            let of = r.principal_kind.map(|k| Interned::from(k.trim_end_matches("Identity")));
            let upn = |member| member_upn(&r.content, member);
            self.mention(r, r.principal_id, kind(of), r.principal_name, upn("principal"), sightings);
            self.mention(r, r.reviewer_id, Some(ObjectKind::User), r.reviewer_name, upn("reviewedBy"), sightings);
        }
    }

    /// Names of holders, of those who asked and decided, and of what is in packages.
    fn mentions_of_packages(&mut self, evidence: &Evidence, sightings: &Sightings) {
        for r in &evidence.assignments {
            let kind = match r.target_type.as_deref() {
                None | Some("user") => Some(ObjectKind::User),
                Some("serviceprincipal") => Some(ObjectKind::ServicePrincipal),
                Some(_) => None,
            };
            self.mention(r, r.target_id, kind, r.target_name, r.target_upn, sightings);
        }
        for r in &evidence.requests {
            self.mention(r, r.requestor_id, Some(ObjectKind::User), r.requestor_name, r.requestor_upn, sightings);
        }
        for r in &evidence.approvals {
            for stage in &r.stages {
                self.mention(r, stage.reviewer_id, Some(ObjectKind::User), stage.reviewer_name, stage.reviewer_upn, sightings);
            }
        }
        for r in &evidence.resource_roles {
            let kind = match r.origin_system.as_deref() {
                Some("AadGroup") => Some(ObjectKind::Group),
                Some("AadApplication") => Some(ObjectKind::ServicePrincipal),
                _ => None,
            };
            self.mention(r, r.resource_id, kind, r.resource_name, None, sightings);
        }
    }

    /// A name that a listing gives to an object, unless an export of its own kind has it: that one tells more.
    fn mention<R: Object>(
        &mut self,
        row: &R,
        id: Option<Interned>,
        kind: Option<ObjectKind>,
        name: Option<Interned>,
        upn: Option<Interned>,
        sightings: &Sightings,
    ) {
        let (Some(id), Some(kind)) = (id, kind) else { return };
        if self.of(&lowered(&id)).is_some_and(|n| n.exported) {
            return;
        }
        let seen = sightings.of(R::TABLE).seen.get(row.id()).map_or(&[][..], Vec::as_slice);
        for look in seen.iter().filter(|s| s.content_hash == *row.content_hash()) {
            let told = Naming {
                at: look.since,
                name: name.unwrap_or_default(),
                upn: upn.unwrap_or_default(),
                user_type: Interned::default(),
            };
            self.note(&id, kind, told);
        }
    }

    /// When objects were deleted, by the log, unless an export tells.
    pub(super) fn deletions(&mut self, events: impl Iterator<Item = (Interned, Instant, bool)>) {
        for (id, at, is_gone) in events {
            self.deleted(id, is_gone.then_some(at));
        }
    }

    fn exports<R: Object>(
        &mut self,
        rows: &[R],
        sightings: &Sightings,
        kind: ObjectKind,
        read: impl Fn(&R) -> (Interned, Interned, Interned, Option<Instant>, Option<Instant>),
    ) {
        let seen: &AHashMap<_, _> = &sightings.of(R::TABLE).seen;
        for (id, positions) in &Contents::of(rows).0 {
            for look in seen.get(id).map_or(&[][..], Vec::as_slice) {
                let Some(row) = positions.iter().map(|i| &rows[*i]).find(|r| *r.content_hash() == look.content_hash) else {
                    continue;
                };
                let (name, upn, user_type, created_at, deleted_at) = read(row);
                self.note(
                    id,
                    kind,
                    Naming {
                        at: look.since,
                        name,
                        upn,
                        user_type,
                    },
                );
                if let Some(named) = self.objects.get_mut(&lowered(id)) {
                    (named.kind, named.exported) = (kind, true);
                    named.created_at = named.created_at.or(created_at);
                    named.deleted_at = deleted_at.or(named.deleted_at);
                }
            }
        }
    }
}

impl Named {
    /// How it was called at an instant: by the last witness until then, else by the first one after.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Option<&Naming> {
        let until = self.namings.partition_point(|n| n.at <= instant);
        self.namings.get(until.saturating_sub(1))
    }

    /// What a person would call it at an instant: the principal name, else the display name; empty when no witness tells.
    #[must_use]
    pub fn shown_at(&self, instant: Instant) -> Interned {
        self.at(instant).map(|n| if n.upn.is_empty() { n.name } else { n.upn }).unwrap_or_default()
    }
}

/// A witness that tells one name leaves the others as they were.
fn fill(namings: &mut [Naming]) {
    let carry = |a: Naming, b: &mut Naming| {
        let keep = |b: &mut Interned, a: Interned| {
            if b.is_empty() {
                *b = a;
            }
        };
        keep(&mut b.name, a.name);
        keep(&mut b.upn, a.upn);
        keep(&mut b.user_type, a.user_type);
    };
    for i in 1..namings.len() {
        let before = namings[i - 1];
        carry(before, &mut namings[i]);
    }
    for i in (1..namings.len()).rev() {
        let after = namings[i];
        carry(after, &mut namings[i - 1]);
    }
}

fn naming(at: Instant, name: Option<&str>, upn: Option<&str>) -> Naming {
    let text = |t: Option<&str>| t.map(str::trim).map(Interned::from).unwrap_or_default();
    Naming {
        at,
        name: text(name),
        upn: text(upn),
        user_type: Interned::default(),
    }
}

/// The principal name that a member of a record tells.
fn member_upn(content: &str, member: &str) -> Option<Interned> {
    if !content.contains("\"userPrincipalName\"") {
        return None;
    }
    let whole: serde_json::Value = serde_json::from_str(content).ok()?;
    whole
        .get(member)?
        .get("userPrincipalName")?
        .as_str()
        .filter(|upn| !upn.is_empty())
        .map(Interned::from)
}

/// A principal name as it was before the account was deleted: Entra puts the object id without dashes in front of it.
pub(super) fn principal_name(id: &str, upn: &Interned) -> Interned {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    let has_prefix = digits.len() == 32 && upn.get(..32).is_some_and(|p| p.eq_ignore_ascii_case(&digits));
    if has_prefix { Interned::from(&upn[32..]) } else { *upn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_deleted_account_is_no_part_of_its_name() {
        let id = "269bd31e-495f-5069-a838-69cee873d1f6";
        let deleted = Interned::from("269BD31E495F5069A83869CEE873D1F6alice@ward.example");
        assert_eq!(principal_name(id, &deleted).as_str(), "alice@ward.example");
        assert_eq!(principal_name(id, &"alice@ward.example".into()).as_str(), "alice@ward.example");
    }

    #[test]
    fn a_name_counts_from_when_it_is_told() {
        let t = Instant;
        let mut names = Names::default();
        names.note("A", ObjectKind::User, naming(t(10), Some("Alice"), Some("alice@x")));
        names.note("a", ObjectKind::User, naming(t(20), None, Some("alice.new@x")));
        let empty = Sightings::new(Vec::new(), &[]);
        names.finish(&Evidence::default(), &empty);
        let alice = names.of("a").expect("known");
        assert_eq!(alice.shown_at(t(5)).as_str(), "alice@x");
        assert_eq!(alice.shown_at(t(19)).as_str(), "alice@x");
        assert_eq!(alice.shown_at(t(20)).as_str(), "alice.new@x");
        assert_eq!(alice.at(t(20)).map(|n| n.name.as_str()), Some("Alice"));
    }
}
