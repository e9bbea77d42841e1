//! Why a request or a walk did not give what was asked for.

/// What stands between us and the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// No token can be had: nothing more can be asked.
    #[error("no token: {0}")]
    Token(String),
    /// Permission or licence is missing.
    #[error("refused ({status} {code}): {message}")]
    Denied {
        /// HTTP status.
        status: u16,
        /// Graph's word.
        code: String,
        /// Graph's sentence.
        message: String,
    },
    /// The object is no longer there.
    #[error("not found ({0})")]
    Gone(String),
    /// The request makes no sense to the service.
    #[error("refused ({status} {code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Graph's word.
        code: String,
        /// Graph's sentence.
        message: String,
    },
    /// Throttled again and again.
    #[error("still throttled after {0} tries")]
    Throttled(u32),
    /// It took the service too long, again and again.
    #[error("no answer in time after {0} tries")]
    Slow(u32),
    /// Reset, cut off or broken again and again.
    #[error("no whole answer after {tries} tries: {reason}")]
    Broken {
        /// Tries.
        tries: u32,
        /// The last reason.
        reason: String,
    },
    /// The skip token died: the walk must begin again.
    #[error("the service forgot where the walk was ({0})")]
    SkipTokenExpired(String),
    /// The next page is said to lie elsewhere: the token was not sent there.
    #[error("the next page is said to be at another place ({0}), to which no token was sent")]
    ForeignLink(String),
    /// The walk does not come to an end.
    #[error("the pages do not end: {0}")]
    Loop(String),
    /// The count and the rows contradict each other.
    #[error("{rows} rows came where @odata.count says {count}")]
    CountMismatch {
        /// Distinct rows.
        rows: i64,
        /// What the service says.
        count: i64,
    },
    /// A page does not tell whether it is the last one.
    #[error("{0}")]
    Doubtful(String),
    /// The disk did not take a page.
    #[error("{0}")]
    Disk(String),
    /// Somebody asked us to end.
    #[error("ended before it was read")]
    Stopped,
}

impl GraphError {
    /// Whether a smaller slice of time may do better.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Slow(_))
    }

    /// Whether beginning the walk again may do better.
    #[must_use]
    pub fn is_of_the_walk(&self) -> bool {
        matches!(
            self,
            Self::SkipTokenExpired(_) | Self::Loop(_) | Self::ForeignLink(_) | Self::CountMismatch { .. } | Self::Doubtful(_)
        )
    }

    /// Whether nothing else can be asked either.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Token(_) | Self::Disk(_) | Self::Stopped)
    }
}
