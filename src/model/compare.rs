//! Comparison of a string of bits with numbers, turned into tests of the fields that the bits come from.
//!
//! The kernel compares registers by `memcmp`, so bits are read as one number, most significant first. A range of numbers over several runs
//! of bits is lexicographic: it falls apart into *cubes*, each a range for every run.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::{Bits, Field, Part, Source, Test, Values, bits::ones, host::IpVersion, values::BitSource};

/// A range for each run of bits.
type Cube = SmallVec<[(u128, u128); 4]>;

/// The bits, read as a number, lie in `low ..= high`. `None` if there are more than 128.
#[must_use]
pub fn compare(bits: &Bits, low: u128, high: u128, version: IpVersion) -> Option<Test> {
    within(bits, &[(low, high)], version)
}

/// The bits, read as a number, lie in one of these inclusive ranges. `None` if there are more than 128.
#[must_use]
pub fn within(bits: &Bits, ranges: &[(u128, u128)], version: IpVersion) -> Option<Test> {
    let width = u8::try_from(bits.width()).ok().filter(|width| *width <= 128)?;
    let parts = bits.0.as_slice();
    if let [Part { source: Source::Field { field, low, flip }, .. }] = *parts {
        let slice =
            Values::from_ranges(width, ranges.iter().map(|&(low, high)| (low, high.min(ones(width)))).filter(|(low, high)| low <= high));
        return Some(run_is(field, low, flip, slice, version));
    }
    if let Some(field) = single_field(parts)
        && let Some(members) = field.members()
    {
        let holds = |member: &u128| {
            bits.value(|_| Some(*member)).is_some_and(|value| ranges.iter().any(|&(low, high)| low <= value && value <= high))
        };
        let values = members.iter().copied().filter(holds).map(|member| (member, member));
        return Some(Test::is(field, Values::from_ranges(field.width(version), values)));
    }
    let mut cubes = Vec::new();
    for &(low, high) in ranges {
        let high = high.min(ones(width));
        if low <= high {
            split(parts, width, low, high, &mut smallvec![], &mut cubes);
        }
    }
    Some(match single_field(parts) {
        Some(field) => Test::is(field, gather(field.width(version), parts, &cubes)),
        None => Test::any(cubes.iter().map(|cube| {
            Test::all(parts.iter().zip(cube).map(|(part, &(low, high))| match part.source {
                Source::Constant(value) => Test::certain(low <= value && value <= high),
                Source::Field { field, low: from, flip } => run_is(field, from, flip, Values::range(part.width, low, high), version),
            }))
        })),
    })
}

/// The bits, read as a number, are one of these values, which must have their width.
#[must_use]
pub fn is_one_of(bits: &Bits, values: &Arc<Values>, version: IpVersion) -> Option<Test> {
    if let Some(field) = bits.as_field(version)
        && !values.is_empty()
        && !values.is_all()
    {
        return Some(Test::In { field, values: Arc::clone(values) });
    }
    match *bits.0.as_slice() {
        [Part { source: Source::Field { field, low, flip }, .. }] => Some(run_is(field, low, flip, Values::clone(values), version)),
        _ if bits.width() > 128 => None,
        _ => through_one_field(bits, values, version).or_else(|| match (values.as_mask(), values.complement().as_mask()) {
            (Some(mask), _) => Some(has_mask(bits, mask, version)),
            (None, Some(mask)) => Some(has_mask(bits, mask, version).negate()),
            (None, None) => within(bits, &values.ranges(MOST_RANGES)?, version),
        }),
    }
}

/// Bits of one field only, and values of too many ranges: looked at bit by bit, exactly.
fn through_one_field(bits: &Bits, values: &Values, version: IpVersion) -> Option<Test> {
    let field = single_field(&bits.0)?;
    let mut sources = Vec::with_capacity(bits.width());
    for part in bits.0.iter().rev() {
        sources.extend((0..part.width).map(|at| match part.source {
            Source::Constant(value) => BitSource::Constant(value >> at & 1 == 1),
            Source::Field { low, flip, .. } => BitSource::Field { bit: low + at, flip: flip >> at & 1 == 1 },
        }));
    }
    let source = |bit: u8| sources.get(usize::from(bit)).copied().unwrap_or(BitSource::Constant(false));
    Some(Test::is(field, values.substituted(field.width(version), source)?))
}

/// More ranges than this are not taken apart into cubes: a mask that is no prefix has 2^31.
const MOST_RANGES: usize = 4096;

/// The bits where `mask` has ones are those of `value`: each run for itself.
fn has_mask(bits: &Bits, (mask, value): (u128, u128), version: IpVersion) -> Test {
    let mut below = bits.width();
    Test::all(bits.0.iter().map(|part| {
        below -= usize::from(part.width);
        let run = |number: u128| number >> below & ones(part.width);
        match part.source {
            Source::Constant(constant) => Test::certain((constant ^ run(value)) & run(mask) == 0),
            Source::Field { field, low, flip } => run_is(field, low, flip, Values::masked(part.width, run(mask), run(value)), version),
        }
    }))
}

/// A run of a field's bits, before flipping, is in `slice` after flipping.
fn run_is(field: Field, low: u8, flip: u128, slice: Values, version: IpVersion) -> Test {
    let width = field.width(version);
    let slice = if flip == 0 { slice } else { slice.flipped(flip) };
    let values = if low == 0 && slice.width() == width { slice } else { Values::with_slice(width, low, &slice) };
    Test::is(field, values)
}

/// The only field that the runs read.
fn single_field(parts: &[Part]) -> Option<Field> {
    let mut fields = parts.iter().filter_map(|part| match part.source {
        Source::Field { field, .. } => Some(field),
        Source::Constant(_) => None,
    });
    let first = fields.next()?;
    fields.all(|field| field == first).then_some(first)
}

/// Appends the cubes of the range `low ..= high` of the runs `parts`, which have `width` bits.
fn split(parts: &[Part], width: u8, low: u128, high: u128, before: &mut Cube, cubes: &mut Vec<Cube>) {
    let Some((first, rest)) = parts.split_first() else {
        cubes.push(before.clone());
        return;
    };
    let below = width - first.width;
    let (high_end, low_end) = (high >> below, low >> below);
    let (high_rest, low_rest) = (high & ones(below), low & ones(below));
    let mut push = |range: (u128, u128), low: u128, high: u128, before: &mut Cube| {
        if let Source::Constant(value) = first.source
            && !(range.0..=range.1).contains(&value)
        {
            return;
        }
        before.push(range);
        split(rest, below, low, high, before, cubes);
        before.pop();
    };
    if low_end == high_end {
        return push((low_end, low_end), low_rest, high_rest, before);
    }
    let (mut from, mut to) = (low_end, high_end);
    if low_rest != 0 {
        push((from, from), low_rest, ones(below), before);
        from += 1;
    }
    let last = (high_rest != ones(below)).then_some(to);
    if last.is_some() {
        to -= 1;
    }
    if from <= to {
        push((from, to), 0, ones(below), before);
    }
    if let Some(last) = last {
        push((last, last), 0, high_rest, before);
    }
}

/// The values of one field, of which the runs are parts, that lie in one of the cubes.
fn gather(width: u8, parts: &[Part], cubes: &[Cube]) -> Values {
    let mut points = Vec::new();
    let mut rest = Values::none(width);
    for cube in cubes {
        let Some(constrained) = masked(parts, cube) else { continue };
        match constrained {
            Masked::Point { mask, value } if mask == ones(width) => points.push((value, value)),
            Masked::Point { mask, value } => rest = rest.or(&Values::masked(width, mask, value)),
            Masked::Ranges => rest = rest.or(&ranges(width, parts, cube)),
        }
    }
    if points.is_empty() { rest } else { rest.or(&Values::from_ranges(width, points)) }
}

/// What a cube asks of one field.
enum Masked {
    /// Some of its bits have this value.
    Point { mask: u128, value: u128 },
    /// Some of its runs lie in proper ranges.
    Ranges,
}

/// Reads a cube as a mask, if each run is one number or free; `None` if a bit that occurs twice would have to be 0 and 1.
fn masked(parts: &[Part], cube: &Cube) -> Option<Masked> {
    let (mut mask, mut value) = (0, 0);
    for (part, &(low, high)) in parts.iter().zip(cube) {
        let Source::Field { low: from, flip, .. } = part.source else { continue };
        if low == 0 && high == ones(part.width) {
            continue;
        }
        if low != high {
            return Some(Masked::Ranges);
        }
        let (run_mask, run) = (ones(part.width) << from, (low ^ flip) << from);
        if (value ^ run) & mask & run_mask != 0 {
            return None;
        }
        mask |= run_mask;
        value |= run;
    }
    Some(Masked::Point { mask, value })
}

/// The values of one field whose runs lie in a cube.
fn ranges(width: u8, parts: &[Part], cube: &Cube) -> Values {
    parts.iter().zip(cube).fold(Values::all(width), |values, (part, &(low, high))| match part.source {
        Source::Field { low: from, flip, .. } if low != 0 || high != ones(part.width) => {
            values.and(&Values::with_slice(width, from, &Values::range(part.width, low, high).flipped(flip)))
        }
        _ => values,
    })
}
