//! Userdata: nft's own notes, which the kernel keeps without reading them. A list of a type, a length and a value, each a byte
//! (libnftnl's `nftnl_udata`). Other programs may write what they like, so what does not read as such a list is no comment.

/// `NFTNL_UDATA_{TABLE,CHAIN,RULE,OBJ,SET_ELEM}_COMMENT`.
const COMMENT: u8 = 0;

/// The comment of a table, chain, rule, object or set element.
pub fn comment(userdata: Option<&[u8]>) -> Option<String> {
    find(userdata?, COMMENT).map(super::attributes::text)
}

/// The value of an entry.
fn find(mut userdata: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut found = None;
    while let Some((&[number, len], rest)) = userdata.split_first_chunk() {
        let (value, rest) = rest.split_at_checked(usize::from(len))?;
        if number == wanted && found.is_none() {
            found = Some(value);
        }
        userdata = rest;
    }
    found.filter(|_| userdata.is_empty())
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn comments() {
        assert_eq!(comment(None), None);
        assert_eq!(comment(Some(b"\0\x04web\0")).as_deref(), Some("web"));
        assert_eq!(comment(Some(b"\x01\x01x\0\x03web")).as_deref(), Some("web"), "after another entry, without NUL");
        assert_eq!(comment(Some(b"docker")), None, "no list");
        assert_eq!(comment(Some(b"\0\x09web\0")), None, "cut off");
    }
}
