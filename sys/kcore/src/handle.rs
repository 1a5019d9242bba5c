//! Handle tables: the only way from a program to an object.

use crate::object::{ObjectRef, Rights};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use hal::sync::SpinLock;

/// A handle: an object, what its holder may do with it, and whether exec closes it.
#[derive(Clone)]
pub struct Handle {
    /// What it leads to.
    pub object: ObjectRef,
    /// What the holder may do.
    pub rights: Rights,
    /// Exec closes it.
    pub close_on_exec: bool,
}

/// The handles of a process, by number. Shared by processes that ask for it.
pub struct HandleTable {
    slots: SpinLock<Slots>,
    limit: AtomicUsize,
}

#[derive(Clone, Default)]
struct Slots {
    list: Vec<Option<Handle>>,
    /// No free slot is below it.
    first_free: usize,
}

impl HandleTable {
    /// An empty table for at most `limit` handles.
    pub fn new(limit: usize) -> Arc<HandleTable> {
        Arc::new(HandleTable {
            slots: SpinLock::new(Slots::default()),
            limit: AtomicUsize::new(limit),
        })
    }

    /// A copy (fork): the same objects, rights and flags.
    pub fn duplicate(&self) -> Result<Arc<HandleTable>> {
        let slots = self.slots.lock();
        let mut list = Vec::new();
        list.try_reserve_exact(slots.list.len())?;
        list.extend(slots.list.iter().cloned());
        let copy = Slots {
            list,
            first_free: slots.first_free,
        };
        Ok(Arc::new(HandleTable {
            slots: SpinLock::new(copy),
            limit: AtomicUsize::new(self.limit()),
        }))
    }

    fn with<R>(&self, number: u32, rights: Rights, run: impl FnOnce(&Handle) -> R) -> Result<R> {
        let slots = self.slots.lock();
        let handle = slots
            .list
            .get(number as usize)
            .and_then(Option::as_ref)
            .ok_or(Error::BadHandle)?;
        if handle.rights.contains(rights) {
            return Ok(run(handle));
        }
        // What was not opened for reading or writing is a bad handle to those; other rights were taken away.
        let mode = Rights::READ | Rights::WRITE;
        Err(if (rights - handle.rights).intersects(mode) {
            Error::BadHandle
        } else {
            Error::AccessDenied
        })
    }

    /// The handle at `number`, if it has all of `rights`; [`Error::BadHandle`] when there is none or it is not open for reading
    /// or writing as asked, [`Error::AccessDenied`] when other rights lack.
    pub fn get(&self, number: u32, rights: Rights) -> Result<Handle> {
        self.with(number, rights, Handle::clone)
    }

    /// The object at `number` (as [`HandleTable::get`]): one count, no more.
    pub fn object(&self, number: u32, rights: Rights) -> Result<ObjectRef> {
        self.with(number, rights, |handle| handle.object.clone())
    }

    /// Puts a handle at the lowest free number that is at least `from`.
    pub fn insert(&self, handle: Handle, from: u32) -> Result<u32> {
        let mut slots = self.slots.lock();
        let from = from as usize;
        let start = from.max(slots.first_free);
        let at = (start..slots.list.len())
            .find(|&at| slots.list[at].is_none())
            .unwrap_or(slots.list.len().max(start));
        if at >= self.limit() {
            return Err(Error::TooManyHandles);
        }
        slots.put(at, handle)?;
        if from <= slots.first_free {
            slots.first_free = at + 1;
        }
        Ok(at as u32)
    }

    /// Puts a handle at exactly `number`; gives what was there. [`Error::BadHandle`] beyond the limit.
    pub fn replace(&self, number: u32, handle: Handle) -> Result<Option<Handle>> {
        let at = number as usize;
        if at >= self.limit() {
            return Err(Error::BadHandle);
        }
        let mut slots = self.slots.lock();
        let old = slots.list.get_mut(at).and_then(Option::take);
        slots.put(at, handle)?;
        Ok(old)
    }

    /// Takes a handle out.
    pub fn remove(&self, number: u32) -> Result<Handle> {
        let at = number as usize;
        let mut slots = self.slots.lock();
        let handle = slots
            .list
            .get_mut(at)
            .and_then(Option::take)
            .ok_or(Error::BadHandle)?;
        slots.first_free = slots.first_free.min(at);
        drop(slots);
        handle.object.on_close();
        Ok(handle)
    }

    /// Marks a handle as closed by exec, or not.
    pub fn set_close_on_exec(&self, number: u32, on: bool) -> Result<()> {
        let mut slots = self.slots.lock();
        let handle = slots
            .list
            .get_mut(number as usize)
            .and_then(Option::as_mut)
            .ok_or(Error::BadHandle)?;
        handle.close_on_exec = on;
        Ok(())
    }

    /// Takes all out that fulfil a condition; they are dropped outside the lock.
    fn take_if(&self, mut condition: impl FnMut(&Handle) -> bool) {
        let mut taken = Vec::new();
        let mut slots = self.slots.lock();
        for at in 0..slots.list.len() {
            if slots.list[at].as_ref().is_some_and(&mut condition) {
                taken.extend(slots.list[at].take());
                slots.first_free = slots.first_free.min(at);
            }
        }
        drop(slots);
        for handle in taken {
            handle.object.on_close();
        }
    }

    /// Closes what exec closes.
    pub fn close_for_exec(&self) {
        self.take_if(|handle| handle.close_on_exec);
    }

    /// Closes everything.
    pub fn close_all(&self) {
        self.take_if(|_| true);
    }

    /// Open numbers, ascending.
    pub fn numbers(&self) -> Vec<u32> {
        let slots = self.slots.lock();
        (0..slots.list.len())
            .filter(|&at| slots.list[at].is_some())
            .map(|at| at as u32)
            .collect()
    }

    /// How many handles it may hold.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Changes that; handles beyond stay.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }
}

impl Slots {
    fn put(&mut self, at: usize, handle: Handle) -> Result<()> {
        if at >= self.list.len() {
            self.list.try_reserve(at + 1 - self.list.len())?;
            self.list.resize_with(at + 1, || None);
        }
        self.list[at] = Some(handle);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Handle, HandleTable};
    use crate::Error;
    use crate::object::{Kind, Object, Rights};
    use alloc::sync::Arc;
    use core::any::Any;

    struct Thing;
    impl Object for Thing {
        fn kind(&self) -> Kind {
            Kind::Event
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    fn handle(rights: Rights) -> Handle {
        Handle {
            object: Arc::new(Thing),
            rights,
            close_on_exec: false,
        }
    }

    #[test]
    fn numbers_are_the_lowest_free_ones() {
        let table = HandleTable::new(8);
        for expected in 0..4 {
            assert_eq!(table.insert(handle(Rights::all()), 0), Ok(expected));
        }
        table.remove(1).unwrap();
        table.remove(2).unwrap();
        assert_eq!(table.insert(handle(Rights::all()), 2), Ok(2));
        assert_eq!(table.insert(handle(Rights::all()), 0), Ok(1));
        assert_eq!(table.insert(handle(Rights::all()), 6), Ok(6));
        assert_eq!(table.insert(handle(Rights::all()), 0), Ok(4));
        assert_eq!(table.numbers(), [0, 1, 2, 3, 4, 6]);
    }

    #[test]
    fn the_limit_holds() {
        let table = HandleTable::new(2);
        table.insert(handle(Rights::all()), 0).unwrap();
        assert_eq!(
            table.replace(2, handle(Rights::all())).err(),
            Some(Error::BadHandle)
        );
        table.insert(handle(Rights::all()), 0).unwrap();
        assert_eq!(
            table.insert(handle(Rights::all()), 0),
            Err(Error::TooManyHandles)
        );
    }

    #[test]
    fn rights_are_asked_for() {
        let table = HandleTable::new(8);
        table.insert(handle(Rights::READ), 0).unwrap();
        assert!(table.get(0, Rights::READ).is_ok());
        assert_eq!(table.object(0, Rights::WRITE).err(), Some(Error::BadHandle));
        assert_eq!(
            table.object(0, Rights::DUPLICATE).err(),
            Some(Error::AccessDenied)
        );
        assert_eq!(
            table.object(1, Rights::empty()).err(),
            Some(Error::BadHandle)
        );
    }

    #[test]
    fn exec_closes_what_is_marked() {
        let table = HandleTable::new(8);
        table.insert(handle(Rights::all()), 0).unwrap();
        table.insert(handle(Rights::all()), 0).unwrap();
        table.set_close_on_exec(0, true).unwrap();
        let copy = table.duplicate().unwrap();
        table.close_for_exec();
        assert_eq!(
            (table.numbers().as_slice(), copy.numbers().as_slice()),
            (&[1][..], &[0, 1][..])
        );
    }
}
