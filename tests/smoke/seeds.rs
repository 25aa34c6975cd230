//! Real input for each entry: recorded from running kernels, or written as people write it. Legacy tables are what Linux 6.18 handed out after
//! tests/data/legacy-tables.rules was loaded.

use clearway::{
    demo,
    snapshot::{LegacyTable, NftRecord, Snapshot},
};

/// The seeds of an entry by its name.
pub fn seeds(entry: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let gateway = demo::snapshot().expect("the demo is part of the program");
    match entry {
        "ruleset" | "site" => {
            let every: NftRecord = record(include_bytes!("../data/every-expression.json.gz"));
            vec![messages(&gateway.nft), messages(&every)]
        }
        "legacy" => {
            let tables: Vec<LegacyTable> = record(include_bytes!("../data/legacy-tables.json.gz"));
            tables.iter().map(block).collect()
        }
        "network" => {
            let Snapshot { links, addresses, routes, policy_rules, nexthops, sockets, .. } = gateway;
            vec![[links.0, addresses.0, routes.0, policy_rules.0, nexthops.0, sockets.0].concat()]
        }
        "snapshot" => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("seed");
            gateway.write(&path).expect("written");
            vec![serde_json::to_vec(&gateway).expect("JSON"), std::fs::read(path).expect("read")]
        }
        "expression" => texts(&[
            "tcp any -> 203.0.113.10:443",
            "tcp any:1024-65535 -> local:80,443 in eth0 mark 0x1 state new",
            "udp 10.0.0.0/8,192.168.1.1-192.168.1.9 -> 10.0.0.5:53 out eth1",
            "tcp [2001:db8::1,2001:db8::/32]:5 -> [::1]:443",
            "icmpv6 any -> 2001:db8::1,2001:db8::2",
            "89 any -> local",
        ]),
        "log" => texts(&[
            "[error] 7#7: *1 connect() failed (111: x) while connecting to upstream, client: 192.0.2.1, server: , request: \"GET /\", upstream: \"http://[::1]:80/\"\n",
            "(113)No route: AH00957: http: attempt to connect to 10.0.0.5:80 (10.0.0.5:80) failed\n{\"msg\":\"dial tcp 10.0.0.5:80: i/o timeout\"}\n",
            "[UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.1 DST=10.0.0.1 LEN=60 TTL=64 PROTO=TCP SPT=40000 DPT=443 SYN URGP=0\n",
        ]),
        "packet" => texts(&[
            r#"{"id":"7","src":"192.0.2.5","dst":"203.0.113.10","proto":"tcp","sport":40000,"dport":443,"flags":["syn"],"in":"eth0","ttl":64,"dscp":0,"length":40,"mark":0}"#,
            r#"{"src":"2001:db8::7","dst":"2001:db8:1::10","proto":58,"icmp_type":128,"icmp_code":0,"in":"eth0","ecn":1,"payload":"00ff","state":"new"}"#,
            r#"{"dst":"10.0.3.12","proto":"udp","frag":{"offset":1,"more":true,"df":false},"uid":33,"seq":1,"ack":2}"#,
        ]),
        "proxies" => texts(&[
            "0user www-data;\nevents {}\nhttp { map $host $to { default app; ~x b:81; } upstream app { server 10.0.0.1:8080 weight=2; server [::1]:81 backup; }\n\
             server { listen [::]:443 ssl; set $a $to; location / { proxy_pass http://$a$uri; } location /l { content_by_lua_block { x = [[ } ]] } } } }\n",
            "1global\n setenv A b\ndefaults d\n mode http\n timeout connect 5s\nlisten a from d\n bind :80-82,[::]:443 ssl v6only\n\
             server s \"${X-10.0.0.1}\":+1 check port 81 source 10.0.0.2 usesrc client\n.if defined(A) && !streq(a,b)\n server-template t 1-3 b:80\n.endif\n",
            "2Define P 80\nListen ${P}\n<Macro M $a>\nProxyPass /$a \\\n http://$a:81/ timeout=5\n</Macro>\nUse M app\n<VirtualHost *:80>\n<IfModule x>\n\
             RewriteRule ^/(.*) balancer://b/$1 [P]\n</IfModule>\n</VirtualHost>\n<Proxy balancer://b>\nBalancerMember http://10.0.0.1 status=+H\n</Proxy>\n",
            "3{\n http_port 81\n}\n(s) {\n reverse_proxy {args[0]}:80 {\n  to 10.0.0.1:1-5\n  {block}\n }\n}\na.com, b.com {\n import s app {\n  lb_policy x\n }\n respond <<E\n  x\n  E\n}\n",
            "3{\"apps\": {\"http\": {\"servers\": {\"a\": {\"listen\": [\":80\"], \"routes\": [{\"handle\": [{\"handler\": \"reverse_proxy\", \"upstreams\": [{\"dial\": \"a:80\"}]}]}]}}}}}",
            "4entryPoints:\n  web:\n    address: \":80/udp\"\nproviders:\n  file:\n    directory: d\nhttp:\n  services: &s\n    a:\n      loadBalancer:\n        servers:\n          - url: http://a:80\n",
            "4[entryPoints.web]\naddress = \":80\"\n[[tcp.services.a.loadBalancer.servers]]\naddress = \"10.0.0.1:5432\"\n",
            "5static_resources:\n  clusters:\n  - name: a\n    connect_timeout: 0.25s\n    load_assignment:\n      endpoints:\n      - lb_endpoints:\n        - endpoint: {address: {socket_address: {address: a, port_value: 80}}}\n",
        ]),
        "names" => vec![name_answer()],
        other => panic!("{other} has no seeds"),
    }
}

fn record<T: serde::de::DeserializeOwned>(packed: &[u8]) -> T {
    serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(packed))).expect("a record")
}

/// A legacy table as its entry reads it.
fn block(table: &LegacyTable) -> Vec<u8> {
    let length = u32::try_from(table.entries.0.len()).expect("a small table") | u32::from(table.ipv6) << 31;
    let numbers = [length, table.hooks].into_iter().chain(table.first).chain(table.policy);
    numbers.flat_map(u32::to_ne_bytes).chain(table.entries.0.iter().copied()).collect()
}

/// All messages of a record in a row.
fn messages(record: &NftRecord) -> Vec<u8> {
    let NftRecord { tables, chains, rules, sets, objects, flowtables, elements, .. } = record;
    let parts = [tables, chains, sets, objects, flowtables, rules];
    parts.into_iter().chain(elements.iter().map(|each| &each.messages)).flat_map(|part| part.0.iter().copied()).collect()
}

/// app.example is b.example, and that is 10.0.0.5: with pointers to what stands before.
fn name_answer() -> Vec<u8> {
    let question = b"\x00\x07\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x03app\x07example\x00\x00\x01\x00\x01";
    let alias = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x09\x00\x04\x01b\xc0\x10";
    let address = b"\xc0\x29\x00\x01\x00\x01\x00\x00\x00\x09\x00\x04\x0a\x00\x00\x05";
    [&question[..], alias, address].concat()
}
