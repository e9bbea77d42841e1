//! Which steps the life of a campaign allows: a log that tells of others was not written by this program.

use crate::campaign::log::{DecidedBy, LogEvent};
use crate::campaign::state::State;

impl State {
    /// That a step may come next.
    ///
    /// # Errors
    /// In words, what does not fit.
    pub(super) fn allows(&self, sequence: u64, event: &LogEvent) -> Result<(), String> {
        let (closed, cancelled, signed) = (self.closing.is_some(), self.cancelled.is_some(), !self.signed.is_empty());
        let refused = |what: &str| Err(format!("entry {sequence} of the log {what}: no command writes that"));
        let by_silence = matches!(event, LogEvent::Decided(d) if d.by == DecidedBy::NoResponse) && self.head.entra_instance.is_none();
        if self.silence_open && !by_silence && !matches!(event, LogEvent::Closed { .. }) {
            return refused("follows no response that no close had applied");
        }
        match event {
            LogEvent::Opened { .. } if sequence > 1 => refused("opens the campaign again"),
            LogEvent::Issued { .. }
            | LogEvent::Joined { .. }
            | LogEvent::Imported(_)
            | LogEvent::Moved(_)
            | LogEvent::Extended { .. }
            | LogEvent::Decided(_)
            | LogEvent::Closed { .. }
                if closed || cancelled =>
            {
                refused(if cancelled {
                    "changes a cancelled campaign"
                } else {
                    "changes a closed campaign"
                })
            }
            LogEvent::Reopened { .. } if !closed || cancelled || signed => refused("opens again what was not closed, or was cancelled or signed off"),
            LogEvent::Cancelled { .. } if cancelled || signed => refused("cancels what was cancelled or signed off"),
            LogEvent::Verified { .. } | LogEvent::SignedOff { .. } if !closed => refused("judges a campaign that is not closed"),
            LogEvent::Decided(d) if by_silence => {
                let decided = self.position(&d.item).is_some_and(|i| self.effective_decision(i).is_some());
                if decided { refused("lets no response overrule a decision") } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}
