//! Chance that hangs on a seed and a name only, so that threads may come in any order.

/// A number for a name and a turn.
pub fn number(seed: u64, name: &str, turn: u64) -> u64 {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    for byte in name.bytes() {
        state = mix(state ^ u64::from(byte));
    }
    mix(state ^ turn.wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

/// Shuffles neighbours: an item moves by no more than about two pages.
pub fn shuffle<T>(items: &mut [T], reach: usize, seed: u64, name: &str) {
    for (block, part) in items.chunks_mut(reach.max(2)).enumerate() {
        for place in (1..part.len()).rev() {
            let draw = number(seed, name, (block * reach + place) as u64);
            part.swap(place, usize::try_from(draw % (place as u64 + 1)).unwrap_or(0));
        }
    }
}

fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
