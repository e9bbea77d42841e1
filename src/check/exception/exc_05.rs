//! `EXC-05`: separation of duties, over time.

use crate::check::define::check;
use crate::check::known::shown;
use crate::check::surround::{Groups, holdings};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::config::matches;
use crate::lake::table::Table;
use crate::ledger::access_model::PackageFacts;
use crate::ledger::span::Span;
use crate::model::controls::{AC_5, CC6_3, ISO_A_5_3};
use crate::model::time::common;
use crate::model::{Certainty, CheckId, EntitlementKind, Finding, Holding, Instant, Interned, PackageId, PrincipalId, ReasonCode, Severity, Window};
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// Incompatible access was held at the same time
    ///
    /// ## Why it matters
    /// Some pairs of access defeat a control together: who creates suppliers must not pay them.
    /// Entra asks at the moment of a request only, and in one direction only: who held the one before the rule was made, or was assigned directly, has both.
    ///
    /// ## What it looks for
    /// A person who held two incompatible packages, or a package and an incompatible group (also through groups inside it), at the same time within the last year.
    /// A rule that stands at one of the packages counts for both.
    /// Rules are what packages list as incompatible, and the pairs of the configuration (`packages.incompatible`).
    /// An overlap that witnesses prove is a finding: high while both are held, medium once one of them ended; one that nothing proves and nothing rules out is said to be so.
    /// One that ends before the other begins is none.
    ///
    /// ## Known false positives
    /// Pairs that a second control watches, such as a monthly report of payments to new suppliers: register them as exceptions, with their end.
    ///
    /// ## What to do
    /// Take one of the two away, and look at what was done with both while they overlapped.
    ///
    /// ## Examples
    /// The rule stands at one of the packages; Ana holds both, Bo held both for a month, Cy gave one back before the other came:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | incompatible |  |  | payments | suppliers |   |
    /// | 2026-01-05 | deliver |  | ana | payments |  |   |
    /// | 2026-01-06 | deliver |  | ana | suppliers |  | ◀ high |
    /// | 2026-01-05 | deliver |  | bo | suppliers |  |   |
    /// | 2026-01-10 | deliver |  | bo | payments |  |   |
    /// | 2026-02-10 | expire |  | bo | suppliers |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | cy | payments |  |   |
    /// | 2026-02-02 | expire |  | cy | payments |  |   |
    /// | 2026-02-03 | deliver |  | cy | suppliers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A group is incompatible, and Ana is in it:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | incompatible |  |  | payments | group auditors |   |
    /// | 2026-01-05 | deliver |  | ana | payments |  | ◀ high |
    /// | 2026-01-05 | deliver |  | bo | payments |  |   |
    /// | 2026-01-06 | add-to-group | cy | ana | auditors |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody holds both, and what was held long ago is past:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2024-01-01 | incompatible |  |  | payments | suppliers |   |
    /// | 2024-01-05 | deliver |  | ana | payments |  |   |
    /// | 2024-01-06 | deliver |  | ana | suppliers |  |   |
    /// | 2024-02-06 | expire |  | ana | suppliers |  |   |
    /// | 2026-01-05 | deliver |  | bo | suppliers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-05"),
        severity: Severity::High,
        practice: &["P1", "P5"],
        controls: &[AC_5, ISO_A_5_3, CC6_3],
        thresholds: &[&MINIMUM, &LOOK_BACK],
        reads: holdings!(Incompatibilities),
        shard_by: Shard::Principal,
        cost: "holdings of packages under a rule, each against the other side of its rules",
        run,
    }
}

static MINIMUM: Threshold = Threshold {
    name: "separation_overlap_minutes",
    default: 0,
    unit: "minutes",
    origin: "ours: any overlap counts, since one payment needs a minute",
    help: "How long two incompatible accesses may overlap.",
};

/// One side of an overlap.
#[derive(Clone)]
struct Side {
    name: String,
    span: Span,
    held: bool,
    evidence: Vec<String>,
    approved: Vec<String>,
}

/// What stands between somebody's two accesses.
enum Overlap {
    Proved { micros: i64, now: bool },
    Possible,
    None,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    if cx.access.governance.incompatible.is_empty() && !cx.looked_at(Table::Incompatibilities) {
        let message = "no incompatible packages or groups are in the lake";
        let own = if cx.config.incompatible_packages.is_empty() {
            ", and the configuration names no pairs"
        } else {
            ""
        };
        let clears_when = "Ingest incompatibleAccessPackages and incompatibleGroups of packages, or name pairs in the configuration.";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::Incompatibilities, &format!("{message}{own}"), clears_when),
            0,
        );
        if cx.config.incompatible_packages.is_empty() {
            return out;
        }
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::Memberships]);
    cx.need_log(&mut out);
    unlisted_rules(cx, &mut out);
    unmatched_pairs(cx, &mut out);
    let rules = Rules::of(cx);
    let groups = Groups::of(cx);
    let mut people: BTreeSet<&PrincipalId> = BTreeSet::new();
    for holding in cx.access.holdings.iter().filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage) {
        if rules.packages.contains_key(holding.entitlement.resource()) && cx.mine(holding.principal.as_str()) {
            people.insert(&holding.principal);
        }
    }
    for who in people {
        judge(cx, who, (&rules, &groups), &mut out);
    }
    out
}

/// A row for packages of which no list of what is incompatible is in the lake: it is asked for below each package.
fn unlisted_rules(cx: &Context, out: &mut Outcome) {
    let looked = |part: String| cx.access.looks.contains_key(&(Table::Incompatibilities.name().into(), part.as_str().into()));
    if looked("tenant".into()) {
        return;
    }
    let live = cx.access.packages.iter().filter(|(_, f)| !f.removed);
    let number = live
        .filter(|(id, _)| !(looked(format!("package/{id}")) && looked(format!("group/{id}"))))
        .count();
    if number > 0 {
        let message = format!(
            "of {} no list of all packages and groups that are incompatible with it is in the lake, so only what other lists and the configuration name was judged",
            words::many(number, "package")
        );
        let clears_when = "Ingest incompatibleAccessPackages and incompatibleGroups of each package.";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::Incompatibilities, &message, clears_when), 0);
    }
}

/// A row for each name in the pairs of the configuration that no package has: what it was meant for was not judged.
fn unmatched_pairs(cx: &Context, out: &mut Outcome) {
    let is_known = |pattern: &str| cx.access.packages.iter().any(|(id, f)| matches(pattern, id.as_str(), &f.name));
    let names = cx.config.incompatible_packages.iter().flatten();
    let unknown: BTreeSet<&str> = names.map(String::as_str).filter(|n| !is_known(n)).collect();
    for name in unknown {
        let draft = Draft {
            subject: Thing::new("package", name, name),
            message: format!("the configuration calls {name} incompatible with another package, and no package has that name or id"),
            clears_when: "The name of the package as it is now in packages.incompatible, or an export of packages that has it.".into(),
            ..Draft::default()
        };
        if cx.mine(name) {
            out.push_for(cx.not_evaluable(ReasonCode::JoinMissing, draft), 0);
        }
    }
}

/// Rules, closed so that each side knows the other.
struct Rules<'a> {
    /// By package: the packages and groups that are incompatible with it, with the record of the rule.
    packages: BTreeMap<&'a str, BTreeMap<Rival<'a>, Interned>>,
    /// Who was in incompatible groups, when.
    members: BTreeMap<&'a str, BTreeMap<&'a str, Vec<Side>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rival<'a> {
    Package(&'a str),
    Group(&'a str),
}

impl<'a> Rules<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let mut rules = Self {
            packages: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        for rule in &cx.access.governance.incompatible {
            let (package, other) = (rule.package.as_str(), rule.other.as_str());
            if rule.is_group {
                rules.add(package, Rival::Group(other), rule.evidence);
                rules.members.entry(other).or_default();
            } else {
                rules.add(package, Rival::Package(other), rule.evidence);
                rules.add(other, Rival::Package(package), rule.evidence);
            }
        }
        for [one, other] in &cx.config.incompatible_packages {
            let of = |pattern: &str| -> Vec<&'a str> {
                let fits = |(id, f): &(&PackageId, &PackageFacts)| matches(pattern, id.as_str(), &f.name);
                cx.access.packages.iter().filter(fits).map(|(id, _)| id.as_str()).collect()
            };
            for a in of(one) {
                for b in of(other).into_iter().filter(|b| *b != a) {
                    rules.add(a, Rival::Package(b), Interned::default());
                    rules.add(b, Rival::Package(a), Interned::default());
                }
            }
        }
        let groups: Vec<&str> = rules.members.keys().copied().collect();
        let by_group = memberships(cx);
        for group in groups {
            let mut found = BTreeMap::new();
            inside(cx, &by_group, group, None, &mut BTreeSet::new(), &mut found);
            rules.members.insert(group, found);
        }
        rules
    }

    fn add(&mut self, package: &'a str, rival: Rival<'a>, evidence: Interned) {
        self.packages.entry(package).or_default().entry(rival).or_insert(evidence);
    }
}

/// Memberships, ever, by group.
fn memberships<'a>(cx: &Context<'a>) -> BTreeMap<&'a str, Vec<&'a Holding>> {
    let mut by_group: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for holding in cx.access.holdings.iter().filter(|h| h.entitlement.is_group_member()) {
        by_group.entry(holding.entitlement.resource()).or_default().push(holding);
    }
    by_group
}

/// Everybody who was ever in a group, through groups inside it too: each step of the path must last.
fn inside<'a>(
    cx: &Context<'a>,
    by_group: &BTreeMap<&'a str, Vec<&'a Holding>>,
    group: &'a str,
    outer: Option<&Side>,
    seen: &mut BTreeSet<&'a str>,
    found: &mut BTreeMap<&'a str, Vec<Side>>,
) {
    if !seen.insert(group) {
        return;
    }
    for holding in by_group.get(group).into_iter().flatten() {
        let own = Side::of(cx, holding);
        let side = match outer {
            None => own,
            Some(outer) => {
                let Some(span) = own.span.common(&outer.span) else { continue };
                let evidence = own.evidence.iter().chain(&outer.evidence).cloned().collect();
                Side {
                    name: outer.name.clone(),
                    held: own.held && outer.held,
                    span,
                    evidence,
                    approved: own.approved,
                }
            }
        };
        let member = holding.principal.as_str();
        if by_group.contains_key(member) {
            inside(cx, by_group, member, Some(&side), seen, found);
        }
        found.entry(member).or_default().push(side);
    }
    seen.remove(group);
}

impl Side {
    fn of(cx: &Context, holding: &Holding) -> Self {
        Self {
            name: holding.entitlement_name.to_string(),
            span: Span::of(holding),
            held: holding.held_at(cx.as_of()),
            evidence: holding.evidence.iter().map(ToString::to_string).collect(),
            approved: holding.approved_by.iter().map(ToString::to_string).collect(),
        }
    }
}

fn judge(cx: &Context, who: &PrincipalId, (rules, groups): (&Rules, &Groups), out: &mut Outcome) {
    let mut own: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for holding in cx.index.packages_of(who) {
        own.entry(holding.entitlement.resource()).or_default().push(holding);
    }
    for (package, rivals) in rules.packages.iter().filter(|(p, _)| own.contains_key(*p)) {
        let (mut proved, mut possible, mut apart) = (Vec::new(), Vec::new(), false);
        let mut unlisted: Vec<(&str, &Interned)> = Vec::new();
        for (rival, rule) in rivals {
            let sides: Vec<Side> = match rival {
                // Each pair is told once, at the package whose id is greater.
                Rival::Package(other) if other > package => continue,
                Rival::Package(other) => own.get(other).into_iter().flatten().map(|h| Side::of(cx, h)).collect(),
                Rival::Group(group) => rules.members.get(group).and_then(|m| m.get(who.as_str())).cloned().unwrap_or_default(),
            };
            if let Rival::Group(group) = rival
                && sides.is_empty()
                && !groups.listed(group)
            {
                unlisted.push((*group, rule));
            }
            for holding in &own[package] {
                for side in &sides {
                    match overlap(cx, &Side::of(cx, holding), side) {
                        Overlap::Proved { micros, now } => proved.push((*holding, side.clone(), *rule, micros, now)),
                        Overlap::Possible => possible.push((*holding, side.clone(), *rule)),
                        Overlap::None => apart = true,
                    }
                }
            }
        }
        if let Some((holding, ..)) = proved.first() {
            out.push(cx.finding(found(cx, holding, &proved)));
        } else if let Some((holding, side, rule)) = possible.first() {
            let mut draft = Draft::of_holding(cx, holding);
            draft.evidence.extend(side.evidence.iter().cloned());
            draft.evidence.extend((!rule.is_empty()).then(|| rule.to_string()));
            draft.message = format!(
                "{} held {} and {}, which are incompatible, and no record proves or rules out that they overlapped",
                draft.subject.name, draft.object.name, side.name
            );
            draft.clears_when = "Audit logs or snapshots of the time between.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        } else if let Some(holding) = own[package].iter().find(|h| !unlisted.is_empty() && h.held_at(cx.as_of())) {
            out.push(untold(cx, holding, &unlisted));
        } else if apart {
            out.pass_of(cx, own[package][0], "never held at the same time as what is incompatible with it");
        }
    }
}

/// A holder of whom no snapshot tells whether they are in a group that is incompatible.
fn untold(cx: &Context, holding: &Holding, groups: &[(&str, &Interned)]) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    let name = |id: &str| cx.access.groups.get(id).map_or(id, |g| shown(g.name.as_str(), id)).to_string();
    let names: Vec<String> = groups.iter().map(|(id, _)| name(id)).collect();
    draft
        .evidence
        .extend(groups.iter().filter(|(_, rule)| !rule.is_empty()).map(|(_, rule)| rule.to_string()));
    draft.message = format!(
        "{} holds {}, and no complete snapshot lists the members of {}, which is incompatible with it",
        draft.subject.name,
        draft.object.name,
        words::listed(&names)
    );
    draft.clears_when = format!("A complete snapshot of the members of {}.", words::listed(&names));
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

/// Whether two accesses were held at the same time within the time that is looked at.
fn overlap(cx: &Context, a: &Side, b: &Side) -> Overlap {
    let seen = Window {
        from: cx.since(&LOOK_BACK),
        until: cx.as_of().plus(1),
    };
    let both = common(&common(&a.span.proved, &b.span.proved), &[seen]);
    let micros: i64 = both.iter().map(|w| w.until.0 - w.from.0).sum();
    if micros > cx.minutes(&MINIMUM) {
        return Overlap::Proved { micros, now: a.held && b.held };
    }
    let possible = common(&[outer(&a.span)], &[outer(&b.span)]);
    if common(&possible, &[seen]).iter().any(|w| w.until > w.from) {
        Overlap::Possible
    } else {
        Overlap::None
    }
}

fn outer(span: &Span) -> Window {
    let ended = if span.until_certainty == Certainty::Exact {
        span.held_until
    } else {
        span.until_latest
    };
    Window {
        from: span.from_earliest.unwrap_or(Instant(i64::MIN)),
        until: ended.unwrap_or(Instant(i64::MAX)),
    }
}

/// How long both were held; one snapshot proves no length.
fn overlap_in_words(micros: i64) -> String {
    if micros < crate::model::time::MINUTE {
        "both seen at one snapshot".into()
    } else {
        format!("overlap of {}", words::duration(micros))
    }
}

fn found(cx: &Context, holding: &Holding, proved: &[(&Holding, Side, Interned, i64, bool)]) -> Draft {
    let mut draft = Draft::of_holding(cx, holding);
    let mut others: BTreeMap<&str, (i64, bool)> = BTreeMap::new();
    let mut approved: BTreeSet<String> = BTreeSet::new();
    for (own, side, rule, micros, now) in proved {
        draft.evidence.extend(own.evidence.iter().map(ToString::to_string));
        draft.evidence.extend(side.evidence.iter().cloned());
        draft.evidence.extend((!rule.is_empty()).then(|| rule.to_string()));
        let other = others.entry(side.name.as_str()).or_default();
        *other = (other.0 + micros, other.1 || *now);
        approved.extend(own.approved_by.iter().map(ToString::to_string));
        approved.extend(side.approved.iter().cloned());
    }
    let now = others.values().any(|(_, now)| *now);
    let list: Vec<String> = others
        .iter()
        .map(|(name, (micros, _))| format!("{name} ({})", overlap_in_words(*micros)))
        .collect();
    let by: Vec<String> = approved.into_iter().collect();
    let approval = if by.is_empty() {
        "no approval of either is on record".to_string()
    } else {
        format!("approved by {}", words::listed(&by))
    };
    (draft.severity, draft.reason) = if now {
        (Severity::High, "overlaps-now")
    } else {
        (Severity::Medium, "overlapped")
    };
    let verb = if now { "holds" } else { "held" };
    draft.message = format!(
        "{} {verb} {} together with {}, which is incompatible with it; {approval}",
        draft.subject.name,
        draft.object.name,
        words::listed(&list)
    );
    draft.clears_when = if now {
        "The end of one of the two.".into()
    } else {
        format!("{} without an overlap.", words::count(cx.threshold(&LOOK_BACK), "day"))
    };
    draft
}
