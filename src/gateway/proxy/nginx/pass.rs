//! `proxy_pass` and its kind: where requests are handed on to.

use super::{
    super::{Configuration, Host, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    address::{self, Parsed},
    group::{Groups, Wanted},
    scope::Scope,
    tree::Directive,
    variables::{Candidate, Variables},
};

/// A directive that hands requests on.
struct Pass {
    name: &'static str,
    /// Beginnings of its settings: `proxy` of `proxy_connect_timeout`.
    family: &'static str,
    speaks: &'static str,
    /// Schemes with their default ports and what is spoken then.
    schemes: &'static [(&'static str, Option<u16>, &'static str)],
    /// Whether one of them has to be there.
    needs_scheme: bool,
    /// Whether a path may follow.
    path: bool,
}

const PASSES: [Pass; 6] = [
    Pass {
        name: "proxy_pass",
        family: "proxy",
        speaks: "http",
        schemes: &[("http://", Some(80), "http"), ("https://", Some(443), "https")],
        needs_scheme: true,
        path: true,
    },
    Pass {
        name: "grpc_pass",
        family: "grpc",
        speaks: "grpc",
        schemes: &[("grpc://", None, "grpc"), ("grpcs://", None, "grpcs")],
        needs_scheme: false,
        path: false,
    },
    Pass { name: "fastcgi_pass", family: "fastcgi", speaks: "fastcgi", schemes: &[], needs_scheme: false, path: false },
    Pass {
        name: "uwsgi_pass",
        family: "uwsgi",
        speaks: "uwsgi",
        schemes: &[("uwsgi://", None, "uwsgi"), ("suwsgi://", None, "suwsgi")],
        needs_scheme: false,
        path: false,
    },
    Pass { name: "scgi_pass", family: "scgi", speaks: "scgi", schemes: &[], needs_scheme: false, path: false },
    Pass { name: "memcached_pass", family: "memcached", speaks: "memcached", schemes: &[], needs_scheme: false, path: false },
];

const STREAM: Pass = Pass { name: "proxy_pass", family: "proxy", speaks: "tcp", schemes: &[], needs_scheme: false, path: false };

/// What a module knows while its servers are read.
pub struct Module<'a> {
    pub groups: Groups<'a>,
    pub variables: Variables<'a>,
    pub stream: bool,
    /// Someone who asks for what is not known: it may be any group.
    pub any: Option<(Transport, Wanted)>,
    /// Whether a name is resolved while nginx runs.
    pub resolves: bool,
}

/// Where a text leads to.
enum Led {
    Group(String),
    To(Target, Resolution),
}

/// Everything that hands requests on in one block, not in blocks inside it.
pub fn of_block(scope: &Scope<'_>, transports: &[Transport], module: &mut Module<'_>, configuration: &mut Configuration) {
    for directive in scope.directives {
        let pass = match module.stream {
            true => Some(&STREAM).filter(|pass| directive.is(pass.name)),
            false => PASSES.iter().find(|pass| directive.is(pass.name)),
        };
        if let Some(pass) = pass {
            one(pass, directive, scope, transports, module, configuration);
        }
    }
}

fn one(
    pass: &Pass,
    directive: &Directive,
    scope: &Scope<'_>,
    transports: &[Transport],
    module: &mut Module<'_>,
    configuration: &mut Configuration,
) {
    let Some(text) = directive.argument(0) else { return };
    let varies = text.contains('$');
    let candidates = module.variables.candidates(text, scope);
    let count = candidates.len();
    let mut led = 0;
    for candidate in candidates {
        let speaks = speaks(pass, &candidate.text);
        let wanted = Wanted {
            speaks,
            timeouts: scope.timeouts(pass.family, module.stream),
            from: scope.from(pass.family),
            by: vec![directive.place()],
        };
        let lead = match lead(pass, &candidate, varies, module) {
            Ok(lead) => lead,
            Err(what) if !varies => {
                configuration.refuse(directive.refused_at(), what);
                return;
            }
            // With this value a request fails before anything is sent.
            Err(_) => continue,
        };
        led += 1;
        for &transport in transports {
            match &lead {
                Led::Group(name) => {
                    module.groups.want(name, transport, wanted.clone());
                    check(directive, name, scope, module);
                }
                Led::To(Target::Unknown(_), _) => {
                    module.any.get_or_insert_with(|| (transport, wanted.clone()));
                    module.resolves = true;
                    configuration.upstreams.push(direct(Target::Unknown(text.to_owned()), transport, &wanted, directive.place_of(0), None));
                }
                Led::To(target, resolution) => {
                    module.resolves |= *resolution == Resolution::Running && matches!(target, Target::Host(Host::Name(_), _));
                    let place = candidate.place.clone().unwrap_or_else(|| directive.place());
                    let mut upstream = direct(target.clone(), transport, &wanted, place, Some(directive.place()));
                    upstream.resolution = *resolution;
                    configuration.upstreams.push(upstream);
                }
            }
        }
    }
    if led == 0 && count > 0 {
        // All known values make no sense, so something else sets it.
        let wanted = Wanted { speaks: pass.speaks, timeouts: Timeouts::default(), from: None, by: vec![directive.place()] };
        for &transport in transports {
            module.any.get_or_insert_with(|| (transport, wanted.clone()));
            configuration.upstreams.push(direct(Target::Unknown(text.to_owned()), transport, &wanted, directive.place_of(0), None));
        }
    }
}

fn direct(target: Target, transport: Transport, wanted: &Wanted, place: Place, by: Option<Place>) -> Upstream {
    let wanted_by = by.into_iter().filter(|by| *by != place).collect();
    Upstream {
        target,
        transport,
        speaks: wanted.speaks,
        purpose: Purpose::Traffic,
        resolution: Resolution::StartConfigured,
        member: None,
        from: wanted.from.clone(),
        timeouts: wanted.timeouts,
        place,
        wanted_by,
    }
}

fn speaks(pass: &Pass, text: &str) -> &'static str {
    split_scheme(pass, text).map_or(pass.speaks, |(_, speaks, _)| speaks)
}

/// The default port, what is spoken, and what follows the scheme.
fn split_scheme<'t>(pass: &Pass, text: &'t str) -> Option<(Option<u16>, &'static str, &'t str)> {
    pass.schemes.iter().find_map(|(scheme, port, speaks)| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some((*port, *speaks, rest))
    })
}

/// `ngx_http_proxy_pass` for what is fixed, `ngx_http_proxy_eval` and `ngx_http_upstream_init_request` for what varies.
fn lead(pass: &Pass, candidate: &Candidate, varies: bool, module: &Module<'_>) -> Result<Led, String> {
    let unknown = || Ok(Led::To(Target::Unknown(candidate.text.clone()), Resolution::Running));
    let (default, rest) = match split_scheme(pass, &candidate.text) {
        Some((port, _, rest)) => (port, rest),
        None if !pass.needs_scheme => (None, candidate.text.as_str()),
        None if candidate.whole => return Err("invalid URL prefix".into()),
        None => return unknown(),
    };
    let ends: &[char] = &['/', '?'];
    // A socket's path has slashes of its own; a path behind it stands after a colon.
    let known = match address::unix(rest) {
        Some(path) => path.contains(':'),
        None => rest.contains(ends),
    };
    if !candidate.whole && !known {
        return unknown();
    }
    // What varies never has a path where none is taken: nginx ignores what follows the port then.
    let parsed = address::upstream(rest, pass.path || varies).map_err(|what| format!("{what} in upstream \"{rest}\""))?;
    let (host, port) = match parsed {
        Parsed::Unix(path) => return Ok(Led::To(Target::Unix(path), Resolution::Running)),
        Parsed::Host(host, port) => (host, port),
    };
    let name = match &host {
        Host::Name(name) => name.clone(),
        Host::Ip(ip) => ip.to_string(),
        Host::Unknown(text) => text.clone(),
    };
    if module.groups.has(&name) {
        match port {
            None => return Ok(Led::Group(name)),
            Some(port) if !varies => return Err(format!("upstream \"{name}\" may not have port {port}")),
            Some(_) => {}
        }
    }
    let port = port.or(default).ok_or_else(|| format!("no port in upstream \"{rest}\""))?;
    let resolution = if varies { Resolution::Running } else { Resolution::StartConfigured };
    Ok(Led::To(Target::Host(host, port), resolution))
}

/// `health_check port=8081;` beside it.
fn check(directive: &Directive, group: &str, scope: &Scope<'_>, module: &mut Module<'_>) {
    for check in scope.directives.iter().filter(|each| each.is("health_check")) {
        let port = check.arguments.iter().find_map(|word| word.text.strip_prefix("port=")?.parse().ok());
        if let Some(port) = port {
            debug_assert!(!directive.arguments.is_empty());
            module.groups.check(group, port, check.place());
        }
    }
}
