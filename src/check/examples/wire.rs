//! Audit events as the wire has them.

use crate::lake::records::{AuditEvent, AuditTarget, Detail, ModifiedProperty};
use crate::model::Instant;
use crate::model::activity_key;

/// A GUID made of a name: the same name, the same id.
pub(crate) fn guid(kind: &str, name: &str) -> String {
    let hash = xxhash_rust::xxh3::xxh3_128(format!("{kind}:{name}").as_bytes());
    let hex = format!("{hash:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn upn(name: &str) -> String {
    format!("{name}@corp.example")
}

/// Who acts.
pub(super) enum Actor<'a> {
    User(&'a str),
    /// The entitlement-management service.
    Service,
    /// Privileged identity management.
    Pim,
    /// An application of the house, with its id or, as some records have it, without.
    App(&'a str, bool),
}

impl<'a> Actor<'a> {
    /// Who a cell names: `app connector` is an application, anything else a person.
    pub(super) fn of(cell: &'a str, with_id: bool) -> Self {
        cell.strip_prefix("app ").map_or(Self::User(cell), |name| Self::App(name, with_id))
    }
}

pub(super) fn event(at: Instant, service: &str, activity: &str, actor: &Actor, targets: Vec<AuditTarget>) -> AuditEvent {
    let mut event = AuditEvent {
        at: Some(at),
        at_text: at.to_string(),
        activity: activity.into(),
        activity_key: activity_key(activity),
        service: Some(service.into()),
        result: Some("success".into()),
        targets,
        ..AuditEvent::default()
    };
    match actor {
        Actor::User(name) => {
            event.actor_kind = Some("user".into());
            event.actor_id = Some(guid("user", name));
            event.actor_upn = Some(upn(name));
            event.actor_name = Some((*name).into());
        }
        Actor::Service => {
            event.actor_kind = Some("app".into());
            event.actor_id = Some(guid("app", "entitlement management"));
            event.actor_app_id = Some("810dcf14-1858-4bf2-8134-4c369fa3235b".into());
            event.actor_name = Some("Azure AD Identity Governance - Entitlement Management".into());
        }
        Actor::Pim => {
            event.actor_kind = Some("app".into());
            event.actor_id = Some(guid("app", "MS-PIM"));
            event.actor_app_id = Some("01fc33a7-78ba-4d2f-a4b7-768e336e890e".into());
            event.actor_name = Some("MS-PIM".into());
        }
        Actor::App(name, with_id) => {
            event.actor_kind = Some("app".into());
            event.actor_id = Some(guid("app", name));
            event.actor_app_id = with_id.then(|| guid("app id", name));
            event.actor_name = Some((*name).into());
        }
    }
    let content = format!("{event:?}");
    event.id = guid("event", &content);
    event.content_hash = guid("content", &content);
    event
}

pub(super) fn target(kind: &str, id: &str, name: &str) -> AuditTarget {
    AuditTarget {
        id: Some(id.into()),
        name: Some(name.into()),
        kind: Some(kind.into()),
        ..AuditTarget::default()
    }
}

/// Whether a name of a story is an agent's or a workload identity's.
pub(super) fn is_software(name: &str) -> bool {
    name.starts_with("agent ") || name.starts_with("workload ")
}

pub(super) fn user(name: &str) -> AuditTarget {
    if is_software(name) {
        return target("ServicePrincipal", &guid("user", name), name);
    }
    AuditTarget {
        upn: Some(upn(name)),
        ..target("User", &guid("user", name), name)
    }
}

pub(super) fn changed(mut target: AuditTarget, name: &str, value: &str, removed: bool) -> AuditTarget {
    let value = Some(format!("\"{value}\""));
    let (old, new) = if removed { (value, None) } else { (None, value) };
    target.modified.push(ModifiedProperty {
        name: Some(name.into()),
        old,
        new,
    });
    target
}

pub(super) fn justified(mut event: AuditEvent, text: Option<&str>) -> AuditEvent {
    if let Some(text) = text {
        event.details.push(Detail {
            key: Some("Justification".into()),
            value: Some(text.into()),
        });
    }
    event
}
