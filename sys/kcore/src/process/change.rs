//! Putting a new image in place of the old one.

use super::{Process, Thread};
use crate::exec::Image;
use alloc::sync::Arc;

impl Process {
    /// Replaces everything that a program is made of. The calling thread is the only one. Cannot fail.
    pub(crate) fn replace_image(&self, thread: &Arc<Thread>, image: &Image) {
        let old = {
            let mut parts = self.parts.lock();
            let memory = parts.memory.replace(image.memory.clone());
            let fs = image.fs.clone().and_then(|fs| parts.fs.replace(fs));
            let handles = image
                .handles
                .clone()
                .and_then(|handles| parts.handles.replace(handles));
            if let Some(credentials) = &image.credentials {
                parts.credentials = credentials.clone();
            }
            parts.abi = image.abi;
            parts.abi_state = image.process_state.clone();
            parts.name = image.name.clone();
            parts.path = image.path.clone();
            parts.args = image.args.clone();
            (memory, fs, handles)
        };
        thread.set_abi_state(image.thread_state.clone());
        thread.activate();
        // Dropped here, outside the lock and with the new memory current.
        drop(old);
        self.released();
    }
}
