//! Cutting, working and storing, one after the other or at once.

use crate::ingest::IngestError;
use crate::ingest::feed::Feed;
use crate::ingest::sink::SinkError;
use crate::ingest::split::{Batch, Outcome, Shape, split};
use crate::ingest::work::{Done, Surroundings, work};
use arrow::error::ArrowError;
use rayon::prelude::*;
use std::path::Path;
use std::sync::mpsc::{TrySendError, sync_channel};

/// What stops a file.
pub(super) enum Stop {
    Sink(SinkError),
    Shape(ArrowError),
}

impl Stop {
    pub fn at(self, path: &Path) -> IngestError {
        match self {
            Self::Sink(source) => IngestError::Sink { path: path.into(), source },
            Self::Shape(error) => IngestError::Shape {
                path: path.into(),
                reason: error.to_string(),
            },
        }
    }
}

pub(super) type Take<'t> = dyn FnMut(Result<Done, ArrowError>) -> Result<(), Stop> + 't;

/// Cuts, works and stores in turn.
pub(super) fn in_place(feed: &mut Feed<'_>, shape: &Shape, surroundings: &Surroundings<'_>, take: &mut Take<'_>) -> Result<Outcome, Stop> {
    let mut stopped = Ok(());
    let outcome = split(feed, shape, surroundings.limits, |batch| {
        stopped = take(work(&batch, surroundings));
        stopped.is_ok()
    });
    stopped.map(|()| outcome)
}

/// Cuts on one thread, works on all cores, stores here; a few batches are under way at a time.
pub(super) fn on_threads(feed: &mut Feed<'_>, shape: &Shape, surroundings: &Surroundings<'_>, take: &mut Take<'_>) -> Result<Outcome, Stop> {
    let wide = rayon::current_num_threads().max(1);
    std::thread::scope(|scope| {
        let (cut, batches) = sync_channel::<Batch<'_>>(2 * wide);
        let (worked, results) = sync_channel::<Vec<Result<Done, ArrowError>>>(3);
        let worker = scope.spawn(move || {
            let mut group = Vec::new();
            while let Ok(batch) = batches.recv() {
                group.push(batch);
                while group.len() < wide
                    && let Ok(batch) = batches.recv()
                {
                    group.push(batch);
                }
                let done = group.par_iter().map(|b| work(b, surroundings)).collect();
                group.clear();
                if worked.send(done).is_err() {
                    return;
                }
            }
        });
        // The reader of an archive is bound to its thread, so that the cutting stays on this one
        // and the storing happens between batches.
        let mut stopped = Ok(());
        let mut store = |done: Vec<Result<Done, ArrowError>>| {
            for one in done {
                if stopped.is_ok() {
                    stopped = take(one);
                }
            }
            stopped.is_ok()
        };
        let outcome = split(feed, shape, surroundings.limits, |batch| {
            let mut batch = Some(batch);
            while let Some(one) = batch.take() {
                match cut.try_send(one) {
                    Ok(()) => {}
                    Err(TrySendError::Full(back)) => {
                        batch = Some(back);
                        match results.recv() {
                            Ok(done) => {
                                if !store(done) {
                                    return false;
                                }
                            }
                            Err(_) => return false,
                        }
                    }
                    Err(TrySendError::Disconnected(_)) => return false,
                }
            }
            while let Ok(done) = results.try_recv() {
                if !store(done) {
                    return false;
                }
            }
            true
        });
        drop(cut);
        while let Ok(done) = results.recv() {
            store(done);
        }
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
        stopped.map(|()| outcome)
    })
}
