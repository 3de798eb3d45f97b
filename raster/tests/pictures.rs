//! Pictures of small programs: what must be seen, and what must not go wrong.

use csg_mesh::{Geometry, Options, Soup, make, marked};
use raster::{
    Camera, Choice, CpuRenderer, Image, Model, Projection, RenderError, Renderer as _, Scheme, Shading, Surface, View,
    choose, render, sheet, standard_views, write_animation,
};

const BACKGROUND: [u8; 4] = [0xff, 0xff, 0xe5, 0xff];

fn model(program: &str) -> Model {
    let source = scad_parser::Source::new("test.scad", program.to_owned());
    let program = scad_parser::parse(&source).expect("it parses");
    let scene = scad_eval::evaluate(&program, &scad_eval::MemoryWorld::default()).expect("it evaluates");
    let options = Options::default();
    let geometry = make(&scene, &options).geometry.expect("it is small");
    Model::with_marked(&geometry, &marked(&scene, &options).expect("it is small"), Shading::Flat)
}

fn picture(model: &Model, view: &View) -> Image {
    let mut images = CpuRenderer.images(model, std::slice::from_ref(view)).expect("the view is fine");
    images.pop().expect("one view, one picture")
}

/// From above, one unit ten pixels, the origin in the middle.
fn plan_view(size: u32) -> View {
    let fov = 22.5;
    let distance = f64::from(size) / 20.0 / scad_eval::degrees::tan(fov / 2.0);
    let camera = Camera { rotation: [0.0; 3], distance, projection: Projection::Orthographic, ..Camera::default() };
    View { camera, ..View::new(size, size) }
}

#[test]
fn things_are_where_they_belong() {
    let image = picture(&model("translate([1, 2, 0]) cube([3, 1, 5]);"), &plan_view(100));
    let inside = |x: u32, y: u32| image.pixel(x, y) != BACKGROUND;
    // x from 1 to 4 is pixel 60 to 90; y from 2 to 3 is pixel 20 to 30, counted from the top.
    for (x, y, expected) in
        [(60, 20, true), (89, 29, true), (59, 25, false), (90, 25, false), (75, 19, false), (75, 30, false)]
    {
        assert_eq!(inside(x, y), expected, "{x}, {y}");
    }
    let covered = image.rgba.as_chunks::<4>().0.iter().filter(|pixel| **pixel != BACKGROUND).count();
    assert_eq!(covered, 300);
}

#[test]
fn the_near_hides_the_far_whatever_the_order() {
    let colors = "color(\"red\") cube(2, center = true); translate([0, 0, 3]) color(\"blue\") cube(1, center = true);";
    let other = "translate([0, 0, 3]) color(\"blue\") cube(1, center = true); color(\"red\") cube(2, center = true);";
    let images = [colors, other].map(|program| picture(&model(program), &plan_view(64)));
    assert_eq!(images[0], images[1]);
    let [red, _, blue, _] = images[0].pixel(32, 32);
    assert!(blue > red);
}

#[test]
fn what_is_transparent_lets_through_what_is_behind() {
    let program =
        "color(\"red\") cube(2, center = true); translate([0, 0, 3]) color(\"blue\", 0.5) cube(1, center = true);";
    let [red, _, blue, alpha] = picture(&model(program), &plan_view(64)).pixel(32, 32);
    assert!(red > 60 && blue > 60 && alpha == 255, "{red} {blue} {alpha}");
}

#[test]
fn marked_shapes_are_seen_and_are_no_part_of_maps() {
    let both = model("cube(1); %translate([-3, 0, 0]) cube(1); #translate([0, -3, 0]) cube(1);");
    let view = plan_view(100);
    let image = picture(&both, &view);
    assert_eq!(image.pixel(25, 45)[0], image.pixel(25, 45)[1], "the background is gray");
    assert!(image.pixel(55, 75)[0] > image.pixel(55, 75)[2], "the highlight is reddish");
    let maps = CpuRenderer.maps(&both, &[view]).expect("the view is fine").pop().expect("one view");
    let part = |x: usize, y: usize| maps.part[y * 100 + x];
    assert_eq!((part(25, 45), part(55, 45), part(55, 75)), (0, 1, 2));
    assert_eq!(both.spans().len(), 3, "a number for each place in the text");
}

#[test]
fn maps_have_depths_normals_and_parts() {
    let view = plan_view(40);
    let both = model("translate([0, 0, 1]) cube(1); translate([-2, 0, 0]) cube(1);");
    let maps = CpuRenderer.maps(&both, &[view]).expect("the view is fine").pop().expect("one view");
    let at = |x: usize, y: usize| y * 40 + x;
    let (high, low, nothing) = (at(25, 15), at(5, 15), at(25, 25));
    assert!((f64::from(maps.depth[high]) - (view.camera.distance - 2.0)).abs() < 1e-4, "{}", maps.depth[high]);
    assert!((maps.depth[low] - maps.depth[high] - 1.0).abs() < 1e-4);
    assert!(maps.depth[nothing].is_infinite() && !maps.silhouette[nothing] && maps.part[nothing] == 0);
    assert_eq!(maps.normal[high], [0.0, 0.0, 1.0]);
    let place = |part: u32| both.spans()[part as usize - 1];
    assert_ne!(place(maps.part[high]), place(maps.part[low]));
    let mut png = Vec::new();
    maps.write_depth_png(&mut png).expect("a vector takes all");
    assert_eq!(&png[1..4], b"PNG");
}

#[test]
fn flat_regions_are_seen_from_both_sides() {
    let square = model("square(2, center = true);");
    assert!(square.is_flat());
    let above = picture(&square, &plan_view(64)).pixel(32, 32);
    assert_eq!(above, [0x00, 0xbf, 0x99, 0xff]);
    let below = View { camera: plan_view(64).camera.turned([180.0, 0.0, 0.0]), ..plan_view(64) };
    assert_eq!(picture(&square, &below).pixel(32, 32), above);
}

#[test]
fn the_inner_side_has_a_color_of_its_own() {
    let open = model("polyhedron([[-1,-1,0],[1,-1,0],[1,1,0],[-1,1,0],[0,0,1]], [[0,1,2,3],[1,0,4],[2,1,4]]);");
    let scheme = Scheme::default();
    let above = picture(&open, &plan_view(64)).pixel(32, 25);
    // The bottom, from above: its inner side.
    assert!(above[1] > above[0], "{above:?} is a shade of {:?}", scheme.inside);
    let [red, green, _, _] = picture(&open, &plan_view(64)).pixel(32, 40);
    assert!(red > green);
}

#[test]
fn the_inside_of_a_closed_solid_is_seen_by_a_camera_in_it() {
    let camera = Camera { distance: 0.5, ..Camera::default() };
    let image = picture(&model("cube(10, center = true);"), &View { camera, ..View::new(50, 50) });
    assert!(image.rgba.as_chunks::<4>().0.iter().all(|pixel| *pixel != BACKGROUND));
}

#[test]
fn odd_geometry_makes_a_picture() {
    let soup = |vertices: Vec<[f64; 3]>, triangles: Vec<[u32; 3]>| {
        Geometry::Surface(Soup { vertices, triangles, ..Soup::default() })
    };
    let view = View { edges: true, axes: true, scales: true, crosshairs: true, shadow: true, ..View::new(40, 30) };
    let corner = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let nan = [[f64::NAN, 0.0, 0.0], [f64::INFINITY, 0.0, 0.0], [0.0, 1.0, 0.0]];
    for geometry in [
        Geometry::Empty,
        soup(vec![], vec![]),
        soup(vec![[1.0; 3]], vec![[0, 0, 0]]),
        soup(vec![[1.0; 3]], vec![[0, 1, 2]]),
        soup(nan.to_vec(), vec![[0, 1, 2]]),
        soup([nan, corner].concat(), vec![[0, 1, 2], [3, 4, 5]]),
        soup(corner.map(|at| at.map(|value| value * 1e300)).to_vec(), vec![[0, 1, 2]]),
        soup(corner.map(|at| at.map(|value| value * 1e-300)).to_vec(), vec![[0, 1, 2]]),
        soup(corner.map(|at| at.map(|value| value + 1e15)).to_vec(), vec![[0, 1, 2]]),
    ] {
        for surface in [Surface::Filled, Surface::Wireframe] {
            let image = render(&geometry, &View { surface, ..view }).expect("it is drawn all the same");
            assert_eq!(image.rgba.len(), 40 * 30 * 4);
        }
    }
}

#[test]
fn impossible_views_are_told() {
    let cube = model("cube(1);");
    let error = |view: View| CpuRenderer.images(&cube, &[view]).expect_err("it is impossible");
    assert_eq!(error(View::new(0, 5)), RenderError::NoPixel { width: 0, height: 5 });
    assert_eq!(error(View::new(20_000, 20_000)), RenderError::TooLarge { width: 20_000, height: 20_000 });
    assert!(error(View::new(20_000, 2)).to_string().contains("16384"));
    for camera in [
        Camera { distance: 0.0, ..Camera::default() },
        Camera { distance: f64::NAN, ..Camera::default() },
        Camera { fov: 180.0, ..Camera::default() },
        Camera { center: [f64::INFINITY, 0.0, 0.0], ..Camera::default() },
        Camera::look_at([1.0; 3], [1.0; 3]),
    ] {
        assert_eq!(error(View { camera, ..View::new(8, 8) }), RenderError::Camera);
    }
}

#[test]
fn far_cameras_and_near_ones_draw() {
    let cube = model("cube(1);");
    for distance in [1e-300, 1e-9, 1e9, 1e300] {
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let camera = Camera { distance, projection, ..Camera::default() };
            picture(&cube, &View { camera, axes: true, scales: true, edges: true, ..View::new(33, 17) });
        }
    }
}

#[test]
fn any_number_of_threads_draws_the_same_bytes() {
    let model = model(
        "difference() { sphere(10, $fn = 100); cube(9); } %cube(12); color(\"red\", 0.4) translate([5, 5, 5]) sphere(5);",
    );
    let view =
        View { edges: true, shadow: true, axes: true, scales: true, ..View::new(200, 150) }.framed(model.bounds());
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
        pool.install(|| picture(&model, &view))
    };
    assert_eq!(on(1), on(4));
}

#[test]
fn sheets_and_animations_hold_their_pictures() {
    let cube = model("cube(1);");
    let view = View::new(40, 30);
    for (count, [width, height]) in [(1, [40, 30]), (4, [82, 62]), (6, [124, 62]), (8, [166, 62])] {
        let views = standard_views(count).expect("there is such a sheet");
        let image = sheet(&CpuRenderer, &cube, &view, views).expect("it is small");
        assert_eq!([image.width, image.height], [width, height], "{count}");
    }
    assert!(standard_views(5).is_none());
    let frames = [Image::new(3, 2, [1, 2, 3, 255]), Image::new(3, 2, [4, 5, 6, 255])];
    let mut png = Vec::new();
    write_animation(&frames, 50, &mut png).expect("a vector takes all");
    let decoder = png::Decoder::new(std::io::Cursor::new(&png));
    let mut reader = decoder.read_info().expect("it is a PNG");
    assert_eq!(reader.info().animation_control().map(|control| control.num_frames), Some(2));
    let mut pixels = vec![0; 3 * 2 * 3];
    for color in [[1, 2, 3], [4, 5, 6]] {
        reader.next_frame(&mut pixels).expect("there are two");
        assert_eq!(&pixels[..3], &color);
    }
    assert!(write_animation(&[], 50, Vec::new()).is_err());
    assert!(write_animation(&[Image::new(1, 1, [0; 4]), Image::new(2, 1, [0; 4])], 50, Vec::new()).is_err());
}

#[test]
fn a_png_reads_back_as_the_picture() {
    for color in [[9, 8, 7, 255], [9, 8, 7, 100]] {
        let image = Image::new(5, 4, color);
        let bytes = image.to_png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("it is a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
        reader.next_frame(&mut pixels).expect("it has a picture");
        let channels = if color[3] == 255 { 3 } else { 4 };
        assert_eq!(pixels, color[..channels].repeat(20));
    }
}

#[test]
fn the_processor_can_always_be_chosen() {
    let (renderer, notice) = choose(Choice::Cpu);
    assert_eq!((renderer.name().as_str(), notice), ("cpu", None));
    let (renderer, notice) = choose(Choice::Wgpu);
    assert_eq!(renderer.name() == "cpu", notice.is_some(), "who asks for a device and gets none is told");
}

#[test]
fn schemes_go_by_their_names() {
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::named(scheme.name), Some(*scheme));
    }
    assert_eq!(Scheme::named("tomorrownight").map(|scheme| scheme.name), Some("Tomorrow Night"));
    assert_eq!(Scheme::named("nothing"), None);
}

#[test]
fn a_hole_knows_the_line_that_drills_it() {
    let text = "difference() { cube([10, 10, 2]); for (x = [3, 7]) translate([x, 5, -1]) cylinder(r = 1, h = 4); }";
    let plate = model(text);
    let camera = Camera { rotation: [50.0, 0.0, 0.0], ..Camera::default() };
    let view = View { camera, ..View::new(100, 100) }.framed(plate.bounds());
    let maps = CpuRenderer.maps(&plate, &[view]).expect("the view is fine").pop().expect("one view");
    let found = |name: &str| {
        let start = text.find(name).expect("it is in the text");
        let part = plate.spans().iter().position(|span| span.start as usize == start).expect("it is a part") as u32 + 1;
        maps.part.iter().filter(|of| **of == part).count()
    };
    assert!(found("cube") > 1000 && found("cylinder") > 20, "{} {}", found("cube"), found("cylinder"));
}
