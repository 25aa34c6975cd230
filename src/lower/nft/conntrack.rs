//! Whether connections are tracked: they are as soon as a rule or object needs it (the callers of `nf_ct_netns_get`).

use crate::{
    lower::xtables::starts_tracking,
    model::IpVersion,
    ruleset::{
        nft::{Expr, Family, Ruleset, Table, expr::Compat},
        xtables::{Target, extension::Raw},
    },
};

/// Whether connections of this version are tracked.
#[must_use]
pub fn is_active(ruleset: &Ruleset, version: IpVersion) -> bool {
    ruleset.tables.iter().any(|table| {
        let helpers = table.objects.iter().any(|object| matches!(object.kind, 3 | 5 | 7 | 9 | 10)) && visits(table.family, version);
        let mut exprs = table.chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs);
        helpers || exprs.any(|expr| needs(expr, table, version))
    })
}

/// Whether a rule may set the label of a connection.
#[must_use]
pub fn sets_labels(ruleset: &Ruleset) -> bool {
    const LABELS: u32 = 13;
    let mut exprs = ruleset.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs);
    exprs.any(|expr| match expr {
        Expr::Ct(ct) => ct.source.is_some() && ct.key == LABELS,
        Expr::Compat(compat) => compat.name == "connlabel",
        _ => false,
    })
}

/// Whether an expression turns tracking on. `notrack` does not.
fn needs(expr: &Expr, table: &Table, version: IpVersion) -> bool {
    let family = match expr {
        // `nft_nat_init` takes the family of its own attribute.
        Expr::Nat(nat) => match nat.family {
            2 => Family::Ip,
            10 => Family::Ip6,
            _ => table.family,
        },
        Expr::Ct(_) | Expr::Masq(_) | Expr::Redir(_) | Expr::Connlimit(_) | Expr::Synproxy(_) => table.family,
        Expr::Dynset(dynset) => return dynset.exprs.iter().any(|expr| needs(expr, table, version)),
        Expr::Compat(compat) if exempts(compat) => return false,
        Expr::Compat(compat) if starts_tracking(&compat.name) => table.family,
        Expr::Unknown { name, .. } if name == "flow_offload" => table.family,
        _ => return false,
    };
    visits(family, version)
}

/// `xt_ct_tg_check`: to exempt packets needs no tracking.
fn exempts(compat: &Compat) -> bool {
    let Ok(revision) = u8::try_from(compat.revision) else { return false };
    let raw = Raw { name: &compat.name, revision, info: &compat.info, version: IpVersion::V4 };
    compat.target && matches!(Target::decode(&raw), Target::Ct(ct) if ct.exempts())
}

/// `nf_ct_netns_get`: inet and bridge stand for both versions.
fn visits(family: Family, version: IpVersion) -> bool {
    match family {
        Family::Inet | Family::Bridge => true,
        Family::Ip => version == IpVersion::V4,
        Family::Ip6 => version == IpVersion::V6,
        Family::Arp | Family::Netdev => false,
    }
}
