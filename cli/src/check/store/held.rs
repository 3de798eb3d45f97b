//! Which inputs an output holds already.

use std::collections::HashSet;

use datagen::verdict::Name;
use datagen::verdict::fnv;

/// Names and text hashes of rows; 16 bytes each, since an output may have millions.
#[derive(Debug, Default)]
pub(in crate::check) struct Held(HashSet<(u64, u64)>);

impl Held {
    pub(super) fn add(&mut self, name: &Name, text_hash: &str) {
        self.0.insert(key(name, text_hash));
    }

    /// Whether a program of this name and text has its row.
    pub(in crate::check) fn has(&self, name: &Name, text_hash: &str) -> bool {
        self.0.contains(&key(name, text_hash))
    }

    pub(in crate::check) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::check) fn len(&self) -> usize {
        self.0.len()
    }
}

fn key(name: &Name, text_hash: &str) -> (u64, u64) {
    // The row stands apart, so that `a:1` is not row 1 of `a`.
    let name = format!("{}\0{}", name.file, name.row.unwrap_or(0));
    (fnv(name.as_bytes()), fnv(text_hash.as_bytes()))
}
