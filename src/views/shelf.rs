//! The views: a statement with a header that says what a row is and what its columns hold.

/// A view.
#[derive(Debug, Clone, Copy)]
pub struct ViewText {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its statement, with the header.
    pub sql: &'static str,
}

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        /// All views, in the order in which they are described.
        pub static VIEWS: &[ViewText] = &[$(ViewText {
            name: $name,
            sql: include_str!(concat!("../../queries/views/", $name, ".sql")),
        }),+];
    };
}

views! {
    "holders",
    "holdings",
    "facts",
    "requests",
    "approvals",
    "decisions",
    "policies",
    "policy_changes",
    "contents",
    "packages",
    "principals",
    "owners",
    "findings",
    "usage",
    "events",
    "mentions",
    "coverage",
    "sources",
    "rejects",
    "snapshots",
    "asked",
}

/// The view of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ViewText> {
    VIEWS.iter().find(|v| v.name == name)
}

/// What a row of a view is.
#[must_use]
pub fn describe(view: &ViewText) -> String {
    let head = view.sql.lines().map_while(|l| l.strip_prefix("-- ")).take_while(|l| !l.starts_with("column "));
    head.collect::<Vec<_>>().join(" ")
}

/// The columns of a view, each with what it holds.
#[must_use]
pub fn columns_of(view: &ViewText) -> Vec<(&'static str, &'static str)> {
    let sql = view.sql;
    let column = |line: &'static str| line.strip_prefix("-- column ")?.split_once(": ");
    sql.lines().filter_map(column).collect()
}
