//! `-j CONNMARK` (`connmark_tg_shift`, xt_connmark.c).

use crate::{
    lower::{context::Context, nft::guards::has_connection},
    model::{Bits, Field, Step, step::ConditionKind},
    ruleset::xtables::targets::{Connmark, connmark::Mode},
};

/// Without a connection nothing is done.
#[must_use]
pub fn meaning(connmark: &Connmark, context: &mut Context<'_>) -> Vec<Step> {
    let version = context.version;
    let masked = |field, mask: u32| Bits::field(field, version).and(&mask.to_be_bytes());
    let mut steps = vec![Step::Test(has_connection())];
    let (from, taken, to, cleared) = match connmark.mode {
        Mode::Set => {
            let mark = masked(Field::CtMark, !connmark.connection).xor(&connmark.mark.to_be_bytes());
            steps.push(Step::Write { field: Field::CtMark, bits: Box::new(shifted(&mark, connmark)) });
            return steps;
        }
        Mode::Save => (Field::Mark, connmark.packet, Field::CtMark, connmark.connection),
        Mode::Restore => (Field::CtMark, connmark.connection, Field::Mark, connmark.packet),
    };
    let flipped = shifted(&masked(from, taken), connmark);
    if cleared == u32::MAX {
        steps.push(Step::Write { field: to, bits: Box::new(flipped) });
    } else {
        let condition =
            context.condition(ConditionKind::Unknown, "bits of the packet's and of the connection's mark, one flipped by the other");
        steps.push(Step::Write { field: to, bits: Box::new(masked(to, !cleared)) });
        steps.push(Step::Flip { field: to, bits: Box::new(flipped), condition });
    }
    steps
}

/// The processor takes the lowest five bits of how far to shift.
fn shifted(bits: &Bits, connmark: &Connmark) -> Bits {
    let by = usize::from(connmark.shift % 32);
    if connmark.right { bits.shift_right(by) } else { bits.shift_left(by) }
}
