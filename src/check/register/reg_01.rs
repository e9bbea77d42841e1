//! `REG-01`: an entry of the register of exceptions that does not hold.

use crate::check::accept::Names;
use crate::check::context::Part;
use crate::check::define::check;
use crate::check::{Check, Context, Draft, Outcome, Shard, Thing, own, words};
use crate::config::{Config, Exception};
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
    /// Entries of the register whose end has passed, that name no owner, that go by a name of several, or that match no finding of the checks that they are about.
    /// The register is made of `exceptions.toml` and of what reviewers decided as exceptions in campaigns that are closed; the newest decision about an access counts.
    /// Expired, ownerless and ambiguous entries do not count: the findings that they are about are findings again.
    /// An entry that a later one of the same words renews is done with, and so is what a campaign granted and nothing is found of any more: a decision stays on record.
    /// While a check cannot judge its whole population, an entry that matches nothing may match what could not be judged: that is not evaluable.
    ///
    /// ## Known false positives
    /// An entry that was written ahead of a change that is still to come.
    ///
    /// ## What to do
    /// Have the owner decide again: renew the entry with a new end, or let the finding stand and remove the access.
    /// Delete entries that match nothing, and name accounts by object id where a name has several.
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
        cost: "what other checks found, once for each entry",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    let own;
    let others = match cx.judged() {
        Some(judged) => judged,
        None => {
            own = judged(cx);
            &own
        }
    };
    let names = Names::of(cx.access, cx.config);
    for entry in &cx.config.exceptions {
        match judge(cx, entry, others, &names) {
            Some(row) => out.push(row),
            None => out.pass(),
        }
    }
    out
}

/// What is wrong with an entry.
fn judge(cx: &Context, entry: &Exception, others: &[(CheckId, Outcome)], names: &Names) -> Option<Finding> {
    let rows = others.iter().filter(|(id, _)| is_about(entry, *id)).flat_map(|(_, o)| &o.findings);
    let (mut matched, mut open, mut part) = (false, false, None);
    for row in rows {
        matched |= row.result == Verdict::Finding && entry.is_of(row);
        if row.result == Verdict::Finding && entry.is_of_a_part(row) {
            part = Some(row);
        }
        open |= row.result == Verdict::NotEvaluable;
    }
    let granted = !entry.campaign.is_empty();
    if renewed(cx.config, entry) || !entry.has_begun(cx.as_of()) {
        return None;
    }
    if granted && !matched && part.is_none() {
        // It hides nothing while it holds; once it is over, access that could not be judged may still rest on it.
        return (open && entry.until <= cx.as_of()).then(|| undecided(cx, entry));
    }
    if let Some((severity, reason, message)) = why(cx, entry, names) {
        return Some(found(cx, entry, severity, reason, &message));
    }
    if let Some(row) = part.filter(|row| !matched && !is_accepted_with_others(cx, row)) {
        let message = format!(
            "{} is for one of {} of a finding of {}, which stays one until each of them is accepted",
            accepted(entry),
            words::many(row.covers.len(), "assignment"),
            row.check
        );
        return Some(found(cx, entry, Severity::Low, "partial", &message));
    }
    match (matched || part.is_some(), open) {
        (true, _) => None,
        (false, true) => Some(undecided(cx, entry)),
        (false, false) => Some(found(cx, entry, Severity::Low, "unmatched", &format!("{} matches no finding", accepted(entry)))),
    }
}

/// Whether entries that hold accept every assignment of a finding about several.
fn is_accepted_with_others(cx: &Context, row: &Finding) -> bool {
    let held = |a: &String| {
        let its = cx
            .config
            .exceptions
            .iter()
            .filter(|e| e.is_of_a_part(row) && e.assignment.eq_ignore_ascii_case(a));
        its.into_iter().any(|e| e.holds(cx.as_of()))
    };
    row.covers.iter().all(held)
}

/// Whether another entry says the same for longer.
fn renewed(config: &Config, entry: &Exception) -> bool {
    let same = |e: &&Exception| e.number != entry.number && e.id() == entry.id();
    let later = |e: &Exception| (e.until, e.number) > (entry.until, entry.number);
    config.exceptions.iter().filter(same).any(later)
}

/// Whether what a check finds can decide about an entry of the register.
pub(in crate::check) fn rests_on(config: &Config, id: CheckId) -> bool {
    config.exceptions.iter().any(|e| is_about(e, id))
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

/// What the checks say that entries are about, where nobody has asked them before.
fn judged(cx: &Context) -> Vec<(CheckId, Outcome)> {
    let checks = own::catalogue(cx.config).into_iter().filter(|c| c.id != CHECK.id && rests_on(cx.config, c.id));
    let of = |check: &'static Check| (check.run)(&Context::new(cx.access, cx.config, cx.index, check, Part::WHOLE));
    checks.map(|c| (c.id, of(c))).collect()
}

/// Why an entry does not hold; `None` when it does.
fn why(cx: &Context, entry: &Exception, names: &Names) -> Option<(Severity, &'static str, String)> {
    let (about, last) = (entry.about(), words::day(entry.until.plus(-1)));
    if entry.until <= cx.as_of() {
        let message = format!("the exception for {about} held until {last}, and has expired");
        return Some((Severity::Medium, "expired", message));
    }
    if entry.owner.is_empty() {
        let message = format!("the exception for {about} until {last} names nobody who answers for it");
        return Some((Severity::Medium, "no-owner", message));
    }
    let several = names.ambiguous(entry)?;
    let message = format!("the exception for {about} until {last} does not hold: {several}, and nobody can tell which is meant");
    Some((Severity::Medium, "ambiguous", message))
}

fn draft(entry: &Exception) -> Draft {
    let object = if entry.check.is_empty() { &entry.finding } else { &entry.check };
    Draft {
        subject: Thing::new("exception", &entry.id(), &format!("exception {}", entry.number)),
        object: Thing::new("check", object, ""),
        until: Some(entry.until),
        evidence: std::iter::once(format!("exceptions:{}", entry.number))
            .chain(entry.evidence.iter().filter(|e| e.contains(':')).cloned())
            .collect(),
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
