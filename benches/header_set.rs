//! Header sets under the loads that decide their form: many narrow cuts from one flow, many overlapping rectangles, and wide random rules.

use std::{hint::black_box, time::Duration};

use clearway::model::{Field, HeaderSet, Values};
use criterion::{Criterion, criterion_group, criterion_main};

/// A small repeatable source of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u128 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u128::from((self.0 >> 33) % limit)
    }

    fn range(&mut self, width: u8, longest: u64) -> Values {
        let low = self.below(1 << width.min(32));
        Values::range(width, low, low + self.below(longest))
    }
}

fn web() -> HeaderSet {
    HeaderSet::all().split(Field::Protocol, &Values::one(8, 6)).0.split(Field::DestinationPort, &Values::one(16, 80)).0
}

/// What a rule with these tests does: the packets that pass all are taken, the others go on.
fn rule(set: HeaderSet, tests: &[(Field, Values)]) -> (HeaderSet, HeaderSet) {
    let (mut taken, mut rest) = (set, HeaderSet::empty());
    for (field, values) in tests {
        let (inside, outside) = taken.split(*field, values);
        taken = inside;
        rest = outside.or(rest);
    }
    (taken, rest)
}

fn run(start: HeaderSet, rules: &[Vec<(Field, Values)>]) -> HeaderSet {
    rules.iter().fold(start, |set, tests| {
        let (taken, rest) = rule(set, tests);
        black_box(&taken);
        rest
    })
}

/// One address each; further tests of the same rule hold for all that is left.
fn narrow(count: usize) -> Vec<Vec<(Field, Values)>> {
    let mut numbers = Numbers(1);
    let one = |numbers: &mut Numbers| {
        vec![
            (Field::Source, Values::one(32, numbers.below(1 << 32))),
            (Field::Protocol, Values::one(8, 6)),
            (Field::DestinationPort, Values::from_ranges(16, [(80, 80), (443, 443)])),
        ]
    };
    (0..count).map(|_| one(&mut numbers)).collect()
}

fn rectangles(count: usize, sources: u64, ports: u64) -> Vec<Vec<(Field, Values)>> {
    let mut numbers = Numbers(2);
    let mut one = || vec![(Field::Source, numbers.range(32, sources)), (Field::SourcePort, numbers.range(16, ports))];
    (0..count).map(|_| one()).collect()
}

/// From all traffic: random ranges of four fields.
fn wide(count: usize) -> Vec<Vec<(Field, Values)>> {
    let mut numbers = Numbers(3);
    let mut one = || {
        vec![
            (Field::Source, numbers.range(32, 1 << 28)),
            (Field::Destination, numbers.range(32, 1 << 28)),
            (Field::DestinationPort, numbers.range(16, 1 << 12)),
        ]
    };
    (0..count).map(|_| one()).collect()
}

fn header_sets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("header_set");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    let cases = [
        ("25,000 narrow cuts", web(), narrow(25_000)),
        ("25,000 small rectangles", web(), rectangles(25_000, 1 << 16, 1 << 12)),
        ("2,000 overlapping rectangles", web(), rectangles(2_000, 1 << 28, 1 << 14)),
        ("400 wide rules", HeaderSet::all(), wide(400)),
    ];
    for (name, start, rules) in &cases {
        group.bench_function(*name, |bencher| bencher.iter(|| run(start.clone(), rules)));
    }
    let cut = run(web(), &narrow(25_000));
    let address = Values::one(32, 0x0a00_0001);
    group.bench_function("relation of a flow with 25,000 cuts to an address", |bencher| {
        bencher.iter(|| black_box(&cut).relation(Field::Source, black_box(&address)));
    });
    let flow = web();
    let port = Values::one(16, 443);
    group.bench_function("relation of a flow to a port", |bencher| {
        bencher.iter(|| black_box(&flow).relation(Field::DestinationPort, black_box(&port)));
    });
    group.finish();
}

criterion_group!(benches, header_sets);
criterion_main!(benches);
