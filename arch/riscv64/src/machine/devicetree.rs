//! What the device tree says, read in place: it is needed before there is a heap.

use super::boot::{Info, List};
use crate::layout::MAX_CPUS;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node, Property};

/// A device: a node with registers below the root or below a bus.
pub struct Device<'a> {
    node: FdtNode<'a>,
}

impl<'a> Device<'a> {
    /// The node's name.
    pub fn name(&self) -> &'a str {
        self.node.name()
    }
    /// What it is compatible with, best first.
    pub fn compatible(&self) -> impl Iterator<Item = &'a str> {
        self.node.compatible().into_iter().flatten()
    }
    /// Physical start and length of its register blocks.
    pub fn registers(&self) -> impl Iterator<Item = (u64, u64)> {
        registers(self.node)
    }
    /// Its interrupt numbers at the interrupt controller. For an interrupt controller: for each of its contexts the
    /// number of the processor (see [`super::cpu`]) that a supervisor context belongs to, else `u32::MAX`.
    pub fn interrupts(&self, mut each: impl FnMut(u32)) {
        if let Some(extended) = self.node.property("interrupts-extended") {
            for_each_context(extended.value(), each);
        } else if let Some(property) = self.node.property("interrupts") {
            words(property.value()).for_each(&mut each);
        }
    }
}

/// Calls `each` for every device.
pub fn for_each_device(mut each: impl FnMut(&Device<'static>)) {
    let Ok(tree) = Fdt::new(super::boot::info().tree) else {
        return;
    };
    for top in tree.root().children() {
        visit(top, &mut each);
        for node in top.children() {
            visit(node, &mut each);
        }
    }
}

fn visit(node: FdtNode<'static>, each: &mut impl FnMut(&Device<'static>)) {
    let is_device = node.property("compatible").is_some()
        && registers(node).next().is_some()
        && node
            .property("device_type")
            .is_none_or(|kind| kind.value() != b"cpu\0");
    if is_device {
        each(&Device { node });
    }
}

fn registers(node: FdtNode<'_>) -> impl Iterator<Item = (u64, u64)> {
    node.reg()
        .ok()
        .flatten()
        .into_iter()
        .flatten()
        .filter_map(|reg| Some((reg.address().ok()?, reg.size().ok()?)))
}

fn words(value: &[u8]) -> impl Iterator<Item = u32> {
    value
        .chunks_exact(4)
        .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

/// Pairs of (processor's interrupt controller, interrupt there); 9 is the supervisor's external interrupt.
fn for_each_context(value: &[u8], mut each: impl FnMut(u32)) {
    for pair in value.chunks_exact(8) {
        let mut pair = words(pair);
        let (Some(controller), Some(interrupt)) = (pair.next(), pair.next()) else {
            continue;
        };
        let owner = if interrupt == 9 {
            cpu_of(controller)
        } else {
            None
        };
        each(owner.map_or(u32::MAX, |cpu| cpu as u32));
    }
}

/// The processor whose interrupt controller has this handle.
fn cpu_of(handle: u32) -> Option<usize> {
    let tree = Fdt::new(super::boot::info().tree).ok()?;
    let cpus = tree.find_node("/cpus")?;
    let node = cpus.children().find(|node| {
        node.child("interrupt-controller")
            .is_some_and(|controller| {
                controller
                    .property("phandle")
                    .is_some_and(|property| words(property.value()).next() == Some(handle))
            })
    })?;
    super::cpu::of_hart(registers_of_cpu(node)? as usize)
}

/// A processor's `reg` has no size.
fn registers_of_cpu(node: FdtNode<'_>) -> Option<u64> {
    let property = node.property("reg")?;
    Some(words(property.value()).fold(0, |value, word| value << 32 | u64::from(word)))
}

/// Reads the tree into `info`; gives the first serial port and the test device.
pub(crate) fn read(info: &mut Info, boot_hart: usize) {
    let Ok(tree) = Fdt::new(info.tree) else {
        return;
    };
    read_memory(tree, info);
    read_cpus(tree, info, boot_hart);
    read_chosen(tree, info);
}

fn read_memory(tree: Fdt<'static>, info: &mut Info) {
    for node in tree.root().children() {
        let name = node.name_without_address();
        if name == "memory" {
            for (start, len) in registers(node) {
                info.memory.push((start, start + len));
            }
        } else if name == "reserved-memory" {
            for node in node.children() {
                for (start, len) in registers(node) {
                    info.reserved.push((start, start + len));
                }
            }
        } else {
            list_registers(node, &mut info.registers);
            for node in node.children() {
                list_registers(node, &mut info.registers);
            }
        }
    }
    for entry in tree.memory_reservations() {
        info.reserved
            .push((entry.address(), entry.address() + entry.size()));
    }
}

fn list_registers(node: FdtNode<'_>, list: &mut List<(u64, u64), 64>) {
    let device = node.property("compatible").is_some();
    for (start, len) in registers(node).filter(|_| device) {
        list.push((start, start.saturating_add(len)));
    }
}

fn read_cpus(tree: Fdt<'static>, info: &mut Info, boot_hart: usize) {
    info.harts.push(boot_hart);
    let Some(cpus) = tree.find_node("/cpus") else {
        return;
    };
    if let Some(property) = cpus.property("timebase-frequency") {
        info.timebase_hz = words(property.value()).fold(0, |hz, word| hz << 32 | u64::from(word));
    }
    for node in cpus.children() {
        let is_cpu = node.name_without_address() == "cpu";
        let usable = node
            .property("status")
            .is_none_or(|status| status.value().starts_with(b"ok"));
        let Some(hart) = registers_of_cpu(node).filter(|_| is_cpu && usable) else {
            continue;
        };
        if let Some(isa) = node.property("riscv,isa") {
            info.isa = isa.value_as().unwrap_or_default();
        }
        if hart as usize != boot_hart && info.harts.as_slice().len() < MAX_CPUS {
            info.harts.push(hart as usize);
        }
    }
}

fn read_chosen(tree: Fdt<'static>, info: &mut Info) {
    let Some(chosen) = tree.find_node("/chosen") else {
        return;
    };
    for property in chosen.properties() {
        let number = words(property.value()).fold(0, |value, word| value << 32 | u64::from(word));
        match property.name() {
            "bootargs" => info.command_line = property.value_as().unwrap_or_default(),
            "linux,initrd-start" => info.initrd.0 = number,
            "linux,initrd-end" => info.initrd.1 = number,
            "rng-seed" => {
                for word in property.value().chunks(8) {
                    let mut bytes = [0; 8];
                    bytes[..word.len()].copy_from_slice(word);
                    info.seed = info.seed.rotate_left(7) ^ u64::from_le_bytes(bytes);
                }
            }
            _ => {}
        }
    }
}
