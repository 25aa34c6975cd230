//! A host made ready for questions: its snapshot decoded and lowered, for both IP versions.

mod counters;

pub use counters::Hits;

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::{
    lower::{self, Lowered, Origin, Rules},
    model::{Chain, ChainId, IpVersion, RuleId},
    network::{self, ListeningSocket, Network},
    owners,
    ruleset::{
        ipset::{self, Ipsets},
        nft::{self, Ruleset},
        xtables,
    },
    snapshot::{Owner, Snapshot},
};

/// The programs that wrote rules, or policies where there is no index of a rule, if that can be told.
type Writers = FxHashMap<(IpVersion, ChainId, Option<u32>), Option<owners::Owner>>;

/// A host.
pub struct Site {
    pub snapshot: Snapshot,
    pub ruleset: Ruleset,
    /// The tables of legacy iptables.
    pub legacy: xtables::Ruleset,
    /// Rules of a text that could not all be read, each as a sentence: a match or target that is not known stands for what was not.
    pub unread: Vec<String>,
    pub ipsets: Ipsets,
    pub network: Network,
    versions: [Lowered; 2],
    /// Texts of rules: each is written once, however often it decides.
    texts: Mutex<FxHashMap<(IpVersion, RuleId), String>>,
    /// Who wrote rules, and set policies: looked for once.
    writers: Mutex<Writers>,
    /// Counters read a second time.
    again: counters::Again,
}

/// Who keeps a chain: a world of rules that its own program shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// The legacy tables of iptables.
    Legacy,
    /// A table of nf_tables that iptables-nft made.
    IptablesNft,
    /// Another table of nf_tables.
    Nft,
}

impl Site {
    /// Decodes and lowers what was collected.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let network = network::decode::decode(&snapshot);
        let mut ruleset = nft::decode::decode(&snapshot.nft);
        let mut legacy = xtables::blob::decode(&snapshot.legacy);
        let mut unread = Vec::new();
        for (texts, version) in [(&snapshot.iptables_save, IpVersion::V4), (&snapshot.ip6tables_save, IpVersion::V6)] {
            for saved in texts {
                unread.extend(legacy.add_saved(&saved.name, &saved.text, version));
            }
        }
        let index = |name: &str| network.links.iter().find(|link| link.name == name).map(|link| link.index);
        for saved in &snapshot.nft_json {
            unread.extend(ruleset.add_listing(&saved.name, &saved.text, &index));
        }
        let ipsets = ipset::decode::decode(&snapshot.ipset);
        legacy.name_sets(&ipsets);
        let lowered = |version| lower::host(Rules { nft: &ruleset, xtables: &legacy, ipsets: &ipsets }, &network, &snapshot, version);
        let versions = rayon::join(|| lowered(IpVersion::V4), || lowered(IpVersion::V6)).into();
        Self {
            snapshot,
            ruleset,
            legacy,
            unread,
            ipsets,
            network,
            versions,
            texts: Mutex::default(),
            writers: Mutex::default(),
            again: counters::Again::default(),
        }
    }

    /// The model of one IP version.
    #[must_use]
    pub fn lowered(&self, version: IpVersion) -> &Lowered {
        let [four, six] = &self.versions;
        match version {
            IpVersion::V4 => four,
            IpVersion::V6 => six,
        }
    }

    /// How many rules following a packet may cost, of whichever IP version has more.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.versions.iter().map(|lowered| lowered.host.rules()).max().unwrap_or_default()
    }

    /// A chain of the model.
    #[must_use]
    pub fn chain(&self, version: IpVersion, chain: ChainId) -> Option<&Chain> {
        self.lowered(version).host.chains.get(chain.0 as usize)
    }

    /// The handle of a rule.
    #[must_use]
    pub fn handle(&self, version: IpVersion, rule: RuleId) -> Option<u64> {
        self.chain(version, rule.chain)?.rules.get(rule.index as usize)?.handle
    }

    /// A rule in the operator's syntax.
    #[must_use]
    pub fn rule_text(&self, version: IpVersion, rule: RuleId) -> String {
        self.texts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((version, rule))
            .or_insert_with(|| self.written(version, rule).unwrap_or_default())
            .clone()
    }

    fn written(&self, version: IpVersion, rule: RuleId) -> Option<String> {
        let index = rule.index as usize;
        match self.lowered(version).origin(rule.chain)? {
            Origin::Nft { table, chain } => {
                let table = self.ruleset.tables.get(table)?;
                let rule = table.chains.get(chain)?.rules.get(index)?;
                Some(self.nft_rule(table, rule))
            }
            Origin::Xtables { table, chain } => {
                let rule = self.legacy.tables.get(table)?.chains.get(chain)?.rules.get(index)?;
                Some(xtables::print::without_chain(rule, version))
            }
        }
    }

    /// A rule of iptables of either back end, with the names of its sets.
    #[must_use]
    pub fn iptables_rule(&self, version: IpVersion, rule: RuleId) -> Option<xtables::Rule> {
        let index = rule.index as usize;
        match self.lowered(version).origin(rule.chain)? {
            Origin::Nft { .. } => {
                let (table, rule) = self.nftables_rule(version, rule)?;
                let mut rule = xtables::native::rule(rule, xtables::native::version(table)?, &|index| self.interface(index))?;
                rule.name_sets(&self.ipsets);
                Some(rule)
            }
            Origin::Xtables { table, chain } => self.legacy.tables.get(table)?.chains.get(chain)?.rules.get(index).cloned(),
        }
    }

    /// A rule of nf_tables and its table.
    #[must_use]
    pub fn nftables_rule(&self, version: IpVersion, rule: RuleId) -> Option<(&nft::Table, &nft::Rule)> {
        let Origin::Nft { table, chain } = self.lowered(version).origin(rule.chain)? else { return None };
        let table = self.ruleset.tables.get(table)?;
        Some((table, table.chains.get(chain)?.rules.get(rule.index as usize)?))
    }

    /// A rule of nf_tables: in iptables' syntax if iptables-nft made it and shows it, else in nft's.
    #[must_use]
    pub fn nft_rule(&self, table: &nft::Table, rule: &nft::Rule) -> String {
        let interfaces = &|index| self.interface(index);
        let version = xtables::native::version(table);
        match version.and_then(|version| Some((xtables::native::rule(rule, version, interfaces)?, version))) {
            Some((mut rule, version)) => {
                rule.name_sets(&self.ipsets);
                xtables::print::without_chain(&rule, version)
            }
            None => nft::print::rule(table, rule, interfaces),
        }
    }

    /// Who keeps a chain.
    #[must_use]
    pub fn keeper(&self, version: IpVersion, chain: ChainId) -> Option<Keeper> {
        Some(match self.lowered(version).origin(chain)? {
            Origin::Xtables { .. } => Keeper::Legacy,
            Origin::Nft { table, .. } if xtables::native::version(self.ruleset.tables.get(table)?).is_some() => Keeper::IptablesNft,
            Origin::Nft { .. } => Keeper::Nft,
        })
    }

    /// Whether both back ends have rules.
    #[must_use]
    pub fn has_both_back_ends(&self) -> bool {
        let of_nft = self.ruleset.tables.iter().flat_map(|table| &table.chains).any(|chain| !chain.rules.is_empty());
        let legacy = self.legacy.tables.iter().flat_map(|table| &table.chains).any(|chain| !chain.rules.is_empty());
        of_nft && legacy
    }

    /// The program that wrote a rule, or without one set its chain's policy, if that can be told.
    #[must_use]
    pub fn writer(&self, version: IpVersion, chain: ChainId, rule: Option<u32>) -> Option<owners::Owner> {
        let find = || match self.lowered(version).origin(chain)? {
            Origin::Nft { table, chain } => {
                let table = self.ruleset.tables.get(table)?;
                let chain = table.chains.get(chain)?;
                owners::of_nft(table, chain, rule.and_then(|rule| chain.rules.get(rule as usize)))
            }
            Origin::Xtables { table, chain } => {
                let table = self.legacy.tables.get(table)?;
                let chain = table.chains.get(chain)?;
                owners::of_xtables(table, chain, rule.and_then(|rule| chain.rules.get(rule as usize)))
            }
        };
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).entry((version, chain, rule)).or_insert_with(find).clone()
    }

    /// The name of an interface.
    #[must_use]
    pub fn interface(&self, index: u32) -> Option<String> {
        self.network.links.iter().find(|link| link.index == index).map(|link| link.name.clone())
    }

    /// A socket of the model, with its owner.
    #[must_use]
    pub fn socket(&self, version: IpVersion, index: usize) -> Option<(&ListeningSocket, Option<&Owner>)> {
        let number = self.lowered(version).host.sockets.get(index)?.number;
        let socket = self.network.sockets.get(number)?;
        Some((socket, self.snapshot.owners.iter().find(|owner| owner.inode == socket.inode && socket.inode != 0)))
    }

    /// What could not be read or decoded, each as a sentence: where there is any, nothing can be said to pass.
    #[must_use]
    pub fn shortcomings(&self) -> Vec<String> {
        let missing = self.snapshot.missing.iter().filter(|each| each.decisive);
        let missing = missing.map(|each| format!("{} could not be read: {}", each.what, each.why));
        let rules = self.ruleset.incomplete.iter().chain(&self.legacy.incomplete).chain(&self.ipsets.incomplete);
        let undecoded = rules.chain(&self.network.incomplete).cloned();
        missing.chain(undecoded).collect()
    }
}
