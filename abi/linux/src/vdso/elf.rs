//! The ELF image around the vdso's code: headers, symbols, a hash table, the dynamic section. Source: the System V gABI.

use alloc::vec::Vec;

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const SYMBOL: usize = 24;
const NAME: &str = "linux-vdso.so.1";

/// Collects little-endian fields.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn half(&mut self, value: u16) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
    fn word(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
    fn long(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
}

/// A shared library with these functions (name, offset) and `code` at offset `text`.
pub(super) fn library(functions: &[(&str, u64)], text: usize, code: &[u8]) -> Vec<u8> {
    let symbols = functions.len() + 1;
    let hash = HEADER + 2 * PROGRAM_HEADER;
    let symbol_table = (hash + (3 + symbols) * 4).next_multiple_of(8);
    let strings = symbol_table + symbols * SYMBOL;
    let mut names = Vec::from([0]);
    let mut name = |text: &str| {
        let at = names.len();
        names.extend_from_slice(text.as_bytes());
        names.push(0);
        at as u64
    };
    let places: Vec<u64> = functions.iter().map(|(text, _)| name(text)).collect();
    let soname = name(NAME);
    let dynamic = (strings + names.len()).next_multiple_of(8);
    let entries = [
        (4, hash as u64),
        (5, strings as u64),
        (6, symbol_table as u64),
        (10, names.len() as u64),
        (11, SYMBOL as u64),
        (14, soname),
        (0, 0),
    ];
    let size = text + code.len();

    let mut out = Bytes::default();
    header(&mut out, dynamic, entries.len() * 16, size);
    // One bucket: a chain through all symbols, from the first on.
    out.word(1).word(symbols as u32).word(1).word(0);
    for index in 1..symbols {
        out.word(if index + 1 < symbols {
            index as u32 + 1
        } else {
            0
        });
    }
    out.0.resize(symbol_table + SYMBOL, 0);
    for (place, (_, value)) in places.iter().zip(functions) {
        // STB_GLOBAL, STT_FUNC; in section 1, which there need not be.
        out.word(*place as u32)
            .half(0x12)
            .half(1)
            .long(*value)
            .long(0);
    }
    out.0.extend_from_slice(&names);
    out.0.resize(dynamic, 0);
    for (tag, value) in entries {
        out.long(tag).long(value);
    }
    debug_assert!(out.0.len() <= text, "the headers run into the code");
    out.0.resize(text, 0);
    out.0.extend_from_slice(code);
    out.0
}

fn header(out: &mut Bytes, dynamic: usize, dynamic_size: usize, size: usize) {
    const PAGE: u64 = 4096;
    out.0
        .extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // ET_DYN, EM_RISCV, version, entry, program headers, section headers, flags (RVC, double floats).
    out.half(3)
        .half(243)
        .word(1)
        .long(0)
        .long(HEADER as u64)
        .long(0)
        .word(5);
    out.half(HEADER as u16)
        .half(PROGRAM_HEADER as u16)
        .half(2)
        .half(64)
        .half(0)
        .half(0);
    // PT_LOAD, readable and executable.
    out.word(1)
        .word(5)
        .long(0)
        .long(0)
        .long(0)
        .long(size as u64)
        .long(size as u64)
        .long(PAGE);
    // PT_DYNAMIC.
    let (at, len) = (dynamic as u64, dynamic_size as u64);
    out.word(2)
        .word(4)
        .long(at)
        .long(at)
        .long(at)
        .long(len)
        .long(len)
        .long(8);
}

#[cfg(test)]
mod tests {
    use super::{SYMBOL, library};

    fn long(bytes: &[u8], at: usize) -> usize {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
    }

    #[test]
    fn symbols_are_found_through_the_dynamic_section() {
        let bytes = library(&[("one", 0x400), ("two", 0x404)], 0x400, &[0; 8]);
        // The second program header names the dynamic section.
        let dynamic = long(&bytes, 64 + 56 + 8);
        let entry = |tag: usize| {
            (0..)
                .map(|i| dynamic + i * 16)
                .find(|&at| long(&bytes, at) == tag)
                .map(|at| long(&bytes, at + 8))
                .unwrap()
        };
        let (symbols, strings) = (entry(6), entry(5));
        let second = symbols + 2 * SYMBOL;
        let name = u32::from_le_bytes(bytes[second..second + 4].try_into().unwrap()) as usize;
        assert_eq!(&bytes[strings + name..strings + name + 4], b"two\0");
        assert_eq!(long(&bytes, second + 8), 0x404);
        // Hash: one bucket that leads to symbol 1, then 2, then the end.
        let hash = entry(4);
        let word = |i: usize| bytes[hash + i * 4];
        assert_eq!(
            [word(0), word(1), word(2), word(3), word(4), word(5)],
            [1, 3, 1, 0, 2, 0]
        );
    }
}
