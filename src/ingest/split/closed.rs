//! Files that may hold records and are not opened: other containers and encodings, databases, and records written out as text.

use crate::ingest::gaps;
use crate::ingest::skip;

/// What may hold records and is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct Closed {
    /// What it is, and what to do.
    pub why: String,
    /// The log or collection of which its text speaks.
    pub of: Option<&'static str>,
    /// What tells that it may hold any.
    pub told: ToldBy,
}

/// What tells that a file may hold records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum ToldBy {
    /// Nobody can look into it.
    Container,
    /// Its text has their members; what people write about exports has them too, and is called so.
    Text,
    /// Nothing but its name.
    Name,
}

/// Files by their first bytes that hold whatever was put into them, what each is, and what to do.
const CONTAINERS: &[(&[u8], &str)] = &[
    (
        b"PK\x03\x04",
        "an archive inside of another one, which is not opened; unpack it and ingest what is in it",
    ),
    (
        b"PK\x05\x06",
        "an archive inside of another one, which is not opened; unpack it and ingest what is in it",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, which is not opened: unpack it, and ingest what is in it"),
    (b"Rar!\x1a\x07", "a RAR archive, which is not opened: unpack it, and ingest what is in it"),
    (b"\xfd7zXZ\0", "packed with xz, which is not opened: unpack it, and ingest what is in it"),
    (b"\x04\x22\x4d\x18", "packed with lz4, which is not opened: unpack it, and ingest what is in it"),
    (b"\x1f\x9d", "packed with compress, which is not opened: unpack it, and ingest what is in it"),
    (b"LZIP", "packed with lzip, which is not opened: unpack it, and ingest what is in it"),
    (b"MSCF\0\0\0\0", "a cabinet archive, which is not opened: unpack it, and ingest what is in it"),
    (
        b"\xff\x06\0\0sNaPpY",
        "packed with snappy, which is not opened: unpack it, and ingest what is in it",
    ),
    (b"\xff\xfe\0\0", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"\0\0\xfe\xff", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"{\0\0\0", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"[\0\0\0", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"\0\0\0{", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"\0\0\0[", "text in UTF-32, which is not opened: save it as UTF-8"),
    (b"PAR1", "a Parquet file, which is not opened: export it as JSON or CSV"),
    (b"Obj\x01", "an Avro file, which is not opened: export it as JSON"),
    (b"SQLite format", "a SQLite database, which is not opened: export its tables as CSV"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a document of an old Office, which is not opened: save each of its sheets as CSV (UTF-8)",
    ),
    (b"-----BEGIN PGP MESSAGE", "encrypted, so that it is not opened: decrypt it"),
    (b"age-encryption.org/", "encrypted, so that it is not opened: decrypt it"),
];

/// Files by their first bytes that hold no records, and what each is.
const HARMLESS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"RIFF", "a picture or a sound"),
    (b"\0\0\0\x01Bud1", "what a Mac notes of a folder"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
];

/// What a file is that holds no records of which anybody could tell, by its first bytes; `Ok` for what may hold some.
pub(super) fn by_first_bytes(bytes: &[u8]) -> Option<Result<Closed, String>> {
    let begins = |(magic, _): &&(&[u8], &str)| bytes.starts_with(magic);
    if let Some((_, what)) = HARMLESS.iter().find(begins) {
        return Some(Err(format!("{what}, no JSON")));
    }
    let container = |why: &str| {
        Some(Ok(Closed {
            why: why.into(),
            of: None,
            told: ToldBy::Container,
        }))
    };
    if let Some((_, why)) = CONTAINERS.iter().find(begins) {
        return container(why);
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return container("a tar archive, which is not opened: unpack it, and ingest what is in it");
    }
    None
}

/// What a file is that holds bytes of zero and nothing that tells of what it is.
pub(super) fn binary(bytes: &[u8]) -> Option<Closed> {
    bytes[..bytes.len().min(4096)].contains(&0).then(|| Closed {
        why: "binary, no JSON, which is not opened: nobody can tell what it holds; export it as JSON or CSV".into(),
        of: None,
        told: ToldBy::Container,
    })
}

/// How much of a text is searched.
const SEARCHED: usize = 64 << 10;

/// Members of records by the log or collection that they are of; two of one list make a record.
const MEMBERS: &[(&str, &[&str])] = &[
    (
        "audit",
        &[
            "activitydisplayname",
            "activitydatetime",
            "initiatedby",
            "targetresources",
            "loggedbyservice",
            "aadoperationtype",
        ],
    ),
    (
        "sign_ins",
        &[
            "signineventtypes",
            "conditionalaccessstatus",
            "clientappused",
            "isinteractive",
            "authenticationrequirement",
        ],
    ),
    ("requests", &["requesttype", "requestor", "completeddatetime"]),
    (
        "assignments",
        &["accesspackage", "assignmentpolicy", "expireddatetime", "accesspackageid", "assignmentstate"],
    ),
    ("groups", &["grouptypes", "securityenabled", "mailenabled"]),
    ("service_principals", &["serviceprincipaltype", "serviceprincipalnames", "approles"]),
    ("users", &["userprincipalname", "accountenabled", "usertype", "mailnickname"]),
];

/// Types of the PowerShell SDK in what `Export-Clixml` writes.
const TYPES: &[(&str, &str)] = &[
    ("graphdirectoryaudit", "audit"),
    ("graphsignin", "sign_ins"),
    ("graphaccesspackageassignmentrequest", "requests"),
    ("graphaccesspackageassignment", "assignments"),
    ("graphserviceprincipal", "service_principals"),
    ("graphgroup", "groups"),
    ("graphuser", "users"),
];

/// Records that were written out as text: as a list of members, as a table of words, as markup.
pub(super) fn dump(text: &[u8]) -> Option<Closed> {
    let lowered = String::from_utf8_lossy(&text[..text.len().min(SEARCHED)]).to_ascii_lowercase();
    if lowered.starts_with("<objs") || lowered.starts_with("#< clixml") {
        return Some(Closed {
            why: "what Export-Clixml writes, which is not opened: write it with ConvertTo-Json -Depth 10".into(),
            of: TYPES.iter().find(|(name, _)| lowered.contains(name)).map(|(_, of)| *of),
            told: ToldBy::Container,
        });
    }
    let is_markup = lowered.starts_with(['<', '{', '[', '@']);
    let of = MEMBERS.iter().find(|(_, names)| {
        let there = |name: &&&str| if is_markup { lowered.contains(**name) } else { begins_a_line(&lowered, name) };
        names.iter().filter(there).count() >= 2 || !is_markup && heads_a_table(&lowered, names)
    });
    of.map(|(of, _)| Closed {
        why: "records written out as text, which are not read: export them as JSON, with ConvertTo-Json -Depth 10".into(),
        of: Some(of),
        told: ToldBy::Text,
    })
}

/// Whether a line is a member and its value: `name : value`.
fn begins_a_line(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '"' | '\'' | '@' | '{'));
        let rest = line.strip_prefix(name).map(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']));
        rest.is_some_and(|rest| rest.starts_with([':', '=']))
    })
}

/// Whether a line names two of these, and the next one underlines them.
fn heads_a_table(text: &str, names: &[&str]) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    let words = |line: &str| line.split(|c: char| !c.is_alphanumeric()).filter(|word| names.contains(word)).count();
    let underlines = |line: &str| line.contains("--") && line.chars().all(|c| "-=+|: ".contains(c));
    words(first) >= 2 && lines.next().is_some_and(underlines)
}

/// The log of which the rows of a table speak whose columns are those of no known export.
pub(in crate::ingest) fn log_of_table<'c>(columns: &[String], rows: impl Iterator<Item = Vec<std::borrow::Cow<'c, str>>>) -> Option<&'static str> {
    /// Rows that are looked at.
    const ROWS: usize = 1000;
    /// Tables and categories, and their logs.
    const CELLS: [(&str, &str); 9] = [
        ("auditlogs", "audit"),
        ("signinlogs", "sign_ins:interactiveUser"),
        ("aadnoninteractiveusersigninlogs", "sign_ins:nonInteractiveUser"),
        ("noninteractiveusersigninlogs", "sign_ins:nonInteractiveUser"),
        ("aadserviceprincipalsigninlogs", "sign_ins:servicePrincipal"),
        ("serviceprincipalsigninlogs", "sign_ins:servicePrincipal"),
        ("aadmanagedidentitysigninlogs", "sign_ins:managedIdentity"),
        ("managedidentitysigninlogs", "sign_ins:managedIdentity"),
        ("microsoft.aadiam", "audit"),
    ];
    let of_cell = |cell: &str| {
        let cell = cell.trim();
        if cell.starts_with('{') && skip::whole(cell.as_bytes()).is_some() {
            return match gaps::whose(None, cell.as_bytes(), None) {
                gaps::Whose::Known(subject) => log_of(&subject),
                gaps::Whose::Unknown => None,
            };
        }
        CELLS.iter().find(|(name, _)| cell.eq_ignore_ascii_case(name)).map(|(_, of)| *of)
    };
    let of_row = |cells: Vec<std::borrow::Cow<'c, str>>| {
        let fits = cells.len() >= columns.len().min(2);
        cells.iter().filter(|_| fits).find_map(|cell| of_cell(cell))
    };
    rows.take(ROWS).find_map(of_row)
}

/// A log by its subject.
fn log_of(subject: &str) -> Option<&'static str> {
    let known = [
        "audit",
        "sign_ins:interactiveUser",
        "sign_ins:nonInteractiveUser",
        "sign_ins:servicePrincipal",
        "sign_ins:managedIdentity",
        "sign_ins",
    ];
    known.into_iter().find(|log| *log == subject)
}

/// What a file that is nothing in particular is, when its name says that it holds a log.
pub(super) fn by_name(why: String) -> Closed {
    Closed {
        why,
        of: None,
        told: ToldBy::Name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_written_out_as_text_are_told_from_what_is_written_about_them() {
        let list = "\n\nActivityDateTime      : 3/2/2026 9:15:30 AM\nActivityDisplayName   : Add member to group\n";
        let yaml = "- activityDateTime: '2026-03-02T09:15:30Z'\n  activityDisplayName: Add member to group\n";
        for (text, of) in [
            (list, Some("audit")),
            (yaml, Some("audit")),
            (
                "DisplayName UserPrincipalName AccountEnabled\n----------- ----------------- --------------\nAna ana@x True\n",
                Some("users"),
            ),
            ("<table><tr><th>ActivityDisplayName</th><th>InitiatedBy</th></tr></table>", Some("audit")),
            (
                "<Objs Version=\"1.1\"><T>Microsoft.Graph.PowerShell.Models.MicrosoftGraphDirectoryAudit</T>",
                Some("audit"),
            ),
            (
                "In this folder are the users, and the columns ActivityDisplayName and InitiatedBy of the log.\n",
                None,
            ),
            ("<html><body>All is well</body></html>", None),
            ("key: value\nother: value\n", None),
        ] {
            assert_eq!(dump(text.as_bytes()).and_then(|closed| closed.of), of, "{text}");
        }
    }
}
