//! What a security team opens: rows as files, and one page that answers, shows and can be checked.

pub mod audience;
pub mod brief;
mod charts;
pub mod columns;
pub mod csv_text;
pub mod error;
mod folder;
pub mod open_points;
mod page;
pub mod privacy;
pub mod progress;
pub mod review;
pub mod rows;
pub mod sarif;
pub mod sheet;
pub mod test_workbook;
pub mod timeline;
mod verdicts;
mod workbook;
pub mod write;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use audience::{Audience, FreeText};
pub use error::ReportError;
pub use page::{Limit, limits};
pub use review::{CheckSummary, Cover, RejectLine, Review, ThresholdLine, TrendPoint};
pub use verdicts::Verdicts;
pub use write::{Written, write};
