//! The operator's own file: flows that must pass or must not, who the clients are, proxies, and findings that are allowed. TOML.

use ipnet::IpNet;
use jiff::civil::Date;
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use super::{
    Expression,
    expression::{Block, Hosts},
};

/// Where it is looked for if none is named.
pub const DEFAULT: &str = "/etc/clearway/clearway.toml";

/// What the operator wants.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub flows: Vec<Wanted>,
    /// Who the clients are; empty for anybody.
    pub clients: Vec<IpNet>,
    /// Kind and file of proxies, besides those that run.
    pub proxies: Vec<(String, String)>,
    pub allowances: Vec<Allowance>,
}

/// A flow, and what ought to become of it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub expression: Expression,
    pub expect: Expect,
    /// `/etc/clearway/clearway.toml:12`.
    pub place: String,
}

/// What ought to become of a flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    #[default]
    Pass,
    /// It must not get through.
    Block,
}

/// A finding that the operator knows of and accepts.
#[derive(Debug, Clone)]
pub struct Allowance {
    pub code: String,
    /// Only where the flow goes there: `203.0.113.10:443/tcp`.
    pub to: Option<String>,
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    pub place: String,
}

/// What is wrong with it, with its place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{name}:{line}:{column}: {message}")]
pub struct Error {
    pub name: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct File {
    flow: Vec<FileFlow>,
    clients: Vec<Spanned<String>>,
    proxy: Vec<FileProxy>,
    allow: Vec<FileAllowance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileFlow {
    flow: Spanned<String>,
    #[serde(default)]
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileProxy {
    kind: Spanned<String>,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAllowance {
    code: Spanned<String>,
    to: Option<String>,
    reason: Spanned<String>,
    until: Option<Spanned<Datetime>>,
}

impl Config {
    /// Reads the text of the file of this name. `codes` and `kinds` are what findings and proxies may be called.
    pub fn parse(name: &str, text: &str, codes: &[&str], kinds: &[&str]) -> Result<Self, Error> {
        let error = |at: usize, message: String| {
            let before = text.get(..at).unwrap_or(text);
            let column = before.chars().rev().take_while(|each| *each != '\n').count() + 1;
            Error { name: name.to_owned(), line: before.matches('\n').count() + 1, column, message }
        };
        let file: File =
            toml::from_str(text).map_err(|wrong| error(wrong.span().map_or(0, |span| span.start), wrong.message().to_owned()))?;
        let place = |at: usize| format!("{name}:{}", error(at, String::new()).line);
        let mut config = Self::default();
        for FileFlow { flow, expect } in file.flow {
            let at = flow.span().start;
            let expression = flow.get_ref().parse().map_err(|wrong: super::expression::Error| error(at, wrong.to_string()))?;
            config.flows.push(Wanted { expression, expect, place: place(at) });
        }
        for client in file.clients {
            let text = client.get_ref();
            let net = text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()));
            config.clients.push(net.map_err(|_| error(client.span().start, format!("'{text}' is neither an address nor a prefix")))?);
        }
        for FileProxy { kind, file } in file.proxy {
            if !kinds.contains(&kind.get_ref().as_str()) {
                return Err(error(kind.span().start, format!("there is no proxy '{}'; known are {}", kind.get_ref(), kinds.join(", "))));
            }
            config.proxies.push((kind.into_inner(), file));
        }
        for FileAllowance { code, to, reason, until } in file.allow {
            let at = code.span().start;
            if !codes.contains(&code.get_ref().as_str()) {
                return Err(error(at, format!("there is no finding '{}'; `clearway explain` lists them", code.get_ref())));
            }
            if reason.get_ref().trim().is_empty() {
                return Err(error(reason.span().start, "an allowance needs a reason".into()));
            }
            let until =
                until.map(|until| date(until.get_ref()).ok_or_else(|| error(until.span().start, "it reads like 2027-01-31".into())));
            config.allowances.push(Allowance {
                code: code.into_inner(),
                to,
                reason: reason.into_inner(),
                until: until.transpose()?,
                place: place(at),
            });
        }
        Ok(config)
    }

    /// The clients of a flow that anybody may send, as the operator knows them: of the versions that the destination has.
    #[must_use]
    pub fn clients_to(&self, destination: &Hosts) -> Option<Hosts> {
        let fits = |net: &&IpNet| match destination {
            Hosts::Blocks(blocks) => blocks.iter().any(|block| block.version() == Block::Prefix(**net).version()),
            _ => true,
        };
        let nets: Vec<_> = self.clients.iter().filter(fits).map(|net| Block::Prefix(*net)).collect();
        (!nets.is_empty()).then_some(Hosts::Blocks(nets))
    }
}

impl Allowance {
    /// Whether it is for such a finding, and holds on this day.
    #[must_use]
    pub fn covers(&self, code: &str, to: &str, today: Date) -> bool {
        self.code == code && self.to.as_deref().is_none_or(|wanted| wanted == to) && !self.has_ended(today)
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn has_ended(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

fn date(written: &Datetime) -> Option<Date> {
    let date = written.date.filter(|_| written.time.is_none())?;
    Date::new(date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse("c", text, &["client-blocked"], &["nginx"]).map_err(|error| error.to_string())
    }

    #[test]
    fn all_that_it_can_say() {
        let text = "clients = [\"10.0.0.0/8\", \"192.0.2.7\", \"2001:db8::/32\"]\n\
            [[flow]]\nflow = \"tcp any -> 10.0.0.5:443\"\n[[flow]]\nflow = \"tcp any -> local:8080\"\nexpect = \"block\"\n\
            [[proxy]]\nkind = \"nginx\"\nfile = \"/srv/nginx.conf\"\n\
            [[allow]]\ncode = \"client-blocked\"\nto = \"10.0.0.5:443/tcp\"\nreason = \"moved\"\nuntil = 2027-01-31\n";
        let config = parse(text).expect("it is right");
        assert_eq!(
            config.flows.iter().map(|flow| (flow.expect, flow.place.as_str())).collect::<Vec<_>>(),
            [(Expect::Pass, "c:3"), (Expect::Block, "c:5")]
        );
        assert_eq!(config.clients_to(&Hosts::Any).map(|hosts| hosts.to_string()).as_deref(), Some("10.0.0.0/8,192.0.2.7,2001:db8::/32"));
        assert_eq!(config.proxies, [("nginx".to_owned(), "/srv/nginx.conf".to_owned())]);
        let [allowance] = &config.allowances[..] else { panic!("{config:?}") };
        let day = |day| Date::new(2027, 1, day).expect("a day");
        assert!(allowance.covers("client-blocked", "10.0.0.5:443/tcp", day(31)));
        assert!(!allowance.covers("client-blocked", "10.0.0.6:443/tcp", day(31)));
        assert!(!allowance.covers("reply-blocked", "10.0.0.5:443/tcp", day(31)));
        assert!(allowance.has_ended(Date::new(2027, 2, 1).expect("a day")));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, wanted) in [
            ("clints = []\n", "c:1:1: unknown field `clints`"),
            ("\n[[flow]]\nflow = \"tcp any\"\n", "c:3:8: "),
            ("[[flow]]\nflow = \"tcp any -> local:1\"\nexpect = \"maybe\"\n", "c:3:10: unknown variant `maybe`"),
            ("clients = [\"10.0.0.0/40\"]\n", "c:1:12: '10.0.0.0/40' is neither"),
            ("[[proxy]]\nkind = \"squid\"\nfile = \"x\"\n", "c:2:8: there is no proxy 'squid'; known are nginx"),
            ("[[allow]]\ncode = \"x\"\nreason = \"y\"\n", "c:2:8: there is no finding 'x'"),
            ("[[allow]]\ncode = \"client-blocked\"\nreason = \" \"\n", "c:3:10: an allowance needs a reason"),
            ("[[allow]]\ncode = \"client-blocked\"\n", "c:1:1: missing field `reason`"),
            ("[[allow]]\ncode = \"client-blocked\"\nreason = \"y\"\nuntil = 2027-01-31T10:00:00Z\n", "c:4:9: it reads like"),
            ("clients = [\n", "c:"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(wanted), "{text}: {error}");
        }
    }
}
