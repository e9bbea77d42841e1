//! Painting of a picture with plotters: as SVG for the page, and as PNG with its title for slides and papers.

use super::Chart;
use super::canvas::{At, Drawing, Ink, Mark};
use super::font::{self, WORDS};
use crate::model::shown::visible;
use crate::report::ReportError;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::io::Write;

/// plotters divides by this when it writes SVG, and our font multiplies by its height.
const SVG_SIZE: f64 = WORDS * 1.24 / 1.164;
/// Pixels of a PNG for each of the page.
const SHARP: i32 = 2;
/// Space around a PNG.
const EDGE: i32 = 20;
const TITLE: f64 = 17.0;
const LINE: i32 = 24;

/// The picture as SVG, labelled with its answer for those who do not see it.
pub fn svg(drawing: &Drawing, chart: &str, answer: &str) -> Result<String, ReportError> {
    let mut svg = String::new();
    {
        let extent = (u32::try_from(drawing.size.0).unwrap_or(1), u32::try_from(drawing.size.1).unwrap_or(1));
        let area = SVGBackend::with_string(&mut svg, extent).into_drawing_area();
        for mark in &drawing.marks {
            let drawn = match mark {
                Mark::Words(text, at, anchor, ink) => area.draw(&Text::new(text.clone(), *at, style(*anchor, *ink, SVG_SIZE, VPos::Center))),
                other => shape(&area, other, 1, (0, 0)),
            };
            drawn.map_err(failed(chart))?;
        }
        area.present().map_err(failed(chart))?;
    }
    let label = visible(answer)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    Ok(svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{label}\" "), 1))
}

/// The chart as PNG in light colours: its title says the finding, the foot says of what it is.
pub fn png(chart: &Chart, foot: &str) -> Result<Option<Vec<u8>>, ReportError> {
    let Some(drawing) = &chart.drawing else { return Ok(None) };
    let room = drawing.size.0;
    let title = font::lines(&visible(&chart.finding), room, TITLE, true);
    let caption = font::lines(&visible(&chart.caption), room, WORDS, false);
    let foot = font::lines(&visible(foot), room, WORDS - 1.0, false);
    let feet = i32::try_from(foot.len()).unwrap_or(1) * 17;
    let mut heads = Vec::new();
    let mut y = EDGE + 12;
    for (lines, bold) in [(title, true), (caption, false)] {
        for line in lines {
            heads.push((line, y, bold));
            y += if bold { LINE } else { LINE - 5 };
        }
        y += 4;
    }
    let (width, height) = ((room + 2 * EDGE) * SHARP, (y + drawing.size.1 + 14 + feet + EDGE) * SHARP);
    let extent = (u32::try_from(width).unwrap_or(1), u32::try_from(height).unwrap_or(1));
    let mut pixels = vec![255u8; extent.0 as usize * extent.1 as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, extent).into_drawing_area();
        let origin = (EDGE, y);
        for (line, at, bold) in &heads {
            let (size, ink) = if *bold { (TITLE, Ink::Text) } else { (WORDS, Ink::Soft) };
            words(&area, line, (EDGE, *at), At::Start, ink, size, *bold).map_err(failed(chart.id))?;
        }
        for mark in &drawing.marks {
            let drawn = match mark {
                Mark::Words(text, at, anchor, ink) => words(&area, text, (at.0 + origin.0, at.1 + origin.1), *anchor, *ink, WORDS, false),
                other => shape(&area, other, SHARP, origin),
            };
            drawn.map_err(failed(chart.id))?;
        }
        for (n, line) in (0..).zip(&foot) {
            let at = (EDGE, y + drawing.size.1 + 22 + n * 17);
            words(&area, line, at, At::Start, Ink::Soft, WORDS - 1.0, false).map_err(failed(chart.id))?;
        }
        area.present().map_err(failed(chart.id))?;
    }
    encode(&pixels, extent).map(Some).map_err(|e| ReportError::Chart {
        chart: chart.id.to_string(),
        message: e.to_string(),
    })
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn colour(ink: Ink) -> RGBColor {
    let (r, g, b) = ink.rgb();
    RGBColor(r, g, b)
}

fn style(anchor: At, ink: Ink, size: f64, v: VPos) -> TextStyle<'static> {
    let h = match anchor {
        At::Start | At::Upwards => HPos::Left,
        At::Middle => HPos::Center,
        At::End => HPos::Right,
    };
    let mut font = font::at(size, false);
    if anchor == At::Upwards {
        font = font.transform(FontTransform::Rotate270);
    }
    TextStyle {
        font,
        color: colour(ink).to_backend_color(),
        pos: Pos::new(h, v),
    }
}

/// Words of a PNG: the painter puts the base line at half the size below its point, so the middle has to be found here.
fn words<B: DrawingBackend>(area: &DrawingArea<B, Shift>, text: &str, (x, y): (i32, i32), anchor: At, ink: Ink, size: f64, bold: bool) -> Drawn<B> {
    let big = size * f64::from(SHARP);
    #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
    let lift = (big * 1.164 * 0.19) as i32;
    let (mut x, mut y) = (x * SHARP, y * SHARP);
    if anchor == At::Upwards {
        x -= lift
    } else {
        y -= lift
    }
    let mut style = style(anchor, ink, big, VPos::Top);
    if bold {
        style.font = font::at(big, true);
    }
    area.draw(&Text::new(text.to_string(), (x, y), style))
}

fn shape<B: DrawingBackend>(area: &DrawingArea<B, Shift>, mark: &Mark, scale: i32, origin: (i32, i32)) -> Drawn<B> {
    let place = |(x, y): (i32, i32)| ((x + origin.0) * scale, (y + origin.1) * scale);
    match mark {
        Mark::Rect((x, y), (w, h), ink) => area.draw(&Rectangle::new([place((*x, *y)), place((x + w, y + h))], colour(*ink).filled())),
        Mark::Path(points, thick, ink) => {
            let thick = thick * u32::try_from(scale).unwrap_or(1);
            area.draw(&PathElement::new(
                points.iter().copied().map(place).collect::<Vec<_>>(),
                colour(*ink).stroke_width(thick),
            ))
        }
        Mark::Dot(middle, radius, ink) => area.draw(&Circle::new(place(*middle), radius * scale, colour(*ink).filled())),
        Mark::Words(..) => Ok(()),
    }
}

fn failed<E: std::error::Error + Send + Sync>(chart: &str) -> impl FnOnce(DrawingAreaErrorKind<E>) -> ReportError {
    let chart = chart.to_string();
    move |e| ReportError::Chart { chart, message: e.to_string() }
}

/// PNG (RFC 2083), eight bits a colour, each line told by its difference to the one above: no time, no remark, the same bytes every time.
fn encode(pixels: &[u8], (width, height): (u32, u32)) -> std::io::Result<Vec<u8>> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::with_capacity(13);
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &head);
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    let stride = width as usize * 3;
    let mut above = vec![0u8; stride];
    for line in pixels.chunks_exact(stride) {
        packed.write_all(&[2])?;
        let differences: Vec<u8> = line.iter().zip(&above).map(|(a, b)| a.wrapping_sub(*b)).collect();
        packed.write_all(&differences)?;
        above.copy_from_slice(line);
    }
    chunk(&mut out, b"IDAT", &packed.finish()?);
    chunk(&mut out, b"IEND", &[]);
    Ok(out)
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(body);
    out.extend(kind);
    out.extend(body);
    out.extend(sum.sum().to_be_bytes());
}
