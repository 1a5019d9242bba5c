//! The calls of the `identity` group: user and group ids. Source of the rules: credentials(7), setresuid(2) and its like.

use crate::errno::Errno;
use alloc::vec::Vec;
use kapi::process::Credentials;
use kapi::{Call, Error, UserPtr};

/// NGROUPS_MAX.
const GROUPS: usize = 65_536;
/// _LINUX_CAPABILITY_VERSION_3.
const CAPABILITIES: u32 = 0x2008_0522;
/// CAP_LAST_CAP and below.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

pub(crate) fn getuid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().credentials().uid)
}

pub(crate) fn geteuid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().credentials().euid)
}

pub(crate) fn getgid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().credentials().gid)
}

pub(crate) fn getegid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().credentials().egid)
}

/// Changes the caller's credentials as `change` says; it may refuse.
fn edit(
    call: &Call<'_>,
    change: impl FnOnce(&mut Credentials) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut new = Credentials::clone(&call.process().credentials());
    change(&mut new)?;
    call.process().set_credentials(new);
    Ok(())
}

/// Real, effective, saved: each as asked (all ones: as it is), if the caller is privileged or has the id already.
fn triple(old: [u32; 3], asked: [u32; 3], privileged: bool) -> Result<[u32; 3], Errno> {
    let mut new = old;
    for (new, asked) in new.iter_mut().zip(asked) {
        if asked != u32::MAX {
            if !privileged && !old.contains(&asked) {
                return Err(Errno::EPERM);
            }
            *new = asked;
        }
    }
    Ok(new)
}

fn set_users(who: &mut Credentials, [uid, euid, suid]: [u32; 3]) {
    (who.uid, who.euid, who.suid, who.fsuid) = (uid, euid, suid, euid);
}

fn set_groups(who: &mut Credentials, [gid, egid, sgid]: [u32; 3]) {
    (who.gid, who.egid, who.sgid, who.fsgid) = (gid, egid, sgid, egid);
}

pub(crate) fn setuid(call: &mut Call<'_>, uid: u32) -> Result<(), Errno> {
    if uid == u32::MAX {
        return Err(Errno::EINVAL);
    }
    edit(call, |who| {
        if who.euid == 0 {
            set_users(who, [uid; 3]);
            return Ok(());
        }
        if uid != who.uid && uid != who.suid {
            return Err(Errno::EPERM);
        }
        (who.euid, who.fsuid) = (uid, uid);
        Ok(())
    })
}

pub(crate) fn setgid(call: &mut Call<'_>, gid: u32) -> Result<(), Errno> {
    if gid == u32::MAX {
        return Err(Errno::EINVAL);
    }
    edit(call, |who| {
        if who.euid == 0 {
            set_groups(who, [gid; 3]);
            return Ok(());
        }
        if gid != who.gid && gid != who.sgid {
            return Err(Errno::EPERM);
        }
        (who.egid, who.fsgid) = (gid, gid);
        Ok(())
    })
}

/// The saved id that setreuid leaves: the new effective one when the real one is set or the effective one leaves the real one.
fn saved(old: [u32; 3], real: u32, new: [u32; 3]) -> u32 {
    if real != u32::MAX || new[1] != old[0] {
        new[1]
    } else {
        old[2]
    }
}

pub(crate) fn setreuid(call: &mut Call<'_>, real: u32, effective: u32) -> Result<(), Errno> {
    edit(call, |who| {
        let old = [who.uid, who.euid, who.suid];
        let mut new = triple(old, [real, effective, u32::MAX], who.euid == 0)?;
        new[2] = saved(old, real, new);
        set_users(who, new);
        Ok(())
    })
}

pub(crate) fn setregid(call: &mut Call<'_>, real: u32, effective: u32) -> Result<(), Errno> {
    edit(call, |who| {
        let old = [who.gid, who.egid, who.sgid];
        let mut new = triple(old, [real, effective, u32::MAX], who.euid == 0)?;
        new[2] = saved(old, real, new);
        set_groups(who, new);
        Ok(())
    })
}

pub(crate) fn setresuid(
    call: &mut Call<'_>,
    real: u32,
    effective: u32,
    saved: u32,
) -> Result<(), Errno> {
    edit(call, |who| {
        let old = [who.uid, who.euid, who.suid];
        set_users(who, triple(old, [real, effective, saved], who.euid == 0)?);
        Ok(())
    })
}

pub(crate) fn setresgid(
    call: &mut Call<'_>,
    real: u32,
    effective: u32,
    saved: u32,
) -> Result<(), Errno> {
    edit(call, |who| {
        let old = [who.gid, who.egid, who.sgid];
        set_groups(who, triple(old, [real, effective, saved], who.euid == 0)?);
        Ok(())
    })
}

pub(crate) fn getresuid(
    call: &mut Call<'_>,
    real: UserPtr<u32>,
    effective: UserPtr<u32>,
    saved: UserPtr<u32>,
) -> Result<(), Errno> {
    let who = call.process().credentials();
    real.write(&who.uid)?;
    effective.write(&who.euid)?;
    Ok(saved.write(&who.suid)?)
}

pub(crate) fn getresgid(
    call: &mut Call<'_>,
    real: UserPtr<u32>,
    effective: UserPtr<u32>,
    saved: UserPtr<u32>,
) -> Result<(), Errno> {
    let who = call.process().credentials();
    real.write(&who.gid)?;
    effective.write(&who.egid)?;
    Ok(saved.write(&who.sgid)?)
}

pub(crate) fn setfsuid(call: &mut Call<'_>, uid: u32) -> Result<u32, Errno> {
    let old = call.process().credentials();
    if old.euid == 0 || [old.uid, old.euid, old.suid, old.fsuid].contains(&uid) {
        edit(call, |who| {
            who.fsuid = uid;
            Ok(())
        })?;
    }
    Ok(old.fsuid)
}

pub(crate) fn setfsgid(call: &mut Call<'_>, gid: u32) -> Result<u32, Errno> {
    let old = call.process().credentials();
    if old.euid == 0 || [old.gid, old.egid, old.sgid, old.fsgid].contains(&gid) {
        edit(call, |who| {
            who.fsgid = gid;
            Ok(())
        })?;
    }
    Ok(old.fsgid)
}

pub(crate) fn getgroups(
    call: &mut Call<'_>,
    count: i32,
    list: UserPtr<u32>,
) -> Result<usize, Errno> {
    let count = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
    let who = call.process().credentials();
    if count == 0 {
        return Ok(who.groups.len());
    }
    if count < who.groups.len() {
        return Err(Errno::EINVAL);
    }
    for (index, group) in who.groups.iter().enumerate() {
        list.at(index).write(group)?;
    }
    Ok(who.groups.len())
}

pub(crate) fn setgroups(
    call: &mut Call<'_>,
    count: usize,
    list: UserPtr<u32>,
) -> Result<(), Errno> {
    super::path::privileged(call)?;
    if count > GROUPS {
        return Err(Errno::EINVAL);
    }
    let mut groups = Vec::new();
    groups.try_reserve_exact(count).map_err(Error::from)?;
    for index in 0..count {
        groups.push(list.at(index).read()?);
    }
    edit(call, |who| {
        who.groups = groups;
        Ok(())
    })
}

pub(crate) fn capget(
    call: &mut Call<'_>,
    header: UserPtr<[u32; 2]>,
    data: UserPtr<[u32; 6]>,
) -> Result<(), Errno> {
    let [version, _] = header.read()?;
    if version != CAPABILITIES {
        header.write(&[CAPABILITIES, 0])?;
        return if data.is_null() {
            Ok(())
        } else {
            Err(Errno::EINVAL)
        };
    }
    let all = if call.process().credentials().euid == 0 {
        ALL_CAPABILITIES
    } else {
        0
    };
    let (low, high) = (all as u32, (all >> 32) as u32);
    // Effective, permitted, inheritable; low halves, then high ones.
    Ok(data.write_opt(&[low, low, 0, high, high, 0])?)
}

#[cfg(test)]
mod tests {
    use super::{saved, triple};
    use crate::errno::Errno;

    #[test]
    fn the_unprivileged_can_only_exchange_the_ids_they_have() {
        const KEEP: u32 = u32::MAX;
        assert_eq!(triple([1, 2, 3], [KEEP, 3, KEEP], false), Ok([1, 3, 3]));
        assert_eq!(triple([1, 2, 3], [0, KEEP, KEEP], false), Err(Errno::EPERM));
        assert_eq!(triple([1, 2, 3], [9, 9, 9], true), Ok([9, 9, 9]));
        assert_eq!(saved([1, 2, 3], KEEP, [1, 1, 3]), 3);
        assert_eq!(saved([1, 2, 3], KEEP, [1, 9, 3]), 9);
    }
}
