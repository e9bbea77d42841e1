//! The ledger kept beside the lake: built once for a commit, and read by every question after that.
//!
//! What is kept follows from the commit and from this program alone. It holds the rows of the ledger twice, sorted by
//! resource and by principal, how objects were called, the states of accounts, and what an answer rests on.

use crate::lake::column::columns;
use crate::lake::kept::{self, Order, What};
use crate::lake::{LakeError, View};
use crate::ledger::access_model::{AccessModel, AppFacts, Covered, Gaps, Look};
use crate::ledger::accounts::{Accounts, Told};
use crate::ledger::build::Ledger;
use crate::ledger::evidence::Evidence;
use crate::ledger::names::{Named, Names, Naming, ObjectKind};
use crate::ledger::row::LedgerRow;
use crate::ledger::unattributed::UnattributedAct;
use crate::model::stage::list;
use crate::model::{Instant, Interned, PrincipalId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

columns! {
    /// One name of one object; a row without an instant for an object of which no name is known.
    struct NamingRow {
        /// Object id.
        id: Interned,
        /// What it is.
        kind: Interned,
        /// Whether an export has it.
        exported: bool,
        /// When it was made.
        created_at: Option<Instant>,
        /// When it was deleted.
        deleted_at: Option<Instant>,
        /// When it was seen to be called so.
        at: Option<Instant>,
        /// Display name.
        name: Interned,
        /// Principal name.
        upn: Interned,
        /// `userType`.
        user_type: Interned,
    }

    /// One witness of the state of one account.
    struct AccountRow {
        /// The account.
        principal: Interned,
        /// Whether it tells of `deleted`, and not of `enabled`.
        of_deletion: bool,
        /// When.
        at: Instant,
        /// The value.
        value: bool,
        /// Whether an event tells the very instant.
        is_event: bool,
    }

    /// One snapshot of a collection or a part of it.
    struct SnapshotRow {
        /// Table name.
        collection: Interned,
        /// Which part.
        scope: Interned,
        /// When it began, where that matters.
        since: Instant,
        /// When it was over.
        at: Instant,
        /// Whether absence counts.
        complete: bool,
    }
}

/// What an answer rests on, beside the tables.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Rest {
    tenant: TenantId,
    newest: Instant,
    coverage: BTreeMap<String, Covered>,
    collection_gaps: BTreeMap<String, Gaps>,
    holderless: Vec<(Option<Interned>, usize)>,
    unnamed: BTreeMap<Interned, usize>,
    unknown_about: BTreeMap<Interned, Vec<String>>,
    unattributed: Vec<UnattributedAct>,
    untimed_records: usize,
    roles: BTreeMap<String, String>,
    held_roles: Vec<Interned>,
    apps: BTreeMap<String, AppFacts>,
    app_roles: BTreeMap<Interned, (Instant, Interned)>,
}

/// The kept ledger of a commit.
pub struct Kept {
    folder: PathBuf,
}

/// Which rows a question needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows<'a> {
    /// All.
    All,
    /// Those of a resource, by its id.
    OfResource(&'a str),
    /// Those of a principal, by object id.
    OfPrincipal(&'a str),
}

const BY_RESOURCE: &str = "holdings-by-resource.parquet";
const BY_PRINCIPAL: &str = "holdings-by-principal.parquet";
const NAMES: &str = "names.parquet";
const ACCOUNTS: &str = "accounts.parquet";
const SNAPSHOTS: &str = "snapshots.parquet";
const REST: &str = "basis.json";

impl Kept {
    /// What is kept of a commit by this program; `None` when nothing is, or not as it was kept.
    #[must_use]
    pub fn open(view: &View) -> Option<Self> {
        let folder = kept::folder(view, What::Ledger, env!("VOUCHSAFE_SOURCE_SHA256"))?;
        kept::is_intact(&folder).then_some(Self { folder })
    }

    /// Throws away what is kept of any commit.
    ///
    /// # Errors
    /// When a folder cannot be removed.
    pub fn discard(view: &View) -> Result<(), LakeError> {
        kept::discard(view)
    }

    /// Keeps a ledger. A lake that cannot be written keeps nothing, which costs time and no answer.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be written.
    pub fn keep(view: &View, ledger: &Ledger) -> Result<(), LakeError> {
        match kept::folder(view, What::Ledger, env!("VOUCHSAFE_SOURCE_SHA256")) {
            Some(folder) => kept::replace(&folder, |making| write(making, ledger, &ledger.without_holdings())),
            None => Ok(()),
        }
    }

    /// The access model as of an instant (the newest observation when not given), without its holdings and the states of accounts.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn access(&self, as_of: Option<Instant>) -> Result<AccessModel, LakeError> {
        let rest: Rest = kept::read_json(&self.folder.join(REST))?;
        let (namings, snapshots) = rayon::join(
            || list("names, kept", || kept::read::<NamingRow>(&self.folder.join(NAMES))),
            || kept::read::<SnapshotRow>(&self.folder.join(SNAPSHOTS)),
        );
        let mut looks: BTreeMap<(Interned, Interned), Vec<Look>> = BTreeMap::new();
        for s in snapshots? {
            looks.entry((s.collection, s.scope)).or_default().push(Look {
                since: s.since,
                at: s.at,
                complete: s.complete,
            });
        }
        Ok(AccessModel {
            tenant: rest.tenant,
            as_of: as_of.unwrap_or(rest.newest),
            newest: rest.newest,
            names: Arc::new(names_of(namings?, rest.app_roles)),
            looks: Arc::new(looks),
            coverage: rest.coverage,
            collection_gaps: rest.collection_gaps,
            holderless: rest.holderless.into_iter().collect(),
            unnamed: rest.unnamed,
            unknown_about: rest.unknown_about,
            unattributed: rest.unattributed,
            untimed_records: rest.untimed_records,
            roles: rest.roles,
            held_roles: rest.held_roles,
            apps: rest.apps,
            ..AccessModel::default()
        })
    }

    /// The ledger of the commit, from its evidence and the rows that were kept.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn ledger(&self, evidence: Evidence) -> Result<Ledger, LakeError> {
        let rest: Rest = kept::read_json(&self.folder.join(REST))?;
        let rows = list("rows of the ledger, kept", || kept::read(&self.folder.join(BY_PRINCIPAL)))?;
        Ok(Ledger::of_rows(evidence, rows, rest.holderless.into_iter().collect()))
    }

    /// Fills in the holdings that a question needs, with the states of their holders.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn hold(&self, access: &mut AccessModel, which: Rows) -> Result<(), LakeError> {
        let rows: Vec<LedgerRow> = match which {
            Rows::All => kept::read(&self.folder.join(BY_PRINCIPAL))?,
            Rows::OfResource(id) => self.of_resources(&BTreeSet::from([id]))?,
            Rows::OfPrincipal(id) => self.of_principals(&BTreeSet::from([id]))?,
        };
        self.give(access, which, &rows)
    }

    /// Fills in the holdings that a question needs, and those through which groups and packages lead to them; the model has the
    /// contents of packages already.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn hold_paths(&self, access: &mut AccessModel, which: Rows) -> Result<(), LakeError> {
        let rows: Vec<LedgerRow> = match which {
            Rows::All => kept::read(&self.folder.join(BY_PRINCIPAL))?,
            Rows::OfResource(id) => self.leading_to(access, id)?,
            Rows::OfPrincipal(id) => self.leading_from(access, id)?,
        };
        self.give(access, which, &rows)
    }

    /// Who holds a resource, and what its holders that are groups, and the packages that give it, are held by.
    fn leading_to(&self, access: &AccessModel, resource: &str) -> Result<Vec<LedgerRow>, LakeError> {
        let may_be_group = |id: &Interned| access.names.of(id).is_none_or(|n| n.kind == ObjectKind::Group);
        let gives = |wanted: &BTreeSet<Interned>| -> BTreeSet<Interned> {
            let of = access
                .contents
                .iter()
                .filter(|c| c.entitlement.as_ref().is_some_and(|e| wanted.contains(&Interned::from(e.resource()))));
            of.map(|c| c.package.interned()).collect()
        };
        closure(Interned::from(resource), |wanted, texts| {
            let rows = self.of_resources(texts)?;
            let mut more = gives(wanted);
            more.extend(rows.iter().map(|r| r.principal).filter(may_be_group));
            Ok((rows, more))
        })
    }

    /// What somebody holds, and what the groups hold in which that puts them.
    fn leading_from(&self, access: &AccessModel, principal: &str) -> Result<Vec<LedgerRow>, LakeError> {
        closure(Interned::from(principal), |_, texts| {
            let rows = self.of_principals(texts)?;
            let packages: BTreeSet<Interned> = rows.iter().map(|r| r.resource).collect();
            let given = access
                .contents
                .iter()
                .filter(|c| packages.contains(&c.package.interned()))
                .filter_map(|c| c.entitlement.clone());
            let held = rows.iter().map(LedgerRow::entitlement).chain(given);
            let groups = held
                .filter(crate::model::EntitlementKey::is_group_member)
                .map(|key| Interned::from(key.resource()))
                .collect();
            Ok((rows, groups))
        })
    }

    fn of_resources(&self, ids: &BTreeSet<&str>) -> Result<Vec<LedgerRow>, LakeError> {
        kept::read_where(&self.folder.join(BY_RESOURCE), "resource", ids)
    }

    fn of_principals(&self, ids: &BTreeSet<&str>) -> Result<Vec<LedgerRow>, LakeError> {
        kept::read_where(&self.folder.join(BY_PRINCIPAL), "principal", ids)
    }

    /// Gives the model its rows, with the states of their holders.
    fn give(&self, access: &mut AccessModel, which: Rows, rows: &[LedgerRow]) -> Result<(), LakeError> {
        let accounts = self.folder.join(ACCOUNTS);
        let accounts = match which {
            Rows::All => kept::read(&accounts)?,
            _ => kept::read_where(&accounts, "principal", &rows.iter().map(|r| r.principal.as_str()).collect())?,
        };
        access.accounts = Arc::new(accounts_of(accounts));
        access.hold(rows);
        Ok(())
    }
}

/// Rows of a first id, then of all ids to which they lead, until nothing new is found.
fn closure(
    first: Interned,
    step: impl Fn(&BTreeSet<Interned>, &BTreeSet<&str>) -> Result<(Vec<LedgerRow>, BTreeSet<Interned>), LakeError>,
) -> Result<Vec<LedgerRow>, LakeError> {
    let (mut known, mut wanted) = (BTreeSet::from([first]), BTreeSet::from([first]));
    let mut all = Vec::new();
    while !wanted.is_empty() {
        let texts: BTreeSet<&str> = wanted.iter().map(Interned::as_str).collect();
        let (mut rows, more) = step(&wanted, &texts)?;
        all.append(&mut rows);
        wanted = more.into_iter().filter(|id| known.insert(*id)).collect();
    }
    Ok(all)
}

fn write(folder: &Path, ledger: &Ledger, access: &AccessModel) -> Result<(), LakeError> {
    let rows: Vec<&LedgerRow> = ledger.rows().iter().collect();
    let mut by_resource = rows.clone();
    by_resource.sort_by(|a, b| a.resource.as_str().cmp(b.resource.as_str()));
    let holdings = |name: &str, key: &str, rows: &[&LedgerRow]| kept::write(&folder.join(name), Order::By(key), rows, |r| (*r).clone());
    let (first, second) = rayon::join(
        || holdings(BY_PRINCIPAL, "principal", &rows),
        || holdings(BY_RESOURCE, "resource", &by_resource),
    );
    first.and(second)?;
    kept::write(&folder.join(NAMES), Order::By("id"), &naming_rows(&access.names), Clone::clone)?;
    kept::write(&folder.join(ACCOUNTS), Order::By("principal"), &account_rows(&access.accounts), Clone::clone)?;
    let of_look = |((collection, scope), looks): (&(Interned, Interned), &Vec<Look>)| {
        let (collection, scope) = (*collection, *scope);
        let row = move |l: &Look| SnapshotRow {
            collection,
            scope,
            since: l.since,
            at: l.at,
            complete: l.complete,
        };
        looks.iter().map(row).collect::<Vec<_>>()
    };
    let snapshots: Vec<SnapshotRow> = access.looks.iter().flat_map(of_look).collect();
    kept::write(&folder.join(SNAPSHOTS), Order::Whole, &snapshots, Clone::clone)?;
    let rest = Rest {
        tenant: access.tenant.clone(),
        newest: ledger.newest(),
        coverage: access.coverage.clone(),
        collection_gaps: access.collection_gaps.clone(),
        holderless: access.holderless.iter().map(|(p, n)| (*p, *n)).collect(),
        unnamed: access.unnamed.clone(),
        unknown_about: access.unknown_about.clone(),
        unattributed: access.unattributed.clone(),
        untimed_records: access.untimed_records,
        roles: access.roles.clone(),
        held_roles: access.held_roles.clone(),
        apps: access.apps.clone(),
        app_roles: access.names.app_roles().collect(),
    };
    kept::write_json(&folder.join(REST), &rest)
}

pub(super) fn naming_rows(names: &Names) -> Vec<NamingRow> {
    let of = |(id, named): (Interned, &Named)| {
        let bare = NamingRow {
            id,
            kind: named.kind.as_str().into(),
            exported: named.exported,
            created_at: named.created_at,
            deleted_at: named.deleted_at,
            ..NamingRow::default()
        };
        if named.namings.is_empty() {
            return vec![bare];
        }
        let with = |n: &Naming| NamingRow {
            at: Some(n.at),
            name: n.name,
            upn: n.upn,
            user_type: n.user_type,
            ..bare.clone()
        };
        named.namings.iter().map(with).collect()
    };
    let mut rows: Vec<NamingRow> = names.iter().flat_map(of).collect();
    rows.sort_by(|a, b| (a.id.as_str(), a.at).cmp(&(b.id.as_str(), b.at)));
    rows
}

pub(super) fn names_of(rows: Vec<NamingRow>, app_roles: BTreeMap<Interned, (Instant, Interned)>) -> Names {
    let mut names = Names::with_app_roles(app_roles);
    for row in rows {
        let Some(kind) = ObjectKind::from_word(&row.kind) else { continue };
        let naming = row.at.map(|at| Naming {
            at,
            name: row.name,
            upn: row.upn,
            user_type: row.user_type,
        });
        let bare = Named {
            kind,
            namings: Vec::new(),
            exported: row.exported,
            created_at: row.created_at,
            deleted_at: row.deleted_at,
        };
        names.restore(row.id, bare, naming);
    }
    names
}

fn account_rows(accounts: &Accounts) -> Vec<AccountRow> {
    let mut rows: Vec<AccountRow> = accounts
        .iter()
        .map(|(principal, of_deletion, told)| AccountRow {
            principal: principal.interned(),
            of_deletion,
            at: told.at,
            value: told.value,
            is_event: told.is_event,
        })
        .collect();
    rows.sort_by(|a, b| (a.principal.as_str(), a.of_deletion, a.at, a.value).cmp(&(b.principal.as_str(), b.of_deletion, b.at, b.value)));
    rows
}

fn accounts_of(rows: Vec<AccountRow>) -> Accounts {
    let mut accounts = Accounts::default();
    for row in rows {
        let told = Told {
            at: row.at,
            value: row.value,
            is_event: row.is_event,
        };
        accounts.restore(PrincipalId::of(row.principal), row.of_deletion, told);
    }
    accounts
}
