//! Lua between braces: `content_by_lua_block { … }` is no nginx syntax, and braces in its strings and comments do not count.

use super::lexer::{Lexer, Refused};

/// Whether a directive's block is Lua.
#[must_use]
pub fn is_block(directive: &str) -> bool {
    directive.ends_with("_by_lua_block")
}

/// Skips to the brace that closes the block, whose opening one was taken.
pub fn skip(lexer: &mut Lexer<'_>) -> Result<(), Refused> {
    let begun = lexer.position();
    let mut depth = 1_usize;
    while let Some(byte) = lexer.peek() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'"' | b'\'' => {
                string(lexer, byte);
                continue;
            }
            b'-' if lexer.rest().starts_with(b"--") => {
                comment(lexer);
                continue;
            }
            b'[' => {
                if let Some(level) = long_bracket(lexer.rest()) {
                    long_string(lexer, level);
                    continue;
                }
            }
            _ => {}
        }
        lexer.advance();
        if depth == 0 {
            return Ok(());
        }
    }
    Err(Refused { what: "Lua code block missing the closing long bracket \"}\"".into(), at: begun })
}

/// Up to its quote, or to the end of the line: there a broken string ends.
fn string(lexer: &mut Lexer<'_>, quote: u8) {
    lexer.advance();
    while let Some(byte) = lexer.advance() {
        match byte {
            b'\\' => {
                lexer.advance();
            }
            b'\n' => return,
            byte if byte == quote => return,
            _ => {}
        }
    }
}

fn comment(lexer: &mut Lexer<'_>) {
    lexer.advance();
    lexer.advance();
    if let Some(level) = long_bracket(lexer.rest()) {
        long_string(lexer, level);
        return;
    }
    while lexer.advance().is_some_and(|byte| byte != b'\n') {}
}

/// The number of `=` in `[==[`.
fn long_bracket(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"[")?;
    let level = after.iter().take_while(|&&byte| byte == b'=').count();
    (after.get(level) == Some(&b'[')).then_some(level)
}

fn long_string(lexer: &mut Lexer<'_>, level: usize) {
    for _ in 0..level + 2 {
        lexer.advance();
    }
    let close: Vec<u8> = std::iter::once(b']').chain(std::iter::repeat_n(b'=', level)).chain([b']']).collect();
    while lexer.peek().is_some() && !lexer.rest().starts_with(&close) {
        lexer.advance();
    }
    for _ in 0..level + 2 {
        lexer.advance();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_strings_and_comments_do_not_count() {
        for text in
            [" a = { '}' } } x", "-- }\n } x", "--[[ } \n } ]] } x", "s = [==[ } ]] } ]==] } x", "s = \"\\\"}\" } x", "t[1] = 2 } x"]
        {
            let mut lexer = Lexer::new(text);
            skip(&mut lexer).expect("it is closed");
            assert_eq!(lexer.rest(), b" x", "{text}");
        }
        assert!(skip(&mut Lexer::new("a = '}'")).is_err());
    }
}
