//! `REG-01`: an entry of the register of exceptions that does not hold.

use crate::check::context::Part;
use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Thing, all, words};
use crate::config::Exception;
use crate::lake::table::Table;
use crate::model::controls::{AC_2_J, CC6_3, PCI_7_2_4};
use crate::model::{CheckId, Finding, ReasonCode, Severity, Verdict};

check! {
    /// An accepted exception has expired, has no owner, or matches nothing
    ///
    /// ## Why it matters
    /// An exception is a decision of somebody, for a reason and until a day.
    /// Once nobody answers for it, or its day has passed, it hides a risk that nobody has accepted.
    /// One that matches nothing hides whatever will match it one day.
    ///
    /// ## What it looks for
    /// Entries of `exceptions.toml` whose end has passed, that name no owner, or that match no finding of the checks that they are about.
    /// Expired and ownerless entries do not count: the findings that they are about are findings again.
    /// While a check cannot judge its whole population, an entry that matches nothing may match what could not be judged: that is not evaluable.
    ///
    /// ## Known false positives
    /// An entry that was written ahead of a change that is still to come.
    ///
    /// ## What to do
    /// Have the owner decide again: renew the entry with a new end, or let the finding stand and remove the access.
    /// Delete entries that match nothing.
    ///
    /// ## Examples
    /// Olga accepted that Ana's access has no end, until a day that has passed; nobody answers for Bo's; Cy has an end, so nothing is to be accepted:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-10 | deliver |  | ana | payroll | no end |   |
    /// | 2026-01-10 | deliver |  | bo | payroll | no end |   |
    /// | 2026-01-10 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-11 | except | olga | ana | payroll | EXP-01, until 2026-02-28 | ◀ medium |
    /// | 2026-01-11 | except |  | bo | payroll | EXP-01, until 2026-12-31 | ◀ medium |
    /// | 2026-01-11 | except | olga | cy | payroll | EXP-01, until 2026-12-31 | ◀ low |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Accepted by somebody, until a day that is still to come:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-10 | deliver |  | ana | payroll | no end |   |
    /// | 2026-01-11 | except | olga | ana | payroll | EXP-01, until 2026-12-31 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REG-01"),
        severity: Severity::Medium,
        practice: &["P2"],
        controls: &[AC_2_J, CC6_3, PCI_7_2_4],
        thresholds: &[],
        reads: Table::ALL,
        shard_by: Shard::Whole,
        cost: "the checks that entries are about, once more",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    let others = judged(cx);
    for entry in &cx.config.exceptions {
        let about: Vec<&Outcome> = others.iter().filter(|(id, _)| is_about(entry, *id)).map(|(_, o)| o).collect();
        let matched = about.iter().flat_map(|o| &o.findings).any(|f| f.result == Verdict::Finding && entry.is_of(f));
        let open = about.iter().flat_map(|o| &o.findings).any(|f| f.result == Verdict::NotEvaluable);
        out.findings.extend(match why(cx, entry) {
            Some((severity, reason, message)) => Some(found(cx, entry, severity, reason, &message)),
            None if matched => None,
            None if open => Some(undecided(cx, entry)),
            None => Some(found(cx, entry, Severity::Low, "unmatched", &format!("{} matches no finding", accepted(entry)))),
        });
        out.population += 1;
    }
    out.passed = out.population - out.findings.len();
    out
}

fn accepted(entry: &Exception) -> String {
    format!(
        "the exception for {}, accepted by {} until {},",
        entry.about(),
        entry.owner,
        words::day(entry.until.plus(-1))
    )
}

fn undecided(cx: &Context, entry: &Exception) -> Finding {
    let mut draft = draft(entry);
    draft.message = format!("{} matches no finding, and may match what could not be judged", accepted(entry));
    draft.clears_when = "What the check lacks to judge all of its population.".into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

fn is_about(entry: &Exception, id: CheckId) -> bool {
    entry.check.is_empty() || entry.check.eq_ignore_ascii_case(id.as_str())
}

/// What the checks say that entries are about.
fn judged(cx: &Context) -> Vec<(CheckId, Outcome)> {
    let wanted = |id: CheckId| id != CHECK.id && cx.config.exceptions.iter().any(|e| is_about(e, id));
    let checks = all().iter().filter(|c| wanted(c.id));
    let of = |check: &&'static crate::check::Check| (check.run)(&Context::new(cx.access, cx.config, cx.index, check, Part::WHOLE));
    checks.map(|c| (c.id, of(c))).collect()
}

/// Why an entry does not hold; `None` when it does.
fn why(cx: &Context, entry: &Exception) -> Option<(Severity, &'static str, String)> {
    let (about, last) = (entry.about(), words::day(entry.until.plus(-1)));
    if entry.until <= cx.as_of() {
        return Some((
            Severity::Medium,
            "expired",
            format!("the exception for {about} held until {last}, and has expired"),
        ));
    }
    let nobody = format!("the exception for {about} until {last} names nobody who answers for it");
    entry.owner.is_empty().then_some((Severity::Medium, "no-owner", nobody))
}

fn draft(entry: &Exception) -> Draft {
    let object = if entry.check.is_empty() { &entry.finding } else { &entry.check };
    Draft {
        subject: Thing::new("exception", &entry.id(), &format!("exception {}", entry.number)),
        object: Thing::new("check", object, ""),
        until: Some(entry.until),
        evidence: vec![format!("exceptions:{}", entry.number)],
        clears_when: "A new end and an owner for the entry, or its deletion.".into(),
        ..Draft::default()
    }
}

fn found(cx: &Context, entry: &Exception, severity: Severity, reason: &'static str, message: &str) -> Finding {
    cx.finding(Draft {
        severity,
        reason,
        message: message.into(),
        ..draft(entry)
    })
}
