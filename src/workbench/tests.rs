//! Paths and cuts on random small tenants, against a walk over their truth and every set of removals.

use super::why::{At, Path, Step};
use crate::ledger::access_model::PackageContent;
use crate::ledger::span::Span;
use crate::ledger::{AccessModel, effective};
use crate::model::{Certainty, EntitlementKey, EntitlementKind, GrantKind, Holding, Instant, PackageId, Presence, PrincipalId, PrincipalState, Window};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// From a day until another, both exact; until now when there is none.
type Days = (i64, Option<i64>);

const NOW: i64 = 100;

fn day(n: i64) -> Instant {
    Instant(n * crate::model::time::DAY)
}

fn span((from, until): Days) -> Span {
    Span {
        from_certainty: Certainty::Exact,
        until_certainty: until.map_or(Certainty::Open, |_| Certainty::Exact),
        held_from: Some(day(from)),
        held_until: until.map(day),
        from_earliest: Some(day(from)),
        from_latest: Some(day(from)),
        until_earliest: Some(until.map_or(day(NOW), day)),
        until_latest: until.map(day),
        proved: vec![Window {
            from: day(from),
            until: until.map_or(day(NOW).plus(1), day),
        }],
    }
}

fn holding(who: &str, entitlement: EntitlementKey, days: Days) -> Holding {
    let mut h = Holding {
        principal: PrincipalId::new(who),
        principal_name: who.into(),
        principal_type: "user".into(),
        entitlement_name: entitlement.resource().into(),
        path: entitlement.resource().into(),
        assignment_state: if entitlement.is_eligible() { "eligible" } else { "active" },
        entitlement,
        held_from: None,
        held_until: None,
        from_certainty: Certainty::Unknown,
        until_certainty: Certainty::Unknown,
        from_earliest: None,
        from_latest: None,
        until_earliest: None,
        until_latest: None,
        proved: Vec::new(),
        scheduled_until: None,
        no_expiration: false,
        last_seen: None,
        grant_kind: GrantKind::Direct,
        partially_delivered: false,
        whole_since: None,
        requested_by: None,
        on_behalf_of: None,
        granted_by: "".into(),
        approved_by: Vec::new(),
        decisions: Vec::new(),
        justification: None,
        ended_by: "".into(),
        end_reason: "".into(),
        principal_state: PrincipalState::Active,
        principal_state_since: None,
        assignment: None,
        request: None,
        policy: None,
        evidence: Vec::new(),
    };
    span(days).give(&mut h);
    h
}

fn content(package: &str, entitlement: EntitlementKey, days: Days) -> PackageContent {
    PackageContent {
        package: PackageId::new(package),
        entitlement: Some(entitlement),
        resource_name: "".into(),
        span: span(days),
        evidence: Vec::new(),
    }
}

/// A link of a random tenant: who, what, and when.
#[derive(Debug, Clone)]
enum Link {
    Package(u8, u8, Days),
    Member(u8, u8, Days),
    Nested(u8, u8, Days),
    Role(u8, u8, Days),
    RoleOfGroup(u8, u8, Days),
    Eligible(u8, u8, Days),
    Contains(u8, u8, bool, Days),
}

fn days() -> impl Strategy<Value = Days> {
    (0..60i64, prop::option::of(1..60i64)).prop_map(|(from, length)| (from, length.map(|l| from + l)))
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        (0..2u8, 0..3u8, days()).prop_map(|(a, b, d)| Link::Package(a, b, d)),
        (0..2u8, 0..4u8, days()).prop_map(|(a, b, d)| Link::Member(a, b, d)),
        (0..4u8, 0..4u8, days()).prop_map(|(a, b, d)| Link::Nested(a, b, d)),
        (0..2u8, 0..2u8, days()).prop_map(|(a, b, d)| Link::Role(a, b, d)),
        (0..4u8, 0..2u8, days()).prop_map(|(a, b, d)| Link::RoleOfGroup(a, b, d)),
        (0..2u8, 0..2u8, days()).prop_map(|(a, b, d)| Link::Eligible(a, b, d)),
        (0..3u8, 0..4u8, any::<bool>(), days()).prop_map(|(a, b, c, d)| Link::Contains(a, b, c, d)),
    ]
}

fn role(n: u8, eligible: bool) -> EntitlementKey {
    EntitlementKey::directory_role(&format!("role{n}"), "/", eligible)
}

fn group(n: u8) -> EntitlementKey {
    EntitlementKey::group(&format!("group{n}"))
}

/// The access model of links. One principal has one thing once: what is told again is left out.
fn tenant(links: &[Link]) -> AccessModel {
    let (mut holdings, mut contents): (Vec<Holding>, Vec<PackageContent>) = (Vec::new(), Vec::new());
    for link in links {
        let person = |n: &u8| format!("person{n}");
        let h = match link {
            Link::Package(a, b, d) => holding(&person(a), EntitlementKey::package(&format!("package{b}")), *d),
            Link::Member(a, b, d) => holding(&person(a), group(*b), *d),
            Link::Nested(a, b, d) if a != b => holding(&format!("group{a}"), group(*b), *d),
            Link::Nested(..) => continue,
            Link::Role(a, b, d) => holding(&person(a), role(*b, false), *d),
            Link::RoleOfGroup(a, b, d) => holding(&format!("group{a}"), role(*b, false), *d),
            Link::Eligible(a, b, d) => holding(&person(a), role(*b, true), *d),
            Link::Contains(a, b, is_role, d) => {
                let key = if *is_role { role(b % 2, false) } else { group(*b) };
                let one = content(&format!("package{a}"), key, *d);
                if !contents.iter().any(|c| c.package == one.package && c.entitlement == one.entitlement) {
                    contents.push(one);
                }
                continue;
            }
        };
        if !holdings.iter().any(|o| o.principal == h.principal && o.entitlement == h.entitlement) {
            holdings.push(h);
        }
    }
    holdings.sort_by(|a, b| (&a.principal, &a.entitlement).cmp(&(&b.principal, &b.entitlement)));
    contents.sort_by(|a, b| (&a.package, &a.entitlement).cmp(&(&b.package, &b.entitlement)));
    AccessModel {
        as_of: day(NOW),
        holdings,
        contents,
        ..AccessModel::default()
    }
}

/// A plain graph of what is there at an instant, made without the code under test.
struct Truth {
    /// Holdings: place, who, what.
    holds: Vec<(usize, String, EntitlementKey)>,
    /// Contents: place, package, what.
    contains: Vec<(usize, String, EntitlementKey)>,
}

impl Truth {
    fn at(access: &AccessModel, at: Instant) -> Self {
        let lasts = |from: Option<Instant>, until: Option<Instant>| from.is_some_and(|f| f <= at) && until.is_none_or(|u| at < u);
        let holds: Vec<_> = access
            .holdings
            .iter()
            .enumerate()
            .filter(|(_, h)| lasts(h.held_from, h.held_until))
            .map(|(i, h)| (i, h.principal.to_string(), h.entitlement.clone()))
            .collect();
        let contains: Vec<_> = access
            .contents
            .iter()
            .enumerate()
            .filter(|(_, c)| lasts(c.span.held_from, c.span.held_until))
            .filter_map(|(i, c)| Some((i, c.package.to_string(), c.entitlement.clone()?)))
            .collect();
        Self { holds, contains }
    }

    /// What a package gave and the resource took away again while the package goes on is not with its holder.
    fn taken_away(access: &AccessModel, who: &str, key: &EntitlementKey, package: &Holding, content: &PackageContent, at: Instant) -> bool {
        let own = access.holdings.iter().find(|h| h.principal.as_str() == who && h.entitlement == *key);
        let Some(ended) = own.and_then(|h| h.held_until) else { return false };
        let end = [package.held_until, content.span.held_until].into_iter().flatten().min();
        end.is_none_or(|end| ended.plus(crate::model::time::DAY) < end) && ended <= at
    }

    fn packages(&self, access: &AccessModel, who: &str, at: Instant) -> Vec<(usize, usize, EntitlementKey)> {
        let mut found = Vec::new();
        for (i, _, package) in self.holds.iter().filter(|(_, p, k)| p == who && k.kind == EntitlementKind::AccessPackage) {
            for (c, _, key) in self.contains.iter().filter(|(_, p, _)| p == package.resource()) {
                if !Self::taken_away(access, who, key, &access.holdings[*i], &access.contents[*c], at) {
                    found.push((*i, *c, key.clone()));
                }
            }
        }
        found
    }

    /// All paths of somebody to anything, each with its steps.
    fn paths(&self, access: &AccessModel, at: Instant, who: &str, seen: &[String], so_far: &[Step], all: &mut BTreeSet<(Vec<Step>, EntitlementKey)>) {
        let given = self.packages(access, who, at);
        let mut arrivals: Vec<(Vec<Step>, EntitlementKey)> = Vec::new();
        for (i, _, key) in self.holds.iter().filter(|(_, p, _)| p == who) {
            if !given.iter().any(|(_, _, k)| k == key) {
                arrivals.push((vec![Step::Holding(*i)], key.clone()));
            }
        }
        arrivals.extend(given.iter().map(|(i, c, key)| (vec![Step::Holding(*i), Step::Content(*c)], key.clone())));
        for (steps, key) in arrivals {
            let steps = [so_far, &steps].concat();
            all.insert((steps.clone(), key.clone()));
            let id = key.resource().to_string();
            if key.kind == EntitlementKind::Group && !seen.contains(&id) {
                self.paths(access, at, &id, &[seen, std::slice::from_ref(&id)].concat(), &steps, all);
            }
        }
    }

    fn of(&self, access: &AccessModel, at: Instant, who: &str) -> BTreeSet<(Vec<Step>, EntitlementKey)> {
        let mut all = BTreeSet::new();
        self.paths(access, at, who, &[who.to_string()], &[], &mut all);
        all
    }

    /// The same when some steps are gone; what packages delivered goes with them.
    fn without(&self, access: &AccessModel, at: Instant, gone: &[Step]) -> Self {
        let delivered = |who: &str, key: &EntitlementKey| self.packages(access, who, at).iter().any(|(_, _, k)| k == key);
        Self {
            holds: self
                .holds
                .iter()
                // A delivery is no path of its own, before and after.
                .filter(|(i, who, key)| !gone.contains(&Step::Holding(*i)) && !delivered(who, key))
                .cloned()
                .collect(),
            contains: self.contains.iter().filter(|(c, ..)| !gone.contains(&Step::Content(*c))).cloned().collect(),
        }
    }
}

fn ends(paths: &BTreeSet<(Vec<Step>, EntitlementKey)>, gone: &[Step]) -> bool {
    paths.iter().all(|(steps, _)| steps.iter().any(|s| gone.contains(s)))
}

/// Sets of this size.
fn subsets(of: &[Step], size: usize) -> Vec<Vec<Step>> {
    match (size, of.split_first()) {
        (0, _) => vec![Vec::new()],
        (_, None) => Vec::new(),
        (_, Some((first, rest))) => {
            let with = subsets(rest, size - 1).into_iter().map(|s| [vec![*first], s].concat());
            with.chain(subsets(rest, size)).collect()
        }
    }
}

fn judge(links: &[Link], at: i64) -> Result<(), TestCaseError> {
    let access = tenant(links);
    let at = day(at).plus(1);
    let (now, truth) = (At::new(&access, at), Truth::at(&access, at));
    let everybody: BTreeSet<String> = access.holdings.iter().map(|h| h.principal.to_string()).collect();
    for who in everybody.iter().filter(|w| w.starts_with("person")) {
        let id = PrincipalId::new(who);
        let mut told: Vec<(Vec<Step>, EntitlementKey)> = now.paths(&id, &|_| true).into_iter().map(|p| (p.steps, p.leads_to)).collect();
        let expected = truth.of(&access, at, who);
        told.sort();
        prop_assert_eq!(&told, &expected.iter().cloned().collect::<Vec<_>>(), "{} at {}", who, at);
        let targets: BTreeSet<&EntitlementKey> = expected.iter().map(|(_, key)| key).filter(|k| !k.is_eligible()).collect();
        for target in targets {
            let paths: Vec<Path> = now.paths(&id, &|k| k == target).into_iter().filter(|p| !p.eligible).collect();
            if paths.is_empty() {
                continue;
            }
            let cut = now.cut(&paths).expect("a path can be cut");
            let to_target: BTreeSet<_> = expected.iter().filter(|(_, k)| k == target).cloned().collect();
            prop_assert!(ends(&to_target, &cut.steps));
            prop_assert!(
                now.without(&cut.steps).paths(&id, &|k| k == target).is_empty(),
                "recomputed without {:?}",
                cut.steps
            );
            let all: Vec<Step> = to_target
                .iter()
                .flat_map(|(s, _)| s.iter().copied())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            let smaller = (1..cut.steps.len()).any(|n| subsets(&all, n).iter().any(|s| ends(&to_target, s)));
            prop_assert!(!smaller, "a smaller set than {:?} ends it", cut.steps);
            // What else ends is what the truth loses.
            let pairs = |t: &Truth| -> BTreeSet<(String, EntitlementKey)> {
                let of = |w: &String| {
                    t.of(&access, at, w)
                        .into_iter()
                        .filter(|(_, k)| !k.is_eligible())
                        .map(|(_, k)| (w.clone(), k))
                        .collect::<Vec<_>>()
                };
                everybody.iter().flat_map(of).collect()
            };
            let (before, after) = (pairs(&truth), pairs(&truth.without(&access, at, &cut.steps)));
            let lost: BTreeSet<_> = before.difference(&after).filter(|(w, k)| !(w == who && k == target)).cloned().collect();
            let also: BTreeSet<_> = cut.also_ends.iter().map(|(w, k)| (w.to_string(), k.clone())).collect();
            prop_assert_eq!(also, lost);
        }
        // The ledger's own effective holdings lead to the same.
        let effective: BTreeSet<EntitlementKey> = effective::effective(&access)
            .into_iter()
            .filter(|h| h.principal == id && h.presence(Window::at(at)) == Presence::Certain && !h.entitlement.is_eligible())
            .map(|h| h.entitlement)
            .collect();
        let reached: BTreeSet<EntitlementKey> = expected.iter().map(|(_, k)| k.clone()).filter(|k| !k.is_eligible()).collect();
        prop_assert_eq!(effective, reached);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn paths_are_the_truth_and_cuts_are_smallest(links in prop::collection::vec(link(), 1..18), at in 0..100i64) {
        judge(&links, at)?;
    }
}

#[test]
fn two_ways_need_two_removals_and_a_shared_step_one() {
    let open: Days = (0, None);
    let links = [
        Link::Package(0, 0, open),
        Link::Contains(0, 0, false, open),
        // The delivery of the package is listed at the group, too.
        Link::Member(0, 0, (1, None)),
        Link::Member(0, 1, open),
        Link::Nested(0, 2, open),
        Link::Nested(1, 2, open),
        Link::RoleOfGroup(2, 0, open),
        Link::Package(1, 0, open),
    ];
    let access = tenant(&links);
    let now = At::new(&access, day(50));
    let who = PrincipalId::new("person0");
    let of_group = now.paths(&who, &|k| *k == group(2));
    assert_eq!(of_group.len(), 2, "by the package and by group1");
    assert_eq!(now.cut(&of_group).expect("a cut").steps.len(), 2);
    let of_role = now.paths(&who, &|k| *k == role(0, false));
    let cut = now.cut(&of_role).expect("a cut");
    let [Step::Holding(i)] = cut.steps.as_slice() else { panic!("{cut:?}") };
    assert_eq!(
        (access.holdings[*i].principal.as_str(), &access.holdings[*i].entitlement),
        ("group2", &role(0, false))
    );
    // The other holder of the package has the role through the same group.
    let also: BTreeSet<String> = cut.also_ends.iter().map(|(w, k)| format!("{w} {}", k.resource())).collect();
    assert_eq!(
        also,
        BTreeSet::from(["group0 role0", "group1 role0", "group2 role0", "person1 role0"].map(String::from))
    );
    // Eligible roles are paths, and give nothing until they are activated.
    let eligible = tenant(&[Link::Eligible(0, 1, open)]);
    let paths = At::new(&eligible, day(50)).paths(&who, &|k| k.resource() == "role1");
    assert!(paths.len() == 1 && paths[0].eligible);
}
