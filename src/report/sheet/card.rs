//! An item as the page tells it: few words to decide by, and the rest for whoever asks.

use crate::campaign::language::{Language, Phrase};
use crate::campaign::sheet::DECISIONS;
use crate::campaign::{Choice, Item, ItemFinding, Recommendation, Risk, SheetItem};
use crate::model::Instant;
use std::collections::BTreeSet;

/// Words of an item that are on the screen at most: a reviewer reads forty of them in ten minutes.
pub const MOST_WORDS: usize = 60;
/// Findings whose titles are on the screen.
const FINDINGS: usize = 2;
/// Words of a name that are on the screen.
const NAME_WORDS: usize = 9;

/// An item on the page.
pub struct Card<'a> {
    pub n: usize,
    pub id: &'a str,
    pub who: String,
    /// Title and manager of the holder.
    pub role: String,
    pub what: String,
    pub risk: &'static str,
    pub risk_words: &'a str,
    pub marks: Vec<String>,
    /// Titles of findings.
    pub found: Vec<Title>,
    /// How many more there are, in words.
    pub more_found: String,
    pub advice: &'static str,
    pub advice_words: &'a str,
    /// Why, in few words.
    pub reason: String,
    pub reason_english: bool,
    pub last_use: String,
    pub facts: Vec<Fact>,
    pub messages: Vec<Message>,
    pub ids: Vec<(&'a str, &'a str)>,
    pub choices: Vec<ChoiceBox<'a>>,
    pub justification: &'a str,
    pub until: String,
}

/// The title of a finding, which leads to what it means.
pub struct Title {
    pub check: String,
    pub title: String,
    /// Whether it is told in English though the page is not.
    pub english: bool,
}

/// Something that helps to judge.
pub struct Fact {
    pub name: String,
    pub text: String,
    pub english: bool,
}

/// What a finding says.
pub struct Message {
    pub check: String,
    pub severity: String,
    pub text: String,
}

/// One of the things that can be decided.
pub struct ChoiceBox<'a> {
    pub word: &'static str,
    pub label: &'a str,
    pub key: &'static str,
    pub chosen: bool,
}

/// What a check is about, told once for all items.
pub struct About {
    pub check: String,
    pub title: String,
    pub english: bool,
    pub why: String,
}

/// An item in the language of its page.
pub fn card(n: usize, row: &SheetItem, l: Language) -> Card<'_> {
    let (item, context) = (&row.item, &row.context);
    let chosen = row.decision.as_ref();
    let (risk_words, advice_words) = (risk(item.risk, l), advice(item.recommendation, l));
    let (who, what) = (
        either(&context.holder_name, either(&item.principal_name, &item.principal_id)),
        either(&item.entitlement_name, &item.entitlement_id),
    );
    let (who, what) = (brief(who, NAME_WORDS), brief(what, NAME_WORDS));
    let marks = marks(row, l);
    let choices: Vec<ChoiceBox> = DECISIONS.iter().map(|c| choice_box(*c, chosen.map(|d| d.choice), l)).collect();
    let mut left = Budget::new(MOST_WORDS);
    let fixed = [
        who.as_str(),
        &what,
        l.say("has access to"),
        risk_words,
        advice_words,
        l.say("Details and reason"),
    ];
    fixed.into_iter().chain(marks.iter().map(String::as_str)).for_each(|t| left.spend(t));
    // Each choice has its key beside it.
    choices.iter().for_each(|c| left.spend(&format!("{} {}", c.label, c.key)));
    let (found, more_found) = found(&context.findings, l, &mut left);
    // A reason that none of the titles tells is told itself.
    let told = found.iter().any(|f| context.recommendation_reason.contains(&f.check));
    let because = if found.is_empty() || item.recommendation == Recommendation::Revoke && !told {
        l.sentence(&context.recommendation_reason)
    } else {
        nothing()
    };
    let reason = sentence(&left.take(&because.text));
    let last_use = context.last_use.split("; ").next().unwrap_or_default();
    let used = context.recommendation_reason.contains("it was used ");
    let last_use = if used || last_use.is_empty() {
        String::new()
    } else {
        left.whole(&l.sentence(last_use).text)
    };
    let role = left.whole(&role(row, l));
    Card {
        n,
        id: item.id.as_str(),
        who,
        role,
        what,
        risk: item.risk.as_str(),
        risk_words,
        marks,
        found,
        more_found,
        advice: item.recommendation.as_str(),
        advice_words,
        reason,
        reason_english: because.text == context.recommendation_reason && !because.whole,
        last_use: sentence(&last_use),
        facts: facts(row, l),
        messages: context.findings.iter().map(message).collect(),
        ids: ids(item, l),
        choices,
        justification: chosen.map(|d| d.justification.as_str()).unwrap_or_default(),
        until: chosen.and_then(|d| d.until).map(Instant::day).unwrap_or_default(),
    }
}

/// Words that are still to be had.
struct Budget(usize);

impl Budget {
    fn new(words: usize) -> Self {
        Self(words)
    }

    fn spend(&mut self, text: &str) {
        self.0 = self.0.saturating_sub(text.split_whitespace().count());
    }

    /// The beginning of a text that can be afforded; too little of it is nothing.
    fn take(&mut self, text: &str) -> String {
        let words = text.split_whitespace().count();
        if words > self.0 && self.0 < 4 {
            return String::new();
        }
        let text = brief(text, self.0);
        self.spend(&text);
        text
    }

    /// A text as a whole, or nothing.
    fn whole(&mut self, text: &str) -> String {
        if text.split_whitespace().count() > self.0 {
            return String::new();
        }
        self.spend(text);
        text.to_string()
    }
}

/// The first words of a text.
fn brief(text: &str, words: usize) -> String {
    let all: Vec<&str> = text.split_whitespace().collect();
    match all.get(..words) {
        Some(first) if first.len() < all.len() => format!("{}…", first.join(" ").trim_end_matches([',', ';', ':'])),
        _ => text.to_string(),
    }
}

fn nothing() -> Phrase {
    Phrase {
        text: String::new(),
        whole: true,
    }
}

fn risk(risk: Risk, l: Language) -> &'static str {
    match risk {
        Risk::High => l.say("high risk"),
        Risk::Medium => l.say("medium risk"),
        Risk::Low => l.say("low risk"),
    }
}

fn advice(advice: Recommendation, l: Language) -> &'static str {
    match advice {
        Recommendation::Keep => l.say("Recommended: keep."),
        Recommendation::Revoke => l.say("Recommended: remove."),
        Recommendation::None => l.say("No recommendation."),
    }
}

/// What an item is beside its risk; why it is sensitive stands among the facts.
fn marks(row: &SheetItem, l: Language) -> Vec<String> {
    let item = &row.item;
    let mut marks = Vec::new();
    if item.sensitive || !row.context.sensitive_because.is_empty() {
        marks.push(l.say("sensitive").to_string());
    }
    if item.principal_type != "user" {
        let kind = item.principal_type.replace('_', " ");
        marks.push(l.say(&kind).to_string());
    }
    if item.assignment_state != "active" && !item.assignment_state.is_empty() {
        marks.push(l.say(&item.assignment_state).to_string());
    }
    if row.decision.is_some() {
        marks.push(l.say("decided before").to_string());
    }
    marks
}

/// Titles of findings, each once, as many as can be afforded; and how many more there are.
fn found(findings: &[ItemFinding], l: Language, left: &mut Budget) -> (Vec<Title>, String) {
    let mut seen = BTreeSet::new();
    let all: Vec<Title> = findings
        .iter()
        .filter(|f| seen.insert(f.check.as_str()))
        .map(|f| title(&f.check, &f.title, l))
        .collect();
    let count = all.len();
    // What it takes to say that there are more.
    let more = l.tell("and {n} more", &[("n", &count)]);
    left.spend(if count > 1 { more.as_str() } else { "" });
    let mut shown: Vec<Title> = Vec::new();
    for found in all.into_iter().take(FINDINGS) {
        // The first is shown whatever it costs.
        let words = if shown.is_empty() { left.0.max(4) } else { left.0 };
        if words >= 4 {
            let title = brief(&found.title, words);
            left.spend(&title);
            shown.push(Title { title, ..found });
        }
    }
    let more = count - shown.len();
    let words = if more == 0 { String::new() } else { l.tell("and {n} more", &[("n", &more)]) };
    (shown, words)
}

fn title(check: &str, told: &str, l: Language) -> Title {
    let words = either(told, check);
    let title = l.say(words).to_string();
    Title {
        check: check.to_string(),
        english: l != Language::En && title == words && !told.is_empty(),
        title,
    }
}

fn message(f: &ItemFinding) -> Message {
    Message {
        check: f.check.clone(),
        severity: f.severity.clone(),
        text: f.message.clone(),
    }
}

/// `Nurse, manager Maya Ferrari`.
fn role(row: &SheetItem, l: Language) -> String {
    let context = &row.context;
    let manager = if context.holder_manager.is_empty() {
        String::new()
    } else {
        l.tell("manager {name}", &[("name", &context.holder_manager)])
    };
    let parts = [context.holder_title.as_str(), &manager];
    parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
}

fn choice_box(choice: Choice, chosen: Option<Choice>, l: Language) -> ChoiceBox<'static> {
    let (label, key) = match choice {
        Choice::Keep => (l.say("Keep"), "k"),
        Choice::Revoke => (l.say("Remove"), "r"),
        Choice::Modify => (l.say("Change"), "c"),
        Choice::Exception => (l.say("Temporary exception"), "e"),
    };
    ChoiceBox {
        word: choice.as_str(),
        label,
        key,
        chosen: chosen == Some(choice),
    }
}

/// What a person needs to judge, the most telling first; what is not known is left out, except use.
fn facts(row: &SheetItem, l: Language) -> Vec<Fact> {
    let context = &row.context;
    let as_it_is = |text: &str| Phrase {
        text: text.to_string(),
        whole: true,
    };
    let granted = match (context.grant_kind.as_str(), context.granted_by.as_str()) {
        ("", "") => nothing(),
        ("unknown", "") => l.sentence("unknown origin"),
        (kind, "") => l.sentence(&kind.replace('_', " ")),
        (_, by) => l.sentence(by),
    };
    let upn = if context.holder_name.is_empty() { "" } else { &row.item.principal_name };
    let person = [context.holder_title.as_str(), upn]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let manager = role(row, l);
    let person = if manager.is_empty() || context.holder_manager.is_empty() {
        person
    } else {
        let told = l.tell("manager {name}", &[("name", &context.holder_manager)]);
        [person.as_str(), &told].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let disclosed = row.disclosures().into_iter().map(|d| l.say(d)).collect::<Vec<_>>().join("; ");
    let advice = if row.item.recommendation == Recommendation::None {
        l.say("Why nothing is recommended")
    } else {
        l.say("Why it is recommended")
    };
    let path = if context.path == row.item.entitlement_name { "" } else { &context.path };
    [
        (l.say("First decision"), as_it_is(&first(row, l))),
        (advice, l.sentence(&context.recommendation_reason)),
        (l.say("Why it is sensitive"), l.sentence(&context.sensitive_because)),
        (l.say("Person"), as_it_is(&person)),
        (l.say("Department"), as_it_is(&context.department)),
        (l.say("What it is for"), as_it_is(&context.description)),
        (l.say("Last use"), l.sentence(&context.last_use)),
        (l.say("Access since"), l.sentence(&context.since)),
        (l.say("Access ends"), l.sentence(&context.current_end)),
        (l.say("Requester's reason"), as_it_is(&context.justification_given)),
        (l.say("Granted"), granted),
        (l.say("Granted through"), l.sentence(path).or_name(path)),
        (l.say("Colleagues with this access"), l.sentence(&context.peers)),
        (l.say("Effect of removal"), l.sentence(&context.removal)),
        (l.say("Previous decision"), l.sentence(&context.previous_decision)),
        (l.say("Why you review this"), l.sentence(&context.reviewer_because)),
        (l.say("To be disclosed"), as_it_is(&disclosed)),
    ]
    .into_iter()
    .filter(|(_, phrase)| !phrase.text.is_empty())
    .map(|(name, phrase)| Fact {
        name: name.to_string(),
        english: !phrase.whole,
        text: sentence(&phrase.text),
    })
    .collect()
}

/// What the first stage decided.
fn first(row: &SheetItem, l: Language) -> String {
    let Some(f) = &row.first else { return String::new() };
    let why = match f.decision.justification.as_str() {
        "" => l.say("no reason given"),
        why => why,
    };
    let (choice, day) = (l.say(f.decision.choice.as_str()), f.at.day());
    match f.decision.until {
        Some(end) => l.tell(
            "{choice~} until {end} by {who} on {day}: {why}",
            &[("choice~", &choice), ("end", &end.day()), ("who", &f.by), ("day", &day), ("why", &why)],
        ),
        None => l.tell(
            "{choice~} by {who} on {day}: {why}",
            &[("choice~", &choice), ("who", &f.by), ("day", &day), ("why", &why)],
        ),
    }
}

fn ids(item: &Item, l: Language) -> Vec<(&'static str, &str)> {
    let ids = [
        (l.say("Item"), item.id.as_str()),
        (l.say("Holder"), &item.principal_id),
        (l.say("Kind"), item.entitlement_kind.as_str()),
        (l.say("Entitlement"), &item.entitlement_id),
        (l.say("Assignment"), &item.assignment_id),
    ];
    ids.into_iter().filter(|(_, id)| !id.is_empty()).collect()
}

/// What the checks of a page are about, each once.
pub fn about<'a>(rows: impl Iterator<Item = &'a SheetItem>, l: Language) -> Vec<About> {
    let named: BTreeSet<(&str, &str)> = rows.flat_map(|r| &r.context.findings).map(|f| (f.check.as_str(), f.title.as_str())).collect();
    let mut seen = BTreeSet::new();
    let once = named.into_iter().filter(|(check, _)| seen.insert(*check));
    once.map(|(check, told)| {
        let title = title(check, told, l);
        let page = crate::check::by_id(check).map(|c| c.page).unwrap_or_default();
        let begins = page.iter().position(|line| line.trim() == "## Why it matters").map_or(page.len(), |at| at + 1);
        let lines = page.get(begins..).unwrap_or_default().iter().map(|line| line.trim());
        let why: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).filter(|line| !line.is_empty()).collect();
        About {
            check: title.check,
            title: title.title,
            english: title.english,
            why: why.join(" "),
        }
    })
    .collect()
}

/// The beginning of a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub fn either<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::sample::sheet;

    fn shown(card: &Card) -> usize {
        let mut texts = vec![
            card.who.clone(),
            card.what.clone(),
            card.role.clone(),
            card.risk_words.into(),
            card.advice_words.into(),
        ];
        texts.extend([
            card.reason.clone(),
            card.last_use.clone(),
            card.more_found.clone(),
            "has access to Details and reason".into(),
        ]);
        texts.extend(card.marks.iter().cloned().chain(card.found.iter().map(|f| f.title.clone())));
        texts.extend(card.choices.iter().map(|c| format!("{} {}", c.label, c.key)));
        texts.iter().map(|t| t.split_whitespace().count()).sum()
    }

    #[test]
    fn an_item_has_at_most_sixty_words_on_the_screen_in_every_language() {
        let mut sheet = sheet(60);
        for (n, row) in sheet.items.iter_mut().enumerate() {
            let many = "word ".repeat(n * 3);
            row.context.recommendation_reason = format!("because of {many}");
            row.context.holder_title = many.clone();
            row.item.entitlement_name += &many;
            row.context.holder_name = format!("Ana {many}");
            let finding = row.context.findings.first().cloned();
            row.context.findings.extend(finding.into_iter().flat_map(|f| {
                (0..n).map(move |k| ItemFinding {
                    check: format!("XXX-{k:02}"),
                    title: format!("{} {}", f.title, "and what goes with it ".repeat(k)),
                    ..f.clone()
                })
            }));
        }
        for l in Language::ALL {
            for (n, row) in sheet.items.iter().enumerate() {
                let card = card(n, row, *l);
                assert!(shown(&card) <= MOST_WORDS, "{l} {n}: {} words", shown(&card));
                assert!(!card.who.is_empty() && !card.what.is_empty());
            }
        }
    }

    #[test]
    fn what_was_cut_is_among_the_facts() {
        let sheet = sheet(9);
        let card = card(8, &sheet.items[8], Language::De);
        let fact = |name: &str| card.facts.iter().find(|f| f.name == name).map(|f| f.text.clone());
        assert_eq!(sheet.items[8].item.recommendation, Recommendation::None);
        assert_eq!(fact("Warum nichts empfohlen ist").as_deref(), Some("It was used three days ago."));
        assert!(card.facts.iter().any(|f| f.english), "what has no translation is said to be English");
        assert_eq!(
            fact("Warum Sie das prüfen").as_deref(),
            Some(format!("Führungskraft von {}", sheet.items[8].item.principal_name).as_str())
        );
    }

    #[test]
    fn what_a_check_is_about_is_told_once() {
        let sheet = sheet(20);
        let about = about(sheet.items.iter(), Language::Fr);
        assert_eq!(about.len(), 1);
        assert_eq!(about[0].check, "STA-02");
        assert!(!about[0].why.is_empty() && !about[0].english, "{}", about[0].title);
    }
}
