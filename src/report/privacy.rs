//! What of people leaves the house: pseudonyms under a key that stays behind, and columns by audience.
//!
//! It is applied to the ledger and to findings before anything is rendered, so that no page, table or chart can miss it.

use crate::ledger::AccessModel;
use crate::ledger::access_model::Person;
use crate::model::access::words;
use crate::model::{Finding, Holding, Interned, PrincipalId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

words! {
    /// Who is to read an output.
    Reader {
        /// Whoever decides: every column.
        Security => "security",
        /// Whoever tests the control: every column, without records of single sign-ins.
        Auditor => "auditor",
        /// Whoever judges holdings of others: what it takes to judge, and no identifiers of records, requests or colleagues' decisions.
        Reviewer => "reviewer",
    }
}

/// A department of fewer people would name them, or nearly: with pseudonyms it is not told apart from others as small.
const FEW: usize = 5;
/// What stands for its name.
const SMALL: &str = "a department of fewer than 5";

/// Names for people that say nothing without the key.
pub struct Pseudonyms {
    mac: Hmac<Sha256>,
    salt: String,
    /// What people are called in texts, in lower case, by their token.
    forms: HashMap<Vec<u8>, String>,
    /// Lengths of forms, longest first.
    lengths: Vec<usize>,
    /// Object ids that are no people: groups and applications keep their names.
    things: BTreeSet<String>,
    people: BTreeMap<String, (String, Person)>,
    /// What each pseudonym was given for, as far as it was given: so that the map misses nobody.
    given: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Pseudonyms {
    /// Pseudonyms for the people of an access: `p-` and the first 128 bits of HMAC-SHA-256 over salt, a zero byte, and the object id.
    ///
    /// Another salt gives other names, so that two bundles cannot be joined by them.
    #[must_use]
    pub fn new(key: &[u8], salt: &str, access: &AccessModel) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        let mut made = Self {
            mac,
            salt: salt.to_string(),
            forms: HashMap::new(),
            lengths: Vec::new(),
            things: access.groups.keys().chain(access.apps.keys()).cloned().collect(),
            people: BTreeMap::new(),
            given: Mutex::default(),
        };
        for (id, person) in &access.people {
            let token = made.token(id.as_str());
            for form in [id.as_str(), &person.upn, &person.name, &person.mail] {
                made.form(form, &token);
            }
            made.people.insert(token, (id.to_string(), person.clone()));
        }
        // A service that acts is no person, and keeps its id as the applications do.
        let services = access.events.iter().filter(|e| e.actor_is_service).filter_map(|e| e.actor.as_ref());
        made.things.extend(services.map(ToString::to_string));
        for h in &access.holdings {
            if matches!(h.principal_type.as_str(), "group" | "service_principal") {
                made.things.insert(h.principal.to_string());
                continue;
            }
            let token = made.token(h.principal.as_str());
            made.form(h.principal.as_str(), &token);
            made.form(&h.principal_name, &token);
            for d in &h.decisions {
                let token = made.token(&d.who);
                made.form(&d.who, &token);
                made.form(&d.name, &token);
            }
        }
        for e in access.events.iter().filter(|e| !e.actor_is_service) {
            if let Some(actor) = e.actor.as_ref().filter(|a| !made.things.contains(a.as_str())) {
                let token = made.token(actor.as_str());
                made.form(actor.as_str(), &token);
                made.form(&e.actor_name, &token);
            }
        }
        let mut lengths: Vec<usize> = made.forms.keys().map(Vec::len).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        made.lengths = lengths;
        made
    }

    fn token(&self, id: &str) -> String {
        let mut mac = self.mac.clone();
        mac.update(self.salt.as_bytes());
        mac.update(&[0]);
        mac.update(id.trim().to_ascii_lowercase().as_bytes());
        let digits = hex::encode(mac.finalize().into_bytes());
        format!("p-{}", digits.get(..32).unwrap_or(&digits))
    }

    /// A name of two letters is in too many words to be looked for in texts; names like that stand in columns of their own.
    fn form(&mut self, form: &str, token: &str) {
        if form.len() <= 2 {
            return;
        }
        let lower = form.to_ascii_lowercase().into_bytes();
        match self.forms.get(&lower) {
            None => drop(self.forms.insert(lower, token.to_string())),
            Some(known) if known == token => {}
            // Several are called so: their name gets a pseudonym of its own, since it says of none who it is.
            Some(_) => {
                let own = self.token(form);
                self.forms.insert(lower, own);
            }
        }
    }

    /// Notes that a pseudonym was given.
    fn give(&self, token: &str, form: &str) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.entry(token.to_string()).or_default().insert(form.to_string());
    }

    /// The key under which texts are masked, of the same secret.
    #[must_use]
    pub fn mask_key(&self) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(b"mask");
        mac.update(&[0]);
        mac.update(self.salt.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// An id or name that stands alone: of a person always a pseudonym, known or not.
    #[must_use]
    pub fn alone(&self, text: &str) -> String {
        if text.is_empty() || self.things.contains(text) {
            return text.to_string();
        }
        let known = self.forms.get(text.to_ascii_lowercase().as_bytes());
        let token = known.cloned().unwrap_or_else(|| self.token(text));
        self.give(&token, text);
        token
    }

    /// A text in which people may be named: every form that is known, and everything like a mail address, gives way to its token.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let lower = text.to_ascii_lowercase().into_bytes();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let fresh = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            let known = fresh.then(|| self.form_at(text, &lower, at)).flatten();
            if let Some((length, token)) = known {
                self.give(token, &text[at..at + length]);
                out.push_str(token);
                at += length;
            } else if let Some(length) = fresh.then(|| address(&text[at..])).flatten() {
                let address = &text[at..at + length];
                let token = self.token(address);
                self.give(&token, address);
                out.push_str(&token);
                at += length;
            } else {
                let next = text[at..].chars().next().map_or(1, char::len_utf8);
                out.push_str(&text[at..at + next]);
                at += next;
            }
        }
        out
    }

    fn form_at(&self, text: &str, lower: &[u8], at: usize) -> Option<(usize, &str)> {
        self.lengths.iter().find_map(|length| {
            let token = self.forms.get(lower.get(at..at + length)?)?;
            let ends = text.get(at + length..)?.chars().next().is_none_or(|c| !c.is_alphanumeric());
            ends.then_some((*length, token.as_str()))
        })
    }

    /// Who is who, sorted by pseudonym: pseudonym, object id, principal name, display name, and every form that it stands for.
    ///
    /// A pseudonym without an object id is of somebody whom no list of users has, or of a name that several have.
    #[must_use]
    pub fn map(&self) -> Vec<[String; 5]> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens: BTreeSet<&String> = self.people.keys().chain(given.keys()).collect();
        let row = |token: &String| {
            let forms = given
                .get(token)
                .map(|forms| forms.iter().cloned().collect::<Vec<_>>().join(";"))
                .unwrap_or_default();
            let (id, upn, name) = self
                .people
                .get(token)
                .map(|(id, p)| (id.clone(), p.upn.to_string(), p.name.to_string()))
                .unwrap_or_default();
            [token.clone(), id, upn, name, forms]
        };
        tokens.into_iter().map(row).collect()
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &str {
        &self.salt
    }
}

/// The length of what looks like a mail address at the beginning of a text.
fn address(text: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '#' | '\'');
    let local = text.find(|c| !part(c))?;
    if local == 0 || !text[local..].starts_with('@') {
        return None;
    }
    let domain = &text[local + 1..];
    let length = domain.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(domain.len());
    let domain = domain[..length].trim_end_matches('.');
    domain.contains('.').then_some(local + 1 + domain.len())
}

/// What one reader may see of people.
pub struct Privacy {
    /// The reader.
    pub reader: Reader,
    /// Pseudonyms, when people are not named.
    pub pseudonyms: Option<Pseudonyms>,
}

impl Privacy {
    /// Everything, to whoever decides.
    #[must_use]
    pub fn none() -> Self {
        Self {
            reader: Reader::Security,
            pseudonyms: None,
        }
    }

    /// Whether a record, `table:id`, is for this reader.
    #[must_use]
    pub fn shows_record(&self, reference: &str) -> bool {
        match self.reader {
            Reader::Security => true,
            Reader::Auditor => !reference.starts_with("sign_ins:"),
            Reader::Reviewer => false,
        }
    }

    /// A text in which people may be named.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.pseudonyms.as_ref().map_or_else(|| text.to_string(), |p| p.text(text))
    }

    /// An id or name of a person.
    #[must_use]
    pub fn alone(&self, text: &str) -> String {
        self.pseudonyms.as_ref().map_or_else(|| text.to_string(), |p| p.alone(text))
    }

    fn principal(&self, id: &PrincipalId) -> PrincipalId {
        PrincipalId::new(&self.alone(id.as_str()))
    }

    /// Covers a holding.
    pub fn holding(&self, h: &mut Holding) {
        h.evidence.retain(|e| self.shows_record(e));
        if self.reader == Reader::Reviewer {
            h.decisions.clear();
            h.approved_by.clear();
            (h.requested_by, h.on_behalf_of, h.request, h.policy) = (None, None, None, None);
            (h.granted_by, h.ended_by) = (Interned::default(), Interned::default());
        }
        if self.pseudonyms.is_none() {
            return;
        }
        if !matches!(h.principal_type.as_str(), "group" | "service_principal") {
            h.principal_name = self.alone(h.principal.as_str()).into();
            h.principal = self.principal(&h.principal);
        }
        for person in [&mut h.requested_by, &mut h.on_behalf_of].into_iter().flatten() {
            *person = self.principal(person);
        }
        for text in [&mut h.granted_by, &mut h.ended_by, &mut h.path, &mut h.entitlement_name]
            .into_iter()
            .chain(&mut h.approved_by)
            .chain(&mut h.evidence)
        {
            *text = self.text(text).into();
        }
        for d in &mut h.decisions {
            (d.who, d.name, d.reason) = (self.alone(&d.who).into(), self.alone(&d.name).into(), self.text(&d.reason).into());
        }
        h.justification = h.justification.map(|t| self.text(&t).into());
    }

    /// Covers a finding.
    pub fn finding(&self, f: &mut Finding) {
        f.evidence.retain(|e| self.shows_record(e));
        let Some(pseudonyms) = &self.pseudonyms else { return };
        for (kind, id, name) in [
            (&f.subject_kind, &mut f.subject_id, &mut f.subject_name),
            (&f.object_kind, &mut f.object_id, &mut f.object_name),
        ] {
            if kind == "principal" || kind == "reviewer" {
                *name = pseudonyms.alone(if name.is_empty() { "" } else { id });
                *id = pseudonyms.alone(id);
            } else {
                *id = pseudonyms.text(id);
                *name = pseudonyms.text(name);
            }
        }
        for text in [&mut f.message, &mut f.clears_when].into_iter().chain(&mut f.evidence) {
            *text = pseudonyms.text(text);
        }
        // Whoever knows an object id could compute a fingerprint and find the person.
        f.fingerprint = pseudonyms.token(&f.fingerprint).trim_start_matches("p-").to_string();
    }

    /// Covers everything that outputs are made of.
    pub fn access(&self, access: &mut AccessModel) {
        for h in &mut access.holdings {
            self.holding(h);
        }
        if self.pseudonyms.is_none() {
            return;
        }
        let people = std::mem::take(&mut access.people);
        let mut sizes: BTreeMap<Interned, usize> = BTreeMap::new();
        for person in people.values() {
            *sizes.entry(person.department).or_default() += 1;
        }
        for (id, mut person) in people {
            let token = self.principal(&id);
            if !person.department.is_empty() && sizes.get(&person.department).is_some_and(|n| *n < FEW) {
                person.department = SMALL.into();
            }
            person.name = token.interned();
            person.upn = token.interned();
            person.mail = Interned::default();
            person.manager = person.manager.as_ref().map(|m| self.principal(m));
            person.evidence = person.evidence.iter().map(|e| Interned::from(&self.text(e))).collect();
            access.people.insert(token, person);
        }
        access.accounts = Arc::new(access.accounts.renamed(|id| self.principal(id)));
        for e in Arc::make_mut(&mut access.events) {
            for person in [&mut e.principal, &mut e.actor].into_iter().flatten() {
                *person = self.principal(person);
            }
            if !e.actor_is_service {
                e.actor_name = self.alone(&e.actor_name).into();
            }
            e.justification = e.justification.map(|t| self.text(&t).into());
        }
        for r in access.requests.values_mut() {
            for person in [&mut r.requestor, &mut r.recipient, &mut r.administrator].into_iter().flatten() {
                *person = self.principal(person);
            }
            r.justification = r.justification.map(|t| self.text(&t).into());
            for d in &mut r.decisions {
                (d.who, d.name, d.reason) = (self.alone(&d.who).into(), self.alone(&d.name).into(), self.text(&d.reason).into());
            }
        }
        for d in &mut access.review_decisions {
            d.principal = self.principal(&d.principal);
            d.reviewer = d.reviewer.as_ref().map(|r| self.principal(r));
        }
        for u in Arc::make_mut(&mut access.usage) {
            u.principal = self.principal(&u.principal);
        }
        for owner in access.owners.values_mut().flatten() {
            *owner = self.principal(owner);
        }
        for approver in access.policies.values_mut().flat_map(|p| &mut p.approvers) {
            *approver = self.text(approver);
        }
        let by = std::mem::take(&mut access.requests_by_recipient);
        access.requests_by_recipient = by.into_iter().map(|(id, requests)| (self.principal(&id), requests)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        let mut access = AccessModel::default();
        let person = |name: &str, upn: &str| Person {
            name: name.into(),
            upn: upn.into(),
            ..Person::default()
        };
        access.people.insert(PrincipalId::new("id-ana"), person("Ana Ruiz", "ana.ruiz@corp.example"));
        access.people.insert(PrincipalId::new("id-anna"), person("Ana Ruiz-Paz", "anna@corp.example"));
        Pseudonyms::new(b"0123456789abcdef0123456789abcdef", "salt", &access)
    }

    #[test]
    fn every_form_of_a_person_is_one_token_and_other_words_stay() {
        let p = pseudonyms();
        let (ana, anna) = (p.alone("id-ana"), p.alone("id-anna"));
        assert_ne!(ana, anna);
        for (text, expected) in [
            ("Ana Ruiz asked.", format!("{ana} asked.")),
            ("ANA.RUIZ@corp.example, id-ana", format!("{ana}, {ana}")),
            ("of Ana Ruiz-Paz", format!("of {anna}")),
            ("Dana Ruizen", "Dana Ruizen".to_string()),
            ("users:id-ana", format!("users:{ana}")),
            ("", String::new()),
        ] {
            assert_eq!(p.text(text), expected, "{text}");
        }
        let stranger = p.text("mail to bo@other.example.");
        assert!(
            stranger.starts_with("mail to p-") && stranger.ends_with('.') && !stranger.contains('@'),
            "{stranger}"
        );
    }

    #[test]
    fn a_small_department_is_not_told_apart_when_people_are_not_named() {
        let mut access = AccessModel::default();
        for (n, department) in ["Ward 3"; 5].into_iter().chain(["Chaplaincy", "Chaplaincy", ""]).enumerate() {
            let person = Person {
                upn: format!("person{n}@corp.example").into(),
                department: department.into(),
                ..Person::default()
            };
            access.people.insert(PrincipalId::new(&format!("id-{n}")), person);
        }
        let departments = |access: &AccessModel| {
            let mut all: Vec<&str> = access.people.values().map(|p| p.department.as_str()).collect();
            all.sort_unstable();
            all.join(", ")
        };
        let mut named = access.clone();
        Privacy::none().access(&mut named);
        assert_eq!(departments(&named), departments(&access), "whoever sees names sees departments");
        let pseudonyms = Pseudonyms::new(b"0123456789abcdef", "salt", &access);
        let privacy = Privacy {
            reader: Reader::Auditor,
            pseudonyms: Some(pseudonyms),
        };
        privacy.access(&mut access);
        assert_eq!(departments(&access), format!(", Ward 3, Ward 3, Ward 3, Ward 3, Ward 3, {SMALL}, {SMALL}"));
    }

    #[test]
    fn another_salt_or_key_gives_other_names() {
        let access = AccessModel::default();
        let of = |key: &[u8], salt: &str| Pseudonyms::new(key, salt, &access).alone("id");
        let base = of(b"key-one", "a");
        assert_eq!(base, of(b"key-one", "a"));
        assert_ne!(base, of(b"key-one", "b"));
        assert_ne!(base, of(b"key-two", "a"));
    }
}
