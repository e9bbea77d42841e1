//! Every picture: its words stay inside, names cannot attack it, and it is the same every time.

use super::canvas::{At, Mark};
use super::font;
use super::*;
use crate::report::sample::{MARKUP, Sample};

fn boxes(drawing: &Drawing) -> Vec<(String, [i32; 4])> {
    let place = |mark: &Mark| match mark {
        Mark::Words(text, (x, y), anchor, _) => {
            let long = font::width(text);
            let area = match anchor {
                At::Start => [*x, y - 7, x + long, y + 7],
                At::Middle => [x - long / 2, y - 7, x + long / 2, y + 7],
                At::End => [x - long, y - 7, *x, y + 7],
                At::Upwards => [x - 7, y - long, x + 7, *y],
            };
            Some((text.clone(), area))
        }
        _ => None,
    };
    drawing.marks.iter().filter_map(place).collect()
}

#[test]
fn no_word_is_cut_and_none_lies_on_another() {
    let sample = Sample::new();
    let charts = all(&sample.review());
    assert_eq!(charts.len(), 10);
    for chart in &charts {
        let drawing = chart
            .drawing
            .as_ref()
            .unwrap_or_else(|| panic!("{} has no picture: {}", chart.id, chart.finding));
        let boxes = boxes(drawing);
        assert!(boxes.len() > 3, "{}", chart.id);
        for (n, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
            let (width, height) = drawing.size;
            assert!(
                *left >= 0 && *top >= 0 && *right <= width && *bottom <= height,
                "{}: '{text}' leaves the picture",
                chart.id
            );
            for (other, [l, t, r, b]) in boxes.iter().skip(n + 1) {
                assert!(right < l || r < left || bottom <= t || b <= top, "{}: '{text}' lies on '{other}'", chart.id);
            }
        }
    }
}

#[test]
fn pictures_are_the_same_every_time_and_names_are_text() {
    let sample = Sample::new();
    let review = sample.review();
    let (charts, again) = (all(&review), all(&review));
    assert_eq!(charts, again);
    let mut named = false;
    for chart in &charts {
        let svg = chart.svg().expect("draws");
        assert_eq!(svg, chart.svg().expect("draws"));
        assert!(!svg.contains(MARKUP) && !svg.contains("<img") && !svg.contains('\u{202e}'), "{}", chart.id);
        named |= svg.contains("&lt;img src=x");
        assert!(!chart.finding.is_empty() && chart.finding.ends_with('.'), "{}: {}", chart.id, chart.finding);
        assert!(
            !chart.rows.is_empty() && chart.rows.iter().all(|r| r.len() == chart.heads.len()),
            "{}",
            chart.id
        );
    }
    assert!(named, "the hostile name is drawn as text");
    let bytes = png(&charts[0], "foot").expect("paints").expect("a picture");
    assert_eq!(bytes, png(&charts[0], "foot").expect("paints").expect("a picture"));
    assert!(
        bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"),
        "the sum of the last part is known"
    );
}

#[test]
fn one_pixel_of_a_picture_has_its_colour() {
    // The painted bytes, read back by hand: the first line is told by its difference to nothing, and the edge is white.
    use std::io::Read;
    let sample = Sample::new();
    let charts = all(&sample.review());
    let bytes = png(&charts[0], "foot").expect("paints").expect("a picture");
    let width = u32::from_be_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]);
    let length = u32::from_be_bytes([bytes[33], bytes[34], bytes[35], bytes[36]]) as usize;
    let mut raw = Vec::new();
    flate2::read::ZlibDecoder::new(&bytes[41..41 + length]).read_to_end(&mut raw).expect("zlib");
    assert_eq!(raw.len() % (width as usize * 3 + 1), 0);
    assert_eq!(&raw[..4], [2, 255, 255, 255]);
    let inks = raw.iter().skip(4).filter(|b| **b != 0).count();
    assert!(inks > 1_000, "something is painted");
}

#[test]
fn an_empty_review_says_why_there_is_no_picture() {
    let mut sample = Sample::new();
    (sample.findings, sample.snapshots) = (vec![], vec![]);
    sample.access = crate::ledger::AccessModel::default();
    let mut review = sample.review();
    review.trend.clear();
    review.checks.clear();
    for chart in all(&review) {
        assert!(chart.drawing.is_none() && chart.finding.ends_with('.'), "{}: {}", chart.id, chart.finding);
    }
}
