//! What a rule writes: marks, header fields, options.

use serde_json::Value;

use super::{
    Wrong,
    emit::{base, exthdr},
    only,
    reader::Reader,
    shape::Shape,
    term::{HeaderOption, Kind, Payload, Term},
};
use crate::ruleset::nft::{
    Expr,
    expr::{self, BooleanOp, Ct, Meta},
    language::{
        number::ones,
        protocol::{self, Layer, Protocol},
    },
};

impl Reader<'_, '_> {
    /// `mangle`.
    pub fn mangle(&mut self, body: &Value) -> Result<(), Wrong> {
        let key = self.term(body.get("key").ok_or_else(|| Wrong::from("a mangle has a key"))?)?;
        let value = body.get("value").ok_or_else(|| Wrong::from("a mangle has a value"))?;
        match &key.kind {
            Kind::Load(Expr::Meta(load)) => {
                let value = self.argument(value, &key)?;
                let source = Some(self.load(&value)?);
                self.exprs.push(Expr::Meta(Meta { key: load.key, dest: None, source }));
            }
            Kind::Load(Expr::Ct(load)) => {
                let value = self.argument(value, &key)?;
                let source = Some(self.load(&value)?);
                self.exprs.push(Expr::Ct(Ct { key: load.key, direction: load.direction, dest: None, source }));
            }
            Kind::Payload(payload) => self.write(*payload, key.bits, &key, value)?,
            Kind::Bits { bytes, .. } => match &bytes.kind {
                Kind::Payload(payload) => self.write(*payload, key.bits, &key, value)?,
                _ => return Err("bits of an option can't be written".into()),
            },
            Kind::Option(option) => {
                let value = self.argument(value, &key)?;
                let source = self.load(&value)?;
                self.exprs.push(Expr::Exthdr(exthdr(option, key.bytes(), None, Some(source))));
            }
            _ => return Err("this can't be written".into()),
        }
        Ok(())
    }

    /// `reset`: an option is taken out.
    pub fn reset(&mut self, body: &Value) -> Result<(), Wrong> {
        let Some(("tcp option", body)) = only(body) else { return Err("only TCP options are reset".into()) };
        let (option, ..) = super::header::option("tcp option", body)?;
        self.exprs.push(Expr::Exthdr(exthdr(&HeaderOption { offset: 0, present: false, ..option }, 0, None, None)));
        Ok(())
    }

    /// What a statement writes or goes to, with the type, width and byte order that it takes (`stmt_evaluate_arg`).
    pub fn argument(&mut self, json: &Value, like: &Term) -> Result<Term, Wrong> {
        let term = match only(json) {
            Some(("map", body)) => self.map(body, Some(&Shape::of(like)))?,
            // Flags are a constant, other operators are not.
            Some(("prefix" | "range", _)) | None => self.constant(json, like)?,
            Some(("|", _)) => match self.constant(json, like) {
                Ok(flags) => flags,
                Err(_) => self.term(json)?,
            },
            Some(_) => self.term(json)?,
        };
        Ok(term.ordered(like.order))
    }

    /// Bytes of the packet. Where there is a checksum the kernel writes words of 16 bits, and a part of a byte keeps the rest of it
    /// (`stmt_evaluate_payload`).
    fn write(&mut self, payload: Payload, bits: u32, key: &Term, value: &Value) -> Result<(), Wrong> {
        let sum = checksum(&payload);
        // Of a field in the midst of bytes the place of the field itself.
        let (start, field_shift) = match &key.kind {
            Kind::Bits { bytes, shift, .. } => (payload.offset + bytes.bits - shift - bits, *shift),
            _ => (payload.offset, 0),
        };
        let (mut first, mut bytes, mut shift) = (start / 8, (start % 8 + bits).div_ceil(8), field_shift);
        if sum.is_some() && (bytes % 2 == 1 || (first % 2 == 1 && bytes % 2 == 0 && field_shift > 0)) {
            bytes += 1;
            if first % 2 == 1 { first -= 1 } else { shift += 8 }
        }
        let whole = Payload { offset: first * 8, ..payload };
        let bytes_term = Term { kind: Kind::Payload(whole), bits: bytes * 8, ..key.clone() };
        let like = Term { kind: Kind::Number(0), bits, ..key.clone() };
        let term = if bytes * 8 == bits {
            self.argument(value, &like)?
        } else {
            let Term { kind: Kind::Number(value), .. } = self.constant(value, &like)? else {
                return Err("bits of a byte are written from numbers".into());
            };
            let keep = ones(bytes * 8) & !(ones(bits) << shift);
            let kept =
                bytes_term.with(Kind::Boolean(BooleanOp::And, Box::new(bytes_term.clone()), Box::new(bytes_term.with(Kind::Number(keep)))));
            kept.with(Kind::Boolean(BooleanOp::Or, Box::new(kept.clone()), Box::new(bytes_term.with(Kind::Number(value << shift)))))
        };
        let source = Some(self.load(&term)?);
        let (csum_type, csum_offset) = sum.unwrap_or((0, 0));
        self.exprs.push(Expr::Payload(expr::Payload {
            base: base(payload.layer),
            offset: first,
            len: bytes,
            dest: None,
            source,
            csum_type: Some(csum_type),
            csum_offset: Some(csum_offset),
            csum_flags: Some(is_in_pseudo_header(&payload).into()),
        }));
        Ok(())
    }
}

/// The kind of a header's checksum (`NFT_PAYLOAD_CSUM_*`) and the byte at which it lies.
fn checksum(payload: &Payload) -> Option<(u32, u32)> {
    const INTERNET: u32 = 1;
    const SCTP: u32 = 2;
    let (of, _) = payload.field?;
    let sum = of.fields.iter().find(|field| field.name == "checksum")?;
    let summed: [&Protocol; 8] = [
        &protocol::IP,
        &protocol::ICMP,
        &protocol::ICMP6,
        &protocol::IGMP,
        &protocol::UDP,
        &protocol::UDPLITE,
        &protocol::TCP,
        &protocol::SCTP,
    ];
    let kind = if of.is(&protocol::SCTP) { SCTP } else { INTERNET };
    summed.iter().any(|each| each.is(of)).then_some((kind, sum.offset / 8))
}

/// Whether transport protocols sum a field of the network header too, or the written bytes lie behind the transport header.
fn is_in_pseudo_header(payload: &Payload) -> bool {
    match payload.field {
        None => payload.layer == Layer::Inner,
        Some((of, field)) if of.is(&protocol::IP) => matches!(field.name, "saddr" | "daddr" | "protocol" | "length"),
        Some((of, field)) if of.is(&protocol::IP6) => matches!(field.name, "saddr" | "daddr" | "nexthdr" | "length"),
        Some(_) => false,
    }
}
