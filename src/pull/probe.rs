//! What may be read: one small request for each collection.

use crate::graph::collections::{Collection, Shape};
use crate::graph::window::SETTLE;
use crate::graph::{Client, GraphError, page};
use crate::model::Window;
use crate::model::time::HOUR;
use std::collections::BTreeMap;

/// What became of a small request.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Of which collection.
    pub collection: &'static Collection,
    /// `Ok` when it was given; else why not.
    pub result: Result<(), GraphError>,
    /// Whether there was no object to ask under, so that nothing is known.
    pub untried: bool,
}

/// Asks for a little of each collection.
#[must_use]
pub fn probe(client: &Client, collections: &[&'static Collection]) -> Vec<Probe> {
    let mut firsts: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut probes: Vec<Probe> = Vec::new();
    for collection in collections {
        let ids = match collection.parent() {
            None => Vec::new(),
            Some(parent) => match firsts.get(parent.name) {
                Some(ids) => ids.clone(),
                None => {
                    let result = probes.iter().find(|p| p.collection.name == parent.name).map_or(Ok(()), |p| p.result.clone());
                    probes.push(Probe {
                        collection,
                        result,
                        untried: true,
                    });
                    continue;
                }
            },
        };
        let window = matches!(collection.shape, Shape::Log { .. }).then(|| {
            let until = client.clock().now().plus(-SETTLE);
            Window {
                from: until.plus(-HOUR),
                until,
            }
        });
        let address = client.places().graph.at(&collection.address(collection.query, &ids, window));
        let result = client.page(&address, &collection.ask());
        let result = match result {
            Ok(page) => {
                let first = page.rows.iter().find_map(|row| page::Mark::of(row).id.map(String::from));
                if let Some(id) = first {
                    firsts.insert(collection.name, ids.into_iter().chain([id]).collect());
                }
                Ok(())
            }
            // The object went away in between, which says nothing of the permission.
            Err(GraphError::Gone(_)) if !collection.path.ends_with("{}") && collection.parent().is_some() => Ok(()),
            Err(fault) => Err(fault),
        };
        let is_final = result.as_ref().is_err_and(GraphError::is_final);
        probes.push(Probe {
            collection,
            result,
            untried: false,
        });
        if is_final {
            break;
        }
    }
    probes
}
