//! Who approved, and whether anybody did.

pub(super) mod apr_01;
pub(super) mod apr_02;
pub(super) mod apr_03;
pub(super) mod apr_04;
pub(super) mod apr_05;
pub(super) mod apr_06;
pub(super) mod apr_07;
pub(super) mod apr_08;
pub(super) mod apr_09;
pub(super) mod apr_10;

use crate::check::Context;
use crate::check::policies::{Agreed, is_delivered};
use crate::ledger::access_model::RequestHistory;

/// Whether a delivered request must have been approved by somebody, as far as its policy tells, and nobody is on record.
pub(in crate::check) fn is_due(cx: &Context, story: &RequestHistory) -> bool {
    is_delivered(story) && matches!(cx.agreed(story), Agreed::Untold(_))
}
