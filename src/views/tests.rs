//! Every view has the columns that it documents, and they stay.

use super::*;
use crate::ledger::{Evidence, Settings, build};
use crate::model::rows::Cell;

/// An access model of nothing.
fn nothing() -> AccessModel {
    build(Evidence::default(), &Settings::default())
}

fn schema(view: &ViewText) -> String {
    let statement = format!("SELECT * FROM {}", view.name);
    let needs = needs(&statement);
    let access = nothing();
    let material = Material { access: &access, view: None };
    let mut tables: Sql = open(&needs, None, &mut |base| match base {
        Base::Findings => crate::workbench::findings::parquet(&access, &crate::config::Config::default()).map(Place::Bytes),
        other => material.parquet(other).map(Place::Bytes),
    })
    .unwrap_or_else(|e: ViewError| panic!("{}: {e}", view.name));
    let rows = tables.run(&statement).unwrap_or_else(|e| panic!("{}: {e}", view.name));
    let documented: Vec<&str> = columns_of(view).iter().map(|(c, _)| *c).collect();
    let names: Vec<&str> = rows.columns.iter().map(|(c, _)| c.as_str()).collect();
    assert_eq!(names, documented, "{} documents other columns than it has", view.name);
    assert!(!describe(view).is_empty(), "{} says what a row is", view.name);
    let column = |(name, kind): &(String, crate::model::rows::Kind)| format!("  {name} {}\n", kind.as_str());
    format!("{}\n{}", view.name, rows.columns.iter().map(column).collect::<String>())
}

/// A column that goes, moves or changes its type breaks what others build on: that takes a new major version.
#[test]
fn columns_of_views_stay() {
    let now: String = VIEWS.iter().map(schema).collect();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/views/columns.txt");
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write(&path, &now).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(now, kept, "the columns of views are a contract; VOUCHSAFE_BLESS=1 writes {}", path.display());
}

#[test]
fn a_statement_takes_what_it_names_and_nothing_else() {
    let told = needs("SELECT 'facts' FROM Holdings AS h -- usage\nJOIN lake_sign_ins ON 1 = 1");
    assert_eq!(told.bases, BTreeSet::from([Base::Holdings]));
    assert_eq!(told.tables, BTreeSet::from([Table::SignIns]));
    assert_eq!(told.views, BTreeSet::from(["holdings"]));
    let rows = over(&nothing(), None, "SELECT commit_sequence FROM asked")
        .expect("tables")
        .run("SELECT commit_sequence FROM asked");
    assert_eq!(rows.expect("a row").rows, [[Cell::Whole(0)]]);
}
