//! `EXC-08`: somebody who could not ask for it today.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::{Groups, holdings};
use crate::check::{Account, Context, Draft, Known, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::governance::Targets;
use crate::model::controls::AC_2;
use crate::model::{CheckId, GrantKind, Holding, Instant, Interned, PolicyId, PrincipalId, ReasonCode, Severity};
use ahash::{AHashMap, AHashSet};

check! {
    /// The holder has left the group of people who may ask for it
    ///
    /// ## Why it matters
    /// A policy says for whom a package is made.
    /// Who was one of them and is no more keeps what they asked for then: Entra asks at the request only.
    ///
    /// ## What it looks for
    /// A package that its holder asked for, or that somebody asked for them, under the policy as it stands today, when the holder is no longer among those whom the policy lets ask: a named user, or a member of a named group (also through groups inside it), or a member of the tenant where only members may ask.
    /// Thirty days of grace after they left are allowed.
    /// Access that was given under an earlier version of the policy, by an administrator or by a rule is left out.
    ///
    /// ## Known false positives
    /// Somebody who moved and still hands over.
    ///
    /// ## What to do
    /// Take the access away, or let the people ask who need it.
    ///
    /// ## Examples
    /// Ana left the group in January; Bo is still in it; Cy left last week:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope specificDirectoryUsers, targets group finance, changed 2026-01-01 |   |
    /// | 2026-01-02 | add-to-group | di | ana | finance |  |   |
    /// | 2026-01-02 | add-to-group | di | bo | finance |  |   |
    /// | 2026-01-02 | add-to-group | di | cy | finance |  |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-20 | remove-from-group | di | ana | finance |  |   |
    /// | 2026-03-25 | remove-from-group | di | cy | finance |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The policy was changed after the grant, an administrator assigned, and of one policy nobody knows whom it lets ask:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope specificDirectoryUsers, targets group finance, changed 2026-02-01 |   |
    /// | 2026-01-01 | policy |  |  | library | scope specificDirectoryUsers, targets group readers, changed 2026-01-01 |   |
    /// | 2026-01-01 | policy |  |  | keys | scope allMoonUsers, changed 2026-01-01 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | assign | di | bo | library |  |   |
    /// | 2026-01-05 | deliver |  | cy | keys |  | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Everybody who asked may still ask:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope allMemberUsers, changed 2026-01-01 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-08"),
        severity: Severity::Medium,
        practice: &["P1", "P5"],
        controls: &[AC_2],
        thresholds: &[&GRACE],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "packages held, each with the groups that its policy names",
        run,
    }
}

static GRACE: Threshold = Threshold {
    name: "eligibility_grace_days",
    default: 30,
    unit: "days",
    origin: "ours: a month to hand over, as for people who move",
    help: "How long somebody may keep a package after leaving those who may ask for it.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    if cx.access.policies.is_empty() && !cx.looked_at(Table::Policies) {
        let message = "no assignment policies are in the lake, so who may ask for what is unknown";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::Policies, message, "Ingest assignment policies."),
            cx.held_packages().count(),
        );
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let (groups, past) = (Groups::of(cx), Past::of(cx));
    for (holding, _) in cx.held_packages() {
        match holding.grant_kind {
            GrantKind::UserRequest | GrantKind::OnBehalf => judge(cx, holding, &groups, &past, &mut out),
            GrantKind::Unknown => {
                let message = "no record tells who asked for some packages, so whether their holders may still ask for them was not judged";
                out.push_for(
                    cx.lacking(
                        ReasonCode::JoinMissing,
                        Table::Requests,
                        message,
                        "Ingest assignment requests, or the audit log of the grants.",
                    ),
                    1,
                );
            }
            _ => {}
        }
    }
    out
}

fn open(cx: &Context, holding: &Holding, why: &str, out: &mut Outcome) {
    let mut draft = Draft::of_holding(cx, holding);
    draft.message = format!("whether {} may still ask for {} is unknown: {why}", draft.subject.name, draft.object.name);
    draft.clears_when = "A snapshot of the policy, of the members of the groups that it names, and of users.".into();
    out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
}

fn judge(cx: &Context, holding: &Holding, groups: &Groups, past: &Past, out: &mut Outcome) {
    let policy = holding
        .policy
        .as_ref()
        .and_then(|id| Some((id, cx.access.policies.get(id)?, cx.access.governance.targets.get(id)?)));
    let Some((id, facts, targets)) = policy else {
        return open(cx, holding, "its policy is not on record", out);
    };
    // A rule assigns by itself; what a policy was before is another question.
    if facts.automatic {
        return;
    }
    if facts.may_be_by_rule() && cx.by_rule(holding).is_none() {
        return open(cx, holding, "no record tells whether a rule assigns by its policy", out);
    }
    let begun = holding.from_latest.or(holding.held_from);
    match (targets.modified_at, begun, holding.from_earliest) {
        (Some(changed), Some(begun), _) if begun < changed => return,
        (Some(changed), _, Some(from)) if changed <= from => {}
        _ => return open(cx, holding, "no record tells whether the policy was changed since the grant", out),
    }
    match among(cx, &holding.principal, &facts.target_scope, targets, groups) {
        Known::Yes(_) => out.pass_of(cx, holding, "among those who may ask"),
        Known::Unknown(why) => open(cx, holding, &why, out),
        Known::No => left(cx, holding, (id, targets), past, out),
    }
}

/// Whether somebody is among those whom a policy lets ask.
fn among(cx: &Context, who: &PrincipalId, scope: &str, targets: &Targets, groups: &Groups) -> Known {
    let everybody = ["allDirectoryUsers", "allExternalUsers"];
    if everybody.iter().any(|s| s.eq_ignore_ascii_case(scope)) {
        return Known::Yes(String::new());
    }
    if scope.eq_ignore_ascii_case("allMemberUsers") {
        return match cx.account(who) {
            Account::Member => Known::Yes(String::new()),
            Account::Guest => Known::No,
            _ => Known::Unknown("no record tells whether the account is a member's".into()),
        };
    }
    if !scope.eq_ignore_ascii_case("specificDirectoryUsers") {
        return Known::Unknown(match scope {
            "" => "the record of the policy does not tell who may ask".into(),
            "notSpecified" => "the policy lets nobody ask any more".into(),
            scope => format!("its policy is for \"{scope}\", which no record of the holder can be held against"),
        });
    }
    if targets.users.contains(who) {
        return Known::Yes(String::new());
    }
    let mut told = Known::No;
    for group in &targets.groups {
        match groups.has(group, who) {
            Known::Yes(why) => return Known::Yes(why),
            Known::Unknown(why) => told = Known::Unknown(why),
            Known::No => {}
        }
    }
    if !targets.unknown.is_empty() {
        return Known::Unknown(format!("its policy names a set that is not known: {}", targets.unknown.join(", ")));
    }
    if targets.users.is_empty() && targets.groups.is_empty() {
        return Known::Unknown("the record of the policy does not name those who may ask".into());
    }
    told
}

/// Not among them: since when decides.
fn left(cx: &Context, holding: &Holding, (id, targets): (&PolicyId, &Targets), past: &Past, out: &mut Outcome) {
    let when = targets
        .groups
        .iter()
        .filter_map(|g| past.left(&holding.principal, g))
        .reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let first_absent = || past.within(&targets.groups).into_iter().filter_map(|g| first_look(cx, g)).max();
    let Some(at) = when.map(|(_, latest)| latest).or_else(first_absent) else {
        return open(cx, holding, "no record tells since when they are not among those who may ask", out);
    };
    if cx.as_of().0 - at.0 < cx.days(&GRACE) {
        return match when {
            Some((earliest, _)) if cx.as_of().0 - earliest.0 < cx.days(&GRACE) => {
                out.pass_of(cx, &draft, "the time after they ceased to be among those who may ask is not over")
            }
            Some((earliest, latest)) => {
                let why = format!("they left between {} and {}", words::day(earliest), words::day(latest));
                open(cx, holding, &why, out)
            }
            None => open(cx, holding, "the looks at those who may ask are too young", out),
        };
    }
    draft.evidence.push(format!("policies:{id}"));
    draft.severity = Severity::Medium;
    draft.reason = "no-longer-eligible";
    draft.from = Some(at);
    let told = if when.is_some() {
        "left them on"
    } else {
        "is not among them, by snapshots since"
    };
    draft.message = format!(
        "{who} holds {what} {} and could not ask for it today: its policy lets the members of {} ask, and {who} {told} {}",
        since(holding),
        groups_of(cx, targets),
        words::day(at)
    );
    draft.clears_when = format!("The end of the assignment, or {who} among those who may ask.");
    out.push(cx.finding(draft));
}

fn groups_of(cx: &Context, targets: &Targets) -> String {
    let name = |g: &Interned| cx.access.groups.get(g.as_str()).map_or_else(|| g.to_string(), |f| f.name.clone());
    words::listed(&targets.groups.iter().map(name).collect::<Vec<_>>())
}

/// Who was in which group, and from when until when: now and ever.
struct Past<'a> {
    /// By member: groups, with the earliest beginning, and the earliest and the latest end; none where it still lasts.
    up: AHashMap<&'a str, Vec<Step<'a>>>,
    /// Groups that are or were inside a group.
    down: AHashMap<&'a str, Vec<&'a str>>,
}

type Step<'a> = (&'a str, Option<Instant>, Option<(Instant, Instant)>);

/// How long a chain of memberships lasted: since when, and until when at the earliest and at the latest; open where nobody says.
type Chain = (Option<Instant>, Option<(Instant, Instant)>);

impl<'a> Past<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let mut past = Self {
            up: AHashMap::new(),
            down: AHashMap::new(),
        };
        for holding in cx.access.holdings.iter().filter(|h| h.entitlement.is_group_member()) {
            let (member, group) = (holding.principal.as_str(), holding.entitlement.resource());
            let latest = holding.until_latest.or(holding.held_until).filter(|_| !holding.held_at(cx.as_of()));
            let until = latest.map(|latest| (holding.until_earliest.unwrap_or(latest).min(latest), latest));
            past.up.entry(member).or_default().push((group, holding.from_earliest, until));
            if cx.access.groups.contains_key(member) || holding.principal_type == "group" {
                past.down.entry(group).or_default().push(member);
            }
        }
        past
    }

    /// When somebody last was in a group, at the earliest and at the latest, directly or through groups inside it: a chain lasts
    /// while all of its steps do.
    fn left(&self, who: &PrincipalId, group: &str) -> Option<(Instant, Instant)> {
        let lasting = |until: Option<(Instant, Instant)>| until.map_or(Instant(i64::MAX), |(_, latest)| latest);
        let first = |a: (Instant, Instant), b: (Instant, Instant)| (a.0.min(b.0), a.1.min(b.1));
        let mut seen: AHashMap<&str, Vec<Chain>> = AHashMap::new();
        let mut open = vec![(who.as_str(), None, None)];
        let mut last: Option<(Instant, Instant)> = None;
        while let Some((at, from, until)) = open.pop() {
            for (next, begun, ended) in self.up.get(at).into_iter().flatten() {
                let from = from.max(*begun);
                let until = [until, *ended].into_iter().flatten().reduce(first);
                let never = from.zip(until).is_some_and(|(from, until)| until.1 <= from);
                let before = seen.entry(next).or_default();
                // Another chain was there for as long: round about, or by a second way.
                if never || before.iter().any(|(f, u)| *f <= from && lasting(*u) >= lasting(until)) {
                    continue;
                }
                before.push((from, until));
                if *next == group {
                    last = last.max(until).map(|l| (l.0.max(until.map_or(l.0, |u| u.0)), l.1));
                } else {
                    open.push((next, from, until));
                }
            }
        }
        last
    }

    /// The groups and all that are or were inside them.
    fn within(&self, groups: &'a [Interned]) -> AHashSet<&'a str> {
        let mut seen = AHashSet::new();
        let mut open: Vec<&str> = groups.iter().map(Interned::as_str).collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.down.get(next).into_iter().flatten());
            }
        }
        seen
    }
}

/// The first complete snapshot of the members of a group.
fn first_look(cx: &Context, group: &str) -> Option<Instant> {
    let looks = [group, "tenant"]
        .into_iter()
        .filter_map(|part| cx.access.looks.get(&(Table::Memberships.name().into(), part.into())));
    looks.flatten().filter(|l| l.complete).map(|l| l.at).min()
}
