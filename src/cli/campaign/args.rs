//! What can be typed after `campaign`.

use crate::cli::args::{LakeArg, OutputArgs, QuestionArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `campaign …`.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Print a commented campaign file that opens as it stands
    Init,
    /// Freeze a population and write the work sheets of its reviewers; prints the campaign's id
    Open(OpenArgs),
    /// Show the progress of a campaign by reviewer, stage and package
    Status(StatusArgs),
    /// Import returned sheets: valid rows are recorded, the others are listed
    Import(ImportArgs),
    /// Write reminders to reviewers with open decisions, by the schedule of the campaign file
    Remind(RemindArgs),
    /// Reassign items to another reviewer
    Reassign(MoveArgs),
    /// Delegate one's own items to another reviewer
    Delegate(MoveArgs),
    /// Close a campaign: apply the default for no response, assess the reviews, list the drift, write the removal plan
    Close(CloseArgs),
    /// Extend the deadline; the reason is recorded
    Extend(ExtendArgs),
    /// Cancel a campaign: nothing is carried out, and the reason is recorded
    Cancel(ReasonArgs),
    /// Reopen a closed campaign; items without a response are undecided again
    Reopen(ExtendArgs),
    /// List all exceptions granted by campaigns, with end date and outcome
    Exceptions(ExceptionsArgs),
    /// Verify removals: the outcome of every revocation by later evidence
    Verify(VerifyArgs),
    /// Record that management acknowledges the result
    Signoff(SignoffArgs),
    /// Adopt the decisions of an Entra access review as a campaign; prints its id
    Adopt(AdoptArgs),
    /// List campaigns
    List(LakeArg),
}

/// Which campaign, and who asks.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// The campaign's id, the beginning of it, or its name: then the newest of the series
    pub id: String,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
}

/// Who runs a command that is recorded.
#[derive(Debug, Args)]
pub struct ByArg {
    /// Who runs this command: principal name or object id [default: the account of this machine]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `campaign open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// The campaign file; 'vouchsafe campaign init' prints one
    pub file: PathBuf,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Folder of the work sheets: DIR/CAMPAIGN/REVIEWER/
    #[arg(long, value_name = "DIR", default_value = "vouchsafe-campaigns")]
    pub out: PathBuf,
    /// The keys that count from the beginning: one that is named later, with a file that came back, proves less.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Open although sources are too old or reviewers have no working account; the reason is recorded
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "no reason given")]
    pub force: Option<String>,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who opens it.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Where results go; csv and jsonl give a row for each item.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Also write the page of the campaign: charts, reviewers, proofs, history
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// How it is proved who wrote something.
#[derive(Debug, Args)]
pub struct ProofArgs {
    /// Keys that people sign with, in the format of ssh-keygen's allowed_signers [default: those of the opening]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// DNS records of DKIM keys, fetched beforehand, to check the signatures of mails with [default: those of the opening]
    #[arg(long, value_name = "FILE")]
    pub dkim_keys: Option<PathBuf>,
}

/// `campaign import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Returned sheets, or mails with one attached; a signature FILE.sig that lies beside a sheet is its proof
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The reviewer whose decisions these are, by folder name [default: whom each file's own sheet names]
    #[arg(long = "as", value_name = "REVIEWER")]
    pub reviewer: Option<String>,
    /// The campaign [default: the one that the files name]
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,
    /// Take a file once more although later entries replaced its decisions
    #[arg(long)]
    pub again: bool,
    /// Take decisions that are older than those on record
    #[arg(long)]
    pub older: bool,
    /// Take nothing at all when one row cannot be taken
    #[arg(long)]
    pub all_or_nothing: bool,
    /// Say what would be taken, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Which of two numbers of a date is the day, where it could be either: dmy (Europe) or mdy (United States)
    #[arg(long, value_name = "ORDER", value_parser = ["dmy", "mdy"])]
    pub dates: Option<String>,
    /// How it is proved who decided.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Who imports.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign remind`.
#[derive(Debug, Args)]
pub struct RemindArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Folder of the messages [default: the folder of the sheets]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Say who would be reminded, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who reminds.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign reassign` and `campaign delegate`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// From which reviewer, by folder name
    #[arg(long, value_name = "REVIEWER")]
    pub from: String,
    /// To whom: a reviewer's folder name, a principal name or an object id
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Items by id; all that are open when none is given (can be repeated)
    #[arg(long = "item", value_name = "ITEM")]
    pub items: Vec<String>,
    /// Why; it is recorded
    #[arg(long)]
    pub reason: String,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who moves them.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Folder of the results [default: the folder of the sheets]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Close before the end; the reason is recorded
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "no reason given")]
    pub force: Option<String>,
    /// Let no response remove access also where an item had no reviewer; it is recorded
    #[arg(long)]
    pub remove_without_reviewer: bool,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who closes it.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign cancel`.
#[derive(Debug, Args)]
pub struct ReasonArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Why; it is recorded
    #[arg(long)]
    pub reason: String,
    /// Who does it.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign extend` and `campaign reopen`.
#[derive(Debug, Args)]
pub struct ExtendArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// The new end: RFC 3339, or a date, which means the end of that day, UTC
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Why; it is recorded
    #[arg(long)]
    pub reason: String,
    /// Who does it.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign exceptions`.
#[derive(Debug, Args)]
pub struct ExceptionsArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// `campaign verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who verifies.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign signoff`.
#[derive(Debug, Args)]
pub struct SignoffArgs {
    /// Which campaign.
    #[command(flatten)]
    pub which: WhichArgs,
    /// The manager who signs off
    #[arg(long, value_name = "NAME")]
    pub manager: String,
    /// The statement that is signed off
    #[arg(long)]
    pub statement: String,
    /// Signature of the sign-off sheet by ssh-keygen -Y sign, or the mail it came in
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// How it is proved who signs.
    #[command(flatten)]
    pub keys: ProofArgs,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who records it.
    #[command(flatten)]
    pub by: ByArg,
}

/// `campaign adopt`.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// Id of the review instance in Entra
    pub instance: String,
    /// Take the decisions from a review history that was downloaded from the portal, instead of the lake
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Whether the day (dmy) or the month (mdy) comes first in dates such as 3/2/2026 of that file, where it does not tell it itself
    #[arg(long, value_name = "ORDER")]
    pub dates: Option<crate::ingest::DateOrder>,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Who adopts it.
    #[command(flatten)]
    pub by: ByArg,
}
