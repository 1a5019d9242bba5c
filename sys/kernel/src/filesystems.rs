//! The kinds of file systems that can be mounted.

use kcore::fstypes::FsType;

/// One line for each.
pub(crate) static FILE_SYSTEMS: &[&FsType] = &[
    &fs_tmpfs::TYPE,
    &fs_devfs::TYPE,
    &fs_overlayfs::TYPE,
    &fs_procfs::TYPE,
    &fs_procfs::ALIAS,
];
