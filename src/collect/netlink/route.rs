//! Links, addresses, routes, policy rules and nexthops as raw messages.

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{Error, Request, Socket, attributes};
use crate::snapshot::{Messages, messages::Walk};

const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
const RTM_GETNEIGH: u16 = 30;
const RTM_GETRULE: u16 = 34;
const RTM_GETQDISC: u16 = 38;
const RTM_GETTFILTER: u16 = 46;
const RTM_GETNSID: u16 = 90;
const RTM_GETNEXTHOP: u16 = 106;
const NETNSA_NSID: u16 = 1;
const NETNSA_PID: u16 = 2;
const IFLA_EXT_MASK: u16 = 29;
const RTEXT_FILTER_SKIP_STATS: u32 = 8;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// A conversation with rtnetlink.
pub struct Rtnetlink(Socket);

impl Rtnetlink {
    /// Opens a socket.
    pub fn open() -> Result<Self, Error> {
        Socket::open(SockProtocol::NetlinkRoute).map(Self)
    }

    /// RTM_NEWLINK of every interface, without statistics.
    pub fn links(&mut self) -> Result<Messages, Error> {
        let request = Request::dump("interfaces", RTM_GETLINK, &[0; 16]).with(IFLA_EXT_MASK, &RTEXT_FILTER_SKIP_STATS.to_ne_bytes());
        self.read([request])
    }

    /// RTM_NEWADDR of both families.
    pub fn addresses(&mut self) -> Result<Messages, Error> {
        self.read([Request::dump("addresses", RTM_GETADDR, &[0; 8])])
    }

    /// RTM_NEWROUTE of every table.
    pub fn routes(&mut self) -> Result<Messages, Error> {
        self.read([AF_INET, AF_INET6].map(|family| Request::dump("routes", RTM_GETROUTE, &head::<12>(family))))
    }

    /// RTM_NEWRULE; both families by name, as asking for all brings the rules of multicast routing too.
    pub fn policy_rules(&mut self) -> Result<Messages, Error> {
        self.read([AF_INET, AF_INET6].map(|family| Request::dump("policy rules", RTM_GETRULE, &head::<12>(family))))
    }

    /// RTM_NEWNEXTHOP.
    pub fn nexthops(&mut self) -> Result<Messages, Error> {
        // Kernels before 5.3 know no nexthop objects.
        self.read_if_known(Request::dump("nexthop objects", RTM_GETNEXTHOP, &[0; 8]))
    }

    /// The number by which links of this network namespace name that of a process; none if no link leads there.
    pub fn namespace_id(&mut self, process: u32) -> Result<Option<i32>, Error> {
        // struct rtgenmsg, padded.
        let head = [0; 4];
        let mut request = Request::one("the number of a network namespace", RTM_GETNSID, &head).with(NETNSA_PID, &process.to_ne_bytes());
        let answer = self.0.ask(&mut request)?;
        let message = Walk::new(&answer).next().and_then(Result::ok);
        let mut told = attributes(message.and_then(|message| message.payload.get(4..)).unwrap_or_default());
        let id = told.find(|(kind, _)| *kind == NETNSA_NSID).and_then(|(_, bytes)| bytes.try_into().ok()).map(i32::from_ne_bytes);
        // `NETNSA_NSID_NOT_ASSIGNED` is -1.
        Ok(id.filter(|id| *id >= 0))
    }

    /// RTM_NEWQDISC of every interface.
    pub fn qdiscs(&mut self) -> Result<Messages, Error> {
        self.read_if_known(Request::dump("traffic control", RTM_GETQDISC, &[0; 20]))
    }

    /// RTM_NEWTFILTER of an interface (`tcm_ifindex`) at a place of it (`tcm_parent`).
    pub fn filters(&mut self, interface: u32, parent: u32) -> Result<Messages, Error> {
        let mut head = [0; 20];
        head[4..8].copy_from_slice(&interface.to_ne_bytes());
        head[12..16].copy_from_slice(&parent.to_ne_bytes());
        self.read_if_known(Request::dump("filters of traffic control", RTM_GETTFILTER, &head))
    }

    /// What not every kernel was built with.
    fn read_if_known(&mut self, request: Request) -> Result<Messages, Error> {
        match self.read([request]) {
            Err(Error::Refused { errno: Errno::EOPNOTSUPP, .. }) => Ok(Messages::default()),
            other => other,
        }
    }

    /// RTM_NEWNEIGH of those that were set by hand or did not answer; who else was seen on a link is nobody's business.
    pub fn neighbours(&mut self) -> Result<Messages, Error> {
        const NUD_INCOMPLETE: u16 = 0x01;
        const NUD_FAILED: u16 = 0x20;
        const NUD_PERMANENT: u16 = 0x80;
        let all = self.read([AF_INET, AF_INET6].map(|family| Request::dump("neighbours", RTM_GETNEIGH, &head::<12>(family))))?;
        let mut kept = Vec::new();
        let mut walk = all.iter();
        loop {
            let start = walk.offset();
            // struct ndmsg: the state stands at byte 8.
            let state = match walk.next() {
                Some(Ok(message)) => message.payload.get(8..10).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_ne_bytes),
                Some(Err(_)) | None => break,
            };
            if state & (NUD_PERMANENT | NUD_FAILED | NUD_INCOMPLETE) != 0 {
                kept.extend_from_slice(all.0.get(start..walk.offset()).unwrap_or_default());
            }
        }
        Ok(Messages(kept))
    }

    fn read<const N: usize>(&mut self, requests: [Request; N]) -> Result<Messages, Error> {
        let mut bytes = Vec::new();
        for mut request in requests {
            match self.0.dump(&mut request, &mut bytes) {
                // A kernel without IPv6 has none of its routes and rules.
                Ok(()) | Err(Error::Refused { errno: Errno::EAFNOSUPPORT, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        bytes.shrink_to_fit();
        Ok(Messages(bytes))
    }
}

/// A fixed part that begins with the address family.
fn head<const LENGTH: usize>(family: u8) -> [u8; LENGTH] {
    std::array::from_fn(|index| if index == 0 { family } else { 0 })
}
