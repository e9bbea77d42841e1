//! Invented tenants with known truth.
//!
//! `generate` writes what an administrator could have exported from a tenant, in Graph's own formats, and beside it
//! who really held what and what the checks are to find.
//! Nothing real goes in: people, company and addresses are made up, and the same configuration gives the same bytes.

pub mod clock;
pub mod dice;
mod export;
mod look;
pub mod names;
mod plant;
pub mod sample;
pub mod scene;
pub mod sign_ins;
pub mod story;
#[cfg(test)]
mod tests;
mod truth;
pub mod wire;
pub mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scene::Scene;

/// What tenant to invent.
#[derive(Clone, Debug)]
pub struct SynthConfig {
    /// How many accounts.
    pub users: u32,
    /// What all chance hangs on.
    pub seed: u64,
    /// When history begins, in seconds since 1970.
    pub start: i64,
    /// How long history is.
    pub months: u32,
    /// What is to go wrong.
    pub switches: Switches,
}

/// What is to go wrong with the export, and what is hidden in it.
#[derive(Clone, Debug)]
pub struct Switches {
    /// Records and pages come more than once, in other files and formats.
    pub duplicates: bool,
    /// Lines and pages come in another order.
    pub disorder: bool,
    /// Some pages of looks are left out.
    pub missing_pages: bool,
    /// Broken records stand between the others.
    pub malformed: bool,
    /// Logs reach back thirty days only, and looks are monthly.
    pub short_retention: bool,
    /// The directory's clock differs by up to three seconds from that of entitlement management.
    pub clock_skew: bool,
    /// Cases for the checks are planted.
    pub planted: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            duplicates: false,
            disorder: false,
            missing_pages: false,
            malformed: false,
            short_retention: false,
            clock_skew: false,
            planted: true,
        }
    }
}

impl Default for SynthConfig {
    /// A thousand people, from New Year 2025.
    fn default() -> Self {
        Self {
            users: 1000,
            seed: 1,
            start: 1_735_689_600,
            months: 14,
            switches: Switches::default(),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// Audit events, each counted once.
    pub events: u64,
    /// Assignments of packages.
    pub assignments: u64,
    /// Requests.
    pub requests: u64,
    /// Rows of truth.
    pub holdings: u64,
    /// Broken records that were added.
    pub malformed: u64,
    /// Findings to be made, by check.
    pub planted: BTreeMap<String, usize>,
}

/// Why a tenant could not be invented.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// Too small for anybody to approve anything.
    #[error("{users} users are too few: a tenant needs at least 10")]
    TooFewUsers {
        /// How many were asked for.
        users: u32,
    },
    /// Too short for anything to end.
    #[error("{months} months are too short: a history needs at least 6")]
    TooShort {
        /// How many were asked for.
        months: u32,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A record could not be encoded.
    #[error("cannot encode a record")]
    Encode(#[source] serde_json::Error),
    /// A row of truth could not be encoded.
    #[error("cannot encode a row of truth")]
    Row(#[source] csv::Error),
}

/// Invents a tenant below `out`: `export/` for the tool, `truth/` for those who test it.
pub fn generate(config: &SynthConfig, out: &Path) -> Result<Summary, SynthError> {
    let scene = Scene::new(config)?;
    let mut disk = write::Disk::new(out, &config.switches, config.seed);
    let short = config.switches.short_retention;
    let since = export::kept_since(&scene, short);
    disk.write("export/coverage.toml", export::coverage(&scene, since).as_bytes())?;

    let mut truth = truth::Truth::open(&mut disk)?;
    let mut logs = export::Logs::open(&scene, config.months, since, &disk);
    let purge = short.then_some(90 * clock::DAY);
    let mut looks: Vec<_> = scene
        .looks
        .iter()
        .map(|at| {
            let folder = format!("export/looks/{}", clock::folder_name(*at));
            look::Look::open(&scene, folder, *at, purge)
        })
        .collect();
    let mut summary = Summary::default();
    // One person at a time: memory does not grow with the tenant.
    for index in 0..scene.people() {
        let life = story::tell(&scene, index);
        summary.events += logs.take(&mut disk, &scene, &life)?;
        for look in &mut looks {
            look.take(&mut disk, &scene, &life)?;
        }
        summary.holdings += truth.take(&mut disk, &scene, &life)?;
        summary.assignments += life.assignments.len() as u64;
        summary.requests += life.requests.len() as u64;
        for planted in &life.planted {
            truth.plant(&mut disk, planted)?;
            *summary.planted.entry(planted.check.to_owned()).or_default() += 1;
        }
    }
    for planted in plant::stage_findings(&scene) {
        truth.plant(&mut disk, &planted)?;
        *summary.planted.entry(planted.check.to_owned()).or_default() += 1;
    }
    logs.close(&mut disk)?;
    looks.into_iter().try_for_each(|look| look.close(&mut disk, &scene))?;
    truth.close(&mut disk)?;
    (summary.files, summary.bytes, summary.malformed) = (disk.files, disk.bytes, disk.malformed);
    Ok(summary)
}
