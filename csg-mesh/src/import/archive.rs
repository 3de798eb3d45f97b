//! The ZIP archive around 3MF, and some AMF, files.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::problem::{ImportProblem, Place};

/// Texts of any archive may unfold to this many bytes.
const FREE: u64 = 16 << 20;
/// Texts of an archive may unfold to this many times its size. Coordinates shrink tenfold, a bomb a thousandfold.
const RATIO: u64 = 100;
/// No archive may unfold to more: the tree that is read from it is some ten times as large.
const MOST: u64 = 1 << 30;

/// An archive, which gives out no more than its size warrants.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Names of the files as the archive spells them, by their plain form.
    names: BTreeMap<String, String>,
    limit: u64,
    left: u64,
}

/// Whether these are the bytes of an archive.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ImportProblem> {
        let limit = (bytes.len() as u64).saturating_mul(RATIO).saturating_add(FREE).min(MOST);
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        let names = zip.file_names().filter_map(Result::ok).map(|name| (plain(&name), name.into())).collect();
        Ok(Self { zip, names, limit, left: limit })
    }

    /// A file whose name ends like this, in small letters.
    pub(super) fn ending(&self, suffix: &str) -> Option<String> {
        self.names.iter().find(|(plain, _)| plain.ends_with(suffix)).map(|(_, name)| name.clone())
    }

    /// The file's name as the archive spells it.
    pub(super) fn spelled(&self, name: &str) -> Option<String> {
        self.names.get(&plain(name)).cloned()
    }

    /// The text of a file, by its name in the archive's spelling.
    pub(super) fn text(&mut self, name: &str) -> Result<String, ImportProblem> {
        let file = self.zip.by_name(name).map_err(broken)?;
        let mut bytes = Vec::new();
        file.take(self.left + 1).read_to_end(&mut bytes).map_err(|problem| broken(ZipError::Io(problem)))?;
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(ImportProblem::TooLarge { what: "the unpacked size of the archive in bytes", limit: self.limit })?;
        utf8(bytes, Some(name))
    }
}

/// The bytes as text.
pub(super) fn utf8(bytes: Vec<u8>, part: Option<&str>) -> Result<String, ImportProblem> {
    String::from_utf8(bytes).map_err(|problem| {
        let before = &problem.as_bytes()[..problem.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        ImportProblem::Xml { place: Place::in_part(part, line), problem: "the text is not UTF-8".to_owned() }
    })
}

/// Neither the case of letters nor a slash in front makes another name.
fn plain(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

fn broken(problem: ZipError) -> ImportProblem {
    ImportProblem::Archive { problem: problem.to_string() }
}
