//! Tests of the whole module, through a sink in memory.

mod real;
mod sink;
