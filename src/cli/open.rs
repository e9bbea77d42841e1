//! From flags to a lake, a configuration and an access.

use crate::campaign::proof::AllowedSigner;
use crate::cli::args::{LakeArg, QuestionArgs};
use crate::cli::exit::Failure;
use crate::cli::{exceptions, own, review, select};
use crate::config::{self, Config};
use crate::lake::{Lake, View};
use crate::ledger::absence::Asked;
use crate::ledger::access_model::PackageContent;
use crate::ledger::kept::{Kept, Rows};
use crate::ledger::{AccessModel, Evidence, Ledger, LoadError, Settings};
use crate::model::{Instant, Stage};
use crate::report::TrendPoint;
use crate::views::{Base, Cache, Material, kept_contents};
use crate::{check, cli::output};
use std::path::{Path, PathBuf};

/// An access with what it was made from.
pub struct Question {
    /// The lake at its newest commit.
    pub view: View,
    /// Id of that commit, its first 12 letters.
    pub commit: String,
    /// The configuration in force.
    pub config: Config,
    /// The access.
    pub access: AccessModel,
    /// What the same checks say at earlier month ends; empty unless it was asked for.
    pub earlier: Vec<TrendPoint>,
}

/// Whether the checks are asked as of earlier month ends too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// For a review.
    Asked,
    /// For everything else.
    Left,
}

/// The clock of commits: `SOURCE_DATE_EPOCH` when it is set, so that a run can be repeated byte for byte.
pub fn now() -> Result<Instant, Failure> {
    Ok(fixed_clock()?.unwrap_or_else(|| Instant::from_chrono(chrono::Utc::now())))
}

/// The instant of `SOURCE_DATE_EPOCH`, when it is set.
pub fn fixed_clock() -> Result<Option<Instant>, Failure> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let told = text.trim().parse().ok().map(Instant::from_unix);
    let real = told.filter(|t| t.0 >= 0 && (t.is_plausible() || *t < Instant::from_unix(631_152_000)));
    match real {
        Some(at) => Ok(Some(at)),
        None => Err(Failure::usage(format!(
            "SOURCE_DATE_EPOCH '{text}' is no number of seconds since 1970 before the year 2201"
        ))),
    }
}

/// The folder of the lake.
pub fn lake_dir(arg: &LakeArg) -> PathBuf {
    arg.lake.clone().unwrap_or_else(|| PathBuf::from("vouchsafe-lake"))
}

/// The configuration: the file that is named, else `vouchsafe.toml` when it exists, else defaults; without a register.
pub fn configuration(args: &QuestionArgs) -> Result<Config, Failure> {
    let mut config = configured(configuration_path(args), args.profile.as_deref())?;
    config.own_checks = own::folder(&config)?;
    Ok(config)
}

/// The configuration with the register of exceptions, for whoever runs checks.
pub fn judging(args: &QuestionArgs, lake: &Path) -> Result<Config, Failure> {
    let mut config = configuration(args)?;
    config.exceptions = exceptions::register(args, &config, configuration_path(args), lake)?;
    Ok(config)
}

/// The configuration of a file, with the profile that is named unless it is empty, and the register that lies beside it.
pub fn configuration_of(path: &Path, profile: &str) -> Result<Config, Failure> {
    let mut config = configured(Some(path), Some(profile).filter(|p| !p.is_empty()))?;
    let folder = path.with_file_name("checks");
    config.checks = folder.is_dir().then_some(folder);
    config.own_checks = own::folder(&config)?;
    config.exceptions = exceptions::read(&exceptions::beside(path), &config)?;
    Ok(config)
}

/// The text of a file that was named.
///
/// # Errors
/// When it cannot be read.
pub fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e))
}

/// A list of allowed signers, as `ssh-keygen` reads it.
///
/// # Errors
/// When it cannot be read, with every line that is none.
pub fn signers(path: &Path) -> Result<Vec<AllowedSigner>, Failure> {
    let list = crate::campaign::proof::allowed::parse(&text(path)?);
    list.map_err(|e| Failure::usage(format!("{}: {e}", path.display())))
}

/// The text of the configuration file in force; a comment when there is none.
pub fn configuration_text(args: &QuestionArgs) -> Result<String, Failure> {
    let Some(path) = configuration_path(args) else {
        return Ok("# no configuration file: every threshold has its default\n".into());
    };
    std::fs::read_to_string(path).map_err(|e| Failure::io(format!("read the configuration {}", path.display()), &e))
}

fn configuration_path(args: &QuestionArgs) -> Option<&Path> {
    let default = Path::new("vouchsafe.toml");
    args.config.as_deref().or_else(|| default.is_file().then_some(default))
}

fn configured(path: Option<&Path>, profile: Option<&str>) -> Result<Config, Failure> {
    let thresholds = check::thresholds().iter().map(|t| (t.name, t.unit)).collect::<Vec<_>>();
    let profiles = check::profiles::PROFILES.iter().map(|p| p.name).collect::<Vec<_>>();
    let mut config = match path {
        Some(path) => config::load(path, &thresholds, &profiles).map_err(Failure::usage)?,
        None => Config::default(),
    };
    if let Some(profile) = profile {
        if !profiles.contains(&profile) {
            return Err(Failure::usage(format!(
                "profile '{profile}' is not known{}",
                config::did_you_mean(profile, &profiles)
            )));
        }
        config.profile = profile.to_string();
        config.origins.insert("profile".into(), "command line".into());
    }
    if config.profile.is_empty() {
        config.profile = "default".into();
    }
    Ok(config)
}

/// What the ledger is told beside the evidence.
pub fn settings(config: &Config, as_of: Option<Instant>) -> Settings {
    Settings {
        as_of,
        sensitive_packages: config.sensitive_packages.clone(),
        ordinary_packages: config.ordinary_packages.clone(),
    }
}

/// Opens a lake and builds its access.
pub fn question(lake: &LakeArg, args: &QuestionArgs) -> Result<Question, Failure> {
    asked(lake, args, None, Trend::Left, Source::Kept)
}

/// The same at an earlier commit, as of what was newest then.
pub fn question_before(lake: &LakeArg, args: &QuestionArgs, commit: &str) -> Result<Question, Failure> {
    let dir = lake_dir(lake);
    ask(Lake::open(&dir)?.view_at(commit)?, judging(args, &dir)?, None, Trend::Left, Source::Tables)
}

/// The same for a review, which asks as of earlier instants too.
pub fn review(lake: &LakeArg, args: &QuestionArgs) -> Result<Question, Failure> {
    asked(lake, args, None, Trend::Asked, Source::Kept)
}

/// The same for evidence, from the tables alone.
pub fn review_of_tables(lake: &LakeArg, args: &QuestionArgs) -> Result<Question, Failure> {
    asked(lake, args, None, Trend::Asked, Source::Tables)
}

/// The same at an earlier commit, by its whole id.
pub fn question_at(lake: &LakeArg, args: &QuestionArgs, commit: Option<&str>) -> Result<Question, Failure> {
    asked(lake, args, commit, Trend::Left, Source::Tables)
}

fn asked(lake: &LakeArg, args: &QuestionArgs, commit: Option<&str>, trend: Trend, source: Source) -> Result<Question, Failure> {
    let as_of = args.as_of.as_deref().map(|t| select::instant("--as-of", t)).transpose()?;
    let dir = lake_dir(lake);
    let config = judging(args, &dir)?;
    output::warn_readable(&dir);
    let lake = Lake::open(&dir)?;
    let view = match commit {
        Some(id) => lake.view_at(id)?,
        None => lake.view()?,
    };
    ask(view, config, as_of, trend, source)
}

/// What a question about holdings reads: the kept ledger, or one that is built now and kept.
pub struct Subject {
    /// Names, states and what an answer rests on; its holdings come with [`Subject::hold`].
    pub access: AccessModel,
    /// Id of the commit, its first 12 letters.
    pub commit: String,
    kept: Option<Kept>,
    effective: bool,
    /// The lake at that commit.
    pub view: View,
    /// The configuration in force.
    pub config: Config,
}

impl Subject {
    /// Whether it is read from what is kept: facts, requests and everything else are not in it then.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Fills in the holdings that a question is about, where they are not there yet.
    ///
    /// # Errors
    /// When the lake is damaged; what is kept is made again.
    pub fn hold(&mut self, asked: &Asked) -> Result<(), Failure> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let resource = |id: &str| {
            let end = if id.contains("://") { None } else { id.find(['/', '|']) };
            id[..end.unwrap_or(id.len())].to_string()
        };
        let (of, id) = match asked {
            Asked::Everything => (None, String::new()),
            Asked::Entitlement(_, id) | Asked::Resource(id) => (Some(true), resource(id)),
            Asked::Holder(id) => (Some(false), id.to_string()),
        };
        let rows = match of {
            None => Rows::All,
            Some(true) => Rows::OfResource(&id),
            Some(false) => Rows::OfPrincipal(&id),
        };
        let held = if self.effective {
            kept.hold_paths(&mut self.access, rows)
        } else {
            kept.hold(&mut self.access, rows)
        };
        if held.is_err() {
            // A folder that cannot be removed is not read again either.
            let _ = Kept::discard(&self.view);
            self.access = kept_or_built(&self.view, Evidence::load_kept)?.access(&settings(&self.config, Some(self.access.as_of)));
            self.kept = None;
        }
        Ok(())
    }
}

/// How evidence is read where nothing is kept: all of it, or what questions about holdings need.
pub type Load = fn(&View) -> Result<Evidence, LoadError>;

/// The ledger of a commit: the kept one, or one that is built now and kept for the next question.
fn kept_or_built(view: &View, load: Load) -> Result<Ledger, Failure> {
    let evidence = load(view)?;
    let built = match Kept::open(view) {
        // What is kept can be made again: a damaged one is.
        Some(kept) => match kept.ledger(evidence) {
            Ok(ledger) => return Ok(ledger),
            Err(_) => Ledger::new(load(view)?),
        },
        None => Ledger::new(evidence),
    };
    let stage = Stage::begin("ledger kept for next time");
    if let Err(e) = Kept::keep(view, &built) {
        output::say(&format!("the ledger is not kept for the next question: {e}"));
    }
    stage.yields(built.rows().len());
    Ok(built)
}

/// The ledger of a commit from its tables alone, whatever is kept: for evidence that others check.
fn from_tables(view: &View) -> Result<Ledger, Failure> {
    Ok(Ledger::new(Evidence::load(view)?))
}

/// Opens a lake for a question about holdings; paths through groups need what packages contain, too. `load` reads the evidence where no ledger is kept yet.
pub fn subject(lake: &LakeArg, args: &QuestionArgs, effective: bool, load: Load) -> Result<Subject, Failure> {
    let config = configuration(args)?;
    let as_of = args.as_of.as_deref().map(|t| select::instant("--as-of", t)).transpose()?;
    let dir = lake_dir(lake);
    output::warn_readable(&dir);
    let view = Lake::open(&dir)?.view()?;
    let commit = short_commit(&view);
    // What is kept can be made again: a damaged one is.
    let read = Kept::open(&view).and_then(|kept| {
        let mut access = kept.access(as_of).ok()?;
        if effective {
            access.contents = kept_contents_of(&view, as_of)?;
        }
        Some((access, kept))
    });
    let (access, kept) = match read {
        Some((access, kept)) => (access, Some(kept)),
        None => {
            let access = kept_or_built(&view, load)?.access(&settings(&config, as_of));
            if effective && as_of.is_none() {
                let table = Material { access: &access, view: None }.parquet(Base::Contents)?;
                // What cannot be kept is made again next time.
                let _ = Cache::of(&view).keep(Base::Contents, "", table);
            }
            (access, None)
        }
    };
    Ok(Subject {
        access,
        commit,
        kept,
        effective,
        view,
        config,
    })
}

/// The contents of packages as they were kept, which is as of the newest observation.
fn kept_contents_of(view: &View, as_of: Option<Instant>) -> Option<Vec<PackageContent>> {
    let path = Cache::of(view).find(Base::Contents, "").filter(|_| as_of.is_none())?;
    kept_contents(&path).ok()
}

fn short_commit(view: &View) -> String {
    view.commit_id().unwrap_or("none").chars().take(12).collect()
}

/// What the answer to a question rests on beside the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What was kept of earlier questions, where it is there.
    Kept,
    /// The tables of the lake alone.
    Tables,
}

/// The access model of a commit; earlier ones come first, and each is let go before the next.
pub fn ask(view: View, config: Config, as_of: Option<Instant>, trend: Trend, source: Source) -> Result<Question, Failure> {
    let commit = short_commit(&view);
    let ledger = match source {
        Source::Kept => kept_or_built(&view, Evidence::load_kept)?,
        Source::Tables => from_tables(&view)?,
    };
    let earlier = match trend {
        Trend::Asked => review::earlier(&ledger, &config, as_of),
        Trend::Left => Vec::new(),
    };
    let access = ledger.access(&settings(&config, as_of));
    Ok(Question {
        view,
        commit,
        config,
        access,
        earlier,
    })
}
