//! ipsets as raw messages, and single keys asked of the kernel (`net/netfilter/ipset/ip_set_core.c`).

use std::{net::IpAddr, path::Path};

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{Ended, Error, Nest, Request, Socket, attributes, census::Census};
use crate::{
    snapshot::{IpsetElements, IpsetRecord, Messages, messages::Walk},
    world::IpsetKey,
};

const SUBSYSTEM: u16 = 6 << 8;
const PROTOCOL: u16 = SUBSYSTEM | 1;
const LIST: u16 = SUBSYSTEM | 7;
const TEST: u16 = SUBSYSTEM | 11;

/// Command-level `IPSET_ATTR_*`.
mod attr {
    pub const PROTOCOL: u16 = 1;
    pub const SETNAME: u16 = 2;
    pub const FLAGS: u16 = 6;
    pub const DATA: u16 = 7;
    pub const ADT: u16 = 8;
}

/// `IPSET_ATTR_*` of elements.
mod key {
    pub const IP: u16 = 1;
    pub const PORT: u16 = 4;
    pub const PROTO: u16 = 7;
    pub const CADT_FLAGS: u16 = 8;
    pub const MARK: u16 = 10;
    pub const ETHER: u16 = 17;
    pub const IP2: u16 = 20;
    pub const IFACE: u16 = 23;
    /// In a header.
    pub const ELEMENTS: u16 = 24;
    /// `IPSET_ATTR_IPADDR_*`.
    pub const IPV4: u16 = 1;
    pub const IPV6: u16 = 2;
}

/// `NLA_F_NET_BYTEORDER`, without which the kernel refuses a number.
const NET_BYTEORDER: u16 = 0x4000;

/// `IPSET_FLAG_LIST_HEADER`.
const LIST_HEADER: u32 = 1 << 2;
/// `IPSET_FLAG_NOMATCH`.
const NOMATCH: u32 = 1 << 2;

/// `IPSET_ERR_EXIST`: what `ip_set_utest` answers for "no".
const ERR_EXIST: i32 = 4103;

/// The newest protocol that this program speaks, and the oldest.
const NEWEST: u8 = 7;
const OLDEST: u8 = 6;

/// `struct nfgenmsg`: family, version, resource id.
const NFGENMSG: usize = 4;
/// The kernel does not look at the family.
const HEAD: [u8; NFGENMSG] = [0; NFGENMSG];

/// A conversation with ipset.
pub struct Ipset {
    socket: Socket,
    protocol: u8,
}

impl Ipset {
    /// Opens one and agrees on the protocol; none where the kernel has no ipset. Asks for nothing that would load the module.
    pub fn open() -> Result<Option<Self>, Error> {
        if Path::new("/sys/module").is_dir() && !Path::new("/sys/module/ip_set").is_dir() {
            return Ok(None);
        }
        let mut socket = Socket::open(SockProtocol::NetlinkNetFilter)?;
        // The protocol need not be one that the kernel speaks: it answers with the newest that it does.
        let mut request = Request::one("the protocol of ipset", PROTOCOL, &HEAD).with(attr::PROTOCOL, &[NEWEST]);
        let answer = match socket.ask(&mut request) {
            Ok(answer) => answer,
            // `nfnetlink_rcv_msg`: nobody answers for ipset.
            Err(error) if matches!(error.errno(), Some(Errno::EINVAL | Errno::EPROTONOSUPPORT)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = Walk::new(&answer).map_while(Result::ok).find_map(|message| {
            let (_, value) = attributes(message.payload.get(NFGENMSG..)?).find(|(kind, _)| *kind == attr::PROTOCOL)?;
            value.first().copied()
        });
        Ok(Some(Self { socket, protocol: told.unwrap_or(OLDEST).clamp(OLDEST, NEWEST) }))
    }

    /// Reads every set; the elements only of those with at most `limit`.
    pub fn read(&mut self, limit: Option<u64>) -> Result<IpsetRecord, Error> {
        let mut record = IpsetRecord::default();
        let mut headers = Request::dump("ipsets", LIST, &HEAD)
            .with(attr::PROTOCOL, &[self.protocol])
            .with(attr::FLAGS | NET_BYTEORDER, &LIST_HEADER.to_be_bytes());
        self.socket.dump(&mut headers, &mut record.sets.0)?;
        let mut room = Vec::new();
        for message in Walk::new(&record.sets.0) {
            if let Some((name, count)) = description(message?.payload) {
                record.elements.push(self.elements(name, count, limit, &mut room)?);
            }
        }
        Ok(record)
    }

    fn elements(&mut self, set: String, count: Option<u64>, limit: Option<u64>, room: &mut Vec<u8>) -> Result<IpsetElements, Error> {
        if count.is_some_and(|count| limit.is_some_and(|limit| count > limit)) {
            return Ok(IpsetElements { set, ..IpsetElements::default() });
        }
        room.clear();
        let mut request =
            Request::dump("elements of ipsets", LIST, &HEAD).with(attr::PROTOCOL, &[self.protocol]).with_text(attr::SETNAME, &set);
        let ended = self.socket.dump_while(&mut request, room, &mut Census::new(attr::ADT, limit, false));
        let whole = match ended {
            Ok(ended) => ended == Ended::Whole,
            // Destroyed since it was listed.
            Err(Error::Refused { errno: Errno::ENOENT, .. }) => true,
            Err(error) => return Err(error),
        };
        let messages = Messages(if whole { room.as_slice().to_vec() } else { Vec::new() });
        Ok(IpsetElements { set, whole, messages })
    }

    /// Whether a set matches a key (`IPSET_CMD_TEST`); none if there is no such set.
    pub fn holds(&mut self, set: &str, key: &IpsetKey) -> Result<Option<bool>, Error> {
        let request = |exception: bool| {
            Request::confirmed("whether an ipset holds a key", TEST, &HEAD)
                .with(attr::PROTOCOL, &[self.protocol])
                .with_text(attr::SETNAME, set)
                .with_nest(attr::DATA, &attributes_of(key, exception))
        };
        let (mut plain, mut either) = (request(false), request(true));
        let Some(matches) = self.test(&mut plain)? else { return Ok(None) };
        if !key.exception {
            return Ok(Some(matches));
        }
        // `ip_set_enomatch`: with the flag the kernel says yes to elements and to exceptions.
        Ok(self.test(&mut either)?.map(|either| either && !matches))
    }

    fn test(&mut self, request: &mut Request) -> Result<Option<bool>, Error> {
        match self.socket.ask(request) {
            Ok(_) => Ok(Some(true)),
            Err(Error::Refused { code: ERR_EXIST, .. }) => Ok(Some(false)),
            Err(Error::Refused { errno: Errno::ENOENT, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The attributes of a key (`*_uadt` of each type).
fn attributes_of(key: &IpsetKey, exception: bool) -> Nest {
    let mut nest = Nest::default();
    for (number, address) in [(key::IP, key.ip), (key::IP2, key.ip2)] {
        let mut inner = Nest::default();
        match address {
            Some(IpAddr::V4(address)) => inner.put_network(key::IPV4, &address.octets()),
            Some(IpAddr::V6(address)) => inner.put_network(key::IPV6, &address.octets()),
            None => continue,
        }
        nest.put_nest(number, &inner);
    }
    if let Some(port) = key.port {
        nest.put_network(key::PORT, &port.to_be_bytes());
    }
    if let Some(protocol) = key.protocol {
        nest.put(key::PROTO, &[protocol]);
    }
    if let Some(mac) = key.mac {
        nest.put(key::ETHER, &mac);
    }
    if let Some(mark) = key.mark {
        nest.put_network(key::MARK, &mark.to_be_bytes());
    }
    if let Some(name) = &key.interface {
        let mut name = name.as_bytes().to_vec();
        name.push(0);
        nest.put(key::IFACE, &name);
    }
    if exception {
        nest.put_network(key::CADT_FLAGS, &NOMATCH.to_be_bytes());
    }
    nest
}

/// Name and number of elements from a header.
fn description(payload: &[u8]) -> Option<(String, Option<u64>)> {
    let (mut name, mut count) = (None, None);
    for (kind, value) in attributes(payload.get(NFGENMSG..)?) {
        match kind {
            attr::SETNAME => name = Some(String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()),
            attr::DATA => {
                let elements = attributes(value).find(|(kind, _)| *kind == key::ELEMENTS);
                count = elements.and_then(|(_, value)| value.try_into().ok().map(u32::from_be_bytes)).map(u64::from);
            }
            _ => {}
        }
    }
    Some((name?, count))
}
