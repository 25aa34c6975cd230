//! Raw route messages to types.
