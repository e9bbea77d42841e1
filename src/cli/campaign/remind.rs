//! `campaign remind`: letters to those who owe decisions, by the reminder_schedule; each is recorded when it is written or sent.

use super::args::RemindArgs;
use super::mailer::{Mailer, Order};
use super::{load, operator, sheets, status};
use crate::campaign::log::LogEvent;
use crate::campaign::notification::Occasion;
use crate::campaign::plan::RemindTo;
use crate::campaign::reminder_schedule::{self, DueReminder};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use std::path::PathBuf;

/// Reminds.
pub fn run(args: &RemindArgs, crash_at: Option<&str>) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which, crash_at)?;
    state.must_be_open()?;
    let question = open::question(&args.which.lake, &args.question)?;
    let lapsed = status::lapsed(&state, &args.which.lake, &args.question)?;
    let now = open::now()?;
    let (due, unreachable) = reminder_schedule::due(&state, &question.access, &lapsed, now);
    let debtors = reminder_schedule::debts(&state, &lapsed).len();
    let rows = due.iter().map(|d| {
        vec![
            d.reviewer.key.to_string(),
            d.open.to_string(),
            d.high.to_string(),
            d.step.name(),
            d.to.mail.clone(),
        ]
    });
    output::print(&output::narrow_table(&["reviewer", "open", "high", "step", "to"], rows.collect()));
    for (key, why) in &unreachable {
        output::say(&format!("not reminded: {key}: {why}"));
    }
    output::say(&format!(
        "{debtors} reviewers owe decisions; {} reminders are due; {} items have lapsed",
        due.len(),
        lapsed.len()
    ));
    if args.dry_run || due.is_empty() {
        return Ok(Exit::Done);
    }
    let out: PathBuf = args
        .out
        .clone()
        .or_else(|| sheets::remembered(&store, &state.head.id))
        .ok_or_else(|| Failure::usage("name a folder for the messages with --out DIR"))?;
    let by = operator(&args.by);
    let mailer = Mailer::new(&state, now)?;
    let mut events = Vec::new();
    for reminder in &due {
        let (occasion, step) = (occasion(reminder, now), reminder.step.name());
        let order = Order {
            occasion,
            to: &reminder.to,
            about: &reminder.reviewer,
            open: reminder.open,
            step: &step,
        };
        let hash = mailer.write(&order, &out, true)?;
        events.push(LogEvent::Reminded {
            reviewer: reminder.reviewer.key.clone(),
            step,
            to: reminder.to.mail.clone(),
            by: mailer.way().into(),
            open: reminder.open,
            message_sha256: hash,
        });
        // What was sent is recorded before the next is sent; files can be written again.
        if mailer.way() == "smtp" {
            state.tail = store.append(&state.head.id, &state.tail, &events, now, &by)?;
            events.clear();
        }
    }
    for reminder in due.iter().filter(|d| d.step.to == RemindTo::Replace) {
        let reason = format!("no decision by {}", state.due_at.day());
        let raised = reminder_schedule::raise(
            &state,
            (&question.access, &question.config.admin_accounts),
            &lapsed,
            Some(&reminder.reviewer.key),
            "replace",
            &reason,
        );
        events.extend(raised.events);
    }
    state.apply_all(&events, now)?;
    let issues = state.issues();
    state.apply_all(&issues, now)?;
    events.extend(issues.iter().cloned());
    store.append(&state.head.id, &state.tail, &events, now, &by)?;
    sheets::write_issued(&store, &state, &issues)?;
    output::say(&format!("{} letters in {}", due.len(), out.join(state.head.id.as_str()).display()));
    Ok(Exit::Done)
}

fn occasion(reminder: &DueReminder, now: crate::model::Instant) -> Occasion {
    match reminder.step.to {
        RemindTo::Replace => Occasion::Replacement,
        RemindTo::Manager => Occasion::Escalation,
        RemindTo::Reviewer if now >= reminder.due_at => Occasion::Overdue,
        RemindTo::Reviewer => Occasion::Reminder,
    }
}
