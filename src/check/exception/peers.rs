//! Comparable people: same department, same job. Sorted passes, never pairs.
//!
//! The type of employment is no part of it: where it is not filled in for some, the same people would be compared with others.

use crate::check::{Account, Context};
use crate::model::{Interned, PrincipalId};

/// People who can be compared, and with whom.
pub(super) struct Peers<'a> {
    /// Everybody whose post is on record, sorted by post.
    people: Vec<(Post, &'a PrincipalId)>,
    /// People of whom no record tells the post.
    pub unplaced: usize,
}

type Post = (Interned, Interned);

impl<'a> Peers<'a> {
    /// Members of the tenant whose account works, by post.
    pub(super) fn of(cx: &Context<'a>) -> Self {
        let plain = |text: &str| Interned::from(text.trim().to_lowercase().as_str());
        let (mut people, mut unplaced) = (Vec::new(), 0);
        for (id, person) in cx.access.people.iter().filter(|(_, p)| p.enabled != Some(false)) {
            let (account, rule) = (cx.account(id), &cx.config.admin_accounts);
            if account == Account::Guest || account.is_person() == Some(false) || rule.lists(id.as_str()) || rule.is_admin(&person.upn) {
                continue;
            }
            let post = (plain(&person.department), plain(&person.job_title));
            if account != Account::Member || person.enabled.is_none() || post.0.is_empty() || post.1.is_empty() {
                unplaced += 1;
            } else {
                people.push((post, id));
            }
        }
        people.sort();
        Self { people, unplaced }
    }

    /// People of one post, post by post.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[(Post, &'a PrincipalId)]> {
        self.people.chunk_by(|a, b| a.0 == b.0)
    }
}

/// A post in words.
pub(super) fn post_of(cx: &Context, who: &PrincipalId) -> String {
    let person = cx.access.people.get(who);
    person.map_or_else(String::new, |p| format!("{}, {}", p.job_title, p.department))
}
