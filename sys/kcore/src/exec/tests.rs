//! Images as bytes: what is recognised, what is refused, and that no damage does harm.

use super::elf::{Elf, Segment};
use super::head::by_rules;
use super::{Head, Start};
use crate::Error;
use crate::abi::Abi;
use crate::event::Reaction;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A program header to write: type, flags, offset, address, bytes in the file, bytes in memory.
type Row = (u32, u32, u64, u64, u64, u64);

pub(super) const LOAD: u32 = 1;
const INTERP: u32 = 3;
const NOTE: u32 = 4;

/// An ELF image of `size` bytes for this machine with these program headers at byte 64.
pub(super) fn image(kind: u16, entry: u64, rows: &[Row], size: usize) -> Vec<u8> {
    let mut bytes = Vec::from(*b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    bytes.extend(kind.to_le_bytes());
    bytes.extend(hal::user::ELF_MACHINE.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(entry.to_le_bytes());
    bytes.extend(64u64.to_le_bytes());
    bytes.extend([0; 12]);
    for half in [64, 56, rows.len() as u16, 0, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    for &(kind, flags, offset, va, file, memory) in rows {
        bytes.extend(kind.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        for word in [offset, va, va, file, memory, 4096] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes.resize(size.max(bytes.len()), 0);
    bytes
}

fn parse(bytes: &[u8]) -> Option<Elf> {
    let head = &bytes[..bytes.len().min(4096)];
    Elf::parse(head, &|offset, into| {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or(&[]);
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    })
}

#[test]
fn headers_are_read() {
    let rows = [
        (LOAD, 5, 0, 0x10000, 0x200, 0x300),
        (NOTE, 4, 0x1800, 0, 24, 24),
    ];
    let mut bytes = image(2, 0x10078, &rows, 0x2000);
    // The note lies behind the head.
    bytes[0x1800..0x1814].copy_from_slice(b"\x08\0\0\0\x04\0\0\0\x01\0\0\0Scarlet\0");
    let elf = parse(&bytes).unwrap();
    let segment = Segment {
        offset: 0,
        va: 0x10000,
        file_size: 0x200,
        memory_size: 0x300,
        read: true,
        write: false,
        execute: true,
    };
    assert_eq!(elf.segments, [segment]);
    assert_eq!(
        (elf.is_dyn, elf.entry, elf.phdr_offset),
        (false, 0x10078, 64)
    );
    assert_eq!(elf.notes, [(b"Scarlet".to_vec(), 1)]);
}

#[test]
fn a_header_table_behind_the_head_is_read() {
    let row = (LOAD, 5, 0, 0x10000, 0x200, 0x300);
    let mut bytes = image(3, 0, &[row], 0x3000);
    bytes.copy_within(64..120, 0x2ff0 - 56);
    bytes[32..40].copy_from_slice(&(0x2ff0u64 - 56).to_le_bytes());
    bytes[64..120].fill(0);
    assert_eq!(parse(&bytes).unwrap().segments.len(), 1);
    bytes.truncate(0x2fe0);
    assert_eq!(parse(&bytes), None);
}

#[test]
fn an_interpreter_must_end() {
    let mut bytes = image(3, 0, &[(INTERP, 4, 0x100, 0, 7, 7)], 0x200);
    bytes[0x100..0x107].copy_from_slice(b"/lib/ld");
    assert_eq!(parse(&bytes), None);
    bytes[0x106] = 0;
    assert_eq!(parse(&bytes).unwrap().interpreter.unwrap(), b"/lib/l");
}

#[test]
fn damaged_segments_are_refused() {
    let rows: [Row; 3] = [
        (LOAD, 5, 0, u64::MAX - 10, 0, 100),
        (LOAD, 5, u64::MAX, 0x1000, 2, 2),
        (LOAD, 5, 0, 0x1000, 3, 2),
    ];
    for row in rows {
        assert_eq!(parse(&image(2, 0, &[row], 0)), None, "{row:x?}");
    }
}

/// An ABI of which only the name, `recognize` and `is_default` matter.
fn abi(name: &'static str, recognize: fn(&Head<'_>) -> bool, is_default: bool) -> &'static Abi {
    Box::leak(Box::new(Abi {
        name,
        table: &[],
        row: |_| None,
        arguments: |_| [0; 6],
        call: |_| (),
        show_result: |_, _| Ok(()),
        recognize,
        is_default,
        load: |_| Err::<Start, _>(Error::NotExecutable),
        new_process_state: || Arc::new(()),
        new_thread_state: || Arc::new(()),
        fork_process_state: |state| state.clone(),
        fork_thread_state: |state, _| state.clone(),
        post: |_, _, _| Reaction::None,
        deliver: |_| (),
        thread_exit: |_| (),
        fault_message: |_, _, _, _| Ok(()),
    }))
}

#[test]
fn rules_go_in_order() {
    let zero = abi(
        "zero",
        |h| h.elf.as_ref().is_some_and(|e| e.entry == 0),
        false,
    );
    let magic = abi("magic", |h| h.bytes.starts_with(b"MZ"), false);
    // A default's own opinion is not asked.
    let fallback = abi("fallback", |_| true, true);
    let abis = [zero, magic, fallback];
    let choose = |bytes: &[u8], mount| {
        let head = Head {
            bytes,
            elf: parse(bytes),
        };
        by_rules(&abis, &head, mount).map(|abi| abi.name)
    };
    let row = (LOAD, 5, 0, 0x10000, 0x100, 0x100);
    let plain = image(2, 0x10000, &[row], 0x200);
    assert_eq!(
        choose(&image(2, 0, &[row], 0x200), Some(magic)),
        Some("zero")
    );
    assert_eq!(choose(b"MZ", None), Some("magic"));
    assert_eq!(choose(&plain, None), Some("fallback"));
    assert_eq!(choose(&plain, Some(zero)), Some("zero"));
    assert_eq!(choose(b"plain text", Some(zero)), None);
    let mut other_machine = plain.clone();
    other_machine[18] = 62;
    assert_eq!(choose(&other_machine, Some(zero)), None);
    // Sound headers, but nothing to load.
    assert_eq!(choose(&image(2, 0x10000, &[], 0x200), None), None);
}

/// Random numbers, the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }

    /// A value that is likely to hurt.
    fn nasty(&mut self) -> u64 {
        let edges = [
            0,
            1,
            55,
            56,
            57,
            0xfff,
            0x1000,
            0x1001,
            1 << 31,
            1 << 32,
            1 << 38,
            1 << 63,
        ];
        let edge = edges[self.below(edges.len() as u64) as usize];
        match self.below(4) {
            0 => edge,
            1 => edge.wrapping_neg(),
            2 => edge.wrapping_add(self.below(16)).wrapping_sub(8),
            _ => self.below(0x4000),
        }
    }
}

/// A good image with some of its words replaced.
pub(super) fn mutated(random: &mut Random) -> Vec<u8> {
    let rows = [
        (LOAD, 5, 0, 0x10000, 0x1234, 0x1234),
        (LOAD, 6, 0x1234, 0x12234, 0x500, 0x9000),
        (LOAD, 4, 0x1900, 0x20000, 0x80, 0x80),
        (INTERP, 4, 0x300, 0x10300, 16, 16),
        (NOTE, 4, 0x400, 0x10400, 64, 64),
    ];
    let mut bytes = image(2 + random.below(2) as u16, 0x10100, &rows, 0x2000);
    bytes[0x300..0x30b].copy_from_slice(b"/lib/ld.so\0");
    bytes[0x400..0x414].copy_from_slice(b"\x08\0\0\0\x04\0\0\0\x01\0\0\0Scarlet\0");
    for _ in 0..=random.below(3) {
        let value = random.nasty();
        if random.below(3) == 0 {
            let at = random.below(0x480) as usize;
            bytes[at] = value as u8;
        } else {
            let at = 16 + random.below((64 + 5 * 56 - 16) / 4) as usize * 4;
            let width = 1usize << random.below(4);
            bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        }
    }
    if random.below(16) == 0 {
        bytes.truncate(random.below(0x2000) as usize);
    }
    bytes
}

#[test]
fn mutated_headers_parse_soundly_or_not_at_all() {
    let mut random = Random(1);
    let mut sound = 0;
    for _ in 0..10_000 {
        let Some(elf) = parse(&mutated(&mut random)) else {
            continue;
        };
        sound += 1;
        for segment in &elf.segments {
            assert!(segment.file_size <= segment.memory_size);
            assert!(segment.va.checked_add(segment.memory_size).is_some());
            assert!(segment.offset.checked_add(segment.file_size).is_some());
        }
    }
    // Both ways are taken.
    assert!((1000..9000).contains(&sound), "{sound}");
}
