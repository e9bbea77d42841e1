//! Exit codes, and errors that carry their cure.

use std::{fmt, io};

/// How a command ended: scripts rely on these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Findings at or above the limit, or no holders.
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
    /// A file could not be read or written: disk full, permission denied, a broken device (`EX_IOERR` of sysexits.h).
    Io = 74,
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

    /// A file could not be read or written; `what` goes on after "cannot".
    ///
    /// A name that leads nowhere is a mistake on the command line, everything else one of the system.
    pub fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Self {
            exit: exit_of(error),
            message: format!("cannot {what}: {error}"),
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

fn exit_of(error: &io::Error) -> Exit {
    use io::ErrorKind as K;
    match error.kind() {
        K::NotFound | K::AlreadyExists | K::NotADirectory | K::IsADirectory | K::InvalidInput | K::InvalidFilename => Exit::Usage,
        _ => Exit::Io,
    }
}

impl From<crate::lake::LakeError> for Failure {
    fn from(e: crate::lake::LakeError) -> Self {
        use crate::lake::LakeError as E;
        let exit = match &e {
            E::Io { source, .. } => exit_of(source),
            E::OtherTenant { .. } | E::Format { .. } | E::Chain { .. } | E::Damaged { .. } => Exit::Unusable,
            _ => Exit::Usage,
        };
        Self { exit, message: e.to_string() }
    }
}

impl From<crate::report::ReportError> for Failure {
    fn from(e: crate::report::ReportError) -> Self {
        use crate::report::ReportError as E;
        let exit = match &e {
            E::Io { source, .. } => exit_of(source),
            // What was read is drawn and encoded by our own rules: where that fails, they are wrong.
            E::Encode { .. } | E::Chart { .. } | E::Page(_) => Exit::Bug,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_nowhere_is_usage_and_a_full_disk_is_not() {
        for (kind, exit) in [
            (io::ErrorKind::NotFound, Exit::Usage),
            (io::ErrorKind::IsADirectory, Exit::Usage),
            (io::ErrorKind::StorageFull, Exit::Io),
            (io::ErrorKind::PermissionDenied, Exit::Io),
        ] {
            let source = io::Error::from(kind);
            assert_eq!(Failure::io("write x", &source).exit, exit, "{kind}");
            let lake = crate::lake::LakeError::Io {
                what: "write",
                path: "x".into(),
                source,
            };
            assert_eq!(Failure::from(lake).exit, exit, "{kind}");
        }
    }
}
