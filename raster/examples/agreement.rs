//! `agreement FOLDER`: the scenes of the test by both renderers, as pictures side by side with their difference, and the figures.
#![expect(clippy::print_stdout, reason = "it is a report")]

#[path = "../tests/scenes/mod.rs"]
mod scenes;

use std::path::PathBuf;

use raster::{Devices, GpuRenderer, Image, Renderer as _, tiled};
use scenes::{both, both_maps, difference, scenes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: agreement FOLDER")?);
    let renderer = GpuRenderer::new(Devices::Any)?;
    println!("{}", renderer.name());
    let mut all = Vec::new();
    for scene in scenes() {
        let [ours, theirs] = both(&scene, &renderer)?;
        let found = difference(&ours, &theirs);
        let [our_maps, their_maps] = both_maps(&scene, &renderer)?;
        let parts = our_maps.part.iter().zip(&their_maps.part).filter(|(a, b)| a != b).count();
        println!("{}: {found}; {parts} parts; block of 3x3: {}", scene.name, found.has_block);
        let mut apart = Image::new(ours.width, ours.height, [0, 0, 0, 255]);
        for (to, (a, b)) in apart.rgba.iter_mut().zip(ours.rgba.iter().zip(&theirs.rgba)) {
            *to = (*to).max(a.abs_diff(*b).saturating_mul(32));
        }
        all.extend([ours, theirs, apart]);
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("agreement.png"), tiled(&all, 12, [128; 3])?.to_png())?;
    Ok(())
}
