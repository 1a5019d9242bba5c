//! xv6 for RISC-V.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod calls;
mod convention;
mod errno;
mod event;
mod image;
mod state;
mod table;
mod types;

pub use table::COLUMNS;

/// The xv6 personality.
pub static XV6: kapi::Abi = kapi::Abi {
    name: "xv6-riscv64",
    table: table::TABLE,
    row: convention::row,
    arguments: convention::arguments,
    call: convention::call,
    show_result: convention::show_result,
    recognize: image::recognize,
    is_default: false,
    load: image::load,
    new_process_state: state::new_process,
    new_thread_state: state::new_thread,
    fork_process_state: state::fork_process,
    fork_thread_state: state::fork_thread,
    post: event::post,
    deliver: event::deliver,
    thread_exit: event::thread_exit,
    fault_message: event::fault_message,
};
