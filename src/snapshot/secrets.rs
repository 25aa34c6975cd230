//! Secrets in configuration files are left out of snapshots, letter for letter, so that lines and columns stay.
//!
//! A secret is what follows a word that announces one (`password`, `Authorization`, `auth`…), what stands between `://` and `@`, and a
//! private key between its two lines.

use crate::world::{Answer, Question};

/// Words that announce a secret, in lower case. What names no credential in any proxy's language stays out of this list: it would hide
/// addresses.
const ANNOUNCE: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "apikey",
    "api_key",
    "api-key",
    "x-api-key",
    "insecure-password",
    "basicauth",
    "basic_auth",
    "proxy-authorization",
    "credentials",
    "private_key",
];

/// A question with its answer, as a snapshot may keep it.
#[must_use]
pub fn without((question, answer): (Question, Answer)) -> (Question, Answer) {
    let answer = match (&question, answer) {
        (Question::File { path, .. }, Answer::Text(text)) if path == "/etc/passwd" => Answer::Text(text),
        (Question::File { .. }, Answer::Text(text)) => Answer::Text(hidden(&text)),
        (Question::Environment { name, .. }, Answer::Text(text)) if is_secret(name) => Answer::Text(masked(&text)),
        (_, answer) => answer,
    };
    (question, answer)
}

/// Whether a variable's or directive's name tells that its value is a secret (`DB_PASSWORD`, `AuthLDAPBindPassword`).
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "private_key"].iter().any(|end| name.ends_with(end))
}

/// The text with each letter and digit of a secret replaced by `x`.
fn hidden(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        let ends = line.contains("-----END");
        if in_key && !ends {
            hidden.push_str(&masked(line));
        } else {
            hidden.push_str(&in_line(line));
        }
        in_key = !ends && (in_key || (line.contains("-----BEGIN") && line.contains("PRIVATE KEY")));
    }
    hidden
}

fn in_line(line: &str) -> String {
    let mut done = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = announced(rest).into_iter().chain(after_stats_auth(rest)).min() {
        let (open, secret) = rest.split_at(start);
        let (secret, next) = secret.split_at(end_of_statement(secret));
        done.push_str(&user_information(open));
        done.push_str(&masked(secret));
        rest = next;
    }
    done.push_str(&user_information(rest));
    done
}

/// Where a secret begins that a word announces.
fn announced(line: &str) -> Option<usize> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let sets = line.trim_start().starts_with("set ");
    let mut start = None;
    for (at, letter) in line.char_indices().chain([(line.len(), ' ')]) {
        if is_word(letter) {
            start = start.or(Some(at));
            continue;
        }
        let Some(begin) = start.take() else { continue };
        let word = line.get(begin..at).unwrap_or_default();
        let variable = line.get(..begin).is_some_and(|before| before.ends_with('$'));
        let directive = line.get(..begin).is_some_and(|before| before.trim().is_empty()) && is_secret(word);
        if directive || (!variable || sets) && ANNOUNCE.iter().any(|each| each.eq_ignore_ascii_case(word)) {
            return Some(at);
        }
    }
    None
}

/// The next semicolon that is not in quotes.
fn end_of_statement(text: &str) -> usize {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            (';', None) => return at,
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// haproxy's `stats auth user:password`.
fn after_stats_auth(line: &str) -> Option<usize> {
    let words: Vec<&str> = line.split_whitespace().take(2).collect();
    (words == ["stats", "auth"]).then(|| line.find("auth").map(|at| at + "auth".len())).flatten()
}

/// `https://user:password@host` without the user.
fn user_information(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        done.push_str(before);
        done.push_str("://");
        let end = after.find(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '"' | '\'' | ';')).unwrap_or(after.len());
        let (authority, next) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                done.push_str(&masked(user));
                done.push('@');
                done.push_str(host);
            }
            None => done.push_str(authority),
        }
        rest = next;
    }
    done.push_str(rest);
    done
}

fn masked(text: &str) -> String {
    text.chars().map(|letter| if letter.is_alphanumeric() { 'x' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_hold_secrets_are_hidden() {
        let asked = |name: &str| Question::Environment { process: 1, name: name.into() };
        let kept = |name: &str| without((asked(name), Answer::Text("s3cret:1".into()))).1;
        assert_eq!(kept("DB_PASSWORD"), Answer::Text("xxxxxx:x".into()));
        assert_eq!(kept("DB_HOST"), Answer::Text("s3cret:1".into()));
    }

    #[test]
    fn secrets_go_and_everything_else_stays() {
        for (text, kept) in [
            ("proxy_set_header Authorization \"Basic aGk=\";\n", "proxy_set_header Authorization \"xxxxx xxx=\";\n"),
            ("  user ops password $6$ab\n", "  user ops password $x$xx\n"),
            ("  AuthLDAPBindPassword \"s3cret\"", "  AuthLDAPBindPassword \"xxxxxx\""),
            ("stats auth admin:s3cret", "stats auth xxxxx:xxxxxx"),
            ("proxy_pass http://user:pw@10.0.0.1:80/;", "proxy_pass http://xxxx:xx@10.0.0.1:80/;"),
            ("proxy_pass http://auth-server:8080;", "proxy_pass http://auth-server:8080;"),
            ("auth_request /auth;\nserver token-service:80;", "auth_request /auth;\nserver token-service:80;"),
            ("proxy_set_header X-Token $token;", "proxy_set_header X-Token $token;"),
            (
                "-----BEGIN PRIVATE KEY-----\nAB+c\n-----END PRIVATE KEY-----\nx y\n",
                "-----BEGIN PRIVATE KEY-----\nxx+x\n-----END PRIVATE KEY-----\nx y\n",
            ),
        ] {
            assert_eq!(hidden(text), kept);
            assert_eq!(hidden(text).lines().count(), text.lines().count());
        }
    }
}
