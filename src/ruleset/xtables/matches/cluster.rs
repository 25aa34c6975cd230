//! `-m cluster` (`xt_cluster_mt`, xt_cluster.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The packet belongs to one of these nodes of a cluster, by a hash of its connection's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub nodes: u32,
    /// A bit for each node.
    pub mask: u32,
    pub seed: u32,
    pub inverted: bool,
}

/// `struct xt_cluster_match_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    nodes: u32,
    mask: u32,
    seed: u32,
    flags: u32,
}

impl Extension for Cluster {
    const NAMES: &'static [&'static str] = &["cluster"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("cluster-total-nodes").plain().needed(),
        Opt::value("cluster-local-node").excludes(&["cluster-local-nodemask"]),
        Opt::value("cluster-local-nodemask").excludes(&["cluster-local-node"]),
        Opt::value("cluster-hash-seed").plain().needed(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self { nodes: info.nodes, mask: info.mask, seed: info.seed, inverted: info.flags & 1 != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { nodes: 0, mask: 0, seed: 0, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.inverted |= given.inverted;
        match given.name {
            "cluster-total-nodes" => self.nodes = given.between(1, 32)? as u32,
            "cluster-local-node" => self.mask = 1 << (given.between(1, 32)? - 1),
            "cluster-local-nodemask" => self.mask = given.between(1, 32)? as u32,
            _ => self.seed = given.word()?,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match self.mask {
            0 => Err("--cluster-local-node or --cluster-local-nodemask is needed".into()),
            mask if u64::from(mask) >= 1 << self.nodes => Err("the local node is beyond --cluster-total-nodes".into()),
            _ => Ok(()),
        }
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--cluster-local-nodemask", format_args!("{:#010x}", self.mask));
        line.option(false, "--cluster-total-nodes", self.nodes);
        line.option(false, "--cluster-hash-seed", format_args!("{:#010x}", self.seed));
    }
}
