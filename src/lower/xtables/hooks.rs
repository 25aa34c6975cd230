//! Built-in chains: the hook and the priority that the table gives them (`NF_IP_PRI_*`).

use crate::model::{Base, Hook, chain::ChainKind};

/// The built-in chain of a table; None if the table has no such chain.
#[must_use]
pub fn base(table: &str, chain: &str, accept: bool) -> Option<Base> {
    let hook = match chain {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "OUTPUT" => Hook::Output,
        "POSTROUTING" => Hook::Postrouting,
        _ => return None,
    };
    let (kind, priority) = match table {
        "raw" => (ChainKind::Filter, -300),
        // ipt_mangle_out routes anew what it changed.
        "mangle" if hook == Hook::Output => (ChainKind::Route, -150),
        "mangle" => (ChainKind::Filter, -150),
        "nat" if matches!(hook, Hook::Prerouting | Hook::Output) => (ChainKind::Nat, -100),
        "nat" => (ChainKind::Nat, 100),
        "filter" => (ChainKind::Filter, 0),
        "security" => (ChainKind::Filter, 50),
        _ => return None,
    };
    Some(Base { hook, kind, priority, policy_drop: !accept, devices: Vec::new() })
}
