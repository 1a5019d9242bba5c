//! Handle tables: the only way from a program to an object.

use crate::object::{ObjectRef, Rights};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::sync::SpinLock;

/// A handle: an object, what its holder may do with it, and whether exec closes it.
#[derive(Clone)]
pub struct Handle {
    pub object: ObjectRef,
    pub rights: Rights,
    pub close_on_exec: bool,
}

/// The handles of a process, by number. Shared by processes that ask for it.
pub struct HandleTable {
    slots: SpinLock<Vec<Option<Handle>>>,
    limit: core::sync::atomic::AtomicUsize,
}

impl HandleTable {
    /// An empty table for at most `limit` handles.
    pub fn new(limit: usize) -> Arc<HandleTable> {
        todo!()
    }
    /// A copy (fork): the same objects, rights and flags.
    pub fn duplicate(&self) -> Result<Arc<HandleTable>> {
        todo!()
    }
    /// The handle at `number`, if it has all of `rights`; [`Error::BadHandle`] when there is none, [`Error::AccessDenied`] when rights lack.
    pub fn get(&self, number: u32, rights: Rights) -> Result<Handle> {
        todo!()
    }
    /// The object at `number` (as [`HandleTable::get`]): one count, no more.
    pub fn object(&self, number: u32, rights: Rights) -> Result<ObjectRef> {
        todo!()
    }
    /// Puts a handle at the lowest free number that is at least `from`.
    pub fn insert(&self, handle: Handle, from: u32) -> Result<u32> {
        todo!()
    }
    /// Puts a handle at exactly `number`; gives what was there.
    pub fn replace(&self, number: u32, handle: Handle) -> Result<Option<Handle>> {
        todo!()
    }
    /// Takes a handle out.
    pub fn remove(&self, number: u32) -> Result<Handle> {
        todo!()
    }
    pub fn set_close_on_exec(&self, number: u32, on: bool) -> Result<()> {
        todo!()
    }
    /// Closes what exec closes.
    pub fn close_for_exec(&self) {
        todo!()
    }
    pub fn close_all(&self) {
        todo!()
    }
    /// Open numbers, ascending.
    pub fn numbers(&self) -> Vec<u32> {
        todo!()
    }
    pub fn limit(&self) -> usize {
        todo!()
    }
    pub fn set_limit(&self, limit: usize) {
        todo!()
    }
}
