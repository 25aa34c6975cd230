//! The commands of a text: `create`, `add` and what else changes sets.

use rustc_hash::FxHashMap;

use super::{
    super::{Dimension, Element, Elements, Extensions, Family, Ipsets, Key, Kind, Options, Part, Set, part},
    words::{Fault, Word},
};

/// A text with more elements than this is not read to its end.
const MOST_ELEMENTS: usize = 4 << 20;

/// What a command does.
#[derive(Debug, Clone, Copy)]
enum Command {
    Create,
    Add,
    Delete,
    Flush,
    Destroy,
    Rename,
    Swap,
    /// It ended a dump, or asked for it.
    Nothing,
}

fn command(word: &str) -> Option<Command> {
    Some(match word {
        "create" | "n" | "-N" | "--create" => Command::Create,
        "add" | "-A" | "--add" => Command::Add,
        "del" | "-D" | "--del" => Command::Delete,
        "flush" | "-F" | "--flush" => Command::Flush,
        "destroy" | "x" | "-X" | "--destroy" => Command::Destroy,
        "rename" | "e" | "-E" | "--rename" => Command::Rename,
        "swap" | "w" | "-W" | "--swap" => Command::Swap,
        "COMMIT" | "save" | "-S" | "list" | "-L" | "restore" | "-R" | "version" | "-v" | "quit" | "exit" => Command::Nothing,
        _ => return None,
    })
}

/// Whether a word is a command.
pub fn is_command(word: &str) -> bool {
    command(word).is_some()
}

/// Sets while a text is read.
#[derive(Default)]
pub struct Reader {
    sets: Vec<Open>,
    names: FxHashMap<String, usize>,
    /// How many elements were added so far.
    added: usize,
}

/// A set while elements are added to it.
struct Open {
    set: Set,
    elements: Vec<Option<Element>>,
    /// Where each key stands; made when it is first needed.
    places: Option<FxHashMap<Key, usize>>,
}

impl Reader {
    /// Does what a line says.
    pub fn line(&mut self, words: &[Word<'_>]) -> Result<(), Fault> {
        let options = words.iter().take_while(|word| matches!(&*word.text, "-exist" | "-!" | "-quiet" | "-q")).count();
        let Some((word, words)) = words.get(options..).and_then(<[_]>::split_first) else { return Ok(()) };
        let at = word.column;
        match command(&word.text) {
            Some(Command::Create) => self.create(at, words),
            Some(Command::Add) => self.add(at, words),
            Some(Command::Delete) => self.delete(at, words),
            Some(Command::Flush) => self.flush(words),
            Some(Command::Destroy) => {
                self.destroy(words);
                Ok(())
            }
            Some(Command::Rename) => self.rename(at, words),
            Some(Command::Swap) => self.swap(at, words),
            Some(Command::Nothing) => Ok(()),
            None => Err((at, format!("{} is no command of ipset", word.text.chars().take(40).collect::<String>()))),
        }
    }

    /// The sets, those that were destroyed left out.
    pub fn finish(self) -> Ipsets {
        let close = |open: Open| Set { elements: Elements::Whole(open.elements.into_iter().flatten().collect()), ..open.set };
        Ipsets { sets: self.sets.into_iter().filter(|open| !open.set.name.is_empty()).map(close).collect(), incomplete: Vec::new() }
    }

    fn create(&mut self, at: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        let [name, kind_name, words @ ..] = words else { return Err((at, "create takes a name and a type".into())) };
        part::name::check(&name.text).map_err(|why| (name.column, why))?;
        let kind = Kind::named(&kind_name.text).ok_or_else(|| (kind_name.column, format!("{} is no type of sets", kind_name.text)))?;
        let mut options = Options::default();
        let mut family = match kind.dimensions {
            _ if kind.of_family => Family::V4,
            [Dimension::Ip, ..] => Family::V4,
            _ => Family::Any,
        };
        let mut rest = words;
        // The family first: masks are read by it.
        if let Some(at) = rest.iter().position(|word| word.text == "family")
            && let Some(value) = rest.get(at + 1)
        {
            options.parse("family", Some(&value.text), kind, &mut family).map_err(|why| (value.column, why))?;
        }
        while let [word, after @ ..] = rest {
            rest = after;
            if matches!(&*word.text, "-exist" | "-!") {
                continue;
            }
            let value = after.first();
            let took = options.parse(&word.text, value.map(|word| &*word.text), kind, &mut family).map_err(|why| (word.column, why))?;
            rest = if took { after.get(1..).unwrap_or_default() } else { after };
        }
        let name = name.text.clone().into_owned();
        let set = Set {
            name: name.clone(),
            kind_name: kind.name.to_owned(),
            kind: Some(kind),
            family,
            revision: None,
            index: None,
            options,
            elements: Elements::AskedByKey { count: None },
        };
        let open = Open { set, elements: Vec::new(), places: None };
        // Created anew, as in several dumps one after the other: the last one counts.
        match self.names.get(&name).and_then(|at| self.sets.get_mut(*at)) {
            Some(old) => *old = open,
            None => {
                self.names.insert(name, self.sets.len());
                self.sets.push(open);
            }
        }
        Ok(())
    }

    fn add(&mut self, at: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        let [name, key, words @ ..] = words else { return Err((at, "add takes a set and an element".into())) };
        let mut keys = self.open(name)?.keys(key)?;
        self.added = self.added.saturating_add(keys.len());
        if self.added > MOST_ELEMENTS {
            return Err((at, format!("there are more than {MOST_ELEMENTS} elements")));
        }
        let mut extensions = Extensions::default();
        let mut rest = words;
        while let [word, after @ ..] = rest {
            rest = after;
            match &*word.text {
                "-exist" | "-!" => continue,
                "wildcard" => {
                    for part in keys.iter_mut().flatten() {
                        if let Part::Interface(interface) = part {
                            interface.wildcard = true;
                        }
                    }
                    continue;
                }
                // The place in a list decides nothing about packets.
                "before" | "after" => {
                    rest = after.get(1..).unwrap_or_default();
                    continue;
                }
                _ => {}
            }
            let value = after.first().map(|word| &*word.text);
            let took = extensions.parse(&word.text, value).map_err(|why| (word.column, why))?;
            rest = if took { after.get(1..).unwrap_or_default() } else { after };
        }
        let open = self.open(name)?;
        for key in keys {
            open.put(Element { key, extensions: extensions.clone().boxed() });
        }
        Ok(())
    }

    fn delete(&mut self, at: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        let [name, key, ..] = words else { return Err((at, "del takes a set and an element".into())) };
        let open = self.open(name)?;
        for key in open.keys(key)? {
            if let Some(at) = open.places().remove(&key)
                && let Some(place) = open.elements.get_mut(at)
            {
                *place = None;
            }
        }
        Ok(())
    }

    fn flush(&mut self, words: &[Word<'_>]) -> Result<(), Fault> {
        match words {
            [] => self.sets.iter_mut().for_each(Open::clear),
            [name, ..] => self.open(name)?.clear(),
        }
        Ok(())
    }

    /// Often done in case the set is there: no complaint if it is not.
    fn destroy(&mut self, words: &[Word<'_>]) {
        let Some(name) = words.first() else {
            *self = Self { added: self.added, ..Self::default() };
            return;
        };
        if let Some(open) = self.names.remove(&*name.text).and_then(|at| self.sets.get_mut(at)) {
            open.set.name.clear();
            open.clear();
        }
    }

    fn rename(&mut self, at: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        let [from, to, ..] = words else { return Err((at, "rename takes two names".into())) };
        part::name::check(&to.text).map_err(|why| (to.column, why))?;
        if self.names.contains_key(&*to.text) {
            return Err((to.column, format!("there is a set {} already", to.text)));
        }
        let to = to.text.clone().into_owned();
        self.open(from)?.set.name.clone_from(&to);
        if let Some(place) = self.names.remove(&*from.text) {
            self.names.insert(to, place);
        }
        Ok(())
    }

    fn swap(&mut self, at: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        let [one, other, ..] = words else { return Err((at, "swap takes two names".into())) };
        let (first, second) = (self.place(one)?, self.place(other)?);
        self.names.insert(one.text.clone().into_owned(), second);
        self.names.insert(other.text.clone().into_owned(), first);
        for (place, name) in [(second, one), (first, other)] {
            if let Some(open) = self.sets.get_mut(place) {
                open.set.name = name.text.clone().into_owned();
            }
        }
        Ok(())
    }

    fn place(&self, name: &Word<'_>) -> Result<usize, Fault> {
        self.names.get(&*name.text).copied().ok_or_else(|| (name.column, format!("there is no set {}", name.text)))
    }

    fn open(&mut self, name: &Word<'_>) -> Result<&mut Open, Fault> {
        let place = self.place(name)?;
        self.sets.get_mut(place).ok_or_else(|| (name.column, format!("there is no set {}", name.text)))
    }
}

impl Open {
    /// The keys that a text means: one, or those of its ranges.
    fn keys(&self, word: &Word<'_>) -> Result<Vec<Key>, Fault> {
        let dimensions = self.set.kind.map_or(&[][..], |kind| kind.dimensions);
        let mut keys = vec![Key::new()];
        let mut pieces = word.text.split(',');
        let mut column = word.column;
        for (at, dimension) in dimensions.iter().enumerate() {
            let Some(piece) = pieces.next() else {
                // `last_elem_optional` of bitmap:ip,mac.
                if *dimension == Dimension::Mac && at > 0 && self.set.kind.is_some_and(|kind| !kind.of_family) {
                    break;
                }
                return Err((word.column, format!("a key of {} has {} parts", self.set.kind_name, dimensions.len())));
            };
            let mut parts = Part::parse(*dimension, piece, self.set.family).map_err(|why| (column, why))?;
            parts.iter_mut().for_each(|part| self.mask(part));
            parts.dedup();
            if keys.len().saturating_mul(parts.len()) > part::MOST {
                return Err((column, format!("{} is more than {} elements", word.text, part::MOST)));
            }
            keys = match parts.as_slice() {
                [part] => {
                    keys.iter_mut().for_each(|key| key.push(part.clone()));
                    keys
                }
                parts => keys.iter().flat_map(|key| parts.iter().map(|part| key.iter().cloned().chain([part.clone()]).collect())).collect(),
            };
            column += piece.len() + 1;
        }
        match pieces.next() {
            None => Ok(keys),
            Some(_) => Err((column, format!("a key of {} has {} parts", self.set.kind_name, dimensions.len()))),
        }
    }

    /// Cuts an address to the set's mask, a mark to its mark mask.
    fn mask(&self, part: &mut Part) {
        let options = &self.set.options;
        match part {
            Part::Address(net) if options.net_mask.is_some() || options.bit_mask.is_some() => {
                let address = part::address::number_of(net.addr()) & options.mask(self.set.family);
                let address = part::address::address_of(address, self.set.family);
                *net = ipnet::IpNet::new(address, net.prefix_len()).unwrap_or(*net);
            }
            Part::Mark(mark) => *mark &= options.mark_mask.unwrap_or(u32::MAX),
            _ => {}
        }
    }

    fn places(&mut self) -> &mut FxHashMap<Key, usize> {
        self.places.get_or_insert_with(|| {
            let elements = self.elements.iter().enumerate();
            elements.filter_map(|(at, element)| element.as_ref().map(|element| (element.key.clone(), at))).collect()
        })
    }

    /// Adds an element, in the place of one with the same key.
    fn put(&mut self, element: Element) {
        let at = self.elements.len();
        if let Some(places) = &mut self.places
            && let Some(old) = places.insert(element.key.clone(), at).and_then(|old| self.elements.get_mut(old))
        {
            *old = None;
        }
        self.elements.push(Some(element));
    }

    fn clear(&mut self) {
        self.elements.clear();
        self.places = None;
    }
}
