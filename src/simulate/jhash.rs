//! Bob Jenkins' hash of the kernel (`jhash`, include/linux/jhash.h), which takes bytes as little-endian words.

/// `JHASH_INITVAL`.
const INITIAL: u32 = 0xdead_beef;

/// The hash of these bytes.
#[must_use]
pub fn jhash(bytes: &[u8], seed: u32) -> u32 {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut state = [INITIAL.wrapping_add(length).wrapping_add(seed); 3];
    let mut rest = bytes;
    while rest.len() > 12 {
        let (block, behind) = rest.split_at(12);
        add(&mut state, block);
        mix(&mut state);
        rest = behind;
    }
    if !rest.is_empty() {
        add(&mut state, rest);
        finish(&mut state);
    }
    state[2]
}

/// A number below `end`, in proportion (`reciprocal_scale`).
#[must_use]
pub fn below(hash: u32, end: u32) -> u32 {
    ((u64::from(hash) * u64::from(end)) >> 32) as u32
}

/// Adds up to 12 bytes to the state; missing ones are zeros.
fn add(state: &mut [u32; 3], bytes: &[u8]) {
    for (word, four) in state.iter_mut().zip(bytes.chunks(4)) {
        let number = four.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte));
        *word = word.wrapping_add(number);
    }
}

/// `__jhash_mix`.
fn mix(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    for by in [[4, 6, 8], [16, 19, 4]] {
        a = a.wrapping_sub(c) ^ c.rotate_left(by[0]);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(by[1]);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(by[2]);
        b = b.wrapping_add(a);
    }
    *state = [a, b, c];
}

/// `__jhash_final`.
fn finish(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    *state = [a, b, c];
}
