//! A packet as JSON writes it.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

/// One line. What is not given is not known.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record<'a> {
    /// Handed back with the answer.
    pub id: Option<serde_json::Value>,
    #[serde(borrow)]
    pub src: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub dst: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub proto: Option<Proto<'a>>,
    pub sport: Option<u16>,
    pub dport: Option<u16>,
    #[serde(borrow)]
    pub flags: Option<Names<'a>>,
    pub icmp_type: Option<u8>,
    pub icmp_code: Option<u8>,
    /// The interface by which it comes in; without it, this host sends the packet.
    #[serde(borrow, rename = "in")]
    pub incoming: Option<Cow<'a, str>>,
    pub ttl: Option<u8>,
    pub dscp: Option<u8>,
    pub ecn: Option<u8>,
    /// Bytes of the whole IP packet.
    pub length: Option<u16>,
    pub mark: Option<u32>,
    pub seq: Option<u32>,
    pub ack: Option<u32>,
    /// Window and urgent pointer of TCP.
    pub window: Option<u16>,
    pub urgent: Option<u16>,
    pub frag: Option<Fragment>,
    /// Hexadecimal digits: what follows the transport header.
    #[serde(borrow)]
    pub payload: Option<Cow<'a, str>>,
    /// Hexadecimal digits: the options of a TCP header, between its 20 bytes and the payload.
    #[serde(borrow)]
    pub options: Option<Cow<'a, str>>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// IPv4 identification.
    pub ip_id: Option<u16>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
    /// Hardware addresses of the frame that a packet came in by.
    #[serde(borrow)]
    pub src_mac: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub dst_mac: Option<Cow<'a, str>>,
    /// Overrides the state that connection tracking gives a first packet.
    #[serde(borrow)]
    pub state: Option<Cow<'a, str>>,
}

/// A protocol by name or number.
#[derive(Debug, Clone)]
pub enum Proto<'a> {
    Name(Cow<'a, str>),
    Number(u8),
}

/// A list of names, also written as one string with `|` between them.
#[derive(Debug, Clone, Default)]
pub struct Names<'a>(pub Vec<Cow<'a, str>>);

/// Whether and which fragment: an offset in units of 8 bytes, or an object with `offset`, `more` and `df`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fragment {
    pub offset: Option<u16>,
    pub more: Option<bool>,
    pub df: Option<bool>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Proto<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Proto<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a protocol: tcp, udp, icmp, icmpv6 or a number from 0 to 255")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Proto::Name(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Proto::Name(Cow::Owned(text.to_owned())))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                u8::try_from(number).map(Proto::Number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Names<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Names<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of TCP flags such as [\"syn\"]")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Names(text.split('|').filter(|name| !name.is_empty()).map(Cow::Borrowed).collect()))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Names(text.split('|').filter(|name| !name.is_empty()).map(|name| Cow::Owned(name.to_owned())).collect()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = items.next_element::<&'de str>()? {
                    names.push(Cow::Borrowed(name));
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(List)
    }
}

impl<'de> Deserialize<'de> for Fragment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Fragment;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a fragment offset in units of 8 bytes, or an object with offset, more and df")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Fragment, E> {
                let offset = u16::try_from(number).ok().filter(|offset| *offset < 1 << 13);
                let offset = offset.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))?;
                Ok(Fragment { offset: Some(offset), ..Fragment::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fragment, A::Error> {
                let mut fragment = Fragment::default();
                while let Some(key) = entries.next_key::<&str>()? {
                    match key {
                        "offset" => fragment.offset = Some(entries.next_value()?),
                        "more" => fragment.more = Some(entries.next_value()?),
                        "df" => fragment.df = Some(entries.next_value()?),
                        other => return Err(de::Error::unknown_field(other, &["offset", "more", "df"])),
                    }
                }
                Ok(fragment)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
