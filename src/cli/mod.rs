//! Everything typed or seen; the only place that prints.
