//! What can go wrong with a campaign, with the place and the cure.

use crate::campaign::plan::PlanError;
use crate::lake::LakeError;

/// An error of a campaign.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The lake or the disk.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The campaign file.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No such campaign, with those there are.
    #[error("the lake has no campaign '{id}'; {known}")]
    Missing {
        /// What was asked for.
        id: String,
        /// Those there are.
        known: String,
    },
    /// What was asked cannot be done now, and why.
    #[error("{0}")]
    Refused(String),
    /// Returned files that cannot be taken, every problem.
    #[error("nothing was imported: {} problem(s)\n  {}", .0.len(), .0.join("\n  "))]
    Problems(Vec<String>),
    /// The log or a frozen file was changed from outside.
    #[error("the records of campaign {campaign} are damaged: {message}")]
    Damaged {
        /// Campaign.
        campaign: String,
        /// What does not fit.
        message: String,
    },
    /// Another command wrote at the same time.
    #[error("another command wrote to campaign {0} at the same time; run this one again")]
    Taken(String),
    /// An identity does not hold: a bug, and nothing was written.
    #[error("an identity does not hold, nothing was written: {0}")]
    Identity(String),
}
