//! The world of the command line: files on disk, library folders and fonts of the environment, the clock.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use scad_eval::World;
use scad_parser::Source;

/// Library folders and fonts, and the texts that were read from them: shared by all programs of a run.
#[derive(Debug, Default)]
pub(crate) struct Library {
    folders: Vec<PathBuf>,
    font_folders: Vec<PathBuf>,
    texts: Mutex<HashMap<PathBuf, Arc<Source>>>,
    fonts: OnceLock<Vec<Arc<[u8]>>>,
}

/// Files larger than this are not read: no program or drawing comes near it.
const MAX_FILE: u64 = 1 << 30;

impl Library {
    /// The folders of `OPENSCADPATH` and `OPENSCAD_FONT_PATH`.
    pub(crate) fn from_environment() -> Arc<Self> {
        let folders =
            |name| std::env::var_os(name).map(|value| std::env::split_paths(&value).collect()).unwrap_or_default();
        Arc::new(Self {
            folders: folders("OPENSCADPATH"),
            font_folders: folders("OPENSCAD_FONT_PATH"),
            ..Self::default()
        })
    }

    /// The file that a path in the text called `from` means.
    fn find(&self, path: &str, from: &str) -> Option<PathBuf> {
        if path.is_empty() || path.contains('\0') {
            return None;
        }
        let beside = Path::new(from).parent().unwrap_or(Path::new("")).join(path);
        std::iter::once(beside).chain(self.folders.iter().map(|folder| folder.join(path))).find(|path| path.is_file())
    }

    /// The text of a file.
    fn source(&self, path: &Path) -> Option<Arc<Source>> {
        // Two ways to write one path are one file, and one name: that is how circular includes are found.
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let texts = || self.texts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(source) = texts().get(&file) {
            return Some(Arc::clone(source));
        }
        let source = Source::from_bytes(path.to_string_lossy(), read(&file).ok()?);
        // Another thread may have read it meanwhile: the first text is the one that all share.
        Some(Arc::clone(texts().entry(file).or_insert(source)))
    }

    fn fonts(&self) -> &[Arc<[u8]>] {
        self.fonts.get_or_init(|| {
            let mut files = Vec::new();
            for folder in &self.font_folders {
                collect_fonts(folder, 0, &mut files);
            }
            files.sort();
            files.iter().filter_map(|file| read(file).ok()).map(Arc::from).collect()
        })
    }
}

/// Font files in a folder and those below it, a few levels deep.
fn collect_fonts(folder: &Path, level: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let suffix = path.extension().map(|suffix| suffix.to_ascii_lowercase());
        if path.is_dir() && level < 4 {
            collect_fonts(&path, level + 1, files);
        } else if suffix.is_some_and(|suffix| ["ttf", "otf", "ttc"].iter().any(|known| suffix == *known)) {
            files.push(path);
        }
    }
}

/// Reads a file that is not absurdly large.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "larger than 1 GiB"));
    }
    std::fs::read(path)
}

/// The world of one program.
#[derive(Debug)]
pub(crate) struct DiskWorld<'a> {
    library: &'a Arc<Library>,
    /// The program, should a library include it in turn.
    main: (Option<PathBuf>, Arc<Source>),
    started: Instant,
    /// Files that the program had, by the path that found them.
    files: RefCell<BTreeSet<PathBuf>>,
}

impl<'a> DiskWorld<'a> {
    /// The world of a program, whose clock starts now.
    pub(crate) fn new(library: &'a Arc<Library>, main: &Arc<Source>) -> Self {
        let file = Path::new(main.name()).canonicalize().ok();
        Self { library, main: (file, Arc::clone(main)), started: Instant::now(), files: RefCell::default() }
    }

    /// The files that the program had until now besides itself, in order of name: texts, drawings, meshes, but no fonts.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.files.borrow().iter().cloned().collect()
    }

    fn note(&self, path: PathBuf) {
        self.files.borrow_mut().insert(path);
    }
}

impl World for DiskWorld<'_> {
    fn source(&self, path: &str, from: &str) -> Option<Arc<Source>> {
        let path = self.library.find(path, from)?;
        if let Some(main) = &self.main.0
            && main.file_name() == path.file_name()
            && path.canonicalize().is_ok_and(|file| file == *main)
        {
            return Some(Arc::clone(&self.main.1));
        }
        let source = self.library.source(&path)?;
        self.note(path);
        Some(source)
    }

    fn file(&self, path: &str, from: &str) -> Option<Arc<[u8]>> {
        let path = self.library.find(path, from)?;
        let bytes = read(&path).ok()?;
        self.note(path);
        Some(bytes.into())
    }

    fn fonts(&self) -> Vec<Arc<[u8]>> {
        self.library.fonts().to_vec()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
