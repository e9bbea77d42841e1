//! Files of an export: pages of Graph and lines of JSON, and the mishaps that happen to them.

mod disk;
mod lines;
mod pages;

pub use disk::Disk;
pub use lines::Lines;
pub use pages::Pages;
