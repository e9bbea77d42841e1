//! Reads a tenant that was written by hand: blocks of lines, cells divided by `|`. `tests/tenants/README.md` has the grammar.

use super::ask::Question;
use super::cast::{Cast, Kind, Object};
use super::{audit, look};

/// A line of the file, without its indentation and comment.
#[derive(Debug, Clone)]
pub struct Line {
    pub number: usize,
    pub indent: usize,
    pub text: String,
}

impl Line {
    /// The cells of the line.
    pub fn cells(&self) -> Vec<String> {
        cells(&self.text)
    }

    /// An error that says where it is.
    pub fn at<T>(&self, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|e| format!("line {}: {e}", self.number))
    }
}

/// Splits at `|`, but not within a patch of JSON at the end.
pub fn cells(text: &str) -> Vec<String> {
    let (plain, patch) = match text.find("| {") {
        Some(at) => (&text[..at], Some(text[at + 1..].trim().to_string())),
        None => (text, None),
    };
    plain.split('|').map(|c| c.trim().to_string()).chain(patch).collect()
}

/// A head with the lines that are indented below it.
#[derive(Debug, Clone)]
pub struct Block {
    pub head: Line,
    pub body: Vec<Line>,
}

/// A file that is ingested; `later` files come in a second ingest.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub content: Vec<u8>,
    pub later: bool,
}

/// A tenant as its file tells it.
#[derive(Debug)]
pub struct Tenant {
    pub name: String,
    pub story: String,
    pub rule: String,
    pub files: Vec<File>,
    pub flags: Vec<String>,
    /// None where it does not matter whether a record is rejected or kept without what it lacks.
    pub not_taken: Option<usize>,
    pub questions: Vec<Question>,
    pub cast: Cast,
}

/// Lines into blocks: a line without indentation begins one.
fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    for (i, raw) in text.lines().enumerate() {
        let line = Line {
            number: i + 1,
            indent: raw.len() - raw.trim_start().len(),
            text: raw.split("  # ").next().unwrap_or_default().trim().to_string(),
        };
        if line.text.is_empty() || line.text.starts_with('#') {
            continue;
        }
        match blocks.last_mut() {
            Some(block) if line.indent > 0 => block.body.push(line),
            _ if line.indent == 0 => blocks.push(Block { head: line, body: Vec::new() }),
            _ => return Err(format!("line {}: indented, but nothing stands above it", i + 1)),
        }
    }
    Ok(blocks)
}

/// Below a block, the lines of the least indentation are heads again.
pub fn inner(body: &[Line]) -> Vec<Block> {
    let least = body.iter().map(|l| l.indent).min().unwrap_or(0);
    let mut blocks: Vec<Block> = Vec::new();
    for line in body {
        match blocks.last_mut() {
            Some(block) if line.indent > least => block.body.push(line.clone()),
            _ => blocks.push(Block {
                head: line.clone(),
                body: Vec::new(),
            }),
        }
    }
    blocks
}

fn prose(block: &Block, first: &str) -> String {
    let lines = std::iter::once(first).chain(block.body.iter().map(|l| l.text.as_str()));
    lines.collect::<Vec<_>>().join(" ").trim().to_string()
}

/// Words that may stand in quotes; the name of an object in `<…>` is part of its word.
pub fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut named) = (false, false);
    for c in text.chars() {
        named = c == '<' || (named && c != '>');
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted && !named => words.push(String::new()),
            _ => words.last_mut().expect("at least one").push(c),
        }
    }
    if quoted {
        return Err(format!("a quote is not closed in {text}"));
    }
    words.retain(|w| !w.is_empty());
    Ok(words)
}

/// The whole file.
pub fn read(name: &str, text: &str) -> Result<Tenant, String> {
    let blocks = blocks(text)?;
    let mut cast = Cast::new();
    for block in &blocks {
        let (word, rest) = block.head.text.split_once(' ').unwrap_or((&block.head.text, ""));
        if let Some(kind) = Kind::word(word) {
            let mut cells = cells(rest);
            let name = cells.remove(0);
            cast.add(Object::new(kind, &name, cells));
        }
    }
    let mut tenant = Tenant {
        name: name.to_string(),
        story: String::new(),
        rule: String::new(),
        files: Vec::new(),
        flags: Vec::new(),
        not_taken: Some(0),
        questions: Vec::new(),
        cast: cast.clone(),
    };
    let mut coverage = vec![format!("tenant = \"{}\"", super::cast::TENANT)];
    let mut later = false;
    for block in &blocks {
        let (word, rest) = block.head.text.split_once(' ').unwrap_or((&block.head.text, ""));
        match word {
            "story" => tenant.story = prose(block, rest),
            "rule" => tenant.rule = prose(block, rest),
            "ingest" => tenant.flags = block.head.at(words(rest))?,
            "coverage" => coverage.extend(block.body.iter().map(|l| l.text.clone())),
            "later" => later = true,
            "not-taken" if rest == "any" => tenant.not_taken = None,
            "not-taken" => tenant.not_taken = Some(block.head.at(rest.parse().map_err(|_| "how many?".to_string()))?),
            "audit" => {
                let log = audit::render(&cast, block, tenant.files.len())?;
                coverage.extend(log.coverage);
                tenant.files.extend(log.file.map(|file| File { later, ..file }));
            }
            "look" => tenant.files.extend(look::render(&cast, block, later)?),
            "raw" => tenant.files.push(File {
                path: rest.trim().to_string(),
                content: block
                    .head
                    .at(cast.fill(&block.body.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n")))?
                    .into_bytes(),
                later,
            }),
            "ask" => tenant.questions.push(Question::read(&cast, block, rest)?),
            _ if Kind::word(word).is_some() => {}
            _ => return Err(format!("line {}: '{word}' begins no block", block.head.number)),
        }
    }
    if tenant.story.is_empty() || tenant.rule.is_empty() || tenant.questions.is_empty() {
        return Err("a tenant has a story, a rule and at least one question".to_string());
    }
    tenant.files.push(File {
        path: "coverage.toml".to_string(),
        content: coverage.join("\n").into_bytes(),
        later: false,
    });
    Ok(tenant)
}
