//! `SEG-03`: somebody from outside whose access has no end, or one after their contract's.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::{Account, Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::AC_2_2;
use crate::model::{CheckId, Holding, ReasonCode, Severity};

check! {
    /// Somebody from outside holds a package without an end, or past their contract's
    ///
    /// ## Why it matters
    /// A contract ends on a day, and the house hears of it late or never.
    /// An end date is the one thing that takes the access away when nobody thinks of it.
    ///
    /// ## What it looks for
    /// A package held by a contractor, a partner or a guest, whose assignment has no end, or an end after the day on which the person leaves (`employeeLeaveDateTime`).
    /// Access of people who have left already is ORP-02's.
    /// Packages that a rule assigns are left out: the rule takes them away.
    ///
    /// ## Known false positives
    /// People from outside who stay for good: make them members, or give them a yearly end.
    ///
    /// ## What to do
    /// Set an end, at the latest the day on which the contract ends.
    ///
    /// ## Examples
    /// A guest without an end, a contractor whose access outlasts the contract:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | post |  | cora |  | type Contractor |   |
    /// | 2026-01-05 | deliver |  | gil | projects | no end | ◀ medium |
    /// | 2026-01-05 | deliver |  | cora | library | until 2026-12-31 | ◀ low |
    /// | 2026-06-30 | leave |  | cora |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Ends in time, an employee without one, and an account of which nobody knows the type:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | post |  | cora |  | type Contractor |   |
    /// | 2026-01-01 | post |  | ana |  | type Employee |   |
    /// | 2026-01-01 | user |  | uma |  | type untold |   |
    /// | 2026-01-05 | deliver |  | gil | projects | until 2026-06-30 |   |
    /// | 2026-01-05 | deliver |  | cora | library | until 2026-06-30 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll | no end |   |
    /// | 2026-01-05 | deliver |  | uma | payroll | no end | ? |
    /// | 2026-12-31 | leave |  | cora |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-03"),
        severity: Severity::Medium,
        practice: &["P5", "P4"],
        controls: &[AC_2_2],
        thresholds: &[],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "one pass over each package held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    cx.leaves_untold(&mut out);
    for (holding, _) in cx.held_packages() {
        if cx.account(&holding.principal).is_person() == Some(false) || cx.left(holding).is_some() {
            continue;
        }
        match cx.by_rule(holding) {
            Some(true) => {}
            by_rule => judge(cx, holding, by_rule.is_some(), &mut out),
        }
    }
    out
}

fn judge(cx: &Context, holding: &Holding, rule_known: bool, out: &mut Outcome) {
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let person = cx.access.people.get(&holding.principal);
    let endless = holding.no_expiration && holding.scheduled_until.is_none();
    let outlasts = holding.scheduled_until.zip(person.and_then(|p| p.leave_at)).filter(|(end, leave)| leave < end);
    let untold = holding.scheduled_until.is_none() && !holding.no_expiration;
    let kind = cx.who(&holding.principal);
    let in_doubt = endless || outlasts.is_some() || untold;
    let population = match kind {
        Ok((population, _)) if !population.is_external() => return pass(cx, holding, rule_known, &draft, "of the house", out),
        Ok((population, _)) => population,
        // Whoever of the people it is, an end in time is right.
        Err(_) if !in_doubt && matches!(cx.account(&holding.principal), Account::Member | Account::Guest) => {
            return pass(cx, holding, rule_known, &draft, "an end in time is set", out);
        }
        Err(why) => {
            draft.message = format!("{who} holds {what}, and whether it must end is unknown: {why}");
            draft.clears_when = "A snapshot of users, with userType and employeeType, that lists the account.".into();
            return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
    };
    if let Some(person) = person {
        draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    }
    let kind = population.as_str();
    if untold || !rule_known {
        draft.message = format!("the {kind} {who} holds {what}, and no record tells whether it has an end");
        draft.clears_when = "A snapshot of the assignment and of its policy.".into();
        out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
    } else if endless {
        draft.severity = Severity::Medium;
        draft.reason = "no-end";
        draft.message = format!("the {kind} {who} holds {what} {}, and the assignment has no end", since(holding));
        draft.clears_when = "An end of the assignment.".into();
        out.push(cx.finding(draft));
    } else if let Some((end, leave)) = outlasts {
        draft.severity = Severity::Low;
        draft.reason = "outlasts-contract";
        draft.message = format!(
            "the {kind} {who} leaves on {} and holds {what} until {}, {} later",
            words::day(leave),
            words::day(end),
            words::duration(end.0 - leave.0)
        );
        draft.clears_when = "An end of the assignment on the day the contract ends, or a corrected leave date.".into();
        out.push(cx.finding(draft));
    } else {
        pass(cx, holding, true, &draft, "an end in time is set", out);
    }
}

/// Nothing is wrong, whoever assigned it; who a rule gave it to is not asked about.
fn pass(cx: &Context, holding: &Holding, rule_known: bool, draft: &Draft, seen: &str, out: &mut Outcome) {
    if !cx.leave_told(&holding.principal) {
        // Whether they are to leave before is unknown, which the row for the tenant says of listed accounts.
        if !cx.is_listed(&holding.principal) {
            let message = "no snapshot of users lists some of the holders, so whether they leave before their access ends is unknown";
            out.push(cx.lacking(ReasonCode::JoinMissing, Table::Users, message, "Export users with employeeLeaveDateTime."));
        }
        return;
    }
    if rule_known {
        return out.pass_of(cx, draft, seen);
    }
    let message = "some access is by policies that are not on record, so whether a rule assigned it is unknown";
    out.push(cx.lacking(ReasonCode::JoinMissing, Table::Policies, message, "Ingest assignment policies."));
}
