//! What people open: CSV, HTML, charts.
