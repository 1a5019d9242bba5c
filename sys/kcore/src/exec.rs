//! The Transparent Executor: every exec of every ABI comes through here.
//!
//! It reads the image, finds the one ABI that recognises it, builds that ABI's world around it from the caller's
//! environment object, and replaces the process only when all of it stands.
//!
//! Order of rules: `#!` (the interpreter is what is looked at from then on); an override given with the call; the file's
//! attribute `user.abi`; a decisive `recognize` of an ABI that is not the default; an override of the mount; the default ABI,
//! when the image is sound for this machine.

pub mod elf;
mod environment;
mod head;
mod image;
#[cfg(test)]
mod load_tests;
mod loader;
mod script;
#[cfg(test)]
mod tests;

use crate::Result;
use crate::abi::Abi;
use crate::mm::AddressSpace;
use crate::process::{Credentials, Process};
use crate::vfs::{File, FsContext, Namespace, Path};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::sync::Once;
use hal::user::UserContext;

pub(crate) use image::{Image, build};

/// Attribute of a file that names the ABI to run it with.
pub const ABI_ATTRIBUTE: &[u8] = b"user.abi";

/// The first bytes of an image (up to 4096), with what every ABI asks of an ELF already parsed.
pub struct Head<'a> {
    /// As read; fewer than 4096 only when the file is shorter.
    pub bytes: &'a [u8],
    /// `None`: no ELF for 64-bit little-endian machines, or a damaged one.
    pub elf: Option<elf::Elf>,
}

/// A program to run, as asked for by any ABI. `path` is resolved in the caller's namespace unless `file` is given.
pub struct Program {
    /// As the caller gave it.
    pub path: Vec<u8>,
    /// The program itself, when the caller holds it open already.
    pub file: Option<Arc<File>>,
    /// Arguments, the name first.
    pub args: Vec<Vec<u8>>,
    /// Environment strings `NAME=value`, in the caller's terms; the executor converts PATH and the like by rule.
    pub env: Vec<Vec<u8>>,
    /// Force this ABI (for a `#!` script: on its interpreter).
    pub abi: Option<&'static Abi>,
}

/// The new world under construction, as the chosen ABI's `load` sees it.
pub struct Loader<'a> {
    /// The process that will run it; still what it was before.
    pub process: &'a Arc<Process>,
    /// The image.
    pub file: Arc<File>,
    /// Its head.
    pub head: Head<'a>,
    /// Path of the program in its own namespace.
    pub path: Vec<u8>,
    /// Arguments, the name first.
    pub args: Vec<Vec<u8>>,
    /// Environment strings in the new ABI's terms.
    pub env: Vec<Vec<u8>>,
    /// Who it will act as.
    pub credentials: Arc<Credentials>,
    /// The program got rights by its file's mode (set-user-id) that its caller does not have.
    pub secure: bool,
    /// Made by [`Loader::make_memory`].
    pub memory: Option<Arc<AddressSpace>>,
    /// The files as the new program will see them.
    pub fs: Arc<FsContext>,
}

/// Where the segments of an ELF went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /** Added to every address of the file. */
    pub bias: usize,
    /// Address of the first instruction.
    pub entry: usize,
    /** Address of the program headers in memory, 0 if not loaded. */
    pub phdr: usize,
    /// First address behind the last segment (any byte).
    pub end: usize,
}

/// How the first thread of the new image starts.
pub struct Start {
    /// Program counter.
    pub pc: usize,
    /// Stack pointer.
    pub sp: usize,
    /** (register, value) */
    pub regs: Vec<(usize, u64)>,
}

impl Start {
    /// The registers as a whole.
    pub(crate) fn context(&self) -> UserContext {
        let mut context = UserContext::new(self.pc, self.sp);
        for &(index, value) in &self.regs {
            context.set_reg(index, value);
        }
        context
    }
}

/// Replaces the calling process' image. On success the caller's registers are already the new image's: just return to user mode.
/// The ABI's state of process and thread is fresh then; what an ABI keeps over an exec of its own (ignored signals), it takes
/// over itself. On failure nothing has changed.
pub fn exec(call: &mut crate::abi::Call<'_>, program: Program) -> Result<()> {
    let process = call.process().clone();
    let image = build(&process, program)?;
    process.end_other_threads(call.thread)?;
    // Everything stands: from here on nothing fails.
    process.replace_image(call.thread, &image);
    process.handles().close_for_exec();
    *call.regs = image.start.context();
    Ok(())
}

/// What one ABI's world looks like: policy, given by init.
#[derive(Clone)]
pub struct View {
    /// Whose world.
    pub abi: &'static Abi,
    /// The namespace that its programs see (built once by init from layers and binds; shared until a process unshares it).
    pub namespace: Arc<Namespace>,
    /// Its programs' root in that namespace.
    pub root: Path,
    /// Environment variables set (replacing) when entering this ABI from another: PATH, HOME...
    pub env: Vec<Vec<u8>>,
}

/// A sealed map from ABI to its view. ABIs without an entry use the caller's namespace.
pub struct Environment {
    /// At most one for each ABI.
    pub views: Vec<View>,
}

impl Environment {
    /// The view of an ABI.
    pub fn view(&self, abi: &Abi) -> Option<&View> {
        self.views.iter().find(|view| view.abi.name == abi.name)
    }
}

impl crate::object::Object for Environment {
    fn kind(&self) -> crate::object::Kind {
        crate::object::Kind::Environment
    }
    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

static ABIS: Once<&'static [&'static Abi]> = Once::new();

/// Registers the ABIs that the kernel knows (once, at boot), the default one last.
pub fn register(abis: &'static [&'static Abi]) {
    ABIS.call_once(|| abis);
}

/// The ABI of that name.
pub fn abi_named(name: &str) -> Option<&'static Abi> {
    abis().iter().copied().find(|abi| abi.name == name)
}

/// All registered.
pub fn abis() -> &'static [&'static Abi] {
    ABIS.get().copied().unwrap_or(&[])
}
