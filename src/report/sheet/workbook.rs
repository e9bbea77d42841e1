//! `review.xlsx`: drop-downs for decisions, identity locked, names as text and never as formulas.

use crate::campaign::Sheet;
use crate::campaign::language::Language;
use crate::campaign::notification::when;
use crate::campaign::sheet::{ANSWER_COLUMNS, DECISIONS};
use crate::model::Instant;
use crate::model::time::SECOND;
use crate::report::ReportError;
use rust_xlsxwriter::{
    Color, ConditionalFormatFormula, DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime, Format, FormatAlign,
    FormatBorder, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

/// The sheet that comes back.
pub const REVIEW: &str = "Review";
/// Excel's limit for the text of a cell, in UTF-16 units.
const CELL_LIMIT: usize = 32_767;
/// The longest justification that the drop-downs of the page and the workbook allow, in characters.
const JUSTIFICATION_LIMIT: u32 = 2_000;

/// Columns in the order in which a person reads them, with their width in characters; the rest follows as in the CSV.
const FIRST: [(&str, f64); 20] = [
    ("principal_name", 26.0),
    ("entitlement_name", 26.0),
    ("decision", 12.0),
    ("justification", 34.0),
    ("until", 12.0),
    ("risk", 9.0),
    ("recommendation", 15.0),
    ("recommendation_reason", 34.0),
    ("findings", 40.0),
    ("last_use", 22.0),
    ("since", 18.0),
    ("current_end", 18.0),
    ("justification_given", 30.0),
    ("peers", 30.0),
    ("removal", 30.0),
    ("sensitive", 20.0),
    ("path", 28.0),
    ("granted_by", 26.0),
    ("previous_decision", 20.0),
    ("batch", 7.0),
];
/// Items that are held in memory while their workbook is written; more go to a file that has no name.
const IN_MEMORY: usize = 5_000;
/// Columns that are printed: what a person reads; ids stay on the screen.
const PRINTED: u16 = 12;
/// Width of columns that nobody reads.
const IDS: f64 = 12.0;

/// The workbook of a sheet.
pub fn render(sheet: &Sheet) -> Result<Vec<u8>, ReportError> {
    build(sheet).map_err(ReportError::encode("review.xlsx"))
}

fn build(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let opened = ExcelDateTime::from_timestamp(sheet.head.opened_at.0.div_euclid(SECOND))?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(format!("{}: {}", sheet.head.name, sheet.reviewer.key))
            .set_creation_datetime(&opened),
    );
    let page = if sheet.items.len() > IN_MEMORY {
        workbook.add_worksheet_with_constant_memory()?
    } else {
        workbook.add_worksheet()
    };
    review(sheet, page)?;
    about(sheet, workbook.add_worksheet())?;
    workbook.save_to_buffer()
}

/// The columns of the workbook, each with its place in [`Sheet::cells`] and its width.
fn columns() -> Vec<(&'static str, usize, f64)> {
    let all = Sheet::columns();
    let place = |name: &str| all.iter().position(|c| *c == name);
    let mut columns: Vec<(&str, usize, f64)> = FIRST.iter().filter_map(|(name, width)| place(name).map(|p| (*name, p, *width))).collect();
    for (p, name) in all.iter().enumerate() {
        if !columns.iter().any(|(_, taken, _)| *taken == p) {
            columns.push((name, p, IDS));
        }
    }
    columns
}

fn review(sheet: &Sheet, page: &mut Worksheet) -> Result<(), XlsxError> {
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
    let faint = text.clone().set_font_color(Color::RGB(0x5a_66_75)).set_font_size(9.0);
    let open = text
        .clone()
        .set_unlocked()
        .set_background_color(Color::RGB(0xff_fb_ea))
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0xdc_e1_e7));
    let date = open.clone().set_num_format("yyyy-mm-dd");
    let head = Format::new()
        .set_bold()
        .set_font_color(Color::RGB(0xf4_f1_ea))
        .set_background_color(Color::RGB(0x14_32_3a))
        .set_align(FormatAlign::VerticalCenter);
    let columns = columns();
    let last = u32::try_from(sheet.items.len()).unwrap_or(u32::MAX);
    page.set_name(REVIEW)?;
    page.set_row_height(0, 22)?;
    for (c, (name, _, width)) in (0u16..).zip(&columns) {
        page.write_string_with_format(0, c, *name, &head)?;
        page.set_column_width(c, *width)?;
    }
    for (r, item) in (1u32..).zip(&sheet.items) {
        let cells = sheet.cells(item);
        for (c, (name, place, width)) in (0u16..).zip(&columns) {
            let format = match *name {
                "until" => &date,
                name if ANSWER_COLUMNS.contains(&name) => &open,
                name if *width <= IDS && !matches!(name, "risk" | "batch") => &faint,
                _ => &text,
            };
            let cell = cells.get(*place).map(String::as_str).unwrap_or_default();
            match (*name, item.decision.as_ref().and_then(|d| d.until)) {
                ("until", Some(at)) => page.write_datetime_with_format(r, c, day(at)?, format)?,
                _ if cell.is_empty() => page.write_blank(r, c, format)?,
                _ => page.write_string_with_format(r, c, cut(cell), format)?,
            };
        }
    }
    if last > 0 {
        answers(sheet, page, &columns, last)?;
    }
    let width = u16::try_from(columns.len() - 1).unwrap_or(u16::MAX);
    page.autofilter(0, 0, last, width)?;
    page.set_freeze_panes(1, 2)?;
    page.set_print_area(0, 0, last, PRINTED - 1)?;
    page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    if last > 0 {
        page.set_selection(1, 2, 1, 2)?;
    }
    page.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    });
    Ok(())
}

/// What the cells to fill in accept, and how they show that something is missing.
fn answers(sheet: &Sheet, page: &mut Worksheet, columns: &[(&'static str, usize, f64)], last: u32) -> Result<(), XlsxError> {
    let at = |name: &str| columns.iter().position(|(c, _, _)| *c == name).and_then(|c| u16::try_from(c).ok());
    let words: Vec<&str> = DECISIONS.iter().map(|c| c.as_str()).collect();
    if let Some(c) = at("decision") {
        let list = DataValidation::new()
            .allow_list_strings(&words)?
            .set_input_title("Decision")?
            .set_input_message("keep, revoke, modify or exception")?
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title("Not a decision")?
            .set_error_message("Choose keep, revoke, modify or exception.")?;
        page.add_data_validation(1, c, last, c, &list)?;
        let missing = Format::new().set_background_color(Color::RGB(0xfa_ed_d9));
        let empty = ConditionalFormatFormula::new().set_rule("=LEN(TRIM(C2))=0").set_format(missing);
        page.add_conditional_format(1, c, last, c, &empty)?;
    }
    if let Some(c) = at("justification") {
        let length = DataValidation::new()
            .allow_text_length(DataValidationRule::LessThanOrEqualTo(JUSTIFICATION_LIMIT))
            .set_input_title("Justification")?
            .set_input_message(short(&sheet.head.justification_asked, 250))?
            .set_error_message("At most 2000 characters.")?;
        page.add_data_validation(1, c, last, c, &length)?;
    }
    if let Some(c) = at("until") {
        let first = day(sheet.head.opened_at)?;
        let after = DataValidation::new()
            .allow_date(DataValidationRule::GreaterThan(&first))
            .set_input_title("Until")?
            .set_input_message("The new end of a change, or the end of an exception: a date, as 2026-12-31.")?
            .set_error_message("A date after the opening of the review.")?;
        page.add_data_validation(1, c, last, c, &after)?;
    }
    if let Some(c) = at("risk") {
        let red = Format::new().set_font_color(Color::RGB(0x8a_1f_15)).set_bold();
        let high = ConditionalFormatFormula::new().set_rule("=F2=\"high\"").set_format(red);
        page.add_conditional_format(1, c, last, c, &high)?;
    }
    Ok(())
}

/// Where the sheet belongs and how it is filled in.
fn about(sheet: &Sheet, page: &mut Worksheet) -> Result<(), XlsxError> {
    let head = &sheet.head;
    let lines = [
        ("Campaign", head.name.clone()),
        ("Campaign id", head.campaign.to_string()),
        ("Reviewer", format!("{} ({})", sheet.reviewer.name, sheet.reviewer.key)),
        ("Stage", sheet.stage.to_string()),
        ("Due by", when(head.due_at, &head.zone, Language::En)),
        ("Access as of", head.as_of.to_string()),
        ("Items here", sheet.items.len().to_string()),
        ("Items in the campaign", head.population.to_string()),
        ("Hash of the population", head.population_sha256.clone()),
        ("Hash of this sheet", sheet.hash.clone()),
        ("Evidence version", head.commit.clone()),
        ("Tenant", head.tenant.clone()),
        (
            "How",
            "Fill in decision (keep, revoke, modify, exception), justification and until on the sheet Review; leave the other columns; send the file back."
                .into(),
        ),
        ("Justification", head.justification_asked.clone()),
        ("If you do not respond", head.silence.clone()),
    ];
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    page.set_name("About")?;
    page.set_column_width(0, 24)?;
    page.set_column_width(1, 90)?;
    for (r, (name, value)) in (0u32..).zip(&lines) {
        page.write_string_with_format(r, 0, *name, &bold)?;
        page.write_string_with_format(r, 1, cut(value), &text)?;
    }
    page.protect();
    Ok(())
}

fn day(at: Instant) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::parse_from_str(&at.day())
}

/// Text that fits a cell; identity never comes near the limit.
fn cut(text: &str) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > CELL_LIMIT {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

fn short(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Item;

    #[test]
    fn every_column_is_there_once_and_those_to_fill_in_are_where_their_rules_look() {
        let names: Vec<&str> = columns().iter().map(|c| c.0).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
        assert_eq!(names.len(), Sheet::columns().len());
        assert_eq!((names[2], names[5]), ("decision", "risk"), "the rules of colour name C2 and F2");
        assert!(Item::IDENTITY.iter().all(|c| names.contains(c)));
    }

    #[test]
    fn long_text_is_cut_between_letters() {
        let long = "😀".repeat(20_000);
        assert_eq!(cut(&long).chars().count(), 16_383);
        assert_eq!(cut("short"), "short");
    }
}
