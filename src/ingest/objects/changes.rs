//! What the page of a delta query tells of objects that are gone: `@removed` is no sighting but its contrary.
//!
//! `{"id", "@removed": {"reason"}}` says of `changed` that the object was deleted and can be restored, of `deleted` that it is gone
//! for good; an entry of `members@delta` with it has left the group (learn.microsoft.com/graph/delta-query-overview).

use super::memberships::membership;
use super::{Place, Refused, Taker, own_id, reader};
use crate::lake::table::Table;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// Lists of a delta page, and the relation of their entries to the object.
const LISTS: [(&str, &str); 3] = [("members@delta", "member"), ("owners@delta", "owner"), ("sponsors@delta", "sponsor")];

/// Whether an object is told to be gone.
fn is_removed(map: &Object) -> bool {
    map.get("@removed").is_some_and(|told| !told.is_null())
}

/// What becomes of an object that is told to be gone; `None` for one that is there.
pub(super) fn removed<M: Copy>(to: &mut Taker<'_, M>, table: Table, map: &Object) -> Result<Option<Refused>, Refused> {
    if !is_removed(map) {
        return Ok(None);
    }
    let id = own_id(map)?;
    let reason = reader(map).at("@removed").text("reason").unwrap_or_default();
    if !matches!(table, Table::Users | Table::Groups | Table::ServicePrincipals) {
        to.words.add(table, "@removed in a delta page".into(), id);
        return Ok(Some(Refused::Unmapped(
            "an object that a delta page tells to be removed; export the whole collection".into(),
        )));
    }
    to.gone.push(Place::part(table, format!("object/{id}")));
    match reason.as_str() {
        "changed" => {}
        "deleted" => to.gone.push(Place::part(table, format!("deleted/object/{id}"))),
        other => to
            .words
            .add(table, format!("@removed.reason '{}'", other.chars().take(60).collect::<String>()), id),
    }
    let why = "an object that a delta page tells to be removed: it is gone from then on";
    Ok(Some(Refused::Rowless(Place::whole(table), why.into())))
}

/// Feeds the lists of changes that an object carries, and takes them off it.
pub(super) fn lists<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, id: &str, kind: &str) {
    for (name, relation) in LISTS {
        let Some(list) = map.remove(name) else { continue };
        let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut lost = u64::from(!list.is_array() && !list.is_null());
        for entry in entries {
            let told = entry.as_object().and_then(|entry| Some((entry, membership(entry, relation, kind, id)?)));
            match told {
                Some((entry, (_, row_id))) if is_removed(entry) => to.gone.push(Place::part(Table::Memberships, format!("object/{row_id}"))),
                Some((entry, (row, row_id))) => to.nested(row, row_id, entry, &[]),
                None => lost += 1,
            }
        }
        to.holders.nameless(Table::Memberships, lost);
    }
    let others: Vec<String> = map.keys().filter(|name| name.ends_with("@delta")).cloned().collect();
    for name in others {
        to.words
            .add(Table::Memberships, format!("the list {}", name.chars().take(60).collect::<String>()), id.into());
        map.remove(&name);
    }
}
