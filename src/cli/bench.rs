//! From a lake to what the workbench reads: names at once, tables that are kept, and the whole access model only where it must be made.

use crate::cli::args::{LakeArg, QuestionArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Source, Subject, Trend};
use crate::cli::{output, select};
use crate::config::Config;
use crate::engine::sql::{Sql, SqlError};
use crate::ledger::absence::Asked;
use crate::ledger::{AccessModel, Evidence};
use crate::model::Instant;
use crate::views::{self, Base, Cache, Material, Place, ViewError};
use crate::workbench::findings;
use std::path::PathBuf;

impl From<ViewError> for Failure {
    fn from(e: ViewError) -> Self {
        match e {
            ViewError::Lake(e) => e.into(),
            ViewError::Sql(e) => e.into(),
            ViewError::Bug(message) => Self { exit: Exit::Bug, message },
        }
    }
}

impl From<SqlError> for Failure {
    fn from(e: SqlError) -> Self {
        Self::usage(e)
    }
}

/// A lake on the workbench.
pub struct Bench {
    /// Names, states and what answers rest on; all holdings where the ledger was made just now.
    pub subject: Subject,
    whole: Option<AccessModel>,
    cache: Cache,
    as_of: Option<Instant>,
    lake: PathBuf,
    args: QuestionArgs,
    /// The configuration with what was accepted, once findings are asked for.
    judging: Option<Config>,
}

/// Tables that cost more than a walk over the access model: made when a statement needs them.
const COSTLY: [Base; 3] = [Base::Holders, Base::Records, Base::Findings];

impl Bench {
    /// Opens a lake.
    pub fn open(lake: &LakeArg, args: &QuestionArgs) -> Result<Self, Failure> {
        let as_of = args.as_of.as_deref().map(|t| select::instant("--as-of", t)).transpose()?;
        let subject = open::subject(lake, args, false, Evidence::load_kept)?;
        // What is kept is as of the newest observation.
        let cache = if as_of.is_some() { Cache::none() } else { Cache::of(&subject.view) };
        Ok(Self {
            lake: open::lake_dir(lake),
            args: args.clone(),
            judging: None,
            subject,
            whole: None,
            cache,
            as_of,
        })
    }

    /// Names, states and what answers rest on.
    #[must_use]
    pub fn access(&self) -> &AccessModel {
        &self.subject.access
    }

    /// The whole access model, with facts, requests and everything else.
    pub fn whole(&mut self) -> Result<&AccessModel, Failure> {
        if self.subject.is_kept() && self.whole.is_none() {
            let question = open::ask(self.subject.view.clone(), self.subject.config.clone(), self.as_of, Trend::Left, Source::Kept)?;
            self.whole = Some(question.access);
        }
        Ok(self.whole.as_ref().unwrap_or(&self.subject.access))
    }

    /// The access model with all holdings and with the contents of packages, from what is kept where it is.
    pub fn paths(&mut self) -> Result<&AccessModel, Failure> {
        if !self.subject.is_kept() || self.as_of.is_some() {
            return self.whole();
        }
        let Place::File(path) = self.place(Base::Contents)? else {
            return self.whole();
        };
        let contents = views::kept_contents(&path)?;
        self.subject.hold(&Asked::Everything)?;
        self.subject.access.contents = contents;
        Ok(&self.subject.access)
    }

    /// What a table depends on beside the commit.
    fn key(&mut self, base: Base) -> Result<String, Failure> {
        if base != Base::Findings {
            return Ok(String::new());
        }
        if self.judging.is_none() {
            self.judging = Some(open::judging(&self.args, &self.lake)?);
        }
        Ok(self.judging.as_ref().map(findings::key).unwrap_or_default())
    }

    /// Where a table below the views lies; it is made where it is not kept.
    pub fn place(&mut self, base: Base) -> Result<Place, Failure> {
        let key = self.key(base)?;
        if let Some(path) = self.cache.find(base, &key) {
            return Ok(Place::File(path));
        }
        let place = self.make(base)?;
        let kept = matches!(place, Place::File(_));
        let rest = Base::ALL.iter().filter(|b| kept && !COSTLY.contains(b));
        for other in rest.copied().collect::<Vec<_>>() {
            if self.cache.find(other, "").is_none() {
                self.make(other)?;
            }
        }
        Ok(place)
    }

    fn make(&mut self, base: Base) -> Result<Place, Failure> {
        let key = self.key(base)?;
        let (view, config) = (self.subject.view.clone(), self.judging.clone().unwrap_or_default());
        let access = self.whole()?;
        let parquet = match base {
            Base::Findings => findings::parquet(access, &config)?,
            other => Material { access, view: Some(&view) }.parquet(other)?,
        };
        Ok(self.cache.keep(base, &key, parquet))
    }

    /// Everything that a statement needs.
    pub fn sql(&mut self, statement: &str) -> Result<Sql, Failure> {
        let view = self.subject.view.clone();
        views::open(&views::needs(statement), Some(&view), &mut |base| self.place(base))
    }

    /// Says what every answer rests on.
    pub fn say(&self) {
        output::say(&format!("as of {}, commit {}", self.access().as_of, self.subject.commit));
    }
}
