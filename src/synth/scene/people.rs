//! Who somebody is: worked out from their number alone.

use super::super::clock::{DAY, Micros};
use super::super::dice::{Dice, Purpose, guid, number};
use super::super::names::{CULTURES, DEPARTMENTS, JOBS, PARTNERS};
use super::{DOMAIN, Scene};

/// What sort of account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On the payroll.
    Employee,
    /// Working on a contract.
    Contractor,
    /// A guest from a partner.
    Guest,
    /// The second account of an employee, for administration.
    Admin,
}

/// How others refer to a person.
#[derive(Clone, Debug)]
pub struct Card {
    /// Object id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// User principal name.
    pub upn: String,
}

impl Card {
    /// The id that entitlement management has for the person, which is not the object id.
    pub fn subject_id(&self) -> String {
        guid(0, &self.id, 0, 0)
    }
}

/// An account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Place in the tenant.
    pub index: u64,
    /// Id, name, user principal name.
    pub card: Card,
    /// Given name.
    pub given: &'static str,
    /// Surname.
    pub surname: &'static str,
    /// Mail address.
    pub mail: String,
    /// What sort of account.
    pub kind: Kind,
    /// Department.
    pub department: &'static str,
    /// Job title.
    pub job: &'static str,
    /// Partner organisation of a guest.
    pub partner: usize,
    /// When the account was made; may lie before history.
    pub created: Micros,
}

impl Scene {
    /// The person of a number.
    pub fn person(&self, index: u64) -> Person {
        let listed = usize::try_from(index).ok().and_then(|place| self.roster.get(place));
        if let Some(person) = listed {
            return person.clone();
        }
        let part = self.part(index);
        let kind = match (part, index % 25) {
            (Some((_, 7)), _) => Kind::Admin,
            (Some((_, 10)), _) => Kind::Guest,
            (Some(_), _) => Kind::Employee,
            (None, 7) => Kind::Admin,
            (None, 9 | 19) => Kind::Guest,
            (None, 13) => Kind::Contractor,
            (None, _) => Kind::Employee,
        };
        // An account for administration belongs to the person before it.
        let owner = if kind == Kind::Admin { index - 1 } else { index };
        let mut name = spell(self.seed, owner);
        if let Some((block, 13)) = part {
            // Begins like an administrator's account and shares a surname with the person who asks: neither links them.
            let asker = spell(self.seed, index - 1);
            let (_, surname_ascii) = asker.local.split_once('.').expect("a local part has a dot");
            let suffix = if block == 0 { String::new() } else { block.to_string() };
            name.local = format!("azra.{}{suffix}", surname_ascii.trim_end_matches(|c: char| c.is_ascii_digit()));
            name.given = "Azra";
            name.surname = asker.surname;
            name.display = format!("Azra {}", asker.surname);
        }
        let partner = usize::try_from(index % PARTNERS.len() as u64).expect("below three");
        let (display, local, mail) = match kind {
            Kind::Admin => (format!("{} (admin)", name.display), format!("az-{}", name.local), None),
            Kind::Guest => {
                let domain = PARTNERS[partner].1;
                let mail = format!("{}@{domain}", name.local);
                (name.display, format!("{}_{domain}#EXT#", name.local), Some(mail))
            }
            _ => (name.display, name.local, None),
        };
        let upn = format!("{local}@{DOMAIN}");
        let mut dice = Dice::new(self.seed, Purpose::Person, index);
        // People on whom others depend were there from the beginning.
        let steady = part.is_some() || index % 25 < 9;
        let created = if !steady && dice.chance(15) {
            self.start + dice.between(DAY, (self.end - self.start) * 3 / 5)
        } else {
            self.start - dice.between(20 * DAY, 2500 * DAY)
        };
        Person {
            index,
            card: Card {
                id: guid(self.seed, "user", index, 0),
                name: display,
                upn: upn.clone(),
            },
            given: name.given,
            surname: name.surname,
            mail: mail.unwrap_or(upn),
            kind,
            department: DEPARTMENTS[dice.index(DEPARTMENTS.len())],
            job: JOBS[dice.index(JOBS.len())],
            partner,
            created,
        }
    }

    /// How to refer to the person of a number.
    pub fn card(&self, index: u64) -> Card {
        self.person(index).card
    }
}

struct Spelling {
    given: &'static str,
    surname: &'static str,
    display: String,
    local: String,
}

/// A name that nobody else has: all pairs of names in turn, then again with a number.
fn spell(seed: u64, index: u64) -> Spelling {
    const PAIRS: u64 = 800;
    // 387 shares no factor with 800, so that every pair comes before one comes again.
    let place = (index * 387 + number(seed, "names", 0, 0) % PAIRS) % PAIRS;
    let at = |n: u64| usize::try_from(n).expect("it is below ten");
    let culture = &CULTURES[at(place % 8)];
    let (given, given_ascii) = culture.given[at(place / 8 % 10)];
    let (surname, surname_ascii) = culture.surname[at(place / 80)];
    let display = if culture.surname_first {
        format!("{surname} {given}")
    } else {
        format!("{given} {surname}")
    };
    let suffix = match index / PAIRS {
        0 => String::new(),
        turn => (turn + 1).to_string(),
    };
    Spelling {
        given,
        surname,
        display,
        local: format!("{given_ascii}.{surname_ascii}{suffix}"),
    }
}
