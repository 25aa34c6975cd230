//! How rules name sets: `foo src,dst`.

use smallvec::SmallVec;

use super::{Ipsets, part::name};

/// Which end of a packet a part of a key is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Source,
    Destination,
}

/// The most sides that a rule names (`IPSET_DIM_MAX`).
pub const MOST_SIDES: usize = 6;

/// A set as a rule names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The kernel's number of the set; none in a text.
    pub index: Option<u16>,
    /// Its name; in the kernel's rules there is only the number, until [`Self::resolve`] has looked it up.
    pub name: Option<Box<str>>,
    /// The end of the packet for each part of the key.
    pub sides: SmallVec<[Side; 3]>,
}

impl Reference {
    /// From the kernel's structure (`struct xt_set_info`): bit n of `flags` is set where side n, from 1, is the source.
    #[must_use]
    pub fn of_kernel(index: u16, dimensions: u8, flags: u8) -> Self {
        let side = |at: usize| if flags >> (at + 1) & 1 == 1 { Side::Source } else { Side::Destination };
        Self { index: Some(index), name: None, sides: (0..usize::from(dimensions).min(MOST_SIDES)).map(side).collect() }
    }

    /// From the two words of an option (`parse_dirs`, libxt_set.h): of a side only the first three letters count.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(set: &str, sides: &str) -> Result<Self, String> {
        name::check(set)?;
        let side = |text: &str| match text.get(..3) {
            Some("src") => Ok(Side::Source),
            Some("dst") => Ok(Side::Destination),
            _ => Err(format!("'{sides}' is not a list of src and dst")),
        };
        let sides: SmallVec<[Side; 3]> = sides.split(',').map(side).collect::<Result<_, _>>()?;
        if sides.len() > MOST_SIDES {
            return Err(format!("there are more than {MOST_SIDES} sides"));
        }
        Ok(Self { index: None, name: Some(set.into()), sides })
    }

    /// Looks the name up.
    pub fn resolve(&mut self, ipsets: &Ipsets) {
        if let (None, Some(index)) = (&self.name, self.index) {
            self.name = ipsets.by_index(index).map(|set| set.name.as_str().into());
        }
    }

    /// The name, or the number where there is none.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.name, self.index) {
            (Some(name), _) => name.to_string(),
            (None, Some(index)) => format!("#{index}"),
            (None, None) => String::new(),
        }
    }

    /// `src,dst`.
    #[must_use]
    pub fn shown_sides(&self) -> String {
        let words = self.sides.iter().map(|side| if *side == Side::Source { "src" } else { "dst" });
        words.collect::<Vec<_>>().join(",")
    }
}
