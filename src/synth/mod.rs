//! Invented tenants with known truth.
