//! xv6 images and their first memory. Source: kernel/exec.c.

use crate::convention::A0;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kapi::exec::elf::Elf;
use kapi::exec::{Head, Loader, Start};
use kapi::mm::{Backing, Layout, Map, Prot};
use kapi::user::PAGE_SIZE;
use kapi::{Error, Result};

const EM_RISCV: u16 = 243;
/// First address above the heap's room: the original keeps its trap frame here.
pub(crate) const TOP: usize = 0x3f_ffff_e000;
const LAYOUT: Layout = Layout {
    map_top: TOP,
    bottom: 0,
    top: TOP,
};
/// Most arguments, kernel/param.h; one fewer than the array, which ends with 0.
const MAXARG: usize = 32;

pub(crate) fn recognize(head: &Head<'_>) -> bool {
    head.elf.as_ref().is_some_and(is_xv6)
}

/// Linked at 0 by a bare linker: nothing that a C library or a native tool chain leaves behind.
fn is_xv6(elf: &Elf) -> bool {
    let lowest = elf.segments.iter().map(|segment| segment.va).min();
    let marked = elf
        .notes
        .iter()
        .any(|(owner, kind)| match owner.as_slice() {
            // Type 5 are properties, which any assembler may add; ABI tag (1) and build id (3) decide.
            b"GNU" => *kind != 5,
            _ => true,
        });
    elf.machine == EM_RISCV
        && !elf.is_dyn
        && lowest == Some(0)
        && elf.interpreter.is_none()
        && !elf.has_tls
        && !elf.has_dynamic
        && !marked
        && elf
            .segments
            .iter()
            .any(|s| s.execute && (s.va..s.va + s.memory_size).contains(&elf.entry))
}

pub(crate) fn load(loader: &mut Loader<'_>) -> Result<Start> {
    if loader.args.len() >= MAXARG {
        return Err(Error::ArgumentsTooLong);
    }
    let memory = loader.make_memory(LAYOUT)?;
    let loaded = loader.load_elf(0)?;
    // A guard page, then the stack; the heap begins right above it.
    let guard = loaded.end.next_multiple_of(PAGE_SIZE);
    let (stack, top) = (guard + PAGE_SIZE, guard + 2 * PAGE_SIZE);
    memory.map(&Map {
        addr: stack,
        fixed: true,
        no_replace: false,
        len: PAGE_SIZE,
        prot: Prot::READ | Prot::WRITE,
        shared: false,
        backing: Backing::Anonymous,
        grows_down: false,
        populate: true,
        name: Arc::from(b"[stack]".as_slice()),
    })?;
    let (sp, block) = stack_block(stack, top, &loader.args)?;
    memory.write(sp, &block)?;
    memory.set_heap(top);
    let regs = Vec::from([(A0, loader.args.len() as u64), (A0 + 1, sp as u64)]);
    Ok(Start {
        pc: loaded.entry,
        sp,
        regs,
    })
}

/// The bytes from the argument array up to the top of the stack, and the array's address: strings from the top down, each
/// aligned to 16, below them the array of pointers, ended by 0.
fn stack_block(bottom: usize, top: usize, args: &[Vec<u8>]) -> Result<(usize, Vec<u8>)> {
    let mut at = top;
    let mut places = Vec::new();
    for text in args {
        at = at
            .checked_sub(text.len() + 1)
            .ok_or(Error::ArgumentsTooLong)?
            & !15;
        if at < bottom {
            return Err(Error::ArgumentsTooLong);
        }
        places.push(at);
    }
    let sp = (at - (args.len() + 1) * 8) & !15;
    if sp < bottom {
        return Err(Error::ArgumentsTooLong);
    }
    let mut block = alloc::vec![0; top - sp];
    for (index, (text, place)) in args.iter().zip(&places).enumerate() {
        block[index * 8..index * 8 + 8].copy_from_slice(&(*place as u64).to_le_bytes());
        block[place - sp..place - sp + text.len()].copy_from_slice(text);
    }
    Ok((sp, block))
}

#[cfg(test)]
mod tests {
    use super::{Elf, is_xv6, stack_block};
    use kapi::exec::elf::Segment;

    fn sample() -> Elf {
        let text = Segment {
            offset: 0x1000,
            va: 0,
            file_size: 100,
            memory_size: 100,
            read: true,
            write: false,
            execute: true,
        };
        Elf {
            is_dyn: false,
            machine: 243,
            os_abi: 0,
            entry: 0x10,
            phdr_offset: 64,
            phdr_count: 1,
            phdr_size: 56,
            segments: vec![text],
            interpreter: None,
            notes: vec![],
            has_tls: false,
            has_dynamic: false,
            stack_executable: None,
        }
    }

    #[test]
    fn a_bare_image_at_zero_is_xv6() {
        assert!(is_xv6(&sample()));
    }

    #[test]
    fn every_mark_of_another_system_decides_against_it() {
        let changes: [fn(&mut Elf); 8] = [
            |elf| elf.is_dyn = true,
            |elf| elf.machine = 62,
            |elf| elf.segments[0].va = 0x10000,
            |elf| elf.interpreter = Some(b"/lib/ld.so".to_vec()),
            |elf| elf.has_tls = true,
            |elf| elf.notes.push((b"GNU".to_vec(), 3)),
            |elf| elf.notes.push((b"Scarlet".to_vec(), 1)),
            |elf| elf.entry = 0x5000,
        ];
        for change in changes {
            let mut elf = sample();
            change(&mut elf);
            assert!(!is_xv6(&elf), "{elf:?}");
        }
        let mut property = sample();
        property.notes.push((b"GNU".to_vec(), 5));
        assert!(is_xv6(&property));
    }

    #[test]
    fn arguments_lie_below_the_top_and_are_aligned() {
        let (sp, block) = stack_block(0x3000, 0x4000, &[b"ab".to_vec(), b"c".to_vec()]).unwrap();
        assert_eq!((sp, block.len()), (0x3fc0, 0x40));
        assert_eq!(block[..8], 0x3ff0_u64.to_le_bytes());
        assert_eq!(block[8..16], 0x3fe0_u64.to_le_bytes());
        assert_eq!(block[16..24], [0; 8]);
        assert_eq!(&block[0x30..0x33], b"ab\0");
    }

    #[test]
    fn arguments_that_do_not_fit_the_page_are_refused() {
        assert!(stack_block(0x3000, 0x4000, &vec![vec![b'x'; 400]; 31]).is_err());
        assert!(stack_block(0x3000, 0x4000, &[vec![b'x'; 5000]]).is_err());
    }
}
