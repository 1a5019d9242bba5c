//! The calls of the `socket` group. There are no sockets yet: making one fails as an unknown family does, and no open
//! descriptor is one.

use crate::errno::Errno;
use crate::types::Fd;
use kapi::object::Rights;
use kapi::{Address, Call, UserPtr};

pub(crate) fn socket(
    _call: &mut Call<'_>,
    _family: u32,
    _kind: u32,
    _protocol: u32,
) -> Result<u32, Errno> {
    Err(Errno::EAFNOSUPPORT)
}

pub(crate) fn socketpair(
    _call: &mut Call<'_>,
    _family: u32,
    _kind: u32,
    _protocol: u32,
    _fds: UserPtr<[u32; 2]>,
) -> Result<(), Errno> {
    Err(Errno::EAFNOSUPPORT)
}

fn no_socket(call: &Call<'_>, fd: Fd) -> Result<(), Errno> {
    fd.object(call, Rights::empty())?;
    Err(Errno::ENOTSOCK)
}

macro_rules! on_descriptors {
    ($($name:ident($($ty:ty),*);)*) => { $(
        pub(crate) fn $name(call: &mut Call<'_>, fd: Fd, $(_: $ty),*) -> Result<(), Errno> {
            no_socket(call, fd)
        }
    )* };
}

on_descriptors! {
    bind(Address, u32);
    listen(u32);
    accept(Address, Address);
    accept4(Address, Address, u32);
    connect(Address, u32);
    getsockname(Address, Address);
    getpeername(Address, Address);
    sendto(Address, usize, u32, Address, u32);
    recvfrom(Address, usize, u32, Address, Address);
    setsockopt(u32, u32, Address, u32);
    getsockopt(u32, u32, Address, Address);
    shutdown(u32);
    sendmsg(Address, u32);
    recvmsg(Address, u32);
}
