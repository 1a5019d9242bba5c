//! The calls of the `system` group.

use crate::errno::Errno;
use crate::types::{Handle, SystemInfo};
use alloc::sync::Arc;
use kapi::handle;
use kapi::object::Rights;
use kapi::trace::Tracer;
use kapi::{Address, Call, Error, Replaced, UserPtr, process, system, time, user};

/// Bytes of log or random data moved in one step.
const CHUNK: usize = 256;
/// The process that may end the machine.
const FIRST_PROCESS: u32 = 1;

pub(crate) fn clock(_call: &mut Call<'_>, id: u32) -> Result<u64, Errno> {
    match id {
        0 => Ok(time::now()),
        1 => Ok(time::wall()),
        _ => Err(Error::InvalidArgument.into()),
    }
}

pub(crate) fn sleep(_call: &mut Call<'_>, ns: u64) -> Result<(), Errno> {
    Ok(time::sleep_until(time::now().saturating_add(ns))?)
}

pub(crate) fn set_wall(call: &mut Call<'_>, ns: u64) -> Result<(), Errno> {
    if call.process().credentials().euid != 0 {
        return Err(Error::NotPermitted.into());
    }
    time::set_wall(ns);
    Ok(())
}

pub(crate) fn random(_call: &mut Call<'_>, to: Address, len: usize) -> Result<(), Errno> {
    let mut bytes = [0; CHUNK];
    let mut done = 0;
    while done < len {
        let n = CHUNK.min(len - done);
        kapi::random::fill(&mut bytes[..n]);
        user::copy_out(to.0.wrapping_add(done), &bytes[..n])?;
        done += n;
    }
    Ok(())
}

pub(crate) fn system_info(_call: &mut Call<'_>, info: UserPtr<SystemInfo>) -> Result<(), Errno> {
    let memory = system::memory();
    Ok(info.write(&SystemInfo {
        total: memory.total,
        free: memory.free,
        heap: memory.heap,
        heap_used: memory.heap_used,
        page_tables: memory.page_tables,
        image: memory.image,
        uptime_ns: time::now(),
        idle_ns: kapi::sched::idle_ns(),
        cpus: system::cpus() as u32,
        processes: process::all().len() as u32,
        load: kapi::sched::load_averages(),
        pad: 0,
    })?)
}

pub(crate) fn log_read(
    _call: &mut Call<'_>,
    to: Address,
    len: usize,
    from: u64,
) -> Result<usize, Errno> {
    let mut bytes = [0; CHUNK];
    let mut done = 0;
    while done < len {
        let room = CHUNK.min(len - done);
        match system::read_log(from + done as u64, &mut bytes[..room]) {
            0 => break,
            n => {
                user::copy_out(to.0.wrapping_add(done), &bytes[..n])?;
                done += n;
            }
        }
    }
    Ok(done)
}

pub(crate) fn power(call: &mut Call<'_>, action: u32, status: u32) -> Result<Replaced, Errno> {
    if call.process().id() != FIRST_PROCESS {
        return Err(Error::NotPermitted.into());
    }
    match action {
        0 => system::power_off(u8::try_from(status).map_err(|_| Error::InvalidArgument)?),
        1 => system::reboot(),
        _ => Err(Error::InvalidArgument.into()),
    }
}

pub(crate) fn tracer_create(call: &mut Call<'_>, handle: Handle) -> Result<u32, Errno> {
    let table = call.process().handles();
    let to = table.object(handle.0, Rights::WRITE)?;
    to.stream().ok_or(Error::NotSupported)?;
    let rights = Rights::DUPLICATE | Rights::TRANSFER;
    let handle = handle::Handle {
        object: Tracer::new(to),
        rights,
        close_on_exec: false,
    };
    Ok(table.insert(handle, 0)?)
}

/// The tracer behind a handle.
pub(crate) fn tracer(call: &Call<'_>, handle: Handle) -> Result<Arc<Tracer>, Errno> {
    let object = call
        .process()
        .handles()
        .object(handle.0, Rights::TRANSFER)?;
    let any: Arc<dyn core::any::Any + Send + Sync> = object;
    Ok(any
        .downcast::<Tracer>()
        .map_err(|_| Error::InvalidArgument)?)
}
