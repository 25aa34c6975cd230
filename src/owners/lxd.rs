//! LXD and Incus: comments `generated for LXD network lxdbr0`, or tables `lxd` and `incus` with chains `in.lxdbr0`.

use super::{Owner, Place};

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    for (name, table, comment) in [("LXD", "lxd", "generated for LXD "), ("Incus", "incus", "generated for Incus ")] {
        let named = place.comment.and_then(|text| text.strip_prefix(comment)).map(str::to_owned);
        let network = place.chain.split_once('.').map(|(_, network)| format!("network {network}"));
        if let Some(part) = named {
            return Some(Owner::new(name).part(part));
        }
        if place.table == table {
            return Some(Owner::new(name).part(network));
        }
    }
    None
}
