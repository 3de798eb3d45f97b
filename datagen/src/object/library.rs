//! All objects.

use std::path::{Path, PathBuf};

use super::{Object, ObjectError};

/// Objects in the order of their categories and names.
#[derive(Debug)]
pub struct Library {
    objects: Vec<Object>,
    /// A hash of all files.
    hash: u64,
}

/// Why a library cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file is no object.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Two files have one name.
    #[error("`{0}` is there twice: an object's name is its own in all categories")]
    Twice(String),
    /// There is none.
    #[error("`{}` has no objects: expected files CATEGORY/NAME.scad", .0.display())]
    Empty(PathBuf),
}

include!(concat!(env!("OUT_DIR"), "/objects.rs"));

impl Library {
    /// The library that is part of this program.
    ///
    /// # Panics
    /// Never: a test reads all of its files.
    pub fn embedded() -> Self {
        let files = OBJECTS.iter().map(|(category, name, text)| (*category, *name, *text));
        Self::of(files).expect("the files were read by a test")
    }

    /// The library in a folder: files `CATEGORY/NAME.scad`.
    ///
    /// # Errors
    /// The first file that cannot be read or is no object.
    pub fn open(folder: &Path) -> Result<Self, LibraryError> {
        let names = |folder: &Path| -> Result<Vec<PathBuf>, LibraryError> {
            let failed = |error| LibraryError::Read { path: folder.to_owned(), error };
            let entries = std::fs::read_dir(folder).map_err(failed)?;
            let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
            paths.sort_unstable();
            Ok(paths)
        };
        let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        for category in names(folder)?.into_iter().filter(|path| path.is_dir()) {
            for path in names(&category)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "scad")) {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| LibraryError::Read { path: path.clone(), error })?;
                files.push((stem(&category), stem(&path), text));
            }
        }
        if files.is_empty() {
            return Err(LibraryError::Empty(folder.to_owned()));
        }
        Self::of(files.iter().map(|(category, name, text)| (category.as_str(), name.as_str(), text.as_str())))
    }

    fn of<'t>(files: impl Iterator<Item = (&'t str, &'t str, &'t str)>) -> Result<Self, LibraryError> {
        let mut objects: Vec<Object> = Vec::new();
        let mut names = std::collections::HashSet::new();
        let mut mixer = scad_parser::Mixer::default();
        for (category, name, text) in files {
            if !names.insert(name) {
                return Err(LibraryError::Twice(name.into()));
            }
            [category, name, text].iter().for_each(|part| mixer.bytes(part.as_bytes()));
            objects.push(Object::parse(category, name, text)?);
        }
        Ok(Self { objects, hash: mixer.finish() })
    }

    /// All objects.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// A hash of all its files.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The object of that name; blanks may stand for underscores.
    pub fn object(&self, name: &str) -> Option<&Object> {
        let name = name.replace([' ', '-'], "_");
        self.objects.iter().find(|object| object.name == name)
    }

    /// Categories, each with its objects.
    pub fn categories(&self) -> impl Iterator<Item = (&str, &[Object])> {
        self.objects.chunk_by(|a, b| a.category == b.category).map(|objects| (objects[0].category.as_str(), objects))
    }

    /// Objects that have all these words in their names, title, description, category or words, best first.
    pub fn search(&self, words: &str) -> Vec<&Object> {
        let words: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let mut found: Vec<(usize, &Object)> = Vec::new();
        for object in &self.objects {
            let names = [object.names.join(" "), object.name.replace('_', " ")].join(" ").to_lowercase();
            let rest = object.words.iter().map(|word| word.phrase.as_str()).collect::<Vec<_>>().join(" ");
            let rest = [&object.title, &object.description, &object.category.replace('_', " "), &rest];
            let rest = rest.map(|text| text.to_lowercase()).join(" ");
            let rank = |word: &String| {
                let is = names.split(' ').any(|name| name == word);
                if is {
                    Some(0)
                } else if names.contains(word) {
                    Some(1)
                } else {
                    rest.contains(word).then_some(4)
                }
            };
            if let Some(rank) = words.iter().map(rank).sum::<Option<usize>>() {
                found.push((rank, object));
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, object)| object).collect()
    }
}
