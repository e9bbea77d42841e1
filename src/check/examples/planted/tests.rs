//! Precision and recall of every check over planted cases, with near misses beside each.
//!
//! `VOUCHSAFE_SEEDS=20 VOUCHSAFE_FIGURES=figures.json` runs as many seeds as named and writes what came of them.

use super::{can_repeat, retold};
use crate::check::all;
use crate::check::examples::table::{Example, Mark, Row};
use crate::check::examples::{Tally, of_page, tally};
use rayon::prelude::*;
use serde_json::{Value, json};

/// Cases and bystanders: how large a tenant is.
const SIZES: &[(usize, usize)] = &[(1, 5), (4, 40), (12, 200)];

/// Checks that compare everybody's words: the same words once more are another case, and not the same one twice.
const OF_ALL_WORDS: &[&str] = &["JUS-03", "JUS-04"];

/// Checks that tell of accounts without a post, which bystanders would be.
const OF_POSTS: &[&str] = &["EXC-04", "EXC-09"];

/// What came of the stories of a check.
#[derive(Default)]
struct Figures {
    planted: usize,
    near_misses: usize,
    found: usize,
    accused: usize,
    wrong: Vec<String>,
}

impl Figures {
    fn add(&mut self, story: &Example, tally: Tally) {
        // What could be taken for a case and is none: somebody's access, or a policy, a log, a group or a review.
        let is_near = |r: &&Row| {
            let about = !r.subject.is_empty() || !r.thing.is_empty();
            r.mark.is_none() && about && !matches!(r.activity.as_str(), "user" | "package" | "look")
        };
        let near = |e: &Example| e.rows.iter().filter(is_near).count();
        self.planted += story.rows.iter().filter(|r| matches!(r.mark, Some(Mark::Found { .. }))).count();
        self.near_misses += near(story);
        self.found += tally.found;
        self.accused += tally.accused;
        self.wrong.extend(tally.wrong);
    }

    fn share(part: usize, whole: usize) -> Value {
        let (part, whole) = (u32::try_from(part).unwrap_or(0), u32::try_from(whole).unwrap_or(1));
        if whole == 0 { Value::Null } else { json!(f64::from(part) / f64::from(whole)) }
    }

    fn line(&self, check: &str) -> Value {
        json!({
            "check": check, "planted": self.planted, "near_misses": self.near_misses, "found": self.found, "accused_wrongly": self.accused,
            "precision": Self::share(self.found, self.found + self.accused), "recall": Self::share(self.found, self.planted),
        })
    }
}

fn seeds() -> u64 {
    std::env::var("VOUCHSAFE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

#[test]
fn every_planted_case_is_found_and_no_near_miss() {
    let seeds = seeds();
    let told: Vec<(&str, Figures)> = all()
        .par_iter()
        .map(|check| {
            let mut figures = Figures::default();
            for story in of_page(check) {
                for (seed, (cases, bystanders)) in (1..=seeds).flat_map(|s| SIZES.iter().map(move |size| (s, *size))) {
                    let apart = can_repeat(&story) && !OF_ALL_WORDS.contains(&check.id.as_str());
                    let bystanders = if OF_POSTS.contains(&check.id.as_str()) { 0 } else { bystanders };
                    let story = retold(&story, seed, if apart { cases } else { 1 }, bystanders);
                    let tally = tally(check, &story);
                    figures.add(&story, tally);
                }
            }
            (check.id.as_str(), figures)
        })
        .collect();
    if let Some(path) = std::env::var_os("VOUCHSAFE_FIGURES") {
        let lines: Vec<Value> = told.iter().map(|(check, f)| f.line(check)).collect();
        let whole = json!({"seeds": seeds, "sizes": SIZES, "checks": lines});
        std::fs::write(path, serde_json::to_string_pretty(&whole).expect("JSON") + "\n").expect("a file");
    }
    let wrong: Vec<String> = told.iter().flat_map(|(_, f)| f.wrong.iter().take(2).cloned()).collect();
    assert!(wrong.is_empty(), "{} are wrong; of each check:\n{}", wrong.len(), wrong.join("\n\n"));
    let without: Vec<&str> = told.iter().filter(|(_, f)| f.planted == 0 || f.near_misses == 0).map(|(c, _)| *c).collect();
    assert!(without.is_empty(), "no case or no near miss: {without:?}");
}
