//! Documented views for SQL: the ledger, requests, policies over time and the books of the lake, as flat tables.
//!
//! Below each view of `queries/views` lie one or more tables, made when a statement needs them ([`Material`]) and kept
//! beside the ledger of the commit ([`Cache`]). The columns of a view do not change within a major version.

mod make;
mod policies;
mod records;
mod rows;
mod shelf;
mod store;

#[cfg(test)]
mod tests;

pub use make::{Material, kept_contents};
pub use rows::RecordRow;
pub use shelf::{VIEWS, ViewText, columns_of, describe, find};
pub use store::{Cache, Place, encode};

use crate::engine::sql::{Sql, SqlError, words};
use crate::lake::table::Table;
use crate::lake::{LakeError, View};
use crate::ledger::AccessModel;
use std::collections::BTreeSet;

/// What can go wrong below a view.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The lake is damaged.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The statement is wrong.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A table could not be written or made.
    #[error("{0}")]
    Bug(String),
}

macro_rules! bases {
    ($($name:ident => $text:literal),+ $(,)?) => {
        /// A table below the views.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the views say what the tables hold")]
        pub enum Base { $($name),+ }

        impl Base {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in SQL.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

bases! {
    Asked => "kept_asked",
    Holdings => "kept_holdings",
    Holders => "kept_holders",
    Facts => "kept_facts",
    Requests => "kept_requests",
    Approvals => "kept_approvals",
    Decisions => "kept_decisions",
    Policies => "kept_policies",
    PolicyChanges => "kept_policy_changes",
    Contents => "kept_contents",
    Packages => "kept_packages",
    Principals => "kept_principals",
    Owners => "kept_owners",
    Usage => "kept_usage",
    Coverage => "kept_coverage",
    Sources => "kept_sources",
    Rejects => "kept_rejects",
    Snapshots => "kept_snapshots",
    Records => "kept_records",
    Findings => "kept_findings",
}

/// What a statement needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Tables below views.
    pub bases: BTreeSet<Base>,
    /// Tables of the lake, which SQL calls `lake_<table>`.
    pub tables: BTreeSet<Table>,
    /// Views.
    pub views: BTreeSet<&'static str>,
}

/// What a statement needs, by the names that occur in it.
#[must_use]
pub fn needs(sql: &str) -> Needs {
    let mut needs = Needs::default();
    for name in names(sql) {
        needs.bases.extend(base(&name));
        needs.tables.extend(name.strip_prefix("lake_").and_then(Table::from_name));
        if let Some(view) = find(&name) {
            needs.views.insert(view.name);
            // A view stands on tables below, and on no other view.
            needs.bases.extend(names(view.sql).filter_map(|n| base(&n)));
        }
    }
    needs
}

fn names(sql: &str) -> impl Iterator<Item = String> {
    words(sql).into_iter().filter(|w| !w.is_text).map(|w| w.text.to_ascii_lowercase())
}

fn base(name: &str) -> Option<Base> {
    Base::ALL.iter().find(|b| b.name() == name).copied()
}

/// Registers all that a statement needs.
///
/// # Errors
/// When a table cannot be made or read.
pub fn open<E: From<ViewError>>(needs: &Needs, view: Option<&View>, place: &mut dyn FnMut(Base) -> Result<Place, E>) -> Result<Sql, E> {
    let mut sql = Sql::new();
    for base in &needs.bases {
        match place(*base)? {
            Place::File(path) => sql.files(base.name(), &[path]).map_err(ViewError::from)?,
            Place::Bytes(bytes) => sql.bytes(base.name(), bytes).map_err(ViewError::from)?,
        }
    }
    for table in &needs.tables {
        let paths = view.map(|v| v.paths(*table)).unwrap_or_default();
        let name = format!("lake_{}", table.name());
        if paths.is_empty() {
            sql.bytes(&name, store::empty(crate::lake::delta::columns_of(*table))?)
                .map_err(ViewError::from)?;
        } else {
            sql.files(&name, &paths).map_err(ViewError::from)?;
        }
    }
    // Views stand on tables alone, so their order is free.
    for view in VIEWS.iter().filter(|v| needs.views.contains(v.name)) {
        sql.view(view.name, view.sql).map_err(ViewError::from)?;
    }
    Ok(sql)
}

/// All that a statement needs, made in memory from an access model; `findings` is not among it.
///
/// # Errors
/// When a table cannot be made.
pub fn over(access: &AccessModel, view: Option<&View>, sql: &str) -> Result<Sql, ViewError> {
    let material = Material { access, view };
    open(&needs(sql), view, &mut |base| material.parquet(base).map(Place::Bytes))
}
