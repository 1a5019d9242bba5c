//! The Transparent Executor: every exec of every ABI comes through here.
//!
//! It reads the image, finds the one ABI that recognises it, builds that ABI's world around it from the caller's
//! environment object, and replaces the process only when all of it stands.
//!
//! Order of rules: an override given with the call; the file's attribute; `#!`; a decisive `recognize` of an ABI that is not the default;
//! an override of the mount; the default ABI, when the image is sound for this machine.

use crate::Result;
use crate::abi::Abi;
use crate::mm::AddressSpace;
use crate::process::{Process, Thread};
use crate::vfs::{File, Namespace, Path};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The first bytes of an image (up to 4096), with what every ABI asks of an ELF already parsed.
pub struct Head<'a> {
    pub bytes: &'a [u8],
    pub elf: Option<elf::Elf>,
}

/// ELF facts.
pub mod elf {
    use alloc::vec::Vec;
    /// A segment to load: PT_LOAD.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Segment {
        pub offset: u64,
        pub va: u64,
        pub file_size: u64,
        pub memory_size: u64,
        pub read: bool,
        pub write: bool,
        pub execute: bool,
    }
    /// What the headers say. Parsed with every bound checked.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Elf {
        pub is_dyn: bool,
        pub machine: u16,
        pub os_abi: u8,
        pub entry: u64,
        pub phdr_offset: u64,
        pub phdr_count: u16,
        pub phdr_size: u16,
        pub segments: Vec<Segment>,
        pub interpreter: Option<Vec<u8>>,
        /// (owner name, type) of each note that lies within the head or could be read.
        pub notes: Vec<(Vec<u8>, u32)>,
        pub has_tls: bool,
        pub has_dynamic: bool,
        pub stack_executable: Option<bool>,
    }
}

/// A program to run, as asked for by any ABI. `path` is resolved in the caller's namespace unless `file` is given.
pub struct Program {
    pub path: Vec<u8>,
    pub file: Option<Arc<File>>,
    pub args: Vec<Vec<u8>>,
    /// Environment strings `NAME=value`, in the caller's terms; the executor converts PATH and the like by rule.
    pub env: Vec<Vec<u8>>,
    /// Force this ABI.
    pub abi: Option<&'static Abi>,
}

/// The new world under construction, as the chosen ABI's `load` sees it.
pub struct Loader<'a> {
    pub process: &'a Arc<Process>,
    pub file: Arc<File>,
    pub head: Head<'a>,
    /// Path of the program in its own namespace.
    pub path: Vec<u8>,
    pub args: Vec<Vec<u8>>,
    pub env: Vec<Vec<u8>>,
    pub memory: Option<Arc<AddressSpace>>,
}

/// Where the segments of an ELF went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /** Added to every address of the file. */
    pub bias: usize,
    pub entry: usize,
    /** Address of the program headers in memory, 0 if not loaded. */
    pub phdr: usize,
    pub end: usize,
}

impl Loader<'_> {
    /// Makes the new address space with this layout (first thing an ABI does).
    pub fn make_memory(&mut self, layout: crate::mm::Layout) -> Result<Arc<AddressSpace>> {
        todo!()
    }
    /// Maps the segments of the image (`bias` added; mapped from the file where page-congruent, copied where not; bss zeroed). Any damage: NotExecutable.
    pub fn load_elf(&mut self, bias: usize) -> Result<Loaded> {
        todo!()
    }
    /// Opens and maps an interpreter found at `path` in the new namespace.
    pub fn load_interpreter(&mut self, path: &[u8], bias: usize) -> Result<Loaded> {
        todo!()
    }
    /// Random bytes for the new image.
    pub fn random(&self) -> [u8; 16] {
        todo!()
    }
}

/// How the first thread of the new image starts.
pub struct Start {
    pub pc: usize,
    pub sp: usize,
    /** (register, value) */
    pub regs: Vec<(usize, u64)>,
}

/// Replaces the calling process' image. On success the caller's registers are already the new image's: just return to user mode.
pub fn exec(call: &mut crate::abi::Call<'_>, program: Program) -> Result<()> {
    todo!()
}

/// What one ABI's world looks like: policy, given by init.
#[derive(Clone)]
pub struct View {
    pub abi: &'static Abi,
    /// The namespace that its programs see (built once by init from layers and binds; shared until a process unshares it).
    pub namespace: Arc<Namespace>,
    pub root: Path,
    /// Environment variables set (replacing) when entering this ABI from another: PATH, HOME...
    pub env: Vec<Vec<u8>>,
}

/// A sealed map from ABI to its view. ABIs without an entry use the caller's namespace.
pub struct Environment {
    pub views: Vec<View>,
}

impl crate::object::Object for Environment {
    fn kind(&self) -> crate::object::Kind {
        crate::object::Kind::Environment
    }
    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

/// Registers the ABIs that the kernel knows (once, at boot), the default one last.
pub fn register(abis: &'static [&'static Abi]) {
    todo!()
}
/// The ABI of that name.
pub fn abi_named(name: &str) -> Option<&'static Abi> {
    todo!()
}
/// All registered.
pub fn abis() -> &'static [&'static Abi] {
    todo!()
}
