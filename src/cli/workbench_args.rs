//! What can be typed after `sql` and `ask`.

use crate::cli::args::{LakeArg, OutputArgs, QuestionArgs};
use clap::Args;

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
