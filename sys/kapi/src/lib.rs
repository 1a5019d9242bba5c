//! The boundary between kernel and ABIs.
#![no_std]
#![forbid(unsafe_code)]
