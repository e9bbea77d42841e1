//! Cutting, working and storing, one after the other or at once.

use crate::ingest::IngestError;
use crate::ingest::feed::Feed;
use crate::ingest::sink::SinkError;
use crate::ingest::split::{Batch, Outcome, Shape, split};
use crate::ingest::work::{Done, Surroundings, work};
use arrow::error::ArrowError;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{RecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};

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

/// A result with the place of its batch in the file.
type Numbered = (u64, Result<Done, ArrowError>);

/// Cuts on one thread, works on all cores, stores here in the order of the file; a few batches are under way at a time.
pub(super) fn on_threads(feed: &mut Feed<'_>, shape: &Shape, surroundings: &Surroundings<'_>, take: &mut Take<'_>) -> Result<Outcome, Stop> {
    let wide = rayon::current_num_threads().max(1);
    std::thread::scope(|scope| {
        let (cut, batches) = sync_channel::<(u64, Batch<'_>)>(2 * wide);
        let (worked, results) = sync_channel::<Numbered>(3 * wide);
        let batches = Arc::new(Mutex::new(batches));
        // Each takes the next batch as soon as it is free: nobody waits for the slowest.
        let workers: Vec<_> = (0..wide)
            .map(|_| {
                let (batches, worked) = (Arc::clone(&batches), worked.clone());
                scope.spawn(move || {
                    loop {
                        let next = batches.lock().map_or(Err(RecvError), |queue| queue.recv());
                        let Ok((number, batch)) = next else { return };
                        if worked.send((number, work(&batch, surroundings))).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        drop((batches, worked));
        // The reader of an archive is bound to its thread, so that the cutting stays on this one
        // and the storing happens between batches.
        let mut store = InOrder {
            take,
            next: 0,
            early: BTreeMap::new(),
            stopped: Ok(()),
        };
        let mut number = 0;
        let outcome = split(feed, shape, surroundings.limits, |batch| {
            let mut waiting = Some((number, batch));
            number += 1;
            while let Some(one) = waiting.take() {
                match cut.try_send(one) {
                    Ok(()) => {}
                    Err(TrySendError::Full(back)) => {
                        waiting = Some(back);
                        match results.recv() {
                            Ok(done) => {
                                if !store.put(done) {
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
                if !store.put(done) {
                    return false;
                }
            }
            true
        });
        drop(cut);
        while let Ok(done) = results.recv() {
            store.put(done);
        }
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
        store.stopped.map(|()| outcome)
    })
}

/// Stores results in the order of their batches; those that come early wait.
struct InOrder<'t, 'u> {
    take: &'t mut Take<'u>,
    next: u64,
    early: BTreeMap<u64, Result<Done, ArrowError>>,
    stopped: Result<(), Stop>,
}

impl InOrder<'_, '_> {
    /// False when something has stopped the file.
    fn put(&mut self, (number, done): Numbered) -> bool {
        self.early.insert(number, done);
        while let Some(done) = self.early.remove(&self.next) {
            self.next += 1;
            if self.stopped.is_ok() {
                self.stopped = (self.take)(done);
            }
        }
        self.stopped.is_ok()
    }
}
