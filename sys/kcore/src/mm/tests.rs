//! Address spaces on the host's page tables: against a model, and for what they leave behind.

use super::{AddressSpace, Backing, Layout, Map, Pages, Prot, SharedMemory};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::PAGE_SIZE;
use hal::frame::Frame;
use hal::user::Access;

const P: usize = PAGE_SIZE;
const RW: Prot = Prot::READ.union(Prot::WRITE);

const LAYOUT: Layout = Layout {
    map_top: 0x40_0000,
    bottom: 0x1_0000,
    top: 0x80_0000,
};

/// Contents of which every byte tells its page.
struct Numbered {
    frames: Vec<Frame>,
    len: u64,
}

impl Numbered {
    fn new(pages: usize) -> Arc<Numbered> {
        let frame = |index: usize| {
            let frame = Frame::zeroed().unwrap();
            frame.write(0, &[index as u8 + 1; P]);
            frame
        };
        Arc::new(Numbered {
            frames: (0..pages).map(frame).collect(),
            len: (pages * P) as u64,
        })
    }
}

impl Pages for Numbered {
    fn page(&self, index: u64, _write: bool) -> Result<Frame> {
        let frame = self.frames.get(index as usize).ok_or(Error::OutOfRange)?;
        Ok(frame.clone())
    }
    fn resident(&self, first: u64, count: u64, each: &mut dyn FnMut(u64, Frame)) {
        for index in first..first + count {
            if let Some(frame) = self.frames.get(index as usize) {
                each(index, frame.clone());
            }
        }
    }
    fn len(&self) -> u64 {
        self.len
    }
    fn identity(&self) -> (u64, u64) {
        (1, 1)
    }
}

/// Runs a test on a machine of its own and checks that every frame came back.
fn on_machine(test: impl FnOnce()) {
    let _machine = hal::testing::boot(1, 64 << 20);
    let before = hal::frame::stats().free;
    test();
    assert_eq!(hal::frame::stats().free, before, "frames are lost");
}

fn at(addr: usize, pages: usize, prot: Prot) -> Map {
    Map {
        addr,
        fixed: true,
        ..Map::anonymous(pages * P, prot)
    }
}

fn byte(space: &AddressSpace, addr: usize) -> Result<u8> {
    let mut one = [0];
    space.read(addr, &mut one)?;
    Ok(one[0])
}

#[test]
fn touching_brings_zeros_and_rights_count() {
    on_machine(|| {
        let space = AddressSpace::new(LAYOUT).unwrap();
        let addr = space.map(&Map::anonymous(3 * P, RW)).unwrap();
        assert_eq!(addr, LAYOUT.map_top - 3 * P);
        assert_eq!(space.usage(), (3 * P, 0));
        assert_eq!(space.resolve(addr + 5, Access::Write), Ok(()));
        assert_eq!(space.usage(), (3 * P, P));
        assert_eq!(
            space.resolve(addr, Access::Execute),
            Err(Error::AccessDenied)
        );
        assert_eq!(
            space.resolve(addr - 1, Access::Read),
            Err(Error::BadAddress)
        );
        space.protect(addr, P, Prot::READ).unwrap();
        assert_eq!(space.resolve(addr, Access::Write), Err(Error::AccessDenied));
        assert_eq!(space.areas().len(), 2);
        space.protect(addr, P, RW).unwrap();
        assert_eq!(space.areas().len(), 1);
        assert_eq!(space.resolve(addr, Access::Write), Ok(()));
        // No copy was made: the page is its own.
        assert_eq!(space.usage(), (3 * P, P));
    });
}

#[test]
fn fork_copies_on_write_and_the_last_owner_keeps_the_page() {
    on_machine(|| {
        let parent = AddressSpace::new(LAYOUT).unwrap();
        let addr = parent.map(&Map::anonymous(2 * P, RW)).unwrap();
        parent.write(addr, b"old").unwrap();
        let shared = Map {
            shared: true,
            ..Map::anonymous(P, RW)
        };
        let common = parent.map(&shared).unwrap();
        let child = parent.fork().unwrap();
        child.resolve(addr, Access::Write).unwrap();
        child.write(addr, b"new").unwrap();
        child.write(common, b"both").unwrap();
        let mut three = [0; 3];
        parent.read(addr, &mut three).unwrap();
        assert_eq!(&three, b"old");
        assert_eq!(byte(&parent, common), Ok(b'b'));
        drop(child);
        let free = hal::frame::stats().free;
        parent.resolve(addr, Access::Write).unwrap();
        assert_eq!(hal::frame::stats().free, free);
    });
}

#[test]
fn private_file_pages_are_copied_and_shared_ones_are_not() {
    on_machine(|| {
        let file = Numbered::new(20);
        let backing = |page: u64| Backing::Pages {
            pages: file.clone(),
            offset: page * P as u64,
        };
        let space = AddressSpace::new(LAYOUT).unwrap();
        let private = Map {
            backing: backing(2),
            ..Map::anonymous(19 * P, RW)
        };
        let own = space.map(&private).unwrap();
        let public = Map {
            shared: true,
            backing: backing(0),
            ..Map::anonymous(4 * P, RW)
        };
        let public = space.map(&public).unwrap();
        space.resolve(own + P, Access::Read).unwrap();
        assert!(space.usage().1 > P, "neighbours are mapped too");
        space.resolve(own + P, Access::Write).unwrap();
        space.write(own + P, &[0xee]).unwrap();
        assert_eq!(byte(&space, public + 3 * P), Ok(4));
        space.write(public + 2 * P, &[0xdd]).unwrap();
        assert_eq!(byte(&space, own), Ok(0xdd));
        assert_eq!(byte(&space, own + P), Ok(0xee));
        assert_eq!(
            space.resolve(own + 18 * P, Access::Read),
            Err(Error::OutOfRange)
        );
        space.discard(own, 2 * P).unwrap();
        assert_eq!(byte(&space, own + P), Ok(4));
        // A first touch that writes; and what lies behind a hole still comes from its own place in the file.
        space.discard(own, P).unwrap();
        space.resolve(own, Access::Write).unwrap();
        space.write(own, &[0xcc]).unwrap();
        assert_eq!(byte(&space, public + 2 * P), Ok(0xdd));
        space.unmap(own + 4 * P, P).unwrap();
        space.protect(own + 8 * P, P, Prot::READ).unwrap();
        for page in [5, 8, 9] {
            space.discard(own + page * P, P).unwrap();
            assert_eq!(byte(&space, own + page * P), Ok(page as u8 + 3));
        }
        drop(space);
        drop(file);
    });
}

#[test]
fn a_read_only_shared_mapping_stays_so() {
    on_machine(|| {
        let pages = SharedMemory::new(P as u64);
        let request = Map {
            shared: true,
            backing: Backing::Pages { pages, offset: 0 },
            ..Map::anonymous(P, Prot::READ)
        };
        let space = AddressSpace::new(LAYOUT).unwrap();
        let addr = space.map_at_most(&request, Prot::READ).unwrap();
        assert_eq!(space.protect(addr, P, RW), Err(Error::AccessDenied));
    });
}

#[test]
fn stacks_grow_to_their_limit_and_keep_a_guard() {
    on_machine(|| {
        let space = AddressSpace::new(LAYOUT).unwrap();
        space.set_limits(u64::MAX, 0x20_0000);
        let top = 0x70_0000;
        let stack = Map {
            grows_down: true,
            ..at(top - P, 1, RW)
        };
        space.map(&stack).unwrap();
        space.write(top - 1, &[1]).unwrap();
        assert_eq!(space.resolve(top - 9 * P, Access::Write), Ok(()));
        assert_eq!(space.usage().0, 9 * P);
        assert_eq!(
            space.resolve(top - 0x20_0000 - 1, Access::Write),
            Err(Error::BadAddress)
        );
        space.map(&at(top - 300 * P, 1, RW)).unwrap();
        assert_eq!(
            space.resolve(top - 290 * P, Access::Write),
            Err(Error::BadAddress)
        );
        assert_eq!(byte(&space, top - 1), Ok(1));
    });
}

#[test]
fn the_heap_grows_and_shrinks() {
    on_machine(|| {
        let space = AddressSpace::new(LAYOUT).unwrap();
        space.set_heap(0x10_0010);
        assert_eq!(space.set_break(0x10_5001), Ok(0x10_5001));
        space.write(0x10_5000, &[7]).unwrap();
        assert_eq!(space.set_break(0x10_0000), Err(Error::InvalidArgument));
        assert_eq!(space.set_break(0x10_2000), Ok(0x10_2000));
        assert_eq!(byte(&space, 0x10_5000), Err(Error::BadAddress));
        space.set_break(0x10_6000).unwrap();
        assert_eq!(byte(&space, 0x10_5000), Ok(0));
        assert_eq!(space.areas().len(), 1);
        space.map(&at(0x11_0000, 1, RW)).unwrap();
        assert_eq!(space.set_break(0x11_0000), Err(Error::OutOfMemory));
        assert_eq!(space.break_end(), 0x10_6000);
    });
}

#[test]
fn remapping_keeps_contents() {
    on_machine(|| {
        let space = AddressSpace::new(LAYOUT).unwrap();
        let addr = 0x20_0000;
        space.map(&at(addr, 2, RW)).unwrap();
        space.map(&at(addr + 4 * P, 1, RW)).unwrap();
        space.write(addr + P, &[9]).unwrap();
        assert_eq!(space.remap(addr, 2 * P, 4 * P, false, None), Ok(addr));
        assert_eq!(
            space.remap(addr, 4 * P, 5 * P, false, None),
            Err(Error::OutOfMemory)
        );
        let moved = space.remap(addr, 4 * P, 5 * P, true, None).unwrap();
        assert_ne!(moved, addr);
        assert_eq!(byte(&space, moved + P), Ok(9));
        assert_eq!(byte(&space, addr + P), Err(Error::BadAddress));
        assert_eq!(space.remap(moved, 5 * P, 2 * P, true, Some(addr)), Ok(addr));
        assert_eq!(byte(&space, addr + P), Ok(9));
        assert_eq!(space.usage().0, 3 * P);
    });
}

#[test]
fn bounds_and_limits_are_kept() {
    on_machine(|| {
        let space = AddressSpace::new(LAYOUT).unwrap();
        assert_eq!(space.map(&at(0x1000, 1, RW)), Err(Error::NotPermitted));
        assert_eq!(space.map(&at(LAYOUT.top, 1, RW)), Err(Error::OutOfMemory));
        assert_eq!(
            space.map(&at(0x20_0001, 1, RW)),
            Err(Error::InvalidArgument)
        );
        assert_eq!(
            space.map(&Map::anonymous(0, RW)),
            Err(Error::InvalidArgument)
        );
        assert_eq!(
            space.map(&Map::anonymous(usize::MAX, RW)),
            Err(Error::OutOfMemory)
        );
        space.set_limits(4 * P as u64, u64::MAX);
        space.map(&at(0x20_0000, 4, RW)).unwrap();
        // What is replaced does not count.
        space.map(&at(0x20_0000, 4, Prot::READ)).unwrap();
        assert_eq!(space.map(&Map::anonymous(P, RW)), Err(Error::OutOfMemory));
        let only = Map {
            no_replace: true,
            ..at(0x20_3000, 1, RW)
        };
        assert_eq!(space.map(&only), Err(Error::AlreadyExists));
        assert_eq!(space.protect(0x20_3000, 2 * P, RW), Err(Error::OutOfMemory));
    });
}

/// Random operations on parent and child against plain bytes, one for each page.
#[test]
fn agrees_with_a_model() {
    on_machine(|| {
        const PAGES: usize = 48;
        const BASE: usize = 0x20_0000;
        let mut seed = 3u64;
        let mut random = move |below: usize| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) as usize % below
        };
        // For each space and page: whether mapped, writable, and the first byte.
        let mut model = [[None::<(bool, u8)>; PAGES]; 2];
        let mut spaces = [0, 1].map(|_| AddressSpace::new(LAYOUT).unwrap());
        for step in 0..4000 {
            let who = random(2);
            let from = random(PAGES - 1);
            let to = from + 1 + random(PAGES - from - 1).min(8);
            let (addr, len) = (BASE + from * P, (to - from) * P);
            match random(7) {
                0 => {
                    spaces[who].map(&at(addr, to - from, RW)).unwrap();
                    model[who][from..to].fill(Some((true, 0)));
                }
                1 => {
                    spaces[who].unmap(addr, len).unwrap();
                    model[who][from..to].fill(None);
                }
                2 => {
                    let write = random(2) == 0;
                    let prot = if write { RW } else { Prot::READ };
                    let whole = model[who][from..to].iter().all(Option::is_some);
                    let result = spaces[who].protect(addr, len, prot);
                    assert_eq!(result.is_ok(), whole);
                    if whole {
                        model[who][from..to]
                            .iter_mut()
                            .flatten()
                            .for_each(|p| p.0 = write);
                    }
                }
                3 => {
                    let whole = model[who][from..to].iter().all(Option::is_some);
                    assert_eq!(spaces[who].discard(addr, len).is_ok(), whole);
                    model[who][from..to]
                        .iter_mut()
                        .flatten()
                        .for_each(|p| p.1 = 0);
                }
                4 if random(8) == 0 => {
                    spaces[1 - who] = spaces[who].fork().unwrap();
                    model[1 - who] = model[who];
                }
                _ => {
                    let expected = match model[who][from] {
                        None => Err(Error::BadAddress),
                        Some((false, _)) => Err(Error::AccessDenied),
                        Some((true, _)) => Ok(()),
                    };
                    assert_eq!(spaces[who].resolve(addr, Access::Write), expected);
                    if let Some((true, value)) = &mut model[who][from] {
                        *value = step as u8;
                        spaces[who].write(addr, &[step as u8]).unwrap();
                    }
                }
            }
            for (space, pages) in spaces.iter().zip(&model) {
                let page = random(PAGES);
                let expected = pages[page].map(|p| p.1).ok_or(Error::BadAddress);
                assert_eq!(byte(space, BASE + page * P), expected, "step {step}");
            }
        }
    });
}
