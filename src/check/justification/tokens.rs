//! What a piece of text is: a ticket, a date, a word of a script with or without blanks.

/// Scripts that set no blanks between words, or set them rarely, fall into pieces of about a word's length.
pub(super) fn pieces(part: &str) -> Vec<String> {
    let letters: Vec<char> = part.chars().collect();
    let size = match letters.first() {
        Some(c) if is_dense(*c) => 2,
        Some(c) if !is_european(*c) && letters.len() > 8 => 5,
        _ => return vec![part.to_string()],
    };
    letters.chunks(size).map(|c| c.iter().collect()).collect()
}

/// Han, Kana, Hangul, Thai, Lao, Khmer, Myanmar: a character says about as much as two or three Latin letters.
pub(super) fn is_dense(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x3040..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// Latin, Greek and Cyrillic set blanks.
fn is_european(c: char) -> bool {
    u32::from(c) < 0x0530 || (0x1E00..=0x1FFF).contains(&u32::from(c))
}

/// `FIN-4821`, `INC0012345`, `#4711`, a link.
pub(super) fn is_ticket(token: &str) -> bool {
    if token.starts_with("http://") || token.starts_with("https://") {
        return true;
    }
    if let Some(number) = token.strip_prefix('#') {
        return number.len() >= 2 && number.bytes().all(|b| b.is_ascii_digit());
    }
    let digits = |s: &str, least: usize| s.len() >= least && s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
    if let Some((project, number)) = token.split_once('-') {
        let key = (2..=10).contains(&project.len())
            && project.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && project.starts_with(|c: char| c.is_ascii_uppercase());
        return key && digits(number, 1) && !NO_TICKETS.contains(&project);
    }
    let upper = token.to_ascii_uppercase();
    PREFIXES.iter().any(|p| upper.strip_prefix(p).is_some_and(|n| digits(n, 3)))
}

/// Names of things that look like a ticket's.
const NO_TICKETS: &[&str] = &["COVID", "ISO", "SHA", "UTF", "KW", "CW", "FY", "Q1", "Q2", "Q3", "Q4"];

/// How ticket systems begin their numbers.
const PREFIXES: &[&str] = &["INC", "CHG", "REQ", "RITM", "SCTASK", "TASK", "PRB", "CS", "SR", "TKT", "CR", "WO"];

/// `ticket 4711`, `case 123456`: a number after a word that announces one.
pub(super) fn is_numbered(before: Option<&&str>, token: &str) -> bool {
    let word = before.map(|b| b.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    let announced = word.is_some_and(|w| ["ticket", "case", "jira", "incident", "change", "halo", "snow", "vorgang"].contains(&w.as_str()));
    announced && token.len() >= 3 && token.bytes().all(|b| b.is_ascii_digit())
}

/// `2026-06-30`, `30.06.2026`, `30/6`, `2026`: numbers in the shape of a date.
pub(super) fn is_date(token: &str) -> bool {
    let parts: Vec<&str> = token.split(['-', '.', '/']).collect();
    let number = |p: &&str| !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
    if !parts.iter().all(number) {
        return false;
    }
    match parts.as_slice() {
        [year] => year.len() == 4 && ("2000".."2100").contains(year),
        [a, b] => a.len() <= 2 && b.len() <= 2 && (token.contains('/') || token.contains('.')),
        [a, _, c] => a.len() == 4 || c.len() == 4 || c.len() == 2,
        _ => false,
    }
}
