//! The buddy allocator: blocks of 2^order frames, split and joined again. Works on frame numbers; where the state is kept is
//! the caller's business ([`Frames`]), so that it runs over a plain array in tests.

/// Largest block: 2^10 frames, 4 MiB.
pub(crate) const ORDERS: usize = 11;
/// End of a list.
const NONE: u32 = u32::MAX;

/// Where the allocator keeps what it knows about frames.
pub(crate) trait Frames {
    /// The order of the free block that begins at `frame`, if one does.
    fn free_order(&self, frame: u32) -> Option<u8>;
    /// Notes that a free block of `order` begins there, or (`None`) that none does.
    fn set_free_order(&mut self, frame: u32, order: Option<u8>);
    /// Neighbours in the list of free blocks: (previous, next).
    fn links(&self, frame: u32) -> (u32, u32);
    /// Sets them.
    fn set_links(&mut self, frame: u32, links: (u32, u32));
    /// Whether the frame exists and is managed.
    fn contains(&self, frame: u32) -> bool;
}

/// The lists of free blocks.
pub(crate) struct Buddy {
    heads: [u32; ORDERS],
    free: usize,
}

impl Buddy {
    pub(crate) const fn new() -> Buddy {
        Buddy {
            heads: [NONE; ORDERS],
            free: 0,
        }
    }

    /// Free frames.
    pub(crate) fn free(&self) -> usize {
        self.free
    }

    /// Takes a block of 2^order frames.
    pub(crate) fn take(&mut self, frames: &mut impl Frames, order: usize) -> Option<u32> {
        let found = (order..ORDERS).find(|&order| self.heads[order] != NONE)?;
        let block = self.heads[found];
        self.unlink(frames, block, found);
        for half in (order..found).rev() {
            self.link(frames, block + (1 << half), half);
        }
        self.free -= 1 << order;
        Some(block)
    }

    /// Gives a block back; joins it with its free neighbours.
    pub(crate) fn give(&mut self, frames: &mut impl Frames, mut block: u32, mut order: usize) {
        self.free += 1 << order;
        while order + 1 < ORDERS {
            let buddy = block ^ (1 << order);
            if !frames.contains(buddy) || frames.free_order(buddy) != Some(order as u8) {
                break;
            }
            self.unlink(frames, buddy, order);
            block &= !(1 << order);
            order += 1;
        }
        self.link(frames, block, order);
    }

    fn link(&mut self, frames: &mut impl Frames, block: u32, order: usize) {
        let next = self.heads[order];
        frames.set_links(block, (NONE, next));
        if next != NONE {
            let (_, after) = frames.links(next);
            frames.set_links(next, (block, after));
        }
        self.heads[order] = block;
        frames.set_free_order(block, Some(order as u8));
    }

    fn unlink(&mut self, frames: &mut impl Frames, block: u32, order: usize) {
        let (previous, next) = frames.links(block);
        if previous == NONE {
            self.heads[order] = next;
        } else {
            let (before, _) = frames.links(previous);
            frames.set_links(previous, (before, next));
        }
        if next != NONE {
            let (_, after) = frames.links(next);
            frames.set_links(next, (previous, after));
        }
        frames.set_free_order(block, None);
    }
}

#[cfg(test)]
mod tests {
    use super::{Buddy, Frames};
    use std::collections::HashMap;

    struct Table {
        orders: HashMap<u32, u8>,
        links: HashMap<u32, (u32, u32)>,
        end: u32,
    }

    impl Frames for Table {
        fn free_order(&self, frame: u32) -> Option<u8> {
            self.orders.get(&frame).copied()
        }
        fn set_free_order(&mut self, frame: u32, order: Option<u8>) {
            match order {
                Some(order) => self.orders.insert(frame, order),
                None => self.orders.remove(&frame),
            };
        }
        fn links(&self, frame: u32) -> (u32, u32) {
            self.links[&frame]
        }
        fn set_links(&mut self, frame: u32, links: (u32, u32)) {
            self.links.insert(frame, links);
        }
        fn contains(&self, frame: u32) -> bool {
            frame < self.end
        }
    }

    fn table(end: u32) -> (Buddy, Table) {
        let mut frames = Table {
            orders: HashMap::new(),
            links: HashMap::new(),
            end,
        };
        let mut buddy = Buddy::new();
        for frame in 0..end {
            buddy.give(&mut frames, frame, 0);
        }
        (buddy, frames)
    }

    #[test]
    fn single_frames_join_to_the_largest_blocks() {
        let (buddy, frames) = table(2048 + 5);
        assert_eq!(buddy.free(), 2053);
        let mut blocks: Vec<_> = frames
            .orders
            .iter()
            .map(|(&at, &order)| (at, order))
            .collect();
        blocks.sort();
        assert_eq!(blocks, [(0, 10), (1024, 10), (2048, 2), (2052, 0)]);
    }

    #[test]
    fn random_use_never_hands_a_frame_out_twice() {
        let (mut buddy, mut frames) = table(3000);
        let mut taken: Vec<(u32, usize)> = Vec::new();
        let mut owner = vec![false; 3000];
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let pick = (seed >> 33) as usize;
            if pick % 5 < 3 {
                let order = pick / 5 % 5;
                if let Some(block) = buddy.take(&mut frames, order) {
                    assert_eq!(block % (1 << order), 0, "not aligned");
                    for frame in block..block + (1 << order) {
                        assert!(
                            !std::mem::replace(&mut owner[frame as usize], true),
                            "taken twice"
                        );
                    }
                    taken.push((block, order));
                }
            } else if !taken.is_empty() {
                let (block, order) = taken.swap_remove(pick % taken.len());
                owner[block as usize..][..1 << order].fill(false);
                buddy.give(&mut frames, block, order);
            }
            assert_eq!(buddy.free(), owner.iter().filter(|taken| !**taken).count());
        }
        for (block, order) in taken {
            buddy.give(&mut frames, block, order);
        }
        assert_eq!(
            frames.orders.len(),
            table(3000).1.orders.len(),
            "not all joined again"
        );
    }
}
