//! Threads.

use crate::mem::{self, Prot};
use crate::sys::{Nr, call};
use crate::{Error, Result};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};

const STACK: usize = 256 << 10;

struct Start {
    run: Box<dyn FnOnce() + Send>,
    done: Arc<AtomicU32>,
}

/// A running thread.
pub struct JoinHandle {
    done: Arc<AtomicU32>,
}

/// Starts a thread. Its stack stays mapped after its end.
pub fn spawn(run: impl FnOnce() + Send + 'static) -> Result<JoinHandle> {
    let done = Arc::new(AtomicU32::new(0));
    let start = Box::into_raw(Box::new(Start {
        run: Box::new(run),
        done: done.clone(),
    }));
    let stack = mem::map(STACK, Prot::READ_WRITE)? as usize;
    call(
        Nr::ThreadCreate,
        [
            begin as *const () as usize,
            stack + STACK,
            start as usize,
            0,
        ],
    )?;
    Ok(JoinHandle { done })
}

extern "C" fn begin(start: *mut Start) -> ! {
    // SAFETY: `spawn` made it for this thread alone.
    let Start { run, done } = *unsafe { Box::from_raw(start) };
    run();
    done.store(1, Ordering::Release);
    let _ = call(Nr::FutexWake, [done.as_ptr() as usize, usize::MAX >> 1]);
    drop(done);
    loop {
        let _ = call(Nr::ThreadExit, []);
    }
}

impl JoinHandle {
    /// Waits for its end.
    pub fn join(self) -> Result<()> {
        while self.done.load(Ordering::Acquire) == 0 {
            match call(Nr::FutexWait, [self.done.as_ptr() as usize, 0, usize::MAX]) {
                Ok(_) | Err(Error::WouldBlock | Error::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Gives the processor away.
pub fn yield_now() {
    let _ = call(Nr::ThreadYield, []);
}
