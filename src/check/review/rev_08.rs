//! `REV-08`: reviewers whom nobody reminds.

use super::items::{instances_of, object_of, of_series};
use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Thing};
use crate::lake::table::Table;
use crate::model::controls::AC_2_J;
use crate::model::{CheckId, ReasonCode, Severity};

check! {
    /// Reviewers are not reminded
    ///
    /// ## Why it matters
    /// Reviewers have other work: without a reminder at half time a review ends with its items open.
    ///
    /// ## What it looks for
    /// Review series in which reminders are switched off (`reminderNotificationsEnabled`).
    /// The reviews of a package's policy have no such setting: Entra always reminds their reviewers.
    /// When Entra did remind somebody is on no record, and not judged.
    ///
    /// ## Known false positives
    /// Reviews whose reviewers are reminded by another tool.
    ///
    /// ## What to do
    /// Switch reminders on.
    ///
    /// ## Examples
    /// Switched off, and on:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | series |  |  | payroll | every P3M, no reminders | ◀ low |
    /// | 2026-01-01 | series |  |  | library | every P3M |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// On, and a record that does not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-01-01 | series |  |  | library | every P3M, reminders untold | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-08"),
        severity: Severity::Low,
        practice: &["P2"],
        controls: &[AC_2_J],
        thresholds: &[],
        reads: &[Table::ReviewDefinitions, Table::ReviewInstances, Table::Packages, Table::Policies, Table::Assignments, Table::ResourceRoles, Table::Groups, Table::ServicePrincipals, Table::RoleDefinitions, Table::Catalogs],
        shard_by: Shard::Whole,
        cost: "one pass over each review series",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.governance.series.is_empty() && !cx.looked_at(Table::ReviewDefinitions) {
        let message = "no review series are in the lake, so whether reviewers are reminded is unknown";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::ReviewDefinitions, message, "Ingest access review definitions."),
            0,
        );
        return out;
    }
    for (id, series) in cx.access.governance.series.iter().filter(|(_, s)| !s.removed) {
        let mut draft = Draft {
            subject: Thing::new("review", id, &series.name),
            object: object_of(cx, series),
            evidence: of_series(id, instances_of(cx, id))
                .into_iter()
                .filter(|e| e.starts_with("review_definitions"))
                .collect(),
            ..Draft::default()
        };
        match series.reminders {
            Some(true) => out.pass_of(cx, &draft, "reminders are on"),
            Some(false) => {
                draft.severity = Severity::Low;
                draft.reason = "no-reminders";
                draft.message = format!("reviewers of \"{}\", which reviews {}, are not reminded", draft.subject.name, draft.object.name);
                draft.clears_when = "Reminders that are switched on.".into();
                out.push(cx.finding(draft));
            }
            None => {
                draft.message = format!(
                    "the record of the review \"{}\" does not tell whether its reviewers are reminded",
                    draft.subject.name
                );
                draft.clears_when = "An export of the review with its settings.".into();
                out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
            }
        }
    }
    out
}
