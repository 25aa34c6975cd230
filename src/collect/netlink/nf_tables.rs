//! The nf_tables ruleset as raw messages, all of one generation.

mod rules;

use nix::sys::socket::SockProtocol;

use super::{Ended, Error, Request, Socket, attributes, census::Census};
use crate::snapshot::{ElementsRecord, Messages, NftRecord, messages::Walk};

/// How often the ruleset is read anew because it changed meanwhile.
const ATTEMPTS: u32 = 5;

const SUBSYSTEM: u16 = 10 << 8;
const GET_TABLE: u16 = SUBSYSTEM | 1;
const GET_CHAIN: u16 = SUBSYSTEM | 4;
const GET_RULE: u16 = SUBSYSTEM | 7;
const GET_SET: u16 = SUBSYSTEM | 10;
const GET_SETELEM: u16 = SUBSYSTEM | 13;
const GET_GEN: u16 = SUBSYSTEM | 16;
const GET_OBJ: u16 = SUBSYSTEM | 19;
const GET_FLOWTABLE: u16 = SUBSYSTEM | 23;

const NFTA_GEN_ID: u16 = 1;
const NFTA_SET_TABLE: u16 = 1;
const NFTA_SET_NAME: u16 = 2;
/// Since Linux 6.16.
const NFTA_SET_COUNT: u16 = 20;
const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
const NFTA_SET_ELEM_LIST_SET: u16 = 2;
pub(super) const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;
const NFTA_LIST_ELEM: u16 = 1;
const NFTA_SET_ELEM_KEY: u16 = 1;
const NFTA_SET_ELEM_FLAGS: u16 = 3;
const NFTA_DATA_VALUE: u16 = 1;
const NFT_SET_ELEM_CATCHALL: u32 = 2;

/// From this number of sets on it is cheaper to close the socket than to hear the end of a dump: for that, as for each request, the
/// kernel walks the list of all sets (`nf_tables_dump_set`).
const MANY: usize = 512;

/// `struct nfgenmsg`: family, version, resource id.
pub(super) const NFGENMSG: usize = 4;

/// What single key of a set to ask for.
#[derive(Debug, Clone, Copy)]
pub enum Key<'a> {
    /// This one.
    Value(&'a [u8]),
    /// The catch-all element.
    CatchAll,
}

/// A conversation with nf_tables.
pub struct NfTables(Socket);

/// The ruleset.
pub struct Read {
    /// What was read.
    pub record: NftRecord,
    /// False if it changed each time that it was read.
    pub steady: bool,
}

impl NfTables {
    /// Opens a socket.
    pub fn open() -> Result<Self, Error> {
        Socket::open(SockProtocol::NetlinkNetFilter).map(Self)
    }

    /// Reads everything, again if it changed meanwhile. Sets of more than `limit` elements are not read.
    pub fn read(&mut self, limit: Option<u64>) -> Result<Read, Error> {
        let mut generation = self.generation()?;
        let mut attempt = 0;
        loop {
            let outcome = self.read_once(generation, limit);
            let after = self.generation()?;
            attempt += 1;
            match outcome {
                // A table or set that vanished meanwhile: not an error of the ruleset that is there now.
                Err(_) if after != generation && attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
                Ok(record) if after == generation || attempt == ATTEMPTS => return Ok(Read { record, steady: after == generation }),
                Ok(_) => {}
            }
            generation = after;
        }
    }

    /// `NFTA_GEN_ID`: counts the changes of the ruleset.
    pub fn generation(&mut self) -> Result<u32, Error> {
        let answer = self.0.ask(&mut Request::one("the generation of the nf_tables ruleset", GET_GEN, &head(0)))?;
        Ok(Walk::new(&answer)
            .map_while(Result::ok)
            .flat_map(|message| attributes(message.payload.get(NFGENMSG..).unwrap_or_default()))
            .find(|(kind, _)| *kind == NFTA_GEN_ID)
            .and_then(|(_, value)| number(value))
            .unwrap_or_default())
    }

    /// The message of the element that holds one key of a set; none if no element does, or if there is no such set.
    pub fn element(&mut self, family: u8, table: &str, set: &str, key: Key<'_>) -> Result<Option<Vec<u8>>, Error> {
        let request = Request::one("an element of an nf_tables set", GET_SETELEM, &head(family))
            .with_text(NFTA_SET_ELEM_LIST_TABLE, table)
            .with_text(NFTA_SET_ELEM_LIST_SET, set);
        let mut request = match key {
            Key::Value(value) => {
                request.with_nested(&[NFTA_SET_ELEM_LIST_ELEMENTS, NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY], NFTA_DATA_VALUE, value)
            }
            Key::CatchAll => request.with_nested(
                &[NFTA_SET_ELEM_LIST_ELEMENTS, NFTA_LIST_ELEM],
                NFTA_SET_ELEM_FLAGS,
                &NFT_SET_ELEM_CATCHALL.to_be_bytes(),
            ),
        };
        match self.0.ask(&mut request) {
            Ok(message) => Ok(Some(message)),
            Err(Error::Refused { errno: nix::errno::Errno::ENOENT, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a set of this name. An element that is absent and a set that is absent are the same error to the kernel.
    pub fn has_set(&mut self, family: u8, table: &str, set: &str) -> Result<bool, Error> {
        let request = Request::one("an nf_tables set", GET_SET, &head(family));
        match self.0.ask(&mut request.with_text(NFTA_SET_TABLE, table).with_text(NFTA_SET_NAME, set)) {
            Ok(_) => Ok(true),
            Err(Error::Refused { errno: nix::errno::Errno::ENOENT, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read_once(&mut self, generation: u32, limit: Option<u64>) -> Result<NftRecord, Error> {
        let mut record = NftRecord { generation, ..NftRecord::default() };
        for (what, kind, into) in [
            ("nf_tables tables", GET_TABLE, &mut record.tables),
            ("nf_tables chains", GET_CHAIN, &mut record.chains),
            ("nf_tables sets", GET_SET, &mut record.sets),
            ("nf_tables objects", GET_OBJ, &mut record.objects),
        ] {
            self.0.dump(&mut Request::dump(what, kind, &head(0)), &mut into.0)?;
        }
        for mut request in rules::requests(&record.chains.0) {
            self.0.dump(&mut request, &mut record.rules.0)?;
        }
        match self.0.dump(&mut Request::dump("nf_tables flowtables", GET_FLOWTABLE, &head(0)), &mut record.flowtables.0) {
            // Kernels before 4.16 know no flowtables.
            Ok(()) | Err(Error::Refused { errno: nix::errno::Errno::EINVAL, .. }) => {}
            Err(error) => return Err(error),
        }
        let mut room = Vec::new();
        let many = Walk::new(&record.sets.0).nth(MANY).is_some();
        for message in Walk::new(&record.sets.0) {
            record.elements.push(self.elements(message?.payload, limit, many, &mut room)?);
        }
        Ok(record)
    }

    /// The elements of the set that a message describes; `many` if it is one of many.
    fn elements(&mut self, description: &[u8], limit: Option<u64>, many: bool, room: &mut Vec<u8>) -> Result<ElementsRecord, Error> {
        let mut record = ElementsRecord { family: description.first().copied().unwrap_or_default(), ..ElementsRecord::default() };
        for (kind, value) in attributes(description.get(NFGENMSG..).unwrap_or_default()) {
            match kind {
                NFTA_SET_TABLE => record.table = text(value),
                NFTA_SET_NAME => record.set = text(value),
                NFTA_SET_COUNT => record.count = number(value).map(u64::from),
                _ => {}
            }
        }
        if record.count.is_some_and(|count| limit.is_some_and(|limit| count > limit)) {
            return Ok(record);
        }
        room.clear();
        let mut request = Request::dump("elements of nf_tables sets", GET_SETELEM, &head(record.family))
            .with_text(NFTA_SET_ELEM_LIST_TABLE, &record.table)
            .with_text(NFTA_SET_ELEM_LIST_SET, &record.set);
        let mut census = Census::new(NFTA_SET_ELEM_LIST_ELEMENTS, limit, many);
        let ended = self.0.dump_while(&mut request, room, &mut census)?;
        record.whole = ended == Ended::Whole || census.is_complete();
        if record.whole {
            record.messages = Messages(room.as_slice().to_vec());
        }
        Ok(record)
    }
}

/// `struct nfgenmsg` for all families (0) or one.
const fn head(family: u8) -> [u8; NFGENMSG] {
    [family, 0, 0, 0]
}

fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}
