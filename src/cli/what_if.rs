//! `what-if`: who would gain and lose what, which findings would come and go, which requests would have gone another way.

use crate::cli::bench::Bench;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::WhatIfArgs;
use crate::cli::{open, output, rows, select, why};
use crate::ledger::AccessModel;
use crate::model::rows::{Cell, Kind, Rows};
use crate::model::{EntitlementKey, Instant, PackageId, PolicyId, PrincipalId, Verdict};
use crate::workbench::basis::Rests;
use crate::workbench::what_if::{Change, Forecast, PolicyChangeTo, forecast};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A file of changes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    remove: Vec<Remove>,
    remove_role: Vec<RemoveRole>,
    policy: Vec<PolicyTo>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    principal: String,
    entitlement: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveRole {
    package: String,
    role: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyTo {
    policy: String,
    approval: Option<bool>,
    #[serde(default)]
    approvers: Vec<String>,
    approval_for_extension: Option<bool>,
    approver_reason: Option<bool>,
    expires_after_days: Option<u32>,
}

/// Says what would follow.
pub fn run(args: &WhatIfArgs) -> Result<Exit, Failure> {
    let file = read(&args.file)?;
    let mut bench = Bench::open(&args.lake, &args.question)?;
    let config = open::judging(&args.question, &open::lake_dir(&args.lake))?;
    let policies: Vec<String> = file.policy.iter().map(|p| bench.policy(&p.policy)).collect::<Result<_, _>>()?;
    let commit = bench.subject.commit.clone();
    let access = bench.whole()?;
    let changes = changes(access, &file, policies)?;
    let forecast = forecast(access, &config, &changes).map_err(|e| Failure::usage(format!("{}: {e}", args.file.display())))?;
    let rests = Rests::of(access, &commit, None);
    let mut foot = forecast.unknown.clone();
    foot.extend(rests.lines());
    let table = table(access, &forecast);
    rows::deliver(&table, &rests, &foot, &args.output)?;
    let (lost, gained) = (
        forecast.access.iter().filter(|a| a.lost).count(),
        forecast.access.iter().filter(|a| !a.lost).count(),
    );
    let comes = forecast.findings.iter().filter(|f| f.comes).count();
    output::say(&format!(
        "{lost} accesses lost, {gained} gained; {comes} findings and gaps in judging come, {} go; {} requests of the year before would have gone another way",
        forecast.findings.len() - comes,
        forecast.requests.len()
    ));
    bench.say();
    Ok(if table.rows.is_empty() { Exit::Found } else { Exit::Done })
}

fn read(path: &Path) -> Result<File, Failure> {
    let file: File = toml::from_str(&open::text(path)?).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
    if file.remove.is_empty() && file.remove_role.is_empty() && file.policy.is_empty() {
        return Err(Failure::usage(format!(
            "{}: no change is named: give [[remove]], [[remove_role]] or [[policy]] (vouchsafe what-if --help shows them)",
            path.display()
        )));
    }
    Ok(file)
}

fn changes(access: &AccessModel, file: &File, policies: Vec<String>) -> Result<Vec<Change>, Failure> {
    let mut all = Vec::new();
    for r in &file.remove {
        let (kind, id) = why::entitlement(access, &r.entitlement)?;
        let principal = PrincipalId::new(&why::named("principal", &r.principal, &select::principals(access))?);
        all.push(Change::Remove { principal, kind, id });
    }
    for r in &file.remove_role {
        let package = PackageId::new(&why::named("package", &r.package, &select::packages(access))?);
        let entitlement = content(access, &package, &r.role)?;
        all.push(Change::RemoveRole { package, entitlement });
    }
    for (p, id) in file.policy.iter().zip(policies) {
        let approvers = p.approvers.iter().map(|name| approver(access, name)).collect::<Result<_, _>>()?;
        all.push(Change::Policy(PolicyChangeTo {
            policy: PolicyId::new(&id),
            approval: p.approval,
            approvers,
            approval_for_extension: p.approval_for_extension,
            approver_reason: p.approver_reason,
            expires_after_days: p.expires_after_days,
        }));
    }
    Ok(all)
}

/// What a package gives by a name, as it is contained at the instant of the questions.
fn content(access: &AccessModel, package: &PackageId, name: &str) -> Result<EntitlementKey, Failure> {
    let lower = name.trim().to_lowercase();
    let mut known: BTreeMap<EntitlementKey, String> = BTreeMap::new();
    for c in access.contents.iter().filter(|c| c.package == *package && c.span.lasts_at(access.as_of)) {
        if let Some(key) = &c.entitlement {
            let shown = access.entitlement_name(key).to_string();
            let shown = if shown == key.resource() && !c.resource_name.is_empty() {
                c.resource_name.to_string()
            } else {
                shown
            };
            known.insert(key.clone(), shown);
        }
    }
    let is_meant = |(key, shown): &(&EntitlementKey, &String)| key.id.as_str() == lower || key.resource() == lower || shown.to_lowercase() == lower;
    let meant: Vec<&EntitlementKey> = known.iter().filter(is_meant).map(|(key, _)| key).collect();
    match meant.as_slice() {
        [one] => Ok((*one).clone()),
        _ => {
            let list: Vec<String> = known.iter().map(|(key, shown)| format!("  {shown}  {}  {}", key.kind, key.id)).collect();
            let what = if meant.is_empty() {
                "gives nothing that is called"
            } else {
                "gives several things that are called"
            };
            Err(Failure::usage(format!("package {package} {what} '{name}'; it gives:\n{}", list.join("\n"))))
        }
    }
}

/// An approver as policies name them: the manager, a person, or the members of a group.
fn approver(access: &AccessModel, name: &str) -> Result<String, Failure> {
    if name.eq_ignore_ascii_case("manager") {
        return Ok("requestorManager:1".into());
    }
    let mut all = select::principals(access);
    all.extend(select::groups(access));
    let id = why::named("person or group", name, &all)?;
    let kind = if access.groups.contains_key(&id) { "groupMembers" } else { "singleUser" };
    Ok(format!("{kind}:{id}"))
}

fn table(access: &AccessModel, forecast: &Forecast) -> Rows {
    let mut table = Rows::new(&[
        ("about", Kind::Text),
        ("effect", Kind::Text),
        ("certainty", Kind::Text),
        ("subject_name", Kind::Text),
        ("object_name", Kind::Text),
        ("check_id", Kind::Text),
        ("severity", Kind::Text),
        ("at", Kind::Time),
        ("detail", Kind::Text),
        ("subject_id", Kind::Text),
        ("object_kind", Kind::Text),
        ("object_id", Kind::Text),
        ("request_id", Kind::Text),
        ("fingerprint", Kind::Text),
    ]);
    table.rows.extend(forecast.access.iter().map(|a| {
        row(
            ["access", if a.lost { "loses" } else { "gains" }, a.sure.as_str()],
            [&access.principal_name(&a.principal), &access.entitlement_name(&a.entitlement), "", ""],
            None,
            ["", a.principal.as_str(), a.entitlement.kind.as_str(), &a.entitlement.id, "", ""],
        )
    }));
    table.rows.extend(forecast.findings.iter().map(|f| {
        let (of, effect) = (&f.finding, if f.comes { "comes" } else { "goes" });
        row(
            [
                if of.result == Verdict::Finding { "finding" } else { of.result.as_str() },
                effect,
                f.sure.as_str(),
            ],
            [&of.subject_name, &of.object_name, of.check.as_str(), of.severity.as_str()],
            None,
            [&of.message, &of.subject_id, &of.object_kind, &of.object_id, &of.request_id, &of.fingerprint],
        )
    }));
    table.rows.extend(forecast.requests.iter().map(|r| {
        let request = access.requests.get(&r.request);
        let recipient = request.and_then(|r| r.recipient.clone().or(r.requestor.clone()));
        let package = request.and_then(|r| r.package.as_ref()).map(|p| EntitlementKey::package(p.as_str()));
        let name = recipient.as_ref().map(|p| access.principal_name(p).to_string()).unwrap_or_default();
        let thing = package.as_ref().map(|p| access.entitlement_name(p).to_string()).unwrap_or_default();
        row(
            ["request", r.instead.as_str(), r.sure.as_str()],
            [&name, &thing, "", ""],
            r.end,
            [
                r.why,
                recipient.as_ref().map_or("", PrincipalId::as_str),
                if package.is_some() { "access_package" } else { "" },
                package.as_ref().map_or("", |p| p.resource()),
                r.request.as_str(),
                "",
            ],
        )
    }));
    table
}

fn row(first: [&str; 3], names: [&str; 4], at: Option<Instant>, rest: [&str; 6]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = first.iter().chain(&names).map(|t| Cell::text(t)).collect();
    cells.push(Cell::time(at));
    cells.extend(rest.iter().map(|t| Cell::text(t)));
    cells
}
