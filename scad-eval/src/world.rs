//! All that evaluation may ask of the outside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use scad_parser::Source;

/// The outside of a program: files, fonts, a clock. Terminal, server, test, fuzzer and sandbox each bring one.
///
/// A path in a program is looked up from the folder of the text it stands in, then in the library folders.
pub trait World {
    /// The text that `use <path>` or `include <path>` in the text called `from` means.
    ///
    /// A world that is asked for the same file again should give the same `Arc`, which keeps the tokens.
    fn source(&self, path: &str, from: &str) -> Option<Arc<Source>>;

    /// The bytes that `import("path")`, `surface` or `dxf_dim` in the text called `from` mean.
    fn file(&self, path: &str, from: &str) -> Option<Arc<[u8]>>;

    /// Font files besides the embedded ones.
    fn fonts(&self) -> Vec<Arc<[u8]>> {
        Vec::new()
    }

    /// Time since the world began, for [`Limits::time`](crate::Limits::time).
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// A world of texts and files in memory, for tests and sandboxes; empty by default.
#[derive(Debug, Clone, Default)]
pub struct MemoryWorld {
    sources: BTreeMap<String, Arc<Source>>,
    files: BTreeMap<String, Arc<[u8]>>,
}

impl MemoryWorld {
    /// With one more text that can be included and used, and be read as a file.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.sources.insert(path.to_owned(), Source::new(path, text));
        self.with_file(path, text.as_bytes())
    }

    /// With one more file.
    #[must_use]
    pub fn with_file(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.insert(path.to_owned(), bytes.into());
        self
    }
}

impl World for MemoryWorld {
    fn source(&self, path: &str, from: &str) -> Option<Arc<Source>> {
        lookup(&self.sources, path, from)
    }

    fn file(&self, path: &str, from: &str) -> Option<Arc<[u8]>> {
        lookup(&self.files, path, from)
    }
}

fn lookup<T: Clone>(map: &BTreeMap<String, T>, path: &str, from: &str) -> Option<T> {
    let folder = from.rfind('/').map_or("", |at| &from[..=at]);
    map.get(&format!("{folder}{path}")).or_else(|| map.get(path)).cloned()
}
