//! Chance that can be repeated: every draw comes from the seed, a purpose and a person's number.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// What a stream of draws is for.
///
/// Each purpose has a stream of its own, so that a switch which adds noise never moves a fact.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Who a person is.
    Person,
    /// What happens to a person.
    Story,
    /// When and where a person signs in.
    SignIn,
    /// How records are spread, repeated, shuffled and damaged.
    Noise,
}

/// A stream of draws.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one purpose and one person.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index * 8 + purpose as u64);
        Self(rng)
    }

    /// A number below `n` (0 where `n` is 0).
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.next_u64() % n }
    }

    /// A number in `[low, high)`; `low` where the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        match u64::try_from(high.saturating_sub(low)) {
            Ok(width) if width > 0 => low + i64::try_from(self.below(width)).expect("it is below a width that came from an i64"),
            _ => low,
        }
    }

    /// True in `percent` of a hundred draws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// A place in a list of `len`.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("it is below a usize")
    }

    /// Puts `items` in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.index(i + 1);
            items.swap(i, j);
        }
    }
}

/// An object id that is always the same for the same seed, kind and numbers.
pub fn guid(seed: u64, kind: &str, a: u64, b: u64) -> String {
    let hash = digest(seed, kind, a, b);
    // Version and variant bits as real directories have them.
    let hash = (hash & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{hash:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A number that is always the same for the same seed, kind and numbers.
pub fn number(seed: u64, kind: &str, a: u64, b: u64) -> u64 {
    u64::try_from(digest(seed, kind, a, b) & u128::from(u64::MAX)).expect("it was masked to 64 bits")
}

fn digest(seed: u64, kind: &str, a: u64, b: u64) -> u128 {
    let mut bytes = Vec::with_capacity(kind.len() + 17);
    bytes.extend_from_slice(kind.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&a.to_le_bytes());
    bytes.extend_from_slice(&b.to_le_bytes());
    xxh3_128_with_seed(&bytes, seed)
}
