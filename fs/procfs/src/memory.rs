//! Texts about a process' memory.

use crate::text::Text;
use alloc::sync::Arc;
use kcore::Result;
use kcore::mm::{Area, Prot};
use kcore::process::Process;
use kcore::user::PAGE_SIZE;

/// Column at which an area's name starts.
const NAME_COLUMN: usize = 73;

/// Whether the process still has its memory.
pub(crate) fn lives(process: &Process) -> bool {
    process.state_letter() != 'Z'
}

/// Bytes mapped and bytes present.
pub(crate) fn usage(process: &Process) -> (usize, usize) {
    if lives(process) {
        process.memory().usage()
    } else {
        (0, 0)
    }
}

pub(crate) fn maps(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    if lives(process) {
        for area in process.memory().areas() {
            line(&area, text);
        }
    }
    Ok(())
}

pub(crate) fn line(area: &Area, text: &mut Text) {
    let right = |flag, letter| {
        if area.prot.contains(flag) {
            letter
        } else {
            '-'
        }
    };
    let (device, inode) = area.identity;
    let head = alloc::format!(
        "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {inode} ",
        area.range.start,
        area.range.end,
        right(Prot::READ, 'r'),
        right(Prot::WRITE, 'w'),
        right(Prot::EXECUTE, 'x'),
        if area.shared { 's' } else { 'p' },
        area.offset,
        (device >> 8) & 0xfff,
        device & 0xff,
    );
    if area.name.is_empty() {
        text.put(format_args!("{head}\n"));
        return;
    }
    text.put(format_args!("{head:<NAME_COLUMN$}"));
    text.word(&area.name);
    text.put(format_args!("\n"));
}

pub(crate) fn statm(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    let (mapped, resident) = usage(process);
    let shared: usize = if lives(process) {
        let areas = process.memory().areas();
        areas.iter().filter(|a| a.shared).map(|a| a.resident).sum()
    } else {
        0
    };
    let pages = |bytes: usize| bytes / PAGE_SIZE;
    text.put(format_args!(
        "{} {} {} 0 0 {} 0\n",
        pages(mapped),
        pages(resident),
        pages(shared),
        pages(mapped)
    ));
    Ok(())
}
