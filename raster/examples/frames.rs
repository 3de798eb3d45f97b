//! What `scripts/bench/raster` measures: `frames RENDERER TRIANGLES FRAMES [smooth]` draws a knot of that many triangles, 512²,
//! each frame from another side, and prints `{"renderer": ..., "start_ms": ..., "frames_ms": [...]}`.
//!
//! With `stl FILE` after the numbers it writes the knot as binary STL, for peers.
#![expect(clippy::print_stdout, reason = "it is what the script reads")]

use std::time::Instant;

use csg_mesh::{Geometry, Mesh, Soup};
use raster::{Camera, Choice, Model, Shading, View, choose};
use scad_eval::degrees::{cos, sin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [renderer, triangles, frames, rest @ ..] = arguments.as_slice() else {
        return Err("usage: frames cpu|wgpu TRIANGLES FRAMES [smooth | stl FILE]".into());
    };
    let geometry = knot(triangles.parse()?)?;
    if let [word, path] = rest
        && word == "stl"
    {
        let mut file = std::fs::File::create(path)?;
        csg_mesh::export::write(&geometry, csg_mesh::export::Format::Stl, &mut file)?;
        return Ok(());
    }
    let shading = if rest.iter().any(|word| word == "smooth") { Shading::Smooth(40.0) } else { Shading::Flat };
    let choice = match renderer.as_str() {
        "cpu" => Choice::Cpu,
        "wgpu" => Choice::Wgpu,
        other => return Err(format!("no renderer `{other}`").into()),
    };
    let started = Instant::now();
    let (renderer, notice) = choose(choice);
    if let Some(notice) = notice {
        return Err(notice.into());
    }
    let model = Model::new(&geometry, shading);
    let start = started.elapsed();
    let views: Vec<View> = (0..frames.parse::<u32>()?)
        .map(|frame| {
            let camera = Camera::default().turned([60.0, 0.0, f64::from(frame) * 7.0]);
            View { camera, ..View::new(512, 512) }.framed(model.bounds())
        })
        .collect();
    // One call each, as somebody who turns the model would; and all in one, as for a sheet.
    let mut times = Vec::new();
    for view in &views {
        let started = Instant::now();
        renderer.images(&model, std::slice::from_ref(view))?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let started = Instant::now();
    renderer.images(&model, &views)?;
    let together = started.elapsed().as_secs_f64() * 1e3 / views.len().max(1) as f64;
    println!(
        r#"{{"renderer": "{}", "triangles": {}, "start_ms": {:.3}, "frames_ms": {times:.3?}, "together_ms": {together:.3}}}"#,
        renderer.name(),
        model.triangles(),
        start.as_secs_f64() * 1e3
    );
    Ok(())
}

/// A trefoil tube of about so many triangles.
fn knot(triangles: usize) -> Result<Geometry, Box<dyn std::error::Error>> {
    let around = ((triangles as f64 / 20.0).sqrt() as usize).max(3);
    let along = (triangles / (2 * around)).max(3);
    let center = |at: usize| {
        let angle = 360.0 * (at % along) as f64 / along as f64;
        let radius = 10.0 + 4.0 * cos(1.5 * angle * 2.0);
        [radius * cos(2.0 * angle), radius * sin(2.0 * angle), 4.0 * sin(3.0 * angle)]
    };
    let mut soup = Soup::default();
    for at in 0..along {
        let [here, next] = [center(at), center(at + 1)];
        let unit = |v: [f64; 3]| {
            let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
            v.map(|value| value / length)
        };
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        };
        let forward = unit([0, 1, 2].map(|axis| next[axis] - here[axis]));
        let side = unit(cross(forward, [0.0, 0.0, 1.0]));
        let up = cross(side, forward);
        for turn in 0..around {
            let angle = 360.0 * turn as f64 / around as f64;
            let (right, high) = (2.0 * cos(angle), 2.0 * sin(angle));
            soup.vertices.push([0, 1, 2].map(|axis| here[axis] + side[axis] * right + up[axis] * high));
        }
    }
    let vertex = |at: usize, turn: usize| ((at % along) * around + turn % around) as u32;
    for at in 0..along {
        for turn in 0..around {
            let [a, b, c, d] = [vertex(at, turn), vertex(at + 1, turn), vertex(at + 1, turn + 1), vertex(at, turn + 1)];
            soup.triangles.extend([[a, c, b], [a, d, c]]);
        }
    }
    Ok(Geometry::Solid(Mesh::new(soup)?))
}
