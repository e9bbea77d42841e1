//! What can be typed after `pull`.

use crate::cli::args::LakeArg;
use crate::cli::evidence_args::NotaryArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `pull`.
#[derive(Debug, Args)]
#[command(
    after_help = "The client secret comes from VOUCHSAFE_CLIENT_SECRET or --client-secret-file, a token that you have already from VOUCHSAFE_TOKEN. \
Exit codes: 0 complete · 2 usage, or another pull is running · 4 nothing usable was returned · 5 complete except for gaps, which are listed on stderr and in 'vouchsafe lake status'."
)]
pub struct PullArgs {
    /// Tenant id
    #[arg(long, value_name = "GUID", env = "VOUCHSAFE_TENANT")]
    pub tenant: String,
    /// Application (client) id of the app registration; not needed with VOUCHSAFE_TOKEN or --az-cli
    #[arg(long, value_name = "GUID", env = "VOUCHSAFE_CLIENT_ID")]
    pub client_id: Option<String>,
    /// How to sign in.
    #[command(flatten)]
    pub way: WayArgs,
    /// Where Graph is.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Who signs the checkpoint of the commit.
    #[command(flatten)]
    pub notary: NotaryArgs,
    /// Read logs from this instant on [default: where the evidence store ends, else 30 days ago]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Read these only, by collection, table or log, with commas between (an unknown name lists all)
    #[arg(long, value_name = "COLLECTION", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "COLLECTION", value_delimiter = ',')]
    pub except: Vec<String>,
    /// Read the whole retention of the logs again (every seventh day it is done unasked)
    #[arg(long)]
    pub deep: bool,
    /// Test every permission with a small request, and report what is missing and which checks it affects
    #[arg(long)]
    pub check: bool,
    /// Pull once and end (the default)
    #[arg(long, conflicts_with = "every")]
    pub once: bool,
    /// Pull again and again, beginning each time this long after the last beginning: 30m, 6h, 1d
    #[arg(long, value_name = "DURATION", conflicts_with = "check")]
    pub every: Option<String>,
    /// How logs are written to stderr
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Write counters for Prometheus' textfile collector to this file, after every pull
    #[arg(long, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
}

/// Forms of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people: warnings, and more with -v
    Text,
    /// One JSON object a line, with what was done
    Json,
}

/// Where Graph is.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// National cloud
    #[arg(long, value_enum, default_value_t = CloudArg::Global)]
    pub cloud: CloudArg,
    /// Address of Graph instead of the cloud's; plain HTTP for loopback addresses only
    #[arg(long, value_name = "URL", requires = "login_url", conflicts_with = "cloud")]
    pub graph_url: Option<String>,
    /// Address of the token endpoint instead of the cloud's
    #[arg(long, value_name = "URL", requires = "graph_url", conflicts_with = "cloud")]
    pub login_url: Option<String>,
    /// Let the clock of the limits run N times as fast: waits of all kinds, those that the service asks for too, are N times
    /// shorter; for test servers on loopback addresses only
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub pace_scale: u32,
}

/// How to sign in: one of these, else VOUCHSAFE_TOKEN, else the secret in VOUCHSAFE_CLIENT_SECRET.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct WayArgs {
    /// File with the client secret, which only you may read; - for stdin
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// PEM file with the client certificate and its RSA key, which only you may read
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Sign in as a person: open a page on any device and enter a code
    #[arg(long)]
    pub device_code: bool,
    /// Workload identity: file with the platform's token [AKS sets AZURE_FEDERATED_TOKEN_FILE; name it here]
    #[arg(long, value_name = "FILE")]
    pub federated_token_file: Option<PathBuf>,
    /// Managed identity of this virtual machine or App Service; --client-id names one of several
    #[arg(long)]
    pub managed_identity: bool,
    /// Whoever is signed in with 'az login'
    #[arg(long)]
    pub az_cli: bool,
}

/// National clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CloudArg {
    /// Global and GCC
    Global,
    /// GCC High (L4)
    GccHigh,
    /// Department of Defense (L5)
    Dod,
    /// China, operated by 21Vianet
    China,
}
