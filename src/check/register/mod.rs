//! The register of exceptions.

pub(super) mod reg_01;
