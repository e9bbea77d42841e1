//! `lake connect` and `lake export`: the lake to other engines, bound to a commit.

use crate::cli::bench::Bench;
use crate::cli::bundle::replace_private;
use crate::cli::exit::{Exit, Failure};
use crate::cli::workbench_args::{ConnectArgs, ConnectTo, ExportArgs, ExportTo};
use crate::cli::{open, output};
use crate::lake::store::create_private_dirs;
use crate::lake::{Lake, delta};
use crate::views::{Base, Place};
use crate::workbench::connect::{Engine, Files};
use std::path::Path;

/// Prints what to paste into another engine.
pub fn connect(args: &ConnectArgs) -> Result<Exit, Failure> {
    let mut bench = Bench::open(&args.lake, &args.question)?;
    if let Some(out) = &args.out {
        create_private_dirs(out)?;
    }
    let mut tables = Vec::new();
    for base in Base::ALL {
        let place = bench.place(*base)?;
        let path = match &args.out {
            None => match place {
                Place::File(path) => path,
                Place::Bytes(_) => {
                    return Err(Failure::usage(
                        "the tables of this answer are not kept beside the lake (it cannot be written, or --as-of is given); name a folder for them with --out DIR",
                    ));
                }
            },
            Some(out) => {
                let path = out.join(format!("{}.parquet", base.name()));
                replace_private(&path, &bytes(&place)?)?;
                path
            }
        };
        tables.push((*base, absolute(&path)?));
    }
    let view = open_absolute(&bench)?;
    let files = Files {
        view: &view,
        commit: &bench.subject.commit,
        as_of: bench.access().as_of.to_string(),
        tables,
    };
    let engine = match args.engine {
        ConnectTo::Duckdb => Engine::DuckDb,
        ConnectTo::Spark => Engine::Spark,
        ConnectTo::Powerbi => Engine::PowerBi,
    };
    output::print(&files.text(engine));
    bench.say();
    Ok(Exit::Done)
}

fn bytes(place: &Place) -> Result<Vec<u8>, Failure> {
    match place {
        Place::Bytes(bytes) => Ok(bytes.clone()),
        Place::File(path) => std::fs::read(path).map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display()))),
    }
}

fn absolute(path: &Path) -> Result<std::path::PathBuf, Failure> {
    std::path::absolute(path).map_err(|e| Failure::usage(format!("{} has no whole path: {e}", path.display())))
}

/// The lake by its whole path: another program runs in another folder.
fn open_absolute(bench: &Bench) -> Result<crate::lake::View, Failure> {
    let lake = Lake::open(&absolute(bench.subject.view.root())?)?;
    let id = bench.subject.view.commit_id().unwrap_or_default().to_string();
    Ok(if id.is_empty() { lake.view()? } else { lake.view_at(&id)? })
}

/// Writes the logs of another table format over the files of the lake.
pub fn export(args: &ExportArgs) -> Result<Exit, Failure> {
    let ExportTo::Delta = args.format;
    let dir = open::lake_dir(&args.lake);
    output::warn_readable(&dir);
    let view = Lake::open(&dir)?.view()?;
    for table in delta::export(&view)? {
        output::line(&format!("{}  {} files, version {}", table.folder.display(), table.files, table.versions - 1));
    }
    output::say(&format!(
        "commit {}; run it again after each ingest",
        view.commit_id().unwrap_or("none").chars().take(12).collect::<String>()
    ));
    Ok(Exit::Done)
}
