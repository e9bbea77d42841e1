//! `campaign import`: returned files to decisions.

use super::args::{ImportArgs, ProofArgs};
use super::{mailer, operator, sheets, store};
use crate::campaign::contradiction::{Contradiction, contradictions};
use crate::campaign::dates::DateOrder;
use crate::campaign::import::{ImportResult, Operator, SubmittedSheet, judge};
use crate::campaign::log::LogEvent;
use crate::campaign::{CampaignError, Proof, ReturnedSheet, Reviewer, ReviewerKey, State, proof};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::report::sheet::returned;
use std::path::Path;

/// Takes files in.
pub fn run(args: &ImportArgs) -> Result<Exit, Failure> {
    let (mut files, unread) = read(&args.files, args.all_or_nothing)?;
    let store = store(&args.lake);
    let id = store.resolve(&campaign(args, &files)?)?;
    let operator = Operator {
        name: operator(&args.by),
        reviewer: args.reviewer.as_deref().map(ReviewerKey::new),
        again: args.again,
        older: args.older,
        all_or_nothing: args.all_or_nothing,
        dates: args.dates.as_deref().and_then(DateOrder::from_word),
        now: open::now()?,
    };
    // Another command may write between reading and writing: then everything is judged again.
    for attempt in 0.. {
        let mut state = State::load(&store, &id)?;
        if let Some(wanted) = operator.reviewer.as_ref().filter(|k| !state.reviewers.contains_key(*k)) {
            let known: Vec<&str> = state.reviewers.keys().map(ReviewerKey::as_str).collect();
            return Err(Failure::usage(format!(
                "no reviewer of {id} is called '{wanted}'{}",
                crate::config::did_you_mean(wanted.as_str(), &known)
            )));
        }
        if state.must_be_open().is_ok() && !args.dry_run {
            sheets::finish(&store, &state)?;
        }
        let mut refused = unread.clone();
        refused.extend(prove(args, &state, &operator, &mut files)?);
        let proved: Vec<SubmittedSheet> = files.iter().filter(|f| f.proved).map(|f| f.incoming.clone()).collect();
        if !refused.is_empty() && (args.all_or_nothing || proved.is_empty()) {
            return Err(CampaignError::Problems(refused).into());
        }
        let mut taken = judge(&state, &proved, &operator)?;
        taken.refused.splice(0..0, refused);
        let now = operator.now;
        state.apply_all(&taken.events, now)?;
        if args.dry_run {
            told(&taken, &state, files.len(), &operator.name);
            output::say("dry run: nothing was recorded");
            return Ok(Exit::Done);
        }
        let issues = state.issues();
        state.apply_all(&issues, now)?;
        taken.events.extend(issues.iter().cloned());
        // Kept before they are named: a file without an entry harms nobody, an entry without its file does.
        for file in files.iter().filter(|f| names(&taken.events, &f.incoming.sheet.sha256)) {
            store.keep(&id, &file.bytes)?;
            if let Some(signature) = &file.signature {
                store.keep(&id, signature)?;
            }
            if let Proof::Email { keys_sha256, .. } = &file.incoming.proof
                && !keys_sha256.is_empty()
            {
                store.keep(&id, file.keys.as_bytes())?;
            }
        }
        match store.append(&id, &state.tail, &taken.events, now, &operator.name) {
            Err(CampaignError::Taken(_)) if attempt < 50 => continue,
            other => state.tail = other?,
        }
        sheets::write_issued(&store, &state, &issues)?;
        sheets::write_seconds(&store, &state, &taken.events)?;
        told(&taken, &state, files.len(), &operator.name);
        if taken.changed > 0 && now > state.due_at {
            output::say(&format!("imported after the end, {}", state.due()));
        }
        let Some(out) = sheets::remembered(&store, &id) else {
            return Ok(Exit::Done);
        };
        let outcomes = mailer::second_openings((&store, &mut state), now, &out, &operator.name)?;
        if outcomes.done > 0 {
            output::say(&format!(
                "{} letters about the second stage in {}",
                outcomes.done,
                out.join(id.as_str()).display()
            ));
        }
        return Ok(outcomes.exit());
    }
    Ok(Exit::Done)
}

/// Whether the entries of an import name a file.
fn names(events: &[LogEvent], sha256: &str) -> bool {
    events.iter().any(|e| matches!(e, LogEvent::Imported(record) if record.sha256 == sha256))
}

/// What was taken, and every row that was not, once.
fn told(taken: &ImportResult, state: &State, files: usize, by: &str) {
    for row in &taken.refused {
        output::say(&format!("not taken: {row}"));
    }
    for note in &taken.notes {
        output::say(&format!("note: {note}"));
    }
    let confirmed = match taken.confirmed {
        0 => String::new(),
        n => format!(", {n} are confirmed at a later time or by a better proof"),
    };
    output::say(&format!(
        "{files} files: {} rows decided, {} left empty, {} not taken; {} decisions are new or changed{confirmed}",
        taken.decided,
        taken.empty,
        taken.refused.len(),
        taken.changed
    ));
    if !taken.events.is_empty() {
        output::say(&format!("imported by {by}"));
    }
    for c in contradictions(state).iter().filter(|c| touched(&taken.events, state, c)) {
        output::say(&format!("contradiction: {}", c.message));
    }
    output::say(&super::status::sentence(&state.totals(&Default::default())));
}

/// Whether a contradiction has to do with what was just decided.
fn touched(events: &[LogEvent], state: &State, c: &Contradiction) -> bool {
    let items = [&state.items[c.package].id, &state.items[c.given].id];
    events.iter().any(|e| matches!(e, LogEvent::Decided(d) if items.contains(&&d.item)))
}

/// The campaign that is named, else the one that the files name.
fn campaign(args: &ImportArgs, files: &[File]) -> Result<String, Failure> {
    if let Some(id) = &args.campaign {
        return Ok(id.clone());
    }
    let named = files.iter().find_map(|f| column(&f.incoming.sheet, "campaign_id"));
    named.filter(|n| !n.is_empty()).ok_or_else(|| Failure {
        exit: Exit::Unusable,
        message: "no file names its campaign in the column campaign_id; take the sheet that was given out, or give --campaign ID".into(),
    })
}

/// A file with what it proves.
struct File {
    path: std::path::PathBuf,
    bytes: Vec<u8>,
    mail: bool,
    proved: bool,
    signature: Option<Vec<u8>>,
    /// Records of mail domains with which a mail was checked.
    keys: String,
    incoming: SubmittedSheet,
}

/// Reads every file, whatever program saved it; signatures are proofs, not sheets.
///
/// A file that cannot be read is told, and does not keep the others from being taken.
fn read(paths: &[std::path::PathBuf], all_or_nothing: bool) -> Result<(Vec<File>, Vec<String>), Failure> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in paths.iter().filter(|p| !is_signature(p)) {
        let name = path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
        // Sheets of several reviewers have one name: the folder tells them apart.
        let folder = path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().to_string());
        let shown = folder.map_or(name.clone(), |f| format!("{f}/{name}"));
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) => {
                problems.push(format!("cannot read {}: {e}", path.display()));
                continue;
            }
        };
        match returned::read(&shown, &bytes) {
            Ok(back) => files.push(File {
                path: path.clone(),
                bytes,
                mail: back.as_sent,
                proved: true,
                signature: None,
                keys: String::new(),
                incoming: SubmittedSheet {
                    sheet: back.sheet,
                    proof: Proof::OperatorAsserted,
                },
            }),
            Err(e) => problems.push(e.to_string()),
        }
    }
    if files.is_empty() && problems.is_empty() {
        problems.push("signatures alone were given; give the sheets that they sign".into());
    }
    if problems.is_empty() || !(files.is_empty() || all_or_nothing) {
        Ok((files, problems))
    } else {
        Err(CampaignError::Problems(problems).into())
    }
}

fn is_signature(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("sig"))
}

/// Finds the proof of each file: the mail itself, or the signature beside it; tells those whose proof is wrong.
fn prove(args: &ImportArgs, state: &State, operator: &Operator, files: &mut [File]) -> Result<Vec<String>, Failure> {
    let keys = Keys::read(&args.proof)?;
    let mut problems = Vec::new();
    for file in files {
        let sheet = column(&file.incoming.sheet, "sheet_sha256").unwrap_or_default();
        let key = state.issued.get(&sheet).map(|(key, _)| key.clone()).or_else(|| operator.reviewer.clone());
        let Some(reviewer) = key.and_then(|k| state.reviewers.get(&k)) else {
            continue;
        };
        let mut beside = file.path.clone().into_os_string();
        beside.push(".sig");
        let beside = std::path::PathBuf::from(beside);
        let proof = if file.mail {
            file.keys = keys.dkim.as_ref().map(|k| k.text().to_string()).unwrap_or_default();
            proof::by_mail(&file.bytes, keys.dkim.as_ref(), reviewer).map_err(|e| e.to_string())
        } else if beside.is_file() {
            file.signature = std::fs::read(&beside).ok();
            keys.signature(&file.bytes, &beside, reviewer)
        } else {
            Ok(Proof::OperatorAsserted)
        };
        match proof {
            Ok(proof) => (file.incoming.proof, file.proved) = (proof, true),
            Err(e) => {
                file.proved = false;
                problems.push(format!("{}: {e}", file.incoming.sheet.file));
            }
        }
    }
    Ok(problems)
}

/// The first filled cell of a column.
fn column(sheet: &ReturnedSheet, name: &str) -> Option<String> {
    let place = sheet.columns.iter().position(|c| c.trim() == name)?;
    sheet.rows.iter().find_map(|r| r.cells.get(place)).map(|c| c.trim().to_string())
}

/// What proofs are checked with.
pub struct Keys {
    allowed: Option<String>,
    /// Keys of mail domains.
    pub dkim: Option<proof::DnsKeys>,
}

impl Keys {
    /// Reads the files of the command line.
    pub fn read(args: &ProofArgs) -> Result<Self, Failure> {
        let text = |path: &std::path::PathBuf| std::fs::read_to_string(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e));
        let dkim = args.dkim_keys.as_ref().map(text).transpose()?;
        Ok(Self {
            allowed: args.allowed_signers.as_ref().map(text).transpose()?,
            dkim: dkim.map(|t| proof::DnsKeys::parse(&t)).transpose().map_err(Failure::usage)?,
        })
    }

    /// The proof of a signature file over some bytes.
    pub fn signature(&self, bytes: &[u8], signature: &Path, reviewer: &Reviewer) -> Result<Proof, String> {
        let Some(allowed) = &self.allowed else {
            return Err(format!("{} is there and cannot be checked without --allowed-signers FILE", signature.display()));
        };
        let text = std::fs::read(signature).map_err(|e| format!("cannot read {}: {e}", signature.display()))?;
        let now = open::now().map_err(|f| f.message)?;
        proof::by_signature(bytes, &text, allowed, reviewer, now).map_err(|e| e.to_string())
    }
}
