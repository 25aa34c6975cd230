//! `bind`: where clients come in.

use super::{
    super::{Address as Bound, Host, Listen, Transport},
    address::{self, Address, Kind, Port},
    environment::Environment,
    keywords,
    sections::Line,
};

/// The sockets of a `bind` line. What is wrong with it: the word, and what, in haproxy's words.
pub fn listens(line: &Line, environment: &Environment<'_>) -> Result<Vec<Listen>, (usize, String)> {
    let Some(addresses) = line.words.get(1).filter(|word| !word.text.is_empty()) else {
        return Err((0, format!("'{}' expects {{<path>|[addr1]:port1[-end1]}}{{,[addr]:port[-end]}}... as arguments.", line.word(0))));
    };
    let datagrams = line.is("dgram-bind");
    let mut listens = Vec::new();
    for text in addresses.text.split(',') {
        let word = super::lexer::Word { text: text.to_owned(), ..addresses.clone() };
        let parsed = address::parse(&word, address::BIND, environment).map_err(|what| (1, format!("'{}' : {what}", line.word(0))))?;
        let (address, kind) = match parsed {
            Address::Ip(host, port, kind) => (bound(host, port), kind),
            Address::Unix(path) => (Bound::Unix(path), Kind::Default),
            Address::Inherited(text) | Address::Unknown(text) => (Bound::Unknown(text), Kind::Default),
        };
        let transport = match kind {
            Kind::Quic => Transport::Quic,
            Kind::Datagram => Transport::Udp,
            Kind::Default if datagrams => Transport::Udp,
            Kind::Default | Kind::Stream => Transport::Tcp,
        };
        let place = line.place_of(1);
        listens.push(Listen { address, transport, tls: kind == Kind::Quic, v6only: None, device: None, place });
    }
    parameters(line, &mut listens)?;
    Ok(listens)
}

fn bound(host: Host, port: Port) -> Bound {
    let (low, high) = match port {
        Port::One(port) => (port, port),
        Port::Range(low, high) => (low, high),
        Port::None | Port::Offset(_) => (0, 0),
    };
    match host {
        Host::Ip(ip) => Bound::Ip(ip, low, high),
        Host::Name(name) => Bound::Name(name, low, high),
        Host::Unknown(text) => Bound::Unknown(text),
    }
}

fn parameters(line: &Line, listens: &mut [Listen]) -> Result<(), (usize, String)> {
    let mut at = 2;
    while at < line.words.len() {
        let name = line.word(at);
        let Some(values) = keywords::of_bind(name) else {
            let context = format!("'{} {}'", line.word(0), line.word(1));
            return Err((at, format!("{context} : unknown keyword '{name}'")));
        };
        if values > 0 && line.word(at + 1).is_empty() {
            return Err((at, format!("'{} {}' : '{name}' : missing value", line.word(0), line.word(1))));
        }
        for listen in listens.iter_mut() {
            match name {
                "ssl" => listen.tls = true,
                "v4v6" => listen.v6only = Some(false),
                "v6only" => listen.v6only = Some(true),
                "interface" => listen.device = Some(line.word(at + 1).to_owned()),
                _ => {}
            }
        }
        at += 1 + values;
    }
    Ok(())
}
