//! `campaign remind`: letters to those who owe decisions, by the reminder_schedule; each is recorded when it is written or sent.

use super::args::RemindArgs;
use super::mailer::{self, Mailer, Order, Outcomes};
use super::{load, operator, sheets, status};
use crate::campaign::due::end_of_day;
use crate::campaign::log::LogEvent;
use crate::campaign::notification::Occasion;
use crate::campaign::plan::RemindTo;
use crate::campaign::reminder_schedule::{self, DueReminder};
use crate::campaign::{ItemId, State, Store};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::Question;
use crate::cli::{open, output};
use crate::model::Instant;
use crate::model::time::DAY;
use std::collections::BTreeMap;

/// Reminds.
pub fn run(args: &RemindArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    state.must_be_open()?;
    sheets::finish(&store, &state)?;
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
    output::print(&output::table(&["reviewer", "open", "high", "step", "to"], rows.collect()));
    for (key, why) in &unreachable {
        output::say(&format!("not reminded: {key}: {why}"));
    }
    output::say(&format!(
        "{debtors} reviewers owe decisions; {} reminders are due; {} items have lapsed",
        due.len(),
        lapsed.len()
    ));
    let out = args.out.clone().or_else(|| sheets::remembered(&store, &state.head.id));
    if args.dry_run {
        return Ok(Exit::Done);
    }
    let by = operator(&args.by);
    let Some(out) = out else {
        let nothing = due.is_empty() && state.plan.smtp.is_none() && state.plan.graph.is_none();
        return if nothing {
            Ok(Exit::Done)
        } else {
            Err(Failure::usage("name a folder for the messages with --out DIR"))
        };
    };
    // Those whose first letter failed get it before they are reminded of it.
    let mut outcomes = vec![mailer::openings((&store, &mut state), now, &out, &by, true)?];
    let untold = state.untold_moves();
    outcomes.push(mailer::handed_over((&store, &mut state), &untold, now, &out, &by)?);
    outcomes.push(mailer::second_openings((&store, &mut state), now, &out, &by)?);
    let (replaced, due): (Vec<&DueReminder>, Vec<&DueReminder>) = due.iter().partition(|d| d.step.to == RemindTo::Replace);
    let steps: Vec<(&DueReminder, String)> = due.into_iter().map(|d| (d, d.step.name())).collect();
    let orders: Vec<Order> = steps
        .iter()
        .map(|(reminder, step)| Order {
            occasion: occasion(reminder, now),
            to: &reminder.to,
            about: &reminder.reviewer,
            open: reminder.open,
            handed: 0,
            step,
            counts_to: &reminder.reviewer.key,
        })
        .collect();
    let mailer = Mailer::new(&state, now);
    outcomes.push(mailer.deliver((&store, &mut state), &orders, &out, &by)?);
    if !replaced.is_empty() {
        let moves = replace(&store, &mut state, (&question, &lapsed), &replaced, now, &by)?;
        outcomes.push(mailer::handed_over((&store, &mut state), &moves, now, &out, &by)?);
    }
    let all = Outcomes::sum(outcomes);
    output::say(&format!("{} letters in {}", all.done, out.join(state.head.id.as_str()).display()));
    Ok(all.exit())
}

/// Items of those who did not answer go to whoever stands above and has no conflict; returns what was moved.
///
/// Whoever gets them after the end has time to decide.
fn replace(
    store: &Store,
    state: &mut State,
    (question, lapsed): (&Question, &BTreeMap<ItemId, String>),
    due: &[&DueReminder],
    now: Instant,
    by: &str,
) -> Result<Vec<LogEvent>, Failure> {
    let reason = format!("no decision by {}", state.due_day());
    let accounts = &question.config.admin_accounts;
    let mut events = Vec::new();
    for reminder in due {
        let key = &reminder.reviewer.key;
        let raised = reminder_schedule::raise(state, (&question.access, accounts), lapsed, Some(key), "replace", &reason);
        for (item, why) in &raised.stay {
            output::say(&format!("{item} stays with {key}: {why}"));
        }
        let mut step = raised.events;
        step.push(LogEvent::Reminded {
            reviewer: key.clone(),
            step: reminder.step.name(),
            to: reminder.to.mail.clone(),
            by: "move".into(),
            open: reminder.open,
            message_sha256: String::new(),
        });
        state.apply_all(&step, now)?;
        events.extend(step);
    }
    let moved = events.iter().any(|e| matches!(e, LogEvent::Moved(_)));
    if moved && now >= state.due_at {
        let longer = LogEvent::Extended {
            due_at: end_of_day(now.plus(state.plan.escalate_days * DAY), state.zone()),
            reason: "items were given to somebody else after the end".into(),
        };
        state.apply_all(std::slice::from_ref(&longer), now)?;
        events.push(longer);
    }
    let issues = state.issues();
    state.apply_all(&issues, now)?;
    events.extend(issues.iter().cloned());
    state.tail = store.append(&state.head.id, &state.tail, &events, now, by)?;
    sheets::write_issued(store, state, &issues)?;
    Ok(events)
}

fn occasion(reminder: &DueReminder, now: Instant) -> Occasion {
    match reminder.step.to {
        RemindTo::Replace => Occasion::Replacement,
        RemindTo::Manager => Occasion::Escalation,
        RemindTo::Reviewer if now >= reminder.due_at => Occasion::Overdue,
        RemindTo::Reviewer => Occasion::Reminder,
    }
}
