//! What an access review is over and who reviews, as `kind:id`, whether a query says it or members of their own do.
//!
//! Queries as in the reference of `accessReviewQueryScope` and `accessReviewReviewerScope`; members as in v1.0 since August 2026.

use super::reader::Reader;
use crate::model::Interned;
use regex::Regex;
use std::sync::LazyLock;

/// Everything that a review is over.
pub(super) fn reviewed(of: Reader<'_>) -> Vec<Interned> {
    let scope = of.at("scope");
    let resources = scope.list(&["resourceScopes"]);
    let mut found: Vec<Interned> = std::iter::once(scope).chain(resources).filter_map(of_scope).collect();
    if found.is_empty() {
        found.extend(of_scope(of.at("instanceEnumerationScope")));
    }
    found.sort();
    found.dedup();
    found
}

fn of_scope(scope: Reader<'_>) -> Option<Interned> {
    if let Some(query) = scope.text("query") {
        return Some(of_query(&query));
    }
    if let Some(package) = scope.id("accessPackageId") {
        return Some(named("accessPackage", &package));
    }
    match (scope.word(&["scopeType"]), scope.id("resourceId").or_else(|| scope.id("catalogId"))) {
        (Some(kind), id) => Some(named(&kind, id.as_deref().unwrap_or_default())),
        (None, Some(id)) => Some(named("unknown", &id)),
        (None, None) => None,
    }
}

/// A reviewer; `None` where nothing tells who.
pub(super) fn reviewer(of: Reader<'_>) -> Option<Interned> {
    if let Some(query) = of.text("query") {
        let lower = query.trim_start_matches("/v1.0").trim_start_matches("/beta").to_lowercase();
        let id = guid(&lower);
        return Some(match lower.as_str() {
            "./manager" | "/manager" => named("manager", ""),
            "./owners" => named("groupOwners", ""),
            text if text.starts_with("/users/") => named("user", id),
            text if text.starts_with("/groups/") && text.contains("/owners") => named("groupOwners", id),
            text if text.starts_with("/groups/") => named("groupMembers", id),
            _ => named("query", &query),
        });
    }
    let id = of.id("reviewerId").or_else(|| of.id("id"));
    match (of.word(&["scopeType"]), id) {
        (Some(kind), id) => {
            let kind = if kind == "group" { "groupMembers" } else { kind.as_str() };
            Some(named(kind, id.as_deref().unwrap_or_default()))
        }
        (None, Some(id)) => Some(named("unknown", &id)),
        (None, None) => None,
    }
}

/// A query in the words of the members that took its place; one that says something else stays as it is.
fn of_query(query: &str) -> Interned {
    let lower = query.to_lowercase();
    let equals = |name: &str| {
        let at = lower.find(&format!("{name} eq "))?;
        Some(guid(&lower[at..])).filter(|id| !id.is_empty())
    };
    if let Some(policy) = equals("assignmentpolicyid").or_else(|| equals("assignmentpolicy/id")) {
        return named("accessPackageAssignmentPolicy", policy);
    }
    if let Some(package) = equals("accesspackageid").or_else(|| equals("accesspackage/id")) {
        return named("accessPackage", package);
    }
    if let Some(role) = equals("roledefinitionid") {
        return named("directoryRole", role);
    }
    let known = [
        ("/assignmentpolicies/", "accessPackageAssignmentPolicy"),
        ("/accesspackages/", "accessPackage"),
        ("/catalogs/", "catalog"),
        ("/roledefinitions/", "directoryRole"),
        ("/serviceprincipals/", "servicePrincipal"),
        ("/groups/", "group"),
        ("/users/", "user"),
    ];
    let found = known.iter().find_map(|(path, kind)| {
        let rest = &lower[lower.find(path)? + path.len()..];
        let id = guid(rest.get(..36)?);
        (!id.is_empty()).then(|| named(kind, id))
    });
    found.unwrap_or_else(|| named("query", query))
}

/// The first id in a text; empty where there is none.
fn guid(text: &str) -> &str {
    static GUID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").ok());
    GUID.as_ref().and_then(|g| g.find(text)).map_or("", |m| m.as_str())
}

fn named(kind: &str, id: &str) -> Interned {
    Interned::from(&format!("{kind}:{id}"))
}
