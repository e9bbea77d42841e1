//! What a campaign was to be, in words: its scope and what was left out, its reviewers, what silence means, its times.
//!
//! An undisclosed filter makes a population worthless, so these words go wherever the population is shown.

use crate::campaign::plan::{Justify, NoResponse, Plan, Rule, RuleKind};
use crate::campaign::state::State;

impl NoResponse {
    /// What it means, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Keep => "If you do not respond, the access is kept and recorded as \"no response\".",
            Self::Remove => "If you do not respond, the access is removed after the review closes.",
            Self::Escalate => "If you do not respond, it is escalated to your manager.",
            Self::Recommendation => "If you do not respond, the recommendation is followed where there is one.",
        }
    }
}

impl NoResponse {
    /// What it means in a stage: without a second decision the first one stands, wherever nobody is asked instead.
    #[must_use]
    pub fn sentence_in(self, stage: u8) -> &'static str {
        match (self, stage) {
            (Self::Escalate, _) | (_, 1) => self.sentence(),
            _ => SECOND,
        }
    }
}

/// What no response means in the second stage.
pub const SECOND: &str = "If you do not respond, the first decision stands, and is recorded as without a second one.";

impl Justify {
    /// For which decisions a reason is required, in words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Keep => "to keep access",
            Self::Revoke => "to remove access",
            Self::Modify => "to change access",
            Self::Exception => "to grant a temporary exception",
            Self::KeepSensitive => "to keep sensitive access",
            Self::KeepAgainst => "to keep access against the recommendation",
        }
    }
}

/// The terms of a campaign, each with its words; people are named as the plan names them.
#[must_use]
pub fn terms(state: &State) -> Vec<(&'static str, String)> {
    match &state.head.entra_instance {
        // What Entra was told stands in its own records: the plan of an adopted review is empty.
        Some(instance) => vec![(
            "scope",
            format!("what the review instance {instance} of Entra listed; its reviewers, times and silence are those that Entra recorded"),
        )],
        None => planned(&state.plan),
    }
}

fn planned(plan: &Plan) -> Vec<(&'static str, String)> {
    let scope = &plan.scope;
    let kinds: Vec<&str> = scope.kinds.iter().map(|k| k.as_str()).collect();
    let mut out = vec![(
        "scope",
        format!("{}; what is held of any other kind is outside of the population", kinds.join(", ")),
    )];
    let narrowed = [
        ("only packages", &scope.packages),
        ("only catalogs", &scope.catalogs),
        ("only groups", &scope.groups),
        ("only roles", &scope.roles),
        ("only holders of the class", &scope.classes),
        ("only with a finding of", &scope.findings),
    ];
    out.extend(
        narrowed
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| (*name, list.join(", "))),
    );
    if let Some(sensitive) = scope.sensitive {
        out.push(("only", if sensitive { "sensitive items" } else { "items that are not sensitive" }.to_string()));
    }
    let left_out = if scope.exclude_packages.is_empty() {
        "nothing".to_string()
    } else {
        format!("{}, because: {}", scope.exclude_packages.join(", "), scope.exclude_because)
    };
    out.push(("left out", left_out));
    out.extend((1..).zip(&plan.reviewers).map(|(n, r)| ("reviewers", format!("{n}. {}", rule(r)))));
    out.push((
        "reviewers",
        "else unassigned; never the holder, nor who assigned or added it, nor a guest over a member, nor who cannot act; who approved the request or asked for it, reports to the holder (directly or through others) or is reviewed by the holder is disclosed".into(),
    ));
    out.extend(plan.second.iter().map(|(sensitive, r)| {
        let of = if *sensitive { "sensitive items" } else { "all items" };
        ("second stage", format!("of {of}: {}", rule(r)))
    }));
    if !plan.absent.is_empty() {
        out.push(("absent reviewers", plan.absent.join(", ")));
    }
    out.push(("no response", plan.no_response.sentence().to_string()));
    if plan.no_response == NoResponse::Escalate {
        let to = if plan.escalate_to.is_empty() {
            "the reviewer's manager"
        } else {
            &plan.escalate_to
        };
        out.push(("escalation", format!("to {to}, with {} days more", plan.escalate_days)));
    }
    let mut asked: Vec<&str> = vec![Justify::Exception.sentence()];
    asked.extend(plan.justification.iter().filter(|j| **j != Justify::Exception).map(|j| j.sentence()));
    out.push(("reason", format!("required {}", asked.join(", "))));
    out.push((
        "time to decide",
        format!("{} days, to the end of the last; repeated every {}", plan.due_days, plan.recurrence),
    ));
    let steps: Vec<String> = plan.reminders.iter().map(crate::campaign::plan::Step::name).collect();
    out.push(("reminders", if steps.is_empty() { "none".into() } else { steps.join(", ") }));
    let stale = if plan.refuse_stale { "refused" } else { "disclosed as a warning" };
    out.push(("sources", format!("older than {} days at the opening are {stale}", plan.max_age_days)));
    out.push((
        "removal",
        format!(
            "to be proved within {} business days of the close, {} for sensitive items",
            plan.sla_days, plan.sla_sensitive_days
        ),
    ));
    out
}

fn rule(rule: &Rule) -> String {
    let who = match rule.kind {
        RuleKind::Manager => "the holder's manager".to_string(),
        RuleKind::Approver => "who approved the request, else an approver of the policy".into(),
        RuleKind::Owner => "an owner of the resource".into(),
        RuleKind::CatalogOwner => {
            let owners: Vec<String> = rule.owners.iter().map(|(catalog, person)| format!("{person} for {catalog}")).collect();
            format!("named for the catalog: {}", owners.join(", "))
        }
        RuleKind::Person => format!("named: {}", rule.persons.join(", ")),
    };
    let packages = if rule.packages.is_empty() {
        String::new()
    } else {
        format!(", for {} only", rule.packages.join(", "))
    };
    let sensitive = match rule.sensitive {
        None => "",
        Some(true) => ", for sensitive items only",
        Some(false) => ", for items that are not sensitive",
    };
    format!("{who}{packages}{sensitive}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_with_its_reason() {
        let text = "name = \"Q\"\nsilence = \"remove\"\n[scope]\nkinds = [\"group\"]\nexclude_packages = [\"Badges\"]\nexclude_because = \"a rule gives them\"\n\
                    [[reviewers]]\nby = \"person\"\npersons = [\"ana@corp.example\"]\nsensitive = true\n";
        let told = planned(&Plan::parse(text, &[]).expect("a plan"));
        let of = |name: &str| told.iter().filter(|(n, _)| *n == name).map(|(_, t)| t.as_str()).collect::<Vec<_>>().join(" | ");
        assert_eq!(of("scope"), "group; what is held of any other kind is outside of the population");
        assert_eq!(of("left out"), "Badges, because: a rule gives them");
        assert!(of("reviewers").starts_with("1. named: ana@corp.example, for sensitive items only | else unassigned"));
        assert_eq!(of("no response"), "If you do not respond, the access is removed after the review closes.");
    }
}
