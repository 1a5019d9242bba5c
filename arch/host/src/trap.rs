//! Traps: only page faults of user copies.

use crate::user::RawAccess;
use std::sync::OnceLock;

/// What the kernel above does on traps.
pub struct Hooks {
    /// A user copy came to an address that cannot be reached.
    pub page_fault: fn(usize, RawAccess) -> bool,
    /// Never called.
    pub timer: fn(),
    /// Never called.
    pub kick: fn(),
    /// Never called.
    pub external: fn(),
}

static HOOKS: OnceLock<&'static Hooks> = OnceLock::new();

/// Installs the kernel's functions.
pub fn install(hooks: &'static Hooks) {
    let _ = HOOKS.set(hooks);
}

pub(crate) fn page_fault(va: usize, access: RawAccess) -> bool {
    HOOKS
        .get()
        .is_some_and(|hooks| (hooks.page_fault)(va, access))
}
