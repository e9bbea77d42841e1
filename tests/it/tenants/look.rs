//! Collections as Microsoft Graph gives them at an instant: pages with a context, a count, and objects in their shapes.

use super::audit::merge;
use super::cast::{Cast, Kind, Object, instant, word_of};
use super::notation::{Block, File, inner};
use super::shape;
use serde_json::{Value, json};

/// One row of a collection: its cells, and the patch of JSON that ends it.
pub struct Row {
    pub cells: Vec<String>,
    patch: Option<Value>,
}

impl Row {
    fn read(cast: &Cast, mut cells: Vec<String>) -> Result<Self, String> {
        let patch = match cells.last() {
            Some(last) if last.starts_with('{') => {
                let text = cast.fill(last)?;
                cells.pop();
                Some(serde_json::from_str(&text).map_err(|e| format!("{text}: {e}"))?)
            }
            _ => None,
        };
        Ok(Self { cells, patch })
    }

    pub fn cell(&self, index: usize, what: &str) -> Result<&str, String> {
        self.cells.get(index).map(String::as_str).ok_or_else(|| format!("the row lacks {what}"))
    }

    /// The instant after a word: `from 2026-02-01`.
    pub fn time(&self, word: &str) -> Result<Value, String> {
        match word_of(&self.cells, word) {
            Some("-") | None => Ok(Value::Null),
            Some(text) => Ok(json!(instant(text)?)),
        }
    }

    pub fn word(&self, word: &str) -> Option<&str> {
        word_of(&self.cells, word)
    }
}

/// How the page of a collection is written.
#[derive(Default)]
pub struct Page {
    count: Option<usize>,
    uncounted: bool,
    next: bool,
    file: Option<String>,
    /// Navigation members that the export did not ask for.
    pub unexpanded: Vec<String>,
    pub beta: bool,
    bare: bool,
    anonymous: bool,
    torn: bool,
}

/// `look 2026-06-30 12:00 and 2026-01-01`: the same collections at each instant.
pub fn render(cast: &Cast, block: &Block, later: bool) -> Result<Vec<File>, String> {
    let text = block.head.text.trim_start_matches("look").trim();
    let mut files = Vec::new();
    for time in text.split(" and ") {
        let folder = block.head.at(folder(time.trim()))?;
        for collection in inner(&block.body) {
            files.push(File {
                later,
                ..collection.head.at(file(cast, &collection, &folder))?
            });
        }
    }
    Ok(files)
}

/// The name of the folder dates what is in it; `day 2026-06-30` names no hour, `undated` nothing at all.
fn folder(time: &str) -> Result<String, String> {
    if time == "undated" {
        return Ok("undated".to_string());
    }
    if let Some(day) = time.strip_prefix("day ") {
        return Ok(format!("looks/{day}"));
    }
    let long = instant(time)?;
    let (whole, _) = long.split_once('.').ok_or("a look is dated by its folder")?;
    Ok(format!("looks/{}Z", whole.replace(':', "")))
}

fn file(cast: &Cast, block: &Block, folder: &str) -> Result<File, String> {
    let mut cells = block.head.cells();
    let head = cells.remove(0);
    let (name, list) = head.split_once(':').map_or((head.as_str(), None), |(n, l)| (n.trim(), Some(l.trim())));
    let page = page(&cells)?;
    let (kind, of) = name.split_once(" of ").map_or((name, None), |(k, o)| (k, Some(o)));
    let rows = rows(cast, kind, list, block)?;
    let mut values = Vec::new();
    let made = shape::collection(cast, kind, of, &page)?;
    for row in rows {
        let mut value = (made.object)(cast, &row)?;
        for member in &page.unexpanded {
            value.as_object_mut().expect("an object").remove(member.as_str());
        }
        if let Some(patch) = row.patch {
            merge(&mut value, patch);
        }
        values.push(value);
    }
    let mut content = page.write(&made.context, values);
    if page.torn {
        content.truncate(content.len() * 2 / 3);
    }
    let path = page.file.clone().unwrap_or_else(|| format!("{}.json", name.replace([' ', '/'], "-")));
    Ok(File {
        path: format!("{folder}/{path}"),
        content: content.into_bytes(),
        later: false,
    })
}

fn page(cells: &[String]) -> Result<Page, String> {
    let mut page = Page::default();
    for cell in cells {
        match cell.split_once(' ').unwrap_or((cell, "")) {
            ("count", n) => page.count = Some(n.parse().map_err(|_| format!("'{n}' is no count"))?),
            ("uncounted", "") => page.uncounted = true,
            ("next", "page not exported") => page.next = true,
            ("file", name) => page.file = Some(name.to_string()),
            ("unexpanded", member) => page.unexpanded.push(member.to_string()),
            ("beta", "") => page.beta = true,
            ("bare", "") => page.bare = true,
            ("no", "context") => page.anonymous = true,
            ("torn", "") => page.torn = true,
            _ => return Err(format!("'{cell}' says nothing of a collection")),
        }
    }
    Ok(page)
}

impl Page {
    fn write(&self, context: &str, values: Vec<Value>) -> String {
        if self.bare {
            return json!(values).to_string();
        }
        let version = if self.beta { "beta" } else { "v1.0" };
        let mut page = if self.anonymous {
            json!({})
        } else {
            json!({"@odata.context": format!("https://graph.microsoft.com/{version}/$metadata#{context}")})
        };
        if !self.uncounted {
            page["@odata.count"] = json!(self.count.unwrap_or(values.len()));
        }
        if self.next {
            page["@odata.nextLink"] = json!(format!("https://graph.microsoft.com/{version}/x?$skiptoken=RFNwdAIAAQ"));
        }
        page["value"] = json!(values);
        serde_json::to_string_pretty(&page).expect("JSON")
    }
}

/// The rows below the head, or in it: `groups: Finance, Vault`, `groups: none`; a list of what the tenant has when neither is there.
fn rows(cast: &Cast, kind: &str, list: Option<&str>, block: &Block) -> Result<Vec<Row>, String> {
    if let Some(list) = list {
        let names = list.split(',').map(str::trim).filter(|n| !n.is_empty() && *n != "none" && *n != "nobody");
        return names.map(|n| Row::read(cast, vec![n.to_string()])).collect();
    }
    let own = match kind {
        "users" => Some(Kind::User),
        "groups" => Some(Kind::Group),
        "apps" => Some(Kind::App),
        "roles" => Some(Kind::Role),
        "packages" => Some(Kind::Package),
        "policies" => Some(Kind::Policy),
        _ => None,
    };
    let mut rows = Vec::new();
    for line in &block.body {
        let cells = line.cells();
        let all = cells[0].strip_prefix("all but ").or((cells[0] == "all").then_some(""));
        match (all, own) {
            (Some(but), Some(kind)) => {
                let left_out: Vec<&str> = but.split(',').map(str::trim).collect();
                rows.extend(whole(cast, kind, &left_out)?);
            }
            _ => rows.push(line.at(Row::read(cast, cells))?),
        }
    }
    match own {
        Some(kind) if block.body.is_empty() => whole(cast, kind, &[]),
        _ => Ok(rows),
    }
}

fn whole(cast: &Cast, kind: Kind, but: &[&str]) -> Result<Vec<Row>, String> {
    let objects = cast.all(kind).into_iter().filter(|o| !but.contains(&o.name.as_str()));
    objects.map(|o| Row::read(cast, vec![format!("{} {}", kind_word(kind), o.name)])).collect()
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user",
        Kind::Group => "group",
        Kind::App => "app",
        Kind::Role => "role",
        Kind::Package => "package",
        _ => "policy",
    }
}

/// The object of a row with what the row says of it at that time.
pub fn named(cast: &Cast, row: &Row) -> Result<Object, String> {
    Ok(cast.find(row.cell(0, "a name")?)?.with(&row.cells[1..]))
}
