//! What a control over access asks, with the population that answers it: approved, reviewed, removed in time, complete.

use crate::evidence::population::Population;
use crate::evidence::table::Table;
use crate::evidence::test_sheet::Tester;
use crate::report::Review;
use crate::report::open_points::open_points;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Controls that ask a question, by framework, spelled as each framework spells them.
///
/// SOX has no catalogue of its own: the names are those that IT general controls go by (PCAOB AS 2201, appendix B; AS 1105.10
/// for information produced by the entity).
const APPROVED: &[(&str, &str)] = &[
    ("SOX ITGC", "access provisioning"),
    ("HIPAA Security Rule", "164.308(a)(4)(ii)(B)"),
    ("PCI DSS 4.0.1", "7.2.3"),
    ("SOC 2", "CC6.2"),
    ("ISO/IEC 27001:2022", "A.5.18"),
    ("NIST SP 800-53 r5", "AC-2e"),
    ("CIS Controls 8.1", "6.1"),
];
const REVIEWED: &[(&str, &str)] = &[
    ("SOX ITGC", "periodic access review"),
    ("HIPAA Security Rule", "164.308(a)(4)(ii)(C)"),
    ("PCI DSS 4.0.1", "7.2.4"),
    ("SOC 2", "CC6.3"),
    ("ISO/IEC 27001:2022", "A.5.18"),
    ("NIST SP 800-53 r5", "AC-2j"),
    ("CIS Controls 8.1", "5.1"),
];
const REMOVED: &[(&str, &str)] = &[
    ("SOX ITGC", "access removal"),
    ("HIPAA Security Rule", "164.308(a)(3)(ii)(C)"),
    ("PCI DSS 4.0.1", "8.2.5"),
    ("SOC 2", "CC6.3"),
    ("ISO/IEC 27001:2022", "A.5.18"),
    ("NIST SP 800-53 r5", "PS-4"),
    ("CIS Controls 8.1", "6.2"),
];
const COMPLETE: &[(&str, &str)] = &[
    ("SOX ITGC", "information produced by the entity"),
    ("HIPAA Security Rule", "164.316(b)(1)(ii)"),
    ("PCI DSS 4.0.1", "7.2.4"),
    ("SOC 2", "CC4.1"),
    ("ISO/IEC 27001:2022", "A.8.15"),
    ("NIST SP 800-53 r5", "AU-6"),
    ("CIS Controls 8.1", "8.2"),
];

/// The listing of what was approved: its path below `data/`.
pub const APPROVALS: &str = "control-tests-approved.csv";

/// One question with the rows of its population by answer.
struct Question {
    name: &'static str,
    asks: &'static str,
    controls: &'static [(&'static str, &'static str)],
    /// Its population: path below `data/`, and its rows.
    population: &'static str,
    rows: usize,
    /// The listing and the column in which each row of the population has its answer.
    stands: (String, &'static str),
    answers: BTreeMap<String, usize>,
}

/// The four questions as a table: a row for each answer, and for each question a control of each framework.
#[must_use]
pub fn table(review: &Review, populations: &[Population]) -> Table {
    let header = ["question", "population", "rows", "answer", "of_them", "listing", "column", "controls"];
    let mut table = Table::new(&header);
    for q in questions(review, populations) {
        let rows = q.rows;
        let controls: Vec<String> = q.controls.iter().map(|(framework, id)| format!("{framework} {id}")).collect();
        let row = |(answer, n): (&String, &usize)| {
            vec![
                q.name.to_string(),
                q.population.to_string(),
                rows.to_string(),
                answer.clone(),
                n.to_string(),
                q.stands.0.clone(),
                q.stands.1.to_string(),
                controls.join("; "),
            ]
        };
        table.rows.extend(q.answers.iter().map(row));
    }
    table
}

/// The same for people.
#[must_use]
pub fn page(review: &Review, populations: &[Population]) -> String {
    let mut out = format!(
        "# Controls over access, and what answers them\n\nPeriod from {} until {}, as of {}.\nEach question has a population, of which nothing was left out; samples of it and their test sheets are in `samples/`.\nThe answers are what the records say; whether the control was effective is for the auditor to judge.\n",
        review.period.from, review.period.until, review.as_of
    );
    for q in questions(review, populations) {
        let rows = q.rows;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "\n## {}\n\n{}\nPopulation: `{}`, {rows} rows; each answer stands in the column `{}` of `{}`.\n",
            q.name, q.asks, q.population, q.stands.1, q.stands.0
        );
        let _ = writeln!(out, "| answer | rows |\n|---|---|");
        for (answer, n) in &q.answers {
            let _ = writeln!(out, "| {answer} | {n} |");
        }
        let _ = writeln!(out, "\n| framework | control |\n|---|---|");
        for (framework, id) in q.controls {
            let _ = writeln!(out, "| {framework} | {id} |");
        }
    }
    out
}

/// Of each grant whether it was approved before, and the records that show it.
#[must_use]
pub fn approvals(review: &Review, populations: &[Population]) -> Table {
    let tester = Tester::of(review);
    let grants = populations.iter().find(|p| p.name == "grants");
    let row = |id: &String| {
        let (answer, evidence) = tester.approval_of(id);
        vec![id.clone(), answer, evidence]
    };
    let members = grants.into_iter().flat_map(|p| &p.members);
    Table::of(&["id", "approved_before_grant", "evidence"], members.map(|m| row(&m.id)))
}

fn rows_of(populations: &[Population], name: &str) -> usize {
    populations.iter().find(|p| p.name == name).map_or(0, |p| p.table.rows.len())
}

fn questions(review: &Review, populations: &[Population]) -> Vec<Question> {
    let find = |name: &str| populations.iter().find(|p| p.name == name);
    let counted = |table: &Table, column: &str| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let place = table.header.iter().position(|h| *h == column);
        for cell in table.rows.iter().filter_map(|r| r.get(place?)) {
            *counts.entry(cell.clone()).or_default() += 1;
        }
        counts
    };
    let column = |name: &str, column: &str| find(name).map(|p| counted(&p.table, column)).unwrap_or_default();
    // Each open point is a row of its own, and says itself how much is missing or rests on a word.
    let mut complete: BTreeMap<String, usize> = BTreeMap::new();
    for point in open_points(review) {
        *complete.entry(point.text).or_default() += 1;
    }
    let open = complete.values().sum();
    if complete.is_empty() {
        complete.insert("nothing of the sources is known to be missing".into(), 0);
    }
    vec![
        Question {
            name: "Approved",
            asks: "Was access that began in the period approved before it was granted?",
            controls: APPROVED,
            population: "populations/grants.csv",
            rows: rows_of(populations, "grants"),
            stands: (APPROVALS.into(), "approved_before_grant"),
            answers: counted(&approvals(review, populations), "approved_before_grant"),
        },
        Question {
            name: "Reviewed",
            asks: "Was each occurrence of each review series performed?",
            controls: REVIEWED,
            population: "populations/review-occurrences.csv",
            rows: rows_of(populations, "review-occurrences"),
            stands: ("populations/review-occurrences.csv".into(), "done"),
            answers: column("review-occurrences", "done"),
        },
        Question {
            name: "Removed in time",
            asks: "Was the access of everybody who left gone within the business days that the thresholds allow?",
            controls: REMOVED,
            population: "populations/terminations.csv",
            rows: rows_of(populations, "terminations"),
            stands: ("populations/terminations.csv".into(), "removed"),
            answers: column("terminations", "removed"),
        },
        Question {
            name: "Complete",
            asks: "What of the sources is missing, was not understood, or rests on a word? `ipe/` has the arithmetic of every file.",
            controls: COMPLETE,
            population: "open-points.csv",
            rows: open,
            stands: ("open-points.csv".into(), "text"),
            answers: complete,
        },
    ]
}

/// What management states, over the name that was given; the signature of the bundle covers it.
#[must_use]
pub fn assertion(review: &Review, who: &str, populations: &[Population]) -> String {
    let rows = |name: &str| rows_of(populations, name);
    let who = crate::model::shown::visible(who).replace('<', "&lt;");
    format!(
        "# Assertion of management\n\n\
         {who} states for the tenant {}, over the period from {} until {}, as of {}:\n\n\
         1. Management is responsible for the controls over access that this bundle is about, and for the sources from which it was made.\n\
         2. The exports and logs that `ipe/sources.csv` names were taken from the directory of the tenant without filters other than those on record there, and were not edited before they were read.\n\
         3. The listings in `populations/` are complete as far as these sources go: {} holdings held at the end, {} begun and {} ended in the period, {} rows of terminations.\n\
         4. What is on record in `open-points.csv` and `limits.md` is known to management and is not contradicted by it.\n\n\
         Stated by: {who}\n\n\
         The signature beside `tagmanifest-sha256.txt` covers this page with everything else in the bundle; whose key it is stands with the auditor's list of allowed signers.\n",
        review.tenant,
        review.period.from,
        review.period.until,
        review.as_of,
        rows("held"),
        rows("grants"),
        rows("ends"),
        rows("terminations"),
    )
}
