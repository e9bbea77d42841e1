//! The report as a whole: safe to open, the same bytes for the same review, and honest when there is nothing to say.

use super::sample::{FORMULA, MARKUP, Sample, holding};
use super::*;
use std::fs;

fn page(review: &Review) -> String {
    page::render(review, &charts::all(review), &[("findings.csv".into(), "0".repeat(64))]).expect("renders")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start)
        .and_then(|(_, rest)| rest.split_once(end))
        .map(|(inside, _)| inside)
        .expect("both marks")
}

#[test]
fn hostile_text_is_text() {
    let sample = Sample::new();
    let html = page(&sample.review());
    assert!(!html.contains(MARKUP) && !html.contains("<img"), "markup came through");
    assert!(html.contains("img src=x onerror=alert(1)"), "the name is shown");
    assert!(!html.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\r']));
    assert!(html.contains("‹U+202E›"));
    assert!(!html.contains("secret-"), "a reason was shown");
    assert!(html.contains(" characters, SHA-256 "), "masked reasons are shown");
}

#[test]
fn nothing_but_the_hashed_script_and_style_can_run() {
    let html = page(&Sample::new().review());
    let policy = between(&html, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert_eq!((html.matches("<script").count(), html.matches("<style").count()), (1, 1));
    let markup = html
        .replace(between(&html, "<script>", "</script>"), "")
        .replace(between(&html, "<style>", "</style>"), "");
    assert!(!markup.contains("style="), "a style attribute");
    for handler in ["onclick", "onload", "javascript:", "src=\""] {
        assert!(!markup.contains(handler), "{handler}");
    }
    for url in markup.split("http").skip(1).filter(|rest| rest.starts_with("://") || rest.starts_with("s://")) {
        assert!(
            url.starts_with("://www.w3.org/2000/svg\""),
            "the page reaches out: {}",
            url.get(..40).unwrap_or(url)
        );
    }
    assert_eq!(csp_of(&html), policy);
}

fn csp_of(html: &str) -> String {
    page::policy_of(between(html, "<script>", "</script>"), between(html, "<style>", "</style>"))
}

#[test]
fn key_figures_arrive_without_a_script() {
    let html = page(&Sample::new().review());
    for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(html.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
    }
}

#[test]
fn an_empty_lake_is_told_as_such() {
    let mut sample = Sample::new();
    (sample.findings, sample.sources, sample.snapshots) = (vec![], vec![], vec![]);
    sample.access = crate::ledger::AccessModel::default();
    let mut review = sample.review();
    (review.checks, review.rejects, review.thresholds, review.trend) = (vec![], vec![], vec![], vec![]);
    let html = page(&review);
    assert!(html.contains("the evidence store contains no source"));
    assert!(!html.contains("<svg"), "a chart of nothing");
    assert!(html.contains("No log and no snapshot was collected"));
}

#[test]
fn too_many_holdings_leave_those_that_findings_name() {
    let mut sample = Sample::new();
    sample.access.holdings = (0..2_500).map(holding).collect();
    sample.findings.truncate(1);
    let html = page(&sample.review());
    let rows = html.matches("data-row=\"held\"").count();
    assert!(rows > 0 && rows < 100, "{rows} rows");
    assert!(html.contains("There are 2,500 holdings, too many for a page"));
}

#[test]
fn files_are_private_whole_and_the_same_every_time() {
    let sample = Sample::new();
    let temp = tempfile::tempdir().expect("a folder");
    let out = temp.path().join("out");
    let first = write(&sample.review(), &out).expect("writes");
    let bytes: Vec<Vec<u8>> = first.files.iter().map(|f| fs::read(f).expect("there")).collect();
    let second = write(&sample.review(), &out).expect("writes over");
    assert_eq!(first, second);
    for (path, before) in second.files.iter().zip(&bytes) {
        assert_eq!(&fs::read(path).expect("there"), before, "{}", path.display());
    }
    assert_eq!(
        fs::read_dir(&out).expect("a folder").count(),
        7,
        "two tables in two forms, a workbook, a page and the pictures: no temporary file is left"
    );
    assert!(String::from_utf8_lossy(&bytes[0]).contains(&format!("'{FORMULA}")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |p: &std::path::Path| fs::metadata(p).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&out), 0o700);
        assert!(first.files.iter().all(|f| mode(f) == 0o600));
    }
}

#[test]
fn a_holding_is_before_inside_or_possibly_inside_a_period() {
    use crate::model::{Certainty, Presence, Window};
    let as_of = sample::as_of();
    let period = Window {
        from: sample::days_ago(90),
        until: as_of,
    };
    let mut h = holding(1);
    assert_eq!(h.presence(period), Presence::Certain);
    h.held_until = Some(sample::days_ago(100));
    h.until_certainty = Certainty::Exact;
    assert_eq!(h.presence(period), Presence::Never);
    h.until_certainty = Certainty::Unknown;
    h.held_until = None;
    h.proved[0].until = sample::days_ago(100);
    assert_eq!(h.presence(period), Presence::Possible);
}

#[test]
fn a_conclusion_never_stands_beside_a_known_gap_in_silence() {
    let mut sample = Sample::new();
    sample.findings.clear();
    let period = sample.review().period;
    for covered in sample.access.coverage.values_mut() {
        (covered.any, covered.attested, covered.gaps) = (vec![period], vec![period], Vec::new());
    }
    sample.snapshots.retain(|s| s.complete != "no");
    let excluded = sample.review().excluded();
    let sources: Vec<_> = sample
        .sources
        .iter_mut()
        .map(|s| (std::mem::take(&mut s.rejected), std::mem::take(&mut s.unmapped)))
        .collect();
    let without_rejects = |sample: &Sample| {
        let mut review = sample.review();
        review.rejects.clear();
        page(&review)
    };
    let whole = without_rejects(&sample);
    assert!(
        whole.contains("Data quality: no known gaps") && whole.contains("No gap in the data is known."),
        "nothing is missing"
    );
    let forbidden = (None, "error response: Forbidden".to_string());
    sample.access.collection_gaps.insert("named_locations".into(), vec![forbidden]);
    let html = without_rejects(&sample);
    assert!(html.contains("No check has a finding among ") && html.contains(" current holdings. The data has known gaps: named_locations."));
    assert!(
        html.contains("named_locations (error response: Forbidden)."),
        "the reason stands beside the conclusion"
    );
    assert!(!html.contains("No gap in the data is known"));
    sample.access.collection_gaps.clear();
    for (source, (rejected, unmapped)) in sample.sources.iter_mut().zip(sources) {
        (source.rejected, source.unmapped) = (rejected, unmapped);
    }
    let html = page(&sample.review());
    let told = format!("{excluded} records were excluded, each with its reason in the evidence store.");
    assert!(
        html.contains("Data quality: known gaps: ") && excluded == 15 && html.contains(&told),
        "what was read and not taken is missing, too"
    );
    for source in &mut sample.sources {
        (source.rejected, source.unmapped) = (0, 0);
    }
    sample.access.coverage.clear();
    let html = without_rejects(&sample);
    assert!(
        html.contains("No log was collected, so no event can be ruled out.") && !html.contains("No gap in the data is known"),
        "without a log nothing is whole"
    );
}

/// The first page, the limitations, and the table of a bundle are of one list.
#[test]
fn every_open_point_stands_on_the_first_page_and_in_the_limitations() {
    let sample = Sample::new();
    let review = sample.review();
    let html = page(&review);
    let points = open_points::open_points(&review);
    let codes: Vec<&str> = points.iter().map(|p| p.code).collect();
    for code in [
        "logs-not-whole",
        "snapshots-not-whole",
        "records-not-taken",
        "asserted-coverage",
        "inferred-coverage",
    ] {
        assert!(codes.contains(&code), "{code} is in {codes:?}");
    }
    let (first, rest) = html.split_once("id=\"charts\"").expect("charts");
    let limits = rest.split_once("<section id=\"limits\">").expect("limits").1;
    for point in &points {
        let text = &point.text;
        assert!(first.contains(text.as_str()), "{} is on the first page: {text}", point.code);
        assert!(limits.contains(text.as_str()), "{} is in the limitations: {text}", point.code);
    }
}

#[test]
fn the_title_says_for_whom_by_whom_when_and_who_may_read_it() {
    let sample = Sample::new();
    let mut review = sample.review();
    assert!(
        page(&review).contains(Cover::CLASSIFICATION),
        "a report about people is confidential unless somebody says otherwise"
    );
    assert!(
        page(&review).contains("@bottom-center { content: \"Confidential: contains personal data\";"),
        "on every printed page"
    );
    review.cover.classification = "\"; } </style><script>alert(1)</script>".into();
    let html = page(&review);
    assert_eq!(
        (html.matches("<script").count(), html.matches("<style").count()),
        (1, 1),
        "a classification is text"
    );
    assert!(
        html.contains("content: \"\\22 \\3b  \\7d  \\3c \\2f style"),
        "{}",
        between(&html, "@bottom-center {", "font")
    );
    review.cover = Cover {
        client: "Meridell <Care>".into(),
        prepared_by: "Ana Ruiz".into(),
        date: "2026-07-02".into(),
        classification: "Restricted".into(),
    };
    let html = page(&review);
    for (label, value) in [
        ("Client", "Meridell &#60;Care&#62;"),
        ("Prepared by", "Ana Ruiz"),
        ("Date", "2026-07-02"),
        ("Classification", "Restricted"),
    ] {
        assert!(html.contains(&format!("<dt>{label}</dt><dd>{value}</dd>")), "{label}");
    }
    assert!(html.contains("30 June 2026, start of day (UTC)"), "the instant in words");
    assert!(html.contains("datetime=\"2026-06-30T00:00:00Z\""), "and exact for machines");
}
