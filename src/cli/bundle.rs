//! `bundle`: evidence in one folder that verifies without us; `sample`: rows drawn by a seed.

use crate::campaign::{CampaignId, State, Store, TieOut, authorship};
use crate::cli::evidence_args::{BundleArgs, PrivacyArgs, SampleArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::review::{self, Answers};
use crate::cli::{output, private, timestamp};
use crate::config;
use crate::evidence::campaign_audit;
use crate::evidence::sample::{self, Frequency};
use crate::evidence::table::{Table, sha256, sha256_of_file};
use crate::evidence::tested::RemovalLimits;
use crate::evidence::{
    Bag, BagError, ComposeError, Facts, Material, Part, Sampling, Tool, books, campaign, checkpoint_note, compose, facts, named, passed, population,
};
use crate::lake::Lake;
use crate::lake::parquet_io::private_file;
use crate::model::{Instant, Window};
use crate::report::columns::{Csv, Forms};
use crate::report::privacy::{Privacy, Pseudonyms, Reader};
use crate::report::{Audience, FreeText, Review, Written};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes a bundle.
pub fn bundle(args: &BundleArgs) -> Result<Exit, Failure> {
    let signer = private::signer(&args.key)?;
    let reader = reader(&args.privacy)?;
    let key = pseudonym_key(args.privacy.pseudonym_key.as_deref().filter(|_| args.privacy.pseudonymize))?;
    let map = beside(&args.out);
    if key.is_some() && map.exists() {
        return Err(Failure::usage(format!(
            "{} is there; move it away first, it is the pseudonym map of an earlier bundle",
            map.display()
        )));
    }
    if args.assertion.as_deref().is_some_and(|who| who.trim().is_empty()) {
        return Err(Failure::usage("--assertion names nobody; write a name and a role, such as 'Ana Ruiz, CISO'"));
    }
    if args.assertion.is_some() && signer.is_none() {
        return Err(Failure::usage(
            "an assertion that nobody signs states nothing: give --sign-key or --minisign-key with --assertion",
        ));
    }
    let bag = Bag::begin(&args.out).map_err(Failure::usage)?;
    if let Some(path) = Lake::open(&open::lake_dir(&args.lake))?.view()?.damaged().first() {
        return Err(Failure::unusable(format!(
            "{path} differs from its commit, so nothing can be proved from this lake; 'vouchsafe lake verify' lists all such files"
        )));
    }
    let root = open::lake_dir(&args.lake);
    let audit = campaign_audit::audit(&root, &Lake::open(&root)?.view()?, None)?;
    if let Some(wrong) = audit.wrong.first() {
        return Err(Failure::unusable(format!(
            "{wrong}; nothing can be proved of campaigns in this lake; 'vouchsafe lake verify' lists what is wrong"
        )));
    }
    let configuration = open::configuration_text(&args.question)?;
    let mut question = open::review_of_tables(&args.lake, &args.question)?;
    let commit = question.view.commit_id().map(ToString::to_string);
    let commit = commit.ok_or_else(|| Failure::unusable("the lake has no commit, so there is nothing to prove; ingest something first"))?;
    let generated_at = stamp(&question)?;
    let lake = open::lake_dir(&args.lake);
    let campaign = args
        .campaign
        .as_deref()
        .map(|given| Store::new(&lake).resolve(given).map_err(Failure::usage))
        .transpose()?;
    let mut told = Told {
        operator: args.operator.clone(),
        command: command(args),
        generated_at: generated_at.to_string(),
        seed: args.seed.clone().unwrap_or_else(|| commit.chars().take(16).collect()),
        size: args.sample_size,
        passed: args.passed,
        campaign: campaign.map(|id| id.to_string()).unwrap_or_default(),
        assertion: args.assertion.clone().unwrap_or_default(),
        campaign_entries: None,
        reader,
        free_text: args.render.audience().free_text,
        forms: args.render.forms(),
        salt: None,
    };
    told.salt = key.as_ref().map(|_| salt(&question, &told.generated_at));
    let ending = signer.as_ref().map(|s| format!("tagmanifest-sha256.txt.{}", s.ending()));
    let filled = fill(&bag, &lake, &mut question, &configuration, &told, key.as_deref(), ending.as_deref())?;
    let Filled { facts, who } = filled;
    let comment = format!("vouchsafe bundle of commit {} as of {}", facts.commit, facts.as_of);
    let info = [
        ("Bagging-Date", facts.generated_at.chars().take(10).collect()),
        ("External-Identifier", format!("vouchsafe:{}:{}:{}", facts.tenant, facts.commit, facts.as_of)),
        (
            "External-Description",
            "Evidence of an access review in Microsoft Entra ID; begin with data/README.md".to_string(),
        ),
    ];
    let checkpoint = question.view.checkpoint();
    let kept = Lake::open(&lake)?.kept_signatures(&checkpoint);
    let note = checkpoint_note(&checkpoint, signer.as_ref(), &kept);
    let mut refused = None;
    let stamp = |manifest: &[u8]| match &args.timestamp_url {
        None => Ok(None),
        Some(address) => timestamp::ask(address, manifest).map(Some).map_err(|failure| {
            let message = failure.message.clone();
            refused = Some(failure);
            BagError::Stamp(message)
        }),
    };
    let bagged = bag.finish(&info, note, signer.as_ref(), &comment, stamp);
    let bagged = bagged.map_err(|e| refused.take().unwrap_or_else(|| Failure::usage(e)))?;
    if let Some(who) = who {
        write_private(&map, &who)?;
        output::say(&format!("{} maps pseudonyms to people; keep it apart from the bundle", map.display()));
    }
    if told.free_text == FreeText::Shown {
        output::say("the bundle shows free text unmasked (--show-text), and states it");
    }
    output::say(&format!(
        "{} files, {} bytes, commit {}, as of {}; {}",
        bagged.files,
        bagged.bytes,
        facts.commit.get(..12).unwrap_or(&facts.commit),
        facts.as_of,
        bagged.signature.map_or("not signed".to_string(), |s| format!("signed: {s}"))
    ));
    output::line(&format!("{}  tagmanifest-sha256.txt", bagged.tag_manifest));
    Ok(Exit::Done)
}

/// The moment that an output is stamped with: the fixed clock of a build, else the newest that the commit and the questions know of.
///
/// No clock is read, so that the same commit gives the same bytes.
pub fn stamp(question: &Question) -> Result<Instant, Failure> {
    let committed = question.view.log().last().and_then(|(_, commit)| Instant::parse(&commit.at));
    let known = committed.map_or(question.access.as_of, |at| at.max(question.access.as_of));
    Ok(open::fixed_clock()?.unwrap_or(known))
}

/// The salt of pseudonyms: another for each output, the same when it is made again.
pub fn salt(question: &Question, generated_at: &str) -> String {
    let commit = question.view.commit_id().unwrap_or_default();
    let digest = sha256(format!("{commit}|{}|{generated_at}", question.access.as_of));
    digest.chars().take(32).collect()
}

/// What the person who runs it decides, and nobody can work out again.
pub struct Told {
    /// Who.
    pub operator: String,
    /// The command.
    pub command: String,
    /// When.
    pub generated_at: String,
    /// Seed of samples.
    pub seed: String,
    /// Size of samples.
    pub size: Option<usize>,
    /// How many rows of what passed are listed a check; all when nothing is said.
    pub passed: Option<usize>,
    /// Campaign.
    pub campaign: String,
    /// How far its log is read; all of it when nothing is said.
    pub campaign_entries: Option<u64>,
    /// Reader.
    pub reader: Reader,
    /// Free text.
    pub free_text: FreeText,
    /// Forms of the report's tables.
    pub forms: Forms,
    /// Who states the assertion of management; empty for none.
    pub assertion: String,
    /// Salt of pseudonyms.
    pub salt: Option<String>,
}

impl Told {
    /// The reader; where people are not named, what they wrote is masked under the key.
    pub fn audience(&self, privacy: &Privacy) -> Audience {
        Audience {
            free_text: self.free_text,
            mask_key: privacy.pseudonyms.as_ref().map(Pseudonyms::mask_key),
        }
    }
}

/// What came of filling a bag.
pub struct Filled {
    /// The sheet.
    pub facts: Facts,
    /// Who is who behind pseudonyms, as CSV.
    pub who: Option<Vec<u8>>,
}

/// Fills a bag from a question: for a bundle, and again for its verification.
pub fn fill(
    bag: &Bag,
    lake: &Path,
    question: &mut Question,
    configuration: &str,
    told: &Told,
    key: Option<&[u8]>,
    signature: Option<&str>,
) -> Result<Filled, Failure> {
    // Where the configuration lay says nothing, and differs from place to place; the bundle has it as configuration.toml.
    for setting in question.config.thresholds.values_mut().filter(|s| s.origin.starts_with("configuration ")) {
        setting.origin = "configuration.toml".into();
    }
    let mut answers = Answers::of(question)?;
    let period = review::period(&question.access);
    let pseudonyms = key.zip(told.salt.as_deref()).map(|(key, salt)| Pseudonyms::new(key, salt, &question.access));
    let privacy = Privacy {
        reader: told.reader,
        pseudonyms,
    };
    let mut named = named::records(&question.access, &answers.findings, &privacy);
    let wanted = passed::Wanted {
        limit: told.passed,
        seed: &told.seed,
    };
    let mut passed = passed::write(bag, &question.access, &question.config, &answers.results, &privacy, wanted).map_err(Failure::usage)?;
    named.append(&mut passed.named);
    let (mut parts, mut limits, mut authorship) = (Vec::new(), Vec::new(), BTreeMap::new());
    if !told.campaign.is_empty() {
        let store = Store::new(lake).until(told.campaign_entries.unwrap_or(u64::MAX));
        (parts, limits, authorship) = self::parts(&store, question, &answers, told, &privacy)?;
        answers.campaigns = review::campaigns(&store, Some(&CampaignId::new(&told.campaign)), (&question.access, &question.config), &privacy)?;
    }
    if privacy.text(&told.assertion) != told.assertion {
        return Err(Failure::usage(
            "--assertion names a person of the directory, whom --pseudonymize is to cover; name a role, or leave people named",
        ));
    }
    if privacy.text(&told.operator) != told.operator {
        return Err(Failure::usage(
            "--operator names a person of the directory, whom --pseudonymize is to cover; name a role, such as 'identity team'",
        ));
    }
    privacy.access(&mut question.access);
    answers.cover(&privacy);
    let facts = Facts {
        authorship,
        ..facts_of(question, told, configuration, period)
    };
    let audience = told.audience(&privacy);
    let review = answers.review(question, audience, told.forms);
    let material = Material {
        view: &question.view,
        review: &review,
        results: &answers.results,
        configuration,
        own_checks: &question.config.own_checks,
        register: &privacy.text(&config::register_text(&question.config.exceptions)),
        facts,
        named: &named,
        privacy: &privacy,
        passed,
        parts,
        limits,
    };
    let facts = compose::fill(bag, material, signature).map_err(|e| match e {
        ComposeError::Lake(e) => e.into(),
        other => Failure::usage(other),
    })?;
    // Only now everybody was named who is named anywhere.
    let who = privacy.pseudonyms.as_ref().map(who_is_who);
    Ok(Filled { facts, who })
}

/// The map back from pseudonyms, as CSV.
pub fn who_is_who(pseudonyms: &Pseudonyms) -> Vec<u8> {
    let header = ["pseudonym", "object_id", "principal_name", "display_name", "seen_as"];
    Table::of(&header, pseudonyms.map().into_iter().map(|row| row.to_vec())).csv()
}

/// What an output says about itself, before its files are known.
fn facts_of(question: &Question, told: &Told, configuration: &str, period: Window) -> Facts {
    Facts {
        format: 1,
        tool: Tool::this(),
        operator: told.operator.clone(),
        command: told.command.clone(),
        generated_at: told.generated_at.clone(),
        tenant: question.access.tenant.to_string(),
        commit: question.view.commit_id().unwrap_or_default().to_string(),
        commit_sequence: question.view.sequence(),
        as_of: question.access.as_of.to_string(),
        time_zone: question.config.time_zone.map_or(String::new(), |zone| zone.name().to_string()),
        period_from: period.from.to_string(),
        period_until: period.until.to_string(),
        profile: question.config.profile.clone(),
        configuration_sha256: sha256(configuration),
        reader: facts::Reader {
            audience: told.reader.as_str().to_string(),
            text_shown: told.free_text == FreeText::Shown,
            pseudonym_salt: told.salt.clone(),
            csv_raw: told.forms.csv == Csv::Raw,
            json: told.forms.json,
        },
        sampling: Sampling {
            seed: told.seed.clone(),
            size: told.size,
            passed: told.passed,
        },
        campaign: told.campaign.clone(),
        authorship: BTreeMap::new(),
        assertion: told.assertion.clone(),
        outputs: Vec::new(),
    }
}

/// Writes the sheet about the information beside a report: `ipe.md` for people, `ipe.json` for machines.
pub fn sheet(question: &Question, review: &Review, written: &Written, told: &Told, configuration: &str, out: &Path) -> Result<(), Failure> {
    let mut facts = facts_of(question, told, configuration, review.period);
    for path in &written.files {
        let (hash, _) = sha256_of_file(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e))?;
        let file = path.strip_prefix(out).unwrap_or(path).to_string_lossy().into_owned();
        facts.outputs.push(compose::report_output(&file, hash, review));
    }
    facts.outputs.sort();
    let books = books::books(&question.view, &question.access.unknown_activities)?;
    let page = facts.markdown(&books, review);
    replace_private(&out.join("ipe.json"), facts.json().as_bytes())?;
    replace_private(&out.join("ipe.md"), page.as_bytes())
}

/// Parts of a campaign, what it cannot show, and how it is known who decided.
type CampaignParts = (Vec<Part>, Vec<String>, BTreeMap<String, u64>);

fn parts(store: &Store, question: &Question, answers: &Answers, told: &Told, privacy: &Privacy) -> Result<CampaignParts, Failure> {
    let state = State::load(store, &CampaignId::new(&told.campaign))?;
    let audience = told.audience(privacy);
    let balance = TieOut::new(&state, &question.access, &answers.results, &question.config)?;
    let making = campaign::Making {
        access: &question.access,
        config: &question.config,
        privacy,
        audience: &audience,
        seed: &told.seed,
        balance: &balance,
    };
    let parts = campaign::parts(store, &state, &making).map_err(Failure::usage)?;
    Ok((parts, campaign::limits(&state, privacy, &audience), authorship::grades(&state)))
}

/// The command as it is recorded: every choice, no path.
fn command(args: &BundleArgs) -> String {
    let mut text = "vouchsafe bundle --lake LAKE --out BUNDLE".to_string();
    let mut option = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(text, " {name}");
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c));
            if !plain {
                let _ = write!(text, " '{}'", value.replace('\'', "'\\''"));
            } else if !value.is_empty() {
                let _ = write!(text, " {value}");
            }
        }
    };
    let flag = |on: bool| on.then_some("");
    option("--as-of", args.question.as_of.as_deref());
    option("--config", args.question.config.as_ref().map(|_| "FILE"));
    option("--profile", args.question.profile.as_deref());
    option("--campaign", args.campaign.as_deref());
    option("--assertion", args.assertion.as_deref());
    option("--operator", Some(args.operator.as_str()).filter(|o| !o.is_empty()));
    option("--seed", args.seed.as_deref());
    option("--sample-size", args.sample_size.map(|n| n.to_string()).as_deref());
    option("--passed", args.passed.map(|n| n.to_string()).as_deref());
    option("--audience", Some(args.privacy.audience.as_str()).filter(|a| *a != "security"));
    option("--pseudonymize", flag(args.privacy.pseudonymize));
    option("--show-text", flag(args.render.show_text));
    option("--csv-raw", flag(args.render.csv_raw));
    option("--json", flag(args.render.json));
    option("--sign-key", args.key.sign_key.as_ref().map(|_| "KEY"));
    option("--minisign-key", args.key.minisign_key.as_ref().map(|_| "KEY"));
    option("--timestamp-url", args.timestamp_url.as_ref().map(|_| "URL"));
    text
}

/// The reader that is named.
pub fn reader(args: &PrivacyArgs) -> Result<Reader, Failure> {
    Reader::from_word(&args.audience).ok_or_else(|| Failure::usage(format!("--audience '{}' is nobody; use security, auditor or reviewer", args.audience)))
}

/// The key of pseudonyms.
pub fn pseudonym_key(path: Option<&Path>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let key = private::read_bytes("key of pseudonyms", path)?;
    let key = key.expose_secret();
    // A line end belongs to a text, and to no key; bytes are taken as they are.
    let key = std::str::from_utf8(key).map_or(key, |text| text.trim_end_matches(['\r', '\n']).as_bytes());
    if key.len() < 16 {
        return Err(Failure::usage(format!(
            "the key in {} is shorter than 16 bytes; make one with: openssl rand -hex 32",
            path.display()
        )));
    }
    Ok(Some(key.to_vec()))
}

/// Where the map of pseudonyms goes: beside the bundle.
pub fn beside(out: &Path) -> PathBuf {
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    out.with_file_name(format!("{name}-who-is-who.csv"))
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::io(format!("write {}", path.display()), &e);
    let mut file = private_file(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// The same over a file that may be there: a reader sees the old one or the new one.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let temp = path.with_file_name(format!(".tmp-{}", std::process::id()));
    let _ = std::fs::remove_file(&temp);
    write_private(&temp, bytes)?;
    std::fs::rename(&temp, path).map_err(|e| Failure::io(format!("write {}", path.display()), &e))
}

/// Draws a sample and prints it.
pub fn sample(args: &SampleArgs) -> Result<Exit, Failure> {
    let question = open::review_of_tables(&args.lake, &args.question)?;
    let frequency = match &args.frequency {
        None => None,
        Some(word) => Some(Frequency::from_word(word).ok_or_else(|| {
            let words: Vec<&str> = Frequency::ALL.iter().map(|(_, w, _)| *w).collect();
            Failure::usage(format!("--frequency '{word}' is not known; use {}", words.join(", ")))
        })?),
    };
    let size = args.size.or(frequency.map(Frequency::size));
    let answers = Answers::of(&question)?;
    let audience = Audience {
        free_text: FreeText::Shown,
        mask_key: None,
    };
    let wanted = |f: Frequency| size.unwrap_or(f.size());
    let limits = RemovalLimits::of(&review::thresholds(&question));
    let all = population::all(&question.access, &answers.findings, review::period(&question.access), &audience, limits, wanted);
    let drawable = || all.iter().filter(|p| p.frequency.is_some());
    let found = drawable().find(|p| p.name == args.population).ok_or_else(|| {
        let names: Vec<&str> = drawable().map(|p| p.name).collect();
        Failure::usage(format!("no population is called '{}'; use {}", args.population, names.join(", ")))
    })?;
    let commit = question.view.commit_id().unwrap_or_default();
    let seed = args.seed.clone().unwrap_or_else(|| commit.chars().take(16).collect());
    let (strata, drawn) = sample::draw(&found.members, found.frequency.map_or(0, wanted), &seed);
    let mut header = vec!["rank"];
    header.extend(&found.table.header);
    let mut rows = Vec::new();
    for d in &drawn {
        if let Some(row) = found.table.rows.iter().find(|r| r.first() == Some(&d.member.id)) {
            rows.push([vec![d.rank.clone()], row.clone()].concat());
        }
    }
    output::plain(&Table::of(&header, rows), &args.output)?;
    output::say(&format!("{}: {}", found.name, found.what));
    for s in strata {
        let back = if s.back == 0 { String::new() } else { format!(", {} periods back", s.back) };
        output::say(&format!("  {}{back}: {} of {}", s.name, s.drawn, s.population));
    }
    output::say(&format!(
        "seed {seed}; the rank of a row is sha256(seed|id), the lowest are drawn; listing SHA-256 {}",
        sha256(found.table.csv())
    ));
    Ok(Exit::Done)
}

/// An instant of the sheet.
pub fn instant(what: &str, text: &str) -> Result<Instant, Failure> {
    Instant::parse(text).ok_or_else(|| Failure::unusable(format!("the bundle's {what} '{text}' is no time")))
}
