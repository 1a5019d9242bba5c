//! Random bytes: one ChaCha20 generator, seeded from what the machine offers.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use hal::sync::SpinLock;

static GENERATOR: SpinLock<Option<ChaCha20Rng>> = SpinLock::new(None);

/// Fills a kernel buffer with random bytes.
pub fn fill(bytes: &mut [u8]) {
    GENERATOR
        .lock()
        .get_or_insert_with(|| ChaCha20Rng::from_seed(seed()))
        .fill_bytes(bytes);
}

/// Mixes more entropy in (a write to the random device): the generator is seeded anew from itself and these bytes.
pub fn mix(bytes: &[u8]) {
    let mut seed = [0; 32];
    fill(&mut seed);
    for (index, byte) in bytes.iter().enumerate() {
        seed[index % 32] ^= byte;
    }
    *GENERATOR.lock() = Some(ChaCha20Rng::from_seed(seed));
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    for word in seed.chunks_exact_mut(8) {
        let bits = hal::cpu::entropy() ^ hal::time::now_ns().rotate_left(32);
        word.copy_from_slice(&bits.to_le_bytes());
    }
    seed
}
