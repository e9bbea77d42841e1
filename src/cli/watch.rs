//! What is being done, from the first second: a bar while exports are read, a line for each later step; on a terminal only.

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
    let drawing = is_seen().then(|| {
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

/// Whether somebody sees what is drawn, and wants to.
fn is_seen() -> bool {
    stderr().is_terminal() && !output::is_quiet()
}

/// A line that says what is being done, with the seconds that it takes, until this is dropped.
pub struct Step {
    line: Option<ProgressBar>,
}

/// Says what is being done; `what` is a phrase like "building the ledger".
pub fn step(what: &str) -> Step {
    let line = is_seen().then(|| {
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
            line.set_style(style);
        }
        line.set_message(what.to_string());
        line.enable_steady_tick(Duration::from_millis(200));
        line
    });
    Step { line }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
