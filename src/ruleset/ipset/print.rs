//! Sets as `ipset save` writes them: a line that creates the set, and one for each element.

use std::fmt;

use super::{Element, Elements, Ipsets, Set};

/// All sets. Those whose elements were not read are told as comments, which `ipset restore` passes over.
pub fn save(ipsets: &Ipsets, out: &mut impl fmt::Write) -> fmt::Result {
    for set in &ipsets.sets {
        save_set(set, out)?;
    }
    Ok(())
}

/// One set.
pub fn save_set(set: &Set, out: &mut impl fmt::Write) -> fmt::Result {
    create(set, out)?;
    out.write_char('\n')?;
    match &set.elements {
        Elements::Whole(elements) => {
            for element in elements {
                add(set, element, out)?;
                out.write_char('\n')?;
            }
            Ok(())
        }
        Elements::AskedByKey { count: Some(count) } => writeln!(out, "# {count} elements of {} were not read", set.name),
        Elements::AskedByKey { count: None } => writeln!(out, "# the elements of {} were not read", set.name),
        Elements::Unknown(why) => writeln!(out, "# the elements of {} are not known: {why}", set.name),
    }
}

/// The line that creates a set (`list_create`), without its end.
pub fn create(set: &Set, out: &mut impl fmt::Write) -> fmt::Result {
    write!(out, "create {} {}", set.name, set.kind.map_or(set.kind_name.as_str(), |kind| kind.name))?;
    for name in set.kind.map_or(&[][..], |kind| kind.options) {
        set.options.print(*name, set.family, out)?;
    }
    Ok(())
}

/// The line that adds an element (`list_adt`), without its end.
pub fn add(set: &Set, element: &Element, out: &mut impl fmt::Write) -> fmt::Result {
    write!(out, "add {} ", set.name)?;
    for (at, part) in element.key.iter().enumerate() {
        if at > 0 {
            out.write_char(',')?;
        }
        write!(out, "{part}")?;
    }
    match &element.extensions {
        Some(extensions) => extensions.print(&element.key, out),
        None if element.key.iter().any(super::Part::is_wildcard) => out.write_str(" wildcard"),
        None => Ok(()),
    }
}
