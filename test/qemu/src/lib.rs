//! Booted scenarios.
