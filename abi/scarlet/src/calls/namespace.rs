//! The calls of the `namespace` group.

use crate::calls::process::text;
use crate::errno::Errno;
use crate::types::{Handle, MountArgs, Text, ViewSpec};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kapi::exec::{self, Environment};
use kapi::fstypes::{self, MakeArgs};
use kapi::handle;
use kapi::object::Rights;
use kapi::vfs::{Base, MountFlags, MountInfo};
use kapi::world::{self, Bind};
use kapi::{Address, Call, Error, InBuffer, UserPtr, user};

const TEXT_LIMIT: usize = 16 << 10;
const READ_ONLY: u32 = 1;
const NO_EXEC: u32 = 2;
const RECURSIVE: u32 = 4;
/// Most views of one environment.
const VIEWS_LIMIT: usize = 32;

/// Only the superuser changes what others may see.
fn privileged(call: &Call<'_>) -> Result<(), Errno> {
    if call.process().credentials().euid == 0 {
        Ok(())
    } else {
        Err(Error::NotPermitted.into())
    }
}

pub(crate) fn mount(call: &mut Call<'_>, args: UserPtr<MountArgs>) -> Result<(), Errno> {
    privileged(call)?;
    let args = args.read()?;
    if args.flags & !(READ_ONLY | NO_EXEC | RECURSIVE) != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let flags = MountFlags {
        read_only: args.flags & READ_ONLY != 0,
        no_exec: args.flags & NO_EXEC != 0,
        ..MountFlags::default()
    };
    let (source, options) = (
        text(args.source, TEXT_LIMIT)?,
        text(args.options, TEXT_LIMIT)?,
    );
    let kind = text(args.kind, 64)?;
    let fs = call.process().fs();
    let at = fs.resolve(
        &Base::WorkingDirectory,
        &text(args.target, TEXT_LIMIT)?,
        true,
    )?;
    if kind == b"bind" {
        let from = fs.resolve(&Base::WorkingDirectory, &source, true)?;
        return Ok(fs
            .namespace()
            .bind(&from, &at, args.flags & RECURSIVE != 0, flags)?);
    }
    let made = (fstypes::find(&kind)?.make)(&MakeArgs {
        fs: &fs,
        source: &source,
        options: &options,
    })?;
    Ok(fs.namespace().mount(made, &at, &source, flags)?)
}

pub(crate) fn unmount(
    call: &mut Call<'_>,
    path: InBuffer,
    len: usize,
    flags: u32,
) -> Result<(), Errno> {
    privileged(call)?;
    if flags > 1 {
        return Err(Error::InvalidArgument.into());
    }
    let path = text(
        Text {
            address: path.0 as u64,
            len: len as u64,
        },
        TEXT_LIMIT,
    )?;
    let fs = call.process().fs();
    let at = fs.resolve(&Base::WorkingDirectory, &path, true)?;
    Ok(fs.namespace().unmount(&at, flags == 1)?)
}

pub(crate) fn mounts(call: &mut Call<'_>, to: Address, len: usize) -> Result<usize, Errno> {
    let mut lines = Vec::new();
    for mount in call.process().fs().namespace().mounts() {
        push_line(&mut lines, &mount);
    }
    user::copy_out(to.0, &lines[..lines.len().min(len)])?;
    Ok(lines.len())
}

fn push_line(lines: &mut Vec<u8>, mount: &MountInfo) {
    lines.extend_from_slice(&mount.target);
    lines.push(b' ');
    lines.extend_from_slice(if mount.source.is_empty() {
        b"none"
    } else {
        &mount.source
    });
    lines.push(b' ');
    lines.extend_from_slice(mount.kind.as_bytes());
    lines.extend_from_slice(if mount.flags.read_only {
        b" ro\n"
    } else {
        b" rw\n"
    });
}

pub(crate) fn environment_create(
    call: &mut Call<'_>,
    views: UserPtr<ViewSpec>,
    count: usize,
) -> Result<u32, Errno> {
    privileged(call)?;
    if count > VIEWS_LIMIT {
        return Err(Error::InvalidArgument.into());
    }
    let fs = call.process().fs();
    let mut built = Vec::new();
    for index in 0..count {
        built.push(view(&fs, &views.at(index).read()?)?);
    }
    let handle = handle::Handle {
        object: world::environment(built),
        rights: Rights::DUPLICATE | Rights::TRANSFER | Rights::INSPECT | Rights::EXECUTE,
        close_on_exec: false,
    };
    Ok(call.process().handles().insert(handle, 0)?)
}

fn view(fs: &kapi::vfs::FsContext, spec: &ViewSpec) -> Result<exec::View, Errno> {
    let name = text(spec.abi, 32)?;
    let name = core::str::from_utf8(&name).map_err(|_| Error::InvalidArgument)?;
    let abi = exec::abi_named(name).ok_or(Error::InvalidArgument)?;
    let (layers, upper) = (
        text(spec.layers, TEXT_LIMIT)?,
        text(spec.upper, TEXT_LIMIT)?,
    );
    let (binds, env) = (text(spec.binds, TEXT_LIMIT)?, text(spec.env, TEXT_LIMIT)?);
    let binds = binds
        .split(|&byte| byte == b';')
        .filter(|bind| !bind.is_empty())
        .map(|bind| parse_bind(bind).ok_or(Error::InvalidArgument))
        .collect::<Result<Vec<_>, _>>()?;
    let env = env
        .split(|&byte| byte == 0)
        .filter(|text| !text.is_empty())
        .map(Vec::from)
        .collect();
    Ok(world::build(
        fs,
        &world::ViewSpec {
            abi,
            layers: &layers,
            upper: &upper,
            binds,
            env,
        },
    )?)
}

/// `from:to` or `from:to:ro`.
fn parse_bind(text: &[u8]) -> Option<Bind<'_>> {
    let mut parts = text.split(|&byte| byte == b':');
    let (from, to) = (parts.next()?, parts.next()?);
    let read_only = match parts.next() {
        None => false,
        Some(b"ro") => true,
        Some(_) => return None,
    };
    parts.next().is_none().then_some(Bind {
        from,
        to,
        read_only,
    })
}

pub(crate) fn environment_enter(call: &mut Call<'_>, environment: Handle) -> Result<(), Errno> {
    let object = call
        .process()
        .handles()
        .object(environment.0, Rights::EXECUTE)?;
    let any: Arc<dyn core::any::Any + Send + Sync> = object;
    let environment = any
        .downcast::<Environment>()
        .map_err(|_| Error::InvalidArgument)?;
    call.process().set_environment(environment);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse_bind;

    #[test]
    fn binds_are_two_paths_and_perhaps_ro() {
        let bind = parse_bind(b"/a:/b").unwrap();
        assert_eq!(
            (bind.from, bind.to, bind.read_only),
            (&b"/a"[..], &b"/b"[..], false)
        );
        assert!(parse_bind(b"/a:/b:ro").unwrap().read_only);
        assert!(parse_bind(b"/a").is_none());
        assert!(parse_bind(b"/a:/b:rw").is_none());
        assert!(parse_bind(b"/a:/b:ro:x").is_none());
    }
}
