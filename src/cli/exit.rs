//! Exit codes, and errors that carry their cure.

use std::fmt;

/// How a command ended: scripts rely on these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Findings at or above the limit, or nobody found.
    Found = 1,
    /// Wrong use or configuration.
    Usage = 2,
    /// Nothing usable in the input.
    Unusable = 3,
    /// A remote refused or did not answer.
    Remote = 4,
    /// The evidence does not suffice for an answer.
    CannotTell = 5,
    /// A bug.
    Bug = 70,
}

/// An error with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What, where, and what to do.
    pub message: String,
}

impl Failure {
    /// Wrong use or configuration.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    /// Nothing usable in the input.
    pub fn unusable(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Unusable,
            message: message.to_string(),
        }
    }
}

impl From<crate::lake::LakeError> for Failure {
    fn from(e: crate::lake::LakeError) -> Self {
        use crate::lake::LakeError as E;
        let exit = match e {
            E::OtherTenant { .. } | E::Format { .. } | E::Chain { .. } | E::Damaged { .. } | E::Io { what: "open", .. } => Exit::Unusable,
            _ => Exit::Usage,
        };
        Self { exit, message: e.to_string() }
    }
}

impl From<crate::ledger::LoadError> for Failure {
    fn from(e: crate::ledger::LoadError) -> Self {
        match e {
            crate::ledger::LoadError::Lake(e) => e.into(),
            crate::ledger::LoadError::Engine(e) => Self {
                exit: Exit::Bug,
                message: e.to_string(),
            },
        }
    }
}
