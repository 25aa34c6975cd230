//! nft's language in tables: data types and the names of their values, headers with their fields, options, and what `meta`, `ct`, `rt` and
//! `socket` can be asked for. [`mod@super::print`] finds words for numbers in them, [`super::import`] numbers for words.

pub mod datatype;

pub mod symbols;

pub mod number;

pub mod protocol;

pub mod transport;

pub mod option;

pub mod keys;

pub mod timeouts;
