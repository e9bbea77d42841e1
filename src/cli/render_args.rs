//! What can be typed about the files of a report: what they show of people's own words, and which CSV.

use crate::report::columns::{Csv, Forms};
use crate::report::{Audience, FreeText};
use clap::Args;

/// Flags of `report` and `run`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Show justifications and reasons in the words that people wrote; the report says that it does
    #[arg(long)]
    pub show_text: bool,
    /// Leave CSV as it is, for machines: a spreadsheet may run such text as a formula
    #[arg(long)]
    pub csv_raw: bool,
    /// Write findings.json and holdings.json too, exact like the Parquet files
    #[arg(long)]
    pub json: bool,
}

impl RenderArgs {
    /// The reader.
    pub fn audience(&self) -> Audience {
        Audience {
            mask_key: None,
            free_text: if self.show_text { FreeText::Shown } else { FreeText::Masked },
        }
    }

    /// The forms of tables.
    pub fn forms(&self) -> Forms {
        Forms {
            csv: if self.csv_raw { Csv::Raw } else { Csv::Safe },
            json: self.json,
        }
    }
}
