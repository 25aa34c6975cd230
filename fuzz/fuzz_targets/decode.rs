//! `cargo +nightly fuzz run decode`: no bytes may make the decoder panic, hang or take memory out of proportion.
//!
//! The input is cut into the parts of a record: each begins with its length in two bytes.

#![no_main]

use clearway::{
    ruleset::nft::decode::{decode, decode_element},
    snapshot::{ElementsRecord, Messages, NftRecord},
};
use libfuzzer_sys::fuzz_target;

fn part<'a>(input: &mut &'a [u8]) -> &'a [u8] {
    let Some((&[high, low], rest)) = input.split_first_chunk() else { return &[] };
    let (part, rest) = rest.split_at(usize::from(u16::from_be_bytes([high, low])).min(rest.len()));
    *input = rest;
    part
}

fuzz_target!(|input: &[u8]| {
    let _ = decode_element(input);
    let mut rest = input;
    let mut messages = || Messages(part(&mut rest).to_vec());
    let record = NftRecord {
        tables: messages(),
        chains: messages(),
        rules: messages(),
        sets: messages(),
        objects: messages(),
        flowtables: messages(),
        elements: vec![ElementsRecord {
            family: 1,
            table: "t".into(),
            set: "s".into(),
            whole: true,
            messages: messages(),
            ..ElementsRecord::default()
        }],
        ..NftRecord::default()
    };
    let _ = decode(&record);
});
