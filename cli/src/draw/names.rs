//! What the files of a program are called.

use std::collections::HashSet;
use std::path::Path;

use datagen::verdict::Name;

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name without suffix that no other program has: that of the file, of a row its dataset and number.
    pub(super) fn file(&mut self, name: &Name) -> String {
        let stem = match Path::new(&name.file).file_stem() {
            Some(stem) if name.file != "-" => stem.to_string_lossy().into_owned(),
            _ => "stdin".to_owned(),
        };
        let stem = name.row.map_or_else(|| stem.clone(), |row| format!("{stem}-{row}"));
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let free = std::iter::once(stem.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(stem);
        self.0.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_programs_share_a_name() {
        let mut names = Names::default();
        let mut file = |file: &str, row| names.file(&Name { file: file.to_owned(), row });
        assert_eq!(file("a/part.scad", None), "part");
        assert_eq!(file("b/part.scad", None), "part-2");
        assert_eq!(file("part.jsonl", Some(2)), "part-2-2");
        assert_eq!(file("data.parquet", Some(7)), "data-7");
        assert_eq!(file("-", None), "stdin");
    }
}
