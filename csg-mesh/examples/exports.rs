//! Writes known shapes in every format, and what is known of them, for `scripts/check-exports`.
//!
//! `cargo run --example exports FOLDER` makes `FOLDER/FORMAT/SHAPE.SUFFIX` and `FOLDER/facts.json`. The facts are worked
//! out by hand, not with this crate.

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use csg_mesh::export::{self, Format};
use csg_mesh::{Geometry, Mesh, Origin, Polygons, Soup};
use scad_eval::degrees;
use scad_parser::Span;

const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
const GREEN: [f32; 4] = [0.0, 0.5, 0.0, 1.0];
const GLASS: [f32; 4] = [0.2, 0.4, 1.0, 0.4];

/// A shape and what a reader has to find in its file, as JSON.
struct Shape {
    name: &'static str,
    geometry: Geometry,
    facts: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: exports FOLDER")?;
    let folder = Path::new(&folder);
    let shapes =
        [tetrahedron()?, cuboid()?, frame()?, open_box(), far_cone()?, touching_cubes()?, plate(), island(), banner()];
    for format in Format::ALL {
        let folder = folder.join(format.name());
        fs::create_dir_all(&folder)?;
        let fitting = shapes.iter().filter(|shape| {
            let is_flat = matches!(shape.geometry, Geometry::Flat(_));
            format.dimension() == if is_flat { 2 } else { 3 }
        });
        for shape in fitting {
            let mut file = File::create(folder.join(format!("{}.{}", shape.name, format.suffix())))?;
            export::write(&shape.geometry, format, &mut file)?;
        }
    }
    let facts: Vec<String> = shapes.iter().map(|shape| format!("  \"{}\": {{{}}}", shape.name, shape.facts)).collect();
    fs::write(folder.join("facts.json"), format!("{{\n{}\n}}\n", facts.join(",\n")))?;
    Ok(())
}

/// Without color, with digits that f32 does not have.
fn tetrahedron() -> Result<Shape, Box<dyn Error>> {
    let vertices = vec![[0.1, -5.0, 0.0], [10.1, -5.0, 0.0], [0.1, 5.0, 0.0], [0.1, -5.0, 2.4]];
    let soup = Soup { vertices, triangles: vec![[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], ..Soup::default() };
    let facts = r#""dimension": 3, "closed": true, "volume": 40, "area": 126.80151512, "low": [0.1, -5, 0],
    "high": [10.1, 5, 2.4], "colors": {"none": 126.80151512}"#;
    Ok(Shape { name: "tetrahedron", geometry: Geometry::Solid(Mesh::new(soup)?), facts: facts.into() })
}

/// 10 by 20 by 30; bottom red, top translucent, walls without color.
fn cuboid() -> Result<Shape, Box<dyn Error>> {
    let soup = Soup {
        triangle_origins: [[0; 2], [1; 2], [2; 2], [2; 2], [2; 2], [2; 2]].concat(),
        origins: [Some(RED), Some(GLASS), None].map(origin).into(),
        ..cube([-3.0, 4.0, 0.0], [7.0, 24.0, 30.0])
    };
    let facts = r#""dimension": 3, "closed": true, "volume": 6000, "area": 2200, "low": [-3, 4, 0], "high": [7, 24, 30],
    "colors": {"ff0000ff": 200, "3366ff66": 200, "none": 1800}"#;
    Ok(Shape { name: "cuboid", geometry: Geometry::Solid(Mesh::new(soup)?), facts: facts.into() })
}

/// A square with a square hole, all of one color.
fn frame() -> Result<Shape, Box<dyn Error>> {
    let ring = |low: f64, high: f64, z: f64| [[low, low, z], [high, low, z], [high, high, z], [low, high, z]];
    let vertices = [ring(0.0, 30.0, 0.0), ring(10.0, 20.0, 0.0), ring(0.0, 30.0, 5.0), ring(10.0, 20.0, 5.0)].concat();
    let mut triangles = Vec::new();
    for side in 0..4 {
        let next = (side + 1) % 4;
        let [a, b, c, d] = [side, next, next + 4, side + 4];
        for quad in [[d, c, b, a], [a + 8, b + 8, c + 8, d + 8], [a, b, b + 8, a + 8], [d + 8, c + 8, c, d]] {
            triangles.extend(halves(quad));
        }
    }
    let triangle_origins = vec![0; triangles.len()];
    let origins = vec![origin(Some(GREEN))];
    let soup = Soup { vertices, triangles, triangle_origins, origins, ..Soup::default() };
    let facts = r#""dimension": 3, "closed": true, "volume": 4000, "area": 2400, "low": [0, 0, 0], "high": [30, 30, 5],
    "colors": {"008000ff": 2400}"#;
    Ok(Shape { name: "frame", geometry: Geometry::Solid(Mesh::new(soup)?), facts: facts.into() })
}

/// A cube without its top.
fn open_box() -> Shape {
    let mut soup = cube([0.0; 3], [10.0; 3]);
    soup.triangles.drain(2..4);
    let facts = r#""dimension": 3, "closed": false, "area": 500, "low": [0, 0, 0], "high": [10, 10, 10],
    "colors": {"none": 500}"#;
    Shape { name: "open-box", geometry: Geometry::Surface(soup), facts: facts.into() }
}

/// So far away and so finely divided that some of its triangles have no extent in f32.
fn far_cone() -> Result<Shape, Box<dyn Error>> {
    let (sides, far) = (720_u32, 8_388_608.0);
    let mut vertices: Vec<[f64; 3]> = (0..sides)
        .map(|side| f64::from(side) * 360.0 / f64::from(sides))
        .map(|angle| [far + 100.0 * degrees::cos(angle), far + 100.0 * degrees::sin(angle), 0.0])
        .collect();
    vertices.extend([[far, far, 0.0], [far, far, 75.0]]);
    let mut triangles = Vec::new();
    for side in 0..sides {
        let next = (side + 1) % sides;
        triangles.extend([[next, side, sides], [side, next, sides + 1]]);
    }
    let soup = Soup { vertices, triangles, ..Soup::default() };
    // π 100² 75 / 3; lengths are off by what f32 does not hold.
    let facts = r#""dimension": 3, "closed": true, "volume": 785398.16, "area": 70685.83, "low": [8388508, 8388508, 0],
    "high": [8388708, 8388708, 75], "colors": {"none": 70685.83}, "tolerance": 0.02"#;
    Ok(Shape { name: "far-cone", geometry: Geometry::Solid(Mesh::new(soup)?), facts: facts.into() })
}

/// Two cubes which share an edge, but no vertex.
fn touching_cubes() -> Result<Shape, Box<dyn Error>> {
    let (mut soup, other) = (cube([0.0; 3], [10.0; 3]), cube([10.0, 10.0, 0.0], [20.0, 20.0, 10.0]));
    let shift = soup.vertices.len() as u32;
    soup.triangles.extend(other.triangles.iter().map(|triangle| triangle.map(|vertex| vertex + shift)));
    soup.vertices.extend(other.vertices);
    soup.triangle_origins = [[0; 12], [1; 12]].concat();
    soup.origins = [Some(RED), Some(GREEN)].map(origin).into();
    let facts = r#""dimension": 3, "closed": true, "volume": 2000, "area": 1200, "low": [0, 0, 0], "high": [20, 20, 10],
    "colors": {"ff0000ff": 600, "008000ff": 600}"#;
    Ok(Shape { name: "touching-cubes", geometry: Geometry::Solid(Mesh::new(soup)?), facts: facts.into() })
}

/// A square with a hole.
fn plate() -> Shape {
    let contours = vec![square(0.0, 40.0, true), square(10.0, 20.0, false)];
    let facts = r#""dimension": 2, "area": 1500, "perimeter": 200, "contours": 2, "low": [0, 0], "high": [40, 40]"#;
    Shape { name: "plate", geometry: Geometry::Flat(Polygons { contours }), facts: facts.into() }
}

/// An island in a hole, below and left of the origin.
fn island() -> Shape {
    let contours = vec![square(-50.5, -0.5, true), square(-40.25, -10.25, false), square(-30.0, -20.0, true)];
    let facts = r#""dimension": 2, "area": 1700, "perimeter": 360, "contours": 3, "low": [-50.5, -50.5],
    "high": [-0.5, -0.5]"#;
    Shape { name: "island", geometry: Geometry::Flat(Polygons { contours }), facts: facts.into() }
}

/// Six meters long, more than a page of PDF has units.
fn banner() -> Shape {
    let contours = vec![vec![[0.0, 0.0], [6000.0, 0.0], [6000.0, 800.0]]];
    let facts = r#""dimension": 2, "area": 2400000, "perimeter": 12853.0972, "contours": 1, "low": [0, 0],
    "high": [6000, 800]"#;
    Shape { name: "banner", geometry: Geometry::Flat(Polygons { contours }), facts: facts.into() }
}

/// Bottom, top, then the four walls, two triangles each.
fn cube(low: [f64; 3], high: [f64; 3]) -> Soup {
    let vertices =
        (0..8).map(|corner| [0, 1, 2].map(|axis| if corner >> axis & 1 == 0 { low[axis] } else { high[axis] }));
    let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6]];
    let triangles = quads.into_iter().flat_map(halves).collect();
    Soup { vertices: vertices.collect(), triangles, ..Soup::default() }
}

fn halves([a, b, c, d]: [u32; 4]) -> [[u32; 3]; 2] {
    [[a, b, c], [a, c, d]]
}

fn square(low: f64, high: f64, is_outer: bool) -> Vec<[f64; 2]> {
    let mut points = vec![[low, low], [high, low], [high, high], [low, high]];
    if !is_outer {
        points.reverse();
    }
    points
}

fn origin(color: Option<[f32; 4]>) -> Origin {
    Origin { span: Span::default(), color }
}
