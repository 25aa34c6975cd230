//! Damaging input: bytes, pieces, and whole netlink messages.

use crate::{entries::messages, random::Random};

/// Numbers at which lengths, counts and indexes break.
const EDGES: [u32; 12] = [0, 1, 3, 4, 5, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// The input with a few things wrong in it.
pub fn mutate(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..random.between(1, 8) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => put(&mut bytes, at & !3, &random.one(&EDGES).to_be_bytes()),
            3 => put(&mut bytes, at & !1, &(random.one(&EDGES) as u16).to_ne_bytes()),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..bytes.len().min(at + random.between(1, 40)))),
            6 => {
                let piece = bytes[at..bytes.len().min(at + random.between(1, 40))].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            _ => bytes = reorder(&bytes, random),
        }
    }
    bytes
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// One message twice, missing, or in another's place.
fn reorder(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut all: Vec<&[u8]> = messages(bytes).collect();
    let (one, other) = (random.below(all.len()), random.below(all.len()));
    match random.below(3) {
        0 => drop(all.remove(one)),
        1 => all.insert(other, all[one]),
        _ => all.swap(one, other),
    }
    all.concat()
}
