//! Netlink attributes, read in place: nothing is copied, and nothing is believed that has not been checked.

use crate::ruleset::nft::{Data, expr::Reg};

/// Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
pub const TYPE_MASK: u16 = 0x3fff;

/// The attributes in some bytes, one after the other; the last item is `None` if the bytes do not end with an attribute.
#[derive(Clone)]
pub struct Attributes<'a>(pub &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = Option<(u16, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, value) = match split(&mut self.0)? {
            Some(attribute) => attribute,
            None => return Some(None),
        };
        Some(Some((kind & TYPE_MASK, value)))
    }
}

/// Takes the first attribute off, its type with its flags; the inner None if the bytes do not begin with one.
pub fn split<'a>(rest: &mut &'a [u8]) -> Option<Option<(u16, &'a [u8])>> {
    let bytes = std::mem::take(rest);
    if bytes.is_empty() {
        return None;
    }
    let Some((&[l0, l1, t0, t1], _)) = bytes.split_first_chunk() else { return Some(None) };
    let len = usize::from(u16::from_ne_bytes([l0, l1]));
    let Some(value) = bytes.get(4..len) else { return Some(None) };
    *rest = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
    Some(Some((u16::from_ne_bytes([t0, t1]), value)))
}

/// The attributes by their number, as the kernel's `tb[]`: to be taken apart in the order of the kernel's enum, `_` for the unused number 0.
///
/// None if the bytes are malformed, or hold an attribute that the caller does not know (its number is N or more): half an expression must
/// not pass for a whole one.
pub fn parse<const N: usize>(bytes: &[u8]) -> Option<[Option<&[u8]>; N]> {
    let mut table = [None; N];
    for attribute in Attributes(bytes) {
        let (number, value) = attribute?;
        if number == 0 {
            return None;
        }
        *table.get_mut(usize::from(number))? = Some(value);
    }
    Some(table)
}

/// The same, but attributes with higher numbers are passed over: for tables, chains, rules and sets, whose newer attributes only describe.
pub fn parse_known<const N: usize>(bytes: &[u8]) -> Option<[Option<&[u8]>; N]> {
    let mut table = [None; N];
    for attribute in Attributes(bytes) {
        let (number, value) = attribute?;
        if let Some(place) = table.get_mut(usize::from(number)) {
            *place = Some(value);
        }
    }
    Some(table)
}

/// Reads an attribute that may be absent; the outer None means that it is there and cannot be read.
pub fn optional<'a, T>(value: Option<&'a [u8]>, read: impl Fn(&'a [u8]) -> Option<T>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

pub fn byte(value: &[u8]) -> Option<u8> {
    <[u8; 1]>::try_from(value).ok().map(|[byte]| byte)
}

/// A big-endian number, as nearly all of nf_tables' are.
pub fn be16(value: &[u8]) -> Option<u16> {
    value.try_into().ok().map(u16::from_be_bytes)
}

pub fn be32(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

pub fn be64(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_be_bytes)
}

/// A number of bytes that fit the registers, of which there are 16 words (`nft_validate_register_store`, `nft_validate_register_load`).
pub fn length(value: &[u8]) -> Option<u32> {
    be32(value).filter(|bytes| *bytes <= 64)
}

/// A string without its closing NUL.
pub fn string(value: &[u8]) -> &[u8] {
    value.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A string as text. The kernel allows any bytes in names; those that are no UTF-8 are shown as U+FFFD.
pub fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(string(value)).into_owned()
}

/// [`text`] for [`optional`] and its like.
pub fn some_text(value: &[u8]) -> Option<String> {
    Some(text(value))
}

/// A register (`nft_parse_register`), which may be the verdict register: `Some(None)`.
pub fn any_register(value: &[u8]) -> Option<Option<Reg>> {
    let number = u8::try_from(be32(value)?).ok()?;
    match number {
        0 => Some(None),
        1..=4 => Some(Some(Reg((number - 1) * 16))),
        8..=23 => Some(Some(Reg((number - 8) * 4))),
        _ => None,
    }
}

/// A register that holds data.
pub fn register(value: &[u8]) -> Option<Reg> {
    any_register(value)?
}

/// `nft_data_dump` of a value.
pub fn data(value: &[u8]) -> Option<Data> {
    let [_, value] = parse(value)?;
    value.map(Data::from_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_offsets() {
        let read = |number: u32| any_register(&number.to_be_bytes());
        assert_eq!(read(0), Some(None));
        assert_eq!(read(1), Some(Some(Reg(0))));
        assert_eq!(read(4), Some(Some(Reg(48))));
        assert_eq!(read(8), Some(Some(Reg(0))));
        assert_eq!(read(9), Some(Some(Reg(4))));
        assert_eq!(read(23), Some(Some(Reg(60))));
        for number in [5, 7, 24, 256, u32::MAX] {
            assert_eq!(read(number), None, "{number}");
        }
    }

    #[test]
    fn lengths_are_checked() {
        let walk = |bytes: &[u8]| Attributes(bytes).map(|a| a.map(|(n, v)| (n, v.to_vec()))).collect::<Vec<_>>();
        assert_eq!(walk(&[]), []);
        assert_eq!(walk(&[4, 0, 1]), [None], "half a header");
        assert_eq!(walk(&[3, 0, 1, 0]), [None], "shorter than its header");
        assert_eq!(walk(&[9, 0, 1, 0, 1, 2, 3, 4]), [None], "longer than the bytes");
        assert_eq!(walk(&[5, 0, 1, 0x80, 7]), [Some((1, vec![7]))], "flags masked; the last one may lack its padding");
        assert_eq!(walk(&[5, 0, 1, 0, 7, 0, 0, 0, 4, 0, 2, 0]), [Some((1, vec![7])), Some((2, vec![]))]);
    }

    #[test]
    fn unknown_attributes_are_not_passed_over() {
        assert!(parse::<2>(&[4, 0, 1, 0]).is_some());
        assert!(parse::<2>(&[4, 0, 2, 0]).is_none());
        assert!(parse::<2>(&[4, 0, 0, 0]).is_none());
        assert!(parse_known::<2>(&[4, 0, 2, 0]).is_some());
    }
}
