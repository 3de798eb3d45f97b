//! Puts the object library into the program: a table of category, name and text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../fixtures/objects");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut table =
        String::from("/// Category, name and text of each file.\nconst OBJECTS: &[(&str, &str, &str)] = &[\n");
    for category in sorted(&folder) {
        if !category.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", category.display());
        for file in sorted(&category) {
            if file.extension().is_some_and(|end| end == "scad") {
                let path = file.canonicalize().expect("the file is there");
                writeln!(table, "({:?}, {:?}, include_str!({path:?})),", stem(&category), stem(&file))
                    .expect("it fits");
            }
        }
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("objects.rs");
    fs::write(out, table).expect("the build folder can be written to");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the object library is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort_unstable();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("it has a name").to_string_lossy().into_owned()
}
