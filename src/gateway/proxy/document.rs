//! YAML, JSON and TOML files as one kind of tree, each value with its place.

use std::{fmt, sync::Arc};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::de::{DeTable, DeValue};

use super::Place;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub value: Value,
    /// From 1.
    pub line: u32,
    pub column: u32,
}

/// What a document holds. Numbers and truth are texts: proxies read them so as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    #[default]
    Nothing,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    pub what: String,
    pub line: u32,
    pub column: u32,
}

impl Node {
    /// A member of a map, by its name in any case and with or without underscores: so Traefik and Envoy read names.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let letters = |text: &str| text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
        let wanted = letters(name);
        self.members().iter().find(|(key, _)| letters(key) == wanted).map(|(_, node)| node)
    }

    /// A member of a member and so on.
    #[must_use]
    pub fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The members of a map; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        if let Value::Map(members) = &self.value { members } else { &[] }
    }

    /// The parts of a list; none of anything else.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        if let Value::List(list) = &self.value { list } else { &[] }
    }

    /// A text, a number, or a truth.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The text of a member.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// Where it stands in a file.
    #[must_use]
    pub fn place(&self, file: &Arc<str>) -> Place {
        Place { file: Arc::clone(file), line: self.line, column: self.column }
    }
}

/// Reads YAML, of which JSON is a part. Aliases, depth and size are bounded by the parser's budget.
pub fn yaml(text: &str) -> Result<Node, Malformed> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MOST_NODES, max_events: MOST_NODES * 4, max_total_scalar_bytes: MOST_BYTES },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPLAYED },
    };
    let spanned: serde_saphyr::Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location();
        let number = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(1);
        let what = error.without_snippet().to_string();
        Malformed { what, line: number(place.map(|place| place.line())), column: number(place.map(|place| place.column())) }
    })?;
    Ok(node(spanned))
}

/// A document of more values is none.
const MOST_NODES: usize = 2_000_000;

/// What aliases stand for, all together.
const MOST_REPLAYED: usize = 200_000;

/// All texts of a document together.
const MOST_BYTES: usize = 64 << 20;

fn node(spanned: serde_saphyr::Spanned<Raw>) -> Node {
    let place = spanned.referenced;
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Node { value: spanned.value.0, line: number(place.line()), column: number(place.column()) }
}

/// A value as the parser hands it out.
struct Raw(Value);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw(Value::Nothing))
            }

            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw(Value::Nothing))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
                Raw::deserialize(deserializer)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_string())))
            }

            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw(Value::Text(value.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let mut list = Vec::new();
                while let Some(next) = access.next_element::<serde_saphyr::Spanned<Raw>>()? {
                    list.push(node(next));
                }
                Ok(Raw(Value::List(list)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = access.next_key::<String>()? {
                    members.push((key, node(access.next_value::<serde_saphyr::Spanned<Raw>>()?)));
                }
                Ok(Raw(Value::Map(members)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Reads TOML.
pub fn toml(text: &str) -> Result<Node, Malformed> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => {
            let (line, column) = lines.place(table.span().start);
            Ok(Node { value: from_table(table.get_ref(), &lines), line, column })
        }
        Err(error) => {
            let (line, column) = lines.place(error.span().map_or(0, |span| span.start));
            Err(Malformed { what: error.message().to_owned(), line, column })
        }
    }
}

fn from_table(table: &DeTable<'_>, lines: &Lines<'_>) -> Value {
    Value::Map(table.iter().map(|(key, value)| (key.get_ref().to_string(), from_toml(value, lines))).collect())
}

fn from_toml(spanned: &toml::Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let (line, column) = lines.place(spanned.span().start);
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Text(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Text(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Value::Text(truth.to_string()),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(array) => Value::List(array.iter().map(|each| from_toml(each, lines)).collect()),
        DeValue::Table(table) => from_table(table, lines),
    };
    Node { value, line, column }
}

/// Where lines begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of an offset.
    fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        (number(line), number(column + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_languages_make_one_tree() {
        let yaml_ = yaml("a:\n  - b: 80\n    c: no\n").expect("YAML");
        let json = yaml("{\n\t\"a\": [\n\t\t{\"b\": 80,\n\t\t\"c\": \"no\"}\n\t]\n}\n").expect("JSON with tabs");
        let toml_ = toml("[[a]]\nb = 80\nc = \"no\"\n").expect("TOML");
        for tree in [&yaml_, &json, &toml_] {
            let first = &tree.get("A").expect("a").list()[0];
            assert_eq!(first.text_of("b"), Some("80"), "{tree:?}");
        }
        let place = |tree: &Node| tree.get("a").and_then(|list| list.list()[0].get("b")).map(|node| (node.line, node.column));
        assert_eq!([place(&yaml_), place(&json), place(&toml_)], [Some((2, 8)), Some((3, 9)), Some((2, 5))]);
        assert_eq!(yaml("a: [1\nb: 2\n").map_err(|error| error.line > 0), Err(true));
        assert_eq!(toml("a = \n").map_err(|error| error.line), Err(1));
    }

    #[test]
    fn bombs_end() {
        let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (of, name) in "abcdefghi".chars().zip("bcdefghij".chars()) {
            text.push_str(&format!("{name}: &{name} [*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of}]\n"));
        }
        assert!(yaml(&text).is_err());
        assert!(yaml(&"[".repeat(100_000)).is_err());
        assert!(toml(&format!("a = {}", "[".repeat(100_000))).is_err());
    }
}
