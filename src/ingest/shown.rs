//! What a page shows: by its context, by the address of its next page, and by names where neither tells the parent.
//!
//! Graph names the set of all users, groups or objects as the context of members, owners and deleted objects of one type too; the
//! address of the next page leads to what was asked for.

use crate::ingest::context::{Context, Step};
use crate::ingest::kind::{self, Kind, Relation};
use crate::ingest::naming::Named;

/// The context of what a page shows.
pub(super) fn shown(context: Option<&Context>, link: Option<&Context>, named: &Named) -> Option<Context> {
    match (context, link) {
        (Some(context), Some(link)) => Some(joined(context, link)),
        (None, Some(link)) => Some(link.clone()),
        (Some(context), None) => Some(by_name(context, named).unwrap_or_else(|| context.clone())),
        (None, None) => None,
    }
}

/// Whether the address of the next page leads to another collection than the context names: then the last page, which has no such
/// address, looks like one of the whole set.
pub(super) fn is_renamed(context: Option<&Context>, link: Option<&Context>) -> bool {
    let Some((context, link)) = context.zip(link) else { return false };
    // Rows tell themselves that they are deleted, and a function keeps its context to the end.
    let plain = context.part().is_none() && context.cast.is_none() && context.function_of.is_none() && link.last() != "deleteditems";
    let elsewhere = context.set_of().is_some() && link.last() != context.last();
    plain && (elsewhere || link.part().is_some() || link.cast.is_some())
}

fn joined(context: &Context, link: &Context) -> Context {
    if link.last() == context.last() && context.part().is_none() {
        return Context {
            cast: link.cast.clone().or_else(|| context.cast.clone()),
            ..link.clone()
        };
    }
    let mut out = context.clone();
    out.cast = out.cast.or_else(|| link.cast.clone().filter(|_| link.last() == context.last()));
    if context.part().is_some() || context.function_of.is_some() {
        return out;
    }
    if let Some(set) = context.set_of()
        && leads(link)
    {
        return Context {
            cast: link.cast.clone().or_else(|| typed(set)),
            ..link.clone()
        };
    }
    out.below = link.part();
    out
}

/// Whether an address tells how its objects relate to a parent.
fn leads(link: &Context) -> bool {
    let related = matches!(kind::by_context(link), Some(Kind::Related(relation)) if relation != Relation::Unknown);
    related || link.last().starts_with("transitive")
}

/// What names say of a set whose context is that of all its objects.
fn by_name(context: &Context, named: &Named) -> Option<Context> {
    let set = context.set_of()?;
    let step = |name: &str, key: Option<&String>| Step {
        name: name.into(),
        key: key.cloned(),
    };
    // A listing of all users whose folder speaks of members in passing may well be one of all users.
    if named.relation.is_some() && !named.sure && set != "directoryobject" && named.relation != Some(Relation::Deleted) {
        return None;
    }
    if let (Some(id), Some(parent), None) = (&named.id, named.parent, named.relation) {
        let below = Some(format!("{parent}/{id}")).filter(|_| set != "directoryobject");
        return below.map(|below| Context {
            below: Some(below),
            ..context.clone()
        });
    }
    let of = |list: &str| Some(vec![step(named.parent?, Some(named.id.as_ref()?)), step(list, None)]);
    let steps = match named.relation? {
        Relation::Member => of("members")?,
        Relation::Owner => of("owners")?,
        Relation::Sponsor => of("sponsors")?,
        Relation::MemberOf => of("memberof")?,
        Relation::Deleted => vec![step("directory", None), step("deleteditems", None)],
        Relation::Unknown => of("transitivemembers")?,
    };
    Some(Context {
        by_name: named.relation != Some(Relation::Deleted),
        cast: typed(set),
        steps,
        ..Context::default()
    })
}

/// The type to which a set narrows what it shows; the set of all objects narrows nothing.
fn typed(set: &str) -> Option<String> {
    (set != "directoryobject").then(|| set.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(context: &str, link: &str, named: &Named) -> String {
        let context = Context::parse(&format!("https://graph.microsoft.com/v1.0/$metadata#{context}"));
        let link = Context::of_address(&format!("https://graph.microsoft.com/v1.0/{link}")).filter(|_| !link.is_empty());
        let shown = shown(context.as_ref(), link.as_ref(), named).expect("a context");
        let part = shown.part().map(|part| format!(" of {part}")).unwrap_or_default();
        let cast = shown.cast.as_ref().map(|cast| format!(" as {cast}")).unwrap_or_default();
        format!("{}{part}{cast}", shown.last())
    }

    #[test]
    fn the_next_page_tells_whose_objects_a_page_lists() {
        let group = "20000000-0000-4000-8000-000000000001";
        let nothing = Named::default();
        let elm = "identityGovernance/entitlementManagement";
        for (context, link, expected) in [
            ("users".into(), "users?$skiptoken=x".into(), "users".to_string()),
            ("users".into(), String::new(), "users".into()),
            (
                "users".into(),
                format!("groups/{group}/members/microsoft.graph.user?$count=true"),
                format!("members of groups/{group} as user"),
            ),
            (
                "directoryObjects".into(),
                format!("groups/{group}/members?$top=9"),
                format!("members of groups/{group}"),
            ),
            (
                "groups".into(),
                format!("groups/{group}/members?$top=9"),
                format!("members of groups/{group} as group"),
            ),
            (
                "groups".into(),
                format!("users/{group}/transitiveMemberOf/microsoft.graph.group"),
                format!("transitivememberof of users/{group} as group"),
            ),
            ("users".into(), format!("users/{group}/directReports"), format!("users of users/{group}")),
            (
                "users".into(),
                "directory/deletedItems/microsoft.graph.user?x".into(),
                "deleteditems as user".into(),
            ),
            (
                "servicePrincipals".into(),
                "servicePrincipals/microsoft.graph.agentIdentity?x".into(),
                "serviceprincipals as agentidentity".into(),
            ),
            (
                format!("{elm}/assignmentPolicies"),
                format!("{elm}/accessPackages/{group}/assignmentPolicies?$skip=2"),
                format!("assignmentpolicies of accesspackages/{group}"),
            ),
            (
                format!("{elm}/accessPackages('p')/assignmentPolicies"),
                format!("{elm}/accessPackages('p')/assignmentPolicies?$skip=2"),
                "assignmentpolicies of accesspackages/p".into(),
            ),
        ] {
            assert_eq!(of(&context, &link, &nothing), expected, "{context} {link}");
        }
    }

    #[test]
    fn names_tell_the_parent_of_a_set_only() {
        let named = |relation| Named {
            id: Some("g".into()),
            parent: Some(if relation == Relation::MemberOf { "users" } else { "groups" }),
            relation: Some(relation),
            sure: true,
        };
        for (context, relation, expected) in [
            ("users", Relation::Member, "members of groups/g as user"),
            ("directoryObjects", Relation::Owner, "owners of groups/g"),
            ("groups", Relation::MemberOf, "memberof of users/g as group"),
            ("groups", Relation::Deleted, "deleteditems as group"),
            ("groups", Relation::Unknown, "transitivemembers of groups/g as group"),
            ("groups('h')/members", Relation::Member, "members of groups/h"),
            ("auditLogs/directoryAudits", Relation::Member, "directoryaudits"),
        ] {
            assert_eq!(of(context, "", &named(relation)), expected, "{context}");
        }
        assert_eq!(
            of("users", "users?$skiptoken=x", &named(Relation::Member)),
            "users",
            "the address goes before the name"
        );
        let beside = Named {
            relation: None,
            sure: false,
            ..named(Relation::Member)
        };
        assert_eq!(of("users", "", &beside), "users of groups/g");
        let perhaps = Named {
            sure: false,
            ..named(Relation::Member)
        };
        assert_eq!(of("users", "", &perhaps), "users");
        assert_eq!(of("directoryObjects", "", &perhaps), "members of groups/g");
    }
}
