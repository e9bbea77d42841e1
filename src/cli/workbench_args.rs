//! What can be typed after the commands of the workbench.

use crate::cli::args::{Format, LakeArg, OutputArgs, QuestionArgs};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use std::sync::LazyLock;

/// What a statement may cost.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitArgs {
    /// End with an error when the statement takes longer than so many seconds; 0 for no limit
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
    /// End with an error when the statement needs more memory than so many MiB; 0 for no limit
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    pub memory: u64,
}

/// `sql`.
#[derive(Debug, Args)]
#[command(
    after_help = "Views have documented columns that stay within a major version: --list, --describe VIEW. Tables of the lake are called lake_<table>. \
Exit codes: 0 done, whatever the number of rows · 2 the statement, a parameter or a limit."
)]
pub struct SqlArgs {
    /// The statement, or a file that holds it
    #[arg(required_unless_present_any = ["list", "describe"])]
    pub sql: Option<String>,
    /// List the views
    #[arg(long)]
    pub list: bool,
    /// Say what a view holds, column by column
    #[arg(long, value_name = "VIEW")]
    pub describe: Option<String>,
    /// What :NAME stands for in the statement: NAME=TEXT, NAME:time=TIME or NAME:integer=NUMBER (can be repeated)
    #[arg(long, value_name = "NAME[:TYPE]=VALUE")]
    pub param: Vec<String>,
    /// What it may cost.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `ask`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 there are rows · 1 there are none, and the log covers the window of the question · 2 usage · \
5 there are none, and that proves nothing."
)]
pub struct AskArgs {
    /// Name of the question; a list of all when none is given
    pub name: Option<String>,
    /// What its parameters stand for
    #[arg(value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Print the question's SQL instead of its answer
    #[arg(long)]
    pub show: bool,
    /// What it may cost.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// An engine to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ConnectTo {
    /// SQL for DuckDB
    Duckdb,
    /// Python for Apache Spark, Databricks, Fabric and Sail
    Spark,
    /// Power Query for Power BI and Excel
    Powerbi,
}

/// `lake connect`.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// Which engine
    #[arg(value_enum)]
    pub engine: ConnectTo,
    /// Copy the tables below the views into this folder, where the next ingest leaves them alone
    #[arg(long, value_name = "DIR")]
    pub out: Option<std::path::PathBuf>,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// A table format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportTo {
    /// Delta Lake: a log beside the files of each table
    Delta,
}

/// `lake export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which format
    #[arg(value_enum)]
    pub format: ExportTo,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
}

/// `why`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 a path is certain · 1 there is none, and that is proved · 2 usage · 5 cannot tell; what was not seen is said.")]
pub struct WhyArgs {
    /// A person, group or application: principal name, display name or object id
    pub principal: String,
    /// A package, group, application or directory role: name or id, or the key of one app role
    pub entitlement: String,
    /// At this instant (RFC 3339) [default: the instant of the questions]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `what-if`.
#[derive(Debug, Args)]
#[command(after_help = "A file names what would be changed, each as often as needed:

  [[remove]]                       # somebody loses what they hold directly
  principal = \"ana@contoso.com\"
  entitlement = \"Finance readers\"

  [[remove_role]]                  # a package no longer gives something
  package = \"Finance readers\"
  role = \"Finance share\"

  [[policy]]                       # new requests under a policy go by other rules
  policy = \"Employees\"
  approval = true
  approval_for_extension = true
  approvers = [\"manager\"]        # or names of people and groups
  approver_reason = true           # whether they must give one
  expires_after_days = 90

Exit codes: 0 something would follow · 1 nothing would · 2 usage, or a change that changes nothing.")]
pub struct WhatIfArgs {
    /// The file of changes (TOML)
    pub file: std::path::PathBuf,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Forms of a timeline.
#[derive(Debug, Clone, Copy)]
pub enum TimelineFormat {
    /// As other rows are.
    Rows(Format),
    /// JSON lines that Timesketch imports.
    Timesketch,
    /// JSON lines of OCSF 1.3.
    Ocsf,
    /// CSV with the columns of Plaso's dynamic output.
    Plaso,
}

impl ValueEnum for TimelineFormat {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<TimelineFormat>> = LazyLock::new(|| {
            let rows = Format::value_variants().iter().map(|f| TimelineFormat::Rows(*f));
            rows.chain([TimelineFormat::Timesketch, TimelineFormat::Ocsf, TimelineFormat::Plaso]).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Rows(format) => format.to_possible_value(),
            Self::Timesketch => Some(PossibleValue::new("timesketch").help("JSON lines that Timesketch imports")),
            Self::Ocsf => Some(PossibleValue::new("ocsf").help("JSON lines of OCSF 1.3")),
            Self::Plaso => Some(PossibleValue::new("plaso").help("CSV with the columns of Plaso's dynamic output")),
        }
    }
}

/// `timeline`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("about").multiple(false))]
#[command(
    after_help = "Exit codes: 0 there are entries · 1 there are none, and the log covers the window · 2 usage · 5 there are none, and that proves nothing."
)]
pub struct TimelineArgs {
    /// A person, group or application: principal name, display name or object id
    #[arg(group = "about")]
    pub principal: Option<String>,
    /// What can be held: a package, group, application or directory role, by name or id
    #[arg(long, group = "about", value_name = "NAME")]
    pub entitlement: Option<String>,
    /// What somebody decided, and what followed
    #[arg(long, group = "about", value_name = "NAME")]
    pub approver: Option<String>,
    /// An assignment policy, by name or id
    #[arg(long, group = "about", value_name = "NAME")]
    pub policy: Option<String>,
    /// From this instant on
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this instant (a date means its whole day)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Form of the entries
    #[arg(long, value_enum, default_value_t = TimelineFormat::Rows(Format::Table))]
    pub format: TimelineFormat,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub output: Option<std::path::PathBuf>,
    /// Leave CSV as it is, for machines: a spreadsheet may run such text as a formula
    #[arg(long)]
    pub csv_raw: bool,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

macro_rules! pivot {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Args)]
        pub struct $name {
            $($fields)*
            /// Where the lake is.
            #[command(flatten)]
            pub lake: LakeArg,
            /// What the questions are asked with.
            #[command(flatten)]
            pub question: QuestionArgs,
            /// Where results go.
            #[command(flatten)]
            pub output: OutputArgs,
        }
    };
}

pivot! {
    /// `changes`.
    ChangesArgs {
        /// From this instant on
        #[arg(long, value_name = "TIME")]
        pub from: Option<String>,
        /// Before this instant (a date means its whole day)
        #[arg(long, value_name = "TIME")]
        pub until: Option<String>,
        /// Show from when until when policies asked for less than before, and what was granted meanwhile
        #[arg(long)]
        pub weakened: bool,
    }
}

pivot! {
    /// `diff`.
    DiffArgs {
        /// The earlier instant (RFC 3339)
        #[arg(value_name = "TIME")]
        pub first: String,
        /// The later instant
        #[arg(value_name = "TIME")]
        pub second: String,
        /// Follow packages and nested groups to what they lead to
        #[arg(long)]
        pub effective: bool,
    }
}

pivot! {
    /// `where-used`.
    WhereUsedArgs {
        /// A person, group, application, package or role: name or id
        pub name: String,
    }
}

pivot! {
    /// `approved-by`.
    ApprovedByArgs {
        /// The approver: principal name, display name or object id
        pub approver: String,
    }
}

pivot! {
    /// `where-from`.
    WhereFromArgs {
        /// A record as evidence has it: table:id
        pub record: String,
    }
}

/// `brief`.
#[derive(Debug, Args)]
pub struct BriefArgs {
    /// Persons, groups or applications: principal name, display name or object id
    #[arg(required = true, value_name = "SUSPECT")]
    pub suspects: Vec<String>,
    /// First instant of the window (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// First instant after the window (a date means its whole day)
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// The page
    #[arg(long, value_name = "FILE", default_value = "brief.html")]
    pub output: std::path::PathBuf,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}
