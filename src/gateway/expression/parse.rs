//! The parser of flow expressions.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Block, Endpoint, Error, Expression, Hosts, Protocol, State, address::number, cursor::Cursor};
use crate::model::IpVersion;

/// Reads a whole expression.
pub fn expression(text: &str) -> Result<Expression, Error> {
    let mut cursor = Cursor::new(text);
    let protocol = protocol(&mut cursor)?;
    let source = endpoint(&mut cursor, protocol, "a source (any, local, an address, a prefix, a range or a comma list)")?;
    cursor.skip_blanks();
    if !cursor.take("->") {
        return Err(cursor.expected("'->' before the destination"));
    }
    cursor.skip_blanks();
    let start = cursor.at();
    let destination = endpoint(&mut cursor, protocol, "a destination (any, local, an address, a prefix, a range or a comma list)")?;
    if let (Some(from), Some(to)) = (only_version(&source.hosts), only_version(&destination.hosts))
        && from != to
    {
        return Err(cursor.error_at(start, "source and destination have no IP version in common"));
    }
    let mut flow = Expression { protocol, source, destination, incoming: None, outgoing: None, mark: None, state: None };
    while clause(&mut cursor, &mut flow)? {}
    Ok(flow)
}

fn protocol(cursor: &mut Cursor<'_>) -> Result<Protocol, Error> {
    cursor.skip_blanks();
    let start = cursor.at();
    let before = cursor.expected("a protocol (tcp, udp, icmp, icmpv6 or a number)");
    let word = cursor.word(&[]);
    Protocol::find(word).ok_or(Error { column: cursor.error_at(start, "").column, ..before })
}

/// One of `in`, `out`, `mark` and `state`; false at the end.
fn clause(cursor: &mut Cursor<'_>, flow: &mut Expression) -> Result<bool, Error> {
    cursor.skip_blanks();
    if cursor.rest().is_empty() {
        return Ok(false);
    }
    let start = cursor.at();
    let unknown = cursor.expected("'in', 'out', 'mark', 'state' or the end");
    let keyword = cursor.word(&[]);
    cursor.skip_blanks();
    let (new, what) = match keyword {
        "in" => (fill(&mut flow.incoming, interface(cursor)), "the name of an interface"),
        "out" => (fill(&mut flow.outgoing, interface(cursor)), "the name of an interface"),
        "mark" => (fill(&mut flow.mark, mark(first_word(cursor))), "a mark (a number, or 0x and hex digits)"),
        "state" => (fill(&mut flow.state, state(first_word(cursor))), "new, established, related, invalid or untracked"),
        _ => return Err(unknown),
    };
    match new {
        Some(true) => {}
        Some(false) => return Err(cursor.error_at(start, format!("'{keyword}' is given twice"))),
        None => return Err(cursor.expected(what)),
    }
    cursor.word(&[]);
    Ok(true)
}

/// Fills a clause; false if it was full, none without a value.
fn fill<T>(place: &mut Option<T>, value: Option<T>) -> Option<bool> {
    let value = value?;
    Some(place.replace(value).is_none())
}

fn first_word<'a>(cursor: &Cursor<'a>) -> &'a str {
    cursor.rest().split_whitespace().next().unwrap_or_default()
}

/// A name that the kernel takes for an interface (`dev_valid_name`).
fn interface(cursor: &Cursor<'_>) -> Option<String> {
    let name = first_word(cursor);
    let valid = !name.is_empty() && name.len() < 16 && !name.contains(['/', ':']) && name != "." && name != "..";
    valid.then(|| name.to_owned())
}

fn mark(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

fn state(word: &str) -> Option<State> {
    State::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|&(_, state)| state)
}

/// Addresses with an optional port.
fn endpoint(cursor: &mut Cursor<'_>, protocol: Protocol, what: &str) -> Result<Endpoint, Error> {
    cursor.skip_blanks();
    if cursor.rest().is_empty() || cursor.rest().starts_with("->") {
        return Err(cursor.expected(what));
    }
    let hosts = hosts(cursor)?;
    let start = cursor.at();
    let ports = if cursor.take(":") { ports(cursor)? } else { Vec::new() };
    if !ports.is_empty() && !protocol.has_ports() {
        return Err(cursor.error_at(start, format!("{protocol} has no ports")));
    }
    Ok(Endpoint { hosts, ports })
}

fn hosts(cursor: &mut Cursor<'_>) -> Result<Hosts, Error> {
    for (word, hosts) in [("any", Hosts::Any), ("local", Hosts::Local)] {
        let next = cursor.rest().strip_prefix(word).map(|after| after.chars().next());
        if next.is_some_and(|next| next.is_none_or(|char| char.is_whitespace() || matches!(char, ':' | '-'))) {
            cursor.take(word);
            return Ok(hosts);
        }
    }
    let mut blocks = Vec::new();
    loop {
        if cursor.take("[") {
            loop {
                blocks.push(block(cursor, &[',', ']'])?);
                if !cursor.take(",") {
                    break;
                }
            }
            if !cursor.take("]") {
                return Err(cursor.expected("']'"));
            }
        } else if is_bare_ipv6(cursor.rest()) {
            blocks.push(block(cursor, &[','])?);
        } else {
            blocks.push(block(cursor, &[',', ':'])?);
        }
        if !cursor.take(",") {
            return Ok(Hosts::Blocks(blocks));
        }
    }
}

/// Two colons before the next comma or blank: an IPv6 address without a port.
fn is_bare_ipv6(rest: &str) -> bool {
    rest.chars().take_while(|char| !char.is_whitespace() && *char != ',').filter(|char| *char == ':').count() > 1
}

fn block(cursor: &mut Cursor<'_>, stops: &[char]) -> Result<Block, Error> {
    let start = cursor.at();
    let word = cursor.word(stops);
    let error = |problem: String| cursor.error_at(start, problem);
    if word.is_empty() {
        return Err(cursor.expected("an address, a prefix or a range"));
    }
    if let Some((low, high)) = word.split_once('-') {
        let low: IpAddr = low.parse().map_err(|_| error(format!("'{low}' is no address")))?;
        let high: IpAddr = high.parse().map_err(|_| error(format!("'{high}' is no address")))?;
        if low.is_ipv4() != high.is_ipv4() {
            return Err(error(format!("the ends of the range '{word}' are of different IP versions")));
        }
        if number(low) > number(high) {
            return Err(error(format!("the range '{word}' ends before it starts")));
        }
        return Ok(Block::Range(low, high));
    }
    if word.contains('/') {
        let net: IpNet = word.parse().map_err(|_| error(format!("'{word}' is no prefix")))?;
        return Ok(Block::Prefix(net.trunc()));
    }
    let address: IpAddr = word.parse().map_err(|_| error(format!("'{word}' is no address (names are not looked up)")))?;
    Ok(Block::Prefix(address.into()))
}

fn ports(cursor: &mut Cursor<'_>) -> Result<Vec<(u16, u16)>, Error> {
    let mut ports = Vec::new();
    loop {
        let start = cursor.at();
        let expected = cursor.expected("a port (1 to 65535), a range of ports or a comma list of them");
        let word = cursor.word(&[',']);
        let (low, high) = word.split_once('-').unwrap_or((word, word));
        let (Ok(low), Ok(high)) = (low.parse::<u16>(), high.parse::<u16>()) else { return Err(expected) };
        if low > high {
            return Err(cursor.error_at(start, format!("the range '{word}' ends before it starts")));
        }
        ports.push((low, high));
        if !cursor.take(",") {
            return Ok(ports);
        }
    }
}

/// The one IP version that an end has, if it is one.
fn only_version(hosts: &Hosts) -> Option<IpVersion> {
    let Hosts::Blocks(blocks) = hosts else { return None };
    let first = blocks.first()?.version();
    blocks.iter().all(|block| block.version() == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) {
        assert_eq!(expression(text).map(|flow| flow.to_string()), Ok(text.to_owned()));
    }

    fn wrong(text: &str) -> (usize, String) {
        let error = expression(text).expect_err(text);
        (error.column, error.problem)
    }

    #[test]
    fn prints_what_it_read() {
        same("tcp any -> 10.0.0.5:443");
        same("tcp any:1024-65535 -> local:80,443 in eth0 mark 0x1 state new");
        same("udp 10.0.0.0/8,192.168.1.1-192.168.1.9 -> 10.0.0.5:53 out eth1");
        same("tcp 2001:db8::/32 -> [2001:db8::1]:443");
        same("icmpv6 any -> 2001:db8::1,2001:db8::2");
        same("89 any -> local");
    }

    #[test]
    fn blanks_and_lists_are_free() {
        assert_eq!(expression(" tcp any->10.0.0.5:443 ").map(|flow| flow.to_string()), Ok("tcp any -> 10.0.0.5:443".to_owned()));
        assert_eq!(
            expression("tcp [::1],[2001:db8::1]:5 -> [::1]:80").map(|flow| flow.to_string()),
            Ok("tcp [::1,2001:db8::1]:5 -> [::1]:80".to_owned())
        );
    }

    #[test]
    fn names_the_column_and_what_was_expected() {
        assert_eq!(wrong("").0, 1);
        assert_eq!(wrong("tpc any -> 10.0.0.5").0, 1);
        assert_eq!(wrong("tcp any 10.0.0.5"), (9, "expected '->' before the destination, found '10.0.0.5'".into()));
        assert_eq!(wrong("tcp any ->").0, 11);
        assert_eq!(wrong("tcp any -> 10.0.0.5:99999").0, 21);
        assert_eq!(wrong("tcp any -> 10.0.0.5:443 on eth0").0, 25);
        assert_eq!(wrong("tcp any -> 10.0.0.300:443").0, 12);
        assert_eq!(wrong("icmp any -> 10.0.0.5:443"), (21, "icmp has no ports".into()));
        assert_eq!(wrong("tcp 10.0.0.1 -> ::1").0, 17);
        assert_eq!(wrong("tcp any -> local in eth0 in eth1"), (26, "'in' is given twice".into()));
        assert_eq!(wrong("tcp any -> 10.0.0.9-10.0.0.1").0, 12);
        assert_eq!(wrong("tcp any -> [::1:443").0, 20);
        assert_eq!(wrong("tcp any -> local mark ä").0, 23);
        assert_eq!(wrong("tcp any -> local state open").0, 24);
    }
}
