//! Whether any witness of a kind exists at all: without one a check answers "not evaluable", once for the tenant.

use crate::check::known::shown;
use crate::check::{Context, Outcome, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PackageRole, Person};
use crate::model::{Finding, Instant, Interned, PrincipalId, ReasonCode, Window};
use std::collections::BTreeSet;

impl Context<'_> {
    /// The row that says that nothing tells who holds what; `None` when something does.
    #[must_use]
    pub fn no_holdings(&self) -> Option<Finding> {
        let told = !self.access.holdings.is_empty() || self.looked_at(Table::Assignments) || self.looked_at(Table::Memberships) || self.access.has_log("audit");
        (!told).then(|| {
            self.lacking(
                ReasonCode::NoTelemetry,
                Table::Assignments,
                "no assignments, memberships or audit events are in the lake, so who holds what is unknown",
                "Ingest package assignments or directory audit events.",
            )
        })
    }

    /// Rows that say which listings of what is judged are missing: then only what other records tell of was judged.
    pub fn unlisted(&self, out: &mut Outcome, tables: &[Table]) {
        // Where there are no groups, nobody lists their members.
        let no_groups = self.looked_at(Table::Groups) && self.access.groups.is_empty();
        let listed = |table| match table {
            Table::Memberships => no_groups || self.members_looked_at(),
            other => self.looked_at(other),
        };
        let needed = |t: &&Table| !listed(**t);
        for table in tables.iter().filter(needed) {
            let message = format!(
                "no listing of {} is in the lake, so only those that other records tell of were judged",
                listing(*table)
            );
            let clears_when = format!("Ingest {}.", listing(*table));
            out.push_for(self.lacking(ReasonCode::NoTelemetry, *table, &message, &clears_when), 0);
        }
        self.not_understood(out, tables);
    }

    /// Whether a listing of members of any group is in the lake: owners and sponsors are parts of the same collection.
    fn members_looked_at(&self) -> bool {
        let mut parts = self.access.looks.keys();
        parts.any(|(table, scope)| table.as_str() == Table::Memberships.name() && !scope.as_str().contains('/'))
    }

    /// A row that says of which groups no snapshot lists the members, or the owners where the flag is set: then only those that
    /// other records tell of were judged. Where no members are listed at all, [`Self::unlisted`] has said so.
    pub fn unlisted_groups<'g>(&self, out: &mut Outcome, groups: impl Iterator<Item = (&'g str, bool)>) {
        let looked = |scope: &str| self.access.looks.contains_key(&(Table::Memberships.name().into(), Interned::from(scope)));
        let alive = |id: &str| self.access.groups.get(id).is_none_or(|g| g.deleted_at.is_none()) && !self.gone_from(Table::Groups, id);
        let is_unlisted = |(id, owners): &(&str, bool)| match owners {
            true => alive(id) && !looked(&format!("owner/{id}")),
            false => alive(id) && !looked(id) && !looked("tenant"),
        };
        let unlisted: BTreeSet<(&str, bool)> = groups.filter(is_unlisted).collect();
        if unlisted.is_empty() || !self.members_looked_at() {
            return;
        }
        let named = |(id, owners): &(&str, bool)| {
            let name = self.access.groups.get(*id).map_or(*id, |g| shown(g.name.as_str(), id));
            format!("the {} of {name}", if *owners { "owners" } else { "members" })
        };
        let list: Vec<String> = unlisted.iter().map(named).collect();
        let message = format!(
            "no snapshot lists {}, so only those that other records tell of were judged",
            words::listed(&list)
        );
        let clears_when = "Ingest the members and the owners of those groups.";
        out.push_for(self.lacking(ReasonCode::NoTelemetry, Table::Memberships, &message, clears_when), 0);
    }

    /// Whether a record tells when the owner of an account leaves, be it never.
    #[must_use]
    pub fn leave_told(&self, who: &PrincipalId) -> bool {
        self.access.people.get(who).is_some_and(|p| p.leave_told)
    }

    /// Whether a snapshot of users has ever listed an account.
    #[must_use]
    pub fn is_listed(&self, who: &PrincipalId) -> bool {
        let person = self.access.people.get(who);
        person.is_some_and(|p| p.evidence.iter().any(|e| e.starts_with("users:")))
    }

    /// A row that says of how many accounts no record tells when their owners leave: exports have that where they are asked for it.
    pub fn leaves_untold(&self, out: &mut Outcome) {
        let is_listed = |p: &&Person| p.evidence.iter().any(|e| e.starts_with("users:"));
        let people = self.access.people.values().filter(|p| !p.agent && p.deleted_at.is_none());
        let silent = people.filter(is_listed).filter(|p| !p.leave_told).count();
        if silent > 0 {
            let message = format!("no record tells when the owners of {} leave or left", words::many(silent, "account"));
            let clears_when = "Export users with employeeLeaveDateTime.";
            out.push_for(self.lacking(ReasonCode::NoTelemetry, Table::Users, &message, clears_when), 0);
        }
    }

    /// Rows that say of which collections a part was not understood: then only what was understood was judged.
    pub fn not_understood(&self, out: &mut Outcome, tables: &[Table]) {
        for (table, reason) in tables.iter().filter_map(|t| Some((*t, self.misread(*t)?))) {
            let message = format!(
                "a part of {} was not understood, so only what was understood was judged: {reason}",
                listing(table)
            );
            let clears_when = format!("Export {} again with all members, or with a version that knows them.", listing(table));
            out.push_for(self.lacking(ReasonCode::NoTelemetry, table, &message, &clears_when), 0);
        }
    }

    /// What of the newest snapshot of a collection was not understood.
    fn misread(&self, table: Table) -> Option<String> {
        let nobody: usize = self.access.holderless.values().sum();
        if table == Table::Assignments && nobody > 0 {
            return Some(format!("{} without a holder or a package", words::many(nobody, "assignment")));
        }
        // Contents are mostly carried by their packages.
        let carrier = (table == Table::ResourceRoles).then_some(Table::Packages);
        let looks = [Some(table), carrier].into_iter().flatten().filter_map(|t| self.index.newest_look(t));
        let newest = looks.max()?;
        let at = Window::at(newest);
        let gaps = self.access.collection_gaps.get(table.name())?;
        // What a snapshot lost is told of that snapshot, whatever time it is of. Who holds an assignment that names nobody a request
        // may tell: the ledger has counted those that none tells of.
        let of_look = format!("as of {newest},");
        let there = |(when, why): &&(Option<Window>, String)| match when {
            Some(w) => w.meets(&at),
            None => table != Table::Assignments && why.starts_with(&of_look),
        };
        // What was dropped had been understood; who asks for it is told that it was dropped.
        let dropped = |why: &str| why.starts_with("dropped by retention");
        gaps.iter().filter(|(_, why)| !dropped(why)).find(there).map(|(_, reason)| reason.clone())
    }

    /// The row that says that nothing tells what packages contain; `None` when something does.
    #[must_use]
    pub fn contents_unknown(&self) -> Option<Finding> {
        let told = self.access.packages.values().any(|p| p.contents_told || !p.roles.is_empty());
        let mut roles = self.access.packages.values().flat_map(|p| &p.roles).peekable();
        let all_blind = roles.peek().is_some() && roles.all(PackageRole::is_blind);
        (all_blind || !told && !self.looked_at(Table::ResourceRoles)).then(|| {
            let message = "what packages contain is not on record, so which access is theirs to give is unknown";
            self.lacking(
                ReasonCode::NoTelemetry,
                Table::ResourceRoles,
                message,
                "Ingest access packages with their resource roles, expanded with role and scope.",
            )
        })
    }

    /// The row that says that review decisions are not there to be held against what is held, and the instant before which
    /// access must have begun to be in doubt; `None` when none are missing.
    #[must_use]
    pub fn lost_decisions(&self) -> Option<(Instant, Finding)> {
        let gaps = self.access.collection_gaps.get(Table::ReviewDecisions.name())?;
        let when = gaps.iter().filter_map(|(w, _)| *w).reduce(|a, b| Window {
            from: a.from.min(b.from),
            until: a.until.max(b.until),
        });
        // Retention drops a stretch of time; what could not be read may be of any.
        let unread = gaps.iter().any(|(w, _)| w.is_none());
        let (before, reason, which) = match when.filter(|_| !unread) {
            Some(w) => (w.until, ReasonCode::OutsideRetention, format!("first seen from {} until {}", w.from, w.until)),
            None => (Instant(i64::MAX), ReasonCode::NoTelemetry, "of an unknown time".to_string()),
        };
        // Of the newest snapshot itself something was read and not understood.
        if let Some(why) = self.misread(Table::ReviewDecisions) {
            let message = format!("a part of the review decisions was not understood, so whether access outlived a denial among them is unknown: {why}");
            let clears_when = "Export the decisions again with all members, or with a version that knows them.";
            return Some((before, self.lacking(ReasonCode::NoTelemetry, Table::ReviewDecisions, &message, clears_when)));
        }
        let row = self.lacking(
            reason,
            Table::ReviewDecisions,
            &format!("review decisions {which} are not in the lake, so whether access outlived a denial among them is unknown"),
            "Ingest the decisions of those reviews again, or look them up where they were kept.",
        );
        Some((before, row))
    }

    /// The row that says that the decisions of reviews that have ended are not in the lake, where one of them covers a package.
    #[must_use]
    pub fn unheard(&self, package: &str) -> Option<Finding> {
        self.index.reviews.unheard.contains(package).then(|| self.unheard_row())
    }

    /// The same of any review of the last year.
    pub fn unheard_at_all(&self, out: &mut Outcome) {
        if !self.index.reviews.unheard_instances.is_empty() {
            out.push_for(self.unheard_row(), 0);
        }
    }

    fn unheard_row(&self) -> Finding {
        let number = self.index.reviews.unheard_instances.len();
        let message = format!(
            "the decisions of {} that ended in the last year are not in the lake, so what was decided there is unknown",
            words::many(number, "review instance")
        );
        let clears_when = "Ingest the decisions of each instance of access reviews.";
        self.lacking(ReasonCode::NoTelemetry, Table::ReviewDecisions, &message, clears_when)
    }

    /// The row that says that nothing tells who asked for what; `None` when something does.
    #[must_use]
    pub fn no_requests(&self) -> Option<Finding> {
        let told = !self.access.requests.is_empty() || self.looked_at(Table::Requests) || self.access.has_log("audit");
        (!told).then(|| {
            self.lacking(
                ReasonCode::NoTelemetry,
                Table::Requests,
                "no assignment requests and no audit events are in the lake, so who asked for what is unknown",
                "Ingest assignment requests or directory audit events.",
            )
        })
    }

    /// Whether a complete snapshot of a collection is in the lake: only then an absence counts.
    #[must_use]
    pub fn looked_whole(&self, table: Table) -> bool {
        let name = table.name();
        let of = |(collection, _): &&(Interned, Interned)| collection == name;
        let mut scopes = self.access.looks.iter().filter(|(key, _)| of(key));
        // A snapshot that lost a row is not whole.
        scopes.any(|(_, looks)| looks.iter().any(|l| l.complete && l.at <= self.as_of())) && self.misread(table).is_none()
    }

    /// Whether a snapshot of a collection is in the lake.
    #[must_use]
    pub fn looked_at(&self, table: Table) -> bool {
        let name = table.name();
        self.access.looks.keys().any(|(collection, _)| collection == name)
    }
}

/// A collection as people call it.
fn listing(table: Table) -> &'static str {
    match table {
        Table::Assignments => "package assignments",
        Table::Requests => "assignment requests",
        Table::Memberships => "members of groups",
        Table::AppRoleAssignments => "app role assignments",
        Table::DirectoryRoles => "directory role assignments",
        Table::ResourceRoles => "the contents of packages",
        other => other.name(),
    }
}
