//! `campaign close`: silence by policy, how reviewers reviewed, drift row by row, and the removal plan.

use super::args::CloseArgs;
use super::sheets::put;
use super::{load, mailer, operator, rows, sheets, status};
use crate::campaign::contradiction::contradictions;
use crate::campaign::due::end_of_day;
use crate::campaign::follow_up::{CurrentAccess, Drift};
use crate::campaign::log::{Choice, LogEvent};
use crate::campaign::plan::NoResponse;
use crate::campaign::review_quality::{ReviewQuality, review_quality};
use crate::campaign::state::ESCALATION;
use crate::campaign::tie_out::TieOut;
use crate::campaign::{ItemId, Recommendation, State, remediation, reminder_schedule, removal_script};
use crate::check;
use crate::cli::args::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::Question;
use crate::cli::{open, output};
use crate::lake::store::create_private_dirs;
use crate::model::Instant;
use crate::model::time::DAY;
use crate::report::progress;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Closes; closed once more, it writes the same results again.
pub fn run(args: &CloseArgs) -> Result<Exit, Failure> {
    let (store, mut state) = load(&args.which)?;
    let out = args
        .out
        .clone()
        .or_else(|| sheets::remembered(&store, &state.head.id))
        .ok_or_else(|| Failure::usage("name a folder for the results with --out DIR"))?;
    if state.cancelled.is_some() {
        state.must_be_open()?;
    }
    if let Some(closing) = state.closing.clone() {
        let question = open::question_at(&args.which.lake, &args.question, Some(&closing.commit))?;
        let results = Results::new(&state, &question, closing.at)?;
        if results.plan_sha256() != closing.plan_sha256 {
            return Err(Failure::usage(
                "the removal plan comes out otherwise than at the close: use the --config and --as-of of the close",
            ));
        }
        let dir = results.write(&state, &out)?;
        let lapsed = crate::campaign::follow_up::lapses(&state, &CurrentAccess::new(&question.access));
        status::write_page(&state, &lapsed, closing.at, &dir.join(progress::PAGE))?;
        output::say(&format!(
            "campaign {} was closed on {}: its results were written again",
            state.head.id, closing.at
        ));
        return Ok(Exit::Done);
    }
    let question = open::question(&args.which.lake, &args.question)?;
    let lapsed = crate::campaign::follow_up::lapses(&state, &CurrentAccess::new(&question.access));
    let now = open::now()?;
    let owed: usize = reminder_schedule::debts(&state, &lapsed).values().map(Vec::len).sum();
    if now < state.due_at && owed > 0 && args.force.is_none() && state.head.entra_instance.is_none() {
        return Err(Failure::usage(format!(
            "{owed} decisions are owed and the end is {}: wait, or close with --force \"reason\"",
            state.due()
        )));
    }
    let by = operator(&args.by);
    if state.plan.no_response == NoResponse::Escalate && !state.escalated && owed > 0 && state.head.entra_instance.is_none() {
        return escalate(&store, &mut state, &question, &lapsed, now, &by);
    }
    let early = args.force.clone().filter(|_| now < state.due_at && owed > 0);
    let mut events = Vec::new();
    // Entra's own reviews have their silence in their records.
    if state.head.entra_instance.is_none() {
        events.extend(no_response(&state, &lapsed, args.remove_without_reviewer));
    }
    let spoken = events.iter().filter(|e| matches!(e, LogEvent::Decided(_))).count();
    state.apply_all(&events, now)?;
    let results = Results::new(&state, &question, now)?;
    events.push(LogEvent::Closed {
        commit: question.view.data_commit_id().unwrap_or_default().to_string(),
        by_silence: spoken,
        undecided: state.totals(&lapsed).undecided,
        plan_sha256: results.plan_sha256(),
        early,
        without_reviewer: args.remove_without_reviewer,
    });
    state.check(&lapsed)?;
    store.append(&state.head.id, &state.tail, &events, now, &by)?;
    let dir = results.write(&state, &out)?;
    let state = State::load(&store, &state.head.id)?;
    status::write_page(&state, &lapsed, now, &dir.join(progress::PAGE))?;
    let totals = state.totals(&lapsed);
    output::say(&status::sentence(&totals));
    output::say(&format!(
        "by persons {}, by no response {}, ended before a decision {}",
        totals.by_persons(),
        totals.by_silence.sum(),
        totals.lapsed
    ));
    output::say(&format!(
        "population {} + {} joined - {} left = {} held now",
        state.head.population, results.balance.joined, results.balance.left, results.balance.held
    ));
    if let Some(told) = status::without_second(&state) {
        output::say(&told);
    }
    for c in contradictions(&state) {
        output::say(&format!("contradiction, and nothing of it is carried out: {}", c.message));
    }
    let left = (0..state.items.len())
        .filter(|i| state.effective_decision(*i).is_none() && state.owner(*i).is_unassigned() && !lapsed.contains_key(&state.items[*i].id));
    let left = left.count();
    if left > 0 {
        output::say(&format!(
            "{left} items without a reviewer stay undecided: nobody was asked about them; --remove-without-reviewer lets no response remove them, too"
        ));
    }
    let with = match results.steps.iter().filter(|s| s.method_kind == remediation::WITH_STEP).count() {
        0 => String::new(),
        n => format!(", {n} of which another step carries out"),
    };
    let found = results.review_quality.iter().filter(|m| m.verdict == "finding").count();
    output::say(&format!(
        "{} removal steps{with}; {found} reviewers decided in a way to look at (reviewers.csv); results in {}",
        results.steps.len(),
        dir.display()
    ));
    Ok(Exit::Done)
}

/// Moves what is owed to whoever stands above, and makes the time longer, once.
fn escalate(
    store: &crate::campaign::Store,
    state: &mut State,
    question: &Question,
    lapsed: &BTreeMap<ItemId, String>,
    now: Instant,
    by: &str,
) -> Result<Exit, Failure> {
    let accounts = &question.config.admin_accounts;
    let raised = reminder_schedule::raise(state, (&question.access, accounts), lapsed, None, "escalate", ESCALATION);
    for (item, why) in &raised.stay {
        output::say(&format!("{item} stays where it is: {why}"));
    }
    let mut events = raised.events;
    let moved: usize = events.iter().map(|e| if let LogEvent::Moved(m) = e { m.items.len() } else { 0 }).sum();
    events.push(LogEvent::Extended {
        due_at: end_of_day(now.plus(state.plan.escalate_days * DAY), state.zone()),
        reason: ESCALATION.into(),
    });
    state.apply_all(&events, now)?;
    let issues = state.issues();
    state.apply_all(&issues, now)?;
    events.extend(issues.iter().cloned());
    state.tail = store.append(&state.head.id, &state.tail, &events, now, by)?;
    sheets::write_issued(store, state, &issues)?;
    output::say(&format!(
        "not closed: what nobody answered is escalated. {moved} items went up, and decisions are due {}; then close again",
        state.due()
    ));
    let Some(out) = sheets::remembered(store, &state.head.id) else {
        return Ok(Exit::Done);
    };
    let outcomes = mailer::handed_over((store, state), &events, now, &out, by)?;
    Ok(outcomes.exit())
}

/// What no response decides about items that are not lapsed.
///
/// Where nobody was asked, nobody failed to answer: such an item is never removed unless the operator says so.
fn no_response(state: &State, lapsed: &BTreeMap<ItemId, String>, without_reviewer: bool) -> Vec<LogEvent> {
    let mut events = Vec::new();
    for (index, item) in state.items.iter().enumerate() {
        if state.effective_decision(index).is_some() || lapsed.contains_key(&item.id) {
            continue;
        }
        let (choice, why) = match (state.plan.no_response, item.recommendation) {
            (NoResponse::Keep, _) => (Choice::Keep, "nobody decided; the campaign keeps what nobody decides"),
            (NoResponse::Remove, _) => (Choice::Revoke, "nobody decided; the campaign removes what nobody decides"),
            (NoResponse::Recommendation, Recommendation::Keep) => (Choice::Keep, "nobody decided; the recommendation is followed"),
            (NoResponse::Recommendation, Recommendation::Revoke) => (Choice::Revoke, "nobody decided; the recommendation is followed"),
            // Without a recommendation there is nothing to follow, and after an escalation nobody is left to ask.
            (NoResponse::Recommendation, Recommendation::None) | (NoResponse::Escalate, _) => continue,
        };
        if choice == Choice::Revoke && state.owner(index).is_unassigned() && !without_reviewer {
            continue;
        }
        events.push(state.silent(index, choice, why));
    }
    events
}

/// Everything that a close hands over.
struct Results {
    review_quality: Vec<ReviewQuality>,
    balance: TieOut,
    steps: Vec<remediation::Step>,
    plan: String,
}

impl Results {
    fn new(state: &State, question: &Question, closed_at: Instant) -> Result<Self, Failure> {
        let results = check::run(&question.access, &question.config, None);
        let balance = TieOut::new(state, &question.access, &results, &question.config)?;
        let steps = remediation::plan(state, &CurrentAccess::new(&question.access), closed_at);
        Ok(Self {
            review_quality: review_quality(state),
            plan: plan_csv(&steps)?,
            balance,
            steps,
        })
    }

    fn plan_sha256(&self) -> String {
        hex::encode(Sha256::digest(self.plan.as_bytes()))
    }

    /// Writes every result beside the sheets; returns the folder.
    fn write(&self, state: &State, out: &std::path::Path) -> Result<PathBuf, Failure> {
        let dir = out.join(state.head.id.as_str());
        create_private_dirs(&dir)?;
        let put = |name: &str, text: &str| put(&dir.join(name), text.as_bytes());
        put("removal-plan.csv", &self.plan)?;
        put("removal-requests.json", &removal_script::requests(&self.steps))?;
        put(
            "removal.ps1",
            &removal_script::powershell(state.head.id.as_str(), &self.plan_sha256(), &self.steps),
        )?;
        let drift = self.balance.drift.iter().map(Drift::cells);
        put("drift.csv", &rows::text(&Drift::COLUMNS, drift, Format::Csv, false)?)?;
        put("reviewers.csv", &review_quality_csv(&self.review_quality)?)?;
        put("decisions.csv", &status::decisions_csv(state)?)?;
        Ok(dir)
    }
}

fn plan_csv(steps: &[remediation::Step]) -> Result<String, Failure> {
    let columns = [
        "order",
        "item_id",
        "principal_id",
        "principal_name",
        "entitlement_name",
        "decision",
        "by",
        "method_kind",
        "method",
        "url",
        "body",
        "instruction",
        "affected_count",
        "side_effects",
        "due",
    ];
    let rows = steps.iter().map(|s| {
        [
            s.order.to_string(),
            s.item_id.clone(),
            s.principal_id.clone(),
            s.principal_name.clone(),
            s.entitlement_name.clone(),
            s.decision.to_string(),
            s.by.to_string(),
            s.method_kind.to_string(),
            s.method.to_string(),
            s.url(),
            s.body.as_ref().map(ToString::to_string).unwrap_or_default(),
            s.instruction.clone(),
            s.affected_count.to_string(),
            s.side_effects.clone(),
            s.due.to_string(),
        ]
    });
    rows::text(&columns, rows, Format::Csv, false)
}

fn review_quality_csv(review_quality: &[ReviewQuality]) -> Result<String, Failure> {
    let columns = [
        "reviewer",
        "verdict",
        "because",
        "decided",
        "kept",
        "kept_with_findings",
        "same_comment",
        "seconds",
        "timed",
    ];
    let rows = review_quality.iter().map(|m| {
        [
            m.reviewer.to_string(),
            m.verdict.to_string(),
            m.because.clone(),
            m.decided.to_string(),
            m.kept.to_string(),
            m.kept_with_findings.to_string(),
            m.same_comment.to_string(),
            m.pace.map(|(s, _)| s.to_string()).unwrap_or_default(),
            m.pace.map(|(_, n)| n.to_string()).unwrap_or_default(),
        ]
    });
    rows::text(&columns, rows, Format::Csv, false)
}
