//! Evidence that verifies without us: bags, signatures, samples, sheets about the information, and their verification.
//!
//! [`compose::fill`] writes everything into a [`bag::Bag`], for a bundle and again for its verification;
//! [`verify::judge`] judges a bundle from itself, and [`signature::judge`] who signed it.

pub mod bag;
pub mod books;
pub mod campaign;
pub mod campaign_audit;
pub mod compose;
pub mod control_tests;
mod csv_file;
mod der;
pub mod facts;
pub mod named;
mod occurrences;
pub mod oscal;
pub mod passed;
pub mod population;
mod read;
mod records;
pub mod sample;
pub mod sign;
pub mod signature;
mod sorted;
pub mod table;
pub mod test_sheet;
pub mod tested;
mod ties;
pub mod timestamp;
pub mod verify;
mod words;

pub use bag::{Bag, BagError, Bagged};
pub use compose::{ComposeError, Content, Material, Part};
pub use facts::{Facts, Reader, Sampling, Tool};
pub use sign::{CheckpointSigner, SignError, Signer, checkpoint_note};
pub use signature::note_signers;
pub use verify::Judged;
