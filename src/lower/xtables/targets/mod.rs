//! What the targets do, a file each where it is more than a line.

mod connmark;

mod ct;

mod hmark;

mod mark;

mod nat;

mod npt;

mod reject;

mod secmark;

mod set;

mod synproxy;

mod tcpmss;

mod tcpoptstrip;

mod tos;

mod tproxy;

mod ttl;

use crate::{
    lower::context::Context,
    model::{
        Bits, Field, Step, Verdict,
        step::{ConditionKind, NatKind},
    },
    ruleset::xtables::{Target, extension::Foreign, print::Line},
};

/// The steps of a target. What does not end with a verdict goes on with the next rule (`XT_CONTINUE`).
#[must_use]
pub fn meaning(target: &Target, context: &mut Context<'_>) -> Vec<Step> {
    match target {
        // They tell, measure or copy, and go on: `audit_tg`, `idletimer_tg_target`, `led_tg`, `log_tg`, `nflog_tg`, `xt_rateest_tg`,
        // `tee_tg4`, `ipt_ulog_target`.
        Target::Audit(_)
        | Target::Idletimer(_)
        | Target::Led(_)
        | Target::Log(_)
        | Target::Nflog(_)
        | Target::Rateest(_)
        | Target::Tee(_)
        | Target::Ulog(_) => Vec::new(),
        // `checksum_tg` completes a checksum that the packet has not got yet.
        Target::Checksum(_) => Vec::new(),
        Target::Classify(classify) => constant(Field::Priority, classify.0.unwrap_or_default().into(), context),
        // `clusterip_tg` drops what another node has to answer.
        Target::Clusterip(_) => vec![Step::Opaque(context.condition(ConditionKind::Unknown, text(target, context)))],
        Target::Connmark(connmark) => connmark::meaning(connmark, context),
        // Restoring may set the mark; saving is read by nothing else here.
        Target::Connsecmark(_) => secmark::meaning(text(target, context), context),
        Target::Ct(ct) => ct::meaning(ct, context),
        Target::Dnat(dnat) => nat::meaning(NatKind::Destination, &dnat.0, context),
        Target::Dscp(dscp) => tos::dscp(dscp),
        Target::Ecn(ecn) => tos::ecn(ecn, context),
        Target::Hmark(hmark) => hmark::meaning(hmark, text(target, context), context),
        Target::Mark(mark) => mark::meaning(mark, context),
        Target::Masquerade(masquerade) => {
            context.masquerades();
            nat::meaning(NatKind::Masquerade, &masquerade.0, context)
        }
        Target::Netmap(netmap) => nat::netmap(netmap, context),
        // `nfqueue_tg_v3`: which of several queues does not matter to the packet.
        Target::Nfqueue(nfqueue) => vec![Step::Verdict(Verdict::Queue { bypass: nfqueue.bypass })],
        Target::Npt(npt) => npt::meaning(npt, text(target, context), context),
        Target::Redirect(redirect) => nat::meaning(NatKind::Redirect, &redirect.0, context),
        Target::Reject(reject) => reject::meaning(reject, context),
        Target::Secmark(_) => secmark::meaning(text(target, context), context),
        Target::Set(set) => set::meaning(set, context),
        Target::Snat(snat) => nat::meaning(NatKind::Source, &snat.0, context),
        Target::Synproxy(_) => synproxy::meaning(context),
        Target::Tcpmss(_) => tcpmss::meaning(context),
        Target::Tcpoptstrip(_) => tcpoptstrip::meaning(context),
        Target::Tos(tos) => tos::tos(tos, context),
        Target::Tproxy(tproxy) => tproxy::meaning(tproxy, &text(target, context), context),
        // `trace_tg`.
        Target::Trace(_) => constant(Field::NfTrace, 1, context),
        Target::Ttl(ttl) => ttl::meaning(ttl, context),
        Target::Foreign(foreign) => unknown(foreign, context),
    }
}

/// A field gets a number.
fn constant(field: Field, number: u128, context: &Context<'_>) -> Vec<Step> {
    vec![Step::Write { field, bits: Box::new(Bits::constant(field.width(context.version), number)) }]
}

/// A target that is not modelled may end the packet in any way.
fn unknown(foreign: &Foreign, context: &mut Context<'_>) -> Vec<Step> {
    let text = format!("-j {}", foreign.name);
    vec![Step::Opaque(context.condition(ConditionKind::Unknown, text))]
}

/// A target in the operator's words.
fn text(target: &Target, context: &Context<'_>) -> String {
    let mut line = Line::new(context.version);
    line.raw("-j ");
    line.raw(target.name());
    target.write(&mut line);
    line.finish()
}
