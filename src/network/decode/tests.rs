//! No bytes make the decoders panic, and none are lost in silence.

use proptest::prelude::*;

use super::*;

/// One message with its header.
fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len() + 16).expect("short").to_ne_bytes().to_vec();
    bytes.extend([0; 12]);
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn everywhere(bytes: &[u8]) -> Network {
    let messages = Messages(bytes.to_vec());
    decode(&Snapshot {
        links: messages.clone(),
        addresses: messages.clone(),
        routes: messages.clone(),
        policy_rules: messages.clone(),
        nexthops: messages.clone(),
        sockets: messages,
        ..Snapshot::default()
    })
}

/// Heads that lead deep into each decoder: family, then lengths and types that are plausible.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]),
        Just(vec![10, 64, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]),
        Just(vec![0; 16]),
        Just(vec![2, 24, 0, 0, 1, 0, 0, 0]),
        proptest::collection::vec(any::<u8>(), 72),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<u8>> {
    let attribute = (0u16..70, prop_oneof![proptest::collection::vec(any::<u8>(), 0..24), Just(vec![8, 0, 1, 0, 1, 2, 3, 4])]);
    proptest::collection::vec(attribute, 0..6).prop_map(|attributes| {
        let mut bytes = Vec::new();
        for (kind, value) in attributes {
            bytes.extend(u16::try_from(value.len() + 4).expect("short").to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn random_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        everywhere(&bytes);
        everywhere(&framed(&bytes));
    }

    #[test]
    fn random_attributes_and_their_truncations_do_not_panic(head in heads(), attributes in attributes(), cut in 0usize..64) {
        let mut payload = [head, attributes].concat();
        everywhere(&framed(&payload));
        payload.truncate(payload.len().saturating_sub(cut));
        everywhere(&framed(&payload));
    }
}

#[test]
fn what_fails_is_named() {
    let network = everywhere(&framed(&[1, 2, 3]));
    assert_eq!(network.incomplete.len(), 6, "{:?}", network.incomplete);
    let network = everywhere(&[200, 0, 0, 0, 1]);
    assert_eq!(network.incomplete.len(), 6, "{:?}", network.incomplete);
}
