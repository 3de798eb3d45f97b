//! Animations: the program evaluated anew for each frame, with another `$t`.

use csg_mesh::{Geometry, Stop};
use raster::{Bounds, Image, Model};
use scad_eval::{Message, Options, Scene};
use scad_parser::{Program, SourceMap};

use super::picture::Subject;
use super::stages::Stages;
use super::{Content, Work};
use crate::Outcome;
use crate::output;
use crate::picture::is_set_by;
use crate::progress;
use crate::report;
use crate::world::DiskWorld;

/// One moment.
struct Frame {
    model: Model,
    camera: scad_eval::Camera,
}

impl Work<'_> {
    /// Makes and writes an animation; nothing is written when one frame is wrong.
    pub(super) fn animation(
        &self,
        program: &Program,
        world: &DiskWorld<'_>,
        options: &Options,
        frames: u32,
        stop: &Stop,
        stages: &mut Stages<'_>,
    ) -> Outcome {
        // The bar says more than the stages would.
        stages.end();
        let bar = progress::of(u64::from(frames) * 2);
        let mut said = String::new();
        let mut made = Vec::new();
        for frame in 0..frames {
            let options = Options { time: f64::from(frame) / f64::from(frames), ..options.clone() };
            let (frame, messages, sources) = self.frame(program, world, &options, stop);
            // What every frame says is told once.
            let lines = report::openscad_lines(&messages, &sources);
            if said != lines {
                bar.suspend(|| report::tell(&messages, &sources, self.arguments.quiet));
                said = lines;
            }
            let warns = messages.iter().any(|message| matches!(message, Message::Diagnostic(_)));
            if self.arguments.hardwarnings && warns && frame.is_some() {
                bar.finish_and_clear();
                output::talk("error: there are warnings, and --hardwarnings is set");
                return Outcome::Wrong;
            }
            let Some(frame) = frame else {
                bar.finish_and_clear();
                return Outcome::Wrong;
            };
            made.push(frame);
            bar.inc(1);
        }
        let images = self.frames_drawn(program, &made, &bar);
        bar.finish_and_clear();
        match images {
            Ok(images) => self.write(|_| Some(Content::Pictures(&images)), Outcome::Good),
            Err(outcome) => outcome,
        }
    }

    /// Evaluates and meshes the program once; `None` when that fails, which is among the messages.
    fn frame(
        &self,
        program: &Program,
        world: &DiskWorld<'_>,
        options: &Options,
        stop: &Stop,
    ) -> (Option<Frame>, Vec<Message>, SourceMap) {
        let scene = match scad_eval::evaluate_with(program, world, options) {
            Ok(scene) => scene,
            Err(failed) => return (None, failed.messages, failed.sources),
        };
        let options = self.mesh_options(stop);
        let made = csg_mesh::make(&scene, &options);
        let geometry: Option<Geometry> = made.geometry.ok();
        let model = geometry.and_then(|geometry| self.model(&scene, &geometry, &options));
        let camera = scene.camera;
        let Scene { mut messages, sources, .. } = scene;
        messages.extend(made.messages);
        (model.map(|model| Frame { model, camera }), messages, sources)
    }

    /// Draws all frames so that each fits where the camera is for all.
    fn frames_drawn(
        &self,
        program: &Program,
        frames: &[Frame],
        bar: &indicatif::ProgressBar,
    ) -> Result<Vec<Image>, Outcome> {
        if frames.iter().all(|frame| frame.model.triangles() == 0) {
            self.refused(&csg_mesh::export::ExportError::Empty);
            return Err(Outcome::Wrong);
        }
        let pictures = &self.arguments.pictures;
        let bounds = frames.iter().filter_map(|frame| frame.model.bounds()).reduce(both);
        let by_program = is_set_by(program);
        let is_flat = frames.iter().all(|frame| frame.model.is_flat() || frame.model.triangles() == 0);
        let renderer = pictures.look().renderer(self.arguments.quiet);
        let mut images = Vec::new();
        for Frame { model, camera } in frames {
            let subject = Subject { model, camera: *camera, by_program, bounds, is_flat };
            let drawn = pictures.images(renderer.as_ref(), &subject).map_err(|problem| {
                output::talk(&format!("error: {problem}"));
                Outcome::Failed
            })?;
            images.extend(drawn);
            bar.inc(1);
        }
        Ok(images)
    }
}

/// The box around two.
fn both([low, high]: Bounds, [other_low, other_high]: Bounds) -> Bounds {
    let each = |choose: fn(f64, f64) -> f64, a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|axis| choose(a[axis], b[axis]));
    [each(f64::min, low, other_low), each(f64::max, high, other_high)]
}
