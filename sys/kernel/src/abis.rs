//! The ABIs that are built in. The first is the kernel's own.

use kcore::abi::Abi;

/// One line for each.
pub(crate) static ABIS: &[&Abi] = &[&abi_scarlet::SCARLET, &abi_linux::LINUX, &abi_xv6::XV6];
