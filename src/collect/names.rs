//! Host names, resolved as programs of this host do: the hosts file, nsswitch, the resolver.

use std::{
    net::IpAddr,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::world::Answer;

/// `getaddrinfo` itself waits up to 5 s for each name server, twice; where rules drop its packets that is a long silence.
const PATIENCE: Duration = Duration::from_secs(6);

/// After so long, names are no longer asked for at all: the resolver does not answer.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(20);

/// Resolves names, one at a time.
#[derive(Debug, Default)]
pub struct Names {
    waited: Duration,
}

impl Names {
    /// The addresses of a name, of both families or of those that this host has.
    pub fn resolve(&mut self, name: &str, configured: bool) -> Answer {
        if self.waited >= PATIENCE_FOR_ALL {
            return Answer::Unknown("not asked: the resolver did not answer for other names".into());
        }
        let begun = Instant::now();
        let (tell, hear) = mpsc::channel();
        let asked = name.to_owned();
        // The thread cannot be stopped; it holds nothing, and ends with the program.
        thread::spawn(move || tell.send(look_up(&asked, configured)));
        let answer = hear
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| Answer::Unknown(format!("the resolver did not answer within {} s", PATIENCE.as_secs())));
        self.waited += begun.elapsed();
        answer
    }
}

fn look_up(name: &str, configured: bool) -> Answer {
    let flags = if configured { libc::AI_ADDRCONFIG } else { 0 };
    // One kind of socket: else every address comes three times.
    let hints = dns_lookup::AddrInfoHints { socktype: dns_lookup::SockType::Stream.into(), flags, ..Default::default() };
    let found = match dns_lookup::getaddrinfo(Some(name), None, Some(hints)) {
        Ok(found) => found,
        Err(error) => {
            return match error.kind() {
                dns_lookup::LookupErrorKind::NoName | dns_lookup::LookupErrorKind::NoData => Answer::Absent("no such name".into()),
                dns_lookup::LookupErrorKind::Again => Answer::Unknown("temporary failure in name resolution".into()),
                _ => Answer::Unknown(std::io::Error::from(error).to_string()),
            };
        }
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.filter_map(Result::ok).map(|info| info.sockaddr.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Answer::Addresses(addresses)
}
