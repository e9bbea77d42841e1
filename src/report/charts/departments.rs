//! Which departments hold which packages.

use super::canvas::{At, Drawing, Ink};
use super::font::{fit, width};
use super::{Chart, count, thousands};
use crate::model::EntitlementKind;
use crate::report::Review;
use std::collections::BTreeMap;

const ID: &str = "chart-departments";
const QUESTION: &str = "Which departments have which packages?";
/// Packages and departments that are drawn; the rest is added up.
const PACKAGES: usize = 14;
const DEPARTMENTS: usize = 10;
const WIDTH: i32 = 1120;
const LEFT: i32 = 280;
const TOP: i32 = 128;
const STEP: i32 = 30;

/// The chart: holdings of packages now, by the department that the directory has for the holder.
pub fn chart(review: &Review) -> Chart {
    let mut cells: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut total, mut unknown) = (0, 0);
    for h in review.access.held().filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage) {
        total += 1;
        let department = review.access.people.get(&h.principal).map(|p| p.department.trim()).unwrap_or_default();
        unknown += usize::from(department.is_empty());
        let department = if department.is_empty() { "no department" } else { department };
        names.insert(&h.entitlement.id, &h.entitlement_name);
        *cells.entry((&h.entitlement.id, department)).or_default() += 1;
    }
    if total == 0 {
        return Chart::silent(ID, QUESTION, "No package has a current holder on record.");
    }
    if unknown == total {
        return Chart::silent(
            ID,
            QUESTION,
            "No holder's department is on record: the export of users lacks the property 'department'.",
        );
    }
    let packages = ranked(cells.iter().map(|((package, _), n)| (*package, *n)));
    let departments = ranked(cells.iter().map(|((_, department), n)| (*department, *n)));
    let spread = |package: &str| cells.keys().filter(|(p, d)| *p == package && *d != "no department").count();
    let mut reach: BTreeMap<&str, usize> = BTreeMap::new();
    for (package, _) in cells.keys().filter(|(_, d)| *d != "no department") {
        *reach.entry(package).or_default() += 1;
    }
    let widest = reach
        .iter()
        .max_by_key(|(package, n)| (**n, std::cmp::Reverse(**package)))
        .map_or("", |(package, _)| package);
    Chart {
        id: ID,
        question: QUESTION,
        finding: format!(
            "{} is the most widespread: people in {} have it.",
            names.get(widest).copied().unwrap_or_default(),
            count(spread(widest), "department")
        ),
        caption: format!(
            "Current package holdings by the holder's department, as last observed; unknown for {} of {}.",
            thousands(unknown),
            thousands(total)
        ),
        drawing: Some(draw(&cells, &names, &packages, &departments)),
        heads: vec!["package", "id", "department", "holdings"],
        rows: cells
            .iter()
            .take(1_000)
            .map(|((package, department), n)| {
                vec![
                    names.get(package).copied().unwrap_or_default().to_string(),
                    (*package).to_string(),
                    (*department).to_string(),
                    n.to_string(),
                ]
            })
            .collect(),
        wide: true,
    }
}

/// The largest first.
fn ranked<'a>(amounts: impl Iterator<Item = (&'a str, usize)>) -> Vec<(&'a str, usize)> {
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, n) in amounts {
        *sums.entry(key).or_default() += n;
    }
    let mut ranked: Vec<(&str, usize)> = sums.into_iter().collect();
    ranked.sort_by_key(|(key, n)| (std::cmp::Reverse(*n), *key));
    ranked
}

fn draw(cells: &BTreeMap<(&str, &str), usize>, names: &BTreeMap<&str, &str>, packages: &[(&str, usize)], departments: &[(&str, usize)]) -> Drawing {
    let rows = &packages[..packages.len().min(PACKAGES)];
    let columns = &departments[..departments.len().min(DEPARTMENTS)];
    let others = departments.len() > columns.len();
    let wide = i32::try_from(columns.len()).unwrap_or(1) + i32::from(others) + 1;
    let cell = ((WIDTH - LEFT) / wide).min(90);
    let most = cells.values().max().copied().unwrap_or(1);
    let mut pen = Drawing::new((WIDTH, 0));
    let x = |n: usize| LEFT + i32::try_from(n).unwrap_or(0) * cell;
    let heads = columns
        .iter()
        .map(|(d, _)| (*d).to_string())
        .chain(others.then(|| count(departments.len() - columns.len(), "other")));
    for (n, head) in heads.chain(["all".to_string()]).enumerate() {
        pen.words(&fit(&head, TOP - 18), (x(n) + cell / 2, TOP - 8), At::Upwards, Ink::Soft);
    }
    for (row, (package, all)) in (0..).zip(rows) {
        let y = TOP + row * STEP;
        pen.words(
            &fit(names.get(package).copied().unwrap_or(package), LEFT - 16),
            (LEFT - 12, y + STEP / 2 - 1),
            At::End,
            Ink::Text,
        );
        let mut told = 0;
        for (n, (department, _)) in columns.iter().enumerate() {
            let amount = cells.get(&(*package, *department)).copied().unwrap_or(0);
            told += amount;
            square(&mut pen, (x(n), y), cell, amount, most);
        }
        if others {
            square(&mut pen, (x(columns.len()), y), cell, all - told, most);
        }
        let end = x(columns.len() + usize::from(others));
        pen.words(&thousands(all), (end + cell / 2, y + STEP / 2 - 1), At::Middle, Ink::Text);
    }
    let rest = packages.len() - rows.len();
    let bottom = TOP + i32::try_from(rows.len()).unwrap_or(0) * STEP;
    let foot = if rest > 0 {
        format!("{} more in the table; numbers are holdings", count(rest, "package"))
    } else {
        "numbers are holdings".into()
    };
    pen.words(&foot, (LEFT, bottom + 14), At::Start, Ink::Soft);
    pen.size = (
        WIDTH.min(x(columns.len() + usize::from(others)) + cell + 8).max(LEFT + width(&foot) + 8),
        bottom + 28,
    );
    pen
}

/// One cell: the more the darker, with its number.
fn square(pen: &mut Drawing, (x, y): (i32, i32), cell: i32, amount: usize, most: usize) {
    let step = if amount == 0 { 0 } else { (amount * 4).div_ceil(most.max(1)).clamp(1, 4) };
    pen.rect((x, y), (cell - 2, STEP - 2), Ink::Heat(step));
    let ink = match (amount, step) {
        (0, _) => return,
        (_, 0..=2) => Ink::Text,
        _ => Ink::OnHeat,
    };
    pen.words(&thousands(amount), (x + cell / 2 - 1, y + STEP / 2 - 1), At::Middle, ink);
}
