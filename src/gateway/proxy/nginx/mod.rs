//! nginx.
//!
//! [`lexer`] and [`tree`] read files into directives as `ngx_conf_parse` does; [`known`] tells what nginx refuses; [`scope`], [`variables`],
//! [`group`], [`pass`] and [`listen`] say what they mean. Semantics are those of nginx 1.22 to 1.29.

mod address;

mod condition;

mod group;

mod known;

mod lexer;

mod listen;

mod lua;

mod named;

mod order;

mod pass;

mod scope;

mod start;

mod time;

mod tree;

mod variables;

use super::{Configuration, Files, Invocation, Place, Purpose, Transport};
use group::Groups;
use known::{Context, Verdict};
use pass::Module;
use scope::Scope;
use tree::Directive;
use variables::Variables;

/// nginx, also by the names of those who build on it.
pub const READER: super::Reader = super::Reader {
    kind: "nginx",
    programs: &["nginx", "openresty", "angie", "tengine", "freenginx"],
    invocation: start::invocation,
    read,
};

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut configuration = Configuration::default();
    let mut main = Vec::new();
    let mut reader = tree::Reader::new(files, &invocation.folder, &mut configuration);
    // `-g` is read before the file (`ngx_init_cycle`).
    for text in &invocation.arguments {
        main.extend(reader.text("-g", text, 0));
    }
    for file in &invocation.files {
        main.extend(reader.file(file, None, 0));
    }
    let mut reading = Reading {
        unprivileged: invocation.uid.is_some_and(|uid| uid != 0),
        running: invocation.process.is_some(),
        code: false,
        configuration,
    };
    reading.main(&main);
    order::sort(&main, &mut reading.configuration.faults);
    if !main.iter().any(|directive| directive.is("events")) && reading.configuration.faults.is_empty() {
        let file = invocation.files.first().map_or("", String::as_str);
        reading.configuration.refuse(Place::whole(file), "no \"events\" section in configuration");
    }
    reading.configuration
}

struct Reading {
    /// Whether someone else than root starts it.
    unprivileged: bool,
    /// Whether it runs: then it took what we don't know.
    running: bool,
    /// Whether it was told that there is code.
    code: bool,
    configuration: Configuration,
}

impl Reading {
    fn main(&mut self, main: &[Directive]) {
        self.check(main, Context::Main, 0);
        let scope = Scope::new(main, None);
        if !self.unprivileged {
            self.configuration.user = scope.setting("user").and_then(|user| user.argument(0)).map(str::to_owned);
        }
        named::logs(&scope, &mut self.configuration);
        for block in main {
            match block.name.text.as_str() {
                "http" => self.module(block, &scope, false),
                "stream" => self.module(block, &scope, true),
                "mail" => self.mail(block, &scope),
                _ => {}
            }
        }
    }

    /// What nginx would refuse, in this block and those inside.
    fn check(&mut self, block: &[Directive], context: Context, depth: usize) {
        for again in known::duplicates(block, context) {
            self.configuration.refuse(again.refused_at(), format!("\"{}\" directive is duplicate", again.name.text));
        }
        for directive in block {
            match known::look(directive, context) {
                Verdict::Fine(inside) if depth < DEEPEST && !lua::is_block(&directive.name.text) => {
                    self.check(directive.children(), inside, depth + 1);
                }
                Verdict::Fine(_) => {}
                Verdict::Refused(what) if self.running && what.starts_with("unknown directive") => {
                    self.configuration.doubt(directive.place(), format!("{what}: what its module does is not known"));
                }
                Verdict::Refused(what) => self.configuration.refuse(directive.refused_at(), what),
                Verdict::Foreign => self.foreign(directive),
            }
        }
    }

    /// Code in the configuration may connect wherever it likes.
    fn foreign(&mut self, directive: &Directive) {
        if directive.name.text.contains("_by_lua") && !self.code {
            self.code = true;
            self.configuration.doubt(directive.place(), "Lua code here may open connections of its own: those legs are not audited");
        }
    }

    fn module(&mut self, block: &Directive, main: &Scope<'_>, stream: bool) {
        let scope = Scope::new(block.children(), Some(main));
        let groups = Groups::of(block.children(), &mut self.configuration);
        let variables = Variables::of(block.children());
        let mut module = Module { groups, variables, stream, any: None, resolves: false };
        named::logs(&scope, &mut self.configuration);
        named::resolvers(&scope, &mut self.configuration);
        for server in block.children().iter().filter(|each| each.is("server") && each.block.is_some()) {
            let context = if stream { Context::Stream } else { Context::Http };
            let listens = listen::of_server(server, context, self.unprivileged, &mut self.configuration);
            let mut transports: Vec<Transport> = listens.iter().filter(|_| stream).map(|listen| listen.transport).collect();
            transports.sort_unstable();
            transports.dedup();
            if transports.is_empty() {
                transports.push(Transport::Tcp);
            }
            self.configuration.listens.extend(listens);
            self.block(server, &scope, &transports, &mut module, 0);
        }
        let default = (!stream).then_some(80);
        module.groups.upstreams(module.any.as_ref(), default, &mut self.configuration);
    }

    /// A server or location with the locations inside.
    fn block(&mut self, block: &Directive, outer: &Scope<'_>, transports: &[Transport], module: &mut Module<'_>, depth: usize) {
        let scope = Scope::new(block.children(), Some(outer));
        pass::of_block(&scope, transports, module, &mut self.configuration);
        named::logs(&scope, &mut self.configuration);
        named::resolvers(&scope, &mut self.configuration);
        named::responders(&scope, &mut self.configuration);
        let inner = |each: &&Directive| matches!(each.name.text.as_str(), "location" | "if" | "limit_except");
        for inside in block.children().iter().filter(inner).filter(|_| depth < DEEPEST) {
            self.block(inside, &scope, transports, module, depth + 1);
        }
    }

    fn mail(&mut self, block: &Directive, main: &Scope<'_>) {
        let scope = Scope::new(block.children(), Some(main));
        named::resolvers(&scope, &mut self.configuration);
        named::auth_http(&scope, &mut self.configuration);
        for server in block.children().iter().filter(|each| each.is("server") && each.block.is_some()) {
            let listens = listen::of_server(server, Context::Mail, self.unprivileged, &mut self.configuration);
            self.configuration.listens.extend(listens);
            let scope = Scope::new(server.children(), Some(&scope));
            named::resolvers(&scope, &mut self.configuration);
            named::auth_http(&scope, &mut self.configuration);
            let place = server.place();
            self.configuration.doubt(place, "the answer of auth_http tells where mail is handed on to: that leg is not audited");
        }
    }
}

/// Locations in locations beyond this are no configuration.
const DEEPEST: usize = 100;

impl Configuration {
    /// Whether anything with this purpose is known at a place.
    fn knows(&self, purpose: Purpose, place: &super::Place) -> bool {
        self.upstreams.iter().rev().take(64).any(|upstream| upstream.purpose == purpose && upstream.place == *place)
    }
}

#[cfg(test)]
mod tests;
