//! Patterns: `*`, `?`, `[a-z]`, `[!a]`.

/// One place of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// This byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// Any bytes.
    Star,
    /// One of these ranges, or none of them.
    Set(alloc::vec::Vec<(u8, u8)>, bool),
}

/// A word's bytes, each with whether it was quoted, as a pattern; `None` when nothing in it is special.
pub fn compile(bytes: &[(u8, bool)]) -> Option<alloc::vec::Vec<Item>> {
    let mut items = alloc::vec::Vec::new();
    let (mut at, mut special) = (0, false);
    while let Some(&(byte, quoted)) = bytes.get(at) {
        let (item, len) = match byte {
            b'*' if !quoted => (Item::Star, 1),
            b'?' if !quoted => (Item::Any, 1),
            b'[' if !quoted => set(&bytes[at..]).unwrap_or((Item::Byte(byte), 1)),
            _ => (Item::Byte(byte), 1),
        };
        special |= !matches!(item, Item::Byte(_));
        items.push(item);
        at += len;
    }
    special.then_some(items)
}

fn set(bytes: &[(u8, bool)]) -> Option<(Item, usize)> {
    let negated = matches!(bytes.get(1), Some((b'!' | b'^', _)));
    let first = 1 + usize::from(negated);
    let close = first
        + 1
        + bytes
            .get(first + 1..)?
            .iter()
            .position(|&(byte, _)| byte == b']')?;
    let (mut at, mut ranges) = (first, alloc::vec::Vec::new());
    while at < close {
        let low = bytes[at].0;
        if at + 2 < close && bytes[at + 1].0 == b'-' {
            ranges.push((low, bytes[at + 2].0));
            at += 3;
        } else {
            ranges.push((low, low));
            at += 1;
        }
    }
    Some((Item::Set(ranges, negated), close + 1))
}

/// Whether a name fits. A leading dot must be named.
pub fn matches(items: &[Item], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && items.first() != Some(&Item::Byte(b'.')) {
        return false;
    }
    fits(items, name)
}

fn fits(items: &[Item], name: &[u8]) -> bool {
    let (mut item, mut at) = (0, 0);
    // Where to go on when the way since the last star fails.
    let mut retry: Option<(usize, usize)> = None;
    while at < name.len() || item < items.len() {
        match items.get(item) {
            Some(Item::Star) => {
                retry = Some((item, at + 1));
                item += 1;
            }
            Some(one) if at < name.len() && fits_one(one, name[at]) => {
                item += 1;
                at += 1;
            }
            _ => match retry {
                Some((star, from)) if from <= name.len() => {
                    (item, at) = (star + 1, from);
                    retry = Some((star, from + 1));
                }
                _ => return false,
            },
        }
    }
    true
}

fn fits_one(item: &Item, byte: u8) -> bool {
    match item {
        Item::Byte(wanted) => *wanted == byte,
        Item::Any | Item::Star => true,
        Item::Set(ranges, negated) => {
            ranges
                .iter()
                .any(|&(low, high)| (low..=high).contains(&byte))
                != *negated
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{compile, matches};

    fn check(pattern: &str, name: &str) -> bool {
        let bytes: Vec<_> = pattern.bytes().map(|byte| (byte, false)).collect();
        matches(&compile(&bytes).unwrap(), name.as_bytes())
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "abc", true),
            ("*", ".abc", false),
            (".*", ".abc", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*.rs", "lib.rs", true),
            ("?b?", "abc", true),
            ("?b?", "ab", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("*a*b*", "xxaxxbxx", true),
            ("[]]", "]", true),
        ] {
            assert_eq!(check(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn quoted_stars_are_no_patterns() {
        assert_eq!(compile(&[(b'*', true), (b'a', false)]), None);
        assert_eq!(compile(&[(b'[', false), (b'a', false)]), None);
    }
}
