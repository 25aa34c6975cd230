//! Matches that read the packet's bytes: `u32` and `bpf`; and headers of IPv6.

use super::case::{case, check};
use super::packets::{datagram, errand, flags, raw, syn, v4, v6, with};
use crate::harness::{Needs, Test, tests};
use crate::packet::{ACK, SYN};

pub const TESTS: &[Test] = tests![Needs::Namespaces; u32_of_ipv4, u32_of_ipv6, bpf, strings, segment_sizes, headers_of_ipv6];

fn u32_of_ipv4() {
    let told = |text: &[u8]| v4(with(flags(80, ACK), |packet| packet.payload = text.to_vec()));
    check([
        case("-m u32 --u32 \"6&0xFF=6\"", v4(syn(1)), v4(datagram(1))),
        case("-m u32 ! --u32 \"6&0xFF=6\"", v4(datagram(1)), v4(syn(1))),
        case("-m u32 --u32 \"6&0xFF=6,17\"", [v4(syn(1)), v4(datagram(1))].concat(), v4(errand((8, 0), (128, 0)))),
        case("-m u32 --u32 \"0>>22&0x3C@0>>16=2000\"", v4(syn(1)), v4(errand((8, 0), (128, 0)))),
        case("-m u32 --u32 \"6&0xFF=6&&0>>22&0x3C@0&0xFFFF=80:90\"", v4(syn(85)), [v4(syn(79)), v4(datagram(85))].concat()),
        case("-m u32 --u32 \"0>>22&0x3C@12>>26&0x3C@0=0x41424344\"", told(b"ABCDE"), [told(b"ABCE"), told(b"ABC"), v4(syn(80))].concat()),
        case("-m u32 --u32 \"8>>24=64&&0&0xFFFF=40\"", v4(syn(1)), v4(with(syn(1), |packet| packet.ttl = 63))),
        case("-m u32 --u32 \"100=0\"", [], v4(syn(1))),
        case("-m u32 ! --u32 \"100=0\"", v4(syn(1)), []),
        case("-m u32 --u32 \"12=0x0a010000:0x0a01ffff&&16=0x0a020007\"", v4(syn(1)), []),
        case("-m u32 --u32 \"12&0xff<<8=0x700\"", v4(syn(1)), []),
    ]);
}

fn u32_of_ipv6() {
    check([
        case("-m u32 --u32 \"4>>8&0xFF=6\"", v6(syn(1)), v6(datagram(1))),
        case("-m u32 --u32 \"4&0xFF=64\"", v6(syn(1)), v6(with(syn(1), |packet| packet.ttl = 9))),
        case("-m u32 --u32 \"40&0xFFFF=80\"", [v6(syn(80)), v6(datagram(80))].concat(), v6(syn(81))),
        case("-m u32 --u32 \"8=0xfd000001&&20=7\"", v6(syn(1)), []),
    ]);
}

fn bpf() {
    let port_80 = "9,48 0 0 9,21 0 6 6,40 0 0 6,69 4 0 8191,177 0 0 0,72 0 0 2,21 0 1 80,6 0 0 65535,6 0 0 0";
    let program = |text: &str| format!("-m bpf --bytecode \"{text}\"");
    let long = || with(datagram(1), |packet| packet.payload = vec![0; 40]);
    check([
        case(&program("4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"), v4(syn(1)), v4(datagram(1))),
        case(&program(port_80), v4(syn(80)), [v4(syn(81)), v4(datagram(80))].concat()),
        case(&program("4,48 0 0 6,21 0 1 6,6 0 0 1,6 0 0 0"), v6(syn(1)), v6(datagram(1))),
        case(&program("2,32 0 0 200,6 0 0 1"), [], syn(1)),
        case(&program("4,128 0 0 0,37 0 1 60,6 0 0 1,6 0 0 0"), long(), v4(syn(1))),
        case(&program("3,32 0 0 12,84 0 0 255,22 0 0 0"), v4(syn(1)), []),
        case(&program("4,32 0 0 12,69 0 1 8,6 0 0 1,6 0 0 0"), [], v4(syn(1))),
        case(&program("6,0 0 0 7,2 0 0 3,97 0 0 3,29 0 1 0,6 0 0 1,6 0 0 0"), v4(syn(1)), []),
        case(&program("1,6 0 0 1"), syn(1), []),
    ]);
}

/// A search begins at the network header. What ends beyond `--to` is not found, nor what begins before `--from`.
fn strings() {
    let told = |text: &[u8]| with(flags(80, ACK), |packet| packet.payload = text.to_vec());
    let asked = |text: &[u8]| with(datagram(80), |packet| packet.payload = text.to_vec());
    let far = |place: usize| asked(&[vec![b'.'; place], b"GET /".to_vec()].concat());
    for algorithm in ["bm", "kmp"] {
        let rule = |text: &str| format!("-m string {text} --algo {algorithm}");
        check([
            case(
                &rule("--string \"GET /\""),
                [told(b"GET / HTTP"), told(b"GEGET /"), asked(b"GET /")].concat(),
                [told(b"GET"), syn(80)].concat(),
            ),
            case(&rule("! --string \"GET /\""), [told(b"get / "), told(b"GET  /")].concat(), told(b"GET / HTTP")),
            case(
                &rule("--icase --string \"Get /\""),
                [told(b"gEt / "), told(b"GET /")].concat(),
                [told(b"g\xc5t /"), told(b"GET\0/")].concat(),
            ),
            case(&rule("--hex-string \"|00ff|A|01|\""), told(b"\0\xffA\x01"), told(b"\0\xffa\x01")),
            // From the 5th byte of the addresses on, as IPv4 has them.
            case(&rule("--hex-string |0a0107|"), [], v4(syn(80))),
            case(&rule("--hex-string |0a0100070a02| --from 12"), v4(syn(80)), []),
            case(&rule("--hex-string |0a0100070a02| --from 13"), [], v4(syn(80))),
            case(&rule("--hex-string |0a0100070a02| --to 18"), v4(syn(80)), []),
            case(&rule("--hex-string |0a0100070a02| --to 17"), [], v4(syn(80))),
            case(&rule("--hex-string |fd00000100000000| --from 8 --to 16"), v6(syn(80)), v4(syn(80))),
            // The payload length, the next header, the hop limit.
            case(&rule("--hex-string |00140640fd| --from 4 --to 9"), v6(syn(80)), v6(told(b"."))),
            case(&rule("--string \"GET /\" --from 40"), v4(told(b"GET / ")), []),
            case(&rule("--string \"GET /\" --from 41"), [], v4(told(b"GET / "))),
            case(&rule("--string \"GET /\" --to 45"), v4(told(b"GET / ")), v4(told(b".GET / "))),
            case(&rule("--string \"GET /\" --from 60000"), [], told(b"GET / ")),
            case(
                &rule("--string \"GET /\" --to 60000"),
                far(40),
                far(0).map(|mut packet| {
                    packet.payload.pop();
                    packet
                }),
            ),
            // One byte of the checksum may be this.
            case(&rule("--hex-string |77|"), v4(asked(b"abcw")), []),
        ]);
    }
    check([
        case("-m string --string \"GET /\" --algo kmp", far(900), asked(&[b'.'; 900])),
        case("-m string --string \"GET /\" --algo bm", [], asked(&[b'.'; 900])),
        case("-m string --string \"GET /\" --algo bm", far(900), []).open(),
    ]);
}

/// An option of another length than its own is passed over, and the end of the options does not end them.
fn segment_sizes() {
    let of = |options: &[u8]| with(flags(80, SYN), |packet| packet.options = options.to_vec());
    check([
        case("-p tcp -m tcpmss --mss 1400:1460", of(&[2, 4, 5, 180]), [of(&[2, 4, 5, 181]), of(&[1, 1, 1, 1])].concat()),
        case("-p tcp -m tcpmss --mss 1400:1460", of(&[1, 1, 2, 4, 5, 180, 1, 1]), of(&[1, 1, 2, 4, 5, 181, 1, 1])),
        case(
            "-p tcp -m tcpmss ! --mss 1400:1460",
            [of(&[1, 1, 2, 4, 5, 181, 1, 1]), of(&[3, 3, 7, 1])].concat(),
            of(&[1, 1, 2, 4, 5, 180, 1, 1]),
        ),
        case(
            "-p tcp -m tcpmss --mss 1460",
            [of(&[0, 0, 0, 0, 2, 4, 5, 180]), of(&[2, 3, 0, 1, 2, 4, 5, 180])].concat(),
            of(&[3, 6, 2, 4, 5, 180, 0, 0]),
        ),
        case(
            "-p tcp -m tcpmss ! --mss 0:65535",
            [of(&[1, 1, 2, 4]), of(&[8, 0, 2, 1]), of(&[1, 2, 4, 5])].concat(),
            of(&[8, 0, 2, 4, 2, 2, 0, 0]),
        ),
    ]);
}

fn headers_of_ipv6() {
    let mh = |kind: u8| v6(raw(135, &[59, 0, kind, 0, 0, 0, 0, 0]));
    let none = || v6(raw(59, &[0; 8]));
    let esp = || v6(raw(50, &[0, 0, 1, 5, 0, 0, 0, 1]));
    check([
        case("-m hbh --hbh-len 8", [], v6(syn(1))),
        case("-m dst", [], v6(syn(1))),
        case("-m rt --rt-type 0", [], v6(flags(1, SYN))),
        case("-m srh", [], v6(syn(1))),
        case("-m frag", [], v6(syn(1))),
        case("-m frag ! --fragid 5 --fragmore", [], v6(syn(1))),
        case("-p mobility-header -m mh --mh-type 1:3", mh(2), mh(4))
            .hotdrops([v6(raw(135, &[6, 0, 2, 0, 0, 0])), v6(raw(135, &[59, 0, 2]))].concat()),
        case("-p mobility-header -m mh ! --mh-type cot", mh(2), mh(4)),
        case("-m ipv6header --header prot", v6(syn(1)), [esp(), none()].concat()),
        case("-m ipv6header ! --header prot", [esp(), none()].concat(), v6(syn(1))),
        case("-m ipv6header --header esp", esp(), v6(syn(1))),
        case("-m ipv6header --header none --soft", none(), v6(syn(1))),
        case("-m ipv6header --header frag --soft", [], v6(syn(1))),
        case("-m ipv6header ! --header frag --soft", v6(syn(1)), []),
    ]);
}
