//! One command of `iptables`: `-A INPUT -p tcp --dport 80 -j ACCEPT` (`do_parse`, xshared.c).

use std::sync::Arc;

use super::{Word, Wrong, canonical, known, of_protocol, value};
use crate::{
    model::IpVersion,
    ruleset::xtables::{
        Action, Counters, Header, Match, Rule, Target,
        extension::Foreign,
        header::{Address, Interface},
        options::{self, Given, Opt},
    },
};

/// A command.
#[derive(Debug)]
pub struct Command {
    pub verb: Verb,
    /// `-t`.
    pub table: Option<String>,
    /// Where its verb stands.
    pub at: usize,
    /// Where its target stands.
    pub target_at: usize,
}

/// What it does.
#[derive(Debug)]
pub enum Verb {
    Append(String, Vec<Rule>),
    /// The rules' number from 1.
    Insert(String, usize, Vec<Rule>),
    /// The rules' number from 1, and what takes its place.
    Replace(String, usize, Vec<Rule>),
    /// The first rules that say the same.
    Delete(String, Vec<Rule>),
    /// The rule of this number from 1.
    DeleteAt(String, usize),
    New(String),
    /// Empties a chain, or all.
    Flush(Option<String>),
    /// Takes away a chain that is empty and that no rule leads to, or all of them.
    DeleteChain(Option<String>),
    Rename(String, String),
    /// A chain, and whether its policy accepts.
    Policy(String, bool),
    /// It is about the other IP version, or changes nothing that is known here: it lists, checks or sets counters to zero.
    Nothing,
}

/// Options of the command itself, and their values.
const OWN: [(&str, &str, usize); 29] = [
    ("A", "append", 1),
    ("I", "insert", 1),
    ("D", "delete", 1),
    ("R", "replace", 2),
    ("C", "check", 1),
    ("L", "list", 0),
    ("S", "list-rules", 0),
    ("E", "rename-chain", 2),
    ("N", "new-chain", 1),
    ("P", "policy", 2),
    ("F", "flush", 0),
    ("X", "delete-chain", 0),
    ("Z", "zero", 0),
    ("t", "table", 1),
    ("s", "source", 1),
    ("s", "src", 1),
    ("d", "destination", 1),
    ("d", "dst", 1),
    ("i", "in-interface", 1),
    ("o", "out-interface", 1),
    ("p", "protocol", 1),
    ("f", "fragment", 0),
    ("m", "match", 1),
    ("j", "jump", 1),
    ("g", "goto", 1),
    ("c", "set-counters", 2),
    ("4", "ipv4", 0),
    ("6", "ipv6", 0),
    ("w", "wait", 0),
];

/// One of the rule's extensions.
enum Kind {
    Match(Match),
    Target(Target),
}

/// An extension, and which of its options were given.
struct Part {
    kind: Kind,
    given: Vec<&'static str>,
}

/// Where a rule is put, or taken away.
enum Place {
    End(String),
    Before(String, usize),
    InsteadOf(String, usize),
    Away(String),
    Nowhere,
}

/// A command being read.
struct Reader<'a> {
    words: &'a [Word],
    next: usize,
    version: IpVersion,
    command: Command,
    header: Header,
    sources: Vec<Address>,
    destinations: Vec<Address>,
    parts: Vec<Part>,
    action: Action,
    counters: Counters,
    other_version: bool,
    chain: Option<Place>,
}

impl Command {
    /// Reads the words of a command; `[packets:bytes]` may stand before it. What is wrong in a rule is told, and the rule takes its place with
    /// a match that is not known: what it says else still counts.
    pub fn read(words: &[Word], version: IpVersion) -> Result<(Self, Vec<Wrong>), Wrong> {
        let mut reader = Reader {
            words,
            next: 0,
            version,
            command: Self { verb: Verb::Nothing, table: None, at: 0, target_at: 0 },
            header: Header::ANY,
            sources: vec![Address::ANY],
            destinations: vec![Address::ANY],
            parts: Vec::new(),
            action: Action::None,
            counters: Counters::default(),
            other_version: false,
            chain: None,
        };
        if let Some(first) = words.first().filter(|word| word.text.starts_with('[')) {
            let bad = || Wrong::new(first.at, "counters are [packets:bytes]");
            reader.counters = value::counters(&first.text).ok_or_else(bad)?;
            reader.next = 1;
        }
        let mut faults = Vec::new();
        while reader.next < words.len() {
            if let Err(wrong) = reader.option() {
                if reader.chain.is_none() {
                    return Err(wrong);
                }
                reader.pass_over(&wrong);
                faults.push(wrong);
            }
        }
        faults.extend(reader.check());
        Ok((reader.finish(), faults))
    }
}

impl<'a> Reader<'a> {
    /// Goes on behind what is wrong, with the next option that every rule has. A match that is not known stands for what is passed over.
    fn pass_over(&mut self, wrong: &Wrong) {
        let first = self.words.iter().position(|word| word.at >= wrong.at).unwrap_or(self.words.len());
        self.next = self.next.max(first);
        let is_own = |word: &Word| word.text == "!" || OWN.iter().any(|(short, ..)| word.text.strip_prefix('-') == Some(short));
        while self.words.get(self.next).is_some_and(|word| !is_own(word)) {
            self.next += 1;
        }
        let passed = self.words[first..self.next].iter().map(|word| word.text.as_str());
        let text: Vec<_> = passed.filter(|text| !matches!(*text, "-m" | "--match")).collect();
        let foreign = Foreign { name: text.join(" ").into(), revision: 0, info: Box::default() };
        self.parts.push(Kind::Match(Match::Foreign(Box::new(foreign))).into());
    }

    /// What is missing in an extension.
    fn check(&mut self) -> Option<Wrong> {
        let rule = known(self.version, self.header.protocol);
        // Each is completed, also behind one that lacks something.
        let lacking: Vec<_> = self.parts.iter_mut().filter_map(|part| part.complete(&rule).err()).collect();
        let why = lacking.into_iter().next()?;
        let wrong = Wrong::new(self.words.last().map_or(0, |word| word.at), why);
        self.pass_over(&wrong);
        Some(wrong)
    }

    fn take(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// One option with what stands before and after it.
    fn option(&mut self) -> Result<(), Wrong> {
        let Some(mut word) = self.take() else { return Ok(()) };
        let mut inverted = false;
        while word.text == "!" && !word.quoted {
            inverted = !inverted;
            let at = word.at;
            word = self.take().ok_or_else(|| Wrong::new(at, "nothing follows '!'"))?;
        }
        if let Some(long) = word.text.strip_prefix("--") {
            let (name, attached) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            self.long(word, name, attached, inverted)
        } else if let Some(short) = word.text.strip_prefix('-').filter(|short| !short.is_empty()) {
            let (letter, rest) = short.split_at(short.chars().next().map_or(0, char::len_utf8));
            let known = OWN.iter().find(|(own, ..)| *own == letter).ok_or_else(|| unknown(word))?;
            // `-ptcp`, but `-nvL` is several.
            let attached = (!rest.is_empty() && known.2 > 0).then_some(rest);
            self.own(word, known.0, known.2, attached, inverted)
        } else {
            Err(Wrong::new(word.at, format!("'{}' is no option", word.text)))
        }
    }

    /// A long option: the extension that was named last has the first say (`xtables_merge_options`), an exact name goes before an
    /// abbreviation, and the protocol's own match is there without being named (`load_proto`).
    fn long(&mut self, word: &Word, name: &str, attached: Option<&str>, inverted: bool) -> Result<(), Wrong> {
        for _ in 0..2 {
            let exact = |part: &Part| part.options().iter().copied().find(|option| option.name == name);
            if let Some((at, option)) = self.parts.iter().enumerate().rev().find_map(|(at, part)| Some((at, exact(part)?))) {
                return self.given(word, at, option, attached, inverted);
            }
            if let Some((own, _, values)) = OWN.iter().find(|(_, long, _)| *long == name) {
                return self.own(word, own, *values, attached, inverted);
            }
            let begins = |part: &Part| part.options().iter().copied().filter(|option| option.name.starts_with(name)).collect::<Vec<_>>();
            let candidates: Vec<(usize, Opt)> = self
                .parts
                .iter()
                .enumerate()
                .rev()
                .flat_map(|(at, part)| begins(part).into_iter().map(move |option| (at, option)))
                .collect();
            let own: Vec<_> = OWN.iter().filter(|(_, long, _)| long.starts_with(name)).collect();
            match (candidates.as_slice(), own.as_slice()) {
                ([(at, option)], []) => return self.given(word, *at, *option, attached, inverted),
                ([], [(own, _, values)]) => return self.own(word, own, *values, attached, inverted),
                ([(at, option), others @ ..], []) if others.iter().all(|(_, other)| other.name == option.name) => {
                    return self.given(word, *at, *option, attached, inverted);
                }
                ([], []) => {}
                _ => return Err(Wrong::new(word.at, format!("--{name} may stand for several options"))),
            }
            if !self.load_protocol(name) {
                break;
            }
        }
        Err(unknown(word))
    }

    /// Names the protocol's own match if it has the option; tells whether it was not there.
    fn load_protocol(&mut self, option: &str) -> bool {
        let Some(name) = self.header.protocol.and_then(|protocol| of_protocol(protocol.number, self.version)) else { return false };
        let there = self.parts.iter().any(|part| matches!(&part.kind, Kind::Match(each) if each.name() == name));
        let has = |each: &Match| each.options().iter().any(|each| each.name.starts_with(option));
        match Match::start(name, &known(self.version, self.header.protocol)).filter(|each| !there && has(each)) {
            Some(each) => {
                // It stands where it would have been named: before what was named after the protocol, for it is the first that is needed.
                self.parts.push(Kind::Match(each).into());
                true
            }
            None => false,
        }
    }

    /// The values of an option; the first may have a `!` of the old notation before it.
    fn values(&mut self, word: &Word, count: usize, attached: Option<&str>, inverted: &mut bool) -> Result<[String; 2], Wrong> {
        let mut values = [String::new(), String::new()];
        for (at, value) in values.iter_mut().take(count).enumerate() {
            if let Some(attached) = attached.filter(|_| at == 0) {
                attached.clone_into(value);
                continue;
            }
            let lacking = || Wrong::new(word.at, format!("{} lacks its value", word.text));
            let mut next = self.take().ok_or_else(lacking)?;
            if at == 0 && next.text == "!" && !next.quoted {
                *inverted = !*inverted;
                next = self.take().ok_or_else(lacking)?;
            }
            value.clone_from(&next.text);
        }
        Ok(values)
    }

    /// An option of an extension.
    fn given(&mut self, word: &Word, part: usize, option: Opt, attached: Option<&str>, mut inverted: bool) -> Result<(), Wrong> {
        // An option that needs no value takes none that looks like another option.
        let next = self.words.get(self.next).is_some_and(|next| next.quoted || !next.text.starts_with(['-', '!']));
        let count = if option.optional && attached.is_none() && !next { 0 } else { option.values.into() };
        let [value, second] = self.values(word, count, attached, &mut inverted)?;
        let rule = known(self.version, self.header.protocol);
        let given = Given { name: option.name, inverted, value: &value, second: &second, rule };
        let part = &mut self.parts[part];
        let admitted = option.admit(inverted, &part.given);
        part.given.push(option.name);
        admitted
            .and_then(|()| match &mut part.kind {
                Kind::Match(each) => each.option(&given),
                Kind::Target(target) => target.option(&given),
            })
            .map_err(|why| Wrong::new(word.at, why))
    }

    /// An option of the command itself.
    fn own(&mut self, word: &Word, letter: &str, values: usize, attached: Option<&str>, mut inverted: bool) -> Result<(), Wrong> {
        let [value, second] = self.values(word, values, attached, &mut inverted)?;
        let wrong = |why: String| Wrong::new(word.at, why);
        let interface = || Interface::from_text(&value, inverted).ok_or_else(|| wrong(format!("'{value}' is no name of an interface")));
        match letter {
            "A" => self.chain = Some(Place::End(value)),
            "I" => self.chain = Some(Place::Before(value, self.number().unwrap_or(1))),
            "R" => {
                let number = second.parse().map_err(|_| wrong(format!("'{second}' is no number of a rule")))?;
                self.chain = Some(Place::InsteadOf(value, number));
            }
            "D" => match self.number() {
                Some(number) => self.command.verb = Verb::DeleteAt(value, number),
                None => self.chain = Some(Place::Away(value)),
            },
            "C" => self.chain = Some(Place::Nowhere),
            "E" => self.command.verb = Verb::Rename(value, second),
            "F" => self.command.verb = Verb::Flush(self.named()),
            "X" => self.command.verb = Verb::DeleteChain(self.named()),
            "L" | "S" | "Z" => _ = self.named().and_then(|_| self.number()),
            "N" => self.command.verb = Verb::New(value),
            "P" => {
                let accept = match second.as_str() {
                    "ACCEPT" => true,
                    "DROP" => false,
                    other => return Err(wrong(format!("'{other}' is no policy: ACCEPT or DROP"))),
                };
                self.command.verb = Verb::Policy(value, accept);
            }
            "t" => self.command.table = Some(value),
            "s" => self.sources = value::addresses(&value, inverted, self.version).map_err(wrong)?,
            "d" => self.destinations = value::addresses(&value, inverted, self.version).map_err(wrong)?,
            "i" => self.header.incoming = Some(Box::new(interface()?)).filter(|each| !each.is_any()),
            "o" => self.header.outgoing = Some(Box::new(interface()?)).filter(|each| !each.is_any()),
            "p" => self.header.protocol = Some(value::read_protocol(&value, inverted).map_err(wrong)?).filter(|each| each.number != 0),
            "f" if self.version == IpVersion::V6 => return Err(wrong("-f is not one of ip6tables'".into())),
            "f" => self.header.fragment = Some(!inverted),
            "m" => {
                let found = Match::start(canonical(&value), &known(self.version, self.header.protocol));
                let found = found.ok_or_else(|| wrong(format!("the match '{value}' is not known here")))?;
                self.parts.push(Kind::Match(found).into());
            }
            "j" => {
                self.command.target_at = word.at;
                self.action = match value.as_str() {
                    "ACCEPT" => Action::Accept,
                    "DROP" => Action::Drop,
                    "QUEUE" => Action::Queue,
                    "RETURN" => Action::Return,
                    name => match Target::start(name, &known(self.version, self.header.protocol)) {
                        // It takes its place when all of its options are read.
                        Some(target) => {
                            self.parts.push(Kind::Target(target).into());
                            Action::None
                        }
                        None => Action::Jump(Arc::from(name)),
                    },
                };
            }
            "g" => {
                self.command.target_at = word.at;
                self.action = Action::Goto(Arc::from(value));
            }
            "c" => {
                let number = |text: &str| text.parse().map_err(|_| wrong(format!("'{text}' is no number of packets or bytes")));
                self.counters = Counters { packets: number(&value)?, bytes: number(&second)? };
            }
            "4" => self.other_version |= self.version == IpVersion::V6,
            "6" => self.other_version |= self.version == IpVersion::V4,
            // It waits: nothing that is known here changes.
            _ => {}
        }
        if matches!(letter, "A" | "I" | "R" | "D" | "N" | "P" | "F" | "X" | "E") {
            self.command.at = word.at;
        }
        Ok(())
    }

    /// The number that may follow a chain.
    fn number(&mut self) -> Option<usize> {
        let number = self.words.get(self.next).and_then(|word| word.text.parse::<usize>().ok());
        self.next += usize::from(number.is_some());
        number
    }

    /// The chain that may follow a command.
    fn named(&mut self) -> Option<String> {
        let word = self.words.get(self.next).filter(|word| !word.text.starts_with(['-', '!']))?;
        self.next += 1;
        Some(word.text.clone())
    }

    fn finish(mut self) -> Command {
        if self.other_version {
            self.command.verb = Verb::Nothing;
            return self.command;
        }
        let Some(place) = self.chain.take() else { return self.command };
        let mut matches = Vec::new();
        for part in self.parts {
            match part.kind {
                Kind::Match(each) => matches.push(each),
                Kind::Target(target) => self.action = Action::Target(target),
            }
        }
        let mut rules = Vec::new();
        for source in &self.sources {
            for destination in &self.destinations {
                rules.push(Rule {
                    counters: self.counters,
                    header: Header { source: *source, destination: *destination, ..self.header.clone() },
                    matches: matches.clone(),
                    action: self.action.clone(),
                });
            }
        }
        self.command.verb = match place {
            Place::End(chain) => Verb::Append(chain, rules),
            Place::Before(chain, number) => Verb::Insert(chain, number, rules),
            Place::InsteadOf(chain, number) => Verb::Replace(chain, number, rules),
            Place::Away(chain) => Verb::Delete(chain, rules),
            Place::Nowhere => Verb::Nothing,
        };
        self.command
    }
}

impl From<Kind> for Part {
    fn from(kind: Kind) -> Self {
        Self { kind, given: Vec::new() }
    }
}

impl Part {
    fn options(&self) -> &'static [Opt] {
        match &self.kind {
            Kind::Match(each) => each.options(),
            Kind::Target(target) => target.options(),
        }
    }

    /// After all options of the rule: what is missing.
    fn complete(&mut self, rule: &options::Rule) -> Result<(), String> {
        self.options().iter().try_for_each(|option| option.complete(&self.given))?;
        let bare = self.given.is_empty();
        match &mut self.kind {
            Kind::Match(each) => each.complete(rule, bare),
            Kind::Target(target) => target.complete(rule, bare),
        }
    }
}

fn unknown(word: &Word) -> Wrong {
    Wrong::new(word.at, format!("the option {} is not known here", word.text))
}
