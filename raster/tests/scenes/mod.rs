//! Scenes that both renderers draw, and how their pictures are compared.

use csg_mesh::{Geometry, Options, make, marked};
use raster::{Camera, CpuRenderer, Image, Maps, Model, Projection, RenderError, Renderer, Shading, Surface, View};

/// A model and a view of it.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) model: Model,
    pub(crate) view: View,
}

/// How two pictures differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Difference {
    pub(crate) pixels: usize,
    /// Pixels with a channel that differs at all, by more than 1, 2 and 8 of 255.
    pub(crate) beyond: [usize; 4],
    pub(crate) most: u8,
    /// Peak signal-to-noise ratio in decibels; infinite when they are equal.
    pub(crate) psnr: f64,
    /// Whether nine pixels of a square all differ by more than 8.
    pub(crate) has_block: bool,
}

fn geometry(program: &str) -> (Geometry, Vec<csg_mesh::Marked>) {
    let source = scad_parser::Source::new("scene.scad", program.to_owned());
    let program = scad_parser::parse(&source).expect("it parses");
    let scene = scad_eval::evaluate(&program, &scad_eval::MemoryWorld::default()).expect("it evaluates");
    let options = Options::default();
    let geometry = make(&scene, &options).geometry.expect("it is small");
    (geometry, marked(&scene, &options).expect("it is small"))
}

const BRACKET: &str = "difference() { cube([30, 20, 10]); translate([15, 10, -1]) cylinder(r = 6, h = 20, $fn = 48); }
    translate([40, 0, 0]) color(\"SteelBlue\") sphere(10, $fn = 40); translate([0, 35, 8]) color(\"Tomato\") cylinder(r1 = 8, r2 = 3, h = 12);";
const GLASS: &str = "cube(10); color([0.2, 0.4, 1, 0.4]) translate([5, 5, 5]) sphere(9, $fn = 50); color([1, 0, 0, 0.7]) translate([-6, 2, 0]) cube([4, 8, 14]);";
const MARKED: &str = "cube(10); %translate([5, 5, 5]) cube(12); #translate([-4, 0, 0]) cylinder(r = 3, h = 20);";
const OPEN: &str = "polyhedron([[0,0,0],[10,0,0],[10,10,0],[0,10,0],[5,5,8]], [[0,1,2,3],[1,0,4],[2,1,4]]);";
const FLAT: &str =
    "difference() { circle(20, $fn = 60); square(12, center = true); } translate([25, 0]) text(\"Ab3\", size = 12);";
const BALL: &str = "sphere(10, $fn = 224);";

/// All of them.
pub(crate) fn scenes() -> Vec<Scene> {
    let scene = |name, program: &str, shading, change: &dyn Fn(&mut View)| {
        let (geometry, marked) = geometry(program);
        let model = Model::with_marked(&geometry, &marked, shading);
        let mut view = View::new(512, 512).framed(model.bounds());
        change(&mut view);
        Scene { name, model, view }
    };
    let flat = Shading::Flat;
    let smooth = Shading::Smooth(40.0);
    vec![
        scene("flat", BRACKET, flat, &|_| {}),
        scene("smooth", BRACKET, smooth, &|_| {}),
        scene("orthographic", BRACKET, flat, &|view| view.camera.projection = Projection::Orthographic),
        scene("edges", BRACKET, flat, &|view| view.edges = true),
        scene("axes", BRACKET, flat, &|view| (view.axes, view.scales, view.crosshairs) = (true, true, true)),
        scene("wireframe", BRACKET, flat, &|view| view.surface = Surface::Wireframe),
        scene("shadow", BRACKET, flat, &|view| view.shadow = true),
        scene("glass", GLASS, flat, &|_| {}),
        scene("glass, smooth", GLASS, smooth, &|_| {}),
        scene("marked", MARKED, flat, &|_| {}),
        scene("open", OPEN, flat, &|view| view.camera = view.camera.turned([40.0, 0.0, 160.0])),
        scene("flat region", FLAT, flat, &|view| view.camera = view.camera.turned([0.0; 3])),
        scene("inside", BRACKET, flat, &|view| {
            view.camera = Camera { center: [15.0, 2.0, 5.0], distance: 8.0, fov: 60.0, ..view.camera };
        }),
        scene("odd size", BRACKET, flat, &|view| (view.width, view.height) = (301, 200)),
        scene("100,000 triangles", BALL, flat, &|_| {}),
        scene("100,000 triangles, smooth", BALL, smooth, &|_| {}),
    ]
}

/// A scene by both renderers.
pub(crate) fn both(scene: &Scene, other: &dyn Renderer) -> Result<[Image; 2], RenderError> {
    let draw = |renderer: &dyn Renderer| {
        Ok(renderer.images(&scene.model, &[scene.view])?.pop().expect("one view makes one picture"))
    };
    Ok([draw(&CpuRenderer)?, draw(other)?])
}

/// The maps of a scene by both renderers.
pub(crate) fn both_maps(scene: &Scene, other: &dyn Renderer) -> Result<[Maps; 2], RenderError> {
    let draw = |renderer: &dyn Renderer| {
        Ok(renderer.maps(&scene.model, &[scene.view])?.pop().expect("one view makes one map"))
    };
    Ok([draw(&CpuRenderer)?, draw(other)?])
}

/// Compares two pictures of one size.
pub(crate) fn difference(one: &Image, other: &Image) -> Difference {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let pixels: Vec<u8> = one
        .rgba
        .as_chunks::<4>()
        .0
        .iter()
        .zip(other.rgba.as_chunks::<4>().0)
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0))
        .collect();
    let beyond = [0, 1, 2, 8].map(|most| pixels.iter().filter(|by| **by > most).count());
    let square: f64 =
        one.rgba.iter().zip(&other.rgba).map(|(a, b)| f64::from(a.abs_diff(*b)) * f64::from(a.abs_diff(*b))).sum();
    let mean = square / one.rgba.len() as f64;
    let psnr = if mean == 0.0 { f64::INFINITY } else { 10.0 * scad_eval::math::log10(65_025.0 / mean) };
    let wide = one.width as usize;
    let block = |at: usize| {
        (0..3).all(|down| (0..3).all(|right| pixels.get(at + down * wide + right).is_some_and(|by| *by > 8)))
    };
    let has_block = (0..pixels.len()).filter(|at| at % wide + 2 < wide).any(block);
    Difference { pixels: pixels.len(), beyond, most: pixels.iter().copied().max().unwrap_or(0), psnr, has_block }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [any, one, two, eight] = self.beyond;
        write!(
            f,
            "of {} pixels differ {any}, by more than 1: {one}, 2: {two}, 8: {eight}; most {}, {:.1} dB",
            self.pixels, self.most, self.psnr
        )
    }
}
