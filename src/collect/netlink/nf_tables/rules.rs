//! Which dumps read all rules with the least work for the kernel.
//!
//! `nf_tables_dump_rules` begins each datagram at the first rule of the dump and passes over all that it has told already: a dump takes the
//! square of the number of its rules. So a table of many rules is read chain by chain.

use super::{GET_RULE, NFGENMSG, attributes, head, number};
use crate::{collect::netlink::Request, snapshot::messages::Walk};

const NFTA_CHAIN_TABLE: u16 = 1;
const NFTA_CHAIN_NAME: u16 = 3;
const NFTA_CHAIN_USE: u16 = 6;
/// The kernel dumps only the rules of this table, or of this chain of it, since Linux 4.10.
const NFTA_RULE_TABLE: u16 = 1;
const NFTA_RULE_CHAIN: u16 = 2;

/// About so many rules fit into a datagram.
const DATAGRAM: u64 = 90;
/// A request takes about as long as passing over so many rules.
const REQUEST: u64 = 200;

/// A chain as its message describes it; names with the NUL at their end.
struct Chain<'a> {
    family: u8,
    table: &'a [u8],
    name: &'a [u8],
    /// Its rules, and what leads to it.
    uses: u64,
}

/// Requests that together bring every rule of these chains' messages once, the rules of a chain in order.
pub(super) fn requests(chains: &[u8]) -> Vec<Request> {
    let described: Option<Vec<Chain<'_>>> = Walk::new(chains).map(|message| describe(message.ok()?.payload)).collect();
    let Some(described) = described else { return vec![all(0)] };
    let of_tables = described.chunk_by(|a, b| (a.family, a.table) == (b.family, b.table));
    of_tables.flat_map(of_table).collect()
}

/// The dumps for the chains of one table: all at once, or each alone where that is less work.
fn of_table(chains: &[Chain<'_>]) -> Vec<Request> {
    let passed = |uses: u64| uses.saturating_mul(uses) / (2 * DATAGRAM);
    let together = chains.iter().map(|chain| chain.uses).fold(0, u64::saturating_add);
    let alone = chains.iter().map(|chain| passed(chain.uses) + REQUEST).fold(0, u64::saturating_add);
    let table = |chain: &Chain<'_>| all(chain.family).with(NFTA_RULE_TABLE, chain.table);
    if passed(together) + REQUEST <= alone {
        chains.first().map(table).into_iter().collect()
    } else {
        chains.iter().map(|chain| table(chain).with(NFTA_RULE_CHAIN, chain.name)).collect()
    }
}

fn all(family: u8) -> Request {
    Request::dump("nf_tables rules", GET_RULE, &head(family))
}

fn describe(payload: &[u8]) -> Option<Chain<'_>> {
    let mut chain = Chain { family: *payload.first()?, table: &[], name: &[], uses: 0 };
    for (kind, value) in attributes(payload.get(NFGENMSG..)?) {
        match kind {
            NFTA_CHAIN_TABLE => chain.table = value,
            NFTA_CHAIN_NAME => chain.name = value,
            NFTA_CHAIN_USE => chain.uses = u64::from(number(value)?),
            _ => {}
        }
    }
    (!chain.table.is_empty() && !chain.name.is_empty()).then_some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(name: &str, uses: u64) -> Chain<'_> {
        Chain { family: 1, table: b"t\0", name: name.as_bytes(), uses }
    }

    #[test]
    fn few_rules_are_read_at_once_and_many_chain_by_chain() {
        let count = |chains: &[Chain<'_>]| of_table(chains).len();
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[chain("a\0", 100_000)]), 1);
        assert_eq!(count(&[chain("a\0", 20), chain("b\0", 30)]), 1);
        assert_eq!(count(&[chain("a\0", 1000), chain("b\0", 1000), chain("c\0", 1)]), 3);
    }

    #[test]
    fn what_is_no_chain_is_read_with_all_the_others() {
        assert_eq!(requests(&[]).len(), 0);
        assert_eq!(requests(&[9; 7]).len(), 1);
    }
}
