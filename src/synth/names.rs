//! Invented names and texts: people of many alphabets, work to be done, reasons to ask for access.

/// Given names and surnames that go together, each with its spelling in a mail address.
pub struct Culture {
    /// Given names.
    pub given: [(&'static str, &'static str); 10],
    /// Surnames.
    pub surname: [(&'static str, &'static str); 10],
    /// In whose order the two are shown.
    pub surname_first: bool,
}

macro_rules! culture {
    ($first:expr; $($g:literal $ga:literal),+; $($s:literal $sa:literal),+) => {
        Culture { given: [$(($g, $ga)),+], surname: [$(($s, $sa)),+], surname_first: $first }
    };
}

/// The peoples of the company.
pub static CULTURES: [Culture; 8] = [
    culture!(false; "Zofia" "zofia", "Łukasz" "lukasz", "Agnieszka" "agnieszka", "Michał" "michal", "Jolanta" "jolanta", "Paweł" "pawel", "Wiesława" "wieslawa", "Stanisław" "stanislaw", "Małgorzata" "malgorzata", "Tomek" "tomek";
        "Wójtowicz" "wojtowicz", "Grządka" "grzadka", "Sobolewska" "sobolewska", "Kępa" "kepa", "Borówka" "borowka", "Maślak" "maslak", "Zięba" "zieba", "Rzepa" "rzepa", "Dąbek" "dabek", "Olszyna" "olszyna"),
    culture!(false; "Олена" "olena", "Дмитро" "dmytro", "Ганна" "hanna", "Тарас" "taras", "Лариса" "larysa", "Богдан" "bohdan", "Соломія" "solomiia", "Юрій" "yurii", "Христина" "khrystyna", "Остап" "ostap";
        "Вербицька" "verbytska", "Калина" "kalyna", "Мельничук" "melnychuk", "Дубовик" "dubovyk", "Соловей" "solovei", "Гончар" "honchar", "Криниця" "krynytsia", "Левада" "levada", "Яворська" "yavorska", "Струмок" "strumok"),
    culture!(false; "Ελένη" "eleni", "Νίκος" "nikos", "Δάφνη" "dafni", "Στέλιος" "stelios", "Ιωάννα" "ioanna", "Πέτρος" "petros", "Καλλιόπη" "kalliopi", "Άρης" "aris", "Μυρτώ" "myrto", "Θάνος" "thanos";
        "Καρυδάς" "karydas", "Μελισσά" "melissa", "Αμπελάς" "ampelas", "Πλατάνου" "platanou", "Κυπαρίσσης" "kyparissis", "Ελαιώνας" "elaionas", "Θυμάρη" "thymari", "Βράχος" "vrachos", "Γαλάνη" "galani", "Δρυμώνας" "drymonas"),
    culture!(true; "さくら" "sakura", "健太" "kenta", "美咲" "misaki", "翔" "sho", "葵" "aoi", "大輔" "daisuke", "陽菜" "hina", "直樹" "naoki", "結衣" "yui", "悠真" "yuma";
        "竹沢" "takezawa", "水城" "mizuki", "花岡" "hanaoka", "石倉" "ishikura", "森下" "morishita", "白浜" "shirahama", "風間" "kazama", "月野" "tsukino", "青葉" "aoba", "古川" "furukawa"),
    culture!(false; "ليلى" "layla", "كريم" "karim", "نور" "nour", "سامر" "samer", "هدى" "huda", "رامي" "rami", "ياسمين" "yasmin", "طارق" "tareq", "سلمى" "salma", "فادي" "fadi";
        "الزيتون" "zaytoun", "النجار" "najjar", "البستاني" "bustani", "الحلواني" "halwani", "الصباغ" "sabbagh", "الخياط" "khayyat", "الرمان" "rumman", "السروي" "sarwi", "القمحاوي" "qamhawi", "الغزال" "ghazal"),
    culture!(false; "नीरज" "neeraj", "अनन्या" "ananya", "रोहन" "rohan", "मीरा" "meera", "कविता" "kavita", "विवेक" "vivek", "ईशा" "isha", "अर्जुन" "arjun", "लता" "lata", "सुधीर" "sudhir";
        "चंदन" "chandan", "पलाश" "palash", "तुलसी" "tulsi", "सागर" "sagar", "पर्वत" "parvat", "कमल" "kamal", "मोती" "moti", "शंख" "shankh", "बादल" "badal", "दीपक" "deepak"),
    culture!(false; "Freya" "freya", "Søren" "soeren", "Åse" "aase", "Håkon" "haakon", "Linnéa" "linnea", "Jörgen" "joergen", "Päivi" "paeivi", "Mikko" "mikko", "Sigríður" "sigridur", "Ólafur" "olafur";
        "Bækgaard" "baekgaard", "Ødegård" "oedegaard", "Lindqvist" "lindqvist", "Mäkelä" "maekelae", "Þorsdóttir" "thorsdottir", "Bjørnsen" "bjoernsen", "Fjällström" "fjaellstroem", "Kivinen" "kivinen", "Nørskov" "noerskov", "Hagström" "hagstroem"),
    culture!(false; "Amara" "amara", "Kwame" "kwame", "Thandiwe" "thandiwe", "José" "jose", "Beatriz" "beatriz", "Siobhán" "siobhan", "Gwilym" "gwilym", "Chukwudi" "chukwudi", "Inés" "ines", "Tomás" "tomas";
        "Okonjo" "okonjo", "Mensah-Quaye" "mensahquaye", "Dlamini" "dlamini", "Peñalver" "penalver", "Figueirinha" "figueirinha", "Ó Dálaigh" "odalaigh", "Pryce-Hywel" "prycehywel", "Ezenwa" "ezenwa", "Cañizo" "canizo", "Barrowclough" "barrowclough"),
];

/// Departments.
pub static DEPARTMENTS: [&str; 8] = [
    "Cardiology",
    "Radiology",
    "Finance",
    "Pharmacy",
    "Patient Services",
    "Clinical Data",
    "Logistics",
    "People",
];

/// Job titles.
pub static JOBS: [&str; 8] = [
    "Analyst",
    "Coordinator",
    "Nurse Lead",
    "Specialist",
    "Controller",
    "Data Steward",
    "Planner",
    "Technician",
];

/// Partner organisations: name and domain.
pub static PARTNERS: [(&str, &str); 3] = [
    ("Halden Imaging", "halden-imaging.example"),
    ("Corvane Laboratories", "corvane-labs.example"),
    ("Brightmoor Logistics", "brightmoor.example"),
];

/// What somebody is going to do.
pub static TASKS: [&str; 16] = [
    "Reconcile supplier invoices",
    "Prepare the quarterly dosage audit",
    "Migrate imaging archives",
    "Review discharge letters",
    "Plan theatre capacity",
    "Clean up duplicate patient records",
    "Validate laboratory interfaces",
    "Train the new ward clerks",
    "Build the infection dashboard",
    "Close the monthly ledger",
    "Test the prescription rollout",
    "Investigate billing differences",
    "Support the night shift rota",
    "Check consent forms",
    "Coordinate device maintenance",
    "Compile waiting list figures",
];

/// For which undertaking.
pub static PROJECTS: [&str; 12] = [
    "Project Heron",
    "Project Larkspur",
    "Project Quayside",
    "the Tideway programme",
    "the Northgate clinic",
    "the Ember trial",
    "Project Saffron",
    "the winter plan",
    "the Millrace migration",
    "Project Juniper",
    "the Ashdown ward",
    "the Foxglove registry",
];

/// What an approver says.
pub static RATIONALES: [&str; 6] = [
    "Confirmed with the project lead",
    "Part of the agreed staffing plan",
    "Matches the role description",
    "Checked the ticket and the dates",
    "Needed for the work described",
    "Discussed in the weekly planning",
];

/// Texts that say nothing.
pub static EMPTY_TALK: [&str; 6] = ["access needed", "ok", "test", "as discussed", "need access", "per manager"];
