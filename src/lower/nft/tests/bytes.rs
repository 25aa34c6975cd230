//! nft's expressions over a packet's bytes, written down a second time as the kernel has them.

use crate::{
    model::{Field, IpVersion, bits::number},
    ruleset::nft::{
        Data, Expr,
        expr::{Bitwise, BitwiseOp, Byteorder, Cmp, CmpOp, Ct, Immediate, ImmediateValue, Lookup, Meta, Payload, PayloadBase, Range, Reg},
    },
};

/// A packet as bytes, and what surrounds it.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) version: IpVersion,
    pub(super) bytes: Vec<u8>,
    pub(super) mark: u32,
    pub(super) ct_mark: u32,
    pub(super) ct_state: u32,
    pub(super) iif: u32,
    pub(super) oif: u32,
}

impl Packet {
    pub(super) fn header(&self) -> usize {
        if self.version == IpVersion::V4 { 20 } else { 40 }
    }

    fn fragment(&self) -> bool {
        self.version == IpVersion::V4 && number(&self.bytes[6..8]) & 0x1fff != 0
    }

    /// A field, read off the bytes by hand; bytes that are not there are zeros.
    pub(super) fn field(&self, field: Field) -> u128 {
        let header = self.header();
        let at = |from: usize, len: usize| (from..from + len).fold(0, |n, i| n << 8 | u128::from(self.bytes.get(i).copied().unwrap_or(0)));
        let th = |from: usize, len: usize| at(header + from, len);
        let v4 = self.version == IpVersion::V4;
        match field {
            Field::Mark => self.mark.into(),
            Field::CtMark => self.ct_mark.into(),
            Field::CtState => self.ct_state.into(),
            // The connection is no template.
            Field::CtStatus => 0,
            Field::InInterface => self.iif.into(),
            Field::OutInterface => self.oif.into(),
            Field::Length => self.bytes.len() as u128,
            Field::Source => {
                if v4 {
                    at(12, 4)
                } else {
                    at(8, 16)
                }
            }
            Field::Destination => {
                if v4 {
                    at(16, 4)
                } else {
                    at(24, 16)
                }
            }
            Field::Protocol => {
                if v4 {
                    at(9, 1)
                } else {
                    at(6, 1)
                }
            }
            Field::Ttl => {
                if v4 {
                    at(8, 1)
                } else {
                    at(7, 1)
                }
            }
            Field::Dscp => {
                if v4 {
                    at(1, 1) >> 2
                } else {
                    at(0, 2) >> 6 & 0x3f
                }
            }
            Field::Ecn => {
                if v4 {
                    at(1, 1) & 3
                } else {
                    at(0, 2) >> 4 & 3
                }
            }
            Field::FlowLabel => at(0, 4) & 0xfffff,
            Field::IpId => at(4, 2),
            // Of IPv6 there are none with a fragment header.
            Field::IpFlags => {
                if v4 {
                    at(6, 1) >> 5
                } else {
                    0
                }
            }
            Field::FragmentOffset => {
                if v4 {
                    at(6, 2) & 0x1fff
                } else {
                    0
                }
            }
            Field::IpChecksum => at(10, 2),
            Field::SourcePort => th(0, 2),
            Field::DestinationPort => th(2, 2),
            Field::Sequence => th(4, 4),
            Field::Acknowledgement => th(8, 4),
            Field::DataOffset => th(12, 1) >> 4,
            Field::TcpReserved => th(12, 1) & 15,
            Field::TcpFlags => th(13, 1),
            Field::Window => th(14, 2),
            Field::TcpChecksum => th(16, 2),
            Field::Urgent => th(18, 2),
            Field::Transport(n) => th(n.into(), 1),
            other => panic!("{other:?} is not expected"),
        }
    }
}

/// What a rule did: how many counters it reached, and the marks it left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) counted: usize,
    pub(super) mark: u32,
    pub(super) ct_mark: u32,
}

pub(super) const NAMES: [&str; 3] = ["lo", "eth0", "eth10"];

/// `nft_do_chain` for one rule, on bytes.
pub(super) fn kernel(exprs: &[Expr], set: &[(u128, u128)], packet: &Packet) -> Done {
    let mut done = Done { counted: 0, mark: packet.mark, ct_mark: packet.ct_mark };
    let mut regs = [0_u8; 80];
    for expr in exprs {
        let goes_on = match expr {
            Expr::Counter(_) => {
                done.counted += 1;
                true
            }
            Expr::Immediate(Immediate { dest: Some(dest), value: ImmediateValue::Data(data) }) => store(&mut regs, *dest, data),
            Expr::Payload(payload) => kernel_payload(payload, packet, &mut regs),
            Expr::Meta(Meta { key, dest: Some(dest), .. }) => {
                let name = |index: u32| {
                    let mut name = [0; 16];
                    if let Some(text) = index.checked_sub(1).and_then(|at| NAMES.get(at as usize)) {
                        name[..text.len()].copy_from_slice(text.as_bytes());
                    }
                    name
                };
                match key {
                    0 => store(&mut regs, *dest, &(packet.bytes.len() as u32).to_le_bytes()),
                    3 => store(&mut regs, *dest, &done.mark.to_le_bytes()),
                    4 => store(&mut regs, *dest, &packet.iif.to_le_bytes()),
                    6 => store(&mut regs, *dest, &name(packet.iif)),
                    7 => store(&mut regs, *dest, &name(packet.oif)),
                    _ => store(&mut regs, *dest, &[packet.field(Field::Protocol) as u8]),
                }
            }
            Expr::Meta(Meta { source: Some(source), .. }) => {
                done.mark = u32::from_le_bytes(read(&regs, *source, 4).try_into().expect("4 bytes"));
                true
            }
            Expr::Ct(Ct { key, dest: Some(dest), .. }) => match key {
                0 => store(&mut regs, *dest, &packet.ct_state.to_le_bytes()),
                _ => packet.ct_state & (1 | 64) == 0 && store(&mut regs, *dest, &done.ct_mark.to_le_bytes()),
            },
            Expr::Bitwise(bitwise) => kernel_bitwise(bitwise, &mut regs),
            Expr::Byteorder(Byteorder { source, dest, len, size, .. }) => {
                let mut bytes = read(&regs, *source, *len as usize).to_vec();
                bytes.chunks_mut(*size as usize).for_each(<[u8]>::reverse);
                regs[usize::from(dest.0)..][..bytes.len()].copy_from_slice(&bytes);
                true
            }
            Expr::Cmp(Cmp { source, op, data }) => {
                let order = read(&regs, *source, data.len()).cmp(data);
                match op {
                    CmpOp::Eq => order.is_eq(),
                    CmpOp::Neq => order.is_ne(),
                    CmpOp::Lt => order.is_lt(),
                    CmpOp::Lte => order.is_le(),
                    CmpOp::Gt => order.is_gt(),
                    CmpOp::Gte => order.is_ge(),
                }
            }
            Expr::Range(Range { source, invert, from, to }) => {
                let bytes = read(&regs, *source, from.len());
                (bytes >= from.as_slice() && bytes <= to.as_slice()) != *invert
            }
            Expr::Lookup(Lookup { source, invert, .. }) => {
                let key = number(read(&regs, *source, 4));
                set.iter().any(|&(low, high)| low <= key && key <= high) != *invert
            }
            other => panic!("{other:?} is not expected"),
        };
        if !goes_on {
            break;
        }
    }
    done
}

fn read(regs: &[u8], reg: Reg, len: usize) -> &[u8] {
    &regs[usize::from(reg.0)..][..len]
}

/// Stores with zeros up to the next word.
fn store(regs: &mut [u8], reg: Reg, bytes: &[u8]) -> bool {
    let start = usize::from(reg.0);
    regs[start..start + bytes.len().next_multiple_of(4)].fill(0);
    regs[start..start + bytes.len()].copy_from_slice(bytes);
    true
}

fn kernel_payload(payload: &Payload, packet: &Packet, regs: &mut [u8]) -> bool {
    // `nft_payload_fast_eval` does not look at the fragment offset (measured on Linux 6.18).
    let fast = matches!(payload.len, 1 | 2 | 4) && payload.offset.is_multiple_of(payload.len);
    let base = match payload.base {
        PayloadBase::Network => 0,
        PayloadBase::Transport if packet.fragment() && !fast => return false,
        _ => packet.header(),
    };
    let start = base + payload.offset as usize;
    match packet.bytes.get(start..start + payload.len as usize) {
        Some(bytes) => store(regs, payload.dest.expect("a load"), bytes),
        None => false,
    }
}

fn kernel_bitwise(bitwise: &Bitwise, regs: &mut [u8]) -> bool {
    let words = (bitwise.len as usize).div_ceil(4);
    let word = |regs: &[u8], reg: Reg, i: usize| u32::from_le_bytes(read(regs, Reg(reg.0 + 4 * i as u8), 4).try_into().expect("4 bytes"));
    let constant = |data: &Data, i: usize| {
        let mut bytes = [0; 4];
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = data.get(4 * i + at).copied().unwrap_or(0));
        u32::from_le_bytes(bytes)
    };
    let source: Vec<u32> = (0..words).map(|i| word(regs, bitwise.source, i)).collect();
    let mut result = vec![0; words];
    match &bitwise.op {
        BitwiseOp::MaskXor { mask, xor } => (0..words).for_each(|i| result[i] = source[i] & constant(mask, i) ^ constant(xor, i)),
        BitwiseOp::ShiftLeft(by) => {
            let mut carry = 0;
            for i in (0..words).rev() {
                result[i] = source[i] << by | carry;
                carry = source[i].checked_shr(32 - by).unwrap_or(0);
            }
        }
        BitwiseOp::ShiftRight(by) => {
            let mut carry = 0;
            for i in 0..words {
                result[i] = carry | source[i] >> by;
                carry = source[i].checked_shl(32 - by).unwrap_or(0);
            }
        }
        BitwiseOp::Boolean { .. } => panic!("not generated"),
    }
    for (i, value) in result.iter().enumerate() {
        regs[usize::from(bitwise.dest.0) + 4 * i..][..4].copy_from_slice(&value.to_le_bytes());
    }
    true
}
