//! A bar with bytes, records and the time left, while something is taken in; on a terminal only.

use crate::cli::output;
use crate::graph::Client;
use crate::ingest::Progress;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A bar that is drawn until this is dropped.
pub struct Watch {
    over: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

/// Draws how far an ingest has come, unless nobody sees it or asked for quiet.
pub fn watch(progress: &Arc<Progress>) -> Watch {
    let over = Arc::new(AtomicBool::new(false));
    let seen = stderr().is_terminal() && !output::is_quiet();
    let drawing = seen.then(|| {
        let (progress, over) = (Arc::clone(progress), Arc::clone(&over));
        thread::spawn(move || draw(&progress, &over))
    });
    Watch { over, drawing }
}

/// Shows how many requests a pull has sent, and for how long, unless nobody sees it or asked for quiet.
pub fn watch_requests(client: &Arc<Client>) -> Watch {
    let over = Arc::new(AtomicBool::new(false));
    let seen = stderr().is_terminal() && !output::is_quiet();
    let drawing = seen.then(|| {
        let (client, over) = (Arc::clone(client), Arc::clone(&over));
        thread::spawn(move || {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
                bar.set_style(style);
            }
            while !over.load(Ordering::Relaxed) {
                let count = |n: &AtomicU64| HumanCount(n.load(Ordering::Relaxed));
                let tally = &client.tally;
                bar.set_message(format!("{} requests, {} throttled", count(&tally.requests), count(&tally.throttled)));
                bar.tick();
                thread::park_timeout(Duration::from_millis(200));
            }
            bar.finish_and_clear();
        })
    });
    Watch { over, drawing }
}

fn draw(progress: &Progress, over: &AtomicBool) {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {msg} records, {eta} left") {
        bar.set_style(style);
    }
    while !over.load(Ordering::Relaxed) {
        bar.set_length(progress.total());
        bar.set_position(progress.bytes());
        bar.set_message(HumanCount(progress.records()).to_string());
        thread::park_timeout(Duration::from_millis(200));
    }
    bar.finish_and_clear();
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            // A bar that could not be drawn is no reason to stop.
            let _ = drawing.join();
        }
    }
}
