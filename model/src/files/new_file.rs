//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ModelError;

/// A file that is written under another name beside its own, and gets its own when all is written.
///
/// Dropped before [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
    /// `None` after the commit.
    file: Option<BufWriter<File>>,
    written: u64,
}

impl NewFile {
    /// Begins a file. A link stays a link: what it points to is replaced.
    pub(crate) fn create(path: &Path) -> Result<Self, ModelError> {
        // A device, a pipe or a folder cannot be replaced.
        if path.exists() && !path.is_file() {
            return Err(ModelError::File { path: path.to_owned(), what: "not an ordinary file".to_owned() });
        }
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut temporary = path.clone().into_os_string();
        temporary.push(format!(".{}.part", std::process::id()));
        let temporary = PathBuf::from(temporary);
        let file = File::create(&temporary).map_err(ModelError::io("write", &temporary))?;
        Ok(Self { path, temporary, file: Some(BufWriter::with_capacity(1 << 18, file)), written: 0 })
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        let file = self.file.as_mut().expect("not committed, because that takes the value");
        file.write_all(bytes).map_err(ModelError::io("write", &self.temporary))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Gives the file its name.
    pub(crate) fn commit(mut self) -> Result<(), ModelError> {
        let mut file = self.file.take().expect("committed once, because that takes the value");
        let done = file.flush().and_then(|()| std::fs::rename(&self.temporary, &self.path));
        if done.is_err() {
            let _ = std::fs::remove_file(&self.temporary);
        }
        done.map_err(ModelError::io("write", &self.path))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // Without its last bytes, which nobody wants any more.
            let _ = file.into_parts();
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a small file whole.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let mut file = NewFile::create(path)?;
    file.write(bytes)?;
    file.commit()
}
