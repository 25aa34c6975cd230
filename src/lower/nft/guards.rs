//! What a load needs, else the kernel breaks off the rule: a transport header that is there, enough bytes, a connection.
//!
//! A load has no effect, so its needs may be tested later: after the comparison of what was loaded, which is more selective, but before
//! anything that has an effect.

use smallvec::SmallVec;

use crate::lower::context::Context;
use crate::model::{Field, IpVersion, Test, Values, bits::ones};

/// Needs of the loads of one rule.
#[derive(Debug, Default)]
pub struct Guards {
    unfragmented: Need,
    connection: Need,
    /// Bytes of the packet that must be there: wanted, and already tested.
    length: usize,
    tested_length: usize,
    /// The same, but not counting the fragment header that IPv6 may have before the transport header.
    transport: usize,
    tested_transport: usize,
    others: Vec<Test>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Need {
    #[default]
    Not,
    Wanted,
    Tested,
}

impl Need {
    fn want(&mut self) {
        if *self == Self::Not {
            *self = Self::Wanted;
        }
    }
    fn take(&mut self) -> bool {
        let wanted = *self == Self::Wanted;
        if wanted {
            *self = Self::Tested;
        }
        wanted
    }
}

impl Guards {
    /// The transport header is there: not a later fragment (`pkt->fragoff`).
    pub fn unfragmented(&mut self) {
        self.unfragmented.want();
    }

    /// The packet has so many bytes from the network header on (`skb_copy_bits`).
    pub fn length(&mut self, bytes: usize) {
        self.length = self.length.max(bytes);
    }

    /// The packet has so many bytes of network header, without a fragment header, and transport header.
    pub fn transport(&mut self, bytes: usize) {
        self.transport = self.transport.max(bytes);
    }

    /// The packet belongs to a connection (`nf_ct_get`).
    pub fn connection(&mut self) {
        self.connection.want();
    }

    /// The packet's connection may have changed.
    pub fn forget_connection(&mut self) {
        self.connection = Need::Not;
    }

    /// Anything else.
    pub fn other(&mut self, test: Test) {
        self.others.push(test);
    }

    /// Whether something is to be tested.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.unfragmented == Need::Wanted
            || self.connection == Need::Wanted
            || self.length > self.tested_length
            || self.transport > self.tested_transport
            || !self.others.is_empty()
    }

    /// Hands out what is to be tested.
    pub fn take(&mut self, context: &mut Context<'_>) -> SmallVec<[Test; 4]> {
        let mut tests = SmallVec::new();
        if self.unfragmented.take() {
            tests.push(context.common(Field::FragmentOffset, 0, 0));
        }
        if self.length > self.tested_length {
            self.tested_length = self.length;
            tests.push(context.common(Field::Length, self.length as u128, ones(16)));
        }
        if self.transport > self.tested_transport {
            self.tested_transport = self.transport;
            let long = context.common(Field::Length, self.transport as u128, ones(16));
            tests.push(match context.version {
                IpVersion::V4 => long,
                IpVersion::V6 => {
                    let longer = context.common(Field::Length, (self.transport + FRAGMENT_HEADER) as u128, ones(16));
                    // What the fast way reads of a later fragment is always there.
                    Test::Any([Test::All([long, fragment().negate()].into()), longer, first_fragment().negate()].into())
                }
            });
        }
        if self.connection.take() {
            tests.push(has_connection());
            // nft_ct_get_eval: a template is none.
            tests.push(Test::is(Field::CtStatus, Values::masked(32, TEMPLATE, 0)));
        }
        tests.extend(self.others.drain(..));
        tests
    }
}

/// `IPS_TEMPLATE`.
const TEMPLATE: u128 = 1 << 11;

/// Bytes of IPv6's fragment header.
const FRAGMENT_HEADER: usize = 8;

/// Part of a packet: more fragments follow, or this is not the first.
#[must_use]
pub fn fragment() -> Test {
    Test::Any([Test::is(Field::IpFlags, Values::masked(3, 1, 1)), first_fragment().negate()].into())
}

/// A whole packet or its first part.
#[must_use]
pub fn first_fragment() -> Test {
    Test::is(Field::FragmentOffset, Values::one(13, 0))
}

/// The state is one that only a packet with a connection has: established 2, related 4, new 8.
#[must_use]
pub fn has_connection() -> Test {
    Test::is(Field::CtState, Values::from_ranges(32, [(2, 2), (4, 4), (8, 8)]))
}
