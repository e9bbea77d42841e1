//! `-v`: what each step took, the rows that it yielded, and the most memory that the process had until then.

use crate::cli::output;
use crate::model::stage::TARGET;
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, registry};

/// Prints each step as it ends.
pub fn show() {
    // A second call in one process keeps the first one's.
    let _ = registry().with(Stages).try_init();
}

struct Stages;

/// A step that is under way.
struct UnderWay {
    begun: Instant,
    name: String,
    rows: Option<u64>,
}

impl Visit for UnderWay {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            self.name = value.to_string();
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows" {
            self.rows = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stages {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == TARGET
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut step = UnderWay {
            begun: Instant::now(),
            name: String::new(),
            rows: None,
        };
        attributes.record(&mut step);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(step);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(step) = span.extensions_mut().get_mut::<UnderWay>()
        {
            values.record(step);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(step) = span.extensions().get::<UnderWay>()
        {
            output::say(&line(&step.name, step.begun.elapsed(), step.rows, peak()));
        }
    }
}

fn line(name: &str, took: Duration, rows: Option<u64>, peak_kib: Option<u64>) -> String {
    let rows = rows.map_or_else(String::new, |n| format!("{} rows", indicatif::HumanCount(n)));
    let peak = peak_kib.map_or_else(String::new, |k| format!("peak {} MiB", k / 1024));
    let seconds = took.as_secs_f64();
    format!("{name:<32} {seconds:>8.2} s {rows:>17}  {peak}").trim_end().to_string()
}

/// The most resident memory of this process until now, in KiB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_a_terminal_of_eighty_columns() {
        let shown = line("holdings from timelines", Duration::from_millis(12_345), Some(1_234_567), Some(1_800 * 1024));
        assert_eq!(shown, "holdings from timelines             12.35 s    1,234,567 rows  peak 1800 MiB");
        assert!(shown.len() <= 80);
    }
}
