//! The arithmetic of Conditional Access: whom and what a policy includes, whom it excludes, and what it asks.
//!
//! A policy that is in force applies to a sign-in when it includes the person and the application and excludes neither; an exclusion wins over
//! any inclusion. All policies that apply must be satisfied, so one that asks is enough. What a record does not tell is neither yes nor no.

use crate::check::surround::Groups;
use crate::check::{Account, Context, Known};
use crate::lake::table::Table;
use crate::ledger::governance::{ConditionalPolicy, GuestScope, PolicyState, Strength, UserScope};
use crate::model::{EntitlementKind, Holding, PrincipalId};
use ahash::AHashMap;

/// What has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// A second factor.
    MultiFactor,
    /// A known place or a managed device.
    PlaceOrDevice,
}

/// Whether something is asked of somebody at an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coverage {
    /// It is, by the policy of this position.
    By(usize),
    /// It is of others: these policies exclude the person, and no other one asks.
    Excluded(Vec<usize>),
    /// By no policy.
    No,
    /// Nobody can tell, and why.
    Unknown(String),
}

/// Whether a policy is for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Applies {
    Yes,
    Excluded,
    No,
    Unknown(String),
}

/// Policies and what is needed to apply them.
pub(super) struct Arithmetic<'a, 'c> {
    cx: &'c Context<'a>,
    pub(super) policies: Vec<&'a ConditionalPolicy>,
    groups: Groups<'a>,
    /// Active roles by holder: people, and groups whose members have them.
    roles: AHashMap<&'a str, Vec<&'a str>>,
    /// The groups among them.
    with_role: AHashMap<&'a str, Vec<&'a str>>,
}

impl<'a, 'c> Arithmetic<'a, 'c> {
    pub(super) fn of(cx: &'c Context<'a>) -> Self {
        let in_force = |p: &&ConditionalPolicy| matches!(p.state, PolicyState::Enabled | PolicyState::Unknown);
        let mut roles: AHashMap<&str, Vec<&str>> = AHashMap::new();
        let mut with_role: AHashMap<&str, Vec<&str>> = AHashMap::new();
        // Conditional Access knows roles of the whole directory, not those of an administrative unit.
        let whole = |h: &Holding| h.entitlement.id.split('|').nth(1) == Some("/");
        let active = |h: &&Holding| h.entitlement.kind == EntitlementKind::DirectoryRole && h.assignment_state == "active" && whole(h) && h.held_at(cx.as_of());
        for holding in cx.access.holdings.iter().filter(active) {
            let (holder, role) = (holding.principal.as_str(), holding.entitlement.resource());
            roles.entry(holder).or_default().push(role);
            if cx.access.groups.contains_key(holder) || holding.principal_type == "group" {
                with_role.entry(role).or_default().push(holder);
            }
        }
        Self {
            cx,
            policies: cx.access.governance.conditional.iter().filter(in_force).collect(),
            groups: Groups::of(cx),
            roles,
            with_role,
        }
    }

    /// Whether it is asked of somebody at an application.
    pub(super) fn coverage(&self, who: &PrincipalId, app: &str, demand: Demand) -> Coverage {
        let per_user = self.cx.access.governance.details.get(who).is_some_and(|d| asks_always(&d.per_user_mfa));
        let (mut excluded, mut doubt) = (Vec::new(), None);
        for (place, policy) in self.policies.iter().enumerate().filter(|(_, p)| p.rare.is_empty()) {
            let (asks, of_app) = (asks(policy, demand), self.includes_app(policy, app));
            if asks == Known::No || of_app == Known::No {
                continue;
            }
            let applies = self.applies(policy, who);
            let sure = is_whole(policy, demand) && matches!((&asks, &of_app), (Known::Yes(_), Known::Yes(_)));
            let told = policy.state == PolicyState::Enabled
                && policy.unknown.is_empty()
                && asks != Known::No
                && !matches!((&asks, &of_app), (Known::Unknown(_), _) | (_, Known::Unknown(_)));
            match applies {
                Applies::No => {}
                Applies::Yes if sure => return Coverage::By(place),
                Applies::Excluded if sure => excluded.push(place),
                // What is known to be narrower covers less, whomever it excludes.
                Applies::Excluded if told => {}
                Applies::Excluded => doubt = doubt.or_else(|| Some(why_unsure(policy, &asks, &of_app))),
                Applies::Unknown(why) => doubt = doubt.or(Some(format!("whether the policy \"{}\" is for them is unknown: {why}", policy.name))),
                Applies::Yes => doubt = doubt.or_else(|| Some(why_unsure(policy, &asks, &of_app))),
            }
        }
        match (doubt, excluded.is_empty()) {
            _ if per_user && demand == Demand::MultiFactor => Coverage::By(usize::MAX),
            (Some(why), _) => Coverage::Unknown(why),
            (None, false) => Coverage::Excluded(excluded),
            (None, true) => Coverage::No,
        }
    }

    fn applies(&self, policy: &ConditionalPolicy, who: &PrincipalId) -> Applies {
        if policy.unknown.iter().any(|u| u == "conditions") {
            return Applies::Unknown("its record does not tell whom it is for".into());
        }
        match (self.is_in(&policy.include, who), self.is_in(&policy.exclude, who)) {
            (Known::No, _) => Applies::No,
            (Known::Yes(_), Known::Yes(_)) => Applies::Excluded,
            (Known::Unknown(_), Known::Yes(_)) => Applies::No,
            (Known::Yes(_), Known::No) => Applies::Yes,
            (Known::Unknown(why), _) | (_, Known::Unknown(why)) => Applies::Unknown(why),
        }
    }

    /// Whether a scope has somebody.
    fn is_in(&self, scope: &UserScope, who: &PrincipalId) -> Known {
        if scope.all || scope.users.iter().any(|u| u.as_str() == who.as_str()) {
            return Known::Yes(String::new());
        }
        let mut answers: Vec<Known> = scope.groups.iter().map(|g| self.groups.has(g, who)).collect();
        answers.extend(scope.roles.iter().map(|r| self.has_role(r, who)));
        answers.extend(scope.guests.iter().map(|g| self.is_guest(g, who)));
        answers.extend(
            scope
                .unknown
                .iter()
                .map(|w| Known::Unknown(format!("it names \"{w}\", a word that is not known"))),
        );
        any(answers)
    }

    fn has_role(&self, role: &str, who: &PrincipalId) -> Known {
        if self.roles.get(who.as_str()).is_some_and(|roles| roles.contains(&role)) {
            return Known::Yes(String::new());
        }
        // A role of a role-assignable group is active for its members.
        let through = any(self.with_role.get(role).into_iter().flatten().map(|g| self.groups.has(g, who)));
        match through {
            Known::No if !self.cx.looked_whole(Table::DirectoryRoles) => Known::Unknown("no complete snapshot of directory roles is in the lake".into()),
            told => told,
        }
    }

    /// Whether somebody is a guest or external user of the kinds that a scope names.
    fn is_guest(&self, scope: &GuestScope, who: &PrincipalId) -> Known {
        let names = |kind: &str| scope.types.is_empty() || scope.types.iter().any(|t| t == kind);
        let invited = self.cx.upn(who).map(|upn| upn.to_ascii_lowercase().contains("#ext#"));
        let yes = || {
            if scope.some_tenants {
                Known::Unknown("it names organisations, and no record tells which one a guest is of".into())
            } else {
                Known::Yes(String::new())
            }
        };
        match (self.cx.account(who), names("internalguest"), names("b2bcollaborationguest"), invited) {
            (Account::Guest, true, true, _) | (Account::Guest, _, true, Some(true)) | (Account::Guest, true, _, Some(false)) => yes(),
            (Account::Guest, false, false, _) | (Account::Guest, _, false, Some(true)) | (Account::Guest, false, _, Some(false)) => Known::No,
            (Account::Guest, ..) => Known::Unknown("no record tells whether a guest was invited".into()),
            // A former guest may still be an external member, or have been made an internal one.
            (Account::Member, .., invited) if !scope.types.is_empty() && names("b2bcollaborationmember") && invited != Some(false) => {
                Known::Unknown("no record tells whether a member is external".into())
            }
            (Account::Member | Account::Agent | Account::Workload | Account::Group, ..) => Known::No,
            (Account::User | Account::Unknown, ..) => Known::Unknown("no record tells whether the account is a guest's".into()),
        }
    }

    /// Whether a policy is for an application, which is named by its service principal.
    fn includes_app(&self, policy: &ConditionalPolicy, app: &str) -> Known {
        let id = self.cx.access.apps.get(app).map(|f| f.app_id.as_str()).unwrap_or_default();
        let owner = self.cx.access.governance.app_owners.get(&app.into());
        let named = |words: &[String]| {
            any(words.iter().map(|word| match word.as_str() {
                "all" => Known::Yes(String::new()),
                "none" => Known::No,
                // Suites of Microsoft's: an application that somebody else made is in none.
                "office365" | "microsoftadminportals" => match owner {
                    Some(owner) if !MICROSOFT.contains(&owner.as_str()) => Known::No,
                    _ => Known::Unknown(format!("whether the application belongs to {word} is not on record")),
                },
                word if !id.is_empty() => {
                    if word == id {
                        Known::Yes(String::new())
                    } else {
                        Known::No
                    }
                }
                _ => Known::Unknown("no record tells the application's application id".into()),
            }))
        };
        match (named(&policy.include_apps), named(&policy.exclude_apps)) {
            // Only what is not known of applications or of the whole can have it after all.
            (Known::No, _) if policy.unknown.iter().any(|u| u == "conditions" || u.starts_with("applications.")) => {
                Known::Unknown(format!("it has conditions that are not known: {}", policy.unknown.join(", ")))
            }
            (Known::No, _) | (_, Known::Yes(_)) => Known::No,
            (Known::Yes(why), Known::No) => Known::Yes(why),
            (Known::Unknown(why), _) | (_, Known::Unknown(why)) => Known::Unknown(why),
        }
    }
}

/// Tenants that own Microsoft's applications.
const MICROSOFT: [&str; 2] = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"];

fn any(answers: impl IntoIterator<Item = Known>) -> Known {
    let mut told = Known::No;
    for answer in answers {
        match answer {
            Known::Yes(why) => return Known::Yes(why),
            Known::Unknown(why) => told = Known::Unknown(why),
            Known::No => {}
        }
    }
    told
}

/// States of per-user multi-factor authentication that ask at each sign-in.
fn asks_always(state: &str) -> bool {
    state.eq_ignore_ascii_case("enforced") || state.eq_ignore_ascii_case("enabled")
}

/// Whether a policy applies to all sign-ins of those whom it is for.
fn is_whole(policy: &ConditionalPolicy, demand: Demand) -> bool {
    let by_place = demand == Demand::PlaceOrDevice && policy.elsewhere && blocks(policy);
    let narrowed = policy.narrowed.len() - usize::from(by_place);
    policy.state == PolicyState::Enabled && policy.unknown.is_empty() && narrowed == 0
}

fn blocks(policy: &ConditionalPolicy) -> bool {
    policy.grant.controls.iter().any(|c| c == "block")
}

fn why_unsure(policy: &ConditionalPolicy, asks: &Known, of_app: &Known) -> String {
    let name = &policy.name;
    match (asks, of_app) {
        (Known::Unknown(why), _) | (_, Known::Unknown(why)) => format!("the policy \"{name}\" may ask it: {why}"),
        _ if !policy.unknown.is_empty() => format!("the policy \"{name}\" has conditions that are not known: {}", policy.unknown.join(", ")),
        _ if policy.state == PolicyState::Unknown => format!("no record tells whether the policy \"{name}\" is in force"),
        _ => format!(
            "the policy \"{name}\" asks it of {}, and whether others cover the rest is not decided here",
            policy.narrowed.join(" and ")
        ),
    }
}

/// Whether a policy asks for what is demanded.
fn asks(policy: &ConditionalPolicy, demand: Demand) -> Known {
    if policy.unknown.iter().any(|u| u == "grantControls") {
        return Known::Unknown("its record does not tell what it asks".into());
    }
    let grant = &policy.grant;
    let device = |c: &str| matches!(c, "compliantdevice" | "domainjoineddevice");
    let of = |control: &str| match (demand, control) {
        (_, "block") => demand == Demand::MultiFactor || policy.by_location || policy.by_device,
        (Demand::MultiFactor, "mfa") => true,
        (Demand::PlaceOrDevice, c) => device(c),
        _ => false,
    };
    let known = |c: &str| {
        device(c)
            || matches!(
                c,
                "block" | "mfa" | "approvedapplication" | "compliantapplication" | "passwordchange" | "riskremediation"
            )
    };
    let unknown = grant.controls.iter().find(|c| !known(c));
    let strength = grant.strength.map(|s| match (demand, s) {
        (Demand::MultiFactor, Strength::MultiFactor) => Known::Yes(String::new()),
        (Demand::MultiFactor, Strength::Unknown) => Known::Unknown("what its authentication strength amounts to is not on record".into()),
        _ => Known::No,
    });
    let mut asked: Vec<Known> = grant
        .controls
        .iter()
        .filter(|c| known(c))
        // Beside a second factor, a managed device is one of its own.
        .filter(|c| !(demand == Demand::MultiFactor && grant.any && device(c) && grant.controls.iter().any(|x| x == "mfa")))
        .map(|c| if of(c) { Known::Yes(String::new()) } else { Known::No })
        .collect();
    asked.extend(strength);
    asked.extend(unknown.map(|c| Known::Unknown(format!("what \"{c}\" asks is not known"))));
    asked.extend(grant.other.then_some(Known::No));
    asked.extend(grant.custom.then(|| match demand {
        Demand::MultiFactor => Known::Unknown("what its custom control asks is not on record".into()),
        Demand::PlaceOrDevice => Known::No,
    }));
    if grant.any && asked.len() > 1 {
        // One of them is enough, so each has to ask it.
        return match (asked.contains(&Known::No), asked.into_iter().find(|k| matches!(k, Known::Unknown(_)))) {
            (true, _) => Known::No,
            (false, Some(unknown)) => unknown,
            (false, None) => Known::Yes(String::new()),
        };
    }
    any(asked)
}
