//! The steps that a rule becomes do to a packet what the kernel's expressions do to its bytes ([`bytes`]).

mod bytes;

use proptest::prelude::*;

use self::bytes::{Done, NAMES, Packet, kernel};
use super::{rule::Reader, scope::Scope};
use crate::lower::context::Context;
use crate::{
    model::{Bits, Field, IpVersion, Step, Test},
    network::{Link, Network},
    ruleset::nft::{
        Chain, Data, Element, Expr, Family, Set, Table,
        expr::{
            Bitwise, BitwiseOp, Byteorder, Cmp, CmpOp, Counter, Ct, Immediate, ImmediateValue, Lookup, Meta, Payload, PayloadBase, Range,
            Reg,
        },
        set::Elements,
    },
};

/// The same by the steps. Free words are taken as zeros, as the interpreter's registers start.
fn model(steps: &[Step], packet: &Packet) -> Option<Done> {
    let mut packet = packet.clone();
    let mut counted = 0;
    for step in steps {
        match step {
            Step::Test(test) => {
                if !holds(test, &packet)? {
                    break;
                }
            }
            Step::Count => counted += 1,
            Step::Write { field, bits } => {
                let value = value(bits, &packet)? as u32;
                match field {
                    Field::Mark => packet.mark = value,
                    other => panic!("{other:?} is not written"),
                }
            }
            _ => return None,
        }
    }
    Some(Done { counted, mark: packet.mark, ct_mark: packet.ct_mark })
}

fn value(bits: &Bits, packet: &Packet) -> Option<u128> {
    bits.value(|field| Some(packet.field(field)))
}

/// None where it is undecided.
fn holds(test: &Test, packet: &Packet) -> Option<bool> {
    Some(match test {
        Test::Always => true,
        Test::Never => false,
        Test::In { field, values } => values.contains(packet.field(*field)),
        Test::Not(test) => !holds(test, packet)?,
        Test::All(tests) => {
            let all: Vec<_> = tests.iter().map(|test| holds(test, packet)).collect();
            if all.contains(&Some(false)) {
                false
            } else if all.contains(&None) {
                return None;
            } else {
                true
            }
        }
        Test::Any(tests) => {
            let all: Vec<_> = tests.iter().map(|test| holds(test, packet)).collect();
            if all.contains(&Some(true)) {
                true
            } else if all.contains(&None) {
                return None;
            } else {
                false
            }
        }
        Test::Condition(_) | Test::Holds { .. } => return None,
    })
}

fn register() -> impl Strategy<Value = Reg> {
    (0..8_u8).prop_map(|word| Reg(4 * word))
}

fn load() -> impl Strategy<Value = Expr> {
    let payload = |base, offset, len, dest| {
        let none = None;
        Expr::Payload(Payload { base, offset, len, dest: Some(dest), source: None, csum_type: none, csum_offset: none, csum_flags: none })
    };
    prop_oneof![
        (0..20_u32, 1..12_u32, register()).prop_map(move |(offset, len, dest)| payload(PayloadBase::Network, offset, len, dest)),
        (0..24_u32, 1..12_u32, register()).prop_map(move |(offset, len, dest)| payload(PayloadBase::Transport, offset, len, dest)),
        (prop::sample::select(vec![0, 3, 4, 6, 7, 16]), register()).prop_map(|(key, dest)| Expr::Meta(Meta {
            key,
            dest: Some(dest),
            source: None
        })),
        (prop::sample::select(vec![0, 3]), register()).prop_map(|(key, dest)| Expr::Ct(Ct {
            key,
            direction: None,
            dest: Some(dest),
            source: None
        })),
    ]
}

fn change() -> impl Strategy<Value = Expr> {
    let data = |len: usize| prop::collection::vec(prop::sample::select(vec![0_u8, 0xff, 0xf0, 0x0f, 0x55]), len).prop_map(Data::from_vec);
    let mask = (1..9_usize).prop_flat_map(move |len| (Just(len), data(len), data(len)));
    prop_oneof![
        (register(), register(), mask).prop_map(|(source, dest, (len, mask, xor))| {
            Expr::Bitwise(Bitwise { source, source2: None, dest, len: len as u32, op: BitwiseOp::MaskXor { mask, xor } })
        }),
        (register(), register(), 1..9_u32, 0..32_u32, any::<bool>()).prop_map(|(source, dest, len, by, left)| {
            let op = if left { BitwiseOp::ShiftLeft(by) } else { BitwiseOp::ShiftRight(by) };
            Expr::Bitwise(Bitwise { source, source2: None, dest, len, op })
        }),
        (register(), register(), prop::sample::select(vec![(2, 2), (4, 2), (4, 4), (8, 4), (8, 8)]))
            .prop_map(|(source, dest, (len, size))| Expr::Byteorder(Byteorder { source, dest, to_network: true, len, size })),
        (register()).prop_map(|source| Expr::Meta(Meta { key: 3, dest: None, source: Some(source) })),
    ]
}

fn comparison() -> impl Strategy<Value = Expr> {
    use CmpOp::{Eq, Gt, Gte, Lt, Lte, Neq};
    let bytes = prop_oneof![Just(0_u8), Just(1), Just(2), Just(0xff), Just(b'e'), Just(b't'), any::<u8>()];
    let data =
        (1..9_usize).prop_flat_map(move |len| (prop::collection::vec(bytes.clone(), len), prop::collection::vec(bytes.clone(), len)));
    let ops = prop::sample::select(vec![Eq, Neq, Lt, Lte, Gt, Gte]);
    (register(), ops, data, 0..4_u8, any::<bool>()).prop_map(|(source, op, (from, to), kind, invert)| match kind {
        0 => Expr::Range(Range { source, invert, from: Data::from_vec(from.clone().min(to.clone())), to: Data::from_vec(from.max(to)) }),
        1 => Expr::Lookup(Lookup { set: "set".into(), source, dest: None, invert }),
        _ => Expr::Cmp(Cmp { source, op, data: Data::from_vec(from) }),
    })
}

fn rule() -> impl Strategy<Value = Vec<Expr>> {
    let counter = Just(Expr::Counter(Counter { packets: 0, bytes: 0 }));
    let expr = prop_oneof![3 => load(), 2 => change(), 3 => comparison(), 2 => counter.clone()];
    // The kernel refuses rules that read registers that were not written.
    let zeros = |word: u8| Expr::Immediate(Immediate { dest: Some(Reg(16 * word)), value: ImmediateValue::Data(Data::from_elem(0, 16)) });
    (prop::collection::vec(expr, 1..9), counter).prop_map(move |(exprs, counter)| {
        let start = (0..4).map(zeros);
        start.chain(exprs).chain([counter]).collect()
    })
}

fn packet(version: IpVersion) -> impl Strategy<Value = Packet> {
    let byte = prop_oneof![2 => Just(0_u8), 1 => Just(1), 1 => Just(2), 1 => Just(0xff), 2 => any::<u8>()];
    let number = prop_oneof![Just(0_u32), Just(1), Just(0x0101_0000), any::<u32>()];
    let header = if version == IpVersion::V4 { 20 } else { 40 };
    (prop::collection::vec(byte, header..header + 40), number.clone(), number, 0..5_usize, 0..4_u32, 0..4_u32, any::<bool>()).prop_map(
        move |(mut bytes, mark, ct_mark, state, iif, oif, whole)| {
            let length = bytes.len() as u16;
            if version == IpVersion::V4 {
                bytes[0] = 0x45;
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                if whole {
                    bytes[6] = 0x40;
                    bytes[7] = 0;
                }
            } else {
                bytes[0] = 0x60 | bytes[0] & 15;
                bytes[4..6].copy_from_slice(&(length - 40).to_be_bytes());
            }
            Packet { version, bytes, mark, ct_mark, ct_state: [1, 2, 4, 8, 64][state], iif, oif }
        },
    )
}

fn network() -> Network {
    let link = |(at, name): (usize, &&str)| Link { index: at as u32 + 1, name: (*name).to_owned(), hardware: 1, ..Link::default() };
    Network { links: NAMES.iter().enumerate().map(link).collect(), ..Network::default() }
}

fn table(ranges: &[(u32, u32)]) -> Table {
    let edge = |key: u32, flags| Element { key: Data::from_slice(&key.to_be_bytes()), flags, ..Element::default() };
    let edges = ranges.iter().flat_map(|&(low, high)| [Some(edge(low, 0)), high.checked_add(1).map(|end| edge(end, 1))]).flatten();
    let set = Set { name: "set".into(), flags: 4, key_len: 4, elements: Elements::Whole(edges.collect()), ..Set::default() };
    Table {
        family: Family::Inet,
        name: "t".into(),
        handle: 1,
        flags: 0,
        comment: None,
        chains: Vec::<Chain>::new(),
        sets: vec![set],
        objects: Vec::new(),
        flowtables: Vec::new(),
    }
}

fn lower(exprs: &[Expr], ranges: &[(u32, u32)], version: IpVersion) -> Vec<Step> {
    let (network, table) = (network(), table(ranges));
    let mut context = Context::new(&network, version);
    let scope = Scope::new(&table, 0, 0);
    Reader::new(&mut context, &scope).rule(exprs)
}

fn agree(exprs: &[Expr], ranges: &[(u32, u32)], packets: &[Packet]) -> Result<(), TestCaseError> {
    let steps = lower(exprs, ranges, packets[0].version);
    let wide: Vec<_> = ranges.iter().map(|&(low, high)| (low.into(), high.into())).collect();
    for packet in packets {
        if let Some(model) = model(&steps, packet) {
            prop_assert_eq!(model, kernel(exprs, &wide, packet), "{:?}\n{:#?}", packet, steps);
        }
    }
    Ok(())
}

/// A few disjoint ranges.
fn ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    let number = prop_oneof![Just(0_u32), Just(0x0100_0000), Just(u32::MAX), any::<u32>()];
    prop::collection::btree_set(number, 0..7).prop_map(|edges| {
        let edges: Vec<u32> = edges.into_iter().collect();
        edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn steps_do_what_the_expressions_do_to_ipv4(exprs in rule(), ranges in ranges(), packets in prop::collection::vec(packet(IpVersion::V4), 8)) {
        agree(&exprs, &ranges, &packets)?;
    }

    #[test]
    fn steps_do_what_the_expressions_do_to_ipv6(exprs in rule(), ranges in ranges(), packets in prop::collection::vec(packet(IpVersion::V6), 8)) {
        agree(&exprs, &ranges, &packets)?;
    }
}
