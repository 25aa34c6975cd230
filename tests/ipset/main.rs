//! ipsets of the running kernel: every type that it has, with members by seed, read back and held against the real `ipset`.

#[path = "../harness/mod.rs"]
mod harness;
mod members;
#[path = "../netns/mod.rs"]
#[allow(dead_code, reason = "these tests load no nft rules")]
mod netns;
#[path = "../kernel/generate/random.rs"]
#[allow(dead_code, reason = "the packets of other tests need more of it")]
mod random;
mod saved;

fn main() {
    harness::main(&[saved::TESTS]);
}
