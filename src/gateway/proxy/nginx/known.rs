//! The directives that nginx knows: where each may stand, and what it takes (`ngx_conf_handler`).

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::tree::Directive;

/// Where directives stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Main,
    Events,
    Http,
    Server,
    ServerIf,
    Location,
    LocationIf,
    Limit,
    Upstream,
    Mail,
    MailServer,
    Stream,
    StreamServer,
    StreamUpstream,
    /// Lines of a block that has its own handler: map, geo, types…
    Free,
}

const CONTEXTS: [(&str, Context); 14] = [
    ("main", Context::Main),
    ("events", Context::Events),
    ("http", Context::Http),
    ("server", Context::Server),
    ("server-if", Context::ServerIf),
    ("location", Context::Location),
    ("location-if", Context::LocationIf),
    ("limit", Context::Limit),
    ("upstream", Context::Upstream),
    ("mail", Context::Mail),
    ("mail-server", Context::MailServer),
    ("stream", Context::Stream),
    ("stream-server", Context::StreamServer),
    ("stream-upstream", Context::StreamUpstream),
];

/// What a directive takes in some contexts.
struct Form {
    contexts: Vec<Context>,
    anywhere: bool,
    arguments: Arguments,
    kind: Kind,
}

enum Arguments {
    Any,
    AtLeast(usize),
    /// `on` or `off`.
    Flag,
    /// One of these numbers.
    Numbers(Vec<usize>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Number,
    Time,
    Size,
    /// Set once at most (`"is duplicate"`), of any value.
    Once,
    Other,
}

/// Directives that may stand only once in a block although nginx sets them by code of their own.
const ONCE: [&str; 18] = [
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "grpc_pass",
    "memcached_pass",
    "root",
    "alias",
    "user",
    "worker_processes",
    "worker_connections",
    "keepalive_timeout",
    "resolver",
    "events",
    "http",
    "stream",
    "mail",
    "types_hash_max_size",
];

static KNOWN: LazyLock<FxHashMap<&'static str, Vec<Form>>> = LazyLock::new(|| {
    let mut known: FxHashMap<&'static str, Vec<Form>> = FxHashMap::default();
    for line in include_str!("directives.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split(' ');
        let (Some(name), Some(contexts), Some(arguments), Some(kind)) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let of = |name: &str| CONTEXTS.iter().find(|(each, _)| *each == name).map(|(_, context)| *context);
        let arguments = match arguments {
            "any" => Arguments::Any,
            "flag" => Arguments::Flag,
            "1+" => Arguments::AtLeast(1),
            "2+" => Arguments::AtLeast(2),
            digits => Arguments::Numbers(digits.bytes().map(|digit| usize::from(digit.saturating_sub(b'0'))).collect()),
        };
        let kind = match kind {
            "block" => Kind::Block,
            "number" => Kind::Number,
            "time" => Kind::Time,
            "size" => Kind::Size,
            "text" | "word" | "buffers" => Kind::Once,
            _ if matches!(arguments, Arguments::Flag) || ONCE.contains(&name) => Kind::Once,
            _ => Kind::Other,
        };
        let form = Form { contexts: contexts.split(',').filter_map(of).collect(), anywhere: contexts == "any", arguments, kind };
        known.entry(name).or_default().push(form);
    }
    known
});

/// Beginnings of names that modules of others use: what they mean is not known here, but they are no slips of the pen.
const FOREIGN: [&str; 53] = [
    "lua_",
    "more_",
    "echo",
    "set_",
    "brotli",
    "zstd",
    "pagespeed",
    "vhost_traffic",
    "geoip2",
    "modsecurity",
    "check",
    "passenger",
    "opentracing",
    "opentelemetry",
    "rtmp",
    "upload",
    "redis",
    "srcache_",
    "subs_filter",
    "fancyindex",
    "dav_ext",
    "nchan_",
    "push_stream",
    "auth_ldap",
    "auth_pam",
    "auth_gss",
    "auth_digest",
    "fair",
    "concat",
    "testcookie",
    "dyups",
    "upsync",
    "vod",
    "video",
    "security",
    "BasicRule",
    "MainRule",
    "CheckRule",
    "SecRules",
    "LearningMode",
    "DeniedUrl",
    "Libinjection",
    "jwt",
    "drizzle_",
    "postgres_",
    "xss_",
    "array_",
    "encrypted_session",
    "form_input",
    "iconv_",
    "naxsi",
    "proxy_cache_purge",
    "headers_more",
];

/// What is to be thought of a directive.
pub enum Verdict {
    /// nginx takes it; what stands in its block.
    Fine(Context),
    /// nginx refuses it, in its own words.
    Refused(String),
    /// Only an nginx with a module of others takes it.
    Foreign,
}

/// Looks at one directive.
#[must_use]
pub fn look(directive: &Directive, context: Context) -> Verdict {
    let name = directive.name.text.as_str();
    if context == Context::Free {
        return if directive.block.is_some() { Verdict::Refused("unexpected \"{\"".into()) } else { Verdict::Fine(Context::Free) };
    }
    let Some(forms) = KNOWN.get(name) else {
        let foreign = FOREIGN.iter().any(|each| name.starts_with(each)) || name.contains("_by_lua") || name.contains("_by_js");
        return if foreign { Verdict::Foreign } else { Verdict::Refused(format!("unknown directive \"{name}\"")) };
    };
    let Some(form) = forms.iter().find(|form| form.anywhere || form.contexts.contains(&context)) else {
        return Verdict::Refused(format!("\"{name}\" directive is not allowed here"));
    };
    if form.kind != Kind::Block && directive.block.is_some() {
        return Verdict::Refused(format!("directive \"{name}\" is not terminated by \";\""));
    }
    if form.kind == Kind::Block && directive.block.is_none() {
        return Verdict::Refused(format!("directive \"{name}\" has no opening \"{{\""));
    }
    let count = directive.arguments.len();
    let right = match &form.arguments {
        Arguments::Any => true,
        Arguments::AtLeast(least) => count >= *least,
        Arguments::Flag => count == 1,
        Arguments::Numbers(numbers) => numbers.contains(&count),
    };
    if !right {
        return Verdict::Refused(format!("invalid number of arguments in \"{name}\" directive"));
    }
    match value(directive, form) {
        Some(refused) => Verdict::Refused(refused),
        None => Verdict::Fine(inside(name, context)),
    }
}

/// What nginx says of the value, if it does not take it.
fn value(directive: &Directive, form: &Form) -> Option<String> {
    let name = directive.name.text.as_str();
    let value = directive.argument(0)?;
    match name {
        "if" => return super::condition::refused(directive),
        "set" => return super::condition::unset(directive),
        _ => {}
    }
    if matches!(form.arguments, Arguments::Flag) && !value.eq_ignore_ascii_case("on") && !value.eq_ignore_ascii_case("off") {
        return Some(format!("invalid value \"{value}\" in \"{name}\" directive, it must be \"on\" or \"off\""));
    }
    match form.kind {
        Kind::Number if value.parse::<u32>().is_err() => Some(format!("\"{name}\" directive invalid number")),
        Kind::Time if super::time::duration(value).is_none() => Some(format!("\"{name}\" directive invalid value")),
        Kind::Size if !is_size(value) => Some(format!("\"{name}\" directive invalid value")),
        _ => None,
    }
}

/// `ngx_parse_size`, `ngx_parse_offset`.
fn is_size(value: &str) -> bool {
    let digits = value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']).unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The context of a block.
fn inside(name: &str, context: Context) -> Context {
    match (name, context) {
        ("events", _) => Context::Events,
        ("http", _) => Context::Http,
        ("mail", _) => Context::Mail,
        ("stream", _) => Context::Stream,
        ("server", Context::Http) => Context::Server,
        ("server", Context::Mail) => Context::MailServer,
        ("server", Context::Stream) => Context::StreamServer,
        ("upstream", Context::Http) => Context::Upstream,
        ("upstream", Context::Stream) => Context::StreamUpstream,
        ("location", _) => Context::Location,
        ("if", Context::Server) => Context::ServerIf,
        ("if", _) => Context::LocationIf,
        ("limit_except", _) => Context::Limit,
        _ => Context::Free,
    }
}

/// The directives of a block that stand there a second time although nginx takes them only once.
#[must_use]
pub fn duplicates(block: &[Directive], context: Context) -> Vec<&Directive> {
    let once = |directive: &&Directive| {
        let forms = KNOWN.get(directive.name.text.as_str());
        let form = forms.and_then(|forms| forms.iter().find(|form| form.contexts.contains(&context)));
        form.is_some_and(|form| match form.kind {
            Kind::Block => ONCE.contains(&directive.name.text.as_str()),
            Kind::Other => false,
            _ => true,
        })
    };
    let mut seen = FxHashSet::default();
    block.iter().filter(once).filter(|directive| !seen.insert(directive.name.text.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let lines = include_str!("directives.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(KNOWN.values().map(Vec::len).sum::<usize>(), lines);
        assert!(KNOWN.values().flatten().all(|form| form.anywhere || !form.contexts.is_empty()));
    }
}
