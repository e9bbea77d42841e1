//! The server: takes connections, authorises, limits, goes wrong on purpose, and answers pages.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;
use std::{collections::BTreeMap, sync::atomic::AtomicU64};

use base64::Engine;
use serde_json::json;

use super::foreign::Foreign;
use super::http::{self, Answer, Delivery, Request};
use super::journal::{Entry, Journal};
use super::limits::{Group, Limits, Seen};
use super::login::{Login, Refused};
use super::plan::{Draws, Fault, Plan};
use super::query::{self, Query, Refusal};
use super::shapes::{Shape, shape_of};
use super::tenant::Tenant;
use super::walks::{Step, Walks};
use super::when;

/// A running server; it ends when it is dropped.
pub struct Server {
    state: Arc<State>,
}

struct State {
    address: String,
    tenant: Arc<Tenant>,
    plan: Plan,
    draws: Draws,
    limits: Limits,
    login: Login,
    walks: Walks,
    journal: Journal,
    foreign: Foreign,
    began: Instant,
    requests: AtomicU64,
    stopped: AtomicBool,
    released: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

/// A request that was understood.
struct Asked {
    shape: &'static Shape,
    beta: bool,
    /// The path below the version.
    path: String,
    single: bool,
    options: BTreeMap<String, String>,
}

impl Server {
    /// Serves a tenant as planned.
    pub fn start(tenant: Arc<Tenant>, plan: Plan) -> Self {
        Self::with_login(tenant, plan, Login::default())
    }

    /// Serves a tenant to an application that has a certificate.
    pub fn with_login(tenant: Arc<Tenant>, plan: Plan, mut login: Login) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of its own");
        let address = format!("http://127.0.0.1:{}", listener.local_addr().expect("it is bound").port());
        login.denied.clone_from(&plan.denied);
        let state = Arc::new(State {
            address,
            tenant,
            draws: Draws::new(plan.clone()),
            limits: Limits::new(plan.scale, plan.hidden),
            plan,
            login,
            walks: Walks::default(),
            journal: Journal::new(),
            foreign: Foreign::start(),
            began: Instant::now(),
            requests: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            released: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let all = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if all.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let _ = stream.set_nodelay(true);
                if let Ok(copy) = stream.try_clone() {
                    all.connections.lock().expect("no thread dies here").push(copy);
                }
                let state = Arc::clone(&all);
                thread::spawn(move || state.connection(stream));
            }
        });
        Self { state }
    }

    /// The address of Graph and of the login, without a version.
    pub fn address(&self) -> &str {
        &self.state.address
    }

    /// What was asked so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.state.journal.entries()
    }

    /// What came, by group of limits.
    pub fn seen(&self) -> BTreeMap<Group, Seen> {
        self.state.limits.seen()
    }

    /// The least seconds that the limits impose on what came.
    pub fn imposed(&self) -> f64 {
        self.state.limits.imposed()
    }

    /// How many answers went wrong on purpose.
    pub fn faults(&self) -> u64 {
        self.state.draws.total()
    }

    /// Who came to the foreign host.
    pub fn foreign_visits(&self) -> Vec<String> {
        self.state.foreign.visits()
    }

    /// The tokens and who has them.
    pub fn login(&self) -> &Login {
        &self.state.login
    }

    /// Lets the late records appear.
    pub fn release(&self) {
        self.state.released.store(true, Ordering::Relaxed);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        for connection in self.state.connections.lock().expect("no thread dies here").drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that it is to stop.
        if let Ok(mut stream) = TcpStream::connect(self.state.address.trim_start_matches("http://")) {
            let _ = stream.flush();
        }
    }
}

impl State {
    fn connection(&self, mut stream: TcpStream) {
        while !self.stopped.load(Ordering::Relaxed) {
            let Some(request) = http::read(&mut stream) else { break };
            if !self.plan.delay.is_zero() {
                thread::sleep(self.plan.delay);
            }
            let answer = self.answer(&request);
            if !http::write(&mut stream, &answer) {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Write);
    }

    /// What the server takes for now, in seconds since 1970.
    fn now(&self) -> i64 {
        self.plan.now + i64::try_from(self.began.elapsed().as_secs()).unwrap_or(0)
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut entry = Entry {
            at: self.began.elapsed(),
            target: query::decode(&request.target),
            walk: String::new(),
            status: 0,
            fault: None,
            rows: 0,
            last: false,
        };
        entry.walk.clone_from(&entry.target);
        let (path, _) = query::split(&request.target);
        let mut answer = match self.login.answer(request, &path, &self.tenant.id, &self.address) {
            Some(answer) => answer,
            None => self.graph(request, &mut entry),
        };
        entry.status = answer.status;
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        answer.headers.push(("Date", when::http(self.now())));
        answer.headers.push(("request-id", format!("00000000-0000-4000-8000-{id:012x}")));
        if answer.delivery == Delivery::Whole && id % 2 == 1 {
            answer.delivery = Delivery::Chunked;
        }
        // Some answers are packed, when the client can unpack them.
        if id.is_multiple_of(3) && request.header("accept-encoding").is_some_and(|a| a.contains("gzip")) {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&answer.body).expect("memory takes it");
            answer.body = packed.finish().expect("memory takes it");
            answer.headers.push(("Content-Encoding", "gzip".to_owned()));
        }
        entry.last &= matches!(answer.delivery, Delivery::Whole | Delivery::Chunked);
        self.journal.note(entry);
        answer
    }

    fn graph(&self, request: &Request, entry: &mut Entry) -> Answer {
        let asked = match self.understand(request) {
            Ok(asked) => asked,
            Err(refusal) => return refuse(refusal),
        };
        let expanded = u64::from(asked.options.contains_key("$expand"));
        let few = asked.options.get("$top").and_then(|t| t.parse::<u64>().ok()).is_some_and(|t| t < 20);
        let less = u64::from(asked.options.contains_key("$select")) + u64::from(few);
        let units = (asked.shape.units + expanded).saturating_sub(less).max(1);
        if let Some(wait) = self.limits.admit(asked.shape.group, units) {
            let mut answer = refuse((429, "TooManyRequests", "Too many requests. The limit was passed.".to_owned()));
            if asked.shape.group != Group::ConditionalAccess {
                answer.headers.push(("Retry-After", (wait.as_secs() + 1).to_string()));
            }
            return answer;
        }
        let step = asked.options.get("$skiptoken").and_then(|t| self.walks.step(t));
        if let Some(step) = &step {
            entry.walk = query::decode(&step.walk.first);
        }
        let fault = self.draws.draw(&request.target, &format!("{} {}", asked.beta, asked.path));
        entry.fault = fault;
        if let Some(answer) = fault.and_then(|f| self.refusal(f)) {
            return answer;
        }
        match self.login.admit(request, self.plan.token_uses) {
            Ok(()) => {}
            Err(why) => return challenge(&why, &self.address),
        }
        if let Err(refusal) = self.permitted(&asked, self.login.is_delegated(request)) {
            return refuse(refusal);
        }
        let mut answer = match self.page(request, &asked, step, fault, entry) {
            Ok(body) => Answer {
                status: 200,
                body,
                ..Answer::default()
            },
            Err(refusal) => return refuse(refusal),
        };
        if asked.shape.group == Group::Directory {
            answer.headers.push(("x-ms-resource-unit", units.to_string()));
        }
        match fault {
            Some(Fault::ResetInside) => answer.delivery = Delivery::ResetInside,
            Some(Fault::Truncated) => answer.delivery = Delivery::Truncated,
            Some(Fault::CutJson) => {
                answer.body.truncate(answer.body.len() / 2);
                entry.last = false;
            }
            _ => {}
        }
        answer
    }

    /// Reads version, path and options.
    fn understand(&self, request: &Request) -> Result<Asked, Refusal> {
        if request.method != "GET" {
            return Err((405, "MethodNotAllowed", "Only reading is supported.".to_owned()));
        }
        let (path, options) = query::split(&request.target);
        let (version, path) = path.trim_start_matches('/').split_once('/').unwrap_or(("", ""));
        if !matches!(version, "v1.0" | "beta") {
            return Err((400, "BadRequest", "Invalid version.".to_owned()));
        }
        let missing = || {
            (
                404,
                "ResourceNotFound",
                format!("No HTTP resource was found that matches the request URI '{path}'."),
            )
        };
        let (shape, single) = shape_of(path).ok_or_else(missing)?;
        Ok(Asked {
            shape,
            beta: version == "beta",
            path: path.to_owned(),
            single,
            options,
        })
    }

    fn permitted(&self, asked: &Asked, delegated: bool) -> Result<(), Refusal> {
        let denied = |scope: &&str| self.plan.denied.contains(scope);
        if asked.shape.scopes.iter().all(denied) {
            return Err((
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.".to_owned(),
            ));
        }
        if self.plan.unlicensed.iter().any(|part| asked.path.contains(part)) {
            let why = "Neither tenant is B2C or tenant doesn't have premium license";
            return Err((403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", why.to_owned()));
        }
        // Application permissions do not reach approvals.
        if !delegated && asked.path.contains("accessPackageAssignmentApprovals") {
            return Err((403, "Forbidden", "Application permissions are not supported for this API.".to_owned()));
        }
        Ok(())
    }

    /// An answer that is refused on purpose.
    fn refusal(&self, fault: Fault) -> Option<Answer> {
        let throttled = |after: Option<String>| {
            let mut answer = refuse((429, "TooManyRequests", "Too many requests.".to_owned()));
            answer.headers.extend(after.map(|a| ("Retry-After", a)));
            Some(answer)
        };
        match fault {
            Fault::ThrottledSeconds => throttled(Some("1".to_owned())),
            Fault::ThrottledDate => throttled(Some(when::http(self.now() + 1))),
            Fault::ThrottledMalformed => throttled(Some("1,2".to_owned())),
            Fault::ThrottledSilent => throttled(None),
            Fault::ServerError => Some(refuse((500, "InternalServerError", "An internal error has occurred.".to_owned()))),
            Fault::Unavailable => Some(refuse((503, "ServiceUnavailable", "The service is unavailable.".to_owned()))),
            Fault::Timeout => Some(refuse((504, "GatewayTimeout", "The request timed out.".to_owned()))),
            Fault::ResetBefore => Some(Answer {
                delivery: Delivery::ResetBefore,
                ..Answer::default()
            }),
            Fault::TokenDied => {
                self.login.revoke(false);
                Some(challenge(&Refused::Invalid, &self.address))
            }
            Fault::Claims => {
                self.login.revoke(true);
                Some(challenge(&Refused::Claims, &self.address))
            }
            _ => None,
        }
    }

    /// One page, or one object.
    fn page(&self, request: &Request, asked: &Asked, step: Option<Step>, fault: Option<Fault>, entry: &mut Entry) -> Result<Vec<u8>, Refusal> {
        let query = Query::new(&asked.options, asked.shape, &asked.path, asked.beta)?;
        if asked.single {
            return self.object(asked, &query, entry);
        }
        let key = self.key(asked)?;
        let eventual = request.header("ConsistencyLevel").is_some_and(|c| c.eq_ignore_ascii_case("eventual"));
        let step = match asked.options.get("$skiptoken") {
            None => {
                let released = self.released.load(Ordering::Relaxed);
                let mut walk = self.walks.begin(&request.target, &key, &query, eventual, &self.tenant, &self.plan, released);
                if fault == Some(Fault::LyingCount)
                    && let Some(walk) = Arc::get_mut(&mut walk)
                {
                    walk.count += 1;
                }
                Step {
                    walk,
                    at: 0,
                    page: 0,
                    address: String::new(),
                }
            }
            Some(token) => {
                let step = step.ok_or((400, "DirectoryPageTokenNotFoundException", "Invalid Skip Token, skip token is null.".to_owned()))?;
                if fault == Some(Fault::DeadToken) {
                    self.walks.forget(token);
                    return Err((
                        400,
                        "DirectoryPageTokenNotFoundException",
                        "The token was not found, or has expired.".to_owned(),
                    ));
                }
                if query::decode(&step.address) != entry.target {
                    return Err((400, "BadRequest", "The skip token belongs to another request.".to_owned()));
                }
                if step.walk.eventual && !eventual {
                    return Err((400, "Request_BadRequest", "Invalid page token: ConsistencyLevel is missing.".to_owned()));
                }
                step
            }
        };
        Ok(self.body(asked, &query, &step, fault, entry))
    }

    fn body(&self, asked: &Asked, query: &Query, step: &Step, fault: Option<Fault>, entry: &mut Entry) -> Vec<u8> {
        let walk = &step.walk;
        let size = query.top.min(self.plan.page);
        let until = (step.at + size).min(walk.items.len());
        let version = if asked.beta { "beta" } else { "v1.0" };
        let first = &walk.first;
        let lead = |at: usize, base: &str| {
            let next = Step {
                at,
                page: step.page + 1,
                ..step.clone()
            };
            Some(self.walks.lead(base, first, next, self.plan.seed))
        };
        let (shown, next) = match fault {
            Some(Fault::EmptyPage) => (step.at..step.at, lead(step.at, &self.address)),
            Some(Fault::RepeatedPage) => (step.at..until, lead(step.at, &self.address)),
            Some(Fault::Loop) => {
                let again = if step.address.is_empty() { first } else { &step.address };
                (step.at..until, Some(format!("{}{again}", self.address)))
            }
            Some(Fault::Foreign) => (step.at..until, lead(until, &self.foreign.address)),
            _ if until < walk.items.len() => (step.at..until, lead(until, &self.address)),
            _ => (step.at..until, None),
        };
        let mut body = format!("{{\"@odata.context\":\"{}/{version}/$metadata#{}\"", self.address, asked.path).into_bytes();
        let directory = asked.shape.group == Group::Directory;
        if step.page == 0 && query.count && (!directory || walk.eventual) {
            body.extend(format!(",\"@odata.count\":{}", walk.count).into_bytes());
        }
        if let Some(next) = &next {
            body.extend(format!(",\"@odata.nextLink\":{}", json!(next)).into_bytes());
        }
        body.extend(b",\"value\":[");
        for (n, record) in walk.items[shown.clone()].iter().enumerate() {
            if n > 0 {
                body.push(b',');
            }
            body.extend(query.shown(&self.tenant.text(*record), asked.shape));
        }
        body.extend(b"]}");
        entry.rows = shown.len();
        entry.last = next.is_none();
        body
    }

    /// The collection behind an address; one that the tenant has nothing of is empty, one below an unknown object is not found.
    fn key(&self, asked: &Asked) -> Result<String, Refusal> {
        if let Some(key) = self.tenant.keys().find(|k| k.eq_ignore_ascii_case(&asked.path)) {
            return Ok(key.to_owned());
        }
        let parts: Vec<&str> = asked.path.split('/').collect();
        let star = asked.shape.pattern.split('/').position(|p| p == "*");
        if let Some(star) = star.filter(|_| !asked.shape.pattern.starts_with("directory/")) {
            let parent = parts[..star].join("/");
            let there = self
                .tenant
                .collection(&parent)
                .unwrap_or_default()
                .iter()
                .any(|r| query::id(&self.tenant.text(*r)) == Some(parts[star]));
            if !there {
                return Err((404, "Request_ResourceNotFound", format!("Resource '{}' does not exist.", parts[star])));
            }
        }
        Ok(asked.path.clone())
    }

    fn object(&self, asked: &Asked, query: &Query, entry: &mut Entry) -> Result<Vec<u8>, Refusal> {
        let (collection, id) = asked.path.rsplit_once('/').unwrap_or_default();
        let found = self.tenant.collection(collection).unwrap_or_default();
        let texts = found.iter().map(|r| self.tenant.text(*r));
        let text = texts.into_iter().find(|t| query::id(t) == Some(id));
        let text = text.ok_or((404, "Request_ResourceNotFound", format!("Resource '{id}' does not exist.")))?;
        entry.rows = 1;
        entry.last = true;
        Ok(query.shown(&text, asked.shape))
    }
}

fn refuse((status, code, message): Refusal) -> Answer {
    let body = json!({"error": {"code": code, "message": message, "innerError": {"date": "2026-03-01T00:00:00", "request-id": "invented"}}});
    Answer {
        status,
        body: body.to_string().into_bytes(),
        ..Answer::default()
    }
}

fn challenge(why: &Refused, address: &str) -> Answer {
    let mut answer = refuse((401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.".to_owned()));
    let mut header = format!("Bearer realm=\"\", authorization_uri=\"{address}/common/oauth2/authorize\", ");
    match why {
        Refused::Invalid => header.push_str("error=\"invalid_token\""),
        Refused::Claims => {
            let claims = json!({"access_token": {"nbf": {"essential": true, "value": "1772366400"}}}).to_string();
            let claims = base64::engine::general_purpose::STANDARD.encode(claims);
            header.push_str(&format!("error=\"insufficient_claims\", claims=\"{claims}\""));
        }
    }
    answer.headers.push(("WWW-Authenticate", header));
    answer
}
