//! Kernel threads. Stacks are only counted; there is no switching yet.

/// A thread that does not run.
#[derive(Debug, Default)]
pub struct Saved(());

impl Saved {
    /// A thread that would start in `entry`.
    pub fn new(_entry: extern "C" fn() -> !, _top: usize) -> Saved {
        Saved(())
    }
}

/// Leaves one thread for another.
///
/// # Safety
/// None needed: it only says that it cannot.
pub unsafe extern "C" fn switch(_from: *mut Saved, _to: *const Saved) {
    std::process::abort();
}

/// Where stacks get their frames from.
pub struct Frames {
    /// A frame by number.
    pub alloc: fn() -> Option<u32>,
    /// Gives one back.
    pub free: fn(u32),
}

/// Stacks need no frames here.
pub fn use_frames(_frames: &'static Frames) {}

/// A kernel stack.
#[derive(Debug)]
pub struct Stack(());

impl Stack {
    /// A stack.
    pub fn new() -> Option<Stack> {
        Some(Stack(()))
    }

    /// The first address above it.
    pub fn top(&self) -> usize {
        0
    }
}
