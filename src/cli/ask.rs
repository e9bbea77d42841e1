//! `holders`, `holdings`, `check` and `explain`: questions to a lake.

use crate::check;
use crate::cli::args::{CheckArgs, ExplainArgs, HoldersArgs, HoldingsArgs, OutputArgs, WindowArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::output;
use crate::cli::select::{self, Wanted};
use crate::ledger::effective;
use crate::model::{EntitlementKind, Finding, Holding, Presence, Severity, Verdict};

/// Who held something.
pub fn holders(args: &HoldersArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let access = &question.access;
    let one = |kind, what, name: &str, names| -> Result<Wanted, Failure> { Ok(Wanted::One(kind, select::resolve(what, name, &names)?)) };
    let wanted = if let Some(name) = &args.package {
        one(EntitlementKind::AccessPackage, "access package", name, select::packages(access))?
    } else if let Some(name) = &args.group {
        one(EntitlementKind::Group, "group", name, select::groups(access))?
    } else if let Some(name) = &args.app {
        one(EntitlementKind::AppRole, "application", name, select::apps(access))?
    } else if let Some(name) = &args.role {
        one(EntitlementKind::DirectoryRole, "directory role", name, select::roles(access))?
    } else {
        args.resource.as_ref().map_or(Wanted::All, |id| Wanted::Any(id.trim().to_lowercase()))
    };
    answer(&question, &wanted, |h| wanted.takes(h), &args.window, &args.output)
}

/// What somebody held.
pub fn holdings(args: &HoldingsArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    let id = select::resolve("principal", &args.principal, &select::principals(&question.access))?;
    answer(&question, &Wanted::All, |h| h.principal.as_str() == id, &args.window, &args.output)
}

fn answer(question: &Question, wanted: &Wanted, takes: impl Fn(&Holding) -> bool, when: &WindowArgs, out: &OutputArgs) -> Result<Exit, Failure> {
    let access = &question.access;
    let window = select::window(when.at.as_deref(), when.from.as_deref(), when.until.as_deref(), access.as_of)?;
    let all = if when.effective {
        effective::effective(access)
    } else {
        access.holdings.clone()
    };
    let rows: Vec<(Holding, Presence)> = all
        .into_iter()
        .filter(takes)
        .map(|h| (h.presence(window), h))
        .filter(|(presence, _)| *presence != Presence::Never)
        .map(|(presence, h)| (h, presence))
        .collect();
    output::holdings(&rows, out)?;
    let certain = rows.iter().filter(|(_, p)| *p == Presence::Certain).count();
    let possible = rows.len() - certain;
    output::say(&format!(
        "{certain} certain, {possible} possible; as of {}, commit {}",
        access.as_of, question.commit
    ));
    let absence_is_provable = select::absence_is_provable(access, wanted, window);
    if certain > 0 {
        // Somebody is found, which the exit code says; whether these are all is another question.
        if let Err(reason) = &absence_is_provable {
            output::say(&format!("there may be more: {reason}"));
        }
        return Ok(Exit::Done);
    }
    match absence_is_provable {
        Ok(()) if possible == 0 => {
            output::say("nobody: proof or assertion covers the whole window");
            Ok(Exit::Found)
        }
        Ok(()) => {
            output::say("cannot tell: nobody is certain, and somebody is possible");
            Ok(Exit::CannotTell)
        }
        Err(reason) => {
            output::say(&format!("cannot tell: {reason}"));
            Ok(Exit::CannotTell)
        }
    }
}

/// Runs checks and prints findings.
pub fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let limit = args.fail_on.as_deref().map(severity).transpose()?;
    let ids = args
        .ids
        .iter()
        .map(|id| check::by_id(id).map(|c| c.id).map_err(Failure::usage))
        .collect::<Result<Vec<_>, _>>()?;
    let question = open::question(&args.lake, &args.question)?;
    let results = check::run(&question.access, &question.config, (!ids.is_empty()).then_some(ids.as_slice()));
    let findings: Vec<Finding> = results.iter().flat_map(|r| r.findings.iter().cloned()).collect();
    output::findings(&findings, &args.output)?;
    let found = findings.iter().filter(|f| f.result == Verdict::Finding).count();
    let unanswered = findings.len() - found;
    output::say(&format!(
        "{found} findings, {unanswered} questions not evaluable; as of {}, commit {}",
        question.access.as_of, question.commit
    ));
    Ok(exit_for(&findings, limit))
}

/// Prints a check's page, or the list of checks.
pub fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    match &args.id {
        Some(id) => output::print(&check::explain(
            check::by_id(id).map_err(Failure::usage)?,
            &open::configuration(&args.question)?,
        )),
        None => {
            for check in check::all() {
                output::print(&format!("{}  {}\n", check.id, check::Page::of(check).title));
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
