//! `REV-07`: reviews in which holders decide, or silence does.

use super::items::{instances_of, object_of, of_series};
use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Thing};
use crate::lake::table::Table;
use crate::ledger::governance::NoResponse;
use crate::model::controls::{AC_5, PCI_7_2_4};
use crate::model::{CheckId, ReasonCode, Severity};

check! {
    /// Holders review themselves, or silence keeps the access
    ///
    /// ## Why it matters
    /// Nobody gives up what may be useful one day: who is asked about their own access keeps it.
    /// And where silence keeps, a review that everybody ignores is a review that everybody passes.
    ///
    /// ## What it looks for
    /// Policies and review series that are on, in which holders review themselves, or in which access that nobody decided on is kept, or goes by Entra's recommendation, which looks at sign-ins to the tenant and not at the use of this access.
    ///
    /// ## Known false positives
    /// A first stage in which holders say what they still need, with a second one that decides.
    ///
    /// ## What to do
    /// Name a reviewer who is not the holder, and have silence remove the access.
    ///
    /// ## Examples
    /// Themselves, silence keeps, and a series that follows the recommendation:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | review P3M, self review, silence removeAccess | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | review P3M, own review, silence keepAccess | ◀ medium |
    /// | 2026-01-01 | policy |  |  | keys | review P3M, own review, silence removeAccess |   |
    /// | 2026-01-01 | series |  |  | keys | every P3M, silence recommendation | ◀ low |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A reviewer decides, and silence removes; of one policy nobody knows; one has no review:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | review P3M, own review, silence removeAccess |   |
    /// | 2026-01-01 | policy |  |  | library | review P3M | ? |
    /// | 2026-01-01 | policy |  |  | keys | no review |   |
    /// | 2026-01-01 | series |  |  | payroll | every P3M, silence deny |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-07"),
        severity: Severity::Medium,
        practice: &["P2"],
        controls: &[AC_5, PCI_7_2_4],
        thresholds: &[],
        reads: &[Table::Policies, Table::ReviewDefinitions, Table::ReviewInstances, Table::Packages, Table::Assignments, Table::ResourceRoles, Table::Groups, Table::ServicePrincipals, Table::RoleDefinitions, Table::Catalogs],
        shard_by: Shard::Whole,
        cost: "one pass over each policy and review series",
        run,
    }
}

/// What a review's settings are.
struct Settings {
    is_self: Option<bool>,
    silence: NoResponse,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let policies = !cx.access.policies.is_empty() || cx.looked_at(Table::Policies);
    if !policies && cx.access.governance.series.is_empty() && !cx.looked_at(Table::ReviewDefinitions) {
        let message = "no assignment policies and no review series are in the lake, so who reviews is unknown";
        out.push_for(
            cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Policies,
                message,
                "Ingest assignment policies and review definitions.",
            ),
            0,
        );
        return out;
    }
    for (table, what) in [(Table::Policies, "assignment policies"), (Table::ReviewDefinitions, "review definitions")] {
        cx.need(&mut out, table, what);
    }
    for (id, policy) in cx.access.policies.iter().filter(|(_, p)| !p.removed && p.review_enabled != Some(false)) {
        let told = cx.access.governance.targets.get(id);
        let settings = Settings {
            is_self: if policy.self_review { Some(true) } else { told.and_then(|t| t.is_self) },
            silence: told.map_or(NoResponse::Unknown, |t| t.no_response),
        };
        let draft = Draft {
            subject: Thing::new("policy", id.as_str(), &policy.name),
            object: policy.package.as_ref().map(|p| cx.package(p)).unwrap_or_default(),
            evidence: vec![format!("policies:{id}")],
            ..Draft::default()
        };
        judge(cx, draft, policy.review_enabled, &settings, &mut out);
    }
    for (id, series) in cx.access.governance.series.iter().filter(|(_, s)| !s.removed) {
        let settings = Settings {
            is_self: series.is_self,
            silence: series.no_response,
        };
        let draft = Draft {
            subject: Thing::new("review", id, &series.name),
            object: object_of(cx, series),
            evidence: of_series(id, instances_of(cx, id))
                .into_iter()
                .filter(|e| e.starts_with("review_definitions"))
                .collect(),
            ..Draft::default()
        };
        judge(cx, draft, Some(true), &settings, &mut out);
    }
    out
}

fn judge(cx: &Context, mut draft: Draft, on: Option<bool>, settings: &Settings, out: &mut Outcome) {
    let mut wrong = Vec::new();
    if settings.is_self == Some(true) {
        wrong.push((Severity::Medium, "self-review", "holders review themselves"));
    }
    match settings.silence {
        NoResponse::Keeps => wrong.push((Severity::Medium, "silence-keeps", "access that nobody decides on is kept")),
        NoResponse::Recommendation => {
            wrong.push((
                Severity::Low,
                "silence-follows",
                "access that nobody decides on goes by the recommendation, which knows sign-ins to the tenant only",
            ));
        }
        _ => {}
    }
    let of = if draft.subject.kind == "policy" {
        "the review of the policy"
    } else {
        "the review"
    };
    let what = format!("{of} \"{}\" of {}", draft.subject.name, draft.object.name);
    if let (Some((_, reason, _)), Some(true)) = (wrong.first(), on) {
        let told: Vec<&str> = wrong.iter().map(|(.., text)| *text).collect();
        draft.severity = wrong.iter().map(|w| w.0).max().unwrap_or(Severity::Low);
        draft.reason = reason;
        draft.message = format!("in {what}, {}", told.join(", and "));
        draft.clears_when = "A reviewer who is not the holder, and silence that removes.".into();
        out.push(cx.finding(draft));
    } else if on.is_none() || settings.is_self.is_none() || settings.silence == NoResponse::Unknown {
        draft.message = format!("no record of {what} tells who reviews and what happens when nobody decides");
        draft.clears_when = "An export of it with its review settings.".into();
        out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
    } else {
        out.pass_of(cx, &draft, "nobody reviews themselves, and no response does not keep access");
    }
}
