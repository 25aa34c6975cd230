//! The condition of an `if`, as `ngx_http_rewrite_if_condition` takes it.

use super::tree::Directive;

/// What nginx says of the condition, if it does not take it.
#[must_use]
pub fn refused(directive: &Directive) -> Option<String> {
    let mut words: Vec<&str> = directive.arguments.iter().map(|word| word.text.as_str()).collect();
    let invalid = |word: &str| Some(format!("invalid condition \"{word}\""));
    let (first, last) = (*words.first()?, *words.last()?);
    if !first.starts_with('(') {
        return invalid(first);
    }
    if !last.ends_with(')') {
        return invalid(last);
    }
    if let Some(last) = words.last_mut() {
        *last = last.strip_suffix(')').unwrap_or_default();
    }
    if let Some(first) = words.first_mut() {
        *first = first.strip_prefix('(').unwrap_or_default();
    }
    words.retain(|word| !word.is_empty());
    let rest = words.get(1..).unwrap_or_default();
    match words.first()? {
        variable if variable.len() > 1 && variable.starts_with('$') => match rest {
            [] => None,
            ["=" | "!=" | "~" | "~*" | "!~" | "!~*", ..] => None,
            [other, ..] => Some(format!("unexpected \"{other}\" in condition")),
        },
        &("-f" | "-d" | "-e" | "-x" | "!-f" | "!-d" | "!-e" | "!-x") => None,
        other => invalid(other),
    }
}

/// Variables that nginx sets itself, beginnings first: `set` can't change them.
const FIXED: [&str; 43] = [
    "binary_remote_addr",
    "body_bytes_sent",
    "bytes_sent",
    "connection",
    "connection_requests",
    "content_length",
    "content_type",
    "document_root",
    "document_uri",
    "host",
    "hostname",
    "https",
    "is_args",
    "msec",
    "nginx_version",
    "pid",
    "pipe",
    "proxy_protocol_addr",
    "proxy_protocol_port",
    "query_string",
    "realpath_root",
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_body",
    "request_body_file",
    "request_completion",
    "request_filename",
    "request_id",
    "request_length",
    "request_method",
    "request_time",
    "request_uri",
    "scheme",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "status",
    "tcpinfo_rtt",
    "time_iso8601",
    "uri",
];

/// What nginx says of a `set`, if it does not take it.
#[must_use]
pub fn unset(directive: &Directive) -> Option<String> {
    let name = directive.argument(0)?;
    let Some(name) = name.strip_prefix('$') else { return Some(format!("invalid variable name \"{name}\"")) };
    FIXED.contains(&name).then(|| format!("the duplicate \"{name}\" variable"))
}
