//! Who may do what: by owner, group and mode; the superuser and the kernel itself may do all.

use super::{Change, Metadata, NodeKind};
use crate::process::Credentials;
use crate::sync::Once;
use crate::{Error, Result};
use alloc::sync::Arc;

type Asker = fn() -> Option<Arc<Credentials>>;

static ASKER: Once<Asker> = Once::new();

/// Tells the VFS, once, how to learn whose call is being served; `None` from it means the kernel's own.
/// Before this, everything is.
pub fn set_credentials_source(source: fn() -> Option<Arc<Credentials>>) {
    ASKER.call_once(|| source);
}

/// Permission to search a directory, or to execute.
pub(super) const EXECUTE: u16 = 1;
/// Permission to change.
pub(super) const WRITE: u16 = 2;
/// Permission to read.
pub(super) const READ: u16 = 4;

/// On whose behalf something is done.
pub(super) struct Subject {
    credentials: Option<Arc<Credentials>>,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Subject {
    /// The running program, by its effective ids.
    pub(super) fn current() -> Subject {
        let credentials = ASKER.get().and_then(|ask| ask());
        let (uid, gid) = credentials.as_ref().map_or((0, 0), |c| (c.fsuid, c.fsgid));
        Subject {
            credentials,
            uid,
            gid,
        }
    }

    /// The running program, by its real ids (access).
    pub(super) fn real() -> Subject {
        let mut subject = Subject::current();
        if let Some(credentials) = &subject.credentials {
            (subject.uid, subject.gid) = (credentials.uid, credentials.gid);
        }
        subject
    }

    /// Whether it is the kernel itself.
    pub(super) fn is_kernel(&self) -> bool {
        self.credentials.is_none()
    }

    /// Whether it may do all.
    pub(super) fn is_super(&self) -> bool {
        self.uid == 0
    }

    pub(super) fn in_group(&self, gid: u32) -> bool {
        self.gid == gid
            || self
                .credentials
                .as_ref()
                .is_some_and(|c| c.groups.contains(&gid))
    }

    /// Whether the mode allows `want` (of [`READ`], [`WRITE`], [`EXECUTE`]).
    pub(super) fn check(&self, node: &Metadata, want: u16) -> Result<()> {
        let allowed = if self.is_super() {
            // Even the superuser executes only what somebody may.
            let executable = node.kind == NodeKind::Directory || node.mode & 0o111 != 0;
            READ | WRITE | if executable { EXECUTE } else { 0 }
        } else if self.uid == node.uid {
            node.mode >> 6
        } else if self.in_group(node.gid) {
            node.mode >> 3
        } else {
            node.mode
        };
        if want & !allowed == 0 {
            Ok(())
        } else {
            Err(Error::AccessDenied)
        }
    }

    /// Whether it is the owner, or may do as if.
    pub(super) fn owns(&self, node: &Metadata) -> Result<()> {
        if self.is_super() || self.uid == node.uid {
            Ok(())
        } else {
            Err(Error::NotPermitted)
        }
    }

    /// Whether it may take `node` out of `dir`, whose write permission it has: in a sticky directory only owners may.
    pub(super) fn may_remove(&self, dir: &Metadata, node: impl FnOnce() -> Metadata) -> Result<()> {
        if dir.mode & 0o1000 == 0 || self.is_super() || self.uid == dir.uid {
            return Ok(());
        }
        self.owns(&node())
    }

    /// Checks a change and drops what may not survive it.
    pub(super) fn check_change(&self, node: &Metadata, change: &Change) -> Result<Change> {
        let mut change = *change;
        if self.is_super() {
            if change.uid.is_some() || change.gid.is_some() {
                drop_set_ids(node, &mut change);
            }
            return Ok(change);
        }
        if let Some(mode) = &mut change.mode {
            self.owns(node)?;
            if !self.in_group(node.gid) {
                *mode &= !0o2000;
            }
        }
        if change.uid.is_some_and(|uid| uid != node.uid) {
            return Err(Error::NotPermitted);
        }
        if let Some(gid) = change.gid {
            self.owns(node)?;
            if gid != node.gid && !self.in_group(gid) {
                return Err(Error::NotPermitted);
            }
        }
        if change.uid.is_some() || change.gid.is_some() {
            drop_set_ids(node, &mut change);
        }
        if change.size.is_some() {
            self.check(node, WRITE)?;
        }
        if change.accessed.is_some() || change.modified.is_some() {
            self.check_times(node, &change)?;
        }
        Ok(change)
    }

    /// Anybody who may write may set the times to now; only the owner may set others.
    fn check_times(&self, node: &Metadata, change: &Change) -> Result<()> {
        const NEAR: i128 = 1_000_000_000;
        let now = super::now();
        let is_now = |time: Option<i128>| time.is_some_and(|time| (time - now).abs() < NEAR);
        if is_now(change.accessed) && is_now(change.modified) && self.check(node, WRITE).is_ok() {
            return Ok(());
        }
        self.owns(node)
    }
}

/// A new owner does not inherit the power of a set-id program.
fn drop_set_ids(node: &Metadata, change: &mut Change) {
    if node.kind == NodeKind::Regular && change.mode.is_none() && node.mode & 0o6000 != 0 {
        let group = if node.mode & 0o010 != 0 { 0o2000 } else { 0 };
        change.mode = Some(node.mode & !(0o4000 | group));
    }
}

#[cfg(test)]
mod tests {
    use super::{EXECUTE, READ, Subject, WRITE};
    use crate::process::Credentials;
    use crate::vfs::{Change, DeviceId, Metadata, NodeKind};
    use crate::{Error, Result};
    use alloc::sync::Arc;
    use alloc::vec;

    fn node(mode: u16) -> Metadata {
        Metadata {
            kind: NodeKind::Regular,
            mode,
            uid: 10,
            gid: 20,
            size: 0,
            blocks: 0,
            links: 1,
            inode: 1,
            device: 1,
            rdev: DeviceId::default(),
            accessed: 0,
            modified: 0,
            changed: 0,
            created: 0,
            block_size: 4096,
        }
    }

    fn subject(uid: u32, gid: u32, group: u32) -> Subject {
        let credentials = Some(Arc::new(Credentials {
            groups: vec![group],
            ..Credentials::default()
        }));
        Subject {
            credentials,
            uid,
            gid,
        }
    }

    #[test]
    fn only_the_class_of_the_caller_counts() {
        let denied: Result<()> = Err(Error::AccessDenied);
        // Mode, uid, gid, further group, wanted, answer.
        let cases = [
            (0o640, 10, 1, 1, READ | WRITE, Ok(())),
            (0o640, 11, 20, 1, READ, Ok(())),
            (0o640, 11, 20, 1, WRITE, denied),
            (0o640, 11, 1, 20, READ, Ok(())),
            (0o640, 11, 1, 1, READ, denied),
            (0o077, 10, 20, 20, READ, denied),
            (0o000, 0, 0, 0, READ | WRITE, Ok(())),
            (0o000, 0, 0, 0, EXECUTE, denied),
            (0o001, 0, 0, 0, EXECUTE, Ok(())),
        ];
        for (mode, uid, gid, group, want, answer) in cases {
            let got = subject(uid, gid, group).check(&node(mode), want);
            assert_eq!(got, answer, "{mode:o} {uid} {gid} {group} {want}");
        }
    }

    #[test]
    fn a_new_owner_takes_the_set_id_bits_away() {
        let change = Change {
            gid: Some(30),
            ..Change::default()
        };
        let done = subject(10, 20, 30).check_change(&node(0o6755), &change);
        assert_eq!(done.map(|change| change.mode), Ok(Some(0o755)));
        let done = subject(10, 20, 20).check_change(&node(0o6755), &change);
        assert_eq!(done, Err(Error::NotPermitted));
    }

    #[test]
    fn in_a_sticky_directory_only_owners_remove() {
        let file = || node(0o666);
        let mut dir = node(0o1777);
        dir.uid = 1;
        assert_eq!(subject(10, 1, 1).may_remove(&dir, file), Ok(()));
        assert_eq!(
            subject(11, 1, 1).may_remove(&dir, file),
            Err(Error::NotPermitted)
        );
        assert_eq!(subject(1, 1, 1).may_remove(&dir, file), Ok(()));
    }
}
