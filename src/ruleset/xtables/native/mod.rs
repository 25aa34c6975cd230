//! Rules of nf_tables that `iptables-nft` made, as it shows them (`nft_rule_to_iptables_command_state`, nft-shared.c).
//!
//! iptables-nft writes addresses, interfaces, protocols, TCP and UDP, marks and some more as nf_tables' own expressions, the rest as
//! extensions of xtables. Only a rule that is told whole by options is given back: one that was added with `nft`, and says more, is none of
//! these and keeps nft's syntax.

mod registers;

pub mod table;

mod transport;

use super::{
    Action, Counters, Header, Match, Rule, Target,
    blob::BUILT_IN,
    extension::Raw,
    header::{Address, Interface, NAME, Protocol, mask, width},
    matches::Comment,
    targets::Nflog,
};
use crate::{
    model::IpVersion,
    ruleset::nft::{
        self, Expr, Family,
        expr::{Cmp, CmpOp, Compat, ImmediateValue, Limit, Log, PayloadBase, Verdict},
        print::Interfaces,
    },
};
use registers::{Loaded, Registers, Source};

/// The IP version of a table that iptables-nft made: its name, and the names of its base chains, are iptables'.
#[must_use]
pub fn version(table: &nft::Table) -> Option<IpVersion> {
    let version = match table.family {
        Family::Ip => IpVersion::V4,
        Family::Ip6 => IpVersion::V6,
        _ => return None,
    };
    let built_in = |chain: &nft::Chain| match &chain.base {
        None => true,
        Some(base) => BUILT_IN.get(base.hook as usize) == Some(&chain.name.as_str()),
    };
    let named = matches!(table.name.as_str(), "raw" | "mangle" | "nat" | "filter" | "security");
    (named && table.chains.iter().all(built_in)).then_some(version)
}

/// Whether iptables-nft lists the table, and so changes it (`nft_is_table_compatible`): it has no expression that it never makes.
#[must_use]
pub fn is_listed(table: &nft::Table) -> bool {
    let made = |expr: &Expr| match expr {
        Expr::Bitwise(_)
        | Expr::Cmp(_)
        | Expr::Compat(_)
        | Expr::Counter(_)
        | Expr::Immediate(_)
        | Expr::Lookup(_)
        | Expr::Meta(_)
        | Expr::Payload(_)
        | Expr::Range(_) => true,
        Expr::Limit(limit) => !limit.bytes && !limit.over,
        Expr::Log(log) => log.group.is_some(),
        _ => false,
    };
    table.chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs).all(made)
}

/// A rule of such a table; None if options of iptables do not say all of it.
#[must_use]
pub fn rule(rule: &nft::Rule, version: IpVersion, interfaces: &Interfaces<'_>) -> Option<Rule> {
    let mut reader = Reader {
        version,
        interfaces,
        registers: Registers::default(),
        rule: Rule { counters: Counters::default(), header: Header::ANY, matches: Vec::new(), action: Action::None },
    };
    for expr in &rule.exprs {
        reader.expression(expr)?;
    }
    if let Some(comment) = &rule.comment {
        reader.rule.matches.push(Match::Comment(Box::new(Comment(comment.as_str().into()))));
    }
    Some(reader.rule)
}

/// `NFT_META_*`.
mod key {
    pub const MARK: u32 = 3;
    pub const IIF: u32 = 4;
    pub const OIF: u32 = 5;
    pub const IIFNAME: u32 = 6;
    pub const OIFNAME: u32 = 7;
    pub const NFTRACE: u32 = 12;
    pub const L4PROTO: u32 = 16;
    pub const PKTTYPE: u32 = 19;
}

struct Reader<'a> {
    version: IpVersion,
    interfaces: &'a Interfaces<'a>,
    registers: Registers,
    rule: Rule,
}

impl Reader<'_> {
    /// None where it says what no option does.
    fn expression(&mut self, expr: &Expr) -> Option<()> {
        // Nothing follows what a rule does.
        if !matches!(self.rule.action, Action::None) {
            return None;
        }
        match expr {
            Expr::Counter(counter) => self.rule.counters = Counters { packets: counter.packets, bytes: counter.bytes },
            Expr::Payload(payload) => {
                let place = Source::Payload { base: payload.base, offset: payload.offset, len: payload.len };
                self.registers.load(payload.dest?, place);
            }
            Expr::Meta(meta) => match (meta.dest, meta.source) {
                (Some(dest), _) => self.registers.load(dest, Source::Meta(meta.key)),
                (None, Some(source)) if meta.key == key::NFTRACE => {
                    let Source::Immediate(data) = &self.registers.get(source)?.source else { return None };
                    (data.first() != Some(&0)).then_some(())?;
                    self.rule.action = Action::Target(self.target("TRACE", 0, &[])?);
                }
                _ => return None,
            },
            Expr::Bitwise(bitwise) => self.registers.bitwise(bitwise)?,
            Expr::Cmp(cmp) => {
                let loaded = self.registers.get(cmp.source)?.clone();
                self.compare(&loaded, cmp)?;
            }
            Expr::Range(range) => {
                let loaded = self.registers.get(range.source)?.clone();
                self.port_range(&loaded, range)?;
            }
            Expr::Immediate(immediate) => match (&immediate.value, immediate.dest) {
                (ImmediateValue::Data(data), Some(dest)) => self.registers.load(dest, Source::Immediate(data.clone())),
                (ImmediateValue::Verdict(verdict), _) => self.rule.action = action(verdict)?,
                _ => return None,
            },
            Expr::Compat(compat) => self.compat(compat)?,
            Expr::Limit(limit) => self.limit(limit)?,
            Expr::Log(log) => self.rule.action = Action::Target(Target::Nflog(Box::new(nflog(log)?))),
            _ => return None,
        }
        Some(())
    }

    /// A match or target of xtables, if it is known here.
    fn compat(&mut self, compat: &Compat) -> Option<()> {
        let revision = u8::try_from(compat.revision).ok()?;
        if compat.target {
            self.rule.action = Action::Target(self.target(&compat.name, revision, &compat.info)?);
        } else {
            let found = self.found(&compat.name, revision, &compat.info)?;
            self.rule.matches.push(found);
        }
        Some(())
    }

    fn found(&self, name: &str, revision: u8, info: &[u8]) -> Option<Match> {
        let found = Match::decode(&Raw { name, revision, info, version: self.version });
        (!matches!(found, Match::Foreign(_))).then_some(found)
    }

    fn target(&self, name: &str, revision: u8, info: &[u8]) -> Option<Target> {
        let found = Target::decode(&Raw { name, revision, info, version: self.version });
        (!matches!(found, Target::Foreign(_))).then_some(found)
    }

    fn compare(&mut self, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        match loaded.source {
            Source::Meta(key) => self.compare_meta(key, loaded, cmp),
            Source::Payload { base: PayloadBase::Network, offset, len } => self.compare_header(offset, len, loaded, cmp),
            Source::Payload { base: PayloadBase::Transport, offset, .. } => self.compare_transport(offset, loaded, cmp),
            _ => None,
        }
    }

    /// `parse_meta`, `nft_ipv4_parse_meta`.
    fn compare_meta(&mut self, key: u32, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        let inverted = inverted(cmp)?;
        let word = || <[u8; 4]>::try_from(cmp.data.as_slice()).ok();
        match key {
            key::MARK => {
                let mask = loaded.mask.as_ref().map_or(Some([0xff; 4]), |mask| mask.as_slice().try_into().ok())?;
                let info = [word()?, mask, [u8::from(inverted), 0, 0, 0]].concat();
                let found = self.found("mark", 1, &info)?;
                self.rule.matches.push(found);
                return Some(());
            }
            _ if loaded.mask.is_some() => return None,
            key::PKTTYPE => {
                let [kind] = *cmp.data.as_slice() else { return None };
                let info = [u32::from(kind).to_ne_bytes(), u32::from(inverted).to_ne_bytes()].concat();
                let found = self.found("pkttype", 0, &info)?;
                self.rule.matches.push(found);
            }
            key::L4PROTO => self.protocol(*cmp.data.first()?, inverted)?,
            key::IIF | key::OIF => {
                let name = (self.interfaces)(u32::from_ne_bytes(word()?))?;
                let interface = Interface::from_text(&name, inverted)?;
                self.interface(key == key::IIF, interface)?;
            }
            key::IIFNAME | key::OIFNAME => self.interface(key == key::IIFNAME, named(&cmp.data, inverted)?)?,
            _ => return None,
        }
        Some(())
    }

    fn interface(&mut self, incoming: bool, interface: Interface) -> Option<()> {
        let place = if incoming { &mut self.rule.header.incoming } else { &mut self.rule.header.outgoing };
        place.replace(Box::new(interface)).is_none().then_some(())
    }

    fn protocol(&mut self, number: u8, inverted: bool) -> Option<()> {
        let protocol = Protocol { number: number.into(), inverted };
        self.rule.header.protocol.replace(protocol).is_none().then_some(())
    }

    /// `nft_ipv4_parse_payload`, `nft_ipv6_parse_payload`.
    fn compare_header(&mut self, offset: u32, len: u32, loaded: &Loaded, cmp: &Cmp) -> Option<()> {
        match (self.version, offset) {
            (IpVersion::V4, 12) | (IpVersion::V6, 8) => {
                let address = self.address(len, loaded, cmp)?;
                let place = &mut self.rule.header.source;
                (std::mem::replace(place, address) == Address::ANY).then_some(())
            }
            (IpVersion::V4, 16) | (IpVersion::V6, 24) => {
                let address = self.address(len, loaded, cmp)?;
                let place = &mut self.rule.header.destination;
                (std::mem::replace(place, address) == Address::ANY).then_some(())
            }
            (IpVersion::V4, 9) | (IpVersion::V6, 6) if loaded.mask.is_none() => self.protocol(*cmp.data.first()?, inverted(cmp)?),
            // All bits of the offset: none is set in what is no later fragment.
            (IpVersion::V4, 6) => {
                let mask = loaded.mask.as_ref()?;
                let later = mask.as_slice() == [0x1f, 0xff] && cmp.data.iter().all(|byte| *byte == 0);
                self.rule.header.fragment = Some(inverted(cmp).filter(|_| later)?);
                Some(())
            }
            (IpVersion::V4, 8) | (IpVersion::V6, 7) if loaded.mask.is_none() => self.hop_limit(cmp),
            _ => None,
        }
    }

    /// Whole under a mask, or the first bytes of one.
    fn address(&self, len: u32, loaded: &Loaded, cmp: &Cmp) -> Option<Address> {
        let bits = width(self.version);
        let number = |bytes: &[u8]| {
            let mut whole = [0; 16];
            whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(u128::from_be_bytes(whole) >> (128 - u32::from(bits)))
        };
        let mask = match &loaded.mask {
            Some(mask) => number(mask)?,
            None => mask(u8::try_from(8 * len).ok()?, self.version),
        };
        Some(Address { address: number(&cmp.data)?, mask, inverted: inverted(cmp)? })
    }

    /// `nft_parse_hl`.
    fn hop_limit(&mut self, cmp: &Cmp) -> Option<()> {
        let [limit] = *cmp.data.as_slice() else { return None };
        let (mode, limit) = match cmp.op {
            CmpOp::Eq => (0, limit),
            CmpOp::Neq => (1, limit),
            CmpOp::Lt => (2, limit),
            CmpOp::Lte => (2, limit.checked_add(1)?),
            CmpOp::Gt => (3, limit),
            CmpOp::Gte => (3, limit.checked_sub(1)?),
        };
        let name = if self.version == IpVersion::V4 { "ttl" } else { "hl" };
        let found = self.found(name, 0, &[mode, limit])?;
        self.rule.matches.push(found);
        Some(())
    }

    /// `nft_parse_limit`, as `struct xt_rateinfo` has it.
    fn limit(&mut self, limit: &Limit) -> Option<()> {
        const SCALE: u64 = 10_000;
        let average = u32::try_from(SCALE.checked_mul(limit.unit)?.checked_div(limit.rate)?).ok()?;
        if limit.bytes || limit.over {
            return None;
        }
        let info = [&average.to_ne_bytes(), &limit.burst.to_ne_bytes(), [0; 32].as_slice()].concat();
        let found = self.found("limit", 0, &info)?;
        self.rule.matches.push(found);
        Some(())
    }
}

/// Equal, or not.
fn inverted(cmp: &Cmp) -> Option<bool> {
    match cmp.op {
        CmpOp::Eq => Some(false),
        CmpOp::Neq => Some(true),
        _ => None,
    }
}

/// A name that ends with a zero byte is whole (`parse_ifname`). One that no interface can have stands for none at all.
fn named(bytes: &[u8], inverted: bool) -> Option<Interface> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let name = std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len())]).ok()?;
    if name == "INVAL/D" && !inverted {
        return Some(Interface { name: [0; NAME], mask: [0; NAME], inverted: true });
    }
    let text = if end.is_some() { name.to_owned() } else { format!("{name}+") };
    Interface::from_text(&text, inverted)
}

fn action(verdict: &Verdict) -> Option<Action> {
    Some(match verdict {
        Verdict::Accept => Action::Accept,
        Verdict::Drop => Action::Drop,
        Verdict::Return => Action::Return,
        Verdict::Jump(chain) => Action::Jump((&**chain).into()),
        Verdict::Goto(chain) => Action::Goto((&**chain).into()),
        Verdict::Queue(_) | Verdict::Continue | Verdict::Break => return None,
    })
}

/// `nft_parse_log`.
fn nflog(log: &Log) -> Option<Nflog> {
    Some(Nflog {
        group: log.group?,
        prefix: log.prefix.as_deref().unwrap_or_default().into(),
        length: log.snaplen.unwrap_or_default(),
        size: log.snaplen.is_some(),
        threshold: log.queue_threshold.unwrap_or_default(),
    })
}
