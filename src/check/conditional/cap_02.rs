//! `CAP-02`: an application of a sensitive package that can be used from any place and any device.

use super::applications::{READS, applications, draft, named, tally};
use super::arithmetic::{Arithmetic, Demand};
use crate::check::define::check;
use crate::check::{Context, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_3, AC_19};
use crate::model::{CheckId, PackageId, ReasonCode, Severity};

check! {
    /// A sensitive package's application is open to any place and device
    ///
    /// ## Why it matters
    /// Two factors can be phished from a person who sits anywhere, and used from a machine that nobody looks after.
    /// What a sensitive package gives should be reached from a known place or a managed device.
    ///
    /// ## What it looks for
    /// For each application that a sensitive package gives, and for each person who holds it: whether a policy in force blocks other places, or asks for a compliant or joined device, with the same arithmetic as CAP-01.
    /// Packages that are not sensitive are left out.
    ///
    /// ## Known false positives
    /// Applications that a network or a gateway of the house already shields.
    ///
    /// ## What to do
    /// Block sign-ins to the application from other than trusted places, or require a compliant device.
    ///
    /// ## Examples
    /// A second factor is asked, and nothing about place or device:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | app safe | ◀ medium |
    /// | 2026-01-01 | package |  |  | keys | sensitive |   |
    /// | 2026-01-01 | package |  |  | library | app catalogue |   |
    /// | 2026-01-05 | deliver |  | ana | keys |  |   |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-01-06 | conditional |  |  | two factors | all users, all apps, mfa |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Either is enough: one application is blocked from outside, the other asks for a compliant device:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | app safe |   |
    /// | 2026-01-01 | package |  |  | keys | sensitive |   |
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-01 | package |  |  | payroll | sensitive |   |
    /// | 2026-01-05 | deliver |  | ana | keys |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-06 | conditional |  |  | at home | all users, app safe, block, outside trusted places |   |
    /// | 2026-01-06 | conditional |  |  | managed | all users, app ledger, compliant device |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("CAP-02"),
        severity: Severity::Medium,
        practice: &["P6"],
        controls: &[AC_3, AC_19],
        thresholds: &[],
        reads: READS,
        shard_by: Shard::Whole,
        cost: "holders of sensitive packages' applications, each against the policies in force",
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
        let classes: Vec<Known> = given.packages.iter().map(|p| cx.is_sensitive(&PackageId::new(p))).collect();
        let class = classes.iter().find_map(|k| k.clone().yes());
        if class.is_none() && classes.iter().all(|k| *k == Known::No) {
            continue;
        }
        let tally = tally(cx, &sums, app, given, Demand::PlaceOrDevice);
        let bare: Vec<_> = tally.bare.iter().chain(tally.excluded.values().flatten()).copied().collect();
        let mut draft = draft(cx, app, given);
        let name = draft.subject.name.clone();
        let policies = cx.access.governance.conditional.iter();
        draft.evidence.extend(policies.map(|p| format!("conditional_access:{}", p.id)));
        match class {
            Some(why) if !bare.is_empty() => {
                draft.severity = Severity::Medium;
                draft.reason = "any-place-any-device";
                draft.message = format!(
                    "{} of {name}, in {}, can use it from any place and any device: {}; the package is sensitive, since {why}",
                    words::many(bare.len(), "holder"),
                    draft.object.name,
                    named(cx, &bare)
                );
                draft.clears_when = "A policy in force that blocks other places, or asks for a managed device, for them and the application.".into();
                out.push(cx.finding(draft));
            }
            Some(_) if tally.unknown == 0 && cx.looked_whole(Table::Assignments) => {
                out.pass_of(cx, &draft, "a policy in force asks all holders for a known place or a managed device")
            }
            told => {
                let why = match (told, tally.doubt.is_empty()) {
                    (None, _) => "whether its package is sensitive is not on record".to_string(),
                    (Some(_), true) => "no complete snapshot of assignments tells who else holds it".into(),
                    (Some(_), false) => tally.doubt,
                };
                draft.message = format!(
                    "whether {name}, in {}, asks for a known place or a managed device is not decided: {why}",
                    draft.object.name
                );
                draft.clears_when = "Records of what is unknown, or a policy without conditions.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
        }
    }
    out
}
