//! What can be typed about proof: checkpoints, bundles, samples and their verification.

use crate::cli::args::{LakeArg, OutputArgs, QuestionArgs};
use crate::cli::render_args::RenderArgs;
use clap::Args;
use std::path::PathBuf;

/// With which key to sign.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("key").multiple(false))]
pub struct KeyArgs {
    /// Sign with this OpenSSH private key (ed25519 or ecdsa-p256); `ssh-keygen -Y verify` checks it
    #[arg(long, value_name = "OPENSSH_PRIVATE_KEY", group = "key")]
    pub sign_key: Option<PathBuf>,
    /// Sign with this minisign secret key; `minisign -V` checks it
    #[arg(long, value_name = "FILE", group = "key")]
    pub minisign_key: Option<PathBuf>,
    /// File with the passphrase of the key [default: the variable VOUCHSAFE_PASSPHRASE]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Who signs the checkpoints of new commits.
#[derive(Debug, Args)]
pub struct NotaryArgs {
    /// Sign the checkpoint of each commit with this ed25519 key (OpenSSH or minisign), as a note that others can keep
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_CHECKPOINT_KEY")]
    pub checkpoint_key: Option<PathBuf>,
}

/// `lake verify`.
#[derive(Debug, Args)]
pub struct LakeVerifyArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Verify checkpoint signatures with this allowed-signers file of ssh-keygen
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// A checkpoint that somebody else keeps: the log must still begin with what it is of
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// `lake checkpoint`.
#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Number of commits that it covers [default: all]
    #[arg(long, value_name = "N")]
    pub size: Option<u64>,
    /// With which key to sign it, as a note; ed25519 only.
    #[command(flatten)]
    pub key: KeyArgs,
}

/// `lake prove`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("of").required(true).multiple(false))]
pub struct ProveArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Prove that the log was only appended to since this checkpoint
    #[arg(long, value_name = "CHECKPOINT", group = "of")]
    pub old: Option<PathBuf>,
    /// Prove that this commit is in the log, by its id or first eight letters
    #[arg(long, value_name = "ID", group = "of")]
    pub commit: Option<String>,
}

/// What an output shows of people.
#[derive(Debug, Args)]
pub struct PrivacyArgs {
    /// Distribution: security (every column), auditor (no individual sign-ins), reviewer (what is needed to decide)
    #[arg(long, value_name = "WHO", default_value = "security")]
    pub audience: String,
    /// Replace people by keyed pseudonyms; the pseudonym map is written beside the output, never into it
    #[arg(long, requires = "pseudonym_key")]
    pub pseudonymize: bool,
    /// File with the pseudonym key: at least 16 bytes, readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub pseudonym_key: Option<PathBuf>,
}

/// `bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Folder for the bundle; it is created complete or not at all
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// With which key to sign it.
    #[command(flatten)]
    pub key: KeyArgs,
    /// Have it stamped by an authority (RFC 3161): the hash of its tag manifest goes there, and nothing else
    #[arg(long, value_name = "URL")]
    pub timestamp_url: Option<String>,
    /// Put an assertion of management into it, stated by this name and role; the bundle must be signed
    #[arg(long, value_name = "WHO")]
    pub assertion: Option<String>,
    /// Include a review campaign, by id
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,
    /// Who runs this command, for the IPE sheet [default: blank]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub operator: String,
    /// Seed of the samples [default: the first 16 digits of the commit]
    #[arg(long, value_name = "TEXT")]
    pub seed: Option<String>,
    /// Rows to draw from each population [default: by the frequency of the control]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub sample_size: Option<usize>,
    /// List at most N rows of what passed each check, drawn by the seed, and count the others; 0 lists none [default: all]
    #[arg(long, value_name = "N")]
    pub passed: Option<usize>,
    /// What is shown of people.
    #[command(flatten)]
    pub privacy: PrivacyArgs,
    /// What it shows of free text, and which CSV.
    #[command(flatten)]
    pub render: RenderArgs,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Folder of the bundle
    pub dir: PathBuf,
    /// Trusted signers, in the allowed-signers format of ssh-keygen
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Trusted minisign public key
    #[arg(long, value_name = "FILE")]
    pub minisign_key: Option<PathBuf>,
    /// Certificates of timestamp authorities that you trust, in PEM
    #[arg(long, value_name = "FILE")]
    pub tsa_cert: Option<PathBuf>,
    /// Evidence store of the bundle: every file is recreated and compared
    #[arg(long, value_name = "DIR")]
    pub lake: Option<PathBuf>,
    /// Earlier bundle: its commit log must be the beginning of this one's
    #[arg(long, value_name = "OLD_BUNDLE")]
    pub since: Option<PathBuf>,
    /// Pseudonym key, to recreate a bundle with pseudonyms
    #[arg(long, value_name = "FILE")]
    pub pseudonym_key: Option<PathBuf>,
}

/// `sample`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("how_many").multiple(false))]
pub struct SampleArgs {
    /// Population to draw from: held, grants, ends, open-findings, review-quarters or review-decisions
    pub population: String,
    /// Rows to draw
    #[arg(long, value_name = "N", group = "how_many", value_parser = at_least_one)]
    pub size: Option<usize>,
    /// How often the control is performed: annual, quarterly, monthly, weekly, daily or continuous [default: that of the population]
    #[arg(long, value_name = "WORD", group = "how_many")]
    pub frequency: Option<String>,
    /// Seed [default: the first 16 digits of the commit]
    #[arg(long, value_name = "TEXT")]
    pub seed: Option<String>,
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

/// `lake retain`.
#[derive(Debug, Args)]
pub struct RetainArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Who signs its checkpoints.
    #[command(flatten)]
    pub notary: NotaryArgs,
    /// Days to keep rows of a table: sign_ins, audit_events or review_decisions; or pages, the raw pages of pulls (can be repeated) [default: sign_ins=400, review_decisions=2192, pages=400]
    #[arg(long, value_name = "TABLE=DAYS")]
    pub keep: Vec<String>,
    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `lake subject`.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// Principal name, display name or object id of the person
    pub who: String,
    /// Folder for the export; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// What the questions are asked with.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// `lake hold`.
#[derive(Debug, Args)]
pub struct HoldArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Who signs its checkpoints.
    #[command(flatten)]
    pub notary: NotaryArgs,
    /// Name of the hold, such as a case number
    pub name: String,
    /// Beginning of the time that it protects
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End of that time, exclusive
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Who ordered or released it, and why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Release the hold of that name
    #[arg(long, conflicts_with_all = ["from", "until"])]
    pub release: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("draw at least one row".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("it is no number".into()),
    }
}
