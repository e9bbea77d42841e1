//! The test server itself, driven by a client of a few lines: what `pull` is judged by must be right first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::Value;
use vouchsafe::synth::{SynthConfig, generate};

use crate::graph_server::{CANARY, CLIENT, Fault, Group, Plan, SECRET, Server, Tenant, instant};

/// Midday after the newest look of the invented tenants.
pub const NOW: i64 = 1_751_371_200;

/// A tenant of 60 people, written once for all tests, with the folder of its truth.
pub fn sixty() -> (Arc<Tenant>, &'static Path) {
    static DIR: OnceLock<tempfile::TempDir> = OnceLock::new();
    static TENANT: OnceLock<Arc<Tenant>> = OnceLock::new();
    let dir = DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let config = SynthConfig {
            users: 60,
            months: 6,
            ..SynthConfig::default()
        };
        generate(&config, dir.path()).expect("a tenant is written");
        dir
    });
    let tenant = TENANT.get_or_init(|| Arc::new(Tenant::open(&dir.path().join("export"))));
    (Arc::clone(tenant), dir.path())
}

/// What was answered: status, headers, body.
struct Got {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

struct Client<'a> {
    server: &'a Server,
    agent: ureq::Agent,
    token: String,
}

impl<'a> Client<'a> {
    fn new(server: &'a Server) -> Self {
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
        let token = server.login().ready("tenant");
        Self { server, agent, token }
    }

    /// Asks once; an error of the connection, or a body that is no JSON, has no body.
    fn get(&self, address: &str) -> Option<Got> {
        let address = if address.starts_with('/') {
            format!("{}{address}", self.server.address())
        } else {
            address.to_owned()
        };
        let request = self
            .agent
            .get(address.replace(' ', "%20"))
            .header("Authorization", format!("Bearer {}", self.token));
        let mut response = request.call().ok()?;
        let headers = response.headers().iter();
        let headers = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let text = response.body_mut().read_to_string().ok();
        Some(Got {
            status,
            headers,
            body: text.and_then(|t| serde_json::from_str(&t).ok()),
        })
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let mut response = self
            .agent
            .post(format!("{}{path}", self.server.address()))
            .send_form(form.iter().copied())
            .expect("an answer");
        let text = response.body_mut().read_to_string().expect("a body");
        (response.status().as_u16(), serde_json::from_str(&text).expect("JSON"))
    }

    /// The ids of all pages.
    fn walk(&self, path: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(address) = next {
            let got = self.get(&address).expect("an answer");
            let body = got.body.unwrap_or_else(|| panic!("{address}: {}", got.status));
            assert_eq!(got.status, 200, "{address}: {body}");
            let items = body["value"].as_array().expect("items").iter();
            ids.extend(items.map(|i| i["id"].as_str().expect("an id").to_owned()));
            next = body["@odata.nextLink"].as_str().map(str::to_owned);
        }
        ids
    }
}

/// Collects the walk, and says which status the server refuses with.
fn refused(client: &Client, path: &str) -> u16 {
    client.get(path).expect("an answer").status
}

const AUDITS: &str = "/v1.0/auditLogs/directoryAudits";

#[test]
fn slices_of_the_log_are_the_log_and_disorder_loses_nothing() {
    let (tenant, _) = sixty();
    let plan = Plan {
        page: 7,
        disorder: true,
        ..Plan::calm(NOW, 10_000)
    };
    let server = Server::start(Arc::clone(&tenant), plan);
    let client = Client::new(&server);
    let slices = ["2024-12-01", "2025-04-01", "2025-09-01", "2026-04-01"];
    let mut all = Vec::new();
    for pair in slices.windows(2) {
        let filter = format!("activityDateTime ge {}T00:00:00Z and activityDateTime lt {}T00:00:00Z", pair[0], pair[1]);
        all.extend(client.walk(&format!("{AUDITS}?$filter={filter}&$top=1000")));
    }
    let told: BTreeSet<String> = all.iter().cloned().collect();
    let known = tenant.collection("auditLogs/directoryAudits").expect("the log");
    assert_eq!(told.len(), known.len());
    assert!(all.len() > told.len(), "some records stand on two pages");
    assert_eq!(client.walk("/v1.0/users?$select=id").len(), tenant.collection("users").expect("users").len());
    let interactive = client.walk("/v1.0/auditLogs/signIns").len();
    let silent = client.walk("/beta/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'nonInteractiveUser')");
    let silent: BTreeSet<_> = silent.into_iter().collect();
    let (streams, all) = (tenant.collection("auditLogs/signIns").expect("sign-ins"), tenant.newest());
    assert_eq!(silent.len(), streams.iter().filter(|r| r.stream == 1).count());
    assert!(interactive > 0 && all < NOW * 1_000_000 && all > instant("2025-06-01").expect("an instant"));
}

#[test]
fn what_graph_refuses_is_refused() {
    let (tenant, _) = sixty();
    let plan = Plan {
        denied: vec!["Policy.Read.All"],
        unlicensed: vec!["roleEligibilityScheduleInstances"],
        ..Plan::calm(NOW, 10_000)
    };
    let server = Server::start(tenant, plan);
    let client = Client::new(&server);
    let cases = [
        ("/v1.0/users?$top=1000", 400),
        ("/v1.0/users?$skip=5", 400),
        ("/v1.0/auditLogs/directoryAudits?$filter=createdDateTime ge 2026-01-01", 400),
        ("/v1.0/auditLogs/directoryAudits?$filter=activityDateTime ge '2026-01-01T00:00:00'", 400),
        ("/v1.0/auditLogs/provisioning?$filter=activityDateTime ge 2026-01-01T00:00:00Z", 400),
        ("/v1.0/auditLogs/provisioning?$filter=activityDateTime gt 2026-01-01T00:00:00Z", 200),
        ("/v1.0/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'servicePrincipal')", 400),
        ("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", 403),
        ("/v1.0/identity/conditionalAccess/policies", 403),
        ("/v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals", 403),
        ("/v1.0/identityGovernance/entitlementManagement/accessPackages/1/assignmentPolicies", 404),
        ("/v1.0/groups/nobody/members", 404),
        ("/v1.0/users?$skiptoken=invented", 400),
        ("/v2.0/users", 400),
    ];
    for (path, status) in cases {
        assert_eq!(refused(&client, path), status, "{path}");
    }
    server.login().revoke(false);
    assert_eq!(refused(&client, "/v1.0/users"), 401);
}

#[test]
fn a_skiptoken_serves_the_request_that_it_came_from() {
    let (tenant, _) = sixty();
    let server = Server::start(
        tenant,
        Plan {
            page: 5,
            ..Plan::calm(NOW, 10_000)
        },
    );
    let client = Client::new(&server);
    let first = client.get("/v1.0/users?$select=id").and_then(|g| g.body).expect("a page");
    let next = first["@odata.nextLink"].as_str().expect("more pages");
    let (_, token) = next.split_once("$skiptoken=").expect("a token");
    assert_eq!(
        refused(&client, &format!("/v1.0/users?$skiptoken={token}")),
        400,
        "a token lifted out of its address"
    );
    assert_eq!(refused(&client, next), 200);
    let known = server.entries();
    assert!(known.iter().all(|e| !e.last), "no walk was completed");
    assert_eq!(known.last().map(|e| (e.rows, e.walk.as_str())), Some((5, "/v1.0/users?$select=id")));
}

#[test]
fn tokens_are_given_to_who_proves_it_and_die() {
    let (tenant, _) = sixty();
    let id = tenant.id.clone();
    let server = Server::start(
        tenant,
        Plan {
            token_uses: Some(2),
            ..Plan::calm(NOW, 10_000)
        },
    );
    let mut client = Client::new(&server);
    let address = format!("/{id}/oauth2/v2.0/token");
    let scope = format!("{}/.default", server.address());
    let form = |secret: &'static str| {
        [
            ("client_id", CLIENT),
            ("grant_type", "client_credentials"),
            ("scope", scope.as_str()),
            ("client_secret", secret),
        ]
    };
    let (status, body) = client.post(&address, &form("guessed"));
    assert_eq!((status, &body["error"]), (401, &Value::from("invalid_client")));
    let (status, body) = client.post(&address, &form(SECRET));
    assert_eq!(status, 200);
    client.token = body["access_token"].as_str().expect("a token").to_owned();
    assert!(client.token.contains(CANARY));
    let seen: Vec<u16> = (0..3).map(|_| refused(&client, "/v1.0/organization")).collect();
    assert_eq!(seen, [200, 200, 401]);
    assert_eq!(server.login().issued(), 2);
}

#[test]
fn limits_are_counted_and_enforced() {
    let (tenant, _) = sixty();
    let server = Server::start(tenant, Plan::calm(NOW, 1));
    let client = Client::new(&server);
    let seen: Vec<u16> = (0..7).map(|_| refused(&client, "/v1.0/auditLogs/provisioning")).collect();
    assert_eq!(seen, [200, 200, 200, 200, 200, 429, 429]);
    let after = client.get("/v1.0/auditLogs/provisioning").and_then(|g| g.headers.get("retry-after").cloned());
    assert!(after.and_then(|a| a.parse::<u64>().ok()).is_some_and(|a| (8..=11).contains(&a)));
    let seen: Vec<u16> = (0..2).map(|_| refused(&client, "/v1.0/identity/conditionalAccess/policies")).collect();
    assert_eq!(seen, [200, 429]);
    let counted = server.seen();
    let (reports, access) = (&counted[&Group::Reports], &counted[&Group::ConditionalAccess]);
    assert_eq!((reports.worst, reports.allowed, reports.refused, reports.requests), (8, Some(5), 3, 8));
    assert_eq!((access.worst, access.allowed, access.refused), (2, Some(1), 1));
    assert!(
        (server.imposed() - 6.0).abs() < 0.01,
        "three more than five, at one in two seconds: {}",
        server.imposed()
    );
}

#[test]
fn every_fault_happens_as_planned() {
    let (tenant, _) = sixty();
    for fault in Fault::ALL {
        let plan = Plan {
            page: 10,
            always: vec![("/users", fault)],
            ..Plan::calm(NOW, 10_000)
        };
        let server = Server::start(Arc::clone(&tenant), plan);
        let client = Client::new(&server);
        let first = client.get("/v1.0/groups").and_then(|g| g.body).expect("a page without a fault");
        assert_eq!(first["value"].as_array().map(Vec::len), Some(10));
        let began = Instant::now();
        let got = client.get("/v1.0/users?$count=true&$select=id");
        let (status, body) = got.as_ref().map_or((0, None), |g| (g.status, g.body.as_ref()));
        let next = body.and_then(|b| b["@odata.nextLink"].as_str()).unwrap_or_default().to_owned();
        let items = body.and_then(|b| b["value"].as_array()).map(Vec::len);
        let header = |name: &str| got.as_ref().and_then(|g| g.headers.get(name)).cloned().unwrap_or_default();
        let happened = match fault {
            Fault::ThrottledSeconds => status == 429 && header("retry-after") == "1",
            Fault::ThrottledDate => status == 429 && header("retry-after").ends_with("GMT"),
            Fault::ThrottledMalformed => status == 429 && header("retry-after") == "1,2",
            Fault::ThrottledSilent => status == 429 && header("retry-after").is_empty(),
            Fault::ServerError => status == 500,
            Fault::Unavailable => status == 503,
            Fault::Timeout => status == 504,
            Fault::ResetBefore => got.is_none(),
            Fault::ResetInside | Fault::Truncated | Fault::CutJson => status == 200 && body.is_none(),
            Fault::TokenDied => status == 401 && header("www-authenticate").contains("invalid_token"),
            Fault::Claims => status == 401 && header("www-authenticate").contains("insufficient_claims"),
            Fault::EmptyPage => items == Some(0) && !next.is_empty(),
            Fault::RepeatedPage => !next.is_empty() && items == Some(10),
            Fault::Loop => next == format!("{}/v1.0/users?$count=true&$select=id", server.address()),
            Fault::Foreign => next.starts_with("http://localhost:") && client.get(&next).is_some() && server.foreign_visits().len() == 1,
            Fault::DeadToken => refused(&client, &next) == 400,
            Fault::LyingCount => status == 200,
        };
        assert!(happened, "{fault:?}: {status} {body:?}");
        assert!(server.faults() > 0 && server.entries().iter().any(|e| e.fault == Some(fault)));
        assert!(began.elapsed().as_secs() < 10);
    }
}

#[test]
fn late_records_come_when_they_are_released() {
    let (tenant, _) = sixty();
    let since = tenant.newest() - 30 * 86_400_000_000;
    let plan = Plan {
        late_since: Some(since),
        ..Plan::calm(NOW, 10_000)
    };
    let server = Server::start(Arc::clone(&tenant), plan);
    let client = Client::new(&server);
    let before = client.walk(AUDITS).len();
    server.release();
    let after = client.walk(AUDITS).len();
    assert_eq!(after, tenant.collection("auditLogs/directoryAudits").expect("the log").len());
    assert!(before < after, "{before} of {after}");
}
