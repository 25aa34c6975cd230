//! A packet as a line of JSON for `clearway trace --packets`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Body, Packet, bytes::WINDOW};

const FLAGS: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

impl Packet {
    /// The line, with this id.
    pub fn json(&self, id: &str) -> Value {
        let mut line = Map::new();
        let mut put = |key: &str, value: Value| {
            line.insert(key.to_owned(), value);
        };
        put("id", json!(id));
        put("src", json!(self.source.to_string()));
        put("dst", json!(self.destination.to_string()));
        put("ttl", json!(self.ttl));
        put("dscp", json!(self.dscp));
        put("ecn", json!(self.ecn));
        put("mark", json!(self.mark));
        put("length", json!(self.length()));
        put("payload", json!(hex(&self.payload)));
        if !self.options.is_empty() {
            put("options", json!(hex(&self.options)));
        }
        if self.source.is_ipv4() {
            put("ip_id", json!(self.id));
        } else {
            put("flow_label", json!(self.flow_label));
        }
        put("frag", json!({ "offset": self.fragment.offset, "more": self.fragment.more, "df": false }));
        match self.input {
            Some(interface) => {
                put("in", json!(interface));
                put("src_mac", json!(format!("02:00:00:00:00:{:02x}", self.mac)));
                put("dst_mac", json!(if interface == "eth1" { "02:00:00:00:00:02" } else { "02:00:00:00:00:01" }));
            }
            None => {
                put("uid", json!(0));
                put("gid", json!(0));
            }
        }
        match self.body {
            Body::Tcp { source, destination, flags, sequence, acknowledgement } => {
                put("proto", json!("tcp"));
                put("sport", json!(source));
                put("dport", json!(destination));
                put("seq", json!(sequence));
                put("ack", json!(acknowledgement));
                put("window", json!(WINDOW));
                put("urgent", json!(0));
                put("flags", FLAGS.iter().enumerate().filter(|(bit, _)| flags & (1 << bit) != 0).map(|(_, name)| json!(name)).collect());
            }
            Body::Udp { source, destination } => {
                put("proto", json!("udp"));
                put("sport", json!(source));
                put("dport", json!(destination));
            }
            Body::Icmp { kind, code, .. } => {
                put("proto", json!(if self.source.is_ipv4() { "icmp" } else { "icmpv6" }));
                put("icmp_type", json!(kind));
                put("icmp_code", json!(code));
            }
            // What stands where TCP has its ports is told under their names.
            Body::Other(number) => {
                put("proto", json!(number));
                if let [a, b, c, d, ..] = self.payload[..]
                    && !matches!(number, 1 | 58)
                {
                    put("sport", json!(u16::from_be_bytes([a, b])));
                    put("dport", json!(u16::from_be_bytes([c, d])));
                }
            }
        }
        Value::Object(line)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
