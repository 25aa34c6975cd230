//! `Listen`, as `ap_set_listener` reads it.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    super::{Address, Listen, Transport},
    tree::Directive,
};

/// The socket of a `Listen`. What is wrong with it, in httpd's words.
pub fn of(directive: &Directive) -> Result<Listen, String> {
    let text = directive.argument(0);
    let unknown = directive.arguments.first().is_some_and(|word| word.unknown);
    let address = if unknown { Address::Unknown(text.to_owned()) } else { address(text)? };
    let any = address == any(&address);
    Ok(Listen {
        address,
        transport: Transport::Tcp,
        tls: directive.argument(1).eq_ignore_ascii_case("https"),
        // One socket for both versions (`IPv4-mapped addresses enabled`), unless the host has no IPv6.
        v6only: any.then_some(false),
        device: None,
        place: directive.place(),
    })
}

fn any(address: &Address) -> Address {
    match address {
        Address::Ip(_, low, high) => Address::Ip(Ipv6Addr::UNSPECIFIED.into(), *low, *high),
        other => Address::Unknown(format!("{other:?}")),
    }
}

/// `apr_parse_addr_port`: `80`, `10.0.0.1:80`, `[::1]:80`, `*:80`.
fn address(text: &str) -> Result<Address, String> {
    let no_port = || "Port must be specified".to_owned();
    let (host, port) = match text.rsplit_once(':') {
        Some(("", _)) => return Err("Invalid address or port".to_owned()),
        Some((host, port)) if !port.contains(']') => (host, port),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", text),
        _ => return Err(no_port()),
    };
    let port: u16 = port.parse().ok().filter(|&port| port > 0).ok_or_else(|| "Invalid address or port".to_owned())?;
    let plain = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match (plain, host) {
        (None, "" | "*") => Ok(Address::Ip(Ipv6Addr::UNSPECIFIED.into(), port, port)),
        (Some(host), _) => {
            let host = host.split('%').next().unwrap_or_default();
            host.parse::<Ipv6Addr>().map(|ip| Address::Ip(ip.into(), port, port)).map_err(|_| "Invalid address or port".to_owned())
        }
        (None, host) => Ok(host
            .parse::<Ipv4Addr>()
            .map_or_else(|_| Address::Name(host.to_owned(), port, port), |ip| Address::Ip(ip.into(), port, port))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_in_all_forms() {
        let ip = |text: &str, port| Ok(Address::Ip(text.parse().expect("an address"), port, port));
        for (text, expected) in [
            ("80", ip("::", 80)),
            ("*:80", ip("::", 80)),
            ("0.0.0.0:80", ip("0.0.0.0", 80)),
            ("10.0.0.1:8080", ip("10.0.0.1", 8080)),
            ("[::]:80", ip("::", 80)),
            ("[fe80::1%eth0]:80", ip("fe80::1", 80)),
            ("localhost:80", Ok(Address::Name("localhost".into(), 80, 80))),
            ("10.0.0.1", Err("Port must be specified".to_owned())),
            (":80", Err("Invalid address or port".to_owned())),
            ("70000", Err("Invalid address or port".to_owned())),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
    }
}
