//! Native images: a static ELF with a note whose owner is `Scarlet`.

use crate::convention::A0;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kapi::exec::{Head, Loader, Start};
use kapi::mm::{Backing, Layout, Map, Prot};
use kapi::user::{PAGE_SIZE, TOP};
use kapi::{Error, Result};

/// Owner of the note that marks a native image.
const NOTE_OWNER: &[u8] = b"Scarlet";
const STACK_SIZE: usize = 8 << 20;
/// Most bytes of arguments and environment.
const STRINGS_LIMIT: usize = 1 << 20;
const LAYOUT: Layout = Layout {
    map_top: TOP - (1 << 30),
    bottom: PAGE_SIZE,
    top: TOP - PAGE_SIZE,
};

pub(crate) fn recognize(head: &Head<'_>) -> bool {
    head.elf
        .as_ref()
        .is_some_and(|elf| elf.notes.iter().any(|(owner, _)| owner == NOTE_OWNER))
}

pub(crate) fn load(loader: &mut Loader<'_>) -> Result<Start> {
    let memory = loader.make_memory(LAYOUT)?;
    let loaded = loader.load_elf(0)?;
    memory.set_heap(loaded.end.next_multiple_of(PAGE_SIZE));
    let top = LAYOUT.top;
    memory.map(&Map {
        addr: top - STACK_SIZE,
        fixed: true,
        no_replace: false,
        len: STACK_SIZE,
        prot: Prot::READ | Prot::WRITE,
        shared: false,
        backing: Backing::Anonymous,
        grows_down: false,
        populate: false,
        name: Arc::from(b"[stack]".as_slice()),
    })?;
    let (sp, block) = stack_block(top, &loader.args, &loader.env)?;
    memory.write(sp, &block)?;
    Ok(Start {
        pc: loaded.entry,
        sp,
        regs: Vec::from([(A0, sp as u64)]),
    })
}

/// The bytes at the top of the stack, and the address where they begin: argc, argument pointers, 0, environment
/// pointers, 0, then the strings.
fn stack_block(top: usize, args: &[Vec<u8>], env: &[Vec<u8>]) -> Result<(usize, Vec<u8>)> {
    let strings: usize = args.iter().chain(env).map(|text| text.len() + 1).sum();
    if strings > STRINGS_LIMIT {
        return Err(Error::ArgumentsTooLong);
    }
    let words = args.len() + env.len() + 3;
    let sp = (top - strings - words * 8) & !15;
    let mut block = Vec::new();
    block.try_reserve(top - sp)?;
    let mut text_at = sp + words * 8;
    let mut push = |word: usize| block.extend_from_slice(&(word as u64).to_le_bytes());
    push(args.len());
    for list in [args, env] {
        for text in list {
            push(text_at);
            text_at += text.len() + 1;
        }
        push(0);
    }
    for text in args.iter().chain(env) {
        block.extend_from_slice(text);
        block.push(0);
    }
    Ok((sp, block))
}

#[cfg(test)]
mod tests {
    use super::stack_block;

    #[test]
    fn the_stack_block_points_at_its_strings() {
        let (sp, block) = stack_block(
            0x10000,
            &[b"ab".to_vec(), b"c".to_vec()],
            &[b"E=1".to_vec()],
        )
        .unwrap();
        assert_eq!(sp % 16, 0);
        let word = |index: usize| {
            u64::from_le_bytes(block[index * 8..index * 8 + 8].try_into().unwrap()) as usize
        };
        let text = |at: usize| {
            let bytes = &block[at - sp..];
            &bytes[..bytes.iter().position(|&byte| byte == 0).unwrap()]
        };
        assert_eq!(word(0), 2);
        assert_eq!(
            (text(word(1)), text(word(2)), word(3)),
            (&b"ab"[..], &b"c"[..], 0)
        );
        assert_eq!((text(word(4)), word(5)), (&b"E=1"[..], 0));
    }

    #[test]
    fn too_many_strings_are_refused() {
        assert!(stack_block(1 << 30, &[vec![b'x'; 2 << 20]], &[]).is_err());
    }
}
