//! Sign-ins as the portal downloads them: of people, and of applications and managed identities.

use super::{Format, Row, Rows, Told, put, take};
use serde_json::{Value, json};

/// Sign-ins of people.
pub(super) const PEOPLE: Format = Format {
    name: "the portal's download of sign-ins",
    fits: |columns| columns.all(&["Date (UTC)", "Request ID", "User ID", "Application ID"]),
    subject: Some("sign_ins"),
    times: &["Date (UTC)"],
    rows: Rows::Read(|row, file| Ok(read(row, of_people(file)))),
};

/// Sign-ins of applications.
pub(super) const APPLICATIONS: Format = Format {
    name: "the portal's download of application sign-ins",
    fits: |columns| columns.all(&["Date (UTC)", "Request ID", "Service principal ID", "Application ID"]),
    subject: Some("sign_ins"),
    times: &["Date (UTC)"],
    rows: Rows::Read(|row, file| Ok(read(row, of_applications(file)))),
};

/// The portal names its files by stream, and nothing in them tells it.
fn of_people(file: &str) -> Option<&'static str> {
    let lower = file.to_lowercase().replace(['-', '_', ' '], "");
    Some(if lower.contains("noninteractive") {
        "nonInteractiveUser"
    } else {
        "interactiveUser"
    })
}

fn of_applications(file: &str) -> Option<&'static str> {
    let lower = file.to_lowercase().replace(['-', '_', ' '], "");
    let managed = lower.contains("msisignin") || lower.contains("managedidentity");
    Some(if managed { "managedIdentity" } else { "servicePrincipal" })
}

fn read(row: &mut Row, stream: Option<&'static str>) -> Told {
    let mut record = Row::new();
    for (name, column) in [
        ("createdDateTime", "Date (UTC)"),
        ("id", "Request ID"),
        ("correlationId", "Correlation ID"),
        ("userId", "User ID"),
        ("userDisplayName", "User"),
        ("userPrincipalName", "Username"),
        ("userType", "User type"),
        ("servicePrincipalId", "Service principal ID"),
        ("servicePrincipalName", "Service principal name"),
        ("appDisplayName", "Application"),
        ("appId", "Application ID"),
        ("resourceDisplayName", "Resource"),
        ("resourceId", "Resource ID"),
        ("homeTenantId", "Home tenant ID"),
        ("ipAddress", "IP address"),
        ("clientAppUsed", "Client app"),
        ("userAgent", "User agent"),
    ] {
        put(&mut record, name, take(row, &[column]));
    }
    let requirement = take(row, &["Authentication requirement"]).and_then(|v| v.as_str().map(requirement));
    put(&mut record, "authenticationRequirement", requirement.map(Value::from));
    let access = take(row, &["Conditional Access"]).and_then(|v| v.as_str().map(conditional));
    put(&mut record, "conditionalAccessStatus", access.map(Value::from));
    let (outcome, code) = (take(row, &["Status"]), take(row, &["Sign-in error code"]));
    let code = code
        .and_then(|v| v.as_str().map(str::trim).map(str::to_string))
        .filter(|c| !c.eq_ignore_ascii_case("none"));
    let success = outcome
        .as_ref()
        .and_then(Value::as_str)
        .is_some_and(|s| s.trim().eq_ignore_ascii_case("success"));
    let code = code.or_else(|| success.then(|| "0".to_string()));
    let place = take(row, &["Location"]);
    if let Some(place) = place.as_ref().and_then(Value::as_str) {
        // City, state, country; the names of cities hold commas seldom, those of countries never.
        let country = place.rsplit(',').next().map(str::trim).unwrap_or_default();
        let city = place.split(',').next().filter(|_| place.contains(',')).map(str::trim);
        record.insert("location".into(), json!({ "city": city, "countryOrRegion": country }));
    }
    let mut flag = |column: &str| {
        take(row, &[column])
            .and_then(|v| v.as_str().map(|t| t.trim().to_lowercase()))
            .and_then(|t| t.parse::<bool>().ok())
    };
    let (compliant, managed) = (flag("Compliant"), flag("Managed"));
    let device = json!({
        "deviceId": take(row, &["Device ID"]), "operatingSystem": take(row, &["Operating System"]), "browser": take(row, &["Browser"]),
        "isCompliant": compliant, "isManaged": managed,
    });
    record.insert("deviceDetail".into(), device);
    super::rest(row, &mut record);
    Told::SignIn {
        record: Value::Object(record),
        stream,
        result_type: code,
        logged: None,
    }
}

/// Words for people in those of Graph.
fn requirement(text: &str) -> String {
    match text.trim().to_lowercase().replace([' ', '-'], "").as_str() {
        "multifactorauthentication" => "multiFactorAuthentication".into(),
        "singlefactorauthentication" => "singleFactorAuthentication".into(),
        _ => text.to_string(),
    }
}

fn conditional(text: &str) -> String {
    match text.trim().to_lowercase().replace(' ', "").as_str() {
        "success" => "success".into(),
        "failure" => "failure".into(),
        "notapplied" => "notApplied".into(),
        _ => text.to_string(),
    }
}
