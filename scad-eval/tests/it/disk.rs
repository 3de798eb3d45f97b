//! Programs on disk, and the world they live in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use scad_eval::World;
use scad_parser::Source;

/// Files beside the program, and nothing else.
#[derive(Debug)]
pub(crate) struct Disk;

impl World for Disk {
    fn source(&self, path: &str, from: &str) -> Option<Arc<Source>> {
        let path = find(path, from)?;
        let bytes = std::fs::read(&path).ok()?;
        Some(Source::from_bytes(path.to_string_lossy(), bytes))
    }

    fn file(&self, path: &str, from: &str) -> Option<Arc<[u8]>> {
        Some(std::fs::read(find(path, from)?).ok()?.into())
    }
}

fn find(path: &str, from: &str) -> Option<PathBuf> {
    let path = Path::new(from).parent()?.join(path);
    path.is_file().then(|| path.canonicalize().ok())?
}

/// The programs of `fixtures/`, and those of the conformance suite's `csg` cases where the suite is there.
pub(crate) fn programs() -> Vec<PathBuf> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let house = house.canonicalize().expect("the crate lies in the house");
    let mut programs = Vec::new();
    walk(&house.join("fixtures"), &mut programs);
    assert!(programs.len() > 50, "the fixtures are found");
    let suite = house.join("../shared/conformance");
    if let Ok(manifest) = std::fs::read(suite.join("manifest.json")) {
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("the manifest is JSON");
        let cases = manifest["cases"].as_array().expect("the manifest has cases");
        let csg = cases.iter().filter(|case| case["kind"] == "csg");
        programs.extend(csg.filter_map(|case| suite.join(case["input"].as_str()?).canonicalize().ok()));
    }
    programs.sort();
    programs.dedup();
    programs
}

fn walk(folder: &Path, programs: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, programs);
        } else if path.extension().is_some_and(|suffix| suffix == "scad") {
            programs.push(path);
        }
    }
}
