//! Logs: directory audits and the streams of sign-ins.

use crate::graph::RateLimitGroup;
use crate::graph::collections::{Collection, PLAIN, Shape, Version};

const SIGN_INS: Collection = Collection {
    table: "sign_ins",
    version: Version::Beta,
    path: "auditLogs/signIns",
    query: "$top=1000",
    limit_group: RateLimitGroup::Reports,
    permission: "AuditLog.Read.All",
    ..PLAIN
};

pub(super) static LOGS: &[Collection] = &[
    Collection {
        name: "audit",
        table: "audit_events",
        path: "auditLogs/directoryAudits",
        query: "$top=1000",
        limit_group: RateLimitGroup::Reports,
        shape: Shape::Log {
            time: "activityDateTime",
            and: "",
            subject: "audit",
        },
        permission: "AuditLog.Read.All",
        lost: "who granted, approved and removed access, and when",
        ..PLAIN
    },
    Collection {
        name: "sign_ins",
        version: Version::V1,
        shape: Shape::Log {
            time: "createdDateTime",
            and: "",
            subject: "sign_ins:interactiveUser",
        },
        lost: "whether access is used, and how it was signed in",
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_noninteractive",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'nonInteractiveUser')",
            subject: "sign_ins:nonInteractiveUser",
        },
        lost: "whether access is used by clients on behalf of people",
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_service_principal",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'servicePrincipal')",
            subject: "sign_ins:servicePrincipal",
        },
        lost: "whether applications use their access",
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_managed_identity",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'managedIdentity')",
            subject: "sign_ins:managedIdentity",
        },
        lost: "whether managed identities use their access",
        ..SIGN_INS
    },
];
