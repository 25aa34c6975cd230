//! One packet, of which some fields may not be known.
