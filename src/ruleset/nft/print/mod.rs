//! Rules in nft syntax, exactly as `nft list ruleset` prints them.
