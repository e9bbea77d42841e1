//! Test sheets: an item of a sample a row, what the records say of each attribute with their evidence, and room for the auditor's mark.

use crate::campaign::Choice;
use crate::check::Index;
use crate::evidence::known::Known;
use crate::evidence::occurrences::{is_decided, of_span};
use crate::evidence::population::{Ids, Population};
use crate::evidence::sample::Drawn;
use crate::evidence::table::Table;
use crate::evidence::tested::{RemovalLimits, removal, reviewed_as};
use crate::lake::table::Table as Collection;
use crate::ledger::AccessModel;
use crate::ledger::access_model::{PackageContent, ReviewDecision};
use crate::ledger::governance::ReviewSeries;
use crate::model::time::DAY;
use crate::model::{Decision, EntitlementKind, Finding, GrantKind, Holding, Instant, Interned, Verdict, Window};
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
    /// The same by the assignment that they name, whoever their subject is.
    of_assignment: BTreeMap<&'a str, Vec<&'a Finding>>,
    /// The campaign of the bundle, and whose approvals were of their own access.
    known: &'a Known,
    /// Whether decisions of reviews were ever listed: else that there are none says nothing.
    reviews_known: bool,
    index: Index<'a>,
}

impl<'a> Tester<'a> {
    /// Of a review, and of the campaign that the bundle is about.
    #[must_use]
    pub fn of(review: &'a Review<'a>, known: &'a Known) -> Self {
        let access = review.access;
        let ids = Ids::of(&access.holdings);
        let holdings: BTreeMap<String, &Holding> = access.holdings.iter().map(|h| (ids.get(h), h)).collect();
        let mut reviews: BTreeMap<&str, Vec<&ReviewDecision>> = BTreeMap::new();
        for d in &access.review_decisions {
            reviews.entry(d.principal.as_str()).or_default().push(d);
        }
        let mut findings: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
        let mut of_assignment: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for f in review.findings.iter().filter(|f| f.result == Verdict::Finding) {
            if !f.assignment_id.is_empty() {
                of_assignment.entry(&f.assignment_id).or_default().push(f);
            }
            findings.entry((&f.subject_id, &f.object_id)).or_default().push(f);
        }
        Self {
            access,
            period: review.period,
            limits: RemovalLimits::of(&review.thresholds),
            holdings,
            reviews,
            findings,
            of_assignment,
            known,
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

    /// The holding of an id.
    fn holding(&self, id: &str) -> Option<&'a Holding> {
        self.holdings.get(id).copied()
    }

    /// Whether a holding was approved before it was granted, and the records that show it; by the id of its row.
    #[must_use]
    pub fn approval_of(&self, id: &str) -> (String, String) {
        let answer = self.holding(id).map(|h| {
            let package = self.behind(h);
            let later = package.and_then(|p| self.added_later(h, p));
            later.unwrap_or_else(|| self.approved(package.unwrap_or(h)))
        });
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

    /// What the package gave only after somebody had got the package: nobody asked for it, approved or justified it for them.
    ///
    /// Where the observations do not tell whether before or after, no record tells.
    fn added_later(&self, h: &Holding, package: &Holding) -> Option<Answer> {
        let asked = package.from_earliest.or(package.held_from)?;
        let gives = |c: &&PackageContent| c.package.as_str() == package.entitlement.id.as_str() && c.entitlement.as_ref() == Some(&h.entitlement);
        let contents: Vec<&PackageContent> = self.access.contents.iter().filter(gives).collect();
        // Given from the beginning by one record is enough.
        let first = contents.iter().min_by_key(|c| c.span.from_earliest.or(c.span.from_latest))?;
        let records = || first.evidence.iter().map(ToString::to_string).collect::<Vec<_>>();
        match (first.span.from_earliest, first.span.from_latest) {
            (Some(from), _) if from > asked => Some(Answer::of(
                format!(
                    "no: added to the package on {}, after it was asked for",
                    first.span.from_latest.unwrap_or(from).day()
                ),
                records(),
            )),
            (None, Some(by)) if by > asked && h.outer().from > asked.plus(DAY) => Some(Answer::of(
                "not seen: it may have been added to the package after it was asked for".to_string(),
                records(),
            )),
            _ => None,
        }
    }

    fn attributes(&self, h: &Holding) -> Vec<String> {
        let package = self.behind(h);
        let given = package.unwrap_or(h);
        let later = package.and_then(|p| self.added_later(h, p));
        let by_package = |answer: Answer| {
            if let Some(later) = &later {
                return Answer::of(later.says.clone(), later.evidence.clone());
            }
            let mut answer = answer;
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
        let own = given.assignment.as_ref().and_then(|a| self.of_assignment.get(a.as_str()));
        let open: BTreeSet<String> = open.into_iter().chain(own).flatten().map(|f| f.check.to_string()).collect();
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

    /// The records that show who decided a request and when; the request itself, where no other is known.
    fn approval_records(&self, h: &Holding) -> Vec<String> {
        let request = h.request.as_ref().and_then(|r| self.access.requests.get(r));
        let known: Vec<String> = request.into_iter().flat_map(|r| r.evidence.iter().map(ToString::to_string)).collect();
        if known.is_empty() { self.request_of(h) } else { known }
    }

    /// How many stages the policy asked for when something was granted, as far as a version of it is on record.
    fn stages_then(&self, h: &Holding, at: Instant) -> usize {
        let Some(policy) = &h.policy else { return 0 };
        let versions = self.access.policy_history.get(policy).map_or(&[][..], |history| history.versions.as_slice());
        let then = versions
            .iter()
            .rev()
            .find(|v| v.start() <= at)
            .or(versions.first())
            .map(|v| v.facts.stages.len());
        then.or_else(|| self.access.policies.get(policy).map(|p| p.stages.len())).unwrap_or_default()
    }

    fn approved(&self, h: &Holding) -> Answer {
        let good: Vec<&Decision> = h.decisions.iter().filter(|d| d.decision.as_str() == "approved").collect();
        let at: Vec<Option<Instant>> = good.iter().map(|d| Instant::parse(&d.at)).collect();
        let stages: BTreeSet<(Option<u32>, &str, &str)> = good
            .iter()
            .map(|d| match d.stage {
                Some(stage) => (Some(stage), "", ""),
                // The log tells no stages: each approval of its own is one.
                None => (None, d.who.as_str(), d.at.as_str()),
            })
            .collect();
        let grant = h.from_latest.or(h.held_from);
        let required = h.policy.as_ref().and_then(|p| self.access.policies.get(p)).and_then(|p| p.approval_required);
        let auto = h.decisions.iter().any(|d| d.decision.as_str() == "auto-approved");
        match (at.iter().flatten().max(), grant) {
            (Some(last), Some(grant)) if *last > grant => Answer::of("no: the approval came after the grant", self.approval_records(h)),
            // A stage that no record tells of may have been skipped.
            (Some(last), _) if stages.len() < self.stages_then(h, *last) => Answer::of(
                format!("not seen: {} of {} stages are on record", stages.len(), self.stages_then(h, *last)),
                self.approval_records(h),
            ),
            (Some(_), Some(_)) => Answer::of("yes", self.approval_records(h)),
            (Some(_), None) => Answer::of("approved; the time of the grant is not known", self.approval_records(h)),
            (None, _) if !at.is_empty() => Answer::of("approved; the time of the approval is not known", self.approval_records(h)),
            (None, _) if auto => Answer::of("no: approved by the service", self.approval_records(h)),
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
            let request = h.request.as_ref().map(ToString::to_string).unwrap_or_default();
            if who.as_str() == h.principal.as_str() {
                wrong.push("the approver is the holder");
            } else if asked(who) {
                wrong.push("the approver asked for it");
            } else if self.known.is_own(&request, who.as_str()) {
                wrong.push("the approver is another account of the holder or of who asked");
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
        Answer::of(says, self.approval_records(h))
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
        let asked = self.known.campaign.about(h);
        for (name, span) in quarters(self.period) {
            let whole = h.proved.iter().any(|w| w.contains(&span));
            let all = of_span(self.access, &reviews, span);
            let by_campaign = asked.filter(|a| a.reviewed_at.is_some_and(|t| span.from <= t && t < span.until));
            let decided = all.iter().any(|d| is_decided(d)) || by_campaign.is_some();
            if !whole && !decided {
                continue;
            }
            evidence.extend(all.iter().map(|d| format!("review_decisions:{}", d.id)));
            // A record that says so, or a review of which every decision was listed: else no record tells.
            let word = match decided {
                _ if let Some(asked) = by_campaign => {
                    told.push(format!("{name} yes (campaign/items.csv {})", asked.item));
                    continue;
                }
                true => "yes",
                false if !all.is_empty() || self.listed_without(h, span) => "no",
                false => "not seen",
            };
            told.push(format!("{name} {word}"));
        }
        match told.is_empty() {
            true => Answer::of("held through no whole quarter", []),
            false if reviews.is_empty() && !self.reviews_known && asked.is_none() => Answer::of("cannot tell: no review decisions are in the lake", []),
            false => Answer::of(told.join(", "), evidence),
        }
    }

    /// Whether all decisions of a review of this access that began in a span are in the lake, so that it was not among them; or
    /// every series is listed, and none is about it.
    fn listed_without(&self, h: &Holding, span: Window) -> bool {
        let mut as_what = reviewed_as(h);
        as_what.extend(self.behind(h).into_iter().flat_map(reviewed_as));
        let about = |s: &ReviewSeries| {
            let things = [&s.packages, &s.policies, &s.others].into_iter().flatten();
            things.into_iter().any(|r| as_what.iter().any(|id| id == r.as_str()))
        };
        let governance = &self.access.governance;
        let complete = |table: Collection, scope: &str| {
            let looks = self.access.looks.get(&(table.name().into(), scope.into()));
            looks.is_some_and(|l| l.iter().any(|l| l.complete && l.at <= self.access.as_of))
        };
        let decisions = |instance: &str| {
            !self.access.collection_gaps.contains_key(Collection::ReviewDecisions.name())
                && (complete(Collection::ReviewDecisions, instance) || complete(Collection::ReviewDecisions, "tenant"))
        };
        let begun = governance.instances.iter().filter(|i| i.from.is_some_and(|t| span.from <= t && t < span.until));
        let mut of_it = begun.filter(|i| governance.series.get(&i.series).is_some_and(about)).peekable();
        if of_it.peek().is_some() {
            return of_it.all(|i| decisions(i.id.as_str()));
        }
        let by_policy = h.policy.as_ref().and_then(|p| self.access.policies.get(p));
        let none = !governance.series.values().any(|s| about(s) || s.unclear || !s.catalogs.is_empty());
        none && complete(Collection::ReviewDefinitions, "tenant") && by_policy.is_none_or(|p| p.review_enabled == Some(false))
    }

    fn removed(&self, h: &Holding) -> Answer {
        let denied = self.reviews_of(h).filter(|d| d.decision.eq_ignore_ascii_case("deny"));
        let denial = denied
            .filter_map(|d| Some((d.applied_at.or(d.reviewed_at)?, d)))
            .max_by_key(|(at, d)| (*at, d.id));
        let person = self.access.people.get(&h.principal);
        let disabled = self.access.accounts.disabled_since(&h.principal, self.access.as_of);
        let left = person
            .and_then(|p| p.leave_at.into_iter().chain(p.deleted_at).chain(disabled).min())
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
        // What the campaign of this bundle decided is on record with what became of it.
        if let Some((asked, (word, days, due))) = self.known.campaign.about(h).and_then(|a| Some((a, a.outcome.as_ref()?))) {
            let since = if asked.choice == Choice::Exception { "its end" } else { "the close" };
            let days = days.map(|d| format!(", {d} days after {since}")).unwrap_or_default();
            return Answer::of(
                format!(
                    "{word}{days}; decided: {}, due {} (campaign/removals.csv {})",
                    asked.choice,
                    due.day(),
                    asked.item
                ),
                own(),
            );
        }
        // What somebody was given after leaving is access of a leaver all the same.
        match (denial.filter(|(at, _)| concerned(*at)), left.filter(|at| h.outer().until > *at)) {
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

#[cfg(test)]
mod tests;
