//! What nginx connects to besides its upstreams: name servers, log hosts, OCSP responders, the judge of mail users.

use super::{
    super::{Configuration, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    address::{self, Parsed},
    scope::Scope,
    tree::Directive,
};

fn upstream(target: Target, transport: Transport, speaks: &'static str, purpose: Purpose, place: Place) -> Upstream {
    Upstream {
        target,
        transport,
        speaks,
        purpose,
        resolution: Resolution::StartConfigured,
        member: None,
        from: None,
        timeouts: Timeouts::default(),
        place,
        wanted_by: Vec::new(),
    }
}

/// Directives that stand in this very block.
fn own<'a>(scope: &Scope<'a>, name: &'static str) -> impl Iterator<Item = &'a Directive> {
    let directives: &'a [Directive] = scope.directives;
    directives.iter().filter(move |each| each.is(name))
}

/// Adds a target, or refuses it.
fn add(configuration: &mut Configuration, directive: &Directive, text: &str, port: u16, make: impl Fn(Target, Place) -> Vec<Upstream>) {
    let place = directive.place();
    match address::upstream(text, true) {
        Ok(Parsed::Unix(path)) => configuration.upstreams.extend(make(Target::Unix(path), place)),
        Ok(Parsed::Host(host, written)) => configuration.upstreams.extend(make(Target::Host(host, written.unwrap_or(port)), place)),
        Err(what) => configuration.refuse(directive.refused_at(), format!("{what} in {} \"{text}\"", directive.name.text)),
    }
}

/// `resolver 10.0.0.53 [::1]:5353 valid=30s;`: asked over UDP, and over TCP where an answer is too long.
pub fn resolvers(scope: &Scope<'_>, configuration: &mut Configuration) {
    for directive in own(scope, "resolver") {
        for word in directive.arguments.iter().map(|word| word.text.as_str()) {
            if ["valid=", "ipv4=", "ipv6=", "status_zone="].iter().any(|parameter| word.starts_with(parameter)) || word == "off" {
                continue;
            }
            if word.starts_with("local=") {
                configuration.doubt(directive.place(), "the resolver is that of the system's resolv.conf");
                continue;
            }
            add(configuration, directive, word, 53, |target, place| {
                let of = |transport| upstream(target.clone(), transport, "dns", Purpose::Resolver, place.clone());
                vec![of(Transport::Udp), of(Transport::Tcp)]
            });
        }
    }
}

/// `access_log syslog:server=host:514,…` and `error_log` alike.
pub fn logs(scope: &Scope<'_>, configuration: &mut Configuration) {
    for directive in own(scope, "access_log").chain(own(scope, "error_log")) {
        let parameters = directive.argument(0).and_then(|text| text.strip_prefix("syslog:"));
        let server = parameters.and_then(|text| text.split(',').find_map(|parameter| parameter.strip_prefix("server=")));
        let Some(server) = server else { continue };
        if configuration.knows(Purpose::Peer, &directive.place()) {
            continue;
        }
        add(configuration, directive, server, 514, |target, place| vec![upstream(target, Transport::Udp, "syslog", Purpose::Peer, place)]);
    }
}

/// `ssl_stapling on;` asks the responder that the certificate names, unless one is written.
pub fn responders(scope: &Scope<'_>, configuration: &mut Configuration) {
    for directive in own(scope, "ssl_stapling").filter(|each| each.argument(0) == Some("on")) {
        if scope.setting("ssl_stapling_responder").is_none() && scope.setting("ssl_stapling_file").is_none() {
            configuration.doubt(directive.place(), "it asks the OCSP responder that its certificate names: that leg is not audited");
        }
    }
    for directive in own(scope, "ssl_stapling_responder").chain(own(scope, "ssl_ocsp_responder")) {
        let Some(rest) = directive.argument(0).and_then(|text| text.strip_prefix("http://")) else { continue };
        add(configuration, directive, rest, 80, |target, place| vec![upstream(target, Transport::Tcp, "ocsp", Purpose::Peer, place)]);
    }
}

/// `auth_http http://host/path;`
pub fn auth_http(scope: &Scope<'_>, configuration: &mut Configuration) {
    for directive in own(scope, "auth_http") {
        let text = directive.argument(0).unwrap_or_default();
        let text = text.strip_prefix("http://").unwrap_or(text);
        add(configuration, directive, text, 80, |target, place| {
            let mut upstream = upstream(target, Transport::Tcp, "http", Purpose::Traffic, place);
            upstream.timeouts.read = scope.setting("auth_http_timeout").and_then(|each| super::time::duration(each.argument(0)?));
            vec![upstream]
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::proxy::{Host, nginx::tests::text};

    fn ip(text: &str) -> Host {
        Host::Ip(text.parse().expect("an address"))
    }

    #[test]
    fn resolvers_logs_and_responders() {
        let read = text(
            "events {} http { resolver 10.0.0.53 [fd00::1]:5353 valid=30s; access_log syslog:server=10.0.0.9,tag=x;\n\
             server { listen 443 ssl; ssl_stapling on; } }",
        );
        let found: Vec<_> =
            read.upstreams.iter().map(|each| (each.target.clone(), each.transport, each.purpose, each.place.line)).collect();
        assert!(found.contains(&(Target::Host(ip("10.0.0.53"), 53), Transport::Udp, Purpose::Resolver, 1)));
        assert!(found.contains(&(Target::Host(ip("fd00::1"), 5353), Transport::Tcp, Purpose::Resolver, 1)));
        assert!(found.contains(&(Target::Host(ip("10.0.0.9"), 514), Transport::Udp, Purpose::Peer, 1)));
        assert!(read.unknowns.iter().any(|unknown| unknown.place.line == 2 && unknown.what.contains("OCSP")));
    }
}
