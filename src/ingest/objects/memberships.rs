//! Members and owners, told by the group, by the member, or by a list that an object carries.

use super::directory::{group, service_principal, user};
use super::exposure::app_role_row;
use super::{Place, Refused, Taker, UnknownWords, carried_list, nameless, own_id, reader};
use crate::ingest::kind::Relation;
use crate::lake::objects::MembershipRow;
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// Expanded lists that are no part of the object itself: their rows are in `memberships` and `app_role_assignments`.
const LISTS: [&str; 10] = [
    "members",
    "owners",
    "memberOf",
    "transitiveMembers",
    "transitiveMemberOf",
    "transitiveMemberships",
    "ownedObjects",
    "appRoleAssignments",
    "appRoleAssignedTo",
    "oauth2PermissionGrants",
];

/// What is noted of who holds a directory role by a list of members: the list tells no scope, and no id of an assignment.
const HOLDS: &str = "a directory role in a list of members";
/// What to export in its place.
const INSTEAD: &str = "export roleManagement/directory/roleAssignments";

/// Notes that a list tells of a holder of a directory role, which no table takes: nobody is to believe that there is none.
pub(in crate::ingest) fn holds_role(words: &mut UnknownWords, holder: Interned) -> Refused {
    words.add(Table::DirectoryRoles, HOLDS.into(), holder);
    Refused::Unmapped(format!("a holder of a directory role; {INSTEAD}"))
}

/// Whether a type, or the set of a context, is that of directory roles.
pub(in crate::ingest) fn is_role(name: &str) -> bool {
    name.trim_end_matches('s').eq_ignore_ascii_case("directoryrole")
}

/// Feeds the expanded lists of an object and takes them off it.
pub(super) fn lists<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, id: &str, kind: &str) {
    for (name, relation) in [("members", "member"), ("owners", "owner"), ("sponsors", "sponsor")] {
        if relation == "member" && kind != "group" {
            continue;
        }
        to.holders.nameless(Table::Memberships, nameless(map, name));
        for item in carried_list(map, &[name])
            .into_iter()
            .filter(|item| item.get("id").is_some_and(Value::is_string))
        {
            if let Some((row, row_id)) = membership(&item, relation, kind, id) {
                to.nested(row, row_id, &item, &[]);
            }
        }
    }
    for item in carried_list(map, &["memberOf"]) {
        let of = reader(&item);
        let group = of.kind().is_none_or(|k| k.eq_ignore_ascii_case("group"));
        if let Some(container) = of.id("id").filter(|_| group) {
            let (row, row_id, content) = member_of(map, id, kind, &container);
            to.nested(row, row_id, &content, &[]);
        }
    }
    for item in carried_list(map, &["memberOf", "transitiveMemberOf"]) {
        if is_role(&reader(&item).kind().unwrap_or_default()) {
            to.words.add(Table::DirectoryRoles, HOLDS.into(), id.into());
        }
    }
    for item in carried_list(map, &["appRoleAssignments", "appRoleAssignedTo"]) {
        if let Some(row_id) = item.get("id").and_then(Value::as_str) {
            let row_id = Interned::from(&row_id.to_lowercase());
            let row = app_role_row(reader(&item));
            to.nested(row, row_id, &item, &[]);
        }
    }
    for name in LISTS {
        map.remove(name);
    }
}

/// A member or owner; the id is relation, container and member.
fn membership(item: &Object, relation: &str, container_kind: &str, container: &str) -> Option<(MembershipRow, Interned)> {
    let of = reader(item);
    let member = of.id("id")?;
    let row = MembershipRow {
        relation: Some(relation.into()),
        container_kind: Some(container_kind.into()),
        container_id: Some(container.into()),
        member_id: Some(member),
        member_kind: of.kind().map(|k| Interned::from(&plain_kind(&k))).or_else(|| {
            let known = [
                ("userPrincipalName", "user"),
                ("groupTypes", "group"),
                ("servicePrincipalType", "serviceprincipal"),
            ];
            let found = known.iter().find(|(name, _)| item.contains_key(*name));
            found.map(|(_, kind)| Interned::from(kind))
        }),
        member_name: of.text("displayName"),
        member_upn: of.any(&["userPrincipalName", "mail"]),
        ..MembershipRow::default()
    };
    Some((row, format!("{relation}/{container}/{member}").into()))
}

/// The kind of an object by its type, in lower case; agents that sign in as users are users, other agents service principals.
pub(super) fn plain_kind(type_name: &str) -> String {
    let lower = type_name.to_lowercase();
    match lower.as_str() {
        "agentuser" => "user".into(),
        "agentidentity" | "agentidentityblueprintprincipal" => "serviceprincipal".into(),
        _ => lower,
    }
}

/// A membership told from the member's side.
fn member_of(member: &Object, id: &str, kind: &str, container: &str) -> (MembershipRow, Interned, Object) {
    let of = reader(member);
    let row = MembershipRow {
        relation: Some("member".into()),
        container_kind: Some("group".into()),
        container_id: Some(container.into()),
        member_id: Some(id.into()),
        member_kind: Some(kind.into()),
        member_name: of.text("displayName"),
        member_upn: of.any(&["userPrincipalName", "mail"]),
        ..MembershipRow::default()
    };
    let mut content = Object::new();
    for name in ["id", "displayName", "userPrincipalName"] {
        if let Some(value) = member.get(name) {
            content.insert(name.into(), value.clone());
        }
    }
    content.insert("id".into(), id.into());
    (row, format!("member/{container}/{id}").into(), content)
}

pub(super) fn related<M: Copy>(to: &mut Taker<'_, M>, relation: Relation, map: &mut Object) -> Result<Place, Refused> {
    let of = reader(map);
    let kind = of.kind().map(|k| plain_kind(&k)).unwrap_or_default();
    if relation == Relation::Deleted && of.raw("deletedDateTime").is_none() {
        // It would pass for one of the living.
        return Err(Refused::Rejected("a deleted object without deletedDateTime; export it with that member".into()));
    }
    if of.raw("deletedDateTime").is_some() {
        return match kind.as_str() {
            "user" => user(to, map),
            "group" => group(to, map),
            "serviceprincipal" => service_principal(to, map),
            _ if of.raw("userPrincipalName").is_some() => user(to, map),
            _ if of.raw("groupTypes").is_some() => group(to, map),
            _ => Err(Refused::Unmapped("a deleted object of no known kind".into())),
        };
    }
    let what = match kind.as_str() {
        "" => "an object".to_string(),
        kind => format!("a {kind}"),
    };
    let (Relation::Member | Relation::Owner | Relation::Sponsor | Relation::MemberOf, Some(parent)) = (relation, to.around.parent) else {
        return Err(Refused::Unmapped(match relation {
            Relation::Member => format!("parent group unknown: {what} that is a member of it"),
            Relation::Owner => format!("parent unknown: {what} that owns it"),
            Relation::Sponsor => format!("parent unknown: {what} that sponsors it"),
            Relation::MemberOf => format!("member unknown: {what} that somebody is in"),
            _ => format!("parent group unknown: {what} of a mixed listing"),
        }));
    };
    let id = own_id(map)?;
    match relation {
        Relation::MemberOf if is_role(&kind) => Err(holds_role(to.words, parent)),
        Relation::Member if to.around.parent_kind.as_deref().is_some_and(is_role) => Err(holds_role(to.words, id)),
        Relation::MemberOf if kind == "group" || kind.is_empty() && map.contains_key("groupTypes") => {
            let member_kind = to.around.parent_kind;
            let member_kind = member_kind.as_deref().unwrap_or("user").trim_end_matches('s');
            let (row, row_id, content) = member_of(&Object::new(), &parent, member_kind, &id);
            to.top(row, row_id, &content, &[]);
            Ok(Place::part(Table::Memberships, format!("memberof/{parent}")))
        }
        Relation::MemberOf => Err(Refused::Unmapped(format!("{what} that somebody is in; export role assignments for roles"))),
        _ => {
            let name = match relation {
                Relation::Owner => "owner",
                Relation::Sponsor => "sponsor",
                _ => "member",
            };
            let container = to.around.parent_kind;
            let container = container.as_deref().unwrap_or("groups").trim_end_matches('s');
            if let Some((row, row_id)) = membership(map, name, container, &parent) {
                to.top(row, row_id, map, &[]);
            } else {
                return Err(Refused::Rejected("the id names nobody".into()));
            }
            let scope = match relation {
                Relation::Owner => format!("owner/{parent}"),
                Relation::Sponsor => format!("sponsor/{parent}"),
                _ => parent.to_string(),
            };
            Ok(Place::part(Table::Memberships, scope))
        }
    }
}
