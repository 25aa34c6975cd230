//! How many lines were right.

use std::fmt;

/// Of one extension, or of all.
#[derive(Default)]
pub struct Tally {
    /// Rules of the kernel's own tables, printed as iptables-save does.
    pub legacy: Share,
    /// Those of nf_tables.
    pub nft: Share,
    /// Read as text, and printed so.
    pub text: Share,
    /// Refused as text, as iptables does.
    pub refused: Share,
    /// Lines that can't be loaded here.
    pub absent: usize,
    /// Of all that were wrong.
    pub complaints: Vec<String>,
}

/// So many of so many.
#[derive(Default)]
pub struct Share {
    right: usize,
    all: usize,
    complaints: Vec<String>,
}

impl Share {
    pub fn count(&mut self, right: bool, complaint: impl FnOnce() -> String) {
        self.all += 1;
        self.right += usize::from(right);
        if !right {
            self.complaints.push(complaint());
        }
    }

    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.all += other.all;
    }

    /// In percent; of nothing all is right.
    fn percent(&self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.right as f64 / self.all as f64 }
    }
}

impl Tally {
    pub fn add(&mut self, mut other: Self) {
        for others in other.all_mut() {
            self.complaints.append(&mut others.complaints);
        }
        for (own, others) in self.all_mut().into_iter().zip(other.all_mut()) {
            own.add(others);
        }
        self.absent += other.absent;
    }

    fn all_mut(&mut self) -> [&mut Share; 4] {
        [&mut self.legacy, &mut self.nft, &mut self.text, &mut self.refused]
    }

    pub fn shares(&self) -> [(&'static str, f64); 4] {
        [
            ("printed from the kernel's tables", self.legacy.percent()),
            ("printed from nf_tables", self.nft.percent()),
            ("read as text", self.text.percent()),
            ("refused as text", self.refused.percent()),
        ]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, share) in [("legacy", &self.legacy), ("nft", &self.nft), ("text", &self.text), ("refused", &self.refused)] {
            write!(out, " {name} {:>4}/{:<4}", share.right, share.all)?;
        }
        write!(out, " not here {}", self.absent)
    }
}
