//! Populations: complete listings from which an auditor draws, each row with an id that can be built from `holdings.csv`.

use crate::evidence::known::Known;
use crate::evidence::occurrences;
use crate::evidence::sample::{Frequency, Member};
use crate::evidence::table::Table;
use crate::evidence::tested::{self, RemovalLimits};
use crate::ledger::AccessModel;
use crate::model::time::DAY;
use crate::model::{Finding, Holding, Instant, Presence, Verdict, Window};
use crate::report::Audience;
use std::collections::BTreeMap;

/// A listing with everything needed to draw from it.
pub struct Population {
    /// File name without ending, `a-z` and `-`.
    pub name: &'static str,
    /// What a row is, and which rows are in it.
    pub what: String,
    /// How often the control behind it is performed; `None` where nothing is drawn.
    pub frequency: Option<Frequency>,
    /// The listing.
    pub table: Table,
    /// Its rows for sampling, in the order of the listing.
    pub members: Vec<Member>,
}

const COLUMNS: &[&str] = &[
    "id",
    "stratum",
    "periods_back",
    "in_window",
    "principal_id",
    "principal_name",
    "principal_type",
    "entitlement_kind",
    "entitlement_id",
    "entitlement_name",
    "held_from",
    "held_until",
    "from_certainty",
    "until_certainty",
    "grant_kind",
    "end_reason",
    "assignment_id",
];

/// A listing of rows that are no holdings, sorted, with ids that are unique.
pub(super) fn listed(
    name: &'static str,
    what: String,
    frequency: Option<Frequency>,
    header: &[&'static str],
    mut lines: Vec<(Member, Vec<String>)>,
) -> Population {
    lines.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
    unique(&mut lines);
    Population {
        name,
        what,
        frequency,
        members: lines.iter().map(|(m, _)| m.clone()).collect(),
        table: Table::of(header, lines.into_iter().map(|(_, row)| row)),
    }
}

/// All populations of one bundle; `limits` are the business days within which access is to be gone, and `wanted` is how many rows a sample has, which decides how far back a small one reaches.
#[must_use]
pub fn all(
    access: &AccessModel,
    findings: &[Finding],
    period: Window,
    audience: &Audience,
    limits: RemovalLimits,
    known: &Known,
    wanted: impl Fn(Frequency) -> usize,
) -> Vec<Population> {
    let seen: Vec<Holding> = access.holdings.iter().map(|h| audience.holding(h).into_owned()).collect();
    let ids = Ids::of(&seen);
    let (opens, closes) = (period.from, access.as_of);
    let held = |instant: Instant| seen.iter().filter(move |h| present(h, instant) != Presence::Never);
    let listing = |name, what, frequency, rows: Vec<Row>| listing(name, what, frequency, rows, &ids);

    let daily = Some(Frequency::Daily);
    let mut populations = vec![
        listing(
            "held",
            format!("access held at {closes}, certainly or possibly; stratum: kind of entitlement"),
            daily,
            held(closes).map(|h| row(h, closes)).collect(),
        ),
        listing(
            "opening",
            format!("access held at {opens}, the beginning of the period"),
            None,
            held(opens).map(|h| row(h, opens)).collect(),
        ),
        listing(
            "joined",
            format!("access held at {closes} and not at {opens}"),
            None,
            held(closes).filter(|h| present(h, opens) == Presence::Never).map(|h| row(h, closes)).collect(),
        ),
        listing(
            "left",
            format!("access held at {opens} and not at {closes}"),
            None,
            held(opens).filter(|h| present(h, closes) == Presence::Never).map(|h| row(h, opens)).collect(),
        ),
    ];
    let continuous = Frequency::Continuous;
    let begun = |h: &Holding| h.held_from.map(|t| (t, h.from_earliest, h.from_latest));
    let ended = |h: &Holding| h.held_until.map(|t| (t, h.until_earliest, h.until_latest));
    let grants = within(&seen, period, wanted(continuous), begun, |h| h.grant_kind.as_str().to_string());
    let ends = within(&seen, period, wanted(continuous), ended, |h| h.end_reason.to_string());
    populations.push(listing(
        "grants",
        format!(
            "access that began in [{}, {}), certainly or, where its bounds reach beyond, possibly; stratum: how it was granted",
            period.from, period.until
        ),
        Some(continuous),
        grants,
    ));
    populations.push(listing(
        "ends",
        format!(
            "access that ended in [{}, {}), certainly or, where its bounds reach beyond, possibly; stratum: why it ended",
            period.from, period.until
        ),
        Some(continuous),
        ends,
    ));
    populations.push(tested::terminations(access, (&seen, &ids), period, limits));
    populations.push(tested::approvals(access, period, known));
    populations.push(tested::changes(access, period));
    populations.push(occurrences::occurrences(access, period, &known.campaign));
    populations.push(open_findings(findings, audience));
    populations.extend(reviews(access, period));
    populations
}

/// Whether a holding is there at an instant.
fn present(h: &Holding, instant: Instant) -> Presence {
    h.presence(Window {
        from: instant,
        until: instant.plus(1),
    })
}

/// The row of a holding at an instant, by the kind of its entitlement.
fn row(h: &Holding, instant: Instant) -> Row<'_> {
    (h.entitlement.kind.as_str().to_string(), 0, present(h, instant).as_str(), h)
}

/// Stratum, periods back, presence, holding.
type Row<'a> = (String, u32, &'static str, &'a Holding);

/// An instant with the bounds between which it lies; a bound that is missing is not known.
type Bounded = (Instant, Option<Instant>, Option<Instant>);

/// Holdings whose instant lies in the period; when they are too few, of as many periods of that length before it as it takes.
///
/// A row is certain when both bounds of its instant lie in the same period as the instant.
fn within<'a>(
    seen: &'a [Holding],
    period: Window,
    wanted: usize,
    instant: impl Fn(&Holding) -> Option<Bounded>,
    stratum: impl Fn(&Holding) -> String,
) -> Vec<Row<'a>> {
    let length = (period.until.0 - period.from.0).max(1);
    let back = |t: Instant| {
        let before = period.from.0 - t.0;
        if before <= 0 {
            Some(0)
        } else {
            u32::try_from((before + length - 1) / length).ok()
        }
    };
    let mut rows: Vec<Row> = seen
        .iter()
        .filter_map(|h| {
            let (t, earliest, latest) = instant(h).filter(|(t, ..)| *t < period.until)?;
            let there = |bound: Option<Instant>| bound.is_some_and(|b| b < period.until && back(b) == back(t));
            let sure = there(earliest) && there(latest);
            let word = if sure { Presence::Certain } else { Presence::Possible };
            Some((stratum(h), back(t)?, word.as_str(), h))
        })
        .collect();
    let mut backs: Vec<u32> = rows.iter().map(|r| r.1).collect();
    backs.sort_unstable();
    // The last period that the sample reaches into, whole.
    let limit = backs.get(wanted.saturating_sub(1)).or(backs.last()).copied().unwrap_or(0);
    rows.retain(|r| r.1 <= limit);
    rows
}

fn listing(name: &'static str, what: String, frequency: Option<Frequency>, rows: Vec<Row>, ids: &Ids) -> Population {
    let of = |(stratum, back, word, h): &Row| line(stratum, *back, word, h, ids.get(h));
    let mut lines: Vec<(Member, Vec<String>)> = rows.iter().map(of).collect();
    lines.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
    unique(&mut lines);
    Population {
        name,
        what,
        frequency,
        members: lines.iter().map(|(m, _)| m.clone()).collect(),
        table: Table::of(COLUMNS, lines.into_iter().map(|(_, row)| row)),
    }
}

/// Ids of holdings, each its own: of several with one id, the second in the order of `holdings.csv` has `|2` behind it, and so
/// on, in every population alike.
pub struct Ids(BTreeMap<*const Holding, String>);

impl Ids {
    /// Of all holdings of an access.
    #[must_use]
    pub fn of(holdings: &[Holding]) -> Self {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let id = |h: &Holding| {
            let bare = id_of(h);
            let n = times.entry(bare.clone()).or_default();
            *n += 1;
            if *n > 1 { format!("{bare}|{n}") } else { bare }
        };
        let ids: Vec<String> = holdings.iter().map(id).collect();
        Self(holdings.iter().map(std::ptr::from_ref).zip(ids).collect())
    }

    /// The id of one of them, by where it lies; of another one its bare id.
    #[must_use]
    pub fn get(&self, h: &Holding) -> String {
        self.0.get(&std::ptr::from_ref(h)).cloned().unwrap_or_else(|| id_of(h))
    }
}

/// The bare id of a holding, which anybody can build from `holdings.csv`.
fn id_of(h: &Holding) -> String {
    let from = h.held_from.map(|t| t.to_string()).unwrap_or_default();
    let assignment = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
    [h.principal.as_str(), h.entitlement.kind.as_str(), &h.entitlement.id, &from, &assignment].join("|")
}

fn line(stratum: &str, back: u32, word: &str, h: &Holding, id: String) -> (Member, Vec<String>) {
    let time = |t: Option<Instant>| t.map(|t| t.to_string()).unwrap_or_default();
    let assignment = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
    let (principal, kind, entitlement) = (h.principal.to_string(), h.entitlement.kind.as_str(), h.entitlement.id);
    let stratum = if stratum.is_empty() { "none" } else { stratum }.to_string();
    let cells = vec![
        id.clone(),
        stratum.clone(),
        back.to_string(),
        word.to_string(),
        principal,
        h.principal_name.to_string(),
        h.principal_type.to_string(),
        kind.to_string(),
        entitlement.to_string(),
        h.entitlement_name.to_string(),
        time(h.held_from),
        time(h.held_until),
        h.from_certainty.as_str().to_string(),
        h.until_certainty.as_str().to_string(),
        h.grant_kind.as_str().to_string(),
        h.end_reason.to_string(),
        assignment,
    ];
    (Member { back, stratum, id }, cells)
}

/// Two holdings of one beginning (neither known) get ordinals, so that a sample can name one of them.
fn unique(lines: &mut [(Member, Vec<String>)]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (member, row) in lines {
        let n = times.entry(member.id.clone()).or_default();
        *n += 1;
        if *n > 1 {
            member.id = format!("{}|{n}", member.id);
            if let Some(first) = row.first_mut() {
                first.clone_from(&member.id);
            }
        }
    }
}

fn open_findings(findings: &[Finding], audience: &Audience) -> Population {
    let header = [
        "id",
        "stratum",
        "periods_back",
        "check",
        "severity",
        "subject_id",
        "object_id",
        "assignment_id",
        "from",
    ];
    let mut lines: Vec<(Member, Vec<String>)> = Vec::new();
    for finding in findings.iter().filter(|f| f.result == Verdict::Finding) {
        let f = audience.finding(finding);
        let from = f.from.map(|t| t.to_string()).unwrap_or_default();
        let (stratum, id) = (f.check.to_string(), format!("{}|{from}", f.fingerprint));
        let cells = [
            &id,
            &stratum,
            "0",
            f.check.as_str(),
            f.severity.as_str(),
            &f.subject_id,
            &f.object_id,
            &f.assignment_id,
            &from,
        ];
        let cells = cells.map(ToString::to_string).to_vec();
        lines.push((Member { back: 0, stratum, id }, cells));
    }
    lines.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
    unique(&mut lines);
    Population {
        name: "open-findings",
        what: "findings of findings.csv with the result 'finding'; id: fingerprint|from; stratum: check".into(),
        frequency: Some(Frequency::Daily),
        members: lines.iter().map(|(m, _)| m.clone()).collect(),
        table: Table::of(&header, lines.into_iter().map(|(_, row)| row)),
    }
}

/// Quarters in which access reviews were decided, and the decisions.
fn reviews(access: &AccessModel, period: Window) -> Vec<Population> {
    let mut quarters: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines: Vec<(Member, Vec<String>)> = Vec::new();
    for d in &access.review_decisions {
        let Some(at) = d.reviewed_at.filter(|t| period.from <= *t && *t < period.until) else {
            continue;
        };
        let stratum = quarter(at);
        *quarters.entry(stratum.clone()).or_default() += 1;
        let reviewer = d.reviewer.as_ref().map(ToString::to_string).unwrap_or_default();
        let cells = vec![
            d.id.to_string(),
            stratum.clone(),
            "0".to_string(),
            at.to_string(),
            d.decision.to_string(),
            d.principal.to_string(),
            d.resource.to_string(),
            reviewer.clone(),
            d.applied_at.map(|t| t.to_string()).unwrap_or_default(),
            d.apply_result.to_string(),
            format!("review_decisions:{}", d.id),
        ];
        let id = d.id;
        lines.push((
            Member {
                back: 0,
                stratum,
                id: id.to_string(),
            },
            cells,
        ));
    }
    lines.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
    unique(&mut lines);
    let decisions = Population {
        name: "review-decisions",
        what: format!(
            "decisions of Entra access reviews taken in [{}, {}); stratum: quarter",
            period.from, period.until
        ),
        frequency: Some(Frequency::Continuous),
        members: lines.iter().map(|(m, _)| m.clone()).collect(),
        table: Table::of(
            &[
                "id",
                "stratum",
                "periods_back",
                "reviewed_at",
                "decision",
                "principal_id",
                "resource_id",
                "reviewer_id",
                "applied_at",
                "apply_result",
                "evidence",
            ],
            lines.into_iter().map(|(_, row)| row),
        ),
    };
    let stratum = || "quarter".to_string();
    let member = |id: &String| Member {
        back: 0,
        stratum: stratum(),
        id: id.clone(),
    };
    for name in quarters_of(period) {
        quarters.entry(name).or_default();
    }
    let quarters_listing = Population {
        name: "review-quarters",
        what: "quarters of the calendar in the period with the decisions of Entra access reviews in each, also those without a decision on record".into(),
        frequency: Some(Frequency::Quarterly),
        members: quarters.keys().map(member).collect(),
        table: Table::of(
            &["id", "stratum", "periods_back", "decisions"],
            quarters.iter().map(|(q, n)| vec![q.clone(), stratum(), "0".into(), n.to_string()]),
        ),
    };
    vec![quarters_listing, decisions]
}

/// The quarters of the calendar that have a day in the period.
fn quarters_of(period: Window) -> Vec<String> {
    const MOST: usize = 400;
    let mut names: Vec<String> = Vec::new();
    let mut at = period.from;
    while at < period.until && names.len() < MOST {
        let name = quarter(at);
        if names.last() != Some(&name) {
            names.push(name);
        }
        at = at.plus(28 * DAY);
    }
    let last = quarter(period.until.plus(-1));
    if at > period.from && names.last() != Some(&last) {
        names.push(last);
    }
    names
}

/// The first instant of the quarter of the calendar.
#[must_use]
pub(super) fn quarter_begin(at: Instant) -> Instant {
    let month = at.month();
    let (year, number) = month.split_once('-').unwrap_or((month.as_str(), "01"));
    let first = number.parse::<u32>().map_or(1, |m| (m.div_ceil(3) - 1) * 3 + 1);
    Instant::parse(&format!("{year}-{first:02}-01T00:00:00Z")).unwrap_or(at)
}

/// `2026-Q1`.
#[must_use]
pub(super) fn quarter(at: Instant) -> String {
    let month = at.month();
    let (year, month) = month.split_once('-').unwrap_or((month.as_str(), "01"));
    let number = month.parse::<u32>().map_or(1, |m| m.div_ceil(3));
    format!("{year}-Q{number}")
}
