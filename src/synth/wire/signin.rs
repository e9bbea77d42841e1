//! Records of the sign-in log.

use serde_json::{Value, json};

use super::super::clock::{self, Micros};
use super::super::dice::guid;
use super::super::scene::{Kind, Person, Scene};
use super::super::story::{Manner, SignIn};

const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

/// A `signIn` object in the shape of beta.
pub fn sign_in_record(scene: &Scene, person: &Person, sign_in: &SignIn) -> Value {
    let app = &scene.apps[sign_in.app];
    let graph_principal = guid(scene.seed, "graph-principal", 0, 0);
    // Without a person, a client of another name fetches a token for the application.
    let (client, client_name, resource, resource_name, principal) = if sign_in.interactive {
        (app.app_id.clone(), app.name.clone(), GRAPH_APP.to_owned(), "Microsoft Graph", graph_principal)
    } else {
        let client = guid(scene.seed, "mobile-client", 0, 0);
        (client, "Meridell Mobile".to_owned(), app.app_id.clone(), app.name.as_str(), app.id.clone())
    };
    let one_factor = matches!(sign_in.manner, Manner::OneFactor | Manner::SilentOneFactor | Manner::Failing);
    let succeeded = sign_in.succeeded();
    let (policy_result, status) = match sign_in.manner {
        Manner::Unstated => ("notApplied", "notApplied"),
        Manner::OneFactor | Manner::SilentOneFactor => ("notApplied", "notApplied"),
        Manner::Failing => ("failure", "failure"),
        Manner::Proper => ("success", "success"),
    };
    let mut record = json!({
        "id": sign_in.id,
        "createdDateTime": clock::text(sign_in.at),
        "userId": person.card.id,
        "userDisplayName": person.card.name,
        "userPrincipalName": person.card.upn,
        "userType": if person.kind == Kind::Guest { "guest" } else { "member" },
        "appId": client,
        "appDisplayName": client_name,
        "resourceId": resource,
        "resourceDisplayName": resource_name,
        "resourceServicePrincipalId": principal,
        "ipAddress": "198.51.100.7",
        "clientAppUsed": if sign_in.interactive { "Browser" } else { "Mobile Apps and Desktop clients" },
        "correlationId": guid(0, &sign_in.id, 0, 0),
        "isInteractive": sign_in.interactive,
        "signInEventTypes": [if sign_in.interactive { "interactiveUser" } else { "nonInteractiveUser" }],
        "conditionalAccessStatus": status,
        "appliedConditionalAccessPolicies": [{
            "id": guid(scene.seed, "conditional-access", 0, 0),
            "displayName": "Require a second factor",
            "enforcedGrantControls": ["Mfa"],
            "enforcedSessionControls": [],
            "result": policy_result,
        }],
        "status": {
            "errorCode": if succeeded { 0 } else { 50126 },
            "failureReason": if succeeded { "Other." } else { "Invalid username or password." },
            "additionalDetails": null,
        },
        "deviceDetail": {"deviceId": "", "displayName": null, "operatingSystem": "Windows 11", "browser": "Edge 131.0"},
        "location": {"city": "Halden", "state": "Viken", "countryOrRegion": "NO"},
    });
    if sign_in.manner != Manner::Unstated {
        let requirement = if one_factor {
            "singleFactorAuthentication"
        } else {
            "multiFactorAuthentication"
        };
        record["authenticationRequirement"] = json!(requirement);
    }
    record
}

/// The same record in the envelope of a diagnostic setting.
pub fn sign_in_envelope(scene: &Scene, record: Value, interactive: bool, written: Micros) -> Value {
    json!({
        "time": clock::text(written),
        "resourceId": format!("/tenants/{}/providers/Microsoft.aadiam", scene.tenant),
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": if interactive { "SignInLogs" } else { "NonInteractiveUserSignInLogs" },
        "tenantId": scene.tenant,
        "resultType": record["status"]["errorCode"].to_string(),
        "resultSignature": "None",
        "durationMs": 0,
        "correlationId": record["correlationId"],
        "level": 4,
        "properties": record,
    })
}
