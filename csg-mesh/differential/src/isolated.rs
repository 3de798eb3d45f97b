//! csgrs in a process of its own: it can overflow the stack, which nothing catches, and can take very long.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use csg_mesh::{Geometry, Options, Soup, make_with};

use crate::csgrs_kernel::CsgrsKernel;
use crate::evaluated;

/// The hidden argument that makes this program the process which computes.
pub const WORKER: &str = "--csgrs-worker";

/// What csgrs may take for one program. The shipped kernel takes a few milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// Stack for it: a tree of planes goes about as deep as there are polygons.
const STACK: usize = 512 << 20;

/// Exit status when [`LIMIT`] is over.
const SLOW: i32 = 3;

/// What csgrs makes of a program.
#[derive(Debug)]
pub struct Made {
    /// Its triangles.
    pub soup: Soup,
    /// How long the geometry takes.
    pub time: Duration,
}

/// Computes a program by csgrs; else says what went wrong.
pub fn csgrs(program: &str) -> Result<Made, String> {
    let run = || -> std::io::Result<std::process::Output> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(WORKER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(program.as_bytes())?;
        }
        child.wait_with_output()
    };
    let output = run().map_err(|error| format!("the process of csgrs: {error}"))?;
    match output.status.code() {
        Some(0) => {
            let text = String::from_utf8_lossy(&output.stdout);
            read(&text).ok_or_else(|| text.trim().to_owned())
        }
        Some(SLOW) => Err(format!("takes more than {} s", LIMIT.as_secs())),
        Some(_) => Err("panics".to_owned()),
        None => Err("overflows the stack".to_owned()),
    }
}

/// The other side: a program on stdin, triangles on stdout. Gives the exit status.
pub fn work() -> i32 {
    let mut program = String::new();
    if std::io::stdin().read_to_string(&mut program).is_err() {
        return 2;
    }
    let (sender, receiver) = mpsc::channel();
    let work = move || sender.send(made(&program));
    if std::thread::Builder::new().stack_size(STACK).spawn(work).is_err() {
        return 2;
    }
    match receiver.recv_timeout(LIMIT) {
        Ok(Ok(made)) => {
            print!("{}", written(&made));
            0
        }
        Ok(Err(reason)) => {
            println!("{reason}");
            0
        }
        Err(mpsc::RecvTimeoutError::Timeout) => SLOW,
        Err(mpsc::RecvTimeoutError::Disconnected) => 4,
    }
}

fn made(program: &str) -> Result<Made, String> {
    let scene = evaluated(program)?;
    let options = Options { plain: true, parallel: false, ..Options::default() };
    // A first time to warm up, since each program has a new process.
    let _ = make_with(&CsgrsKernel, &scene, &options);
    let start = Instant::now();
    let made = make_with(&CsgrsKernel, &scene, &options);
    let time = start.elapsed();
    if let Some(message) = made.messages.first() {
        return Err(format!("says: {message:?}").lines().next().unwrap_or_default().to_owned());
    }
    let soup = match made.geometry {
        Ok(Geometry::Empty) => Soup::default(),
        Ok(Geometry::Solid(mesh)) => mesh.into_soup(),
        Ok(Geometry::Surface(soup)) => soup,
        Ok(Geometry::Flat(_)) => return Err("is flat".to_owned()),
        Err(limit) => return Err(format!("meets a limit: {}", limit.name())),
    };
    Ok(Made { soup, time })
}

/// A line for the time, one for each vertex, one for each triangle.
fn written(made: &Made) -> String {
    let mut text = format!("time {}\n", made.time.as_micros());
    for [x, y, z] in &made.soup.vertices {
        let _ = writeln!(text, "v {x:?} {y:?} {z:?}");
    }
    for [a, b, c] in &made.soup.triangles {
        let _ = writeln!(text, "t {a} {b} {c}");
    }
    text
}

fn read(text: &str) -> Option<Made> {
    let mut lines = text.lines();
    let time = Duration::from_micros(lines.next()?.strip_prefix("time ")?.parse().ok()?);
    let mut soup = Soup::default();
    for line in lines {
        match line.split_at_checked(2)? {
            ("v ", numbers) => soup.vertices.push(three(numbers)?),
            ("t ", numbers) => soup.triangles.push(three(numbers)?),
            _ => return None,
        }
    }
    Some(Made { soup, time })
}

fn three<T: std::str::FromStr>(text: &str) -> Option<[T; 3]> {
    let numbers: Vec<T> = text.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let soup = Soup { vertices: vec![[0.1, -1e-300, 3.0]; 3], triangles: vec![[0, 1, 2]], ..Soup::default() };
        let made = Made { soup, time: Duration::from_micros(12) };
        let again = read(&written(&made)).unwrap();
        assert_eq!((again.soup, again.time), (made.soup, made.time));
        assert!(read("says: something").is_none());
    }

    #[test]
    fn csgrs_subtracts() {
        let made = made("difference() { cube(2); translate([1, 1, 1]) cube(2); }").unwrap();
        assert!((crate::space::volume(&made.soup) - 7.0).abs() < 1e-9);
    }
}
