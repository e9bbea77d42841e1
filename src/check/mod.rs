//! The questions, one file each, by family; registry and laws.
