//! What connection tracking knows: its entries, and its statistics.

use std::net::{IpAddr, SocketAddr};

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{Error, Request, Socket, nf_tables::NFGENMSG};
use crate::{
    ruleset::nft::decode::attributes::{be16, be32, byte, parse_known},
    snapshot::{Messages, messages::Walk},
};

const SUBSYSTEM: u16 = 1 << 8;
/// IPCTNL_MSG_CT_GET.
const GET: u16 = SUBSYSTEM | 1;
/// IPCTNL_MSG_CT_GET_STATS_CPU.
const GET_STATS_CPU: u16 = SUBSYSTEM | 4;
const IPPROTO_TCP: u8 = 6;
/// `IPS_SEEN_REPLY`.
const SEEN_REPLY: u32 = 1 << 1;

/// A tracked TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Who began it.
    pub from: SocketAddr,
    /// Where to, before translation.
    pub to: SocketAddr,
    /// Who answers, or would.
    pub server: SocketAddr,
    pub answered: bool,
}

/// Every TCP connection in the table (`ctnetlink_dump_table`). Ask how many there are before.
pub fn entries() -> Result<Vec<Entry>, Error> {
    let bytes = dump("tracked connections", GET)?;
    Ok(Walk::new(&bytes).map_while(Result::ok).filter_map(|message| entry(message.payload.get(NFGENMSG..)?)).collect())
}

/// Statistics of each processor (`ctnetlink_stat_ct_cpu`).
pub fn statistics() -> Result<Messages, Error> {
    dump("statistics of connection tracking", GET_STATS_CPU).map(Messages)
}

fn dump(what: &'static str, kind: u16) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match Socket::open(SockProtocol::NetlinkNetFilter)?.dump(&mut Request::dump(what, kind, &[0; NFGENMSG]), &mut bytes) {
        // Connection tracking without its netlink interface.
        Ok(()) | Err(Error::Refused { errno: Errno::EINVAL | Errno::EOPNOTSUPP, .. }) => Ok(bytes),
        Err(error) => Err(error),
    }
}

/// CTA_TUPLE_ORIG, CTA_TUPLE_REPLY and CTA_STATUS.
fn entry(attributes: &[u8]) -> Option<Entry> {
    let [_, original, reply, status] = parse_known(attributes)?;
    let (from, to) = tuple(original?)?;
    let (server, _) = tuple(reply?)?;
    Some(Entry { from, to, server, answered: status.and_then(be32)? & SEEN_REPLY != 0 })
}

/// The ends of a TCP tuple (`ctnetlink_dump_tuples`): CTA_TUPLE_IP with addresses of either version, CTA_TUPLE_PROTO with number and ports.
fn tuple(tuple: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let [_, ip, protocol] = parse_known(tuple)?;
    let [_, source, destination, source6, destination6] = parse_known(ip?)?;
    let [_, number, source_port, destination_port] = parse_known(protocol?)?;
    if number.and_then(byte)? != IPPROTO_TCP {
        return None;
    }
    let end = |address: Option<IpAddr>, port: Option<&[u8]>| Some(SocketAddr::new(address?, port.and_then(be16)?));
    Some((end(address(source, source6), source_port)?, end(address(destination, destination6), destination_port)?))
}

fn address(four: Option<&[u8]>, six: Option<&[u8]>) -> Option<IpAddr> {
    let four = four.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(IpAddr::from);
    four.or_else(|| six.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(IpAddr::from))
}

#[cfg(test)]
mod tests {
    use super::{super::Nest, *};

    #[test]
    fn an_entry_without_an_answer() {
        let tuple = |source: [u8; 4], destination: [u8; 4], ports: [u16; 2]| {
            let (mut ip, mut protocol, mut tuple) = (Nest::default(), Nest::default(), Nest::default());
            ip.put(1, &source);
            ip.put(2, &destination);
            protocol.put(1, &[6]);
            protocol.put(2, &ports[0].to_be_bytes());
            protocol.put(3, &ports[1].to_be_bytes());
            tuple.put_nest(1, &ip);
            tuple.put_nest(2, &protocol);
            tuple
        };
        let mut whole = Nest::default();
        whole.put_nest(1, &tuple([192, 0, 2, 5], [203, 0, 113, 1], [40000, 80]));
        whole.put_nest(2, &tuple([10, 0, 0, 7], [192, 0, 2, 5], [8080, 40000]));
        whole.put(3, &8u32.to_be_bytes());
        let found = entry(whole.bytes()).expect("an entry");
        assert_eq!([found.from, found.to, found.server].map(|end| end.to_string()), ["192.0.2.5:40000", "203.0.113.1:80", "10.0.0.7:8080"]);
        assert!(!found.answered);
        for length in 0..whole.bytes().len() {
            let _ = entry(&whole.bytes()[..length]);
        }
    }
}
