//! `campaign …`: the life of a review, from the frozen population to the proof that removals worked.

mod adopt;
pub mod args;
mod carrier;
mod close;
mod history;
mod import;
mod life;
mod mailer;
mod moves;
mod opening;
mod remind;
mod rows;
mod sheets;
mod status;
mod verify;

use crate::campaign::{CampaignError, State, Store, plan};
use crate::cli::args::LakeArg;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use args::{ByArg, CampaignCommand, WhichArgs};

/// Runs a command of a campaign.
pub fn run(command: &CampaignCommand) -> Result<Exit, Failure> {
    match command {
        CampaignCommand::Init => {
            output::print(plan::TEMPLATE);
            Ok(Exit::Done)
        }
        CampaignCommand::Open(args) => opening::run(args),
        CampaignCommand::Status(args) => status::run(args),
        CampaignCommand::Import(args) => import::run(args),
        CampaignCommand::Reassign(args) => moves::run(args, "reassign"),
        CampaignCommand::Delegate(args) => moves::run(args, "delegate"),
        CampaignCommand::List(lake) => list(lake),
        CampaignCommand::Remind(args) => remind::run(args),
        CampaignCommand::Extend(args) => life::extend(args),
        CampaignCommand::Cancel(args) => life::cancel(args),
        CampaignCommand::Reopen(args) => life::reopen(args),
        CampaignCommand::Exceptions(args) => life::exceptions(args),
        CampaignCommand::Close(args) => close::run(args),
        CampaignCommand::Verify(args) => verify::run(args),
        CampaignCommand::Signoff(args) => verify::signoff(args),
        CampaignCommand::Adopt(args) => adopt::run(args),
    }
}

fn list(lake: &LakeArg) -> Result<Exit, Failure> {
    let store = store(lake);
    let mut rows = Vec::new();
    for id in store.ids()? {
        let state = State::load(&store, &id)?;
        let totals = state.totals(&Default::default());
        rows.push(vec![
            id.to_string(),
            state.head.opened_at.day(),
            state.due_day(),
            state.status().to_string(),
            totals.population.to_string(),
            format!("{} %", totals.completion()),
        ]);
    }
    output::print(&output::table(&["campaign", "opened", "due", "state", "items", "decided by persons"], rows));
    Ok(Exit::Done)
}

/// The campaigns of a lake.
fn store(lake: &LakeArg) -> Store {
    Store::new(&open::lake_dir(lake))
}

/// A campaign as its log leaves it.
fn load(which: &WhichArgs) -> Result<(Store, State), Failure> {
    let store = store(&which.lake);
    let id = store.resolve(&which.id)?;
    let state = State::load(&store, &id)?;
    Ok((store, state))
}

/// Who runs a command: as given, else the account of this machine.
fn operator(by: &ByArg) -> String {
    let account = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok();
    by.by.clone().or_else(account).filter(|n| !n.trim().is_empty()).unwrap_or_else(|| {
        output::say("nobody knows who runs this, and the log will say 'unknown': name yourself with --by");
        "unknown".into()
    })
}

impl From<CampaignError> for Failure {
    fn from(e: CampaignError) -> Self {
        let exit = match e {
            CampaignError::Lake(inner) => return inner.into(),
            CampaignError::Problems(_) | CampaignError::Damaged { .. } => Exit::Unusable,
            CampaignError::Identity(_) => Exit::Bug,
            CampaignError::Plan(_) | CampaignError::Missing { .. } | CampaignError::Refused(_) | CampaignError::Taken(_) => Exit::Usage,
        };
        Self { exit, message: e.to_string() }
    }
}
