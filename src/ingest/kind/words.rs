//! Members of enumerations: a word that no version of Graph that we know has is counted by name, and never passed over.

use super::ObjectKind;
use serde_json::{Map, Value};

/// A member, where it stands, and its words in v1.0 and beta, whose case differs.
struct Words {
    path: &'static [&'static str],
    known: &'static [&'static str],
}

const REQUEST_TYPE: &[&str] = &[
    "notSpecified",
    "userAdd",
    "userExtend",
    "userUpdate",
    "userRemove",
    "adminAdd",
    "adminUpdate",
    "adminRemove",
    "systemAdd",
    "systemUpdate",
    "systemRemove",
    "onBehalfAdd",
    "approverRemove",
];
const REQUEST_STATE: &[&str] = &[
    "submitted",
    "pendingApproval",
    "accepted",
    "delivering",
    "delivered",
    "deliveryFailed",
    "denied",
    "scheduled",
    "pendingNotBefore",
    "canceled",
    "cancelled",
    "partiallyDelivered",
];
const ASSIGNMENT_STATE: &[&str] = &["delivering", "partiallyDelivered", "delivered", "expired", "expiring", "deliveryFailed"];
const EXPIRATION: &[&str] = &["notSpecified", "noExpiration", "afterDateTime", "afterDuration"];
const SUBJECT: &[&str] = &["notSpecified", "user", "servicePrincipal"];
const ORIGIN: &[&str] = &["AadGroup", "AadApplication", "SharePointOnline", "DirectoryRole"];
const SCHEDULE: &[Words] = &[
    Words {
        path: &["assignmentType"],
        known: &["assigned", "activated"],
    },
    Words {
        path: &["memberType"],
        known: &["direct", "group", "inherited"],
    },
    Words {
        path: &["accessId"],
        known: &["owner", "member"],
    },
];

fn of(kind: ObjectKind) -> &'static [Words] {
    match kind {
        ObjectKind::Request => &[
            Words {
                path: &["requestType"],
                known: REQUEST_TYPE,
            },
            Words {
                path: &["state", "requestState"],
                known: REQUEST_STATE,
            },
            Words {
                path: &["schedule.expiration.type"],
                known: EXPIRATION,
            },
        ],
        ObjectKind::Assignment => &[
            Words {
                path: &["state", "assignmentState"],
                known: ASSIGNMENT_STATE,
            },
            Words {
                path: &["target.subjectType"],
                known: SUBJECT,
            },
            Words {
                path: &["schedule.expiration.type"],
                known: EXPIRATION,
            },
        ],
        ObjectKind::ResourceRole => &[Words {
            path: &["role.originSystem", "accessPackageResourceRole.originSystem"],
            known: ORIGIN,
        }],
        ObjectKind::RoleSchedule { .. } => SCHEDULE,
        ObjectKind::ConditionalAccess => &[Words {
            path: &["state"],
            known: &["enabled", "disabled", "enabledForReportingButNotEnforced"],
        }],
        ObjectKind::ReviewDecision => &[Words {
            path: &["decision"],
            known: &["approve", "deny", "notReviewed", "dontKnow", "notNotified"],
        }],
        _ => &[],
    }
}

/// Words of an object that are not known, each with its member; also a state that an assignment or request lacks.
pub(in crate::ingest) fn unknown(kind: ObjectKind, map: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for words in of(kind) {
        let word = words.path.iter().find_map(|path| at(map, path));
        match word {
            Some(word) if words.known.iter().any(|known| known.eq_ignore_ascii_case(word.trim())) => {}
            Some(word) => found.push(format!("{} '{}'", words.path[0], word.chars().take(60).collect::<String>())),
            None if words.path[0] == "state" && kind != ObjectKind::ConditionalAccess => found.push("no state".into()),
            None => {}
        }
    }
    found
}

/// The text at a path of members.
fn at<'m>(map: &'m Map<String, Value>, path: &str) -> Option<&'m str> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match rest {
        Some(rest) => at(map.get(first)?.as_object()?, rest),
        None => map.get(first)?.as_str().filter(|text| !text.trim().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_version_are_known_and_others_are_named() {
        for (kind, text, expected) in [
            (ObjectKind::Request, r#"{"requestType":"ApproverRemove","state":"delivered"}"#, &[][..]),
            (ObjectKind::Request, r#"{"requestType":"UserExtend","requestState":"PendingNotBefore"}"#, &[]),
            (
                ObjectKind::Request,
                r#"{"requestType":"unknownFutureValue","state":"frozen"}"#,
                &["requestType 'unknownFutureValue'", "state 'frozen'"],
            ),
            (
                ObjectKind::Assignment,
                r#"{"state":" delivered ","target":{"subjectType":"agent"}}"#,
                &["target.subjectType 'agent'"],
            ),
            (ObjectKind::Assignment, r#"{"target":{"objectId":"x"}}"#, &["no state"]),
            (
                ObjectKind::ResourceRole,
                r#"{"role":{"originSystem":"AzureResource"}}"#,
                &["role.originSystem 'AzureResource'"],
            ),
            (ObjectKind::User, r#"{"state":"x"}"#, &[]),
        ] {
            let Ok(Value::Object(map)) = serde_json::from_str(text) else {
                panic!("an object")
            };
            assert_eq!(unknown(kind, &map), expected, "{text}");
        }
    }
}
