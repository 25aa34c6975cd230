//! Who hands requests on and where to: `ProxyPass`, `RewriteRule` with P, handlers, balancers.

use std::{collections::BTreeMap, time::Duration};

use super::{
    super::{Configuration, Group, Host, Member, Place, Purpose, Resolution, Target, Timeouts, Transport, Upstream},
    tree::Directive,
    url::{self, Led},
};

/// What a server or section inherits from the one around it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    timeout: Option<Duration>,
    proxy_timeout: Option<Duration>,
    from: Option<Host>,
    /// In a `Location`: there `ProxyPass` has no path of its own.
    located: bool,
}

/// `balancer://name` with its members.
#[derive(Default)]
struct Balancer {
    place: Option<Place>,
    members: Vec<Made>,
    wanted_by: Vec<Place>,
}

/// A member as it will be added.
struct Made {
    upstream: Upstream,
    backup: bool,
    down: bool,
    weight: u32,
}

/// Reads what a configuration hands on.
pub struct Passes<'c> {
    balancers: BTreeMap<String, Balancer>,
    configuration: &'c mut Configuration,
}

/// Parameters of a worker (`connectiontimeout=5`).
#[derive(Default)]
struct Worker {
    connect: Option<Duration>,
    timeout: Option<Duration>,
    backup: bool,
    down: bool,
    weight: Option<u32>,
}

/// Sections in sections beyond this are no configuration.
const DEEPEST: usize = 64;

/// Places that ask for a balancer beyond these are not kept.
const MOST_PLACES: usize = 100;

/// `DEFAULT_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(60);

impl<'c> Passes<'c> {
    /// Nothing read yet.
    pub fn new(configuration: &'c mut Configuration) -> Self {
        Self { balancers: BTreeMap::new(), configuration }
    }

    /// One section, and those inside.
    pub fn section(&mut self, directives: &[Directive], outer: &Scope, depth: usize) {
        let mut scope = outer.clone();
        for directive in directives {
            match directive.name.as_str() {
                "timeout" => scope.timeout = seconds(directive.argument(0)),
                "proxytimeout" => scope.proxy_timeout = seconds(directive.argument(0)),
                "proxysourceaddress" => scope.from = directive.argument(0).parse().ok().map(Host::Ip),
                _ => {}
            }
        }
        for directive in directives {
            if directive.children.is_some() {
                self.inner(directive, &scope, depth);
            } else {
                self.one(directive, &scope);
            }
        }
    }

    fn inner(&mut self, section: &Directive, scope: &Scope, depth: usize) {
        if depth >= DEEPEST {
            return;
        }
        let children = section.children.as_deref().unwrap_or_default();
        let located = scope.located || section.name.starts_with("location");
        match (section.name.as_str(), url::read(section.argument(0))) {
            ("proxy", Ok(Led::Balancer(name))) => {
                self.balancers.entry(name.clone()).or_default().place.get_or_insert_with(|| section.place());
                for directive in children.iter().filter(|each| each.name == "balancermember") {
                    self.member(&name, directive, 0, scope);
                }
            }
            _ => self.section(children, &Scope { located, ..scope.clone() }, depth + 1),
        }
    }

    fn one(&mut self, directive: &Directive, scope: &Scope) {
        let argument = |index: usize| directive.argument(index);
        match directive.name.as_str() {
            "proxypass" | "proxypassmatch" => {
                // A path begins with a slash or, of a match, is a pattern; in a Location the first word is the URL.
                let at = usize::from(!(scope.located && (argument(1).is_empty() || argument(1).contains('=')) || argument(0) == "!"));
                if scope.located && at == 1 {
                    let what = "ProxyPass|ProxyPassMatch can not have a path when defined in a location.";
                    return self.configuration.refuse(directive.refused_at(), what);
                }
                if let Some(odd) = unknown_parameter(directive, at + 1) {
                    return self.configuration.refuse(directive.refused_at(), format!("ProxyPass unknown Worker parameter ({odd})"));
                }
                if argument(at).is_empty() {
                    let what = "ProxyPass|ProxyPassMatch needs a path when not defined in a location";
                    return self.configuration.refuse(directive.refused_at(), what);
                }
                self.url(directive, at, &worker(directive, at + 1), scope, true);
            }
            "balancermember" => match url::read(argument(0)) {
                Ok(Led::Balancer(name)) => self.member(&name, directive, 1, scope),
                _ => self
                    .configuration
                    .refuse(directive.refused_at(), "BalancerMember must define balancer name when outside <Proxy > section"),
            },
            "rewriterule" => {
                let flags = argument(2).trim_start_matches('[').trim_end_matches(']');
                if flags.split(',').any(|flag| flag.eq_ignore_ascii_case("p") || flag.eq_ignore_ascii_case("proxy")) && argument(1) != "-" {
                    self.url(directive, 1, &Worker::default(), scope, false);
                }
            }
            "sethandler" | "addhandler" => {
                if let Some(place) = directive.arguments.first().and_then(|word| word.text.strip_prefix("proxy:")) {
                    let unknown = directive.arguments.first().is_some_and(|word| word.unknown);
                    self.led(place.to_owned(), unknown, directive, &Worker::default(), scope, false);
                }
            }
            "proxyremote" | "proxyremotematch" => self.url(directive, 1, &Worker::default(), scope, false),
            "proxyrequests" if argument(0).eq_ignore_ascii_case("on") => {
                let what = "it is a forward proxy: clients choose where it connects to; those legs are not audited";
                self.configuration.doubt(directive.place(), what);
            }
            "authldapurl" => self.directory(directive, scope),
            "sslusestapling" if argument(0).eq_ignore_ascii_case("on") => {
                let what = "it asks the OCSP responder that its certificate names: that leg is not audited";
                self.configuration.doubt(directive.place(), what);
            }
            "jkmount" | "jkworkersfile" | "dbdparams" | "mdomain" | "luahookfixups" | "luamaphandler" => {
                let what = format!("{} connects to what is told elsewhere: that leg is not audited", directive.name);
                self.configuration.doubt(directive.place(), what);
            }
            _ => {}
        }
    }

    /// A URL that one of a directive's arguments holds.
    fn url(&mut self, directive: &Directive, at: usize, worker: &Worker, scope: &Scope, strict: bool) {
        let Some(word) = directive.arguments.get(at) else { return };
        self.led(word.text.clone(), word.unknown, directive, worker, scope, strict);
    }

    fn led(&mut self, url: String, unknown: bool, directive: &Directive, worker: &Worker, scope: &Scope, strict: bool) {
        if unknown {
            let upstream = made(Target::Unknown(url), "http", directive.place(), worker, scope);
            return self.configuration.upstreams.push(upstream);
        }
        match url::read(&url) {
            Ok(Led::Nowhere) => {}
            Ok(Led::Balancer(name)) => {
                let balancer = self.balancers.entry(name).or_default();
                if balancer.wanted_by.len() < MOST_PLACES {
                    balancer.wanted_by.push(directive.place());
                }
            }
            Ok(Led::To(target, speaks)) => self.configuration.upstreams.push(made(target, speaks, directive.place(), worker, scope)),
            // A path of this server, where no URL has to be.
            Err(_) if !strict || url.starts_with('/') => {}
            Err(what) => self.configuration.refuse(directive.refused_at(), what),
        }
    }

    fn member(&mut self, balancer: &str, directive: &Directive, at: usize, scope: &Scope) {
        let word = directive.arguments.get(at);
        let text = word.map_or("", |word| word.text.as_str());
        let worker = worker(directive, at + 1);
        let (target, speaks) = match url::read(text) {
            _ if word.is_some_and(|word| word.unknown) => (Target::Unknown(text.to_owned()), "http"),
            Ok(Led::To(target, speaks)) => (target, speaks),
            _ => return self.configuration.refuse(directive.refused_at(), "BalancerMember Unable to parse URL"),
        };
        let upstream = made(target, speaks, directive.place(), &worker, scope);
        let made = Made { upstream, backup: worker.backup, down: worker.down, weight: worker.weight.unwrap_or(1) };
        self.balancers.entry(balancer.to_owned()).or_default().members.push(made);
    }

    /// `ldap://host:389/…`, several hosts divided by blanks.
    fn directory(&mut self, directive: &Directive, scope: &Scope) {
        let Some((scheme, rest)) = directive.argument(0).split_once("://") else { return };
        let hosts = rest.split('/').next().unwrap_or_default();
        for host in hosts.split(' ').filter(|host| !host.is_empty()) {
            if let Ok(Led::To(target, speaks)) = url::read(&format!("{scheme}://{host}")) {
                let upstream = made(target, speaks, directive.place(), &Worker::default(), scope);
                self.configuration.upstreams.push(Upstream { purpose: Purpose::Peer, ..upstream });
            }
        }
    }

    /// Adds the members of all balancers.
    pub fn finish(self) {
        for (name, balancer) in self.balancers {
            let Some(place) = balancer.place.or_else(|| Some(balancer.members.first()?.upstream.place.clone())) else { continue };
            if balancer.wanted_by.is_empty() && !balancer.members.is_empty() {
                let what = format!("nothing asks for balancer://{name}: its members are not audited");
                self.configuration.doubt(place, what);
                continue;
            }
            let group = self.configuration.groups.len();
            self.configuration.groups.push(Group { name, place });
            for made in balancer.members {
                let member = Member { group, backup: made.backup, down: made.down, weight: made.weight };
                let wanted_by = balancer.wanted_by.clone();
                self.configuration.upstreams.push(Upstream { member: Some(member), wanted_by, ..made.upstream });
            }
        }
    }
}

fn made(target: Target, speaks: &'static str, place: Place, worker: &Worker, scope: &Scope) -> Upstream {
    let timeout = worker.timeout.or(scope.proxy_timeout).or(scope.timeout).or(Some(TIMEOUT));
    Upstream {
        target,
        transport: Transport::Tcp,
        speaks,
        purpose: Purpose::Traffic,
        resolution: Resolution::StartConfigured,
        member: None,
        from: scope.from.clone(),
        timeouts: Timeouts { connect: worker.connect.or(timeout), send: timeout, read: timeout },
        place,
        wanted_by: Vec::new(),
    }
}

/// `key=value` words behind a URL.
fn worker(directive: &Directive, from: usize) -> Worker {
    let mut worker = Worker::default();
    for (key, value) in directive.arguments.iter().skip(from).filter_map(|word| word.text.split_once('=')) {
        match key.to_lowercase().as_str() {
            "connectiontimeout" => worker.connect = seconds(value),
            "timeout" => worker.timeout = seconds(value),
            "loadfactor" => worker.weight = value.split('.').next().and_then(|whole| whole.parse().ok()),
            "status" => {
                let mut on = true;
                for letter in value.chars() {
                    match letter.to_ascii_uppercase() {
                        '+' => on = true,
                        '-' => on = false,
                        'H' | 'R' => worker.backup = on,
                        'D' | 'S' => worker.down = on,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    worker
}

/// Parameters that a worker or a balancer takes (`set_worker_param`, `set_balancer_param`).
const PARAMETERS: [&str; 45] = [
    "acquire",
    "addressttl",
    "connectiontimeout",
    "disablereuse",
    "enablereuse",
    "failonstatus",
    "failontimeout",
    "flusher",
    "flushpackets",
    "flushwait",
    "forcerecovery",
    "growth",
    "hcexpr",
    "hcfails",
    "hcinterval",
    "hcmethod",
    "hcpasses",
    "hctemplate",
    "hcuri",
    "iobuffersize",
    "keepalive",
    "lbmethod",
    "lbset",
    "loadfactor",
    "mapping",
    "max",
    "maxattempts",
    "min",
    "nofailover",
    "nonce",
    "ping",
    "receivebuffersize",
    "redirect",
    "responsefieldsize",
    "retry",
    "route",
    "scolonpathdelim",
    "secret",
    "smax",
    "status",
    "stickysession",
    "stickysessionsep",
    "timeout",
    "ttl",
    "upgrade",
];

fn unknown_parameter(directive: &Directive, from: usize) -> Option<&str> {
    let keys = directive.arguments.iter().skip(from).filter(|word| !word.unknown).filter_map(|word| Some(word.text.split_once('=')?.0));
    keys.into_iter().find(|key| !PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(key)))
}

/// `5`, `500ms`, `1min` (`ap_timeout_parameter_parse`).
fn seconds(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    let number: u64 = digits.parse().ok()?;
    let millis = match unit.to_lowercase().as_str() {
        "" | "s" => 1000,
        "ms" => 1,
        "mi" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}
