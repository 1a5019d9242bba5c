//! The locks, for the layers above. See [`hal::sync`] for which to take.

pub use hal::sync::{IrqLock, LazyLock, Mutex, Once, RwSpinLock, SpinLock};
