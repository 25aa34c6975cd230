//! `-j CLUSTERIP` (`clusterip_tg`, ipt_CLUSTERIP.c; gone from kernels since 6.3): several hosts share an address, each takes its part.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The cluster; without `--new` an existing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusterip {
    pub new: bool,
    /// By what packets are divided: 0 source, 1 with its port, 2 with the destination's port.
    pub mode: u32,
    pub mac: [u8; 6],
    pub nodes: u16,
    pub node: u16,
    pub initial: u32,
    /// How many of the options of a new cluster were given.
    given: u8,
}

/// `struct ipt_clusterip_tgt_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    flags: u32,
    mac: [u8; 6],
    nodes: u16,
    own: u16,
    node: [u16; 16],
    padding: u16,
    mode: u32,
    initial: u32,
}

const MODES: [&str; 3] = ["sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"];

impl Extension for Clusterip {
    const NAMES: &'static [&'static str] = &["CLUSTERIP"];
    const OPTIONS: &'static [Opt] = &[
        Opt::flag("new"),
        Opt::value("hashmode"),
        Opt::value("clustermac"),
        Opt::value("total-nodes"),
        Opt::value("local-node"),
        Opt::value("hash-init"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self {
            new: info.flags & 1 != 0,
            mode: info.mode,
            mac: info.mac,
            nodes: info.nodes,
            node: info.node[0],
            initial: info.initial,
            given: 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { new: false, mode: 0, mac: [0; 6], nodes: 0, node: 0, initial: 0, given: 0 }
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V4
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "new" => self.new = true,
            "hashmode" => {
                let found = (0..).zip(MODES).find(|(_, mode)| *mode == given.value);
                self.mode = found.ok_or_else(|| given.bad("a way to divide packets"))?.0;
            }
            "clustermac" => self.mac = multicast(given.value).ok_or_else(|| given.bad("a multicast ethernet address"))?,
            "total-nodes" => self.nodes = given.number(16)? as u16,
            "local-node" => self.node = given.number(16)? as u16,
            _ => {
                self.initial = given.number(u32::MAX.into())? as u32;
                return Ok(());
            }
        }
        self.given += 1;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match self.given {
            0 | 5 => Ok(()),
            _ => Err("CLUSTERIP takes either none of its options or all of --new, --hashmode, --clustermac, --total-nodes, --local-node".into()),
        }
    }

    fn write(&self, line: &mut Line) {
        if self.new {
            let mode = MODES.get(self.mode as usize).unwrap_or(&"unknown-error");
            let mac: Vec<_> = self.mac.iter().map(|byte| format!("{byte:02X}")).collect();
            line.flag(false, "--new");
            line.option(false, "--hashmode", mode);
            line.option(false, "--clustermac", mac.join(":"));
            line.option(false, "--total-nodes", self.nodes);
            line.option(false, "--local-node", self.node);
            line.option(false, "--hash-init", self.initial);
        }
    }
}

fn multicast(text: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> = text.split(':').map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<_, _>>().ok()?;
    <[u8; 6]>::try_from(bytes).ok().filter(|bytes| bytes[0] & 1 != 0)
}
