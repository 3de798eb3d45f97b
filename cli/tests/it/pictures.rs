//! Pictures of `cadmonkey render` and `cadmonkey draw`, by the binary as people run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: impl AsRef<Path>, text: &str) {
    fs::write(path, text).expect("the file can be written");
}

fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).args(line.split(' ')).stdin(Stdio::null());
    command.output().expect("it runs")
}

/// Runs what is to succeed and say nothing.
fn quietly(folder: &Path, line: &str) {
    assert_eq!(told(folder, line), (Some(0), String::new()), "{line}");
}

/// Exit code and what it says.
fn told(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, line);
    (output.status.code(), String::from_utf8(output.stderr).expect("it is UTF-8"))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("it can be read").file_name();
    let mut names: Vec<String> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A picture of three bytes a pixel.
struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    frames: Option<u32>,
}

fn picture(path: impl AsRef<Path>) -> Picture {
    let file = std::io::BufReader::new(fs::File::open(path).expect("the picture is there"));
    let mut reader = png::Decoder::new(file).read_info().expect("it is a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("it is small")];
    let info = reader.next_frame(&mut bytes).expect("it has a frame");
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let frames = reader.info().animation_control().map(|control| control.num_frames);
    if let Some(frames) = frames {
        for _ in 1..frames {
            reader.next_frame(&mut bytes.clone()).expect("there are as many frames as it says");
        }
    }
    Picture { width: info.width as usize, height: info.height as usize, rgb: bytes, frames }
}

impl Picture {
    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Left, top, right and bottom of what is not the ground.
    fn extent(&self) -> [usize; 4] {
        let ground = self.pixel(0, 0);
        let other = (0..self.width * self.height).filter(|at| self.pixel(at % self.width, at / self.width) != ground);
        other.fold([usize::MAX, usize::MAX, 0, 0], |[left, top, right, bottom], at| {
            let (x, y) = (at % self.width, at / self.width);
            [left.min(x), top.min(y), right.max(x), bottom.max(y)]
        })
    }

    fn colors(&self) -> std::collections::BTreeSet<[u8; 3]> {
        (0..self.width * self.height).map(|at| self.pixel(at % self.width, at / self.width)).collect()
    }
}

#[test]
fn a_picture_shows_all_in_its_middle() {
    let folder = folder("middle");
    write(folder.join("a.scad"), "translate([100, 50, 7]) sphere(10, $fn = 60);");
    quietly(&folder, "render a.scad -o a.png -o a.stl");
    quietly(&folder, "render a.scad -o b.png");
    assert_eq!(files(&folder), ["a.png", "a.scad", "a.stl", "b.png"]);
    let bytes = |name| fs::read(folder.join(name)).expect("it is written");
    assert!(bytes("a.png") == bytes("b.png"), "the same picture has the same bytes");
    let image = picture(folder.join("a.png"));
    assert_eq!((image.width, image.height, image.frames), (512, 512, None));
    assert_eq!(image.pixel(0, 0), [0xff, 0xff, 0xe5]);
    let [left, top, right, bottom] = image.extent();
    assert!(left.abs_diff(511 - right) <= 4 && top.abs_diff(511 - bottom) <= 8, "{left} {top} {right} {bottom}");
    quietly(&folder, "render a.scad -o high.png --imgsize 100,300 --colorscheme starnight --renderer cpu");
    let high = picture(folder.join("high.png"));
    assert_eq!((high.width, high.height, high.pixel(0, 0)), (100, 300, [0; 3]));
    let [left, .., right, _] = high.extent();
    assert!(left > 5 && right < 94, "it is not cut off: {left} {right}");
}

#[test]
fn the_camera_is_where_it_is_put() {
    let folder = folder("camera");
    let cube = "cube([40, 20, 10], center = true);";
    write(folder.join("a.scad"), cube);
    write(folder.join("set.scad"), &format!("$vpr = [0, 0, 0]; $vpt = [0, 0, 0]; $vpd = 200;{cube}"));
    write(folder.join("tells.scad"), &format!("echo($vpr, $vpt, $vpd, $preview);{cube}"));
    // From above: twice as wide as high.
    for (name, line) in [
        ("six", "a.scad --camera 0,0,200,0,0,0"),
        ("seven", "a.scad --camera=0,0,0,0,0,0,200"),
        ("program", "set.scad"),
    ] {
        quietly(&folder, &format!("render {line} --projection ortho -o {name}.png"));
    }
    let bytes = |name| fs::read(folder.join(name)).expect("it is written");
    assert!(bytes("six.png") == bytes("seven.png") && bytes("six.png") == bytes("program.png"));
    let [left, top, right, bottom] = picture(folder.join("six.png")).extent();
    assert!((right - left).abs_diff(2 * (bottom - top)) <= 2);
    // The command line wins: seen from the front it is four times as wide as high.
    quietly(&folder, "render set.scad --camera 0,0,0,90,0,0,0 --viewall --projection o -o front.png");
    let [left, top, right, bottom] = picture(folder.join("front.png")).extent();
    assert!((right - left).abs_diff(4 * (bottom - top)) <= 4);
    for (options, said) in [
        ("-o t.png", "ECHO: [55, 0, 25], [0, 0, 0], 140, true\n"),
        ("-o t.png --render", "ECHO: [55, 0, 25], [0, 0, 0], 140, false\n"),
        ("-o t.png -o t.stl", "ECHO: [55, 0, 25], [0, 0, 0], 140, false\n"),
        ("-o t.png --camera 1,2,3,40,50,60,70", "ECHO: [40, 50, 60], [1, 2, 3], 70, true\n"),
    ] {
        assert_eq!(told(&folder, &format!("render tells.scad {options}")).1, said);
    }
}

#[test]
fn a_drawing_is_seen_from_above() {
    let folder = folder("flat");
    write(folder.join("a.scad"), "square([30, 10]);");
    quietly(&folder, "render a.scad -o a.png");
    let image = picture(folder.join("a.png"));
    let [left, top, right, bottom] = image.extent();
    assert!((right - left).abs_diff(3 * (bottom - top)) <= 4, "{left} {top} {right} {bottom}");
    assert_eq!(image.pixel(left, top + 2), image.pixel(right, bottom - 2));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = folder("errors");
    write(folder.join("a.scad"), "cube(1);");
    write(folder.join("empty.scad"), "x = 1;");
    write(folder.join("marks.scad"), "cube(1); %sphere(1, $fn = 100);");
    write(folder.join("fails.scad"), "cube(1); assert(false);");
    for (line, code, said) in [
        ("a.scad --imgsize 0,0", 2, "0 × 0 has no pixel"),
        ("a.scad --imgsize 20000,20000", 2, "20000 × 20000 is too large"),
        ("a.scad --imgsize 16000,16000", 2, "64 million pixels"),
        ("a.scad --imgsize 5", 2, "expected width and height"),
        ("a.scad --camera 1,2,3", 2, "there are 3 numbers; expected seven"),
        ("a.scad --camera 0,0,0,0,0,0,0", 2, "--viewall"),
        ("a.scad --colorscheme Corn", 2, "known are Cornfield"),
        ("a.scad --view axis", 2, "crosshairs"),
        ("a.scad --shading round", 2, "smooth:DEGREES"),
        ("a.scad -o b.apng", 2, "--animate N"),
        ("a.scad -o b.stl --animate 3", 2, "nothing but pictures"),
        ("a.scad --animate 0", 2, "1..="),
        ("marks.scad --triangle-limit 100", 1, "marked with `%` or `#`"),
        ("empty.scad", 1, "Current top level object is empty."),
        ("empty.scad --animate 3", 1, "Current top level object is empty."),
        ("fails.scad", 1, "ERROR: Assertion"),
        ("fails.scad --animate 3", 1, "ERROR: Assertion"),
    ] {
        let (status, text) = told(&folder, &format!("render {line} -o out.png"));
        assert!(status == Some(code) && text.contains(said), "{line}: {status:?}, {text}");
    }
    assert_eq!(files(&folder), ["a.scad", "empty.scad", "fails.scad", "marks.scad"]);
    let (status, text) = told(&folder, "render a.scad");
    assert!(status == Some(2) && text.contains("-o FILE"), "{text}");
    let (status, text) = told(&folder, "render a.scad -o a.png --renderer wgpu");
    assert_eq!(status, Some(0));
    assert!(cfg!(feature = "wgpu") || text.contains("no graphics devices"), "{text}");
}

#[test]
fn animations_have_as_many_frames_as_asked_for() {
    let folder = folder("animation");
    write(folder.join("a.scad"), "if ($t > 0) translate([100 * $t, 0, 0]) cube(10); echo(\"said\");");
    let (code, text) = told(&folder, "render a.scad -o a.png -o a.apng --animate 5 --imgsize 64,48");
    assert_eq!((code, text.as_str()), (Some(0), "ECHO: \"said\"\n"), "what all frames say is told once");
    let animated = picture(folder.join("a.png"));
    assert_eq!((animated.width, animated.height, animated.frames), (64, 48, Some(5)));
    assert_eq!(animated.colors().len(), 1, "there is nothing to see at first");
    quietly(&folder, "render a.scad -o f%03d.png --animate 4 --imgsize 64,48 -q");
    let left = |name| picture(folder.join(name)).extent()[0];
    assert!(left("f001.png") < left("f002.png") && left("f002.png") < left("f003.png"), "the camera stands still");
    assert_eq!(picture(folder.join("f000.png")).frames, None);
    write(folder.join("b.scad"), "cube([30, 5, 5]);");
    quietly(&folder, "render b.scad -o b.apng -o b.stl --turntable 6 --imgsize 64,48");
    assert_eq!(picture(folder.join("b.apng")).frames, Some(6));
    quietly(&folder, "render b.scad -o t%d.png --turntable 2 --imgsize 64,48");
    assert_eq!(picture(folder.join("t1.png")).frames, None);
    assert_eq!(files(&folder).len(), 2 + 2 + 4 + 2 + 2);
}

#[test]
fn a_folder_is_drawn_but_for_what_is_wrong() {
    let folder = folder("draw");
    fs::create_dir(folder.join("in")).expect("the folder can be made");
    write(folder.join("in/a.scad"), "cube(10);\ntranslate([20, 0, 0])\n  sphere(5);");
    write(folder.join("in/bad.scad"), "cube(10");
    write(folder.join("in/c.scad"), "square(3);");
    let line = "draw in --output out --views 4 --size 40 --maps depth,part --overview all.png --columns 2";
    let (code, text) = told(&folder, line);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("in/bad.scad: ERROR: Parser error") && text.contains("\n8 pictures of 2 programs"), "{text}");
    let files = files(&folder.join("out"));
    assert_eq!(files.len(), 2 * (1 + 4 * 2 + 1), "{files:?}");
    assert!(files.iter().all(|name| !name.contains("bad")) && files.contains(&"a.corner.part.png".to_owned()));
    assert_eq!(picture(folder.join("out/a.png")).width, 40 * 2 + 2);
    let all = picture(folder.join("all.png"));
    assert_eq!((all.width, all.height), (40 * 2 + 2, (40 + 12) * 2 + 2), "the one that is wrong has an empty tile");
    // Each color of the part map is in the JSON, with its line.
    let json = fs::read(folder.join("out/a.json")).expect("it is written");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    let parts = json["parts"].as_array().expect("a list");
    let lines: Vec<u64> = parts.iter().filter_map(|part| part["line"].as_u64()).collect();
    assert_eq!(lines, [1, 3]);
    let colors = picture(folder.join("out/a.corner.part.png")).colors();
    assert_eq!(colors.len(), 3);
    for part in parts {
        let color: [u8; 3] = serde_json::from_value(part["color"].clone()).expect("three bytes");
        assert!(colors.contains(&color) && part["file"] == "a.scad");
    }
    let depth = json["views"][0]["depth"].as_array().expect("two numbers");
    assert!(depth[0].as_f64() < depth[1].as_f64());
    assert_eq!(json["views"][3]["maps"]["depth"], "a.top.depth.png");
    // Any number of threads, the same bytes.
    let bytes = |name: &str| fs::read(folder.join(name)).expect("it is written");
    let former = (bytes("out/a.png"), bytes("all.png"));
    assert_eq!(told(&folder, &format!("{line} --jobs 1")).0, Some(1));
    assert!(former == (bytes("out/a.png"), bytes("all.png")));
}

#[test]
fn rows_of_a_dataset_are_drawn() {
    let folder = folder("rows");
    write(folder.join("d.jsonl"), "{\"code\": \"cube(1);\"}\n{\"code\": \"sphere(1);\"}\n");
    quietly(&folder, "draw d.jsonl --output out --views 1 --size 32 -q");
    assert_eq!(files(&folder.join("out")), ["d-1.png", "d-2.png"]);
    for (line, said) in [
        ("draw d.jsonl --output out --views 3", "1, 4, 6 and 8"),
        ("draw d.jsonl --output out --size 0", "no pixel"),
        ("draw d.jsonl", "--output"),
        ("draw d.jsonl --overview a.png --size 16000", "too large"),
    ] {
        let (code, text) = told(&folder, line);
        assert!(code == Some(2) && text.contains(said), "{line}: {text}");
    }
}

/// `fixtures/pictures/NAME.scad` and the picture beside it, to the byte; `UPDATE_FIXTURES=1` draws it anew.
#[test]
fn fixtures_look_as_they_did() {
    let folder = folder("fixtures");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pictures");
    let mut seen = 0;
    for name in files(&fixtures).iter().filter_map(|name| name.strip_suffix(".scad")) {
        let program = fixtures.join(format!("{name}.scad"));
        let drawn = folder.join(format!("{name}.png"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
        command.arg("render").arg(&program).arg("-o").arg(&drawn);
        command.args(["--imgsize", "640,360", "--shadow", "--shading", "smooth", "--renderer", "cpu"]);
        command.args(["--camera", "0,0,14,68,0,22,200"]);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let expected = fixtures.join(format!("{name}.png"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::copy(&drawn, &expected).expect("the picture can be written");
        }
        let [drawn, expected] = [drawn, expected].map(|path| fs::read(path).expect("the picture is there"));
        assert!(drawn == expected, "{name} looks otherwise; UPDATE_FIXTURES=1 draws it anew, for review");
        seen += 1;
    }
    assert!(seen > 0, "there is a fixture");
}
