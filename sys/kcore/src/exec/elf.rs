//! What the executor and the ABIs ask of an ELF image. Everything read from the file is checked before it is used.

use crate::Result;
use alloc::vec::Vec;
use object::LittleEndian;
use object::elf;
use object::pod;
use object::read::elf::FileHeader;

type Header = elf::FileHeader64<LittleEndian>;
type ProgramHeader = elf::ProgramHeader64<LittleEndian>;

/// Most bytes of a note segment that are looked at.
const NOTE_BYTES: usize = 4096;
/// Most notes that are looked at.
const NOTES: usize = 64;
/// Most bytes of program headers.
const HEADER_BYTES: usize = 65_536;
/// Longest path of an interpreter, with its NUL.
const INTERPRETER: u64 = 4096;

/// Reads the file at an offset: bytes read, fewer than asked only at the file's end.
pub(crate) type ReadAt<'a> = dyn Fn(u64, &mut [u8]) -> Result<usize> + 'a;

/// A segment to load: PT_LOAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// In the file.
    pub offset: u64,
    /// Address of its first byte, before any bias.
    pub va: u64,
    /// Bytes in the file; at most `memory_size`.
    pub file_size: u64,
    /// Bytes in memory; the rest is zero. `va + memory_size` does not overflow.
    pub memory_size: u64,
    /// Readable.
    pub read: bool,
    /// Writable.
    pub write: bool,
    /// Executable.
    pub execute: bool,
}

/// What the headers say. Parsed with every bound checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// ET_DYN (position-independent), else ET_EXEC.
    pub is_dyn: bool,
    /// `e_machine`.
    pub machine: u16,
    /// `EI_OSABI`.
    pub os_abi: u8,
    /// `e_entry`.
    pub entry: u64,
    /// Where the program headers are in the file.
    pub phdr_offset: u64,
    /// How many.
    pub phdr_count: u16,
    /// Bytes of each.
    pub phdr_size: u16,
    /// In the order of the file.
    pub segments: Vec<Segment>,
    /// PT_INTERP, without the NUL.
    pub interpreter: Option<Vec<u8>>,
    /// (owner name, type) of each note that lies within the head or could be read.
    pub notes: Vec<(Vec<u8>, u32)>,
    /// Has PT_TLS.
    pub has_tls: bool,
    /// Has PT_DYNAMIC.
    pub has_dynamic: bool,
    /// What PT_GNU_STACK says, if it is there.
    pub stack_executable: Option<bool>,
}

impl Elf {
    /// Reads the headers. `head`: the file's first bytes. `None`: not a program for a 64-bit little-endian machine, or damaged.
    pub(crate) fn parse(head: &[u8], read_at: &ReadAt<'_>) -> Option<Elf> {
        const E: LittleEndian = LittleEndian;
        let header = Header::parse(head).ok()?;
        header.endian().ok()?;
        let is_dyn = match header.e_type.get(E) {
            elf::ET_EXEC => false,
            elf::ET_DYN => true,
            _ => return None,
        };
        let size = header.e_phentsize.get(E);
        let count = header.e_phnum.get(E);
        let table_bytes = usize::from(size) * usize::from(count);
        if usize::from(size) != size_of::<ProgramHeader>() || table_bytes > HEADER_BYTES {
            return None;
        }
        let offset = header.e_phoff.get(E);
        let table = bytes_at(head, read_at, offset, table_bytes)?;
        let (table, _) = pod::slice_from_bytes::<ProgramHeader>(&table, usize::from(count)).ok()?;
        let mut found = Elf {
            is_dyn,
            machine: header.e_machine.get(E).0,
            os_abi: header.e_ident.os_abi.0,
            entry: header.e_entry.get(E),
            phdr_offset: offset,
            phdr_count: count,
            phdr_size: size,
            segments: Vec::new(),
            interpreter: None,
            notes: Vec::new(),
            has_tls: false,
            has_dynamic: false,
            stack_executable: None,
        };
        for entry in table {
            found.take(entry, head, read_at)?;
        }
        Some(found)
    }

    /// Takes one program header in; `None`: it is damaged.
    fn take(&mut self, entry: &ProgramHeader, head: &[u8], read_at: &ReadAt<'_>) -> Option<()> {
        const E: LittleEndian = LittleEndian;
        let flags = entry.p_flags.get(E).0;
        let offset = entry.p_offset.get(E);
        let file_size = entry.p_filesz.get(E);
        match entry.p_type.get(E) {
            elf::PT_LOAD => {
                let segment = Segment {
                    offset,
                    va: entry.p_vaddr.get(E),
                    file_size,
                    memory_size: entry.p_memsz.get(E),
                    read: flags & elf::PF_R.0 != 0,
                    write: flags & elf::PF_W.0 != 0,
                    execute: flags & elf::PF_X.0 != 0,
                };
                segment.check()?;
                self.segments.push(segment);
            }
            elf::PT_INTERP => {
                if !(2..=INTERPRETER).contains(&file_size) {
                    return None;
                }
                let mut path = bytes_at(head, read_at, offset, file_size as usize)?;
                let end = path.iter().position(|&byte| byte == 0)?;
                path.truncate(end);
                self.interpreter = Some(path);
            }
            elf::PT_NOTE => {
                let len = file_size.min(NOTE_BYTES as u64) as usize;
                // Notes only help to recognise: those that cannot be read are as good as none.
                if let Some(bytes) = bytes_at(head, read_at, offset, len) {
                    let wide = entry.p_align.get(E) == 8;
                    take_notes(&bytes, if wide { 8 } else { 4 }, &mut self.notes);
                }
            }
            elf::PT_TLS => self.has_tls = true,
            elf::PT_DYNAMIC => self.has_dynamic = true,
            elf::PT_GNU_STACK => self.stack_executable = Some(flags & elf::PF_X.0 != 0),
            _ => {}
        }
        Some(())
    }
}

impl Segment {
    fn check(&self) -> Option<()> {
        self.va.checked_add(self.memory_size)?;
        self.offset.checked_add(self.file_size)?;
        (self.file_size <= self.memory_size).then_some(())
    }
}

/// Bytes of the file, from its head if they lie there; `None` when the file ends before.
fn bytes_at(head: &[u8], read_at: &ReadAt<'_>, offset: u64, len: usize) -> Option<Vec<u8>> {
    let end = offset.checked_add(len as u64)?;
    if end <= head.len() as u64 {
        return Some(head[offset as usize..end as usize].to_vec());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).ok()?;
    bytes.resize(len, 0);
    (read_at(offset, &mut bytes) == Ok(len)).then_some(bytes)
}

/// Collects owner and type of each note.
fn take_notes(mut bytes: &[u8], align: usize, notes: &mut Vec<(Vec<u8>, u32)>) {
    while let Some((header, rest)) = bytes.split_first_chunk::<12>()
        && notes.len() < NOTES
    {
        let word = |at: usize| {
            let word = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32::from_le_bytes(word)
        };
        let (name_len, data_len) = (word(0) as usize, word(4) as usize);
        let Some(name) = rest.get(..name_len) else {
            return;
        };
        let name = name.strip_suffix(b"\0").unwrap_or(name);
        notes.push((name.to_vec(), word(8)));
        // Both lengths are below 2^32, so the sums cannot overflow.
        let data = (12 + name_len).next_multiple_of(align);
        let next = (data + data_len).next_multiple_of(align);
        let Some(rest) = bytes.get(next..) else {
            return;
        };
        bytes = rest;
    }
}
