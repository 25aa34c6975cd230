//! The targets, a file each.

mod ct_events;

use super::extension::extensions;

extensions! {
    /// The target of a rule.
    Target:
    audit Audit,
    checksum Checksum,
    classify Classify,
    clusterip Clusterip,
    connmark Connmark,
    connsecmark Connsecmark,
    ct Ct,
    dnat Dnat,
    dscp Dscp,
    ecn Ecn,
    hmark Hmark,
    idletimer Idletimer,
    led Led,
    log Log,
    mark Mark,
    masquerade Masquerade,
    netmap Netmap,
    nflog Nflog,
    nfqueue Nfqueue,
    npt Npt,
    rateest Rateest,
    redirect Redirect,
    reject Reject,
    secmark Secmark,
    set Set,
    snat Snat,
    synproxy Synproxy,
    tcpmss Tcpmss,
    tcpoptstrip Tcpoptstrip,
    tee Tee,
    tos Tos,
    tproxy Tproxy,
    trace Trace,
    ttl Ttl,
    ulog Ulog,
}

#[cfg(test)]
mod tests;
