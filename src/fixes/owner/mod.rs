//! Whose rules are they, and how does their owner let packets through? A file an owner: where its own command puts a rule, and which words it
//! takes. A program that rewrites its rules is never passed over: what its next reload would undo is no fix.

mod crowdsec;

mod docker;

mod fail2ban;

mod firewalld;

mod by_hand;

mod nftables_conf;

mod shorewall;

mod ufw;

pub mod files;

use super::{action::Action, edit::Edit, matching::Matching, prove::Unproved};
use crate::{
    model::{Chain, ChainId, HeaderSet, Hook, Host},
    simulate::Outcome,
    site::Site,
    world::World,
};

/// How long an edit lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// It is there after its owner's reload, and after the host's next start.
    Always,
    /// Nothing that runs here takes it away; the host's next start does.
    UntilReboot,
}

/// An edit, and how it is made. It is not proved yet.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// `ufw`, `firewalld`, `nft`.
    pub owner: &'static str,
    pub edit: Edit,
    /// What makes it, in this order.
    pub actions: Vec<Action>,
    /// What makes it last beyond that, if it does not by itself.
    pub persist: Vec<Action>,
    pub lasting: Lasting,
    /// What the operator should know besides, each a sentence.
    pub remarks: Vec<String>,
}

/// Packets that a rule or policy stops.
#[derive(Clone, Copy)]
pub struct Blocked<'a> {
    pub site: &'a Site,
    pub world: &'a dyn World,
    /// The model with the edits made so far.
    pub host: &'a Host,
    pub hook: Hook,
    pub chain: ChainId,
    /// The rule that stops them; none for a policy.
    pub rule: Option<usize>,
    /// The same, as it was counted before any edit: none for a policy.
    pub original: Option<u32>,
    /// Several rules of the chain stop them.
    pub several: bool,
    pub outcome: &'a Outcome<HeaderSet>,
}

impl<'a> Blocked<'a> {
    /// The chain in which they are stopped.
    fn chain(&self) -> Option<&'a Chain> {
        self.host.chains.get(self.chain.0 as usize)
    }

    /// Index of the rule before which an accept rule of the same chain lets them pass.
    fn index(&self) -> usize {
        match self.rule {
            Some(rule) => rule,
            None if self.several => 0,
            None => self.chain().map_or(0, |chain| chain.rules.len()),
        }
    }

    /// Another chain of the same table.
    fn neighbour(&self, name: &str) -> Option<(ChainId, &'a Chain)> {
        self.neighbours().find(|(_, chain)| chain.name == name)
    }

    /// The chains of the same table.
    fn neighbours(&self) -> impl Iterator<Item = (ChainId, &'a Chain)> {
        let own = self.chain();
        let same = move |chain: &&Chain| {
            own.is_some_and(|own| (own.backend, own.family, &own.table) == (chain.backend, chain.family, &chain.table))
        };
        (0..).map(ChainId).zip(&self.host.chains).filter(move |(_, chain)| same(chain))
    }

    /// How the owner of what stops them would let these pass.
    ///
    /// # Errors
    /// Why it can't.
    pub fn proposals(&self, matching: &Matching) -> Result<Vec<Proposal>, Unproved> {
        let owner = self.owner();
        match owner.as_ref().map(|(name, _)| *name) {
            None => by_hand::proposals(self, matching),
            Some("ufw") => ufw::proposals(self, matching),
            Some("firewalld") => firewalld::proposals(self, matching),
            Some("Shorewall") => shorewall::proposals(self, matching),
            Some("Docker") => docker::proposals(self, matching),
            Some("fail2ban") => fail2ban::proposals(self, owner.and_then(|(_, part)| part).as_deref()),
            Some("CrowdSec") => crowdsec::proposals(self),
            Some(name) => Err(Unproved::Owned { owner: name, hint: hint(name).to_owned() }),
        }
    }

    /// The program whose rule or policy stops them, and what of it.
    fn owner(&self) -> Option<(&'static str, Option<String>)> {
        let site = self.site;
        let writer = site.writer(self.host.version, self.chain, self.original).map(|owner| (owner.name, owner.part));
        writer.or_else(|| self.rewriter().map(|name| (name, None)))
    }

    /// A program that empties the whole table when it reloads, also of what others put there: firewalld's rules of iptables
    /// (`build_flush_rules` flushes every table), ConfigServer's. Rules of containers at the forward hook have a place of their own.
    fn rewriter(&self) -> Option<&'static str> {
        let has = |wanted: &dyn Fn(&str) -> bool| self.neighbours().any(|(_, chain)| wanted(&chain.name));
        let chain = self.chain()?;
        match () {
            () if chain.program == "nft" => None,
            () if has(&|name| name.ends_with("_ZONES")) => Some("firewalld"),
            () if has(&|name| name == "LOCALINPUT") && has(&|name| name == "LOGDROPIN") => Some("CSF"),
            () if chain.name == "FORWARD" && has(&|name| name == "DOCKER-USER") => Some("Docker"),
            () => None,
        }
    }
}

/// Where the operator has to look, if the program's rules are not for us to change.
fn hint(owner: &str) -> &'static str {
    match owner {
        "CSF" => "allow it in /etc/csf/csf.conf (TCP_IN, TCP_OUT) or with \"csf -a\", then \"csf -r\"",
        "libvirt" => "change the network with \"virsh net-edit\", or use a hook in /etc/libvirt/hooks",
        "LXD" => "see the network's keys ipv4.firewall and ipv6.firewall, or its ACLs",
        "kube-proxy" | "Calico" | "CNI" | "Istio" => "change the network policy or the service in the cluster",
        "Podman" => "publish the port with the container, or change its network",
        _ => "change it with that program",
    }
}
