//! Formats become rows and rejects: tell apart, decode, normalise; every record is counted.
