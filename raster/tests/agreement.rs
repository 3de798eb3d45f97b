//! Both renderers on the same scenes. Needs a Vulkan or OpenGL driver (Debian: `mesa-vulkan-drivers libvulkan1`); without one
//! it says so and passes, unless CADMONKEY_NEED_WGPU is set.

mod scenes;

use raster::{Devices, GpuRenderer, Renderer as _};
use scenes::{both, both_maps, difference, scenes};

#[test]
fn both_renderers_agree() {
    let renderer = match GpuRenderer::new(Devices::Any) {
        Ok(renderer) => renderer,
        Err(problem) => {
            assert!(std::env::var_os("CADMONKEY_NEED_WGPU").is_none(), "there is no device: {problem}");
            println!("skipped: {problem}");
            return;
        }
    };
    let is_software = GpuRenderer::new(Devices::Real).is_err();
    println!("{}", renderer.name());
    let mut wrong = Vec::new();
    for scene in scenes() {
        let [ours, theirs] = both(&scene, &renderer).expect("it is drawn");
        let difference = difference(&ours, &theirs);
        println!("{}: {difference}", scene.name);
        let [_, _, two, eight] = difference.beyond;
        // Real devices may round corners to the grid otherwise, which shows at edges, but nowhere else.
        let agree = if is_software {
            two * 10_000 <= difference.pixels && difference.psnr >= 55.0
        } else {
            eight * 200 <= difference.pixels && !difference.has_block
        };
        let [our_maps, their_maps] = both_maps(&scene, &renderer).expect("they are drawn");
        let parts = our_maps.part.iter().zip(&their_maps.part).filter(|(a, b)| a != b).count();
        let far = |(a, b): &(&f32, &f32)| (*a - *b).abs() > 1e-3 * a.abs();
        let depths = our_maps.depth.iter().zip(&their_maps.depth).filter(far).count();
        println!("{}: maps: {parts} parts and {depths} depths differ", scene.name);
        let most = if is_software { difference.pixels / 10_000 } else { difference.pixels / 200 };
        if !agree || parts > most || depths > most {
            wrong.push(scene.name);
        }
    }
    assert!(wrong.is_empty(), "they differ too much: {wrong:?}");
}
