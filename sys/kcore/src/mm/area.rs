//! The ordered map of an address space's areas: finding, splitting, joining, gaps. Pure bookkeeping, no page is touched.

use super::{Backing, Prot};
use crate::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::ops::Range;
use hal::PAGE_SIZE;
use smallvec::SmallVec;

/// Most areas of one address space, so that a program cannot use up the kernel's heap with them.
pub(super) const MAX_AREAS: usize = 65_536;

/// Bytes kept free below an area that grows down.
pub(super) const GUARD: usize = 256 * PAGE_SIZE;

/// One mapped area; its start is its key in [`Areas`].
#[derive(Clone)]
pub(super) struct Region {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) prot: Prot,
    /// What `prot` may become.
    pub(super) max: Prot,
    pub(super) shared: bool,
    pub(super) grows_down: bool,
    pub(super) backing: Backing,
    pub(super) name: Arc<[u8]>,
    /// The page whose touch continues a run of touches, and how many pages were brought in for the last one.
    pub(super) ahead: (usize, usize),
}

impl Region {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The backing as seen from `va` on.
    pub(super) fn backing_from(&self, va: usize) -> Backing {
        match &self.backing {
            Backing::Anonymous => Backing::Anonymous,
            Backing::Pages { pages, offset } => Backing::Pages {
                pages: pages.clone(),
                offset: offset.wrapping_add(va.wrapping_sub(self.start) as u64),
            },
        }
    }

    /// Cuts off and gives what lies from `at` on.
    fn split_off(&mut self, at: usize) -> Region {
        let upper = Region {
            start: at,
            backing: self.backing_from(at),
            grows_down: false,
            name: self.name.clone(),
            ..*self
        };
        self.end = at;
        upper
    }

    /// Whether `next` simply goes on where this ends.
    fn continues_in(&self, next: &Region) -> bool {
        self.end == next.start
            && self.prot == next.prot
            && self.max == next.max
            && self.shared == next.shared
            && !next.grows_down
            && match (&self.backing, &next.backing) {
                (Backing::Anonymous, Backing::Anonymous) => true,
                (
                    Backing::Pages { pages: a, offset },
                    Backing::Pages {
                        pages: b,
                        offset: at,
                    },
                ) => Arc::ptr_eq(a, b) && offset + (self.end - self.start) as u64 == *at,
                _ => false,
            }
            && (Arc::ptr_eq(&self.name, &next.name) || self.name == next.name)
    }
}

/// All areas of an address space. They never overlap; adjoining ones that are alike are one.
#[derive(Clone, Default)]
pub(super) struct Areas {
    map: BTreeMap<usize, Region>,
    /// Bytes of all areas.
    total: usize,
}

impl Areas {
    /// Bytes of all areas.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// All, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Region> {
        self.map.values()
    }

    /// The area that holds `va`.
    pub(super) fn find(&self, va: usize) -> Option<&Region> {
        let (_, region) = self.map.range(..=va).next_back()?;
        (va < region.end).then_some(region)
    }

    /// As [`Areas::find`].
    pub(super) fn find_mut(&mut self, va: usize) -> Option<&mut Region> {
        let (_, region) = self.map.range_mut(..=va).next_back()?;
        (va < region.end).then_some(region)
    }

    /// The lowest area that starts above `va`.
    pub(super) fn above(&self, va: usize) -> Option<&Region> {
        self.map.range(va + 1..).next().map(|(_, region)| region)
    }

    /// The highest area that starts below `va`.
    pub(super) fn below(&self, va: usize) -> Option<&Region> {
        self.map.range(..va).next_back().map(|(_, region)| region)
    }

    /// Areas that touch `range`, ascending.
    pub(super) fn within(&self, range: Range<usize>) -> impl Iterator<Item = &Region> {
        let first = self.find(range.start).map_or(range.start, |r| r.start);
        self.map
            .range(first..range.end.max(first))
            .map(|(_, region)| region)
    }

    /// Whether nothing lies in `range`.
    pub(super) fn is_free(&self, range: Range<usize>) -> bool {
        self.below(range.end)
            .is_none_or(|region| region.end <= range.start)
    }

    /// Whether every page of `range` lies in some area.
    pub(super) fn covers(&self, range: Range<usize>) -> bool {
        let mut at = range.start;
        for region in self.within(range.clone()) {
            if region.start > at {
                return false;
            }
            at = region.end;
        }
        at >= range.end
    }

    /// Bytes of `range` that lie in areas.
    pub(super) fn bytes_in(&self, range: Range<usize>) -> usize {
        self.within(range.clone())
            .map(|r| r.end.min(range.end) - r.start.max(range.start))
            .sum()
    }

    /// Puts an area in; its range must be free. Joins it with its neighbours where they are alike.
    pub(super) fn insert(&mut self, region: Region) {
        self.total += region.end - region.start;
        let start = region.start;
        if let Some((_, before)) = self.map.range_mut(..start).next_back()
            && before.continues_in(&region)
        {
            before.end = region.end;
            let end = region.end;
            self.join_at(end);
            return;
        }
        let end = region.end;
        self.map.insert(start, region);
        self.join_at(end);
    }

    /// Makes `at` a boundary between areas.
    pub(super) fn split_at(&mut self, at: usize) {
        if let Some(region) = self.find_mut(at)
            && region.start < at
        {
            let upper = region.split_off(at);
            self.map.insert(at, upper);
        }
    }

    /// Joins the areas that meet at `at`, if they are alike.
    pub(super) fn join_at(&mut self, at: usize) {
        let Some(next) = self.map.get(&at) else {
            return;
        };
        let Some(before) = self.below(at) else {
            return;
        };
        if before.continues_in(next) {
            let (start, end) = (before.start, next.end);
            self.map.remove(&at);
            if let Some(before) = self.map.get_mut(&start) {
                before.end = end;
            }
        }
    }

    /// Whether `extra` more areas are too many.
    pub(super) fn check_room(&self, extra: usize) -> Result<()> {
        if self.map.len() + extra > MAX_AREAS {
            return Err(Error::OutOfMemory);
        }
        Ok(())
    }

    /// Takes out what lies in `range` and gives it piece by piece to `each`.
    pub(super) fn remove(&mut self, range: Range<usize>, mut each: impl FnMut(Region)) {
        self.split_at(range.start);
        self.split_at(range.end);
        while let Some((&start, _)) = self.map.range(range.clone()).next() {
            let Some(region) = self.map.remove(&start) else {
                return;
            };
            self.total -= region.end - region.start;
            each(region);
        }
    }

    /// Changes every area of `range` (cut to it), then joins what became alike.
    pub(super) fn change(&mut self, range: Range<usize>, mut each: impl FnMut(&mut Region)) {
        self.split_at(range.start);
        self.split_at(range.end);
        let mut boundaries = SmallVec::<[usize; 8]>::new();
        for (_, region) in self.map.range_mut(range.clone()) {
            each(region);
            boundaries.push(region.start);
        }
        boundaries.push(range.end);
        for at in boundaries {
            self.join_at(at);
        }
    }

    /// Moves the start of the area at `start` down to `to` (stack growth); the room must be free.
    pub(super) fn grow_down(&mut self, start: usize, to: usize) {
        if let Some(mut region) = self.map.remove(&start) {
            region.backing = region.backing_from(to);
            region.start = to;
            self.total += start - to;
            self.map.insert(to, region);
        }
    }

    /// The highest free place for `len` bytes in `bottom..top`, leaving the guard below areas that grow down.
    pub(super) fn gap(&self, len: usize, bottom: usize, top: usize) -> Option<usize> {
        let mut high = top;
        for (_, region) in self.map.range(..top).rev() {
            if region.end < high && high - region.end >= len {
                break;
            }
            let guard = if region.grows_down { GUARD } else { 0 };
            high = high.min(region.start.saturating_sub(guard));
            if high < bottom {
                return None;
            }
        }
        let place = high.checked_sub(len)?;
        (place >= bottom).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Areas, Region};
    use crate::mm::{Backing, Prot};
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    const P: usize = 4096;

    fn region(pages: core::ops::Range<usize>, prot: Prot) -> Region {
        Region {
            start: pages.start * P,
            end: pages.end * P,
            prot,
            max: Prot::all(),
            shared: false,
            grows_down: false,
            backing: Backing::Anonymous,
            name: Arc::from(&b""[..]),
            ahead: (0, 0),
        }
    }

    fn shape(areas: &Areas) -> Vec<(usize, usize, u8)> {
        areas
            .iter()
            .map(|r| (r.start / P, r.end / P, r.prot.bits()))
            .collect()
    }

    #[test]
    fn alike_neighbours_become_one() {
        let mut areas = Areas::default();
        areas.insert(region(1..2, Prot::READ));
        areas.insert(region(3..4, Prot::READ));
        areas.insert(region(2..3, Prot::READ));
        assert_eq!(shape(&areas), [(1, 4, 1)]);
        areas.insert(region(4..5, Prot::WRITE));
        assert_eq!(shape(&areas), [(1, 4, 1), (4, 5, 2)]);
        assert_eq!(areas.total(), 4 * P);
    }

    #[test]
    fn a_hole_splits_and_a_change_back_joins() {
        let mut areas = Areas::default();
        areas.insert(region(0..10, Prot::READ));
        areas.change(3 * P..5 * P, |r| r.prot = Prot::WRITE);
        assert_eq!(shape(&areas), [(0, 3, 1), (3, 5, 2), (5, 10, 1)]);
        areas.change(3 * P..5 * P, |r| r.prot = Prot::READ);
        assert_eq!(shape(&areas), [(0, 10, 1)]);
        let mut gone = Vec::new();
        areas.remove(4 * P..6 * P, |r| gone.push((r.start / P, r.end / P)));
        assert_eq!(gone, [(4, 6)]);
        assert_eq!(shape(&areas), [(0, 4, 1), (6, 10, 1)]);
        assert!(!areas.covers(3 * P..7 * P));
        assert!(areas.covers(6 * P..10 * P));
        assert_eq!(areas.bytes_in(3 * P..7 * P), 2 * P);
    }

    #[test]
    fn gaps_are_found_from_the_top() {
        let mut areas = Areas::default();
        assert_eq!(areas.gap(P, P, 10 * P), Some(9 * P));
        areas.insert(region(8..9, Prot::READ));
        assert_eq!(areas.gap(P, P, 10 * P), Some(9 * P));
        assert_eq!(areas.gap(2 * P, P, 10 * P), Some(6 * P));
        areas.insert(region(4..6, Prot::READ));
        assert_eq!(areas.gap(3 * P, P, 10 * P), Some(P));
        assert_eq!(areas.gap(4 * P, P, 10 * P), None);
    }

    /// Random operations against one byte per page.
    #[test]
    fn agrees_with_a_model() {
        let mut seed = 7u64;
        let mut random = move |below: usize| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) as usize % below
        };
        let mut model = [0u8; 64];
        let mut areas = Areas::default();
        for _ in 0..5000 {
            let from = random(60);
            let to = from + 1 + random(63 - from);
            let prot = Prot::from_bits_truncate(1 + random(3) as u8);
            match random(3) {
                0 => {
                    areas.remove(from * P..to * P, drop);
                    areas.insert(region(from..to, prot));
                    model[from..to].fill(prot.bits());
                }
                1 => {
                    areas.remove(from * P..to * P, drop);
                    model[from..to].fill(0);
                }
                _ => {
                    areas.change(from * P..to * P, |r| r.prot = prot);
                    let part = model[from..to].iter_mut();
                    part.filter(|p| **p != 0).for_each(|p| *p = prot.bits());
                }
            }
            for (page, &bits) in model.iter().enumerate() {
                let found = areas.find(page * P).map_or(0, |r| r.prot.bits());
                assert_eq!(found, bits);
            }
            let shape = shape(&areas);
            assert!(
                shape
                    .windows(2)
                    .all(|w| w[0].1 < w[1].0 || w[0].2 != w[1].2)
            );
            assert_eq!(areas.total(), model.iter().filter(|p| **p != 0).count() * P);
            assert_eq!(
                areas.covers(from * P..to * P),
                model[from..to].iter().all(|p| *p != 0)
            );
            assert_eq!(
                areas.is_free(from * P..to * P),
                model[from..to].iter().all(|p| *p == 0)
            );
        }
    }
}
