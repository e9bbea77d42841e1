//! What the evidence speaks for: findings about the access, and a use that could be judged.

use crate::campaign::item_findings::{ItemFindings, Reach};
use crate::campaign::model::Recommendation;
use crate::check::{Index, by_id};
use crate::ledger::AccessModel;
use crate::ledger::evidence::UsageDay;
use crate::model::{EntitlementKind, Finding, Holding, Instant, PackageId, Severity};
use std::collections::BTreeSet;

/// Checks whose findings speak for removal; who answers for a thing (ORP-03 to ORP-05) is no question of who holds it.
pub const AGAINST: &[&str] = &["STA-", "EXP-05", "ORP-01", "ORP-02", "SEG-01", "SEG-05", "SEG-06", "EXC-01", "REV-05", "AGT-02"];
/// Checks of use. What they find, they could judge: by the application, or by an account that signed in nowhere.
pub(super) const OF_USE: &str = "STA-";
/// Checks whose findings doubt how access was given.
const DOUBTS: &[&str] = &["APR-", "JUS-"];
/// Checks whose findings inform, and doubt nothing: access that ends by itself soon.
const INFORMS: &[&str] = &["EXP-09"];
/// A use of the last so many days speaks for keeping.
const RECENT_DAYS: i64 = 90;

/// The use of one holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The last success at an application that the holding leads to.
    pub last: Option<Instant>,
    /// Whether it leads to an application at all.
    pub leads: bool,
    /// Why its absence tells nothing; `None` where it does.
    pub blind: Option<String>,
    /// The last success of the account at anything, by its record or by the log.
    pub account: Option<Instant>,
}

/// Looks at sign-ins.
pub struct Usage<'a> {
    access: &'a AccessModel,
    /// The time that the logs of people's sign-ins cover, by whatever basis.
    pub window: Option<(Instant, Instant)>,
}

const STREAMS: [&str; 2] = ["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"];

impl<'a> Usage<'a> {
    /// Prepares the look-ups.
    #[must_use]
    pub fn new(access: &'a AccessModel) -> Self {
        let windows = STREAMS.iter().filter_map(|s| access.coverage.get(*s)).flat_map(|c| &c.any);
        let window = windows.fold(None, |all: Option<(Instant, Instant)>, w| {
            Some(all.map_or((w.from, w.until), |(from, until)| (from.min(w.from), until.max(w.until))))
        });
        Self { access, window }
    }

    /// The use of a holding, and whether it could be seen.
    #[must_use]
    pub fn of(&self, index: &Index, h: &Holding) -> Use {
        let apps = self.applications(h);
        let at = |d: &&&UsageDay| apps.iter().any(|app| self.is_at(d, app));
        let days = index.usage_of(&h.principal).iter().filter(|d| d.successes > 0).filter(at);
        let last = days.map(|d| d.last_success.unwrap_or(d.day)).filter(|t| *t <= self.access.as_of).max();
        Use {
            last,
            leads: !apps.is_empty(),
            blind: self.blind(&apps),
            account: self.account(index, h),
        }
    }

    fn account(&self, index: &Index, h: &Holding) -> Option<Instant> {
        let recorded = self.access.people.get(&h.principal).and_then(|p| p.last_successful_at);
        recorded.filter(|t| *t <= self.access.as_of).max(index.last_logged_success(&h.principal))
    }

    fn is_at(&self, day: &UsageDay, app: &str) -> bool {
        let id = self.access.apps.get(app).map(|a| a.app_id.as_str()).unwrap_or_default();
        day.resource_sp_id == app || (!id.is_empty() && (day.resource_app_id == id || day.client_app_id == id))
    }

    /// The applications that a holding opens.
    fn applications(&self, h: &'a Holding) -> Vec<&'a str> {
        match h.entitlement.kind {
            EntitlementKind::AppRole => vec![h.entitlement.resource()],
            EntitlementKind::AccessPackage => {
                let package = self.access.packages.get(&PackageId::new(h.entitlement.resource()));
                let roles = package.into_iter().flat_map(|p| &p.roles).filter(|r| r.kind == "application");
                roles.map(|r| r.resource.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Why no sign-in at these applications would have been seen or known as one.
    fn blind(&self, apps: &[&str]) -> Option<String> {
        if apps.is_empty() {
            return None;
        }
        if let Some(stream) = STREAMS.iter().find(|s| !self.access.has_log(s)) {
            return Some(format!("there is no {} log", stream.trim_start_matches("sign_ins:")));
        }
        // Some sign-ins name the application by its own id only, which no other record tells.
        let unknown = apps.iter().find(|app| self.access.apps.get(**app).is_none_or(|a| a.app_id.is_empty()))?;
        Some(format!("no record of the application {unknown} says by which id sign-ins name it"))
    }
}

fn is_of(f: &Finding, checks: &[&str]) -> bool {
    checks.iter().any(|c| f.check.as_str().starts_with(c))
}

/// Whether a finding speaks for the removal of the access that it is about.
#[must_use]
pub fn speaks_against(f: &Finding) -> bool {
    is_of(f, AGAINST)
}

/// What is open about an access that nothing speaks against, in words, and whether it forbids a recommendation.
fn open_points(own: &[&Finding]) -> (String, bool) {
    let points: Vec<&Finding> = own.iter().filter(|f| !is_of(f, INFORMS)).copied().collect();
    if points.is_empty() {
        return (format!("the open finding does not speak against it: {}", titles(own)), false);
    }
    let weighty = points.iter().any(|f| f.severity >= Severity::Medium);
    let given = points.iter().all(|f| is_of(f, DOUBTS));
    let told = titles(&points);
    let words = match (weighty, given) {
        (true, true) => format!("open findings doubt how it was given: {told}"),
        (true, false) => format!("open findings about it are to be settled first: {told}"),
        (false, true) => format!("the open finding is about how it was given: {told}"),
        (false, false) => format!("the open finding is of low severity: {told}"),
    };
    (words, weighty)
}

/// What speaks for what, with the reason in words.
#[must_use]
pub fn recommend(h: &Holding, findings: &[(Reach, &Finding)], used: &Use, all: &ItemFindings, as_of: Instant) -> (Recommendation, String) {
    let own: Vec<&Finding> = findings.iter().filter(|(r, _)| *r == Reach::Access).map(|(_, f)| *f).collect();
    let speaks = own.iter().filter(|f| speaks_against(f));
    let (of_use, mut against): (Vec<&Finding>, Vec<&Finding>) = speaks.partition(|f| is_of(f, &[OF_USE]));
    against.extend(of_use);
    let unjudged = used.blind.clone().or_else(|| all.unjudged(h, OF_USE).map(|f| f.message.clone()));
    if !against.is_empty() {
        return (Recommendation::Revoke, format!("because {}", titles(&against)));
    }
    if let Some(end) = h.scheduled_until.filter(|end| *end <= as_of) {
        let told = if own.is_empty() {
            String::new()
        } else {
            format!("; {}", open_points(&own).0)
        };
        return (
            Recommendation::Revoke,
            format!("because its end has passed on {}, and it is still there{told}", end.day()),
        );
    }
    let recent = used.last.map(|last| as_of.days_since(last)).filter(|days| *days <= RECENT_DAYS);
    let when = |days: i64| match days {
        0 => "it was used on the review date".to_string(),
        1 => "it was used the day before the review date".to_string(),
        n => format!("it was used {n} days before the review date"),
    };
    let of_thing: Vec<&Finding> = findings.iter().filter(|(r, _)| *r == Reach::Entitlement).map(|(_, f)| *f).collect();
    let none = if of_thing.is_empty() {
        "there is no finding about it".to_string()
    } else {
        let (checks, are) = (ids(&of_thing), if all_one(&of_thing) { "is" } else { "are" });
        format!("no finding is about this access ({checks} {are} about what is held, whoever holds it)")
    };
    match (recent, own.is_empty()) {
        (Some(days), true) => (Recommendation::Keep, format!("{}, and {none}", when(days))),
        (Some(days), false) => match open_points(&own) {
            (told, false) => (Recommendation::Keep, format!("{}; {told}", when(days))),
            (told, true) => (Recommendation::None, format!("{}, and {told}", when(days))),
        },
        (None, clean) => {
            let no_use = match (&unjudged, used.leads) {
                (Some(why), _) => format!("its use cannot be judged: {}", why.trim_end_matches('.')),
                (None, false) => "there is no usage data for this kind of access".to_string(),
                (None, true) => "it was not used lately".to_string(),
            };
            let rest = if clean { none } else { open_points(&own).0 };
            (Recommendation::None, format!("{no_use}, and {rest}"))
        }
    }
}

fn ids(list: &[&Finding]) -> String {
    let all: BTreeSet<&str> = list.iter().map(|f| f.check.as_str()).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

/// Why something that a package gives is not recommended for removal, though findings speak against it.
#[must_use]
pub fn held_by_package(packages: &[&str], findings: &[(Reach, &Finding)]) -> String {
    let against: Vec<&Finding> = findings
        .iter()
        .filter(|(r, f)| *r == Reach::Access && speaks_against(f))
        .map(|(_, f)| *f)
        .collect();
    format!(
        "findings speak against it and not against the package {}, with which alone it goes: {}",
        packages.join(", "),
        titles(&against)
    )
}

fn all_one(list: &[&Finding]) -> bool {
    list.iter().all(|f| f.check == list[0].check)
}

/// `access was not used (STA-01), …`: what each finding says, by the title of its check.
fn titles(list: &[&Finding]) -> String {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for f in list.iter().filter(|f| seen.insert(f.check)) {
        let title = by_id(f.check.as_str()).map_or_else(
            |_| "a check speaks against it".to_string(),
            |c| c.page.first().map_or(c.id.as_str(), |t| t.trim()).to_string(),
        );
        out.push(format!("{} ({})", lower_first(&title), f.check));
    }
    out.join("; ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_speaks_against_is_a_check_that_there_is() {
        let known = crate::campaign::check_ids();
        for prefix in AGAINST.iter().chain(DOUBTS).chain(INFORMS) {
            assert!(known.iter().any(|id| id.starts_with(prefix)), "{prefix} is no check");
        }
    }
}
