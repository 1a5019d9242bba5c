//! Linux images: where an ELF goes in memory, its interpreter, its first stack.
//! Source: fs/binfmt_elf.c (behaviour), include/uapi/linux/auxvec.h; arch/riscv/include/asm/elf.h.

use crate::vdso;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kapi::exec::{Head, Loaded, Loader, Start};
use kapi::mm::{Layout, Map, Prot};
use kapi::user::{PAGE_SIZE, TOP};
use kapi::{Error, Result};

const STACK_TOP: usize = TOP - PAGE_SIZE;
/// What of the stack is mapped at first; it grows when touched below.
const STACK_FIRST: usize = 128 << 10;
/// Room that mappings leave for the stack to grow.
const STACK_ROOM: usize = 1 << 30;
/// Where the vdso is: between the mappings and the stack's room.
pub(crate) const VDSO: usize = MAP_TOP + (16 << 20);
const MAP_TOP: usize = STACK_TOP - STACK_ROOM;
/// Where interpreters go: the highest mapping.
const INTERPRETER: usize = MAP_TOP - (16 << 20);
/// Where position-independent programs go: two thirds up.
const PROGRAM: usize = (TOP / 3 * 2) & !(PAGE_SIZE - 1);
const LAYOUT: Layout = Layout {
    map_top: MAP_TOP,
    bottom: 0x1_0000,
    top: STACK_TOP,
};
/// Extensions I, M, A, F, D, C, by letter.
const HWCAP: u64 = 0x112d;
const CLOCK_TICKS: u64 = 100;
const MINSIGSTKSZ: u64 = 2048;

/// Everything that nobody else takes is Linux'; nothing needs to be recognised.
pub(crate) fn recognize(head: &Head<'_>) -> bool {
    head.elf.as_ref().is_some_and(|elf| {
        elf.interpreter
            .as_ref()
            .is_some_and(|path| path.starts_with(b"/lib/ld-"))
    })
}

pub(crate) fn load(loader: &mut Loader<'_>) -> Result<Start> {
    let memory = loader.make_memory(LAYOUT)?;
    let elf = loader.head.elf.as_ref().ok_or(Error::NotExecutable)?;
    let (count, interpreter) = (elf.phdr_count, elf.interpreter.clone());
    let executable = elf.stack_executable.unwrap_or(false);
    let program = loader.load_elf(if elf.is_dyn { PROGRAM } else { 0 })?;
    let interpreter = match interpreter {
        Some(path) => Some(loader.load_interpreter(&path, INTERPRETER)?),
        None => None,
    };
    memory.set_heap(program.end.next_multiple_of(PAGE_SIZE));
    vdso::map(&memory, VDSO)?;
    let mut prot = Prot::READ | Prot::WRITE;
    prot.set(Prot::EXECUTE, executable);
    let auxiliary = auxiliary(loader, &program, interpreter.as_ref(), count);
    let stack = Stack {
        args: &loader.args,
        env: &loader.env,
        path: &loader.path,
        random: loader.random(),
        auxiliary: &auxiliary,
    };
    let (sp, block) = stack.block(STACK_TOP)?;
    let size = (block.len() + 2 * PAGE_SIZE)
        .next_multiple_of(PAGE_SIZE)
        .max(STACK_FIRST);
    memory.map(&Map {
        addr: STACK_TOP - size,
        fixed: true,
        grows_down: true,
        name: Arc::from(b"[stack]".as_slice()),
        ..Map::anonymous(size, prot)
    })?;
    memory.write(sp, &block)?;
    Ok(Start {
        pc: interpreter.as_ref().map_or(program.entry, |i| i.entry),
        sp,
        regs: Vec::new(),
    })
}

/// The auxiliary vector but for what points into the stack itself.
fn auxiliary(
    loader: &Loader<'_>,
    program: &Loaded,
    interpreter: Option<&Loaded>,
    count: u16,
) -> Vec<(u64, u64)> {
    let who = &loader.credentials;
    Vec::from([
        (33, VDSO as u64),
        (16, HWCAP),
        (6, PAGE_SIZE as u64),
        (17, CLOCK_TICKS),
        (3, program.phdr as u64),
        (4, 56),
        (5, u64::from(count)),
        (7, interpreter.map_or(0, |i| i.bias as u64)),
        (8, 0),
        (9, program.entry as u64),
        (11, u64::from(who.uid)),
        (12, u64::from(who.euid)),
        (13, u64::from(who.gid)),
        (14, u64::from(who.egid)),
        (23, u64::from(loader.secure)),
        (51, MINSIGSTKSZ),
    ])
}

/// What the first stack holds.
struct Stack<'a> {
    args: &'a [Vec<u8>],
    env: &'a [Vec<u8>],
    path: &'a [u8],
    random: [u8; 16],
    auxiliary: &'a [(u64, u64)],
}

impl Stack<'_> {
    /// The bytes up to `top`, and the address where they begin: argc, arguments, 0, environment, 0, auxiliary vector; above it the
    /// strings and random bytes that these point to.
    fn block(&self, top: usize) -> Result<(usize, Vec<u8>)> {
        const AT_NULL: u64 = 0;
        const AT_RANDOM: u64 = 25;
        const AT_EXECFN: u64 = 31;
        let texts = self.args.iter().chain(self.env);
        let strings: usize = texts.map(|text| text.len() + 1).sum();
        // Behind the strings: path, random bytes, a null word as Linux has it.
        let above = strings + self.path.len() + 1 + 16 + 8;
        let words = 3 + self.args.len() + self.env.len() + 2 * (self.auxiliary.len() + 3);
        let size = (above + words * 8).next_multiple_of(16);
        let sp = (top & !15)
            .checked_sub(size)
            .ok_or(Error::ArgumentsTooLong)?;
        let mut block = Vec::new();
        block.try_reserve_exact(size)?;
        let mut text_at = sp + words * 8;
        let path_at = text_at + strings;
        let random_at = path_at + self.path.len() + 1;
        let mut push = |word: u64| block.extend_from_slice(&word.to_le_bytes());
        push(self.args.len() as u64);
        for list in [self.args, self.env] {
            for text in list {
                push(text_at as u64);
                text_at += text.len() + 1;
            }
            push(0);
        }
        let last = [
            (AT_RANDOM, random_at as u64),
            (AT_EXECFN, path_at as u64),
            (AT_NULL, 0),
        ];
        for &(kind, value) in self.auxiliary.iter().chain(&last) {
            push(kind);
            push(value);
        }
        for text in self.args.iter().chain(self.env) {
            block.extend_from_slice(text);
            block.push(0);
        }
        block.extend_from_slice(self.path);
        block.push(0);
        block.extend_from_slice(&self.random);
        block.resize(size, 0);
        Ok((sp, block))
    }
}

#[cfg(test)]
mod tests {
    use super::Stack;

    #[test]
    fn the_first_stack_points_at_its_parts() {
        let (args, env) = ([b"ab".to_vec(), b"c".to_vec()], [b"E=1".to_vec()]);
        let stack = Stack {
            args: &args,
            env: &env,
            path: b"/bin/ab",
            random: [7; 16],
            auxiliary: &[(6, 4096)],
        };
        let (sp, block) = stack.block(0x8000).unwrap();
        assert_eq!((sp % 16, sp + block.len()), (0, 0x8000));
        let word =
            |index: usize| u64::from_le_bytes(block[index * 8..index * 8 + 8].try_into().unwrap());
        let text = |at: u64| {
            let bytes = &block[at as usize - sp..];
            bytes.split(|&byte| byte == 0).next().unwrap().to_vec()
        };
        assert_eq!(word(0), 2);
        assert_eq!(
            (text(word(1)), text(word(2)), word(3)),
            (b"ab".to_vec(), b"c".to_vec(), 0)
        );
        assert_eq!((text(word(4)), word(5)), (b"E=1".to_vec(), 0));
        assert_eq!((word(6), word(7), word(8), word(10)), (6, 4096, 25, 31));
        assert_eq!(text(word(11)), b"/bin/ab");
        let random = word(9) as usize - sp;
        assert_eq!(block[random..random + 16], [7; 16]);
        assert_eq!((word(12), word(13)), (0, 0));
    }
}
