//! `cadmonkey check` in bulk, by the binary as people run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    fs::write(path, bytes).expect("the file can be written");
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is UTF-8")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.current_dir(folder).arg("check").args(arguments).stdin(Stdio::null());
    command
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

/// Runs, and gives what it says when it cannot do what is asked.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = check(folder, arguments);
    assert_eq!(output.status.code(), Some(2));
    text(output.stderr)
}

/// Rows, without what differs from run to run.
fn rows(text: &[u8]) -> Vec<Value> {
    let row = |line: &str| {
        let mut row: Value = serde_json::from_str(line).expect("a row is JSON");
        row.as_object_mut().expect("a row is an object").remove("timings_ms").expect("a verdict has times");
        row
    };
    std::str::from_utf8(text).expect("rows are UTF-8").lines().map(row).collect()
}

fn file_rows(path: &Path) -> Vec<Value> {
    rows(&fs::read(path).expect("it was written"))
}

/// Programs of all kinds: each third does not parse, each third fails.
fn dataset(folder: &Path, count: usize) {
    let row = |idx: usize| {
        let program = match idx % 3 {
            0 => format!("cube({idx};"),
            1 => format!("assert({idx} < 0);"),
            _ => format!("echo({idx}); widht = wdith; cube({idx});"),
        };
        json!({ "name": idx, "program": program }).to_string() + "\n"
    };
    write(folder.join("data.jsonl"), (0..count).map(row).collect::<String>());
}

/// What a verdict is about, whatever the file is called.
fn judgment(row: &Value) -> Value {
    let mut row = row.clone();
    row.as_object_mut().expect("a row is an object").remove("file");
    row
}

#[test]
fn rows_come_in_order_on_any_number_of_threads() {
    let folder = folder("order");
    dataset(&folder, 400);
    let one = check(&folder, &["data.jsonl", "--json", "--jobs", "1"]);
    let four = check(&folder, &["data.jsonl", "--json", "--jobs", "4"]);
    assert_eq!(one.status.code(), Some(1));
    let rows_of_one = rows(&one.stdout);
    assert_eq!(rows_of_one, rows(&four.stdout));
    let numbers: Vec<u64> = rows_of_one.iter().map(|row| row["row"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=400).collect::<Vec<u64>>());
    assert_eq!(rows_of_one[0]["file"], "data.jsonl");
    assert_eq!(rows_of_one[0]["level"], "none");
    assert_eq!(rows_of_one[1]["level"], "parsed");
    assert_eq!(rows_of_one[2]["echo"], json!(["2"]));
}

#[test]
fn a_summary_names_the_most_frequent_problems() {
    let folder = folder("summary");
    dataset(&folder, 9);
    let talk = text(check(&folder, &["data.jsonl", "--json"]).stderr);
    assert!(talk.contains("9 programs:") && talk.contains("3 parsed only, 3 not parsed"), "{talk}");
    assert!(talk.contains("3  scad::eval::assertion"), "{talk}");
    assert!(talk.contains("data.jsonl:2 line 1: "), "{talk}");
    assert!(talk.contains("3  scad::eval::unknown_variable"), "{talk}");
    assert!(check(&folder, &["data.jsonl", "--json", "--summary", "off"]).stderr.is_empty());
}

#[test]
fn an_unreadable_row_is_a_row() {
    let folder = folder("unreadable");
    let lines =
        "{\"program\": \"cube(1);\"}\n\n{\"prompt\": \"a cube\"}\nnot json\n\"cube(2);\"\n{\"code\": \"cube(3);\"}";
    write(folder.join("data.jsonl"), lines);
    let output = check(&folder, &["data.jsonl", "--json", "--jobs", "2"]);
    assert_eq!(output.status.code(), Some(2));
    let rows = rows(&output.stdout);
    let codes: Vec<(u64, Option<&str>)> =
        rows.iter().map(|row| (row["row"].as_u64().expect("a number"), row["errors"][0]["code"].as_str())).collect();
    let unreadable = Some("cadmonkey::unreadable");
    assert_eq!(codes, [(1, None), (3, unreadable), (4, unreadable), (5, None), (6, None)]);
}

#[test]
fn a_run_goes_on_after_a_torn_line() {
    let folder = folder("torn");
    dataset(&folder, 50);
    let arguments = ["data.jsonl", "--output", "out.jsonl", "--keep-text", "--resume"];
    let first = check(&folder, &arguments);
    assert_eq!(first.status.code(), Some(1));
    assert!(first.stdout.is_empty());
    let path = folder.join("out.jsonl");
    let (whole, expected) = (fs::read(&path).expect("it was written"), file_rows(&path));
    assert_eq!(expected.len(), 50);
    assert_eq!(expected[0]["program"], "cube(0;");
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        write(&path, &whole[..length]);
        let resumed = check(&folder, &arguments);
        assert_eq!(resumed.status.code(), Some(1));
        assert_eq!(file_rows(&path), expected);
        let talk = text(resumed.stderr);
        assert!(talk.contains("50 programs:"), "the table is about all rows: {talk}");
    }
    // A program that has changed is judged once more.
    let changed = fs::read_to_string(folder.join("data.jsonl")).expect("it was written").replace("cube(0;", "cube(0");
    write(folder.join("data.jsonl"), changed);
    check(&folder, &arguments);
    assert_eq!(file_rows(&path).len(), 51);
    write(&path, "{\"file\": 1}\n");
    assert!(refused(&folder, &arguments).contains("line 1"));
}

#[test]
fn parquet_holds_what_jsonl_holds() {
    let folder = folder("parquet");
    dataset(&folder, 30);
    let expected = rows(&check(&folder, &["data.jsonl", "--json"]).stdout);
    check(&folder, &["data.jsonl", "--output", "out.parquet", "--keep-text"]);
    let files: Vec<_> =
        fs::read_dir(&folder).expect("it is a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(files.len(), 2, "nothing unfinished is left: {files:?}");
    // Its own output is a dataset, with the programs under `program`.
    let again = check(&folder, &["out.parquet", "--json", "--jobs", "2"]);
    assert_eq!(again.status.code(), Some(1));
    let again = rows(&again.stdout);
    let judgments = |rows: &[Value]| rows.iter().map(judgment).collect::<Vec<Value>>();
    assert_eq!(judgments(&again), judgments(&expected));
    assert_eq!(again[3]["file"], "out.parquet");
    check(&folder, &["data.jsonl", "--output", "bare.parquet"]);
    let talk = refused(&folder, &["bare.parquet"]);
    assert!(talk.contains("no column of texts called program, scad"), "{talk}");
    assert!(refused(&folder, &["data.jsonl", "--output", "out.parquet", "--resume"]).contains("give a folder"));
}

#[test]
fn a_run_goes_on_after_its_last_finished_shard() {
    let folder = folder("shards");
    dataset(&folder, 25);
    let arguments = ["data.jsonl", "--output", "out", "--shard-rows", "10", "--keep-text"];
    check(&folder, &arguments);
    let shard = |number| folder.join(format!("out/part-0000{number}.parquet"));
    let judged = || {
        let files: Vec<String> = (0..3).map(|number| format!("out/part-0000{number}.parquet")).collect();
        let mut arguments: Vec<&str> = files.iter().map(String::as_str).collect();
        arguments.push("--json");
        rows(&check(&folder, &arguments).stdout).iter().map(|row| row["program_hash"].clone()).collect::<Vec<Value>>()
    };
    let expected = judged();
    assert_eq!(expected.len(), 25);
    assert!(refused(&folder, &arguments).contains("--resume"));
    // As if the run had been killed while it wrote the last shard.
    fs::remove_file(shard(2)).expect("it was written");
    write(folder.join("out/part-00002.parquet.part"), "PAR1");
    let resumed = check(&folder, &[&arguments[..], &["--resume"]].concat());
    let talk = text(resumed.stderr);
    assert!(talk.contains("20 rows were there already\n25 programs:"), "{talk}");
    assert_eq!(judged(), expected);
    assert_eq!(fs::read_dir(folder.join("out")).expect("it is a folder").count(), 3);
    write(shard(1), "PAR1");
    assert!(refused(&folder, &[&arguments[..], &["--resume"]].concat()).contains("part-00001.parquet"));
}

#[test]
fn an_output_of_another_kind_is_refused() {
    let folder = folder("kinds");
    dataset(&folder, 1);
    let talk = refused(&folder, &["data.jsonl", "--output", "out.csv"]);
    assert!(talk.contains(".jsonl file, a .parquet file, or a folder"), "{talk}");
    refused(&folder, &["data.jsonl", "--output", "missing/out.jsonl"]);
    refused(&folder, &["data.jsonl", "--output", "missing/out.parquet"]);
}

#[test]
fn workers_judge_as_the_process_itself() {
    let folder = folder("workers");
    dataset(&folder, 60);
    // Bytes that are no UTF-8, and a relative path, come through the pipe.
    write(folder.join("raw.scad"), b"use <lib.scad>\necho(\"\xff\"); part();");
    write(folder.join("lib.scad"), "module part() echo(\"part\");");
    let inputs = ["raw.scad", "data.jsonl", "--json", "--strict", "--triangle-limit", "100"];
    let terms = [&inputs[..], &["--print", "--bed", "30.5,20,10", "--nozzle", "0.6", "--overhang", "50"]].concat();
    let plain = check(&folder, &terms);
    for jobs in ["1", "2"] {
        let isolated = check(&folder, &[&terms[..], &["--isolate", "--jobs", jobs]].concat());
        assert_eq!(isolated.status.code(), Some(1));
        assert_eq!(rows(&isolated.stdout), rows(&plain.stdout));
        assert_eq!(isolated.stderr, plain.stderr);
    }
}

#[test]
fn a_verdict_has_facts_and_hashes() {
    let folder = folder("facts");
    write(folder.join("a.scad"), "difference() { cube(10); translate([5, 5, -1]) cylinder(h = 12, d = 4); }");
    write(folder.join("b.scad"), "difference() { cube([10,10,10]); translate([5,5,-1]) cylinder(12, d=4); }");
    write(folder.join("c.scad"), "// a plate\ndifference(){cube(10);translate([5,5,-1])cylinder(h=12,d=4);}");
    write(folder.join("d.scad"), "square(");
    write(folder.join("e.scad"), "square([4, 3]);");
    let output = check(&folder, &[".", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = rows(&output.stdout);
    let [a, b, c, d, e] = rows.as_slice() else { panic!("five rows, not {}", rows.len()) };
    assert_eq!((&a["valid"], &a["level"], &a["dimension"]), (&json!(true), &json!("manifold"), &json!(3)));
    let facts = &a["facts"];
    assert_eq!(facts["bbox"], json!({ "min": [0.0, 0.0, 0.0], "max": [10.0, 10.0, 10.0] }));
    assert_eq!((&facts["components"], &facts["genus"], &facts["closed"]), (&json!(1), &json!(1), &json!(true)));
    let volume = facts["volume"].as_f64().expect("a solid has a volume");
    assert!(volume > 870.0 && volume < 900.0, "{volume}");
    // The same shape by another program, the same program in another spelling, and no program.
    assert_eq!(a["shape_hash"], b["shape_hash"]);
    assert_ne!(a["program_hash"], b["program_hash"]);
    assert_eq!(a["program_hash"], c["program_hash"]);
    assert_ne!(a["text_hash"], c["text_hash"]);
    assert_eq!((&d["program_hash"], &d["shape_hash"]), (&Value::Null, &Value::Null));
    assert!(d["text_hash"].is_string());
    assert_eq!((&e["dimension"], &e["facts"]["area"], &e["facts"]["contours"]), (&json!(2), &json!(12.0), &json!(1)));
    assert!(rows.iter().all(|row| row.get("print").is_none()), "nobody asked for it");
}

#[test]
fn a_changed_comment_is_judged_again() {
    let folder = folder("comment");
    write(folder.join("a.scad"), "cube(1);");
    let arguments = ["a.scad", "--output", "out.jsonl", "--resume"];
    check(&folder, &arguments);
    check(&folder, &arguments);
    assert_eq!(file_rows(&folder.join("out.jsonl")).len(), 1);
    write(folder.join("a.scad"), "cube(1); // a cube");
    check(&folder, &arguments);
    assert_eq!(file_rows(&folder.join("out.jsonl")).len(), 2);
}

#[test]
fn one_program_at_a_time_is_judged_like_many() {
    let folder = folder("alone");
    for idx in 1..4 {
        let program = format!(
            "for (x = [0:{idx}]) for (y = [0:9]) translate([x * 8, y * 8, 0]) rotate([y, x, 0]) difference() {{
                cube(6); sphere({idx}, $fn = 20); translate([3, 3, 0]) rotate(x) cylinder(h = 20, r = 1); }}"
        );
        write(folder.join(format!("{idx}.scad")), program);
    }
    let one = check(&folder, &[".", "--json", "--jobs", "1"]);
    let two = check(&folder, &[".", "--json", "--jobs", "2"]);
    assert_eq!(one.status.code(), Some(0));
    assert_eq!(rows(&one.stdout), rows(&two.stdout));
}

#[test]
fn how_a_solid_prints_is_told_but_does_not_count() {
    let folder = folder("print");
    write(folder.join("a.scad"), "cube([30, 10, 5]); translate([0, 0, 20]) cube(5);");
    write(folder.join("b.scad"), "square(5);");
    let output = check(&folder, &[".", "--json", "--print", "--bed", "20,40,50", "--overhang", "30"]);
    assert_eq!(output.status.code(), Some(0), "no printing problem makes a program invalid");
    let rows = rows(&output.stdout);
    let print = &rows[0]["print"];
    assert_eq!((&print["fits_bed"], &print["loose_parts"]), (&json!("turned"), &json!(1)));
    assert_eq!(print["stands_on_plate"], json!({ "contact": 300.0, "stable": true }));
    let problem = &print["problems"][0];
    assert_eq!((&problem["code"], &problem["severity"]), (&json!("scad::print::loose_parts"), &json!("warning")));
    assert!(problem["message"].is_string() && problem["help"].is_string());
    assert_eq!(rows[0]["warnings"], json!([]));
    assert_eq!(rows[1].get("print"), None, "a flat region has none");
    let lines = text(check(&folder, &["a.scad", "--print"]).stdout);
    assert!(lines.contains("\n  print: fits the bed, stands on 300.0 mm², "), "{lines}");
    assert!(lines.contains("\n  print: 1 part touches nothing"), "{lines}");
    for wrong in [["--bed", "1,2"], ["--bed", "1,2,x"], ["--nozzle", "0"], ["--overhang", "91"]] {
        refused(&folder, &[&["a.scad", "--print"], &wrong[..]].concat());
    }
    refused(&folder, &["a.scad", "--nozzle", "0.4"]);
}

#[test]
fn too_many_triangles_are_a_limit() {
    let folder = folder("triangles");
    write(folder.join("a.scad"), "sphere(10, $fn = 100);");
    let rows = rows(&check(&folder, &["a.scad", "--json", "--triangle-limit", "1000"]).stdout);
    assert_eq!((&rows[0]["limit"], &rows[0]["level"]), (&json!("triangles"), &json!("evaluated")));
    assert_eq!(rows[0]["errors"][0]["code"], "scad::mesh::triangle_limit");
}

/// Runs for minutes if nobody stops it.
const SLOW: &str = "x = [for (i = [0:9999]) len([for (j = [0:9999]) for (k = [0:99]) if (i + j + k < 0) k])]; cube(1);";

#[test]
fn a_slow_program_ends_at_the_time_limit() {
    let folder = folder("time");
    write(folder.join("slow.scad"), SLOW);
    let rows = rows(&check(&folder, &["slow.scad", "--json", "--time-limit", "0.2"]).stdout);
    assert_eq!(rows[0]["limit"], "time");
}

/// A worker that is sent a program too large for its address space aborts, and says why.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_keeps_to_its_address_space() {
    use std::io::Write as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadmonkey"));
    command.args(["check-worker", "--address-space=300000000", "--memory-limit=100000", "--time-limit=100"]);
    let mut worker =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let program = "x = [for (i = [0:999]) [for (j = [0:99999]) [i, j]]]; cube(1);";
    let request = json!({ "name": { "file": "a.scad" }, "source": "a.scad", "text": program }).to_string() + "\n";
    worker.stdin.take().expect("it is piped").write_all(request.as_bytes()).expect("it reads");
    let output = worker.wait_with_output().expect("it ends");
    assert!(!output.status.success());
    let talk = text(output.stderr);
    assert!(talk.contains("memory allocation of"), "{talk}");
}

/// What happens to workers from outside.
#[cfg(target_os = "linux")]
mod signals {
    use std::io::{BufRead as _, BufReader};
    use std::time::{Duration, Instant};

    use super::*;

    /// Checks three programs, of which the second is slow, on one worker, sends it a signal while it is busy with that
    /// one, and gives the rows.
    fn rows_with_signal(name: &str, signal: &str, time_limit: &str) -> Vec<Value> {
        let folder = folder(name);
        write(folder.join("a.scad"), "echo(1);");
        write(folder.join("b.scad"), SLOW);
        write(folder.join("c.scad"), "echo(3);");
        let arguments = [".", "--json", "--isolate", "--jobs", "1", "--time-limit", time_limit];
        let mut process =
            command(&folder, &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut text = String::new();
        answers.read_line(&mut text).expect("rows are UTF-8");
        let worker = child_of(process.id());
        // Then it is in the middle of the slow one.
        std::thread::sleep(Duration::from_millis(200));
        assert!(Command::new("kill").args([signal, &worker.to_string()]).status().expect("`kill` runs").success());
        while answers.read_line(&mut text).expect("rows are UTF-8") > 0 {}
        assert_eq!(process.wait().expect("it ends").code(), Some(1));
        rows(text.as_bytes())
    }

    /// The one child of a process.
    fn child_of(process: u32) -> u32 {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            for entry in fs::read_dir("/proc").expect("it is a folder").flatten() {
                let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
                // `pid (name) state parent …`, and a name may hold blanks.
                let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
                if parent == Some(process.to_string().as_str()) {
                    return entry.file_name().to_string_lossy().parse().expect("processes are numbers");
                }
            }
        }
        panic!("there is no worker");
    }

    #[test]
    fn a_killed_worker_costs_one_row() {
        let rows = rows_with_signal("killed", "-KILL", "60");
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1]["limit"], "crash");
        assert_eq!(rows[1]["errors"][0]["code"], "cadmonkey::crash");
        let message = rows[1]["errors"][0]["message"].as_str().expect("a text");
        assert!(message.contains("signal 9"), "{message}");
        assert_eq!((&rows[0]["echo"], &rows[2]["echo"]), (&json!(["1"]), &json!(["3"])));
        assert_eq!(rows[2]["limit"], Value::Null);
    }

    #[test]
    fn a_worker_that_hangs_is_killed() {
        let rows = rows_with_signal("hanging", "-STOP", "1");
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1]["limit"], "time");
        assert_eq!(rows[1]["errors"][0]["code"], "cadmonkey::time_limit");
        assert_eq!(rows[2]["echo"], json!(["3"]));
    }
}
