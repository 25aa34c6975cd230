//! Questions to one name server (RFC 1035): which addresses a name has, asked where a proxy asks.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use super::namespace;
use crate::world::Answer;

/// So long each try waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// After so long in all, nobody is asked any more.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(4);

const TRIES: u32 = 2;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

/// Bytes of the header: id, flags, and the numbers of questions, answers, authorities and additions.
const HEADER: usize = 12;

/// Of an answer's flags: it is one; it was cut off; its code.
const IS_ANSWER: u16 = 0x8000;
const IS_CUT: u16 = 0x0200;
const CODE: u16 = 0x000f;
const NO_SUCH_NAME: u16 = 3;

/// An answer over TCP has no more bytes.
const LONGEST: usize = 1 << 16;

/// Names that lead to other names, one after the other.
const MOST_ALIASES: usize = 16;

/// Asks name servers, one at a time.
#[derive(Debug, Default)]
pub struct Servers {
    waited: Duration,
}

/// Why there is no answer to be had.
#[derive(Debug)]
enum Failure {
    Io(io::Error),
    /// What came is none.
    Nonsense,
    /// Another code than "no such name".
    Code(u16),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Servers {
    /// The addresses of both families that a server tells for a name, asked from the network namespace of a process, or from the thread's own.
    pub fn ask(&mut self, process: Option<u32>, server: SocketAddr, name: &str) -> Answer {
        if self.waited >= PATIENCE_FOR_ALL {
            return Answer::Unknown("not asked: name servers did not answer before".into());
        }
        let begun = Instant::now();
        let name = name.trim_end_matches('.').to_owned();
        let asking = thread::spawn(move || {
            if let Some(process) = process {
                namespace::enter(&process.to_string()).map_err(|error| error.to_string())?;
            }
            both(server, &name).map_err(|failure| words(&failure))
        });
        let answer = asking.join().unwrap_or_else(|_| Err("it could not be asked".into()));
        self.waited += begun.elapsed();
        match answer {
            Ok(Some(addresses)) if !addresses.is_empty() => Answer::Addresses(addresses),
            Ok(_) => Answer::Absent("no such name".into()),
            Err(why) => Answer::Unknown(format!("{server}: {why}")),
        }
    }
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Io(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            format!("no answer within {} s", (PATIENCE * TRIES).as_secs())
        }
        Failure::Io(error) => error.to_string(),
        Failure::Nonsense => "its answer makes no sense".into(),
        Failure::Code(code) => format!("it answers with code {code}"),
    }
}

/// None if there is no such name.
fn both(server: SocketAddr, name: &str) -> Result<Option<Vec<IpAddr>>, Failure> {
    let Some(mut addresses) = one(server, name, A)? else { return Ok(None) };
    addresses.extend(one(server, name, AAAA)?.unwrap_or_default());
    Ok(Some(addresses))
}

fn one(server: SocketAddr, name: &str, kind: u16) -> Result<Option<Vec<IpAddr>>, Failure> {
    // Who guesses the port, too, could as well read the answer.
    let id = u16::try_from(std::process::id() & 0xffff).unwrap_or_default() ^ (kind << 8);
    let question = question(id, name, kind).ok_or(Failure::Nonsense)?;
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut room = [0; 4096];
    for attempt in 1..=TRIES {
        socket.send(&question)?;
        match socket.recv(&mut room) {
            Ok(length) => {
                let answer = room.get(..length).unwrap_or_default();
                return match found(answer, id, name, kind)? {
                    Found::Cut => found(&over_tcp(server, &question)?, id, name, kind)?.whole(),
                    other => other.whole(),
                };
            }
            Err(error) if attempt == TRIES => return Err(error.into()),
            Err(_) => {}
        }
    }
    Err(Failure::Nonsense)
}

fn over_tcp(server: SocketAddr, question: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = u16::try_from(question.len()).map_err(|_| Failure::Nonsense)?;
    stream.write_all(&[&length.to_be_bytes(), question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length)).min(LONGEST)];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// None for a name that can't be asked for: a label has 1 to 63 bytes, all together at most 255.
fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER + name.len() + 6);
    // A recursive question.
    for number in [id, 0x0100, 1, 0, 0, 0] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        bytes.push(length);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(&[0]);
    for number in [kind, INTERNET] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    (bytes.len() <= HEADER + 255 + 4).then_some(bytes)
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// These addresses, maybe none.
    Addresses(Vec<IpAddr>),
    NoSuchName,
    /// It did not fit.
    Cut,
}

impl Found {
    fn whole(self) -> Result<Option<Vec<IpAddr>>, Failure> {
        match self {
            Self::Addresses(addresses) => Ok(Some(addresses)),
            Self::NoSuchName => Ok(None),
            Self::Cut => Err(Failure::Nonsense),
        }
    }
}

/// The addresses (IPv4) that an answer to question `id` tells for a name, none if it tells of none; None for what is no such answer.
#[must_use]
pub fn addresses(answer: &[u8], id: u16, name: &str) -> Option<Vec<IpAddr>> {
    match found(answer, id, name, A) {
        Ok(Found::Addresses(addresses)) => Some(addresses),
        _ => None,
    }
}

fn found(answer: &[u8], id: u16, name: &str, kind: u16) -> Result<Found, Failure> {
    let number =
        |at: usize| answer.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| u16::from_be_bytes(*bytes)).ok_or(Failure::Nonsense);
    let (flags, questions, answers) = (number(2)?, number(4)?, number(6)?);
    if number(0)? != id || flags & IS_ANSWER == 0 || questions != 1 {
        return Err(Failure::Nonsense);
    }
    match flags & CODE {
        0 => {}
        NO_SUCH_NAME => return Ok(Found::NoSuchName),
        code => return Err(Failure::Code(code)),
    }
    if flags & IS_CUT != 0 {
        return Ok(Found::Cut);
    }
    let (_, mut at) = read_name(answer, HEADER).ok_or(Failure::Nonsense)?;
    at += 4;
    let mut records = Vec::new();
    for _ in 0..answers {
        let (owner, behind) = read_name(answer, at).ok_or(Failure::Nonsense)?;
        let (of, length) = (number(behind)?, usize::from(number(behind + 8)?));
        let data = answer.get(behind + 10..behind + 10 + length).ok_or(Failure::Nonsense)?;
        records.push((owner, of, data, behind + 10));
        at = behind + 10 + length;
    }
    // Only what the name leads to counts, by aliases if need be.
    let mut asked = name.to_ascii_lowercase();
    for _ in 0..MOST_ALIASES {
        let alias = records.iter().find(|(owner, of, ..)| *of == CNAME && *owner == asked);
        match alias.and_then(|(.., at)| read_name(answer, *at)) {
            Some((next, _)) => asked = next,
            None => break,
        }
    }
    let address = |data: &[u8]| match kind {
        A => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
    };
    let addresses = records.iter().filter(|(owner, of, ..)| *of == kind && *owner == asked);
    Ok(Found::Addresses(addresses.filter_map(|(_, _, data, _)| address(data)).collect()))
}

/// A name in small letters, and where it ends. A pointer leads only backwards, so it comes to an end.
fn read_name(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut name, mut end, mut limit) = (String::new(), None, bytes.len());
    loop {
        let length = *bytes.get(at).filter(|_| at < limit)?;
        match length {
            0 => return Some((name, end.unwrap_or(at + 1))),
            1..=63 => {
                let label = bytes.get(at + 1..at + 1 + usize::from(length))?;
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&String::from_utf8_lossy(label).to_ascii_lowercase());
                at += 1 + usize::from(length);
            }
            0xc0.. => {
                let to = usize::from(u16::from_be_bytes([length & 0x3f, *bytes.get(at + 1)?]));
                end = end.or(Some(at + 2));
                // Before all that was read since the last pointer.
                limit = at.min(limit);
                at = Some(to).filter(|to| *to < limit)?;
            }
            _ => return None,
        }
        if name.len() > 255 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question of `kind` about app.example: an alias to b.example, and an address of that.
    fn answer(kind: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = question(7, "app.example", kind).expect("a name");
        bytes[2..8].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 2]);
        bytes.extend_from_slice(&[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, b'B', 0xc0, 16]);
        let alias = u8::try_from(bytes.len() - 4).expect("short");
        bytes.extend_from_slice(&[0xc0, alias]);
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 9, 0, u8::try_from(data.len()).expect("short")]);
        bytes.extend_from_slice(data);
        bytes
    }

    #[test]
    fn aliases_lead_to_addresses() {
        let bytes = answer(A, &[10, 0, 0, 5]);
        let told = found(&bytes, 7, "App.example", A).expect("an answer");
        assert_eq!(told, Found::Addresses(vec![[10, 0, 0, 5].into()]));
        let bytes = answer(AAAA, &Ipv6Addr::LOCALHOST.octets());
        assert_eq!(found(&bytes, 7, "app.example", AAAA).expect("an answer"), Found::Addresses(vec![Ipv6Addr::LOCALHOST.into()]));
        assert_eq!(found(&bytes, 7, "other.example", AAAA).expect("an answer"), Found::Addresses(vec![]));
        assert!(matches!(found(&bytes, 8, "app.example", AAAA), Err(Failure::Nonsense)), "of another question");
    }

    #[test]
    fn codes_and_cut_answers() {
        let with = |flags: [u8; 2]| {
            let mut bytes = answer(A, &[10, 0, 0, 5]);
            bytes[2..4].copy_from_slice(&flags);
            found(&bytes, 7, "app.example", A)
        };
        assert_eq!(with([0x81, 0x83]).expect("an answer"), Found::NoSuchName);
        assert_eq!(with([0x83, 0x80]).expect("an answer"), Found::Cut);
        assert!(matches!(with([0x81, 0x82]), Err(Failure::Code(2))));
    }

    #[test]
    fn nothing_that_comes_is_trusted() {
        let whole = answer(A, &[10, 0, 0, 5]);
        for length in 0..whole.len() {
            assert!(found(&whole[..length], 7, "app.example", A).is_err(), "{length}");
        }
        for at in 0..whole.len() {
            for value in [0, 0x3f, 0xc0, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = found(&bytes, 7, "app.example", A);
            }
        }
        let around = [0xc0, 2, 0xc0, 0];
        assert_eq!(read_name(&around, 0), None);
        assert_eq!(read_name(&around, 2), None);
        assert_eq!(question(1, &"a".repeat(64), A), None);
        assert_eq!(question(1, "a..b", A), None);
    }
}
