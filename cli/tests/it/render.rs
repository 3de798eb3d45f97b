//! `cadmonkey render`, by the binary as people run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("render").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: impl AsRef<Path>, text: &str) {
    fs::write(path, text).expect("the file can be written");
}

fn render(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).arg("render").args(arguments).stdin(Stdio::null());
    command.output().expect("it runs")
}

/// Exit code and what it says.
fn talk(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr).expect("it is UTF-8"))
}

#[test]
fn a_solid_goes_into_files_of_several_formats() {
    let folder = folder("formats");
    write(folder.join("a.scad"), "cube([1, 2, 3]);");
    let output = render(&folder, &["a.scad", "-o", "a.stl", "-o", "a.off", "-o", "a.3mf", "-o", "a.csg"]);
    assert_eq!(talk(output), (Some(0), String::new()));
    assert_eq!(fs::read(folder.join("a.stl")).expect("it is written").len(), 84 + 12 * 50);
    assert!(fs::read_to_string(folder.join("a.off")).expect("it is written").starts_with("OFF"));
    assert!(fs::read(folder.join("a.3mf")).expect("it is written").starts_with(b"PK"));
    assert!(fs::read_to_string(folder.join("a.csg")).expect("it is written").contains("cube(size = [1, 2, 3]"));
    let (code, told) = talk(render(&folder, &["a.scad", "-o", "a.svg"]));
    assert_eq!((code, told.as_str()), (Some(1), "Current top level object is not a 2D object.\n"));
    assert!(!folder.join("a.svg").exists());
}

#[test]
fn a_summary_has_facts_and_times() {
    let folder = folder("summary");
    write(folder.join("a.scad"), "difference() { cube([10, 20, 30]); translate([2, 2, -1]) cube([3, 4, 40]); }");
    for outputs in [&["-o", "a.stl"][..], &[]] {
        let (code, told) = talk(render(&folder, &[&["a.scad", "--summary"], outputs].concat()));
        assert_eq!(code, Some(0), "{told}");
        let lines: Vec<Vec<&str>> = told.lines().map(|line| line.splitn(2, ' ').map(str::trim).collect()).collect();
        for line in [
            ["geometry", "closed solid"],
            ["size", "10 × 20 × 30"],
            ["from", "0, 0, 0"],
            ["volume", "5640"],
            ["components", "1"],
            ["genus", "1"],
            ["closed", "yes"],
        ] {
            assert!(lines.contains(&line.to_vec()), "{line:?} is not in {told}");
        }
        let time = told.lines().last().expect("there are lines");
        assert!(time.starts_with("time        parsing ") && time.contains(" ms, making geometry "), "{time}");
    }
    write(folder.join("b.scad"), "square([4, 3]);");
    let (_, told) = talk(render(&folder, &["b.scad", "--summary"]));
    assert!(told.contains("flat region\nsize        4 × 3\n") && told.contains("\narea        12\n"), "{told}");
    write(folder.join("c.scad"), "x = 1;");
    let (code, told) = talk(render(&folder, &["c.scad", "--summary"]));
    assert!(code == Some(1) && told.starts_with("geometry    nothing\n"), "{told}");
    assert_eq!(render(&folder, &["a.scad"]).status.code(), Some(2), "there is nothing to do");
}

#[test]
fn dependencies_are_a_rule_for_make() {
    let folder = folder("deps");
    fs::create_dir(folder.join("lib")).expect("the folder can be made");
    write(
        folder.join("a.scad"),
        "use <lib/b.scad>\ninclude <lib/c d.scad>\npart(); import(\"e.off\"); import(\"no.off\");",
    );
    write(folder.join("lib/b.scad"), "use <f.scad>\nmodule part() cube(size());");
    write(folder.join("lib/f.scad"), "function size() = 2;");
    write(folder.join("lib/c d.scad"), "y = 1;");
    write(folder.join("e.off"), "OFF\n4 4 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 1 2 3\n3 2 0 3\n");
    let output = render(&folder, &["a.scad", "-o", "a.stl", "-o", "-", "--export-format", "off", "-d", "a.d"]);
    assert_eq!(output.status.code(), Some(0));
    let rule = fs::read_to_string(folder.join("a.d")).expect("it is written");
    let expected = ["a.stl: \\", "  a.scad \\", "  e.off \\", "  lib/b.scad \\", r"  lib/c\ d.scad \", "  lib/f.scad"];
    assert_eq!(rule.lines().collect::<Vec<&str>>(), expected);
    let (code, told) = talk(render(&folder, &["a.scad", "-o", "-", "--export-format", "off", "-d", "b.d"]));
    assert!(code == Some(2) && told.contains("--deps needs an output"), "{told}");
}

#[test]
fn limits_end_in_errors_and_write_nothing() {
    let folder = folder("limits");
    write(folder.join("loop.scad"), "x = [for (i = [0:99999]) len([for (j = [0:99999]) if (i + j < 0) j])]; cube(1);");
    write(
        folder.join("sum.scad"),
        "minkowski() { sphere(20, $fn = 30); rotate([7, 8, 9]) difference() { sphere(20, $fn = 30); cube(99); } }",
    );
    write(folder.join("ball.scad"), "sphere(10, $fn = 100);");
    for (arguments, said) in [
        (["loop.scad", "--time-limit", "0.2"], "takes too long"),
        (["sum.scad", "--time-limit", "0.2"], "takes too long"),
        (["ball.scad", "--triangle-limit", "1000"], "more than 1000 triangles"),
    ] {
        let (code, told) = talk(render(&folder, &[&arguments[..], &["-o", "out.stl", "-d", "out.d"]].concat()));
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(said), "{told}");
        assert!(!folder.join("out.stl").exists() && !folder.join("out.d").exists());
    }
    let (code, told) = talk(render(&folder, &["ball.scad", "-o", "out.stl", "--time-limit", "-1"]));
    assert!(code == Some(2), "{told}");
}
