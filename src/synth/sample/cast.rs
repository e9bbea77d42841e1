//! The people of the sample: heads who approve, wards and offices, contractors, guests, accounts for administration.

use super::super::clock::DAY;
use super::super::dice::guid;
use super::super::names::PARTNERS;
use super::super::scene::{Card, DOMAIN, Kind, Person, Scene};

/// Given name, surname, local part of the address, sort of account, department or partner's place, job.
type Row = (&'static str, &'static str, &'static str, Kind, &'static str, &'static str);

use Kind::{Admin, Contractor, Employee, Guest};

/// Everybody, in the order of the numbers that the stories use.
#[rustfmt::skip]
const PEOPLE: [Row; 60] = [
    // 0: those who approve
    ("Hanna", "Lindgren", "hanna.lindgren", Employee, "Cardiology", "Head of Cardiology"),
    ("Tariq", "Mansour", "tariq.mansour", Employee, "Radiology", "Head of Radiology"),
    ("Ewa", "Kowalik", "ewa.kowalik", Employee, "Laboratory", "Head of Laboratory"),
    ("Oluwaseun", "Adeyi", "oluwaseun.adeyi", Employee, "Finance", "Head of Finance"),
    ("Marit", "Solbakken", "marit.solbakken", Employee, "IT", "Head of IT"),
    ("Joaquín", "Ferreiro", "joaquin.ferreiro", Employee, "People", "Head of People"),
    ("雪", "田辺", "yuki.tanabe", Employee, "Research", "Head of Research"),
    // 7: wards
    ("Signe", "Aune", "signe.aune", Employee, "Cardiology", "Nurse Lead"),
    ("Kofi", "Boaten", "kofi.boaten", Employee, "Cardiology", "Nurse"),
    ("Mirela", "Popa", "mirela.popa", Employee, "Cardiology", "Ward Clerk"),
    ("Дмитро", "Савчук", "dmytro.savchuk", Employee, "Cardiology", "Nurse"),
    ("Inês", "Carvalhosa", "ines.carvalhosa", Employee, "Cardiology", "Rota Planner"),
    ("Paavo", "Rinne", "paavo.rinne", Employee, "Cardiology", "Night Nurse"),
    // 13: radiology
    ("ليلى", "حداد", "leila.haddad", Employee, "Radiology", "Radiographer"),
    ("Bartosz", "Wilczek", "bartosz.wilczek", Employee, "Radiology", "Radiographer"),
    ("Nomvula", "Khozani", "nomvula.khozani", Employee, "Radiology", "Reading Room Clerk"),
    ("Gustav", "Ekdal", "gustav.ekdal", Employee, "Radiology", "Radiographer"),
    // 17: laboratory
    ("Chiara", "Bellandi", "chiara.bellandi", Employee, "Laboratory", "Technician"),
    ("Anneli", "Saarik", "anneli.saarik", Employee, "Laboratory", "Quality Officer"),
    ("Ravi", "Menonkar", "ravi.menonkar", Employee, "Laboratory", "Analyst"),
    ("Fatou", "Dialla", "fatou.dialla", Employee, "Laboratory", "Technician"),
    ("Jonas", "Brandau", "jonas.brandau", Employee, "Laboratory", "Technician"),
    // 22: finance
    ("Σοφία", "Μαρκάκη", "sofia.markaki", Employee, "Finance", "Controller"),
    ("Petra", "Novotna", "petra.novotna", Employee, "Finance", "Payroll Clerk"),
    ("Emeka", "Obiora", "emeka.obiora", Employee, "Finance", "Accountant"),
    ("Liv", "Hauge", "liv.hauge", Employee, "Finance", "Payroll Clerk"),
    ("Dario", "Contarini", "dario.contarini", Employee, "Finance", "Accountant"),
    // 27: IT
    ("Nadia", "Belkasem", "nadia.belkasem", Employee, "IT", "System Engineer"),
    ("Tomasz", "Górnik", "tomasz.gornik", Employee, "IT", "System Engineer"),
    ("Ingrid", "Fossheim", "ingrid.fossheim", Employee, "IT", "Service Desk"),
    ("Samuel", "Okafar", "samuel.okafar", Employee, "IT", "System Engineer"),
    ("薇", "林", "wei.lin", Employee, "IT", "Security Analyst"),
    // 32: people, research, facilities
    ("Clara", "Vogtland", "clara.vogtland", Employee, "People", "Personnel Officer"),
    ("Mehmet", "Aydın", "mehmet.aydin", Employee, "People", "Personnel Officer"),
    ("Noor", "van Dijkhuis", "noor.vandijkhuis", Employee, "Research", "Data Steward"),
    ("Aiko", "Morita", "aiko.morita", Employee, "Research", "Study Nurse"),
    ("Pedro", "Salazino", "pedro.salazino", Employee, "Research", "Statistician"),
    ("Else", "Brekkan", "else.brekkan", Employee, "Facilities", "Front Desk"),
    ("Viktor", "Holmgaard", "viktor.holmgaard", Employee, "Facilities", "Caretaker"),
    // 39: contractors
    ("Rasmus", "Toftegaard", "rasmus.toftegaard", Contractor, "Facilities", "Device Engineer"),
    ("Ana", "Jovanka", "ana.jovanka", Contractor, "Facilities", "Device Engineer"),
    ("Idris", "Kanem", "idris.kanem", Contractor, "Facilities", "Lift Engineer"),
    ("Maja", "Lundby", "maja.lundby", Contractor, "IT", "Network Engineer"),
    ("Colm", "Breenan", "colm.breenan", Contractor, "IT", "Storage Engineer"),
    // 44: guests
    ("Astrid", "Vikane", "astrid.vikane", Guest, "0", "Study Monitor"),
    ("Pavel", "Dušek", "pavel.dusek", Guest, "0", "Field Engineer"),
    ("Helena", "Rothman", "helena.rothman", Guest, "1", "Biologist"),
    ("Osman", "Kayali", "osman.kayali", Guest, "1", "Biologist"),
    ("Lucía", "Marinero", "lucia.marinero", Guest, "1", "Study Monitor"),
    ("Finn", "Marlowe", "finn.marlowe", Guest, "2", "Dispatcher"),
    ("<img src=x", "onerror=alert(1)>", "b.hopper", Guest, "2", "Dispatcher"),
    ("=cmd|' /C", "calc'!A0", "c.lamarr", Guest, "1", "Study Monitor"),
    ("Siân", "Castellan", "sian.castellan", Guest, "0", "Field Engineer"),
    // 53: accounts for administration, of 27 to 31
    ("Nadia", "Belkasem (admin)", "az-nadia.belkasem", Admin, "IT", "System Engineer"),
    ("Tomasz", "Górnik (admin)", "az-tomasz.gornik", Admin, "IT", "System Engineer"),
    ("Ingrid", "Fossheim (admin)", "az-ingrid.fossheim", Admin, "IT", "Service Desk"),
    ("Samuel", "Okafar (admin)", "az-samuel.okafar", Admin, "IT", "System Engineer"),
    ("薇", "林 (admin)", "az-wei.lin", Admin, "IT", "Security Analyst"),
    // 58: her name begins like an account for administration and is none
    ("Azra", "Belkasem", "azra.belkasem", Employee, "IT", "Deputy of IT"),
    ("Lars", "Moengaard", "lars.moengaard", Employee, "Cardiology", "Nurse"),
];

/// The cast as a roster.
pub(super) fn roster(scene: &Scene) -> Vec<Person> {
    PEOPLE.iter().zip(0..).map(|(row, index)| person(scene, row, index)).collect()
}

fn person(scene: &Scene, &(given, surname, local, kind, place, job): &Row, index: u64) -> Person {
    let partner = place.parse().unwrap_or(0);
    let domain = PARTNERS[partner].1;
    let (upn, mail) = if kind == Guest {
        (format!("{local}_{domain}#EXT#@{DOMAIN}"), format!("{local}@{domain}"))
    } else {
        (format!("{local}@{DOMAIN}"), format!("{local}@{DOMAIN}"))
    };
    // Lars joined on 1 June 2026; the others were there before history.
    let created = if index == 59 {
        scene.end - 29 * DAY
    } else {
        scene.start - (60 + 37 * (index.cast_signed() % 53)) * DAY
    };
    let name = if given == "雪" || given == "薇" {
        format!("{surname} {given}")
    } else {
        format!("{given} {surname}")
    };
    Person {
        index,
        card: Card {
            id: guid(scene.seed, "user", index, 0),
            name,
            upn,
        },
        given,
        surname,
        mail,
        kind,
        department: if kind == Guest { "" } else { place },
        job,
        partner,
        created,
    }
}
