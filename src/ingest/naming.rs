//! What the names of files and folders tell of the parent of a listing whose context does not name it.

use crate::ingest::context::is_guid;
use crate::ingest::kind::Relation;
use crate::ingest::paths::Input;

/// The parent that names tell, for pages whose context does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The one GUID beside a word that says what it is the id of.
    pub id: Option<String>,
    /// The set that holds the parent, as `groups`.
    pub parent: Option<&'static str>,
    /// What the name says of the relation.
    pub relation: Option<Relation>,
    /// Whether a name that is nothing else says it: then even a listing of all users is one below the parent.
    pub sure: bool,
}

impl Named {
    /// Whether names tell whose members or owners are listed.
    pub fn tells_parent(&self) -> bool {
        self.id.is_some() && matches!(self.relation, Some(Relation::Member | Relation::Owner | Relation::Sponsor))
    }
}

/// Words of relations, the more telling ones first; those without a relation are known, and none that a table takes.
const RELATIONS: [(&str, Option<Relation>); 16] = [
    ("deleteditem", Some(Relation::Deleted)),
    ("transitive", Some(Relation::Unknown)),
    ("scopedrole", None),
    ("directreport", None),
    ("manager", None),
    ("ownedobject", None),
    ("owneddevice", None),
    ("registereddevice", None),
    ("registereduser", None),
    ("createdobject", None),
    ("acceptedsender", None),
    ("rejectedsender", None),
    ("memberof", Some(Relation::MemberOf)),
    ("owner", Some(Relation::Owner)),
    ("sponsor", Some(Relation::Sponsor)),
    ("member", Some(Relation::Member)),
];

/// Words of objects that may be a parent, and the sets that hold them.
const OBJECTS: [(&str, &str); 11] = [
    ("serviceprincipal", "serviceprincipals"),
    ("enterpriseapp", "serviceprincipals"),
    ("application", "applications"),
    ("administrativeunit", "administrativeunits"),
    ("adminunit", "administrativeunits"),
    ("role", "directoryroles"),
    ("device", "devices"),
    ("contact", "contacts"),
    ("team", "teams"),
    ("group", "groups"),
    ("user", "users"),
];

/// What the names of a file and its folders tell of the parent of a mixed listing.
///
/// A GUID names a parent only beside a word that says so: in its own name, or, where that name is nothing but the GUID, in the name
/// next to it. The GUID of a tenant, a subscription or a run stands in names of folders too.
pub(super) fn named(input: &Input, tenant: &str) -> Named {
    let names: Vec<String> = std::iter::once(&input.name)
        .chain(input.folders.iter().rev().take(input.reach))
        .map(|n| n.to_lowercase())
        .collect();
    if speaks_of_deleted(&names) {
        return Named {
            relation: Some(Relation::Deleted),
            ..Named::default()
        };
    }
    (0..names.len()).find_map(|at| parent_at(&names, at, tenant)).unwrap_or_default()
}

/// Whether names say that a listing is one of deleted objects: that of the file, or of the folder that holds it (those that are
/// dates or numbers left out). A folder further up is called by its story, and a folder with another word in it may be.
fn speaks_of_deleted(names: &[String]) -> bool {
    match relation_of(&names[0]) {
        Some(told) => told == Some(Relation::Deleted),
        None => {
            let letters = |name: &String| name.chars().filter(char::is_ascii_alphabetic).collect::<String>();
            let own = names.iter().skip(1).map(letters).find(|letters| !letters.is_empty());
            own.is_some_and(|letters| letters.starts_with("deleteditem"))
        }
    }
}

/// The parent that the one GUID of a name tells, with what stands between it and the file.
fn parent_at(names: &[String], at: usize, tenant: &str) -> Option<Named> {
    let name = &names[at];
    let mut ids: Vec<&str> = guids(name).filter(|g| *g != tenant).collect();
    ids.dedup();
    let [id] = ids.as_slice() else { return None };
    let (before, after) = name.split_once(id)?;
    let alone = words(before).chain(words(after)).next().is_none();
    if !alone && [before, after].iter().any(|text| text.contains("tenant")) {
        return None;
    }
    // The name of a folder outside tells of this parent only where the GUID stands alone in its own.
    let outer = names.get(at + 1).filter(|_| alone);
    let inner = at.checked_sub(1).and_then(|at| names.get(at)).filter(|_| alone);
    let speaking = [Some(before), Some(after), outer.map(String::as_str), inner.map(String::as_str)];
    let speaking: Vec<&str> = speaking.into_iter().flatten().collect();
    if !speaking.iter().any(|text| object_of(text).is_some() || relation_of(text).is_some()) {
        return None;
    }
    let parent = speaking.into_iter().find_map(object_of);
    // The innermost name that says anything decides; a type of objects alone says nothing of a relation.
    let reach = if alone { at + 2 } else { at + 1 };
    let own = names.iter().take(reach).map(|name| name.replace(id, " "));
    let speaks = |name: &String| relation_of(name).is_some() || words(name).any(|word| object_of(word).is_none());
    let decides = own.enumerate().find(|(_, name)| speaks(name));
    let relation = decides.as_ref().and_then(|(_, name)| relation_of(name).flatten());
    let parent = match (parent, relation) {
        // Folders of a run are called by what it exported, and its id is that of no object.
        (Some(_), None) if !alone && at > 0 => return None,
        (Some(parent), _) => parent,
        (None, Some(Relation::Member)) => "groups",
        (None, Some(Relation::MemberOf)) => "users",
        // An owner may be that of a group, an application or a device.
        (None, _) => return None,
    };
    let pure = |name: &str| words(name).all(|word| relation_of(word).is_some());
    Some(Named {
        id: Some((*id).to_string()),
        parent: Some(parent),
        relation,
        sure: decides.is_some_and(|(up, name)| up == 0 || pure(&name)),
    })
}

/// The words of a name; numbers, single letters and the endings of files are none.
fn words(text: &str) -> impl Iterator<Item = &str> {
    const ENDINGS: [&str; 12] = ["json", "jsonl", "ndjson", "csv", "txt", "gz", "zst", "bz", "zip", "page", "part", "of"];
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| word.len() > 1 && !ENDINGS.contains(word))
}

fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The relation of which a name speaks: `Some(None)` for one that no table takes.
fn relation_of(name: &str) -> Option<Option<Relation>> {
    let bare = bare(name);
    RELATIONS.iter().find(|(word, _)| bare.contains(word)).map(|(_, relation)| *relation)
}

/// The object of which a name speaks last: the word before an id says what it is the id of.
fn object_of(name: &str) -> Option<&'static str> {
    let bare = bare(name);
    let found = OBJECTS.iter().filter_map(|(word, set)| Some((bare.rfind(word)? + word.len(), *set)));
    found.max_by_key(|(at, _)| *at).map(|(_, set)| set)
}

/// The GUIDs in a name.
fn guids(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    (0..name.len().saturating_sub(35)).filter_map(move |at| {
        let guid = name.get(at..at + 36).filter(|g| is_guid(g))?;
        let inside = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_hexdigit);
        let open = at > 0 && inside(at - 1) || inside(at + 36);
        (!open).then_some(guid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const ID: &str = "20000000-0000-4000-8000-000000000001";

    fn of(path: &str) -> String {
        let path = path.replace("ID", ID);
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let input = Input {
            path: Path::new(&path).into(),
            file: Path::new(&path).into(),
            member: None,
            folder: Path::new(folder).into(),
            folders: folder.split('/').filter(|f| !f.is_empty()).map(str::to_string).collect(),
            reach: 9,
            name: name.into(),
            bytes: 0,
            modified: None,
        };
        let named = named(&input, "7d1c0f6a-0000-4000-8000-000000000000");
        match (named.parent, named.relation) {
            (None, None) => "nothing".into(),
            (Some(parent), Some(relation)) => format!("{relation:?} of {parent}{}", if named.sure { "" } else { ", perhaps" }),
            (Some(parent), None) => format!("below {parent}"),
            (None, Some(relation)) => format!("{relation:?}"),
        }
    }

    #[test]
    fn a_guid_is_a_parent_only_beside_words_that_say_so() {
        for (path, expected) in [
            ("groups/ID/members.json", "Member of groups"),
            ("groups/ID/members/page1.json", "Member of groups"),
            ("groups/ID/2026-03-31/members.json", "Member of groups"),
            ("ID/members.json", "Member of groups"),
            ("members/ID.json", "Member of groups"),
            ("members-ID.json", "Member of groups"),
            ("group_ID_members_2.json", "Member of groups"),
            ("groups/ID/members/users.json", "Member of groups"),
            ("groups/members_ID.json", "Member of groups"),
            ("groups/ID/owners.json", "Owner of groups"),
            ("servicePrincipals_ID_owners.json", "Owner of serviceprincipals"),
            ("servicePrincipals/ID/owners.json", "Owner of serviceprincipals"),
            ("applications_ID_owners.json", "Owner of applications"),
            ("devices_ID_registeredOwners.json", "Owner of devices"),
            ("directoryRoles_ID_members.json", "Member of directoryroles"),
            ("administrativeUnits/ID/members.json", "Member of administrativeunits"),
            ("teams_ID_members.json", "Member of teams"),
            ("users/ID/memberOf.json", "MemberOf of users"),
            ("groups/ID/transitiveMembers.json", "Unknown of groups"),
            ("deletedItems/groups.json", "Deleted"),
            ("deletedItems/2026-03-31/groups.json", "Deleted"),
            ("deletedItems-users-2026-03-31/1.json", "Deleted"),
            ("2026-03-31/deletedItems_microsoft.graph.user.json", "Deleted"),
            // What a story is called, and a folder that holds more than these.
            ("N06_deletedItems/exports/looks/2026-03-31/groups.json", "nothing"),
            ("N06_deletedItems/groups.json", "nothing"),
            ("without-deletedItems/users.json", "nothing"),
            ("deletedItems/groups/ID/members.json", "Member of groups"),
            // Other lists of a person, and lists whose parent nothing names.
            ("sp-owners/users_ID_directReports.json", "below users"),
            ("owners/users_ID_manager.json", "below users"),
            ("members-export/ID/directReports.json", "nothing"),
            ("ID/owners.json", "nothing"),
            // Folders that belong to something else.
            ("tenant-ID/2026-03-31/members.json", "nothing"),
            ("tenant-ID/members.json", "nothing"),
            ("ID/2026-03-31/members.json", "nothing"),
            ("contoso-ID/members.json", "nothing"),
            ("run-ID/groups.json", "nothing"),
            ("groups/ID/users.json", "below groups"),
            ("members-of-ID/all.json", "nothing"),
            ("members-of-ID/1.json", "Member of groups"),
            ("members-export-ID/1.json", "Member of groups, perhaps"),
            ("graph-users-ID/users.json", "nothing"),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
