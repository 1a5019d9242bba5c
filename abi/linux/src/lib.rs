//! The Linux ABI, as 64-bit RISC-V programs use it.
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
mod vdso;

pub use table::COLUMNS;

/// The Linux personality.
pub static LINUX: kapi::Abi = kapi::Abi {
    name: "linux-riscv64",
    table: table::TABLE,
    row: convention::row,
    arguments: convention::arguments,
    call: convention::call,
    show_result: convention::show_result,
    recognize: image::recognize,
    is_default: true,
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
