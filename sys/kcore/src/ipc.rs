//! Pipes (and later channels, shared memory).

mod pipe;

pub use pipe::{CAPACITY as PIPE_CAPACITY, Pipe, pipe};
