//! Everything that can be typed.

use crate::cli::evidence_args::{
    BundleArgs, CheckpointArgs, HoldArgs, LakeVerifyArgs, NotaryArgs, PrivacyArgs, ProveArgs, RetainArgs, SampleArgs, SubjectArgs, VerifyArgs,
};
use crate::cli::render_args::{CoverArgs, RenderArgs};
use crate::report::forms::{FORMS, Form};
use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::sync::LazyLock;

/// Says who held which access in Microsoft Entra ID and when, whether it is still justified, and proves it
#[derive(Debug, Parser)]
#[command(name = "vouchsafe", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// The command
    #[command(subcommand)]
    pub command: Command,
    /// Print results and errors only, no progress and no hints
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Print more about what is done (can be repeated)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 findings at or above --fail-on, or no holders · 2 usage or configuration · \
3 nothing usable in the input · 4 remote refused or unreachable · 5 inconclusive · 70 internal error · 74 a file cannot be read or written";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ingest exports, run all checks and write the report
    Run(RunArgs),
    /// Ingest exports into the evidence store
    Ingest(IngestArgs),
    /// Read audit logs, sign-ins and the directory from Microsoft Graph into the evidence store
    Pull(crate::cli::pull_args::PullArgs),
    /// Show who held an entitlement at an instant or during a window
    Holders(HoldersArgs),
    /// Show what a principal held at an instant or during a window
    Holdings(HoldingsArgs),
    /// Say by which paths somebody holds something at a moment, and what would have to go to end it
    Why(crate::cli::workbench_args::WhyArgs),
    /// Say what would follow from a change: access, findings, requests of the past year
    WhatIf(crate::cli::workbench_args::WhatIfArgs),
    /// Say what happened to somebody or something, in one stream of UTC
    Timeline(crate::cli::workbench_args::TimelineArgs),
    /// Say what changed in policies, packages and catalogs, and in which windows policies asked for less
    Changes(crate::cli::workbench_args::ChangesArgs),
    /// Say who gained and lost what between two moments
    Diff(crate::cli::workbench_args::DiffArgs),
    /// Say where somebody or something occurs: as requestor, approver, reviewer, owner, resource, holder
    WhereUsed(crate::cli::workbench_args::WhereUsedArgs),
    /// Say what an approver decided, and what followed
    ApprovedBy(crate::cli::workbench_args::ApprovedByArgs),
    /// Say which file and row a record came from
    WhereFrom(crate::cli::workbench_args::WhereFromArgs),
    /// Write a page about suspects in a window: held, could activate, could approve, did, and what cannot be known
    Brief(crate::cli::workbench_args::BriefArgs),
    /// Run a statement of SQL that reads over documented views: sql --list
    Sql(crate::cli::workbench_args::SqlArgs),
    /// Ask one of the questions that come again and again; without a name, list them
    Ask(crate::cli::workbench_args::AskArgs),
    /// Run checks and print the findings
    Check(CheckArgs),
    /// Explain a check: what it tests, why, false positives, remediation, thresholds
    Explain(ExplainArgs),
    /// Show and explain the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write the report from the evidence store
    Report(ReportArgs),
    /// Run an access review: population, decisions, removals and their verification
    #[command(subcommand)]
    Campaign(crate::cli::campaign::args::CampaignCommand),
    /// Write an evidence bundle that can be verified without this program
    Bundle(BundleArgs),
    /// Verify a bundle: structure, hashes, signature, totals, and reperformance from the evidence store
    Verify(VerifyArgs),
    /// Draw a sample that others can draw again
    Sample(SampleArgs),
    /// Inspect and maintain the evidence store
    #[command(subcommand)]
    Lake(LakeCommand),
    /// Generate an invented tenant in Graph's formats, with the expected results
    Synth(SynthArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Where the lake is.
#[derive(Debug, Clone, Args)]
pub struct LakeArg {
    /// Folder of the evidence store [default: vouchsafe-lake]
    #[arg(long, value_name = "DIR", env = "VOUCHSAFE_LAKE")]
    pub lake: Option<PathBuf>,
}

/// What the questions are asked with.
#[derive(Debug, Clone, Args)]
pub struct QuestionArgs {
    /// Evaluate as of this instant (RFC 3339 UTC) [default: the newest observation]
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Configuration file [default: vouchsafe.toml when it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Threshold profile: default, hipaa, pci, cis, soc2 or sox
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Register of exceptions [default: exceptions.toml beside the configuration and beside the lake]
    #[arg(long, value_name = "FILE")]
    pub exceptions: Option<PathBuf>,
}

/// How exports are ingested.
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// Files, folders and globs, - for standard input, or az://CONTAINER/PREFIX and s3://BUCKET/PREFIX; formats are recognised by content, .gz, .zst, .bz2 and .zip are opened
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Tenant id for records that do not state it
    #[arg(long, value_name = "GUID")]
    pub tenant: Option<String>,
    /// Who signs the checkpoint of the commit.
    #[command(flatten)]
    pub notary: NotaryArgs,
    /// When the snapshots in these files were taken [default: a date in the path, else the modification time]
    #[arg(long, value_name = "TIME")]
    pub observed_at: Option<String>,
    /// Assert that the snapshots in these files are complete, so that absence is evidence
    #[arg(long)]
    pub complete: bool,
    /// Assert that the logs in these files are complete for a window, or name one: audit=FROM..UNTIL, sign_ins=FROM..UNTIL (can be
    /// repeated)
    #[arg(long, value_name = "FROM..UNTIL")]
    pub covers: Vec<String>,
    /// Order of day and month in dates such as 3/2/2026, for files in which no date shows it
    #[arg(long, value_name = "dmy|mdy")]
    pub dates: Option<crate::ingest::DateOrder>,
    /// Exit with 3 when a record was rejected
    #[arg(long)]
    pub strict: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What is ingested.
    #[command(flatten)]
    pub take: TakeArgs,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Folder for the report
    #[arg(long, value_name = "DIR", default_value = "vouchsafe-report")]
    pub out: PathBuf,
    /// What the report shows, and how.
    #[command(flatten)]
    pub render: RenderArgs,
    /// What its title says.
    #[command(flatten)]
    pub cover: CoverArgs,
    /// What of people is shown.
    #[command(flatten)]
    pub privacy: PrivacyArgs,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Exit with 1 if there is a finding of at least this severity: info, low, medium or high
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
}

/// `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// What is ingested.
    #[command(flatten)]
    pub take: TakeArgs,
    /// Report what each file is and would add to an empty evidence store, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
}

/// When.
#[derive(Debug, Args)]
pub struct WindowArgs {
    /// At this instant (RFC 3339; a date means its whole day)
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "until"])]
    pub at: Option<String>,
    /// From this instant on
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this instant
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Include access through packages and nested groups
    #[arg(long)]
    pub effective: bool,
}

/// Where results go.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write CSV without protection against spreadsheet formulas, for machines only
    #[arg(long)]
    pub csv_raw: bool,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    As(&'static dyn Form),
}

impl Format {
    /// Whether it is a form of this word.
    pub fn is(self, form: &dyn Form) -> bool {
        matches!(self, Self::As(own) if own.word() == form.word())
    }

    /// Whether it is the one for people.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table)
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Format>> = LazyLock::new(|| [Format::Table].into_iter().chain(FORMS.iter().map(|f| Format::As(*f))).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Table => PossibleValue::new("table").help("For people: the most useful columns"),
            Self::As(form) => PossibleValue::new(form.word()).help(form.about()),
        })
    }
}

/// `holders`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").multiple(false))]
pub struct HoldersArgs {
    /// An access package, by name or id
    #[arg(long, group = "what", value_name = "NAME")]
    pub package: Option<String>,
    /// A group, by name or id
    #[arg(long, group = "what", value_name = "NAME")]
    pub group: Option<String>,
    /// An application, by name, application id or service principal id
    #[arg(long, group = "what", value_name = "NAME")]
    pub app: Option<String>,
    /// A directory role, by name or id
    #[arg(long, group = "what", value_name = "NAME")]
    pub role: Option<String>,
    /// Any resource, by id: package, group, service principal or role
    #[arg(long, group = "what", value_name = "ID")]
    pub resource: Option<String>,
    /// When.
    #[command(flatten)]
    pub window: WindowArgs,
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

/// `holdings`.
#[derive(Debug, Args)]
pub struct HoldingsArgs {
    /// User, group or application: principal name, display name or object id
    pub principal: String,
    /// When.
    #[command(flatten)]
    pub window: WindowArgs,
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

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check ids [default: all]
    pub ids: Vec<String>,
    /// Print what became of findings since a commit, by its id or at least eight first letters, instead of the findings
    #[arg(long, value_name = "COMMIT")]
    pub since: Option<String>,
    /// Add what became of findings since this file was last added to, one JSON object a line, for a hook, a sender or a mailer
    #[arg(long, value_name = "FILE", conflicts_with = "ids")]
    pub notify_file: Option<PathBuf>,
    /// Run the cases of the checks of your own, instead of asking the lake; exits with 1 when one is wrong
    #[arg(long)]
    pub cases: bool,
    /// Write the findings as SARIF 2.1.0 too, for tools that show results of scanners
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// Exit with 1 if there is a finding of at least this severity: info, low, medium or high
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
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

/// `config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a commented configuration file that changes nothing: redirect it to vouchsafe.toml
    Init,
    /// Print the settings in force
    Show(ConfigShowArgs),
    /// List who is taken for what (employee, contractor, partner, guest, administrative, workload, agent, break-glass) and which packages are sensitive, and by which rule
    Classes(ClassesArgs),
}

/// `config show`.
#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    /// Say where each value comes from
    #[arg(long)]
    pub origin: bool,
    /// Which configuration.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `config classes`.
#[derive(Debug, Args)]
pub struct ClassesArgs {
    /// Only this class, such as contractor or unknown
    #[arg(long, value_name = "CLASS")]
    pub class: Option<String>,
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

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Check id [default: list all checks]
    pub id: Option<String>,
    /// Which thresholds are in force.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Folder for the report
    #[arg(long, value_name = "DIR", default_value = "vouchsafe-report")]
    pub out: PathBuf,
    /// What the report shows, and how.
    #[command(flatten)]
    pub render: RenderArgs,
    /// What its title says.
    #[command(flatten)]
    pub cover: CoverArgs,
    /// What of people is shown.
    #[command(flatten)]
    pub privacy: PrivacyArgs,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// `lake …`.
#[derive(Debug, Subcommand)]
pub enum LakeCommand {
    /// Show tables, sources with control totals, coverage and gaps, excluded records
    Status(LakeArg),
    /// Verify the hash of every file, the commit log and its checkpoints
    Verify(LakeVerifyArgs),
    /// Print the checkpoint of the commit log: whoever keeps it can detect later changes
    Checkpoint(CheckpointArgs),
    /// Prove that the commit log was only appended to since a checkpoint, or that it contains a commit
    Prove(ProveArgs),
    /// Delete partitions older than the retention policy; their hashes stay on record
    Retain(RetainArgs),
    /// Merge the small files that many ingests leave, under a commit; earlier commits can still be read
    Compact(CompactArgs),
    /// Set or release a legal hold: records of its time are not deleted
    Hold(HoldArgs),
    /// Export everything stored about one person (data subject access request)
    Subject(SubjectArgs),
    /// Print what to paste into another engine, to ask it the same views of this commit
    Connect(crate::cli::workbench_args::ConnectArgs),
    /// Write a log of another table format over the same files, so that others see what the commits name
    Export(crate::cli::workbench_args::ExportArgs),
}

/// `lake compact`.
#[derive(Debug, Args)]
pub struct CompactArgs {
    /// Where.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Who signs.
    #[command(flatten)]
    pub notary: NotaryArgs,
}

/// `synth`.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Folder to write: export/ to ingest, truth/ with the expected results
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number of people
    #[arg(long, default_value_t = 200)]
    pub users: u32,
    /// Seed: the same seed gives the same tenant
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Months of history
    #[arg(long, default_value_t = 14)]
    pub months: u32,
    /// Repeat some events and pages
    #[arg(long)]
    pub duplicates: bool,
    /// Shuffle lines, pages and files
    #[arg(long)]
    pub disorder: bool,
    /// Leave some pages out
    #[arg(long)]
    pub missing_pages: bool,
    /// Mix broken records in
    #[arg(long)]
    pub malformed: bool,
    /// Keep only the last 30 days of logs, with monthly snapshots
    #[arg(long)]
    pub short_retention: bool,
    /// Let the clocks of services differ by seconds
    #[arg(long)]
    pub clock_skew: bool,
    /// Plant no cases for the checks to find
    #[arg(long)]
    pub unplanted: bool,
    /// Write this many sign-ins and nothing else, straight into a new lake: for measuring
    #[arg(long, value_name = "NUMBER")]
    pub sign_ins: Option<u64>,
}
