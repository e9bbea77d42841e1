//! Following pages to the last one: each record once, an end that is an end, and a count that ties.

use crate::graph::page::Mark;
use crate::graph::{Client, GraphError, Page, Query};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Longest walk, in pages: a million users at a hundred a page.
const MOST_PAGES: u64 = 20_000;
/// Pages in a row that bring nothing new, before the walk is taken for a loop.
const MOST_STALE: u32 = 25;
/// How often a dead skip token is answered by going back to a link that was good.
const MOST_RETURNS: u32 = 20;

/// What a walk came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Pages received.
    pub pages: u64,
    /// Records received, those that came twice too.
    pub received: u64,
    /// Records that had come before in this walk.
    pub repeated: u64,
    /// Records that the service said there are (`@odata.count`), where it said so.
    pub counted: Option<i64>,
    /// The service's ids of the requests.
    pub request_ids: Vec<String>,
}

/// Follows pages from an address to the last one; hands the new records of each to `take`.
///
/// Shuffled and repeated pages do no harm: a record counts once. A dead skip token sends the walk back to the last link
/// of a page that came at the first try. Whatever `take` was given before an error is not the whole.
///
/// # Errors
/// When a page cannot be had, the pages do not end, or the count does not tie.
pub fn walk(
    client: &Client,
    first: &str,
    ask: &Query<'_>,
    walked: &mut Walked,
    take: &mut dyn FnMut(&[String]) -> Result<(), GraphError>,
) -> Result<(), GraphError> {
    let mut seen: HashSet<(u64, u64)> = HashSet::new();
    let mut ids: HashSet<u64> = HashSet::new();
    let mut links: HashSet<u64> = HashSet::from([hash(first)]);
    let (mut address, mut anchor) = (first.to_string(), first.to_string());
    let (mut count, mut stale, mut returns) = (None, 0, 0);
    let mut ask = *ask;
    loop {
        let page = match client.page(&address, &ask) {
            Ok(page) => page,
            Err(GraphError::SkipTokenExpired(reason)) if address != anchor && returns < MOST_RETURNS => {
                tracing::debug!(%reason, "back to the last good link");
                returns += 1;
                address.clone_from(&anchor);
                links.clear();
                continue;
            }
            Err(fault) => return Err(fault),
        };
        walked.pages += 1;
        walked.received += page.rows.len() as u64;
        if !page.request_id.is_empty() {
            walked.request_ids.push(page.request_id.clone());
        }
        count = count.or(page.count);
        walked.counted = count;
        let total = page.rows.len();
        let Page {
            rows, next, first_try, doubt, ..
        } = page;
        let fresh: Vec<String> = rows.into_iter().filter(|row| seen.insert(key(row, &mut ids))).collect();
        walked.repeated += (total - fresh.len()) as u64;
        stale = if fresh.is_empty() { stale + 1 } else { 0 };
        if !fresh.is_empty() {
            take(&fresh)?;
        }
        if let Some(doubt) = doubt {
            return Err(GraphError::Doubtful(doubt));
        }
        let Some(next) = next else { break };
        if !client.places().graph.owns(&next) {
            // Named by the client, which sends nothing there.
            return Err(client.page(&next, &ask).err().unwrap_or(GraphError::ForeignLink(String::new())));
        }
        if !links.insert(hash(&next)) {
            return Err(GraphError::Loop("a link came a second time".into()));
        }
        if stale > MOST_STALE || walked.pages > MOST_PAGES {
            return Err(GraphError::Loop(format!("{} pages, {stale} of them in a row with nothing new", walked.pages)));
        }
        if first_try {
            anchor.clone_from(&address);
        }
        address = next;
        // What was asked of the first page is inside its link; rows of later pages lie under `value`.
        ask.member = "value";
    }
    let rows = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    match count {
        Some(count) if count != rows => Err(GraphError::CountMismatch { rows, count }),
        _ => Ok(()),
    }
}

/// A record by id and content: the same id with other content is news, the object changed while we looked.
fn key(row: &str, ids: &mut HashSet<u64>) -> (u64, u64) {
    let content = hash(row);
    let id = Mark::of(row).id.map_or(content, |id| hash(&id.to_lowercase()));
    ids.insert(id);
    (id, content)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
