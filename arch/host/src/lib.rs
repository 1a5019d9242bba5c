//! The host as an architecture: the whole kernel under `cargo test`.
