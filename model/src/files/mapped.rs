//! The bytes of a file, mapped where they lie.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::ModelError;

/// A whole file as a slice of bytes.
///
/// Pages come from the disk when they are read, and the system may drop them again. A file that another program shortens
/// while it is mapped ends this one (`SIGBUS`), and one that is overwritten changes under us; programs that replace a file
/// by renaming a new one over it, as ours do, are harmless.
#[derive(Debug)]
pub(crate) struct Mapped {
    path: PathBuf,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Map(Mmap),
    Owned(Vec<u8>),
}

impl Mapped {
    /// Maps a file.
    ///
    /// # Errors
    /// Where it cannot be opened, is not an ordinary file, is empty, or its size changes meanwhile.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(ModelError::io("open", path))?;
        let metadata = file.metadata().map_err(ModelError::io("read", path))?;
        let wrong = |what: &str| ModelError::File { path: path.to_owned(), what: what.to_owned() };
        if !metadata.is_file() {
            return Err(wrong("not an ordinary file"));
        }
        if metadata.len() == 0 {
            return Err(wrong("the file is empty"));
        }
        let map = map(&file).map_err(ModelError::io("map", path))?;
        let after = file.metadata().map_err(ModelError::io("read", path))?.len();
        if after != map.len() as u64 {
            return Err(wrong("the file changes its size while it is opened"));
        }
        Ok(Self { path: path.to_owned(), bytes: Bytes::Map(map) })
    }

    /// Takes bytes that are in memory for a file; `path` is only the name for messages.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), bytes: Bytes::Owned(bytes) }
    }

    /// The file's name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells the system that a range is not needed for now: it leaves this process' memory, and comes back from the file
    /// when it is read again. Nothing happens where the system does not offer this.
    pub(crate) fn release(&self, range: Range<usize>) {
        if let Bytes::Map(map) = &self.bytes {
            forget(map, range);
        }
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Map(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

#[expect(unsafe_code, reason = "a mapped file is memory that other programs can reach")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is read-only and nothing here relies on two reads of a byte giving the same: whatever is parsed is
    // copied or checked by ranges against the length, which cannot change. A file that is shortened meanwhile ends the
    // program, as the type's documentation says; it does not corrupt it.
    unsafe { Mmap::map(file) }
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "advice about pages is a system call")]
fn forget(map: &Mmap, range: Range<usize>) {
    use memmap2::UncheckedAdvice;
    if range.start >= range.end || range.end > map.len() {
        return;
    }
    // SAFETY: `MADV_DONTNEED` on a shared read-only map of a file loses nothing: pages that are read again are read from
    // the file, so slices into the map keep their contents.
    let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len()) };
}

#[cfg(not(unix))]
fn forget(_: &Mmap, _: Range<usize>) {}
