//! `campaign.toml`: what a campaign is to be; every mistake is told at once.

use crate::campaign::language::Language;
use crate::campaign::model::Reviewer;
use crate::campaign::notification::{GraphMail, Sender, Smtp};
use crate::config::did_you_mean;
use crate::model::access::words;
use crate::model::{EntitlementKind, IsoDuration};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The commented file that `campaign init` prints.
pub const TEMPLATE: &str = include_str!("template.toml");

words! {
    /// What it means when nobody answers.
    NoResponse {
        /// The access stays.
        Keep => "keep",
        /// The access goes.
        Remove => "remove",
        /// Somebody higher is asked.
        Escalate => "escalate",
        /// What the evidence speaks for.
        Recommendation => "recommendation",
    }
}

words! {
    /// When a justification is asked.
    Justify {
        /// For every decision to keep.
        Keep => "keep",
        /// For every revocation.
        Revoke => "revoke",
        /// For every modification.
        Modify => "modify",
        /// For every exception.
        Exception => "exception",
        /// For keeping what is sensitive.
        KeepSensitive => "keep-sensitive",
        /// For keeping what the evidence speaks against.
        KeepAgainst => "keep-against-recommendation",
    }
}

words! {
    /// How a rule finds a reviewer.
    RuleKind {
        /// The holder's manager.
        Manager => "manager",
        /// Who approved the request, else an approver of the policy.
        Approver => "approver",
        /// An owner of the resource.
        Owner => "owner",
        /// Named for the catalog.
        CatalogOwner => "catalog_owner",
        /// Named persons.
        Person => "person",
    }
}

words! {
    /// To whom a reminder goes.
    RemindTo {
        /// Who owes decisions.
        Reviewer => "reviewer",
        /// That person's manager.
        Manager => "manager",
        /// The items change hands.
        Replace => "replace",
    }
}

/// A rule for reviewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How.
    pub kind: RuleKind,
    /// Named persons: ids, principal names or display names.
    pub persons: Vec<String>,
    /// Persons by catalog name or id.
    pub owners: BTreeMap<String, String>,
    /// For these packages only; empty for all.
    pub packages: Vec<String>,
    /// For sensitive items only, or for the others only.
    pub sensitive: Option<bool>,
}

/// A step of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Days before the end; below zero, after it.
    pub days_before: i64,
    /// To whom.
    pub to: RemindTo,
}

impl Step {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> String {
        match self.days_before {
            0 => format!("last day to {}", self.to),
            n if n < 0 => format!("{} days late to {}", -n, self.to),
            n => format!("{n} days before to {}", self.to),
        }
    }
}

/// What is reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Kinds.
    pub kinds: Vec<EntitlementKind>,
    /// Packages by pattern.
    pub packages: Vec<String>,
    /// Catalogs by pattern.
    pub catalogs: Vec<String>,
    /// Groups by pattern.
    pub groups: Vec<String>,
    /// Directory roles and app roles by pattern.
    pub roles: Vec<String>,
    /// Classes of holders.
    pub classes: Vec<String>,
    /// Sensitive items only, or the others only.
    pub sensitive: Option<bool>,
    /// Items with a finding of these checks.
    pub findings: Vec<String>,
    /// Packages left out.
    pub exclude_packages: Vec<String>,
    /// Why.
    pub exclude_because: String,
}

/// The checked plan of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Name of the series.
    pub name: String,
    /// Recurrence as written.
    pub recurrence: String,
    /// Recurrence.
    pub every: IsoDuration,
    /// Days from opening to the end.
    pub due_days: i64,
    /// NoResponse.
    pub no_response: NoResponse,
    /// Days of an escalation.
    pub escalate_days: i64,
    /// To whom; the reviewer's manager when empty.
    pub escalate_to: String,
    /// When a justification is asked.
    pub justification: Vec<Justify>,
    /// Items of a batch.
    pub batch: usize,
    /// The language of letters and pages.
    pub language: Language,
    /// Languages of some reviewers: names as the file gives them.
    pub languages: BTreeMap<String, Language>,
    /// Reviewers who are away.
    pub absent: Vec<String>,
    /// What is reviewed.
    pub scope: Scope,
    /// Rules for reviewers.
    pub reviewers: Vec<Rule>,
    /// The second stage: for which items (`true`: sensitive only), and its rules.
    pub second: Vec<(bool, Rule)>,
    /// Oldest source in days.
    pub max_age_days: i64,
    /// Whether an older source refuses the opening; it warns otherwise.
    pub refuse_stale: bool,
    /// The reminder_schedule, earliest step first.
    pub reminders: Vec<Step>,
    /// Who writes letters; drafts without a sender when missing.
    pub mail: Option<Sender>,
    /// The server that sends letters; they are written as files when missing.
    pub smtp: Option<Smtp>,
    /// The mailbox from which Microsoft Graph sends letters, in the place of a server.
    pub graph: Option<GraphMail>,
    /// Business days until a removal must be proved.
    pub sla_days: u32,
    /// The same for sensitive items.
    pub sla_sensitive_days: u32,
}

/// A plan that cannot be used: every mistake, one a line.
#[derive(Debug, thiserror::Error)]
#[error("{} mistake(s) in the campaign file:\n  {}", .0.len(), .0.join("\n  "))]
pub struct PlanError(pub Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    recurrence: Option<String>,
    due_days: Option<i64>,
    silence: Option<String>,
    escalate_days: Option<i64>,
    escalate_to: Option<String>,
    justification: Option<Vec<String>>,
    batch: Option<usize>,
    language: Option<String>,
    #[serde(default)]
    languages: BTreeMap<String, String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    scope: RawScope,
    #[serde(default)]
    reviewers: Vec<RawRule>,
    #[serde(default)]
    second_stage: Vec<RawRule>,
    #[serde(default)]
    freshness: RawFreshness,
    #[serde(default)]
    reminders: Vec<RawStep>,
    mail: Option<Sender>,
    smtp: Option<Smtp>,
    graph: Option<GraphMail>,
    #[serde(default)]
    removal: RawRemoval,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawScope {
    kinds: Vec<String>,
    packages: Vec<String>,
    catalogs: Vec<String>,
    groups: Vec<String>,
    roles: Vec<String>,
    classes: Vec<String>,
    sensitive: Option<bool>,
    findings: Vec<String>,
    exclude_packages: Vec<String>,
    exclude_because: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawRule {
    by: String,
    persons: Vec<String>,
    owners: BTreeMap<String, String>,
    packages: Vec<String>,
    sensitive: Option<bool>,
    items: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawFreshness {
    max_age_days: Option<i64>,
    stale: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    days_before: i64,
    to: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawRemoval {
    sla_days: Option<u32>,
    sla_sensitive_days: Option<u32>,
}

impl Plan {
    /// Reads a campaign file. Checks are named as `known_checks` spells them.
    ///
    /// # Errors
    /// All mistakes together, each with its key and a cure.
    pub fn parse(text: &str, known_checks: &[&str]) -> Result<Self, PlanError> {
        Self::read(text, Some(known_checks))
    }

    /// Reads the file of a campaign that was opened: checks and time zones that are no longer known change nothing about
    /// what was frozen, see [`Plan::forgotten_checks`].
    ///
    /// # Errors
    /// As [`Plan::parse`].
    pub fn frozen(text: &str) -> Result<Self, PlanError> {
        Self::read(text, None)
    }

    fn read(text: &str, known_checks: Option<&[&str]>) -> Result<Self, PlanError> {
        let raw: Raw = toml::from_str(text).map_err(|e| PlanError(vec![e.to_string().trim_end().to_string()]))?;
        let mut wrong = Vec::new();
        let plan = checked(raw, known_checks, &mut wrong);
        if wrong.is_empty() { Ok(plan) } else { Err(PlanError(wrong)) }
    }

    /// The language in which somebody is written to, by address, folder name, object id or name.
    #[must_use]
    pub fn language_of(&self, reviewer: &Reviewer) -> Language {
        let named = [&reviewer.mail, &reviewer.principal_id, &reviewer.name].map(|t| t.trim().to_lowercase());
        let is = |who: &str| {
            let who = who.trim().to_lowercase();
            !who.is_empty()
                && (named.contains(&who) || who == reviewer.key.as_str() || reviewer.mail.is_empty() && who.split('@').next() == Some(reviewer.key.as_str()))
        };
        let own = self.languages.iter().find(|(who, _)| is(who)).map(|(_, language)| *language);
        own.unwrap_or(self.language)
    }

    /// Patterns of the scope that fit no check any more, so that nothing can join the scope by them.
    #[must_use]
    pub fn forgotten_checks(&self, known: &[&str]) -> Vec<&str> {
        let lost = |pattern: &&str| !known.iter().any(|c| crate::config::matches(pattern, c, c));
        self.scope.findings.iter().map(String::as_str).filter(lost).collect()
    }
}

fn checked(raw: Raw, known_checks: Option<&[&str]>, wrong: &mut Vec<String>) -> Plan {
    let name = raw.name.trim().to_string();
    if !name.chars().any(|c| c.is_ascii_alphanumeric()) {
        wrong.push("name needs a letter or digit of the Latin alphabet: the campaign's id is made of it".into());
    }
    let recurrence = raw.recurrence.unwrap_or_else(|| "P3M".into());
    let every = IsoDuration::parse(&recurrence).filter(|d| d.months > 0 || d.seconds > 0).unwrap_or_else(|| {
        wrong.push(format!(
            "recurrence '{recurrence}' is no ISO 8601 duration; write P3M for three months, P90D for ninety days"
        ));
        IsoDuration::default()
    });
    let due_days = within("due_days", raw.due_days.unwrap_or(14), 1, 365, wrong);
    let no_response = word("silence", raw.silence.as_deref().unwrap_or("keep"), NoResponse::ALL, wrong).unwrap_or(NoResponse::Keep);
    let asked = raw
        .justification
        .unwrap_or_else(|| vec!["modify".into(), "exception".into(), "keep-sensitive".into()]);
    let justification = asked.iter().filter_map(|w| word("justification", w, Justify::ALL, wrong)).collect();
    let batch = raw.batch.unwrap_or(25);
    if batch == 0 {
        wrong.push("batch is 0; it must be 1 or more".into());
    }
    let language = word("language", raw.language.as_deref().unwrap_or("en"), Language::ALL, wrong).unwrap_or(Language::En);
    let languages = raw
        .languages
        .into_iter()
        .filter_map(|(who, code)| Some((who, word("languages", &code, Language::ALL, wrong)?)))
        .collect();
    for (pattern, names) in raw.scope.findings.iter().filter_map(|p| Some((p, known_checks?))) {
        let known = names.iter().any(|c| crate::config::matches(pattern, c, c));
        if !known {
            wrong.push(format!("scope.findings: no check is called '{pattern}'{}", did_you_mean(pattern, names)));
        }
    }
    if !raw.scope.exclude_packages.is_empty() && raw.scope.exclude_because.trim().is_empty() {
        wrong.push("scope.exclude_packages needs scope.exclude_because: the reason is disclosed with the population".into());
    }
    let given_kinds = if raw.scope.kinds.is_empty() {
        vec!["access_package".into()]
    } else {
        raw.scope.kinds
    };
    let kinds = given_kinds.iter().filter_map(|w| word("scope.kinds", w, EntitlementKind::ALL, wrong)).collect();
    let reviewers = raw.reviewers.iter().filter_map(|r| rule("reviewers", r, wrong)).collect();
    for r in raw.reviewers.iter().filter(|r| r.items.is_some()) {
        wrong.push(format!(
            "reviewers: 'items' belongs to second_stage; a rule by {} narrows with 'sensitive'",
            r.by
        ));
    }
    let second = raw.second_stage.iter().filter_map(|r| second(r, wrong)).collect();
    for way in [raw.smtp.as_ref().map(|_| "smtp"), raw.graph.as_ref().map(|_| "graph")].into_iter().flatten() {
        if raw.mail.is_none() {
            wrong.push(format!(
                "{way} needs a sender: add [mail] with from = \"Access reviews <reviews@corp.example>\""
            ));
        }
    }
    let leads = |m: &Sender| m.attach_sheets || !m.sheets_at.trim().is_empty();
    if known_checks.is_some() && (raw.smtp.is_some() || raw.graph.is_some()) && raw.mail.as_ref().is_some_and(|m| !leads(m)) {
        wrong
            .push("letters that are sent must lead to the sheet: set mail.sheets_at to the place where reviewers find it, or mail.attach_sheets = true".into());
    }
    if raw.smtp.is_some() && raw.graph.is_some() {
        wrong.push("letters are sent by [smtp] or by [graph], not by both: take one of them away".into());
    }
    if let Some(zone) = raw
        .mail
        .as_ref()
        .map(|m| m.zone.as_str())
        .filter(|z| known_checks.is_some() && !z.is_empty() && crate::model::Zone::parse(z).is_none())
    {
        wrong.push(format!(
            "mail.zone '{zone}' is no time zone{}",
            did_you_mean(zone, &crate::model::Zone::names())
        ));
    }
    let mut reminders: Vec<Step> = raw
        .reminders
        .iter()
        .filter_map(|s| {
            word("reminders.to", &s.to, RemindTo::ALL, wrong).map(|to| Step {
                days_before: s.days_before,
                to,
            })
        })
        .collect();
    reminders.sort_by_key(|s| (std::cmp::Reverse(s.days_before), s.to));
    Plan {
        name,
        recurrence,
        every,
        due_days,
        no_response,
        escalate_days: within("escalate_days", raw.escalate_days.unwrap_or(7), 1, 365, wrong),
        escalate_to: raw.escalate_to.unwrap_or_default(),
        justification,
        batch,
        language,
        languages,
        absent: raw.absent,
        scope: Scope {
            kinds,
            packages: raw.scope.packages,
            catalogs: raw.scope.catalogs,
            groups: raw.scope.groups,
            roles: raw.scope.roles,
            classes: raw.scope.classes,
            sensitive: raw.scope.sensitive,
            findings: raw.scope.findings,
            exclude_packages: raw.scope.exclude_packages,
            exclude_because: raw.scope.exclude_because,
        },
        reviewers,
        second,
        max_age_days: within("freshness.max_age_days", raw.freshness.max_age_days.unwrap_or(30), 0, 36_500, wrong),
        refuse_stale: match raw.freshness.stale.as_deref() {
            None | Some("warn") => false,
            Some("refuse") => true,
            Some(other) => {
                wrong.push(format!("freshness.stale '{other}' is not known; use warn or refuse"));
                false
            }
        },
        reminders,
        mail: raw.mail,
        smtp: raw.smtp,
        graph: raw.graph,
        sla_days: raw.removal.sla_days.unwrap_or(7),
        sla_sensitive_days: raw.removal.sla_sensitive_days.unwrap_or(3),
    }
}

fn rule(place: &str, raw: &RawRule, wrong: &mut Vec<String>) -> Option<Rule> {
    let kind = word(&format!("{place}.by"), &raw.by, RuleKind::ALL, wrong)?;
    if kind == RuleKind::Person && raw.persons.is_empty() {
        wrong.push(format!("{place}: a rule by person needs persons = [\"…\"]"));
    }
    if kind == RuleKind::CatalogOwner && raw.owners.is_empty() {
        wrong.push(format!("{place}: a rule by catalog_owner needs owners = {{ \"catalog\" = \"person\" }}"));
    }
    Some(Rule {
        kind,
        persons: raw.persons.clone(),
        owners: raw.owners.clone(),
        packages: raw.packages.clone(),
        sensitive: raw.sensitive,
    })
}

fn second(raw: &RawRule, wrong: &mut Vec<String>) -> Option<(bool, Rule)> {
    let sensitive = match raw.items.as_deref() {
        None | Some("sensitive") => true,
        Some("all") => false,
        Some(other) => {
            wrong.push(format!("second_stage.items '{other}' is not known; use sensitive or all"));
            return None;
        }
    };
    rule("second_stage", raw, wrong).map(|r| (sensitive, r))
}

fn within(key: &str, value: i64, least: i64, most: i64, wrong: &mut Vec<String>) -> i64 {
    if !(least..=most).contains(&value) {
        wrong.push(format!("{key} is {value}; it must be from {least} to {most}"));
    }
    value
}

fn word<W: Copy + ToString>(key: &str, given: &str, all: &[W], wrong: &mut Vec<String>) -> Option<W> {
    let found = all.iter().find(|w| w.to_string() == given).copied();
    if found.is_none() {
        let known: Vec<String> = all.iter().map(ToString::to_string).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        wrong.push(format!("{key} '{given}' is not known{}", did_you_mean(given, &known)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_file_is_a_plan_as_it_stands() {
        let plan = Plan::parse(TEMPLATE, &["STA-01"]).expect("the template is right");
        assert_eq!(plan.no_response, NoResponse::Keep);
        assert_eq!(plan.reviewers.len(), 3);
        assert_eq!(plan.reminders.len(), 3);
        assert!(plan.reminders[0].days_before > plan.reminders[2].days_before);
    }

    #[test]
    fn mistakes_are_told_together() {
        let text = "name = \"-\"\nrecurrence = \"3 months\"\nsilence = \"keeep\"\nbatch = 0\ndue_days = 0\n\
                    [scope]\nkinds = [\"packages\"]\nfindings = [\"XXX-01\"]\nexclude_packages = [\"a\"]\n\
                    [[reviewers]]\nby = \"person\"\n[[reminders]]\ndays_before = 1\nto = \"boss\"\n";
        let told = Plan::parse(text, &["STA-01"]).expect_err("all wrong").to_string();
        assert!(told.starts_with("10 mistake(s)"), "{told}");
        assert!(told.contains("did you mean keep?"), "{told}");
        let removed = "name = \"Q\"\n[scope]\nfindings = [\"OLD-07\", \"STA-*\"]\n[mail]\nfrom = \"a@corp.example\"\nzone = \"Europe/Oldtown\"\n";
        assert!(Plan::parse(removed, &["STA-01"]).is_err());
        let frozen = Plan::frozen(removed).expect("what was frozen loads");
        assert_eq!(frozen.forgotten_checks(&["STA-01"]), ["OLD-07"]);
        assert!(Plan::frozen("name = \"Q\"\nsilence = \"keeep\"\n").is_err(), "what is none stays none");
        assert!(Plan::parse("colour = 1", &[]).expect_err("unknown key").to_string().contains("colour"));
    }

    #[test]
    fn everybody_is_written_to_in_a_language() {
        let text = "name = \"Q\"\nlanguage = \"de\"\n[languages]\n\"Ana@corp.example\" = \"fr\"\nbo = \"es\"\n";
        let plan = Plan::parse(text, &[]).expect("a plan");
        let reviewer = |key: &str, mail: &str| Reviewer {
            key: crate::campaign::ReviewerKey::new(key),
            mail: mail.into(),
            ..Reviewer::default()
        };
        assert_eq!(plan.language_of(&reviewer("ana", "ana@corp.example")), Language::Fr);
        assert_eq!(plan.language_of(&reviewer("bo", "b.larsen@corp.example")), Language::Es);
        assert_eq!(plan.language_of(&reviewer("cy", "cy@corp.example")), Language::De);
        assert!(Plan::parse("name = \"Q\"\nlanguage = \"klingon\"\n", &[]).is_err());
    }
}
