//! The overlay's own marks, and how an overlay's user (another overlay) can have the same ones.

use alloc::vec::Vec;
use kcore::vfs::{NodeKind, Path};

/// On a directory: nothing of the layers below shows in it. Value `y`.
pub(crate) const OPAQUE: &[u8] = b"trusted.overlay.opaque";
/// On a character device 0, 0: it is one, not a whiteout.
pub(crate) const REAL: &[u8] = b"trusted.overlay.real";
/// On what was copied up: the number that the node is known by.
pub(crate) const ORIGIN: &[u8] = b"trusted.overlay.number";

const PREFIX: &[u8] = b"trusted.overlay.";
const ESCAPED: &[u8] = b"trusted.overlay.overlay.";

/// What a user's attribute is called in a layer.
pub(crate) fn escaped(name: &[u8]) -> Vec<u8> {
    match name.strip_prefix(PREFIX) {
        Some(rest) => [ESCAPED, rest].concat(),
        None => name.to_vec(),
    }
}

/// What a layer's attribute is called for the user; `None` for the overlay's own.
pub(crate) fn shown(name: &[u8]) -> Option<Vec<u8>> {
    match name.strip_prefix(ESCAPED) {
        Some(rest) => Some([PREFIX, rest].concat()),
        None if name.starts_with(PREFIX) => None,
        None => Some(name.to_vec()),
    }
}

/// Whether a layer's node says that there is no such name.
pub(crate) fn is_whiteout(place: &Path) -> bool {
    place.kind() == NodeKind::CharDevice && {
        let rdev = place.metadata().rdev;
        (rdev.major, rdev.minor) == (0, 0) && place.inode().get_attribute(REAL).is_err()
    }
}

/// Whether a layer's directory hides those below.
pub(crate) fn is_opaque(place: &Path) -> bool {
    place
        .inode()
        .get_attribute(OPAQUE)
        .is_ok_and(|value| value == b"y")
}

#[cfg(test)]
mod tests {
    use super::{OPAQUE, escaped, shown};

    #[test]
    fn names_are_escaped_one_level_each() {
        for name in [&b"user.x"[..], OPAQUE, b"trusted.overlay.overlay.opaque"] {
            assert_eq!(shown(&escaped(name)).as_deref(), Some(name));
        }
        assert_eq!(shown(OPAQUE), None);
    }
}
