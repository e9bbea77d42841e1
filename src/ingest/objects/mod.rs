//! Objects of the directory and of its governance become rows; what they carry nested feeds its own table.

mod assignments;
mod changes;
mod directory;
mod exposure;
mod memberships;
mod packages;
mod policies;
mod reader;
mod reviews;
mod roles;
mod scopes;

use crate::ingest::context::Context;
use crate::ingest::kind::{self, Kind, ObjectKind, Relation};
use crate::ingest::naming::Named;
use crate::ingest::shown::shown;
use crate::ingest::sink::{Put, Seen, Sink, SinkError};
use crate::ingest::split::Page;
use crate::ingest::value::canonical;
use crate::lake::objects::*;
use crate::lake::table::{Object, Stamp, Table};
use crate::model::Interned;
pub(super) use memberships::{holds_role, is_role};
use reader::Reader;
pub(super) use reader::misread;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

// The names under which v1.0 and beta carry the same thing.
const PACKAGE: [&str; 1] = ["accessPackage"];
const POLICY: [&str; 2] = ["assignmentPolicy", "accessPackageAssignmentPolicy"];
const CATALOG: [&str; 2] = ["catalog", "accessPackageCatalog"];
const ASSIGNMENT: [&str; 2] = ["assignment", "accessPackageAssignment"];
const POLICIES: [&str; 2] = ["assignmentPolicies", "accessPackageAssignmentPolicies"];
const ROLE_SCOPES: [&str; 2] = ["resourceRoleScopes", "accessPackageResourceRoleScopes"];

/// Why an object is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is a bad record.
    Rejected(String),
    /// No table takes it.
    Unmapped(String),
    /// It is understood and makes no row: where it was listed, and why.
    Rowless(Place, String),
}

/// What an object's surroundings say of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Around<'a> {
    /// Tenant.
    pub tenant: &'a str,
    /// The parent that a context or a name tells: group, package, service principal, review instance …
    pub parent: Option<Interned>,
    /// What kind of object the parent is, in lower case.
    pub parent_kind: Option<Interned>,
    /// The parent's parent: the review series of an instance.
    pub grandparent: Option<Interned>,
    /// The collection as the context names it, in lower case.
    pub collection: String,
}

/// Where the row of an object belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Its table.
    pub table: Table,
    /// The part of the collection that a look at it shows.
    pub scope: String,
    /// Why a look at it never shows the whole of what the scope names; empty where it may.
    pub only: String,
}

impl Place {
    /// Where the rows of an empty page would have belonged.
    pub fn of_empty(page: &Page, named: &Named) -> Option<Self> {
        let context = shown(page.context.as_ref(), page.link.as_ref(), named)?;
        Some(Self::of_context(&context)?.narrowed(Some(&context)))
    }

    /// The same place where a page shows only what lies below one object, or objects of one type: no look at it is one at the whole.
    pub fn narrowed(mut self, context: Option<&Context>) -> Self {
        let Some(context) = context else { return self };
        let below = match self.table {
            Table::Memberships
            | Table::AppRoleAssignments
            | Table::ReviewDecisions
            | Table::ReviewInstances
            | Table::ResourceRoles
            | Table::Incompatibilities => None,
            Table::Packages if self.scope.starts_with("catalog/") => None,
            _ => context.part(),
        };
        if let Some(below) = below {
            self.only = format!("only what lies below {below}");
            self.scope = if self.scope == "tenant" { below } else { format!("{below}/{}", self.scope) };
        }
        if let Some(cast) = context.cast.as_deref().filter(|cast| !is_all(self.table, cast)) {
            self.only = format!("only objects of the type {cast}");
            self.scope = format!("{}/{cast}", self.scope);
        }
        self
    }

    fn of_context(context: &Context) -> Option<Self> {
        use ObjectKind as O;
        let parent = || context.parent().and_then(|p| p.key.clone());
        let part = |table, scope: Option<String>| scope.map(|scope| Self::part(table, scope));
        Some(match kind::by_context(context)? {
            // An empty recycle bin is one, too: nothing of that kind is left to restore.
            Kind::Related(Relation::Deleted) => {
                let table = match context.cast.as_deref()? {
                    "user" => Table::Users,
                    "group" => Table::Groups,
                    "serviceprincipal" => Table::ServicePrincipals,
                    _ => return None,
                };
                Self::part(table, "deleted")
            }
            Kind::Related(relation) => {
                let parent = parent()?;
                match relation {
                    Relation::Member if context.parent().is_some_and(|step| is_role(&step.name)) => return None,
                    Relation::Member => Self::part(Table::Memberships, parent),
                    Relation::Owner => Self::part(Table::Memberships, format!("owner/{parent}")),
                    Relation::MemberOf => Self::part(Table::Memberships, format!("memberof/{parent}")),
                    Relation::Sponsor => Self::part(Table::Memberships, format!("sponsor/{parent}")),
                    Relation::Deleted | Relation::Unknown => return None,
                }
            }
            Kind::Object(O::AppRoleAssignment) if context.last() == "approleassignedto" => part(Table::AppRoleAssignments, parent())?,
            Kind::Object(O::AppRoleAssignment) => part(Table::AppRoleAssignments, parent().map(|p| format!("principal/{p}")))?,
            Kind::Object(O::ReviewDecision) => part(Table::ReviewDecisions, parent())?,
            Kind::Object(O::ReviewInstance) => part(Table::ReviewInstances, parent())?,
            Kind::Object(O::ResourceRole) => part(Table::ResourceRoles, parent())?,
            Kind::Object(O::IncompatiblePackage) => {
                let reverse = context.last() == "accesspackagesincompatiblewith";
                let side = if reverse { "named-by" } else { "package" };
                part(Table::Incompatibilities, parent().map(|p| format!("{side}/{p}")))?
            }
            Kind::Object(O::IncompatibleGroup) => part(Table::Incompatibilities, parent().map(|p| format!("group/{p}")))?,
            Kind::Object(O::RoleSchedule { group, eligible, instance }) => Self::part(Table::RoleSchedules, roles::part(group, eligible, instance)),
            Kind::Object(O::RoleAssignment(p)) => Self::part(Table::DirectoryRoles, roles::scope_of(p)),
            Kind::Object(O::RoleDefinition(p)) => Self::part(Table::RoleDefinitions, roles::scope_of(p)),
            Kind::Object(O::Assignment) => Self::whole(Table::Assignments),
            Kind::Object(O::Request) => Self::whole(Table::Requests),
            Kind::Object(O::Approval) => Self::whole(Table::Approvals),
            Kind::Object(O::Policy) => Self::whole(Table::Policies),
            Kind::Object(O::Package) => match (parent(), context.parent()) {
                (Some(catalog), Some(step)) if step.name.ends_with("catalogs") => Self::part(Table::Packages, format!("catalog/{catalog}")),
                _ => Self::whole(Table::Packages),
            },
            Kind::Object(O::Catalog) => Self::whole(Table::Catalogs),
            Kind::Object(O::User) => Self::whole(Table::Users),
            Kind::Object(O::Group) => Self::whole(Table::Groups),
            Kind::Object(O::ServicePrincipal) => Self::whole(Table::ServicePrincipals),
            Kind::Object(O::ConditionalAccess) => Self::whole(Table::ConditionalAccess),
            Kind::Object(O::NamedLocation) => Self::whole(Table::NamedLocations),
            Kind::Object(O::ReviewDefinition) => Self::part(Table::ReviewDefinitions, reviews::series(context.parent().map(|p| p.name.as_str()))),
            Kind::Object(O::ConnectedOrganization) => Self::whole(Table::ConnectedOrganizations),
            Kind::Audit | Kind::SignIn | Kind::Other(_) => return None,
        })
    }

    fn whole(table: Table) -> Self {
        Self::part(table, "tenant")
    }

    fn part(table: Table, scope: impl Into<String>) -> Self {
        Self {
            table,
            scope: scope.into(),
            only: String::new(),
        }
    }
}

/// Whether a type is that of every row of a table.
fn is_all(table: Table, cast: &str) -> bool {
    matches!(
        (table, cast),
        (Table::Users, "user") | (Table::Groups, "group") | (Table::ServicePrincipals, "serviceprincipal")
    )
}

macro_rules! tables {
    ($($field:ident: $ty:ident),+ $(,)?) => {
        /// Rows of all object tables.
        #[derive(Debug, Default)]
        pub(super) struct Rows<M> { $($field: Vec<(M, $ty)>),+ }

        impl<M> Rows<M> {
            /// Turns what goes with each row into a sighting, and hands all to the sink.
            pub fn put<S: Sink>(
                self,
                sink: &mut S,
                seen: impl Fn(&M, &Table) -> Seen<()>,
            ) -> Result<Put, SinkError> {
                let mut put = Put::default();
                $(
                    if !self.$field.is_empty() {
                        let rows = self.$field.into_iter().map(|(mark, row)| {
                            let seen = seen(&mark, &<$ty as crate::lake::table::Row>::TABLE);
                            Seen {
                                row,
                                observed_at: seen.observed_at,
                                snapshot_id: seen.snapshot_id,
                                presence_only: seen.presence_only,
                                source: seen.source,
                                source_row: seen.source_row,
                            }
                        });
                        put += sink.objects(rows.collect::<Vec<_>>())?;
                    }
                )+
                Ok(put)
            }
        }

        $(impl<M> Takes<M, $ty> for Rows<M> {
            fn take(&mut self, mark: M, row: $ty) {
                self.$field.push((mark, row));
            }
        })+
    };
}

/// Takes rows of one type.
pub(super) trait Takes<M, R> {
    /// Takes a row with its mark.
    fn take(&mut self, mark: M, row: R);
}

tables! {
    assignments: AssignmentRow, requests: RequestRow, approvals: ApprovalRow, policies: PolicyRow,
    packages: PackageRow, catalogs: CatalogRow, resource_roles: ResourceRoleRow, users: UserRow,
    groups: GroupRow, memberships: MembershipRow, app_role_assignments: AppRoleAssignmentRow,
    directory_roles: DirectoryRoleRow, role_definitions: RoleDefinitionRow,
    role_schedules: RoleScheduleRow, service_principals: ServicePrincipalRow,
    conditional_access: ConditionalAccessRow, named_locations: NamedLocationRow,
    review_definitions: ReviewDefinitionRow, review_instances: ReviewInstanceRow,
    review_decisions: ReviewDecisionRow, connected_organizations: ConnectedOrganizationRow,
    incompatibilities: IncompatibilityRow,
}

/// One object on its way into rows.
pub(super) struct Taker<'r, M> {
    /// Surroundings.
    pub around: &'r Around<'r>,
    /// What goes with each row.
    pub mark: M,
    /// Rows of objects that other objects carry.
    pub nested: &'r mut Rows<M>,
    /// Rows of objects that were listed themselves.
    pub top: &'r mut Rows<M>,
    /// Records that do not name what they are about, and those that do.
    pub holders: &'r mut Holders,
    /// Words of enumerations that are not known.
    pub words: &'r mut UnknownWords,
    /// Objects that are told to be gone, each as a view of itself alone.
    pub gone: &'r mut Vec<Place>,
}

/// Words of enumerations that are not known, by table, and the objects that have each.
#[derive(Debug, Default)]
pub(super) struct UnknownWords(BTreeMap<(Table, String), BTreeSet<Interned>>);

impl UnknownWords {
    /// Words that are told apart; a hostile file may invent one a record.
    const MOST: usize = 200;

    /// Adds what an object has.
    pub fn add(&mut self, table: Table, word: String, id: Interned) {
        let mut key = (table, word);
        if self.0.len() >= Self::MOST && !self.0.contains_key(&key) {
            key.1 = "other words".into();
        }
        self.0.entry(key).or_default().insert(id);
    }

    /// Adds those of another batch.
    pub fn join(&mut self, other: Self) {
        for (key, ids) in other.0 {
            self.0.entry(key).or_default().extend(ids);
        }
    }

    /// Each word with its table, and how many objects have it.
    pub fn iter(&self) -> impl Iterator<Item = (Table, &str, usize)> {
        self.0.iter().map(|((table, word), ids)| (*table, word.as_str(), ids.len()))
    }
}

/// What a record names in an object that Graph gives only where it is expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expanded {
    /// Who holds an assignment.
    Holder,
    /// Who made a request.
    Requestor,
    /// What a request asks for.
    Requested,
    /// For whom a request was made.
    Recipient,
    /// What a package gives, and where.
    Content,
}

impl Expanded {
    /// Whose gap it is where it is missing.
    pub fn table(self) -> Table {
        match self {
            Self::Holder => Table::Assignments,
            Self::Requestor | Self::Requested | Self::Recipient => Table::Requests,
            Self::Content => Table::ResourceRoles,
        }
    }

    /// That so many records lack it, in words for people; `many` where the verb is in the plural whatever their number.
    pub fn lacking(self, count: usize, many: bool) -> String {
        let one = count == 1 && !many;
        let verb = if one { "names" } else { "name" };
        let noun = |noun: &str| if one { noun.to_string() } else { format!("{noun}s") };
        let (noun, what, expand) = match self {
            Self::Holder => (noun("assignment"), "no holder", "target"),
            Self::Requestor => (noun("request"), "no requestor", "requestor"),
            Self::Requested => (noun("request"), "no package", "accessPackage"),
            Self::Recipient => (noun("request"), "nobody for whom", "assignment($expand=target)"),
            Self::Content => (noun("resource role"), "no role or no resource", "resourceRoleScopes($expand=role,scope)"),
        };
        format!("{count} {noun} {verb} {what}: export with $expand={expand}")
    }
}

/// Records by whether they name what they are about.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// Ids of those that do not.
    pub missing: BTreeMap<Expanded, BTreeSet<Interned>>,
    /// Ids of those that do.
    pub named: BTreeMap<Expanded, Vec<Interned>>,
    /// Items of expanded lists that have no id, by the table that they would have been rows of.
    pub nameless: BTreeMap<Table, u64>,
    /// Ids of those that name somebody by a mail address alone, who is not in the directory yet.
    pub invited: BTreeSet<Interned>,
}

impl Holders {
    /// Counts items of an expanded list that have no id.
    fn nameless(&mut self, table: Table, count: u64) {
        if count > 0 {
            *self.nameless.entry(table).or_default() += count;
        }
    }

    /// Notes whether an assignment names its holder.
    fn note_holder(&mut self, id: Interned, of: Reader<'_>) {
        let target = of.at("target");
        let is_named = target.id("objectId").is_some();
        if !is_named && target.text("email").is_some() && target.text("principalName").is_none() {
            self.invited.insert(id);
        } else {
            self.note(Expanded::Holder, id, is_named);
        }
    }

    /// Notes whether a record names something.
    fn note(&mut self, what: Expanded, id: Interned, is_named: bool) {
        if is_named {
            self.named.entry(what).or_default().push(id);
        } else {
            self.missing.entry(what).or_default().insert(id);
        }
    }
}

impl<M: Copy> Taker<'_, M> {
    /// Takes an object; where its row belongs.
    pub fn take(&mut self, kind: ObjectKind, map: &mut Map<String, Value>) -> Result<Place, Refused> {
        if let Some(refused) = changes::removed(self, kind.table(), map)? {
            return Err(refused);
        }
        match kind {
            ObjectKind::Assignment => assignments::assignment(self, map),
            ObjectKind::Request => assignments::request(self, map),
            ObjectKind::Approval => assignments::approval(self, map),
            ObjectKind::Policy => policies::policy(self, map),
            ObjectKind::Package => packages::package(self, map),
            ObjectKind::Catalog => packages::catalog(self, map),
            ObjectKind::ResourceRole => packages::resource_role(self, map),
            ObjectKind::ConnectedOrganization => packages::connected_organization(self, map),
            ObjectKind::IncompatiblePackage => packages::incompatible(self, map, "package"),
            ObjectKind::IncompatibleGroup => packages::incompatible(self, map, "group"),
            ObjectKind::User => directory::user(self, map),
            ObjectKind::Group => directory::group(self, map),
            ObjectKind::ServicePrincipal => directory::service_principal(self, map),
            ObjectKind::AppRoleAssignment => exposure::app_role_assignment(self, map),
            ObjectKind::ConditionalAccess => exposure::conditional_access(self, map),
            ObjectKind::NamedLocation => exposure::named_location(self, map),
            ObjectKind::RoleAssignment(provider) => roles::assignment(self, map, provider),
            ObjectKind::RoleDefinition(provider) => roles::definition(self, map, provider),
            ObjectKind::RoleSchedule { group, eligible, instance } => roles::schedule(self, map, group, eligible, instance),
            ObjectKind::ReviewDefinition => reviews::definition(self, map),
            ObjectKind::ReviewInstance => reviews::instance(self, map),
            ObjectKind::ReviewDecision => reviews::decision(self, map),
        }
    }

    /// Takes an object of a mixed listing, by its relation to the parent.
    pub fn take_related(&mut self, relation: Relation, map: &mut Map<String, Value>) -> Result<Place, Refused> {
        memberships::related(self, relation, map)
    }

    /// Stamps a row that was listed and keeps it.
    fn top<R: Object>(&mut self, row: R, id: Interned, map: &Map<String, Value>, reduce: &[&str])
    where
        Rows<M>: Takes<M, R>,
    {
        self.strange_words(R::TABLE, id, map, true);
        let row = stamped(self.around.tenant, row, id, map, reduce);
        self.top.take(self.mark, row);
    }

    /// Stamps a row that another object carried and keeps it.
    fn nested<R: Object>(&mut self, row: R, id: Interned, map: &Map<String, Value>, reduce: &[&str])
    where
        Rows<M>: Takes<M, R>,
    {
        self.strange_words(R::TABLE, id, map, false);
        let row = stamped(self.around.tenant, row, id, map, reduce);
        self.nested.take(self.mark, row);
    }

    fn strange_words(&mut self, table: Table, id: Interned, map: &Map<String, Value>, listed: bool) {
        for word in kind::unknown_words(table, map, listed) {
            self.words.add(table, word, id);
        }
    }
}

fn stamped<R: Object>(tenant: &str, mut row: R, id: Interned, map: &Map<String, Value>, reduce: &[&str]) -> R {
    let (content, content_hash) = canonical(map, reduce);
    row.stamp(Stamp {
        tenant_id: tenant.into(),
        id,
        content_hash: content_hash.into(),
        content,
    });
    row
}

/// The id of an object that has one.
fn own_id(map: &Map<String, Value>) -> Result<Interned, Refused> {
    match map.get("id") {
        Some(Value::String(id)) if !id.trim().is_empty() => Ok(Interned::from(&id.trim().to_lowercase())),
        None | Some(Value::Null | Value::String(_)) => Err(Refused::Rejected("no id".into())),
        Some(_) => Err(Refused::Rejected("the id is no text".into())),
    }
}

/// Takes a nested object out of its carrier's hands: its own copy, for its own table.
fn carried(map: &Map<String, Value>, names: &[&str]) -> Option<Map<String, Value>> {
    let found = names.iter().find_map(|n| map.get(*n)?.as_object())?;
    // A bare reference says nothing that its carrier does not.
    let says = found.keys().filter(|k| !k.contains('@') && *k != "id").count();
    (says > 0 && found.get("id").is_some_and(Value::is_string)).then(|| found.clone())
}

/// Takes a list of nested objects out.
fn carried_list(map: &Map<String, Value>, names: &[&str]) -> Vec<Map<String, Value>> {
    names
        .iter()
        .find_map(|n| map.get(*n)?.as_array())
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_object().cloned())
        .collect()
}

/// How many items of an expanded list are no objects with an id, or whether the list is no list.
fn nameless(map: &Map<String, Value>, name: &str) -> u64 {
    let named = |item: &Value| item.get("id").is_some_and(|id| id.as_str().is_some_and(|id| !id.trim().is_empty()));
    match map.get(name) {
        None | Some(Value::Null) => 0,
        Some(Value::Array(items)) => items.iter().filter(|item| !named(item)).count() as u64,
        Some(_) => 1,
    }
}

fn reader(map: &Map<String, Value>) -> Reader<'_> {
    Reader(Some(map))
}
