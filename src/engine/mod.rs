//! Where heavy SQL runs; today the local engine.
