//! Name servers of the host, which its programs ask.

use std::net::IpAddr;

/// The name servers of a `resolv.conf`, with their lines, as `res_init` reads them.
#[must_use]
pub fn servers(text: &str) -> Vec<(u32, IpAddr)> {
    let server = |(number, line): (u32, &str)| {
        let rest = line.strip_prefix("nameserver")?;
        let address = rest.split_whitespace().next().filter(|_| rest.starts_with([' ', '\t']))?;
        // A zone of a link-local address is no matter of packets.
        Some((number, address.split('%').next()?.parse().ok()?))
    };
    (1..).zip(text.lines()).filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_of_a_resolv_conf() {
        let text = "# x\nsearch example\nnameserver 127.0.0.53\nnameserver fe80::1%eth0 \nnameservers 1.1.1.1\n nameserver 9.9.9.9\n";
        assert_eq!(servers(text), [(3, "127.0.0.53".parse().expect("v4")), (4, "fe80::1".parse().expect("v6"))]);
    }
}
