//! `-j TOS` and `-j DSCP` (`tos_tg`, `dscp_tg`, xt_DSCP.c), and `-j ECN` (`ecn_tg`, ipt_ECN.c).

use crate::{
    lower::{context::Context, xtables::matches::ports},
    model::{Bits, Field, Step},
    ruleset::xtables::targets::{Dscp, Ecn, Tos},
};

/// `byte = (byte & ~mask) ^ value`, of which DSCP is the upper six bits and ECN the others.
#[must_use]
pub fn tos(tos: &Tos, context: &Context<'_>) -> Vec<Step> {
    let part = |field, by: u8, width: u8| {
        // Bytes are aligned to the field's end.
        let aligned = |byte: u8| (byte >> by) << (8 - width);
        let kept = Bits::field(field, context.version).and(&[!aligned(tos.mask)]);
        Step::Write { field, bits: Box::new(kept.xor(&[aligned(tos.value)])) }
    };
    vec![part(Field::Dscp, 2, 6), part(Field::Ecn, 0, 2)]
}

/// ECN stays.
#[must_use]
pub fn dscp(dscp: &Dscp) -> Vec<Step> {
    let value = u128::from(dscp.0.unwrap_or_default() & 0x3f);
    vec![Step::Write { field: Field::Dscp, bits: Box::new(Bits::constant(6, value)) }]
}

/// Bits of TCP need its header (`set_ect_tcp`); the rule is one of TCP only (`ecn_tg_check`).
#[must_use]
pub fn ecn(ecn: &Ecn, context: &mut Context<'_>) -> Vec<Step> {
    const HEADER: usize = 20;
    let mut steps = Vec::new();
    if let Some(ip) = ecn.ip {
        steps.push(Step::Write { field: Field::Ecn, bits: Box::new(Bits::constant(2, u128::from(ip & 3))) });
    }
    let tcp = [(ecn.ece, 0x40), (ecn.cwr, 0x80)];
    if tcp.iter().any(|(bit, _)| bit.is_some()) {
        steps.push(Step::Hotdrop(ports::shorter(HEADER, context)));
        let flags = tcp.iter().fold(Bits::field(Field::TcpFlags, context.version), |flags, (bit, flag)| match bit {
            Some(true) => flags.or(&[*flag]),
            Some(false) => flags.and(&[!flag]),
            None => flags,
        });
        steps.push(Step::Write { field: Field::TcpFlags, bits: Box::new(flags) });
    }
    steps
}
