//! The one architecture that this kernel is built for: a set of names, the same in each.

#[cfg(not(target_os = "none"))]
pub(crate) use arch_host::{console, cpu, memory, paging, power, thread, timer, tlb, trap, user};
#[cfg(all(target_os = "none", target_arch = "riscv64"))]
pub(crate) use arch_riscv64::{
    console, cpu, memory, paging, power, thread, timer, tlb, trap, user,
};
