//! `CAP-01`: an application of a package that no policy in force protects with a second factor.

use super::applications::{READS, applications, draft, named, tally};
use super::arithmetic::{Arithmetic, Demand};
use crate::check::define::check;
use crate::check::{Context, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{HIPAA_312_D, IA_2_1};
use crate::model::{CheckId, PackageId, ReasonCode, Severity};

check! {
    /// No policy asks for a second factor at a package's application
    ///
    /// ## Why it matters
    /// A package decides who may use an application, and Conditional Access under which conditions.
    /// Where no policy asks for a second factor, a stolen password has all that the package gives.
    ///
    /// ## What it looks for
    /// For each application that a package gives, directly or through a group that has it, and for each person who holds the package: whether a conditional-access policy that is in force includes the person and the application, excludes neither, and asks for a second factor at all ordinary sign-ins.
    /// All users, named users, groups (also through groups inside them), active directory roles, and guests by their kind are told apart; an exclusion wins over any inclusion.
    /// Blocking counts as asking; a compliant device as an alternative to a second factor counts, and so does per-user multi-factor authentication where it is on record.
    /// A policy that only reports does not count, nor one for sign-ins at risk, for old protocols or for workload identities.
    /// Where a policy covers some places, platforms or devices only, or has a condition that is not known, nobody can tell, and the row says so.
    /// It weighs high for applications of sensitive packages.
    /// People whom a policy would cover but for an exclusion are CAP-04's.
    ///
    /// ## Known false positives
    /// A second factor that is asked by another identity provider, or per user where exports do not tell it.
    ///
    /// ## What to do
    /// Put the application, or all applications, under a policy that requires multi-factor authentication and is in force.
    ///
    /// ## Examples
    /// The one policy in force is for another application, and the one for all only reports:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger | ◀ medium |
    /// | 2026-01-01 | package |  |  | library | app catalogue |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-01-06 | conditional |  |  | two factors | all users, app catalogue, mfa |   |
    /// | 2026-01-06 | conditional |  |  | pilot | all users, all apps, mfa, report only |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A policy for a group covers Ana, who is in it, and not Bo; the application comes through a group of the package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | group-app |  |  | safe | vault | ◀ keys |
    /// | 2026-01-02 | package |  |  | keys | app unused-door |   |
    /// | 2026-01-05 | deliver |  | ana | keys |  |   |
    /// | 2026-01-05 | deliver |  | bo | keys |  |   |
    /// | 2026-01-05 | add-to-group | cy | ana | staff |  |   |
    /// | 2026-01-06 | conditional |  |  | for staff | group staff, app safe, mfa |   |
    /// | 2026-01-06 | conditional |  |  | for the door | all users, app unused-door, strength |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// All users and all applications; a condition of one policy is not known, another is for some places only:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-01 | package |  |  | library | app catalogue | ? |
    /// | 2026-01-01 | package |  |  | projects | app board | ? |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-01-05 | deliver |  | cy | projects |  |   |
    /// | 2026-01-06 | conditional |  |  | most | all users, all apps, without app catalogue, without app board, mfa |   |
    /// | 2026-01-06 | conditional |  |  | by the moon | all users, app catalogue, mfa, moon phase |   |
    /// | 2026-01-06 | conditional |  |  | from outside | all users, app board, mfa, outside trusted places |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Everybody is covered, and so is the guest:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | gil | payroll |  |   |
    /// | 2026-01-06 | conditional |  |  | own people | all users, without guests, all apps, mfa |   |
    /// | 2026-01-06 | conditional |  |  | partners | guests, all apps, strength |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// No policy is in force, so security defaults may be:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger | ? |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-06 | conditional |  |  | pilot | all users, all apps, mfa, report only |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("CAP-01"),
        severity: Severity::High,
        practice: &["P6"],
        controls: &[IA_2_1, HIPAA_312_D],
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
        let mut draft = draft(cx, app, given);
        let name = draft.subject.name.clone();
        let policies = cx.access.governance.conditional.iter();
        draft.evidence.extend(policies.map(|p| format!("conditional_access:{}", p.id)));
        let all = words::many(given.holders.len(), "holder");
        if !tally.bare.is_empty() {
            let sensitive = given.packages.iter().find_map(|p| cx.sensitive(&PackageId::new(p)));
            (draft.severity, draft.reason) = match &sensitive {
                Some(_) => (Severity::High, "no-second-factor-sensitive"),
                None => (Severity::Medium, "no-second-factor"),
            };
            let class = sensitive.map_or_else(String::new, |why| format!("; the package is sensitive, since {why}"));
            draft.message = format!(
                "of {all} of {name}, in {}, no policy in force asks {} for a second factor: {}{class}",
                draft.object.name,
                tally.bare.len(),
                named(cx, &tally.bare)
            );
            draft.covers = tally.bare.iter().map(ToString::to_string).collect();
            draft.clears_when = "A policy in force that includes them and the application and asks for a second factor.".into();
            out.push(cx.finding(draft));
        } else if tally.unknown > 0 || !cx.looked_whole(Table::Assignments) {
            let why = if tally.doubt.is_empty() {
                "no complete snapshot of assignments tells who else holds it".to_string()
            } else {
                tally.doubt
            };
            draft.message = format!(
                "whether a second factor is asked of all holders of {name}, in {}, is unknown: {why}",
                draft.object.name
            );
            draft.clears_when = "A policy that covers the application without conditions, or records of what is unknown.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        } else {
            out.pass_of(cx, &draft, format_args!("a policy in force asks all {all} for a second factor"));
        }
    }
    out
}
