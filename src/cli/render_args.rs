//! What can be typed about the files of a report: what they show of free text, which CSV, and what the title says.

use crate::report::columns::{Csv, Forms};
use crate::report::{Audience, Cover, FreeText};
use clap::Args;

/// Flags of `report` and `run`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Show justifications and decision reasons unmasked; the report states that it does
    #[arg(long)]
    pub show_text: bool,
    /// Write CSV without protection against spreadsheet formulas, for machines only
    #[arg(long)]
    pub csv_raw: bool,
    /// Write findings.json and holdings.json too, with the same values as the Parquet files
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

/// What the title of a report says of the work.
#[derive(Debug, Args)]
pub struct CoverArgs {
    /// Client or organisation that the report is for, for its title
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub client: String,
    /// Who prepared the report, for its title
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub prepared_by: String,
    /// Classification of the report, for its title and every printed page
    #[arg(long, value_name = "TEXT", default_value = Cover::CLASSIFICATION)]
    pub classification: String,
}

impl CoverArgs {
    /// The title, with the day of the report.
    pub fn cover(&self, date: String) -> Cover {
        Cover {
            client: self.client.clone(),
            prepared_by: self.prepared_by.clone(),
            date,
            classification: self.classification.clone(),
        }
    }
}
