//! User memory and registers, as the layers above may reach them: the checked copies and nothing else.

pub use hal::user::{
    Access, Fault, FaultKind, TOP, UserContext, compare_exchange_u32, copy_in, copy_in_str,
    copy_out, flush_icache, load_u32, zero,
};
pub use hal::{BadAddress, PAGE_SIZE};
