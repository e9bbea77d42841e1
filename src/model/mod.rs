//! The vocabulary: ids, times, severities, controls, holdings; no IO, no polars.
