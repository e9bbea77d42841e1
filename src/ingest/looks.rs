//! Looks at collections: what was seen, when, and whether it was all.

use crate::ingest::dating::Dating;
use crate::ingest::objects::Place;
use crate::ingest::split::Page;
use crate::lake::records::Snapshot;
use crate::lake::table::Table;
use crate::model::{Instant, Interned, Window};
use ahash::AHashSet;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// All looks of one ingest, by id.
#[derive(Debug, Default)]
pub(super) struct Looks(BTreeMap<String, Look>);

#[derive(Debug)]
struct Look {
    place: Place,
    from: Instant,
    at: Instant,
    by: &'static str,
    rows: i64,
    /// Rows on pages, those not taken too.
    on_pages: i64,
    /// The objects of the rows that were taken, each once.
    objects: AHashSet<Interned>,
    pages: usize,
    last_pages: usize,
    counts: Vec<i64>,
    /// What stands against completeness whoever claims it.
    against: Option<String>,
    /// Why completeness is not proved.
    unproved: Option<String>,
    claimed: bool,
    /// Whether a page is cut off.
    cut: bool,
    /// Whether it is one of an object alone that is told to be gone.
    gone: bool,
    /// Why a page says itself that it is not whole.
    doubt: Option<String>,
    /// What files of the look have in common.
    folder: String,
    /// What a pull says of its completeness.
    pulled: Option<Result<(), String>>,
    /// Pages by file content and position: a copy of a page is no second page.
    told: BTreeSet<(String, usize)>,
}

/// The id of a look.
pub(super) fn id(place: &Place, dating: &Dating) -> String {
    let text = format!("{}\n{}\n{}\n{}", place.table.name(), place.scope, dating.look, dating.at.0);
    let hash = Sha256::digest(text.as_bytes());
    hex::encode(&hash[..16])
}

impl Looks {
    fn look(&mut self, place: &Place, dating: &Dating, claimed: bool) -> &mut Look {
        self.0.entry(id(place, dating)).or_insert_with(|| Look {
            place: place.clone(),
            from: dating.from,
            at: dating.at,
            by: dating.by,
            rows: 0,
            on_pages: 0,
            objects: AHashSet::new(),
            pages: 0,
            last_pages: 0,
            counts: Vec::new(),
            against: None,
            unproved: None,
            claimed,
            cut: false,
            gone: false,
            doubt: None,
            folder: dating.look.clone(),
            pulled: None,
            told: BTreeSet::new(),
        })
    }

    /// Adds rows that no page held.
    ///
    /// `rejected` is how many records of their file were not taken: some of them may have been rows too.
    pub fn loose(&mut self, place: &Place, dating: &Dating, rows: i64, claimed: bool, rejected: u64) {
        let look = self.look(place, dating, claimed);
        look.rows += rows;
        if rejected > 0 {
            look.against.get_or_insert_with(|| format!("{rejected} records of its file were not taken"));
        }
        look.unproved.get_or_insert_with(|| "no page tells whether these are all".into());
    }

    /// Adds a page; `same` is the hash of its file and its position there.
    pub fn page(&mut self, place: &Place, dating: &Dating, page: &Page, ids: &[Interned], claimed: bool, same: (&str, usize)) {
        let look = self.look(place, dating, claimed);
        if !look.told.insert((same.0.to_string(), same.1)) {
            return;
        }
        let rows = number(ids.len());
        look.rows += rows;
        look.objects.extend(ids);
        look.on_pages += page.rows;
        look.pages += 1;
        look.last_pages += usize::from(page.closed && !page.more && !page.delta);
        look.counts.extend(page.count);
        let function = page.context.as_ref().is_some_and(|c| c.function_of.is_some());
        if !page.closed {
            look.cut = true;
            look.against.get_or_insert_with(|| "a page is cut off".into());
        }
        if let Some(doubt) = &page.doubt {
            look.doubt.get_or_insert_with(|| doubt.clone());
            look.against.get_or_insert_with(|| doubt.clone());
        }
        if rows < page.rows {
            let lost = page.rows - rows;
            look.against.get_or_insert_with(|| format!("{lost} records of a page were not taken"));
        }
        if page.single {
            look.unproved.get_or_insert_with(|| "one object, no listing".into());
        } else if function {
            look.unproved.get_or_insert_with(|| "what one caller may see, not the whole".into());
        } else if page.delta {
            look.unproved.get_or_insert_with(|| "a delta query".into());
        } else if page.filtered {
            look.unproved.get_or_insert_with(|| "asked for with a filter".into());
        }
    }

    /// Adds what a delta page tells of one object that is gone: a view of it alone, which does not show it.
    pub fn gone(&mut self, place: &Place, dating: &Dating) {
        self.look(place, dating, false).gone = true;
    }

    /// Takes a pull's word on the part of a look.
    pub fn vouch(&mut self, place: &Place, dating: &Dating, verdict: Result<(), String>) {
        if let Some(look) = self.0.get_mut(&id(place, dating)) {
            match (&look.pulled, &verdict) {
                (Some(Err(_)), _) => {}
                _ => look.pulled = Some(verdict),
            }
        }
    }

    /// Notes that a part of a collection was lost: no look at it in the same place and at the same time is whole.
    pub fn spoil(&mut self, table: Table, dating: &Dating, why: &str) {
        let same = |look: &&mut Look| !look.gone && look.place.table == table && look.at == dating.at && look.folder == dating.look;
        for look in self.0.values_mut().filter(same) {
            look.against.get_or_insert_with(|| why.to_string());
        }
    }

    /// Pages that are missing or cut, and counts that do not tie: gaps of their collections.
    ///
    /// The time is given where the listing is of the whole tenant: it says nothing of listings of other parts at that time.
    pub fn missing_pages(&self) -> impl Iterator<Item = (Table, Option<Window>, String)> {
        self.0
            .values()
            .filter(|look| look.pulled.is_none() && look.unproved.is_none())
            .filter_map(|look| {
                let cut = || look.cut.then(|| "a page is cut off".to_string());
                let why = cut().or_else(|| look.doubt.clone()).or_else(|| look.page_missing())?;
                let is_whole = look.place.scope == "tenant";
                let of = if is_whole { String::new() } else { format!(" of {}", look.place.scope) };
                let reason = format!("{}{of} as of {}: {why}", look.place.table.name(), look.at);
                let window = Window {
                    from: look.from,
                    until: look.at.plus(1),
                };
                Some((look.place.table, is_whole.then_some(window), reason))
            })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The looks as rows.
    pub fn rows(self, tenant: &str) -> Vec<Snapshot> {
        let row = |(id, look): (String, Look)| {
            let (complete, reason) = look.verdict();
            Snapshot {
                tenant_id: tenant.to_string(),
                id,
                collection: look.place.table.name().to_string(),
                scope: look.place.scope.clone(),
                observed_at: look.at,
                observed_from: look.from,
                rows: look.rows,
                complete: complete.to_string(),
                dated_by: look.by.to_string(),
                reason,
            }
        };
        self.0.into_iter().map(row).collect()
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Look {
    fn verdict(&self) -> (&'static str, Option<String>) {
        if self.by == "modified" {
            let reason = "dated only by the modification time of a file".to_string();
            return ("no", Some(reason));
        }
        if self.gone {
            return ("proven", Some("a delta page tells that it was removed".into()));
        }
        if !self.place.only.is_empty() {
            let only = &self.place.only;
            let reason = if self.claimed {
                format!("claimed complete, but it lists {only}")
            } else {
                only.clone()
            };
            return ("no", Some(reason));
        }
        if let Some(pulled) = &self.pulled {
            let lost = self.against.clone().or_else(|| self.impossible());
            let reason = pulled.as_ref().err().cloned().or(lost);
            return (if reason.is_none() { "proven" } else { "no" }, reason);
        }
        let against = self.against.clone().or_else(|| self.untied());
        if let Some(reason) = against {
            let reason = if self.claimed { format!("claimed complete, but {reason}") } else { reason };
            return ("no", Some(reason));
        }
        if self.claimed {
            let proved = self.unproved.is_none() && !self.counts.is_empty();
            return (if proved { "proven" } else { "claimed" }, None);
        }
        if let Some(reason) = &self.unproved {
            return ("no", Some(reason.clone()));
        }
        if self.counts.is_empty() {
            let reason = "no @odata.count to tie the rows with".to_string();
            return ("no", Some(reason));
        }
        ("proven", None)
    }

    /// What the pages themselves contradict.
    fn untied(&self) -> Option<String> {
        if self.pages == 0 {
            return None;
        }
        // Pages of one object each have no order; several listings in one folder have no end.
        if self.last_pages > 1 {
            return Some(format!("{} pages say they are the last", self.last_pages));
        }
        if self.last_pages == 1
            && let Some(reason) = self.impossible()
        {
            return Some(reason);
        }
        self.page_missing()
    }

    /// Whether the pages say that there are more.
    fn page_missing(&self) -> Option<String> {
        match self.last_pages {
            0 if self.pages > 0 => Some("the last page is missing".into()),
            1 => {
                // A row that comes again is no other object: one that was to come in its place may be missing.
                let again = self.rows - number(self.objects.len());
                let found = self.on_pages - again;
                let wrong = self.counts.iter().find(|c| **c != found);
                wrong.map(|count| match again {
                    0 => format!("{found} rows of {count}"),
                    n => format!("{found} different rows of {count}, and {n} that came again"),
                })
            }
            _ => None,
        }
    }

    /// An empty list of deleted users has the same context as one of the living.
    fn impossible(&self) -> Option<String> {
        let never_empty = matches!(self.place.table, Table::Users | Table::ServicePrincipals | Table::RoleDefinitions);
        (never_empty && self.on_pages == 0 && self.place.scope == "tenant").then(|| "no tenant is without any of these".into())
    }
}
