//! Matches that time, load or others decide: what is certain of them, and that the rest is left open.

use super::case::{Case, case, check};
use super::packets::{datagram, raw, sent, syn, v4, with};
use crate::harness::{Needs, Test, tests};
use crate::packet::ACK;

pub const TESTS: &[Test] = tests![Needs::Namespaces; rates, lists, shares, texts, connections, clocks, groups];

fn open(rule: &str) -> Case {
    case(rule, syn(1), []).open()
}

fn rates() {
    let table = "*filter\n-A FORWARD -j RATEEST --rateest-name CW --rateest-interval 250ms --rateest-ewmalog 500ms\nCOMMIT\n";
    check([
        open("-m limit --limit 5/min"),
        open("-m hashlimit --hashlimit-upto 5/sec --hashlimit-mode srcip,dstport --hashlimit-name cw1"),
        case("-m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name cw2", [], syn(1)).open(),
        case("-m hashlimit --hashlimit-above 1/sec --hashlimit-mode srcport --hashlimit-name cw3", [], []).hotdrops(raw(6, &[0; 2])),
        open("-m hashlimit --hashlimit-upto 512kb/s --hashlimit-burst 1mb --hashlimit-name cw4 --hashlimit-htable-max 100"),
        open("-m rateest --rateest CW --rateest-lt --rateest-bps 1000000bit").beside(table),
    ]);
}

fn lists() {
    check([
        case("-m recent --set --name cw1 --rsource", syn(1), []),
        case("-m recent ! --set --name cw2 --rdest", [], syn(1)),
        case("-m recent --rcheck --seconds 60 --hitcount 4 --name cw3 --rsource", [], syn(1)).open(),
        case("-m recent ! --update --name cw4 --mask 255.255.255.0 --rsource", v4(syn(1)), []).open(),
        case("-m recent --remove --name cw5", [], syn(1)).open(),
    ]);
}

fn shares() {
    let long = || with(datagram(1), |packet| packet.payload = vec![0; 40]);
    check([
        case("-m statistic --mode random --probability 1", syn(1), []),
        case("-m statistic --mode random --probability 0", [], syn(1)),
        case("-m statistic --mode random ! --probability 1", [], syn(1)),
        case("-m statistic --mode nth --every 1 --packet 0", syn(1), []),
        case("-m statistic --mode nth ! --every 1 --packet 0", [], syn(1)),
        case("-m statistic --mode nth --every 2 --packet 1", [], v4(syn(1))).open(),
        case("-m quota --quota 60", [], long()),
        case("-m quota ! --quota 60", long(), []),
        case("-m quota --quota 0", [], syn(1)),
        open("-m quota --quota 100000"),
    ]);
}

fn texts() {
    let told = || with(datagram(1), |packet| packet.payload = b"GET /clearway".to_vec());
    check([
        case("-m string --algo bm --string GET", told(), []),
        case("-m string --algo kmp --hex-string \"|474554|\" --icase", told(), []),
        case("-m string --algo bm --string cleanroom", [], told()),
        case("-m string --algo bm --string 0123456789abcdef --from 60", [], syn(1)),
        case("-m string ! --string 0123456789abcdef --algo bm --from 60", syn(1), []),
        case("-m string --algo kmp --string GET --from 10 --to 12", [], told()),
    ]);
}

fn connections() {
    let astray = || {
        with(syn(1), |packet| {
            if let crate::packet::Body::Tcp { flags, .. } = &mut packet.body {
                *flags = 2 | 4
            }
        })
    };
    check([
        open("-m connlimit --connlimit-above 0 --connlimit-mask 24 --connlimit-saddr"),
        case("-m connlimit --connlimit-above 5 --connlimit-daddr", [], syn(1)).open(),
        open("-m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original"),
        case("-m connbytes ! --connbytes 0:1 --connbytes-mode packets --connbytes-dir both", [], astray()),
        case("-m helper --helper ftp", [], syn(1)),
        case("-m helper ! --helper ftp", [syn(1), astray()].concat(), []),
        case("-m connlabel --label 3", [], syn(1)).open(),
        open("-m connlabel ! --label 3"),
        open("-m connlabel --label 4 --set"),
        case("-m connlabel --label 5 --set", [], astray()),
        case("-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1", [], astray()),
        case("-m socket", [], syn(1)).open(),
        case("-m socket --transparent --nowildcard", [], raw(50, &[0; 8])),
        case(
            "-p tcp -m osf --genre Linux",
            [],
            v4(with(syn(1), |packet| {
                if let crate::packet::Body::Tcp { flags, .. } = &mut packet.body {
                    *flags = ACK
                }
            })),
        ),
    ]);
}

fn clocks() {
    check([
        case("-m time --datestart 2037-01-01", [], syn(1)).open(),
        open("-m time --datestart 2001-02-03T04:05:06"),
        open("-m time --timestart 12:00 --timestop 11:59:59 --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun --kerneltz"),
        case("-m time --monthdays 1,2 --datestop 1990-01-01", [], syn(1)).open(),
        case("-m time --timestart 07:00 --timestop 07:00", syn(1), []),
    ]);
}

fn groups() {
    check([
        case("-m cgroup --path /", sent(1), []),
        case("-m cgroup ! --path /", [], sent(1)),
        case("-m cgroup --path /", [], syn(1)).at("mangle", "POSTROUTING"),
        case("-m cgroup ! --cgroup 5", [], syn(1)).at("mangle", "POSTROUTING"),
        case("-m cgroup --cgroup 5", [], sent(1)).open(),
    ]);
}
