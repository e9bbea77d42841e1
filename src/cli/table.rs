//! Tables: for people on a terminal, as wide as it is and without a word cut in two; tab-separated where a program reads.

use crate::model::shown;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use unicode_width::UnicodeWidthStr;

/// Columns of a terminal that does not say how wide it is.
const WIDTH: usize = 80;
/// Blanks between two columns.
const GAP: usize = 2;
/// Where room is short, a word longer than this may be divided after a dot, hyphen, underscore or colon too.
const LONG: usize = 20;

/// A table as stdout wants it, a line break in a cell written out: laid out on a terminal, else values between tabs, without padding.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| shown::line(cell)).collect()).collect();
    if io::stdout().is_terminal() {
        let width = terminal_size::terminal_size().map_or(WIDTH, |(w, _)| usize::from(w.0));
        laid_out(header, &rows, width)
    } else {
        separated(header, &rows)
    }
}

/// A line for each row and a tab between values.
fn separated(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = header.join("\t") + "\n";
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('\n', " ")).collect();
        out.push_str(&cells.join("\t"));
        out.push('\n');
    }
    out
}

/// Columns beside each other where they fit; else a block for each row.
fn laid_out(header: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let cells = |at: usize| std::iter::once(header[at]).chain(rows.iter().map(move |row| row.get(at).map_or("", String::as_str)));
    let natural: Vec<usize> = (0..header.len())
        .map(|at| cells(at).flat_map(str::lines).map(UnicodeWidthStr::width).max().unwrap_or(0))
        .collect();
    let least = |fine: usize| -> Vec<usize> {
        (0..header.len())
            .map(|at| cells(at).flat_map(|text| pieces(text, fine)).map(|p| p.trim_end().width()).max().unwrap_or(0))
            .collect()
    };
    let room = width.saturating_sub(GAP * header.len().saturating_sub(1));
    let fits = |least: &Vec<usize>| least.iter().sum::<usize>() <= room;
    // Whole words where there is room for them, their parts where there is not.
    let Some(least) = [least(usize::MAX), least(LONG)].into_iter().find(fits) else {
        return blocks(header, rows, width);
    };
    let mut widths = natural;
    while widths.iter().sum::<usize>() > room {
        let widest = (0..widths.len()).filter(|at| widths[*at] > least[*at]).max_by_key(|at| widths[*at]);
        let Some(at) = widest else { break };
        widths[at] -= 1;
    }
    let mut out = String::new();
    line(&mut out, &header.iter().map(ToString::to_string).collect::<Vec<_>>(), &widths);
    line(&mut out, &widths.iter().map(|w| "─".repeat(*w)).collect::<Vec<_>>(), &widths);
    for row in rows {
        line(&mut out, row, &widths);
    }
    out
}

/// One row, in as many lines as its longest cell needs.
fn line(out: &mut String, row: &[String], widths: &[usize]) {
    let cells: Vec<Vec<String>> = widths
        .iter()
        .enumerate()
        .map(|(at, w)| wrapped(row.get(at).map_or("", String::as_str), *w))
        .collect();
    for n in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(n).map_or("", String::as_str);
            text.push_str(part);
            text.push_str(&" ".repeat(width.saturating_sub(part.width()) + GAP));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

/// A block for each row, a line or more for each of its values.
fn blocks(header: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let label = header.iter().map(|h| h.width()).max().unwrap_or(0);
    let room = width.saturating_sub(label + GAP).max(LONG);
    let mut out = String::new();
    for row in rows {
        for (name, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            for (n, part) in wrapped(cell, room).iter().enumerate() {
                let _ = writeln!(out, "{:label$}  {part}", if n == 0 { *name } else { "" });
            }
        }
        out.push('\n');
    }
    out
}

/// Text in lines of at most so many columns, broken between pieces only; a longer piece stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for piece in pieces(paragraph, width) {
            if !line.is_empty() && line.width() + piece.trim_end().width() > width {
                lines.push(line.trim_end().to_string());
                line.clear();
            }
            line.push_str(piece);
        }
        lines.push(line.trim_end().to_string());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Where a line may end: after blanks, `/`, `@`, `;`, `|`, and in words longer than `fine` after `.`, `-`, `_` and `:` too.
fn pieces(text: &str, fine: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    for word in text.split_inclusive([' ', '\n', '/', '@', ';', '|']) {
        if word.trim_end().width() <= fine {
            pieces.push(word);
        } else {
            pieces.extend(word.split_inclusive(['.', '-', '_', ':']));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_name_is_cut_inside_a_word() {
        let rows = rows(&[
            &[
                "mehmet.aydin@meridell-care.example",
                "Staff Library",
                "2026-04-08 21:08Z exact",
                "open",
                "user_request",
                "certain",
            ],
            &[
                "liv.hauge@meridell-care.example",
                "Partner Research Exchange",
                "2026-01-22 10:17Z exact",
                "open",
                "on_behalf",
                "certain",
            ],
        ]);
        let text = laid_out(&["holder", "entitlement", "from (UTC)", "until (UTC)", "granted by", "in window"], &rows, 80);
        assert!(text.lines().all(|l| l.width() <= 80), "{text}");
        for word in ["mehmet.aydin@", "meridell-care.example", "Research", "Exchange", "2026-04-08"] {
            assert!(text.contains(word), "{word} is cut in\n{text}");
        }
        assert!(text.lines().all(|l| l == l.trim_end()), "blanks at the end of a line");
        let narrow = laid_out(&["holder", "entitlement", "from (UTC)", "until (UTC)", "granted by", "in window"], &rows, 70);
        assert!(narrow.lines().all(|l| l.width() <= 70), "{narrow}");
        for part in ["mehmet.aydin@", "meridell-", "care.example"] {
            assert!(narrow.contains(part), "{part} is cut in\n{narrow}");
        }
    }

    #[test]
    fn what_cannot_stand_side_by_side_stands_in_blocks() {
        let hash = "331d9e538ff276853e43e53c978af4c9799204c8f2b5b55c9aaa607525d6cc79";
        let text = laid_out(&["file", "sha256"], &rows(&[&["findings.csv", hash], &["", hash]]), 60);
        assert_eq!(text, format!("file    findings.csv\nsha256  {hash}\n\nsha256  {hash}\n\n"));
    }

    #[test]
    fn a_program_reads_values_between_tabs() {
        let text = separated(&["a", "b"], &rows(&[&["one two", "3"], &["", "x\ny"]]));
        assert_eq!(text, "a\tb\none two\t3\n\tx y\n");
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let text = laid_out(&["name", "n"], &rows(&[&["山田太郎", "1"], &["ana", "2"]]), 80);
        assert_eq!(text, "name      n\n────────  ─\n山田太郎  1\nana       2\n");
    }
}
