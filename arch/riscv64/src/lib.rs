//! RISC-V, 64 bit.
#![no_std]
