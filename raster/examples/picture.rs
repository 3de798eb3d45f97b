//! `cargo run --release -p raster --example picture -- program.scad picture.png`: the five lines of the house.

use raster::{Model, Shading, View, choose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(program), Some(picture)) = (arguments.next(), arguments.next()) else {
        return Err("usage: picture PROGRAM.scad PICTURE.png".into());
    };
    let source = scad_parser::Source::new(&program, std::fs::read_to_string(&program)?);
    let scene = scad_eval::evaluate(&scad_parser::parse(&source)?, &scad_eval::MemoryWorld::default())?;
    let options = csg_mesh::Options::default();
    let geometry = csg_mesh::make(&scene, &options).geometry.map_err(|limit| limit.name())?;
    let marked = csg_mesh::marked(&scene, &options).map_err(|limit| limit.name())?;
    let model = Model::with_marked(&geometry, &marked, Shading::Flat);
    let view =
        View { shadow: true, axes: true, scales: true, edges: true, ..View::new(512, 512) }.framed(model.bounds());
    let images = choose(Default::default()).0.images(&model, &[view])?;
    std::fs::write(&picture, images[0].to_png())?;
    Ok(())
}
