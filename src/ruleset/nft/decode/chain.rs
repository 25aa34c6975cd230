//! Chains (`nf_tables_fill_chain_info`).

use super::attributes::{Attributes, be32, be64, optional, parse_known, string, text};
use super::userdata;
use crate::ruleset::nft::{Base, Chain};

/// Netfilter's verdicts, as policies.
const NF_DROP: u32 = 0;
const NF_ACCEPT: u32 = 1;

/// A chain, with the names of its table and itself as the kernel's bytes.
pub fn chain(attributes: &[u8]) -> Option<(&[u8], &[u8], Chain)> {
    let [_, table, handle, name, hook, policy, used, kind, _counters, _pad, flags, _id, notes] = parse_known(attributes)?;
    let base = match hook {
        None => None,
        Some(hook) => Some(base(hook, text(kind?), be32(policy?)?)?),
    };
    let chain = Chain {
        name: text(name?),
        handle: be64(handle?)?,
        base,
        use_count: be32(used?)?,
        flags: optional(flags, be32)?.unwrap_or(0),
        comment: userdata::comment(notes),
        rules: Vec::new(),
    };
    Some((string(table?), string(name?), chain))
}

/// `nft_dump_basechain_hook`.
fn base(hook: &[u8], kind: String, policy: u32) -> Option<Base> {
    let [_, number, priority, device, devices] = parse_known(hook)?;
    let policy_drop = match policy {
        NF_DROP => true,
        NF_ACCEPT => false,
        _ => return None,
    };
    let devices = match (devices, device) {
        (Some(devices), _) => Attributes(devices).map(|device| device.and_then(name_of_device)).collect::<Option<_>>()?,
        (None, Some(device)) => vec![text(device)],
        (None, None) => Vec::new(),
    };
    Some(Base { kind, hook: be32(number?)?, priority: be32(priority?)?.cast_signed(), policy_drop, devices })
}

/// `NFTA_DEVICE_NAME`, or (since 6.18) `NFTA_DEVICE_PREFIX`, which nft writes with a `*`.
fn name_of_device((number, value): (u16, &[u8])) -> Option<String> {
    match number {
        1 => Some(text(value)),
        2 => Some(text(value) + "*"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::decode::handmade::{attribute, number};

    fn devices(list: &[Vec<u8>], single: Option<&[u8]>) -> Option<Vec<String>> {
        let mut hook = [number(1, 0), number(2, (-5i32).cast_unsigned()), attribute(4, &list.concat())].concat();
        hook.extend(single.map(|name| attribute(3, name)).unwrap_or_default());
        base(&hook, "filter".into(), NF_DROP).inspect(|base| assert_eq!(base.priority, -5)).map(|base| base.devices)
    }

    #[test]
    fn devices_and_prefixes() {
        assert_eq!(devices(&[attribute(1, b"lo\0")], Some(b"lo\0")), Some(vec!["lo".into()]), "not twice");
        assert_eq!(devices(&[attribute(1, b"lo\0"), attribute(2, b"eth\0")], None), Some(vec!["lo".into(), "eth*".into()]));
        assert_eq!(devices(&[attribute(3, b"lo\0")], None), None, "something of a later kernel");
    }
}
