//! Opening: freshness is looked at, the population is frozen at a commit, every item once, and gets its reviewer.

use crate::campaign::contradiction::agree;
use crate::campaign::due::{end_of_day, zone_of};
use crate::campaign::error::CampaignError;
use crate::campaign::item_context::ContextBuilder;
use crate::campaign::log::{KeyLists, LogEvent};
use crate::campaign::model::{Campaign, CampaignId, Context, Item, Reviewer, ReviewerKey, population_hash, shown_name};
use crate::campaign::plan::{Plan, RuleKind, Scope};
use crate::campaign::reviewers::{self, ReviewerAssigner};
use crate::campaign::series::Previous;
use crate::campaign::store::{frozen_sha256, head_sha256};
use crate::check::CheckResult;
use crate::config::{Config, matches};
use crate::ledger::AccessModel;
use crate::ledger::access_model::listed_in;
use crate::model::time::DAY;
use crate::model::{EntitlementKind, Holding, Instant, PackageId, Window};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a campaign is opened from.
pub struct Opening<'a> {
    /// The access of the commit.
    pub access: &'a AccessModel,
    /// What the checks found in it.
    pub results: &'a [CheckResult],
    /// The configuration of the checks: which packages are sensitive.
    pub config: &'a Config,
    /// The plan.
    pub plan: &'a Plan,
    /// Its text.
    pub text: &'a str,
    /// The commit, 64 digits.
    pub commit: &'a str,
    /// Its sequence number.
    pub sequence: u64,
    /// The clock.
    pub now: Instant,
    /// Who opens it.
    pub by: &'a str,
    /// The reason of `--force`.
    pub forced: Option<&'a str>,
    /// The campaign of the same name before it.
    pub previous: Option<&'a Previous>,
}

/// A campaign ready to be stored.
#[derive(Debug)]
pub struct Frozen {
    /// Head.
    pub head: Campaign,
    /// Items, sorted by id.
    pub items: Vec<Item>,
    /// Contexts, in the same order.
    pub contexts: Vec<Context>,
}

impl Frozen {
    /// The first entry of its log; `keys` are the lists that count from the beginning.
    #[must_use]
    pub fn opened(&self, keys: KeyLists) -> LogEvent {
        LogEvent::Opened {
            head_sha256: head_sha256(&self.head),
            population_sha256: self.head.population_sha256.clone(),
            population: self.head.population,
            frozen_sha256: frozen_sha256(&self.items, &self.contexts),
            keys,
        }
    }
}

/// Letters of a name that make an id.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.chars().take(40).collect::<String>().trim_end_matches('-').to_string()
}

/// The id of a campaign: its name, the month of its population, and a hash of commit, instant and campaign file.
#[must_use]
pub fn campaign_id(plan: &Plan, commit: &str, as_of: Instant, text: &str) -> CampaignId {
    let mut hash = Sha256::new();
    for part in [commit, &as_of.to_string(), text] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits = hex::encode(hash.finalize());
    CampaignId::new(&format!("{}-{}-{}", slug(&plan.name), as_of.month(), digits.get(..8).unwrap_or_default()))
}

/// Freezes the population. Nothing is written.
///
/// # Errors
/// When sources are too old or a named reviewer is unknown, dead or absent, unless forced; when nothing is in scope.
pub fn open(from: &Opening) -> Result<Frozen, CampaignError> {
    let access = from.access;
    let mut assigner = ReviewerAssigner::new(access, from.plan, &from.config.admin_accounts).map_err(|wrong| CampaignError::Refused(wrong.join("\n  ")))?;
    let warnings = freshness(from);
    let refused = warnings.iter().any(|w| w.refuses) && from.forced.is_none();
    if refused {
        let list: Vec<String> = warnings.iter().map(|w| w.text.clone()).collect();
        return Err(CampaignError::Refused(format!(
            "the campaign was not opened:\n  {}\nbring the sources up to date, or give --force \"reason\", which is recorded",
            list.join("\n  ")
        )));
    }
    let id = campaign_id(from.plan, from.commit, access.as_of, from.text);
    let builder = ContextBuilder::new(access, from.results);
    let sensitive = Sensitive::new(from);
    let mut holdings: Vec<(Holding, String)> = access
        .held()
        .map(|h| (h.clone(), sensitive.why(h)))
        .filter(|(h, why)| in_scope(from, &builder, h, !why.is_empty()))
        .collect();
    holdings.sort_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
    // One item for each holder, entitlement and assignment: the ledger may know several stretches that are open.
    holdings.dedup_by(|(a, _), (b, _)| key(a) == key(b));
    if holdings.is_empty() {
        return Err(CampaignError::Refused(
            "nothing is in the scope of this campaign; widen [scope] in the campaign file".into(),
        ));
    }
    let owners: Vec<_> = holdings
        .iter()
        .map(|(h, why)| {
            let first = assigner.first(h, !why.is_empty());
            let second = assigner.second(h, !why.is_empty(), &first.key);
            (first, second)
        })
        .collect();
    let mut rows: Vec<(Item, Context)> = holdings
        .par_iter()
        .zip(owners.par_iter())
        .map(|((h, why), (first, second))| {
            let assignment = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
            let kind = h.entitlement.kind;
            let item = Item::make_id(&id, h.principal.as_str(), kind.as_str(), &h.entitlement.id, &assignment);
            let mut told = builder.tell(item.clone(), h, why);
            told.context.reviewer_because.clone_from(&first.because);
            told.context.second_because = second.as_ref().map(|s| s.because.clone()).unwrap_or_default();
            if let Some(previous) = from.previous {
                previous.onto(h, from.now, &mut told);
            }
            let row = Item {
                id: item,
                principal_id: h.principal.to_string(),
                principal_name: h.principal_name.to_string(),
                principal_type: h.principal_type.to_string(),
                entitlement_kind: kind,
                entitlement_id: h.entitlement.id.to_string(),
                entitlement_name: shown_name(h),
                assignment_id: assignment,
                assignment_state: h.assignment_state.to_string(),
                held_from: h.held_from,
                scheduled_until: h.scheduled_until,
                policy_id: h.policy.as_ref().map(ToString::to_string).unwrap_or_default(),
                sensitive: !why.is_empty(),
                risk: told.risk,
                recommendation: told.recommendation,
                reviewer: first.key.clone(),
                second: second.as_ref().map(|s| s.key.clone()),
                findings: told.context.findings.iter().map(|f| f.check.clone()).collect(),
                disclosed: first.disclosed.clone(),
                second_disclosed: second.as_ref().map(|s| s.disclosed.clone()).unwrap_or_default(),
                delivered_by: told.delivered_by,
                delivers: told.delivers,
            };
            (row, told.context)
        })
        .collect();
    agree(&mut rows);
    rows.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let (items, contexts): (Vec<Item>, Vec<Context>) = rows.into_iter().unzip();
    let head = head(from, &id, &items, with_unassigned(assigner.chosen(), &items), warnings);
    Ok(Frozen { head, items, contexts })
}

/// The head of a campaign over these items.
pub(super) fn head(from: &Opening, id: &CampaignId, items: &[Item], reviewers: Vec<Reviewer>, warnings: Vec<Warning>) -> Campaign {
    let as_of = from.access.as_of;
    let zone = zone_of(from.plan, from.config);
    Campaign {
        format: 1,
        id: id.clone(),
        name: from.plan.name.clone(),
        previous: from.previous.map(|p| p.id.clone()),
        tenant: from.access.tenant.clone(),
        commit: from.commit.to_string(),
        commit_sequence: from.sequence,
        as_of,
        opened_at: from.now,
        opened_by: from.by.to_string(),
        due_at: end_of_day(from.now.plus(from.plan.due_days * DAY), &zone),
        zone,
        period: Window {
            from: before(from.plan, as_of),
            until: as_of,
        },
        population: items.len(),
        population_sha256: population_hash(items),
        reviewers,
        warnings: warnings.into_iter().map(|w| w.text).collect(),
        forced: from.forced.map(ToString::to_string),
        configuration: from.text.to_string(),
        entra_instance: None,
        entra_period: None,
    }
}

/// `unassigned` has a row like the others when it has items.
pub(super) fn with_unassigned(mut reviewers: Vec<Reviewer>, items: &[Item]) -> Vec<Reviewer> {
    let used = |key: &ReviewerKey| items.iter().any(|i| i.reviewer == *key || i.second.as_ref() == Some(key));
    let nobody = ReviewerKey::new(ReviewerKey::UNASSIGNED);
    if used(&nobody) {
        reviewers.push(Reviewer {
            name: "nobody yet".into(),
            key: nobody,
            ..Reviewer::default()
        });
        reviewers.sort_by(|a, b| a.key.cmp(&b.key));
    }
    reviewers
}

/// One recurrence before an instant; the calendar is walked backwards.
fn before(plan: &Plan, as_of: Instant) -> Instant {
    let months = chrono::Months::new(plan.every.months);
    let moved = as_of.to_chrono().and_then(|t| t.checked_sub_months(months));
    moved
        .map_or(as_of, Instant::from_chrono)
        .plus(-plan.every.seconds.saturating_mul(crate::model::time::SECOND))
}

fn key(h: &Holding) -> (&str, EntitlementKind, &str, &str) {
    let assignment = h.assignment.as_ref().map(crate::model::AssignmentId::as_str).unwrap_or_default();
    (h.principal.as_str(), h.entitlement.kind, &h.entitlement.id, assignment)
}

/// Which entitlements are sensitive, and why.
pub(super) struct Sensitive<'a> {
    from: &'a Opening<'a>,
}

impl<'a> Sensitive<'a> {
    pub(super) fn new(from: &'a Opening<'a>) -> Self {
        Self { from }
    }

    /// Why a holding is of something sensitive; empty when it is not.
    pub(super) fn why(&self, h: &Holding) -> String {
        match h.entitlement.kind {
            EntitlementKind::AccessPackage => {
                let id = PackageId::new(h.entitlement.resource());
                let facts = self.from.access.packages.get(&id);
                let known = facts.map(|p| p.sensitive_because.clone()).unwrap_or_default();
                let named = self
                    .from
                    .config
                    .sensitive_packages
                    .iter()
                    .find(|p| matches(p, id.as_str(), &h.entitlement_name));
                if known.is_empty() {
                    named.map(|p| format!("named in the configuration ({p})")).unwrap_or_default()
                } else {
                    known
                }
            }
            EntitlementKind::DirectoryRole => "it is a directory role".into(),
            EntitlementKind::Group => {
                let group = self.from.access.groups.get(h.entitlement.resource());
                if group.is_some_and(|g| g.role_assignable) {
                    "the group may carry directory roles".into()
                } else {
                    String::new()
                }
            }
            _ => String::new(),
        }
    }
}

/// Whether a holding is in the scope of the plan, by an access that may be a later one.
pub fn scope<'a>(from: &'a Opening<'a>) -> impl Fn(&Holding) -> bool + 'a {
    let builder = ContextBuilder::new(from.access, from.results);
    let sensitive = Sensitive::new(from);
    move |h| in_scope(from, &builder, h, !sensitive.why(h).is_empty())
}

fn in_scope(from: &Opening, builder: &ContextBuilder, h: &Holding, sensitive: bool) -> bool {
    let Scope {
        kinds,
        packages,
        catalogs,
        groups,
        roles,
        classes,
        findings,
        exclude_packages,
        ..
    } = &from.plan.scope;
    let kind = h.entitlement.kind;
    let named = |list: &[String]| list.iter().any(|p| matches(p, h.entitlement.resource(), &h.entitlement_name));
    if !kinds.contains(&kind) || from.plan.scope.sensitive.is_some_and(|s| s != sensitive) {
        return false;
    }
    let of_kind = match kind {
        EntitlementKind::AccessPackage => {
            let facts = from.access.packages.get(&PackageId::new(h.entitlement.resource()));
            let catalog = facts.map(|p| p.catalog.as_str()).unwrap_or_default();
            let catalog_name = from.access.catalogs.get(catalog).map(String::as_str).unwrap_or_default();
            (packages.is_empty() || named(packages))
                && (catalogs.is_empty() || catalogs.iter().any(|c| matches(c, catalog, catalog_name)))
                && !named(exclude_packages)
        }
        EntitlementKind::Group => groups.is_empty() || named(groups),
        EntitlementKind::AppRole | EntitlementKind::DirectoryRole => roles.is_empty() || named(roles),
        EntitlementKind::SiteRole => true,
    };
    let person = from.access.people.get(&h.principal);
    let employee = person.map(|p| p.employee_type.as_str()).unwrap_or_default();
    let member = if h.principal_type == "user" { "member" } else { h.principal_type.as_str() };
    let class = classes.is_empty() || classes.iter().any(|c| c.eq_ignore_ascii_case(member) || c.eq_ignore_ascii_case(employee));
    let found = findings.is_empty()
        || builder
            .findings(h)
            .iter()
            .any(|(_, f)| findings.iter().any(|p| matches(p, f.check.as_str(), f.check.as_str())));
    of_kind && class && found
}

/// Something that is wrong with the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// In words.
    pub text: String,
    /// Whether it refuses the opening.
    pub refuses: bool,
}

/// How old each source is, which gaps the logs have, and which named reviewers are dead.
fn freshness(from: &Opening) -> Vec<Warning> {
    let (access, plan) = (from.access, from.plan);
    let mut out = Vec::new();
    let mut newest: BTreeMap<&str, (Instant, bool)> = BTreeMap::new();
    for ((collection, _), looks) in access.looks.iter() {
        for look in looks.iter().filter(|l| l.at <= access.as_of) {
            let known = newest.entry(collection).or_insert((look.at, look.complete));
            if (look.at, look.complete) > *known {
                *known = (look.at, look.complete);
            }
        }
    }
    let needed: Vec<&str> = plan.scope.kinds.iter().filter_map(|k| listed_in(*k)).chain(["users"]).collect();
    for source in needed {
        match newest.get(source) {
            None => out.push(Warning {
                text: format!("no look at {source} is in the lake: the population rests on logs alone"),
                refuses: plan.refuse_stale && source != "users",
            }),
            Some((at, complete)) => {
                let days = from.now.days_since(*at);
                if days > plan.max_age_days {
                    out.push(Warning {
                        text: format!(
                            "{source} were last looked at on {}, {days} days before the opening; at most {} are meant",
                            at.day(),
                            plan.max_age_days
                        ),
                        refuses: plan.refuse_stale,
                    });
                }
                if !complete {
                    out.push(Warning {
                        text: format!("the newest look at {source} ({}) is not known to be complete", at.day()),
                        refuses: false,
                    });
                }
            }
        }
    }
    if !access.people.is_empty() && !access.people.values().any(|p| p.manager_told) {
        out.push(Warning {
            text: "no record of users tells managers: whether a reviewer reports to a holder is not known".into(),
            refuses: false,
        });
    }
    match access.coverage.get("audit").and_then(|c| c.any.last()) {
        None => out.push(Warning {
            text: "no audit log is in the lake: who granted what is not known".into(),
            refuses: false,
        }),
        Some(window) => {
            let days = from.now.days_since(window.until);
            if days > plan.max_age_days {
                out.push(Warning {
                    text: format!("the audit log ends on {}, {days} days before the opening", window.until.day()),
                    refuses: false,
                });
            }
        }
    }
    let start = before(plan, access.as_of);
    let gaps = access.coverage.iter().map(|(log, covered)| (log, &covered.gaps)).chain(&access.collection_gaps);
    for (subject, gaps) in gaps {
        for (window, reason) in gaps {
            if window.is_none_or(|w| w.until > start) {
                out.push(Warning {
                    text: format!("a gap in {subject}: {reason}"),
                    refuses: false,
                });
            }
        }
    }
    let persons = plan.reviewers.iter().chain(plan.second.iter().map(|(_, r)| r));
    for name in persons.filter(|r| r.kind == RuleKind::Person).flat_map(|r| &r.persons) {
        if let Some(why) = reviewers::find_person(access, name).ok().and_then(|id| reviewers::unable(access, &id)) {
            out.push(Warning {
                text: format!("the named reviewer {name} {why}"),
                refuses: true,
            });
        }
    }
    out.dedup();
    out
}
