//! `cadmonkey similar`, by the binary as people run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with two mugs, a table, and known objects.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("similar").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("objects/furniture")).expect("the folder can be made");
    fs::create_dir_all(folder.join("objects/kitchen")).expect("the folder can be made");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("the file can be written");
    write("mug.scad", &mug(40.0));
    write("taller.scad", &mug(44.0));
    write("objects/kitchen/mug.scad", &mug(50.0));
    write("objects/furniture/table.scad", TABLE);
    write("objects/furniture/broken.scad", "cube(");
    write("flat.scad", "square(3);");
    folder
}

fn mug(height: f64) -> String {
    format!(
        "height = {height}; // [36:60]
        difference() {{ cylinder(h = height, r = 18, $fn = 32); translate([0, 0, 3]) cylinder(h = height, r = 15, $fn = 32); }}
        translate([20, 0, height / 2]) rotate([90, 0, 0]) rotate_extrude($fn = 24) translate([10, 0]) circle(3, $fn = 12);"
    )
}

const TABLE: &str = "width = 60; // [40:80]
    translate([-width / 2, -20, 36]) cube([width, 40, 4]);
    for (x = [2 - width / 2, width / 2 - 6], y = [-18, 14]) translate([x, y, 0]) cube([4, 4, 37]);";

/// Exit code, what it prints, and what it says.
fn similar(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).arg("similar").args(line.split(' ')).stdin(Stdio::null());
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn shapes_are_compared() {
    let folder = folder("pairs");
    let (code, printed, said) = similar(&folder, "mug.scad taller.scad objects/furniture/table.scad");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let heads: Vec<&str> = printed.lines().filter(|line| !line.starts_with(' ')).collect();
    assert!(heads[0].starts_with("mug.scad and taller.scad: ") && heads[0].ends_with("the same object"), "{printed}");
    assert!(heads[1].contains("different objects"), "{printed}");
    assert_eq!(printed.lines().count(), 2 * 13, "each part has a line");
}

#[test]
fn a_file_of_a_solid_is_the_solid() {
    let folder = folder("files");
    for suffix in ["stl", "off", "obj", "3mf"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
        let output =
            command.current_dir(&folder).args(["render", "mug.scad", "-q", "-o", &format!("m.{suffix}")]).output();
        assert!(output.expect("it runs").status.success());
        let (code, printed, said) = similar(&folder, &format!("mug.scad m.{suffix} --json"));
        assert_eq!((code, said.as_str()), (Some(0), ""));
        let found: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
        assert!(found["distance"].as_f64().is_some_and(|distance| distance < 0.01), "{found}");
        assert_eq!(found["same"], true);
        assert_eq!(found["parts"].as_array().map(Vec::len), Some(12));
    }
}

#[test]
fn known_objects_are_found() {
    let folder = folder("known");
    let (code, printed, said) = similar(&folder, "mug.scad --to objects --draws 6 --json");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("broken.scad") && said.lines().count() == 1, "{said}");
    let found: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
    let nearest = found["nearest"].as_array().expect("there is a list");
    let names: Vec<_> = nearest.iter().map(|near| (near["object"].as_str(), near["category"].as_str())).collect();
    assert_eq!(names, [(Some("mug"), Some("kitchen")), (Some("table"), Some("furniture"))]);
    assert_eq!((&nearest[0]["same"], &nearest[1]["same"]), (&true.into(), &false.into()));
    let (_, one, _) = similar(&folder, "mug.scad --to objects --draws 6 --jobs 1 --json");
    assert_eq!(one, printed, "one thread says the same");
    let (_, text, _) = similar(&folder, "mug.scad --to objects --draws 6 --nearest 1");
    assert!(text.starts_with("mug.scad: mug\n") && text.lines().count() == 2, "{text}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = folder("wrong");
    fs::write(folder.join("open.stl"), "solid a\nendsolid a\n").expect("the file can be written");
    for (line, expected, words) in [
        ("mug.scad", 2, "--to FOLDER"),
        ("mug.scad absent.scad", 2, "cannot read `absent.scad`"),
        ("mug.scad absent.stl", 2, "cannot read `absent.stl`"),
        ("mug.scad --to absent", 2, "there is no folder `absent`"),
        ("mug.scad flat.scad", 1, "flat.scad: it makes a flat region"),
        ("mug.scad objects/furniture/broken.scad", 1, "broken.scad"),
        ("mug.scad open.stl", 1, "open.stl: "),
    ] {
        let (code, printed, said) = similar(&folder, line);
        assert_eq!((code, printed.as_str()), (Some(expected), ""), "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
    }
}
