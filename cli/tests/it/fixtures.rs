//! Every program of `fixtures/` against the files beside it: `.ast` the syntax tree, `.csg` the evaluated geometry, `.echo`
//! what it says until then, `.shape` numbers of the mesh and what making it says. A file that is not there stands for
//! nothing.
//!
//! `UPDATE_FIXTURES=1 cargo test -p cadmonkey fixtures` writes the files anew, to be reviewed with `git diff`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scad_eval::{Message, Scene};
use scad_parser::Source;

use crate::report::{openscad_lines, unparsed_line};
use crate::shape::fingerprint;
use crate::world::{DiskWorld, Library};

/// What the stages make of a program, by the suffix of the file that expects it.
type Made = [(&'static str, Option<String>); 4];

/// The one place that calls the libraries.
fn make(path: &Path) -> Made {
    let bytes = fs::read(path).expect("a fixture can be read");
    let source = Source::from_bytes(path.to_string_lossy(), bytes);
    let library = Arc::new(Library::default());
    let world = DiskWorld::new(&library, &source);
    let program = match scad_eval::load(&source, &world, None) {
        Ok(program) => program,
        Err(unparsed) => {
            let messages: Vec<Message> = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
            let echo = openscad_lines(&messages, &unparsed.sources) + &unparsed_line(&unparsed.sources);
            return [("ast", None), ("csg", None), ("echo", Some(echo)), ("shape", None)];
        }
    };
    let (csg, echo, shape) = match scad_eval::evaluate(&program, &world) {
        Ok(scene) => {
            (Some(scene.geometry.to_csg()), openscad_lines(&scene.messages, &scene.sources), make_shape(&scene))
        }
        Err(failed) => (None, openscad_lines(&failed.messages, &failed.sources), None),
    };
    let echo = Some(echo).filter(|echo| !echo.is_empty());
    [("ast", Some(scad_parser::dump(&program))), ("csg", csg), ("echo", echo), ("shape", shape)]
}

/// Facts of the geometry and messages of making it; `None` of a program without any shape.
fn make_shape(scene: &Scene) -> Option<String> {
    let made = csg_mesh::make(scene, &csg_mesh::Options::default());
    let messages = openscad_lines(&made.messages, &scene.sources);
    (scene.geometry.makes_something() || !messages.is_empty()).then(|| fingerprint(&made.geometry) + &messages)
}

#[test]
fn fixtures() {
    let root = root();
    let programs = programs(&root);
    assert!(programs.len() > 50, "only {} programs are found in {}", programs.len(), root.display());
    let known = known_failures(&root);
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut failures = Vec::new();
    let mut names = Vec::new();
    for program in &programs {
        let stem = program.strip_prefix(&root).expect("it was found there").with_extension("");
        let stem = stem.to_string_lossy().replace('\\', "/");
        let made = catch_unwind(AssertUnwindSafe(|| make(program)));
        let Ok(made) = made else {
            failures.push(format!("{stem}: panics"));
            continue;
        };
        for (suffix, made) in made {
            let name = format!("{stem}.{suffix}");
            let path = program.with_extension(suffix);
            let expected = read(&path);
            let good = made == expected;
            match (good, known.get(&name)) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(reason)) => {
                    failures
                        .push(format!("{name}: passes now; please take its line out of known-failures.txt ({reason})"));
                }
                (false, None) if update => write(&path, made.as_deref()),
                (false, None) => failures.push(format!("{name}:\n{}", difference(expected, made))),
            }
            names.push(name);
        }
    }
    let missing = known.keys().filter(|name| !name.starts_with(CONFORMANCE) && !names.contains(name));
    failures.extend(missing.map(|name| format!("{name}: stands in known-failures.txt, but there is no such fixture")));
    assert!(
        failures.is_empty(),
        "{} of {} fixtures fail; UPDATE_FIXTURES=1 accepts what they make\n\n{}",
        failures.len(),
        programs.len(),
        failures.join("\n")
    );
}

/// Files beside no program, left over when one is renamed.
#[test]
fn every_expectation_has_a_program() {
    let root = root();
    let programs = programs(&root);
    let mut files = Vec::new();
    walk(&root, &mut files);
    for file in files {
        let suffix = file.extension().and_then(|suffix| suffix.to_str()).unwrap_or("");
        if ["ast", "csg", "echo", "shape"].contains(&suffix) {
            assert!(programs.contains(&file.with_extension("scad")), "{} has no program", file.display());
        }
    }
}

/// Names in `known-failures.txt` that belong to the conformance run.
const CONFORMANCE: &str = "conformance:";

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    root.canonicalize().expect("the fixtures lie beside the crates")
}

/// All programs but those of folders `lib`, which others use, in order of name.
fn programs(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(root, &mut files);
    files.retain(|file| {
        file.extension().is_some_and(|suffix| suffix == "scad")
            // The object library has tests of its own, in the crate `datagen`.
            && !file.components().any(|part| part.as_os_str() == "lib" || part.as_os_str() == "objects")
    });
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// Names and reasons: `NAME: REASON`, one a line.
fn known_failures(root: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root.join("known-failures.txt")).expect("known-failures.txt can be read");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (name, reason) = line.split_once(": ").expect("a line of known-failures.txt is `NAME: REASON`");
        (name.to_owned(), reason.to_owned())
    };
    lines.map(entry).collect()
}

fn read(path: &Path) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn write(path: &Path, made: Option<&str>) {
    let result = match made {
        Some(text) => fs::write(path, text),
        None => fs::remove_file(path),
    };
    result.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The first line that differs, with its neighbors.
fn difference(expected: Option<String>, made: Option<String>) -> String {
    let (Some(expected), Some(made)) = (&expected, &made) else {
        let name = |text: &Option<String>| if text.is_some() { "something" } else { "nothing" };
        return format!(
            "    {} is expected, {} is made\n{}",
            name(&expected),
            name(&made),
            made.or(expected).unwrap_or_default()
        );
    };
    let (expected, made): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), made.lines().collect());
    let same = expected.iter().zip(&made).take_while(|(expected, made)| expected == made).count();
    let mut text = String::new();
    let _ = writeln!(text, "    from line {}", same + 1);
    for (sign, lines) in [('-', &expected), ('+', &made)] {
        for line in lines.iter().skip(same).take(5) {
            let _ = writeln!(text, "    {sign} {line}");
        }
    }
    text
}
