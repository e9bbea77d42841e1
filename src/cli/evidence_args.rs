//! What can be typed about proof: checkpoints, bundles, samples and their verification.

use crate::cli::args::LakeArg;
use clap::Args;
use std::path::PathBuf;

/// With which key to sign.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("key").multiple(false))]
pub struct KeyArgs {
    /// Sign with this OpenSSH private key (ed25519, ecdsa-p256 or rsa); `ssh-keygen -Y verify` checks it
    #[arg(long, value_name = "OPENSSH_PRIVATE_KEY", group = "key")]
    pub sign_key: Option<PathBuf>,
    /// Sign with this minisign secret key; `minisign -V` checks it
    #[arg(long, value_name = "FILE", group = "key")]
    pub minisign_key: Option<PathBuf>,
    /// File with the passphrase of the key [default: the variable VOUCHSAFE_PASSPHRASE]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// `lake checkpoint`.
#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// Where the lake is.
    #[command(flatten)]
    pub lake: LakeArg,
    /// Number of commits that it is of [default: all]
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
    /// Prove that the log only grew since this checkpoint
    #[arg(long, value_name = "CHECKPOINT", group = "of")]
    pub old: Option<PathBuf>,
    /// Prove that this commit is in the log, by its id or first eight letters
    #[arg(long, value_name = "ID", group = "of")]
    pub commit: Option<String>,
}
