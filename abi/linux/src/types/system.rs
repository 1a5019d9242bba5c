//! Structures of the machine. Source: include/uapi/linux/{utsname,sysinfo}.h, arch/riscv/include/uapi/asm/hwprobe.h.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// struct new_utsname: texts that end with NUL.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct UtsName {
    pub(crate) system: [u8; 65],
    pub(crate) node: [u8; 65],
    pub(crate) release: [u8; 65],
    pub(crate) version: [u8; 65],
    pub(crate) machine: [u8; 65],
    pub(crate) domain: [u8; 65],
}

/// struct sysinfo; memory in bytes.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct SysInfo {
    pub(crate) uptime: i64,
    pub(crate) loads: [u64; 3],
    pub(crate) total: u64,
    pub(crate) free: u64,
    pub(crate) shared: u64,
    pub(crate) buffers: u64,
    pub(crate) swap: [u64; 2],
    pub(crate) processes: u16,
    pub(crate) pad: [u16; 3],
    pub(crate) high: [u64; 2],
    pub(crate) unit: u32,
    pub(crate) pad2: u32,
}

/// struct riscv_hwprobe.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct HwProbe {
    pub(crate) key: i64,
    pub(crate) value: u64,
}

#[cfg(test)]
mod tests {
    use super::{SysInfo, UtsName};

    #[test]
    fn structures_have_the_size_of_the_headers() {
        assert_eq!((size_of::<UtsName>(), size_of::<SysInfo>()), (390, 112));
    }
}
