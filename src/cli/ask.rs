//! `holders`, `holdings`, `check` and `explain`: questions to a lake.

use crate::check;
use crate::cli::args::{CheckArgs, ExplainArgs, HoldersArgs, HoldingsArgs, OutputArgs, WindowArgs};
use crate::cli::bundle::replace_private;
use crate::cli::exit::{Exit, Failure};
use crate::cli::life;
use crate::cli::open::{self, Subject};
use crate::cli::output;
use crate::cli::own;
use crate::cli::select;
use crate::ledger::absence::{Asked, basis, not_members};
use crate::ledger::{AccessModel, effective};
use crate::model::{EntitlementKind, Finding, Holding, Instant, Presence, PrincipalId, Severity, Verdict};
use crate::report::sarif;

/// Who held something.
pub fn holders(args: &HoldersArgs) -> Result<Exit, Failure> {
    let subject = open::subject(&args.lake, &args.question, args.window.effective)?;
    let access = &subject.access;
    let one = |kind, what, name: &str, names| -> Result<Asked, Failure> { Ok(Asked::Entitlement(kind, named(what, name, &names)?)) };
    let asked = if let Some(name) = &args.package {
        one(EntitlementKind::AccessPackage, "access package", name, select::packages(access))?
    } else if let Some(name) = &args.group {
        one(EntitlementKind::Group, "group", name, select::groups(access))?
    } else if let Some(name) = &args.app {
        one(EntitlementKind::AppRole, "application", name, select::apps(access))?
    } else if let Some(name) = &args.role {
        one(EntitlementKind::DirectoryRole, "directory role", name, select::roles(access))?
    } else {
        args.resource.as_ref().map_or(Asked::Everything, |id| Asked::Resource(id.trim().to_lowercase()))
    };
    answer(subject, &asked, &args.window, &args.output)
}

/// What somebody held.
pub fn holdings(args: &HoldingsArgs) -> Result<Exit, Failure> {
    let subject = open::subject(&args.lake, &args.question, args.window.effective)?;
    let id = named("principal", &args.principal, &select::principals(&subject.access))?;
    answer(subject, &Asked::Holder(PrincipalId::new(&id)), &args.window, &args.output)
}

fn named(what: &str, name: &str, candidates: &select::Candidates) -> Result<String, Failure> {
    let resolved = select::resolve(what, name, candidates)?;
    if let Some(remark) = resolved.remark {
        output::say(&remark);
    }
    Ok(resolved.id)
}

fn answer(subject: Subject, asked: &Asked, when: &WindowArgs, out: &OutputArgs) -> Result<Exit, Failure> {
    let mut subject = subject;
    subject.hold(asked)?;
    let access = &subject.access;
    let window = select::window(when.at.as_deref(), when.from.as_deref(), when.until.as_deref(), access.as_of)?;
    let all = if when.effective {
        effective::effective(access)
    } else {
        access.holdings.clone()
    };
    // A window shows its holders as they were at its end.
    let shown_at = if when.at.is_some() {
        window.from
    } else {
        window.until.plus(-1).min(access.as_of)
    };
    let not_members = not_members(&all, asked, window);
    let rows: Vec<(Holding, Presence)> = all
        .into_iter()
        .filter(|h| select::takes(asked, h))
        .map(|h| (h.presence(window), h))
        .filter(|(presence, _)| *presence != Presence::Never)
        .map(|(presence, h)| (as_they_were(access, h, shown_at), presence))
        .collect();
    let mut basis = basis(access, asked, window, when.effective);
    basis.notes.extend(not_members);
    output::holdings(&rows, &basis, out)?;
    let certain = rows.iter().filter(|(_, p)| *p == Presence::Certain).count();
    let possible = rows.len() - certain;
    output::say(&format!(
        "{certain} certain, {possible} possible; as of {}, evidence version {}",
        access.as_of, subject.commit
    ));
    for note in &basis.notes {
        output::say(&format!("note: {note}"));
    }
    for missing in &basis.missing {
        // Somebody is found, which the exit code says; whether these are all is another question.
        let word = if certain > 0 { "there may be more" } else { "inconclusive" };
        output::say(&format!("{word}: {}", missing.reason));
    }
    Ok(match (certain, possible, basis.absence_is_provable()) {
        (1.., ..) => Exit::Done,
        (0, 0, true) => {
            output::say("no holders; coverage of the window is complete");
            Exit::Found
        }
        (0, 1.., true) => {
            output::say("inconclusive: possible holders exist, none confirmed");
            Exit::CannotTell
        }
        (0, _, false) => Exit::CannotTell,
    })
}

/// The holder's name, type and state as they were at an instant.
fn as_they_were(access: &AccessModel, holding: Holding, at: Instant) -> Holding {
    let mut holding = holding;
    holding.principal_name = access.principal_name_at(&holding.principal, at);
    holding.principal_type = access.principal_type(&holding.principal, at).into();
    (holding.principal_state, holding.principal_state_since) = access.principal_state(&holding.principal, at);
    holding
}

/// Runs checks and prints findings.
pub fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let limit = args.fail_on.as_deref().map(severity).transpose()?;
    open::configuration(&args.question)?;
    if args.cases {
        return own::cases(args);
    }
    let ids = args
        .ids
        .iter()
        .map(|id| check::by_id(id).map(|c| c.id).map_err(Failure::usage))
        .collect::<Result<Vec<_>, _>>()?;
    let question = open::question(&args.lake, &args.question)?;
    let results = check::run(&question.access, &question.config, (!ids.is_empty()).then_some(ids.as_slice()));
    if let Some(file) = &args.sarif {
        let text = sarif::document(&results, question.view.commit_id().unwrap_or_default(), question.access.as_of);
        replace_private(file, text.as_bytes())?;
    }
    let runs = life::follow(args, &question, &results)?;
    if args.since.is_some() {
        return life::since(args, &question, &results, &runs, limit);
    }
    let findings: Vec<Finding> = results.iter().flat_map(|r| r.findings.iter().cloned()).collect();
    output::findings(&findings, &args.output)?;
    let count = |verdict| findings.iter().filter(|f| f.result == verdict).count();
    output::say(&format!(
        "{} findings, {} accepted, {} could not be tested; as of {}, evidence version {}",
        count(Verdict::Finding),
        count(Verdict::Exception),
        count(Verdict::NotEvaluable),
        question.access.as_of,
        question.commit
    ));
    Ok(exit_for(&findings, limit))
}

/// Prints a check's page, or the list of checks.
pub fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    match &args.id {
        Some(id) => {
            let config = open::configuration(&args.question)?;
            output::print(&check::explain(check::by_id(id).map_err(Failure::usage)?, &config));
        }
        None => {
            for check in check::own::catalogue(&open::configuration(&args.question)?) {
                output::line(&format!("{}  {}", check.id, check::Page::of(check).title));
            }
        }
    }
    Ok(Exit::Done)
}

/// The limit of `--fail-on`.
pub fn severity(word: &str) -> Result<Severity, Failure> {
    Severity::from_word(word).ok_or_else(|| Failure::usage(format!("--fail-on '{word}' is no severity; use info, low, medium or high")))
}

/// 1 when a finding reaches the limit.
pub fn exit_for(findings: &[Finding], limit: Option<Severity>) -> Exit {
    let reached = limit.is_some_and(|l| findings.iter().any(|f| f.result == Verdict::Finding && f.severity >= l));
    if reached { Exit::Found } else { Exit::Done }
}
