//! `CAP-04`: holders whom the policy that would protect an application leaves out.

use super::applications::{READS, applications, draft, named, tally};
use super::arithmetic::{Arithmetic, Demand};
use crate::check::define::check;
use crate::check::{Context, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_3, IA_2_1};
use crate::model::{CheckId, ReasonCode, Severity};

check! {
    /// Holders are excluded from the policy that asks for a second factor
    ///
    /// ## Why it matters
    /// An exclusion is made for a week, for a device that does not work or a person who is impatient, and stays for years.
    /// Whoever is excluded signs in with a password alone, at exactly the application that was thought protected.
    ///
    /// ## What it looks for
    /// For each policy in force that asks for a second factor at an application of a package: people who hold the package, whom the policy includes and excludes (by name, group, role or kind of guest), and of whom no other policy asks it.
    /// One finding a policy and application, with the number of people.
    /// The arithmetic is CAP-01's.
    ///
    /// ## Known false positives
    /// Accounts for emergencies that the configuration does not name as such (`populations.break_glass`).
    ///
    /// ## What to do
    /// Take the people out of the exclusion, or put them under a policy of their own that asks for a second factor.
    ///
    /// ## Examples
    /// Ana is excluded by name, Bo by a group, and Cy is excluded but covered by another policy:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-05 | add-to-group | di | bo | travellers |  |   |
    /// | 2026-01-05 | add-to-group | di | cy | travellers |  |   |
    /// | 2026-01-06 | conditional |  |  | two factors | all users, without user ana, without group travellers, app ledger, mfa | ◀ medium |
    /// | 2026-01-06 | conditional |  |  | for cy | user cy, app ledger, mfa |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody who holds a package is excluded:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | add-to-group | di | bo | travellers |  |   |
    /// | 2026-01-06 | conditional |  |  | two factors | all users, without group travellers, app ledger, mfa |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("CAP-04"),
        severity: Severity::Medium,
        practice: &["P6"],
        controls: &[AC_3, IA_2_1],
        thresholds: &[],
        reads: READS,
        shard_by: Shard::Whole,
        cost: "holders of packages' applications, each against the policies in force",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let Some(apps) = applications(cx, &mut out) else {
        return out;
    };
    let sums = Arithmetic::of(cx);
    for (app, given) in apps.iter().filter(|(_, g)| !g.holders.is_empty()) {
        let tally = tally(cx, &sums, app, given, Demand::MultiFactor);
        for (place, people) in &tally.excluded {
            let policy = sums.policies[*place];
            let mut draft = draft(cx, app, given);
            draft.object = std::mem::replace(&mut draft.subject, Thing::new("conditional_access_policy", policy.id.as_str(), &policy.name));
            draft.evidence.push(format!("conditional_access:{}", policy.id));
            draft.severity = Severity::Medium;
            draft.reason = "excluded";
            draft.message = format!(
                "the policy \"{}\", which asks for a second factor at {}, excludes {} of its package, and no other policy asks it of them: {}",
                policy.name,
                draft.object.name,
                words::many(people.len(), "holder"),
                named(cx, people)
            );
            draft.covers = people.iter().map(ToString::to_string).collect();
            draft.clears_when = "An end of the exclusion, or another policy in force that asks it of them.".into();
            out.push(cx.finding(draft));
        }
        if tally.excluded.is_empty() {
            if tally.unknown == 0 && cx.looked_whole(Table::Assignments) {
                out.pass_of(cx, &draft(cx, app, given), "no policy that asks for a second factor leaves out a holder");
            } else {
                let mut draft = draft(cx, app, given);
                let why = if tally.doubt.is_empty() {
                    "no complete snapshot of assignments tells who else holds it"
                } else {
                    &tally.doubt
                };
                draft.message = format!("whether a policy leaves out holders of {} is unknown: {why}", draft.subject.name);
                draft.clears_when = "Records of what is unknown, or a policy without conditions.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
        }
    }
    out
}
