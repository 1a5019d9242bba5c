//! Loading images into address spaces on the host: contents, rights, and that damaged ones leave nothing behind.

use super::Loaded;
use super::elf::Elf;
use super::loader::{Contents, load};
use super::tests::{LOAD, Random, image, mutated};
use crate::mm::{AddressSpace, Layout, Pages, Prot};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::PAGE_SIZE;
use hal::frame::Frame;

const LAYOUT: Layout = Layout {
    map_top: 0x3000_0000,
    bottom: 0x1000,
    top: 0x4000_0000,
};

/// A file's bytes as pages.
struct Bytes(Vec<u8>);

impl Pages for Bytes {
    fn page(&self, index: u64, _write: bool) -> Result<Frame> {
        let start = index as usize * PAGE_SIZE;
        let rest = self.0.get(start..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Error::OutOfRange)?;
        let frame = Frame::zeroed()?;
        frame.write(0, &rest[..rest.len().min(PAGE_SIZE)]);
        Ok(frame)
    }
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
    fn identity(&self) -> (u64, u64) {
        (1, 2)
    }
}

/// Loads `bytes` into new memory, mapped from pages or copied.
fn run(bytes: &[u8], mapped: bool, bias: usize) -> Result<(Arc<AddressSpace>, Loaded)> {
    let read_at = |offset: u64, into: &mut [u8]| {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or(&[]);
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    };
    let head = &bytes[..bytes.len().min(4096)];
    let elf = Elf::parse(head, &read_at).ok_or(Error::NotExecutable)?;
    let pages: Arc<dyn Pages> = Arc::new(Bytes(bytes.to_vec()));
    let contents = Contents {
        read_at: &read_at,
        pages: mapped.then_some(pages),
        len: bytes.len() as u64,
    };
    let memory = AddressSpace::new(LAYOUT)?;
    let loaded = load(&memory, &contents, &elf, bias, b"/bin/x")?;
    Ok((memory, loaded))
}

/// Segments with bytes that tell their offset in the file.
fn patterned(rows: &[(u32, u32, u64, u64, u64, u64)]) -> Vec<u8> {
    let mut bytes = image(2, 0x10100, rows, 0x5000);
    let headers = 64 + 56 * rows.len();
    for (index, byte) in bytes.iter_mut().enumerate().skip(headers) {
        *byte = (index % 251) as u8;
    }
    bytes
}

fn read(memory: &AddressSpace, addr: usize, len: usize) -> Vec<u8> {
    let mut bytes = alloc::vec![0; len];
    memory.read(addr, &mut bytes).unwrap();
    bytes
}

#[test]
fn segments_hold_the_file_and_zeros() {
    let _machine = hal::testing::boot(1, 64 << 20);
    let rows = [
        (LOAD, 5, 0, 0x10000, 0x1234, 0x1234),
        (LOAD, 6, 0x2234, 0x13234, 0x500, 0x3000),
        (LOAD, 4, 0x3100, 0x20000, 0x1080, 0x1080),
    ];
    let bytes = patterned(&rows);
    for mapped in [true, false] {
        let (memory, loaded) = run(&bytes, mapped, 0x100000).unwrap();
        assert_eq!(loaded.entry, 0x110100);
        assert_eq!(loaded.phdr, 0x110040);
        assert_eq!(loaded.end, 0x121080);
        assert_eq!(read(&memory, 0x110000, 0x1234), bytes[..0x1234]);
        assert_eq!(read(&memory, 0x113234, 0x500), bytes[0x2234..0x2734]);
        assert_eq!(read(&memory, 0x113734, 0x2b00), [0; 0x2b00]);
        assert_eq!(read(&memory, 0x120000, 0x1080), bytes[0x3100..0x4180]);
        assert_eq!(memory.prot_at(0x110000), Ok(Prot::READ | Prot::EXECUTE));
        assert_eq!(memory.prot_at(0x115000), Ok(Prot::READ | Prot::WRITE));
        assert_eq!(memory.prot_at(0x120000), Ok(Prot::READ));
        assert_eq!(memory.prot_at(0x112000), Err(Error::BadAddress));
    }
}

#[test]
fn segments_may_meet_within_a_page() {
    let _machine = hal::testing::boot(1, 64 << 20);
    let rows = [
        (LOAD, 5, 0, 0x10000, 0x1234, 0x1300),
        (LOAD, 6, 0x1400, 0x11400, 0x2000, 0x2100),
        (LOAD, 4, 0x200, 0x13700, 0x10, 0x20),
    ];
    let bytes = patterned(&rows);
    for mapped in [true, false] {
        let (memory, _) = run(&bytes, mapped, 0).unwrap();
        assert_eq!(read(&memory, 0x10000, 0x1234), bytes[..0x1234]);
        assert_eq!(read(&memory, 0x11234, 0xcc), [0; 0xcc]);
        assert_eq!(read(&memory, 0x11400, 0x2000), bytes[0x1400..0x3400]);
        assert_eq!(read(&memory, 0x13400, 0x100), [0; 0x100]);
        assert_eq!(read(&memory, 0x13700, 0x10), bytes[0x200..0x210]);
        assert_eq!(read(&memory, 0x13710, 0x10), [0; 0x10]);
        assert_eq!(memory.prot_at(0x11000), Ok(Prot::all()));
        assert_eq!(memory.prot_at(0x12000), Ok(Prot::READ | Prot::WRITE));
    }
}

#[test]
fn unsound_places_are_refused() {
    let _machine = hal::testing::boot(1, 64 << 20);
    let good = (LOAD, 5, 0, 0x10000, 0x1000, 0x1000);
    let bad = [
        // Overlaps the one before; lies below it.
        (LOAD, 5, 0, 0x10800, 0x1000, 0x1000),
        (LOAD, 5, 0, 0x8000, 0x1000, 0x1000),
        // Below the bottom is not possible behind another: above the top, beyond the file, huge.
        (LOAD, 5, 0, LAYOUT.top as u64 - 0x1000, 0x1000, 0x1001),
        (LOAD, 5, 0x4001, 0x20000, 0x1000, 0x1000),
        (LOAD, 6, 0, 0x20000, 0, 1 << 40),
    ];
    for row in bad {
        let result = run(&patterned(&[good, row]), true, 0).map(|_| ());
        assert_eq!(result, Err(Error::NotExecutable), "{row:x?}");
    }
    let low = (LOAD, 5, 0, 0, 0x1000, 0x1000);
    assert_eq!(
        run(&patterned(&[low]), true, 0).map(|_| ()),
        Err(Error::NotExecutable)
    );
    assert_eq!(
        run(&patterned(&[]), true, 0).map(|_| ()),
        Err(Error::NotExecutable)
    );
}

#[test]
fn mutated_images_load_or_are_refused_and_leave_nothing() {
    let _machine = hal::testing::boot(1, 64 << 20);
    let before = hal::frame::stats().free;
    let mut random = Random(2);
    let mut loads = 0;
    for round in 0..10_000 {
        let bytes = mutated(&mut random);
        match run(&bytes, round % 2 == 0, (round % 3) * 0x10000) {
            Ok((memory, loaded)) => {
                loads += 1;
                assert!(loaded.end <= LAYOUT.top);
                let _ = memory.read(loaded.entry, &mut [0; 4]);
            }
            Err(error) => assert_eq!(error, Error::NotExecutable),
        }
    }
    assert!((500..9500).contains(&loads), "{loads}");
    assert_eq!(hal::frame::stats().free, before, "frames are lost");
}
