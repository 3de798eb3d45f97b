//! From the path of a dataset to its files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{DataError, Source};

/// The files of a source, in the order of their names.
///
/// A file is itself. In a folder, or its `data/`, they are the `SPLIT-….parquet`, or the `.jsonl` where no parquet is there: both are
/// the same records. Where a `manifest.json` says which shards are whole, others are not read.
pub(super) fn shards(source: &Source) -> Result<Vec<PathBuf>, DataError> {
    let path = &source.path;
    let wrong = |what: String| DataError::Dataset { path: path.clone(), what };
    let metadata = fs::metadata(path).map_err(DataError::file("read", path))?;
    if !metadata.is_dir() {
        return match Kind::of(path) {
            Some(_) => Ok(vec![path.clone()]),
            None => Err(wrong("expected a folder, a .parquet file or a .jsonl file".into())),
        };
    }
    let mut names = Vec::new();
    for folder in [path.clone(), path.join("data")] {
        if folder.is_dir() {
            for entry in fs::read_dir(&folder).map_err(DataError::file("read", &folder))? {
                let file = entry.map_err(DataError::file("read", &folder))?.path();
                if Kind::of(&file).is_some() && file.is_file() {
                    names.push(file);
                }
            }
        }
    }
    if let Some(whole) = whole(path)? {
        names.retain(|file| whole.contains(&name(file)));
    }
    names.sort();
    let prefix = format!("{}-", source.split);
    let of_split = |kind: Kind| {
        let ours = |file: &&PathBuf| Kind::of(file) == Some(kind) && name(file).starts_with(&prefix);
        names.iter().filter(ours).cloned().collect::<Vec<_>>()
    };
    let found = [Kind::Parquet, Kind::Jsonl].into_iter().map(of_split).find(|files| !files.is_empty());
    found.ok_or_else(|| {
        let splits: BTreeSet<_> =
            names.iter().filter_map(|file| name(file).rsplit_once('-').map(|(split, _)| split.to_owned())).collect();
        let splits: Vec<_> = splits.iter().map(|split| format!("`{split}`")).collect();
        wrong(match splits.is_empty() {
            true => format!("expected files `{prefix}….parquet` or `{prefix}….jsonl` in it, or in its `data/`"),
            false => format!("it has no split `{}`, but {}", source.split, splits.join(", ")),
        })
    })
}

/// What a file of examples is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Parquet,
    Jsonl,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "parquet" => Some(Self::Parquet),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The names of whole shards, as a manifest has them.
fn whole(folder: &Path) -> Result<Option<BTreeSet<String>>, DataError> {
    #[derive(Deserialize)]
    struct Manifest {
        shards: Vec<Shard>,
    }
    #[derive(Deserialize)]
    struct Shard {
        files: Vec<(String, u64)>,
    }
    let path = folder.join("manifest.json");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DataError::file("read", &path)(error)),
    };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(DataError::file("read", &path))?;
    Ok(Some(manifest.shards.into_iter().flat_map(|shard| shard.files).map(|(name, _)| name).collect()))
}
