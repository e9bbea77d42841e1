//! The smallest part of a pull that is complete or not: a slice of a log, a listing, or the part of one object.

use crate::graph::collections::Collection;
use crate::model::Window;
use std::fmt;

/// A part of a pull.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Of which collection.
    pub collection: &'static Collection,
    /// Under which objects.
    pub ids: Vec<String>,
    /// Which slice of time.
    pub window: Option<Window>,
}

impl Unit {
    /// A whole listing.
    #[must_use]
    pub fn listing(collection: &'static Collection) -> Self {
        Self {
            collection,
            ids: Vec::new(),
            window: None,
        }
    }

    /// A slice of a log.
    #[must_use]
    pub fn slice(collection: &'static Collection, window: Window) -> Self {
        Self {
            collection,
            ids: Vec::new(),
            window: Some(window),
        }
    }

    /// The part of one object.
    #[must_use]
    pub fn under(collection: &'static Collection, ids: Vec<String>) -> Self {
        Self { collection, ids, window: None }
    }
}

/// The name in the journal: the same unit has the same name in every process.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.collection.name)?;
        for id in &self.ids {
            write!(f, "/{id}")?;
        }
        match self.window {
            Some(w) => write!(f, " {}..{}", w.from, w.until),
            None => Ok(()),
        }
    }
}
