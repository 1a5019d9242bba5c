//! From the firmware to the kernel's main function, and what was found on the way.
//!
//! The firmware starts one processor at the image's physical address with paging off: its number in `a0`, the device
//! tree in `a1`. A constant table maps the first 64 GiB three times (where they are, in the direct map, and the
//! image's own gigabyte), just long enough to build the real one.

use super::{console, cpu, csr, devicetree, kernel_map, memory, power, timer, trap};
use crate::layout::{DIRECT, IMAGE_OFFSET, MAX_CPUS, STACK_SLOT};
use core::arch::global_asm;
use core::cell::UnsafeCell;

/// A list of at most `N`, without a heap; what is too much is left out.
pub struct List<T, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    const fn new(empty: T) -> Self {
        List {
            items: [empty; N],
            len: 0,
        }
    }
    pub(crate) fn push(&mut self, item: T) {
        if let Some(place) = self.items.get_mut(self.len) {
            *place = item;
            self.len += 1;
        }
    }
    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.items[..self.len]
    }
}

/// What the firmware told. Ranges are physical start and end.
pub struct Info {
    /// The kernel command line.
    pub command_line: &'static str,
    /// The initramfs; empty when there is none.
    pub initrd: (u64, u64),
    /// Ticks of the time counter per second.
    pub timebase_hz: u64,
    /// The ISA string of the processors.
    pub isa: &'static str,
    /// Random bits from the boot loader; 0 when it gave none.
    pub seed: u64,
    /// Hardware numbers of the processors; the first is the one that booted.
    pub harts: List<usize, MAX_CPUS>,
    /// All memory in bytes.
    pub total_memory: u64,
    pub(crate) tree: &'static [u8],
    pub(crate) memory: List<(u64, u64), 16>,
    pub(crate) reserved: List<(u64, u64), 32>,
    pub(crate) registers: List<(u64, u64), 64>,
    pub(crate) free: List<(u64, u64), 64>,
    pub(crate) image: (u64, u64),
}

struct Place(UnsafeCell<Info>);
// SAFETY: written once, in `start`, before any other processor runs and before anybody reads it.
unsafe impl Sync for Place {}
static INFO: Place = Place(UnsafeCell::new(Info {
    command_line: "",
    initrd: (0, 0),
    timebase_hz: 10_000_000,
    isa: "",
    seed: 0,
    harts: List::new(0),
    total_memory: 0,
    tree: &[],
    memory: List::new((0, 0)),
    reserved: List::new((0, 0)),
    registers: List::new((0, 0)),
    free: List::new((0, 0)),
    image: (0, 0),
}));

/// What the firmware told.
pub fn info() -> &'static Info {
    // SAFETY: not written any more once anything outside this module runs.
    unsafe { &*INFO.0.get() }
}

/// The initramfs as bytes; it stays for ever.
pub fn initrd() -> Option<&'static [u8]> {
    let (start, end) = info().initrd;
    let len = end.checked_sub(start).filter(|&len| len > 0)?;
    // SAFETY: in memory, in the direct map, kept out of the free regions; nobody writes it.
    Some(unsafe { core::slice::from_raw_parts(memory::direct(start), len as usize) })
}

unsafe extern "Rust" {
    /// The kernel's main function, under the name that `hal::entry!` gives it.
    safe fn scarlet_main() -> !;
}

global_asm!(
    r#"
.macro enter_high table
    lla  t0, \table
    srli t0, t0, 12
    li   t1, 8 << 60
    or   t0, t0, t1
    sfence.vma
    csrw satp, t0
    sfence.vma
    lla  t0, 1f
    li   t1, {offset}
    add  t0, t0, t1
    jr   t0
1:
.endm

.section .text.boot, "ax"
.globl _start
_start:
    csrw sie, zero
    csrw sscratch, zero
    enter_high __boot_table
    lla  t0, __bss_start
    lla  t1, __bss_end
2:  bgeu t0, t1, 3f
    sd   zero, 0(t0)
    addi t0, t0, 8
    j    2b
3:  lla  sp, __boot_stacks
    li   t0, {slot}
    add  sp, sp, t0
    lla  tp, {cpus}
    li   s0, 0
    call {start}

# a0: hart, a1: virtual address of its struct Cpu (tp, stack top, satp in the first words)
.globl __secondary_start
__secondary_start:
    csrw sie, zero
    csrw sscratch, zero
    enter_high __boot_table
    mv   tp, a1
    ld   sp, 0(tp)
    ld   t0, 8(tp)
    csrw satp, t0
    sfence.vma
    li   s0, 0
    call {secondary}

# Identity, direct map and image in gigabytes, all rights, accessed, dirty: used only until the real table stands.
.section .data.boot_table, "aw"
.p2align 12
__boot_table:
    .set page, 0
    .rept 64
    .quad (page << 28) | 0xcf
    .set page, page + 1
    .endr
    .zero 8 * (256 - 64)
    .set page, 0
    .rept 64
    .quad (page << 28) | 0xcf
    .set page, page + 1
    .endr
    .zero 8 * (510 - 256 - 64)
    .quad (2 << 28) | 0xcf
    .quad 0
"#,
    offset = const IMAGE_OFFSET,
    slot = const STACK_SLOT,
    cpus = sym cpu::CPUS,
    start = sym start,
    secondary = sym secondary,
);

/// The first Rust code: on the boot stack, on the boot table.
extern "C" fn start(hart: usize, tree: usize) -> ! {
    // SAFETY: once, on the only running processor, before anything else.
    unsafe {
        cpu::set_up_boot(hart);
        trap::set_up();
        let info = &mut *INFO.0.get();
        info.tree = tree_bytes(tree);
        devicetree::read(info, hart);
        info.image = kernel_map::image();
        info.total_memory = info
            .memory
            .as_slice()
            .iter()
            .map(|range| range.1 - range.0)
            .sum();
        find_free(info, tree as u64);
        kernel_map::build(info);
        csr::write!("csrw", "satp", kernel_map::satp());
        super::tlb::flush_all();
    }
    use_devices();
    cpu::set_up_hart();
    scarlet_main()
}

/// A started processor, on its boot stack and the kernel's table.
extern "C" fn secondary() -> ! {
    // SAFETY: once per processor, before it does anything else.
    unsafe { trap::set_up() }
    cpu::set_up_hart();
    cpu::run_entry()
}

/// # Safety
/// `physical` is the device tree's address as the firmware gave it, in the boot table's direct map.
unsafe fn tree_bytes(physical: usize) -> &'static [u8] {
    let pointer = (DIRECT + physical) as *const u8;
    // SAFETY: the header's second word is the tree's length; the tree is kept out of the free regions.
    unsafe {
        let len = u32::from_be_bytes(pointer.add(4).cast::<[u8; 4]>().read());
        core::slice::from_raw_parts(pointer, len as usize)
    }
}

/// All memory less what is taken: what the tree reserves (the firmware among it), the image, the tree, the initramfs.
fn find_free(info: &mut Info, tree: u64) {
    let mut taken: List<(u64, u64), 40> = List::new((0, 0));
    info.reserved
        .as_slice()
        .iter()
        .for_each(|&range| taken.push(range));
    taken.push((info.image.0 & !0x1f_ffff, info.image.1));
    taken.push((tree, tree + info.tree.len() as u64));
    taken.push(info.initrd);
    for &(start, end) in info.memory.as_slice() {
        let mut at = start.next_multiple_of(4096);
        while at < end {
            // What is taken next, or here.
            let next = taken
                .as_slice()
                .iter()
                .filter(|range| range.1 > at && range.0 < range.1);
            let (from, to) = next.min().copied().unwrap_or((end, end));
            let stop = from.min(end) & !4095;
            if stop > at {
                info.free.push((at, stop));
            }
            at = to.next_multiple_of(4096).max(at + 4096);
        }
    }
}

/// Finds what the console, the timer and power-off need.
fn use_devices() {
    devicetree::for_each_device(|device| {
        let Some((physical, _)) = device.registers().next() else {
            return;
        };
        for name in device.compatible() {
            match name {
                "ns16550a" | "ns16550" => console::use_port(physical),
                "sifive,test0" | "sifive,test1" => power::use_finisher(physical),
                _ => {}
            }
        }
    });
    if info().isa.contains("sstc") {
        timer::use_comparator();
    }
}
