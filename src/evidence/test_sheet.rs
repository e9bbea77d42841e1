//! Test sheets: an item of a sample a row, what the records say of each attribute with their evidence, and room for the auditor's mark.

use crate::check::Index;
use crate::evidence::population::{Population, id_of};
use crate::evidence::sample::Drawn;
use crate::evidence::table::Table;
use crate::evidence::tested::{RemovalLimits, removal, reviewed_as};
use crate::ledger::AccessModel;
use crate::ledger::access_model::ReviewDecision;
use crate::model::time::DAY;
use crate::model::{EntitlementKind, Finding, GrantKind, Holding, Instant, Interned, Verdict, Window};
use crate::report::{ReportError, Review, test_workbook};
use std::collections::{BTreeMap, BTreeSet};

/// The attributes of a holding, in the order in which access lives: the column, and the question that its answer is to.
pub const ATTRIBUTES: [(&str, &str, &str); 6] = [
    ("requested", "requested_evidence", "Was it requested?"),
    ("approved_before_grant", "approved_evidence", "Was it approved before it was granted?"),
    (
        "approver_independent",
        "approver_evidence",
        "Is the approver neither who asked, nor the holder, nor who reviews it?",
    ),
    ("justified", "justified_evidence", "Was a reason given?"),
    (
        "reviewed_each_quarter",
        "reviewed_evidence",
        "Was it reviewed in each quarter of the period in which it was held?",
    ),
    ("removed_in_time", "removed_evidence", "If it was to end, was it gone in time?"),
];

/// What the records say of one attribute: the answer, and the records that show it.
struct Answer {
    says: String,
    evidence: Vec<String>,
}

impl Answer {
    fn of(says: impl Into<String>, evidence: impl IntoIterator<Item = String>) -> Self {
        Self {
            says: says.into(),
            evidence: evidence.into_iter().collect(),
        }
    }
}

/// Answers the attributes of holdings.
pub struct Tester<'a> {
    access: &'a AccessModel,
    period: Window,
    limits: RemovalLimits,
    holdings: BTreeMap<String, &'a Holding>,
    /// Decisions of access reviews by who was reviewed.
    reviews: BTreeMap<&'a str, Vec<&'a ReviewDecision>>,
    /// Open findings by holder and object, with their fingerprints.
    findings: BTreeMap<(&'a str, &'a str), Vec<&'a Finding>>,
    /// Whether decisions of reviews were ever listed: else that there are none says nothing.
    reviews_known: bool,
    index: Index<'a>,
}

impl<'a> Tester<'a> {
    /// Of a review.
    #[must_use]
    pub fn of(review: &'a Review<'a>) -> Self {
        let access = review.access;
        let mut holdings: BTreeMap<String, &Holding> = BTreeMap::new();
        for h in &access.holdings {
            holdings.entry(id_of(h)).or_insert(h);
        }
        let mut reviews: BTreeMap<&str, Vec<&ReviewDecision>> = BTreeMap::new();
        for d in &access.review_decisions {
            reviews.entry(d.principal.as_str()).or_default().push(d);
        }
        let mut findings: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
        for f in review.findings.iter().filter(|f| f.result == Verdict::Finding) {
            findings.entry((&f.subject_id, &f.object_id)).or_default().push(f);
        }
        Self {
            access,
            period: review.period,
            limits: RemovalLimits::of(&review.thresholds),
            holdings,
            reviews,
            findings,
            index: Index::new(access),
            reviews_known: access.looks.keys().any(|(c, _)| c.as_str() == "review_decisions") || !access.review_decisions.is_empty(),
        }
    }

    /// The sheet of a sample: the row of its population, then attributes where the item is a holding, then room for the auditor.
    #[must_use]
    pub fn sheet(&self, population: &Population, drawn: &[Drawn]) -> Table {
        let rows: BTreeMap<&str, &Vec<String>> = population.table.rows.iter().filter_map(|r| Some((r.first()?.as_str(), r))).collect();
        let of_holdings = drawn.iter().any(|d| self.holding(&d.member.id).is_some());
        let mut header = vec!["rank"];
        header.extend(&population.table.header);
        if of_holdings {
            for (name, evidence, _) in ATTRIBUTES {
                header.extend([name, evidence]);
            }
            header.push("open_findings");
        }
        header.extend(["tick_mark", "auditor_remark"]);
        let line = |d: &Drawn| {
            let own = rows.get(d.member.id.as_str())?;
            let mut cells = vec![d.rank.clone()];
            cells.extend((*own).iter().cloned());
            if of_holdings {
                match self.holding(&d.member.id) {
                    Some(h) => cells.extend(self.attributes(h)),
                    None => cells.extend(std::iter::repeat_n(String::new(), 2 * ATTRIBUTES.len() + 1)),
                }
            }
            cells.extend([String::new(), String::new()]);
            Some(cells)
        };
        Table::of(&header, drawn.iter().filter_map(line))
    }

    /// The holding of an id; the second of two with one id has an ordinal behind it.
    fn holding(&self, id: &str) -> Option<&'a Holding> {
        let bare = || id.rsplit_once('|').filter(|(_, n)| n.parse::<u32>().is_ok()).map(|(bare, _)| bare);
        self.holdings.get(id).or_else(|| self.holdings.get(bare()?)).copied()
    }

    /// Whether a holding was approved before it was granted, and the records that show it; by the id of its row.
    #[must_use]
    pub fn approval_of(&self, id: &str) -> (String, String) {
        let answer = self.holding(id).map(|h| self.approved(self.behind(h).unwrap_or(h)));
        answer.map_or_else(|| ("not seen".into(), String::new()), |a| (a.says, a.evidence.join(";")))
    }

    /// The assignment by which the service gave a group or an application role: what was asked for and approved was that.
    fn behind(&self, h: &Holding) -> Option<&'a Holding> {
        let given = matches!(h.entitlement.kind, EntitlementKind::Group | EntitlementKind::AppRole) && h.grant_kind == GrantKind::System;
        let behind = given.then(|| self.index.assignments_behind(h)).into_iter().flatten();
        let begun = h.outer().from;
        let at_that_time = |p: &&Holding| p.outer().from <= begun.plus(DAY) && p.outer().until.plus(DAY) > begun;
        behind.filter(at_that_time).max_by_key(|p| (p.outer().from, p.assignment.clone()))
    }

    fn attributes(&self, h: &Holding) -> Vec<String> {
        let package = self.behind(h);
        let given = package.unwrap_or(h);
        let by_package = |mut answer: Answer| {
            if let Some(package) = package {
                answer.says = format!("{} (through the package {})", answer.says, package.entitlement_name);
            }
            answer
        };
        let answers = [
            by_package(self.requested(given)),
            by_package(self.approved(given)),
            by_package(self.independent(given)),
            by_package(self.justified(given)),
            self.reviewed(h),
            self.removed(h),
        ];
        let mut cells: Vec<String> = answers.into_iter().flat_map(|a| [a.says, a.evidence.join(";")]).collect();
        let open = self.findings.get(&(h.principal.as_str(), h.entitlement.id.as_str())).or_else(|| {
            let resource = h.entitlement.resource();
            self.findings.get(&(h.principal.as_str(), resource))
        });
        let open: BTreeSet<String> = open.into_iter().flatten().map(|f| f.check.to_string()).collect();
        cells.push(open.into_iter().collect::<Vec<_>>().join(";"));
        cells
    }

    fn request_of(&self, h: &Holding) -> Vec<String> {
        h.request.as_ref().map(|r| format!("requests:{r}")).into_iter().collect()
    }

    fn requested(&self, h: &Holding) -> Answer {
        let grants = || h.evidence.iter().map(ToString::to_string);
        match h.grant_kind {
            GrantKind::UserRequest | GrantKind::OnBehalf => Answer::of("yes", self.request_of(h)),
            GrantKind::AutoAssignment | GrantKind::System => Answer::of("no: a rule or the service gave it", grants()),
            GrantKind::AdminDirect => Answer::of("no: an administrator assigned it", grants()),
            GrantKind::Direct | GrantKind::Group | GrantKind::Pim => Answer::of("no: given on the resource itself", grants()),
            GrantKind::Unknown if h.request.is_some() => Answer::of("yes", self.request_of(h)),
            GrantKind::Unknown => Answer::of("not seen", []),
        }
    }

    fn approved(&self, h: &Holding) -> Answer {
        let good = h.decisions.iter().filter(|d| d.decision.as_str() == "approved");
        let at: Vec<Option<Instant>> = good.map(|d| Instant::parse(&d.at)).collect();
        let grant = h.from_latest.or(h.held_from);
        let required = h.policy.as_ref().and_then(|p| self.access.policies.get(p)).and_then(|p| p.approval_required);
        let auto = h.decisions.iter().any(|d| d.decision.as_str() == "auto-approved");
        match (at.iter().flatten().max(), grant) {
            (Some(last), Some(grant)) if *last <= grant => Answer::of("yes", self.request_of(h)),
            (Some(_), Some(_)) => Answer::of("no: the approval came after the grant", self.request_of(h)),
            (Some(_), None) => Answer::of("approved; the time of the grant is not known", self.request_of(h)),
            (None, _) if !at.is_empty() => Answer::of("approved; the time of the approval is not known", self.request_of(h)),
            (None, _) if auto => Answer::of("no: approved by the service", self.request_of(h)),
            (None, _) if required == Some(false) => Answer::of("not asked for by the policy", self.policy_of(h)),
            (None, _) => Answer::of("not seen", []),
        }
    }

    fn policy_of(&self, h: &Holding) -> Vec<String> {
        h.policy.as_ref().map(|p| format!("policies:{p}")).into_iter().collect()
    }

    fn independent(&self, h: &Holding) -> Answer {
        let approvers: BTreeSet<Interned> = h.decisions.iter().filter(|d| d.decision.as_str() == "approved").map(|d| d.who).collect();
        if approvers.is_empty() {
            return Answer::of("no approver", []);
        }
        let asked = |who: &str| h.requested_by.as_ref().is_some_and(|p| p.as_str() == who);
        let reviewers: BTreeSet<&str> = self.reviews_of(h).filter_map(|d| d.reviewer.as_ref()).map(|p| p.as_str()).collect();
        let mut wrong = Vec::new();
        for who in &approvers {
            if who.as_str() == h.principal.as_str() {
                wrong.push("the approver is the holder");
            } else if asked(who) {
                wrong.push("the approver asked for it");
            }
            if reviewers.contains(who.as_str()) {
                wrong.push("the approver reviews it, too");
            }
        }
        wrong.dedup();
        let says = if wrong.is_empty() {
            "yes".to_string()
        } else {
            format!("no: {}", wrong.join(", "))
        };
        Answer::of(says, self.request_of(h))
    }

    fn justified(&self, h: &Holding) -> Answer {
        let request = h.request.as_ref().and_then(|r| self.access.requests.get(r));
        match h.justification.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => Answer::of("yes", self.request_of(h)),
            Some(_) => Answer::of("no: blank", self.request_of(h)),
            None if request.is_some_and(|r| r.justification_visible) => Answer::of("no", self.request_of(h)),
            None => Answer::of("not seen", []),
        }
    }

    fn reviews_of(&self, h: &Holding) -> impl Iterator<Item = &'a ReviewDecision> {
        let mut as_what = reviewed_as(h);
        as_what.extend(self.behind(h).into_iter().flat_map(reviewed_as));
        let decisions = self.reviews.get(h.principal.as_str()).into_iter().flatten().copied();
        decisions.filter(move |d| as_what.iter().any(|id| id == d.resource.as_str()))
    }

    /// `2026-Q1 yes, 2026-Q2 no` of the quarters in which it was held all along.
    fn reviewed(&self, h: &Holding) -> Answer {
        let mut told = Vec::new();
        let mut evidence = Vec::new();
        let reviews: Vec<&ReviewDecision> = self.reviews_of(h).collect();
        for (name, span) in quarters(self.period) {
            let whole = h.proved.iter().any(|w| w.contains(&span));
            let decided: Vec<&&ReviewDecision> = reviews
                .iter()
                .filter(|d| d.reviewer.is_some() && d.reviewed_at.is_some_and(|t| span.from <= t && t < span.until))
                .collect();
            if !whole && decided.is_empty() {
                continue;
            }
            evidence.extend(decided.iter().map(|d| format!("review_decisions:{}", d.id)));
            told.push(format!("{name} {}", if decided.is_empty() { "no" } else { "yes" }));
        }
        match told.is_empty() {
            true => Answer::of("held through no whole quarter", []),
            false if reviews.is_empty() && !self.reviews_known => Answer::of("cannot tell: no review decisions are in the lake", []),
            false => Answer::of(told.join(", "), evidence),
        }
    }

    fn removed(&self, h: &Holding) -> Answer {
        let denied = self.reviews_of(h).filter(|d| d.decision.eq_ignore_ascii_case("deny"));
        let denial = denied
            .filter_map(|d| Some((d.applied_at.or(d.reviewed_at)?, d)))
            .max_by_key(|(at, d)| (*at, d.id));
        let person = self.access.people.get(&h.principal);
        let left = person
            .and_then(|p| p.leave_at.into_iter().chain(p.deleted_at).min())
            .filter(|t| *t <= self.access.as_of);
        let limit = self.limits.for_holding(self.access, h);
        // What began after the decision is not what was decided about.
        let concerned = |at: Instant| h.outer().from <= at && h.outer().until > at;
        let judged = |at: Instant, why: &str, evidence: Vec<String>| {
            let (word, days) = removal(self.access, h, at, limit);
            let days = days.map(|d| format!(", {d} days")).unwrap_or_default();
            Answer::of(format!("{word}{days} after {why} on {} ({limit} business days allowed)", at.day()), evidence)
        };
        let own = || h.evidence.iter().map(ToString::to_string).collect::<Vec<_>>();
        match (denial.filter(|(at, _)| concerned(*at)), left.filter(|at| concerned(*at))) {
            (Some((at, d)), _) => {
                let evidence = [vec![format!("review_decisions:{}", d.id)], own()].concat();
                judged(at, "the denial", evidence)
            }
            (None, Some(at)) => judged(at, "leaving", own()),
            (None, None) if h.held_until.is_some() => Answer::of(format!("ended: {}", h.end_reason), own()),
            (None, None) => Answer::of("was not to end", []),
        }
    }
}

/// Quarters of the calendar that lie in a period, with their names.
fn quarters(period: Window) -> Vec<(String, Window)> {
    const MOST: usize = 400;
    let mut found = Vec::new();
    let mut from = crate::evidence::population::quarter_begin(period.from);
    while from < period.until && found.len() < MOST {
        let next = crate::evidence::population::quarter_begin(from.plus(95 * DAY));
        if next <= from {
            break;
        }
        let span = Window {
            from: from.max(period.from),
            until: next.min(period.until),
        };
        found.push((crate::evidence::population::quarter(from), span));
        from = next;
    }
    found
}

/// The sheet as a workbook, with a page that says what it is.
///
/// # Errors
/// When the library refuses a cell, which no text of ours is.
pub fn workbook(population: &Population, sheet: &Table, as_of: Instant) -> Result<Vec<u8>, ReportError> {
    let mut about = vec![("Population".to_string(), format!("populations/{}.csv: {}", population.name, population.what))];
    about.push((
        "Sample".into(),
        format!("samples/{}.csv; drawn by rank sha256(seed|id), see samples/samples.csv", population.name),
    ));
    about.extend(ATTRIBUTES.iter().map(|(name, _, question)| ((*name).to_string(), (*question).to_string())));
    about.push(("…_evidence".into(), "records, table:id; records.csv has the file and row of each".into()));
    about.push(("tick_mark".into(), "empty: what the records say is no opinion".into()));
    test_workbook::bytes(&sheet.header, &sheet.rows, &about, as_of)
}
