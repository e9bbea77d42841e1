//! Every form writes every kind of cell.

use super::*;
use crate::model::rows::{Cell, Kind};

fn table() -> Rows {
    let at = Instant::parse("2026-03-31T12:00:00Z").expect("a time");
    let mut rows = Rows::new(&[
        ("who", Kind::Text),
        ("n", Kind::Whole),
        ("x", Kind::Real),
        ("f", Kind::Flag),
        ("at", Kind::Time),
        ("day", Kind::Day),
    ]);
    rows.rows = vec![
        vec![
            Cell::Text("=1+1".into()),
            Cell::Whole(-2),
            Cell::Real(0.5),
            Cell::Flag(true),
            Cell::Time(at),
            Cell::Text("2026-03-31".into()),
        ],
        vec![Cell::Empty; 6],
    ];
    rows
}

#[test]
fn every_form_has_every_cell() {
    let written = |form: &dyn Form| of_rows(&table(), form, &Options::default()).expect("written");
    let text = |form: &dyn Form| String::from_utf8(written(form)).expect("text");
    assert_eq!(text(&csv::FORM), "who,n,x,f,at,day\n'=1+1,-2,0.5,true,2026-03-31T12:00:00Z,2026-03-31\n,,,,,\n");
    assert_eq!(
        text(&jsonl::FORM),
        "{\"who\":\"=1+1\",\"n\":-2,\"x\":0.5,\"f\":true,\"at\":\"2026-03-31T12:00:00Z\",\"day\":\"2026-03-31\"}\n\
         {\"who\":null,\"n\":null,\"x\":null,\"f\":null,\"at\":null,\"day\":null}\n"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&text(&json::FORM)).expect("json").as_array().map(Vec::len),
        Some(2)
    );
    let bytes = written(&parquet::FORM);
    let mut sql = crate::engine::sql::Sql::new();
    sql.bytes("t", bytes).expect("parquet");
    let back = sql.run("SELECT who, n, x, f, day FROM t").expect("rows");
    assert_eq!(back.rows[0][4], Cell::Text("2026-03-31".into()));
    assert_eq!(back.rows[1], vec![Cell::Empty; 5]);
}

#[test]
fn every_form_has_a_word_of_its_own() {
    let words: Vec<&str> = FORMS.iter().map(|f| f.word()).collect();
    assert_eq!(words, ["csv", "json", "jsonl", "parquet"]);
}

#[test]
fn what_stands_beside_the_rows_is_in_json_only() {
    let options = Options {
        beside: Some("{\"basis\":{\"zone\":\"UTC\"}}".into()),
        ..Options::default()
    };
    let text = |form: &dyn Form| String::from_utf8(of_texts(&["who"], [vec!["ana".to_string()]].iter(), form, &options).expect("written")).expect("text");
    assert_eq!(text(&json::FORM), "{\"rows\":[\n{\"who\":\"ana\"}\n],\n\"basis\":{\"zone\":\"UTC\"}}\n");
    assert_eq!((text(&jsonl::FORM).as_str(), text(&csv::FORM).as_str()), ("{\"who\":\"ana\"}\n", "who\nana\n"));
}
