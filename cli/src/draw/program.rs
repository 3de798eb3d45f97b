//! From a program to what is drawn of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use csg_mesh::{Geometry, Stop};
use raster::{Model, Shading};
use scad_eval::Message;
use scad_parser::{Severity, Source, SourceMap};

use crate::report;
use crate::watchdog::Watchdog;
use crate::world::{DiskWorld, Library};

/// Makes programs into models, with one library of texts for all.
#[derive(Debug)]
pub(super) struct Programs {
    library: Arc<Library>,
    eval: scad_eval::Options,
    limits: csg_mesh::Limits,
    /// Whether a program may use all cores.
    alone: bool,
    watchdog: Watchdog,
    shading: Shading,
}

/// What is drawn, and the texts that its parts come from.
#[derive(Debug)]
pub(super) struct Drawable {
    pub(super) model: Model,
    pub(super) sources: SourceMap,
}

impl Programs {
    pub(super) fn new(arguments: &super::Arguments, alone: bool) -> Self {
        let limits = scad_eval::Limits {
            time: Some(arguments.time_limit),
            memory: arguments.memory_limit.saturating_mul(1 << 20),
            ..Default::default()
        };
        Self {
            library: Library::from_environment(),
            eval: scad_eval::Options { limits, ..Default::default() },
            limits: csg_mesh::Limits { triangles: arguments.triangle_limit },
            alone,
            watchdog: Watchdog::new(arguments.time_limit),
            shading: arguments.look.shading(),
        }
    }

    /// Parses, evaluates and meshes a program; says in a line why there is nothing to draw.
    pub(super) fn make(&self, source: &Arc<Source>) -> Result<Drawable, String> {
        let stop = Stop::default();
        let _watch = self.watchdog.watch({
            let stop = stop.clone();
            move || stop.set()
        });
        // A panic is a bug of ours, but the other programs are drawn all the same.
        catch_unwind(AssertUnwindSafe(|| self.made(source, stop))).unwrap_or_else(|_| {
            Err("drawing ended in a panic: this is a bug of ours, please report the program".to_owned())
        })
    }

    fn made(&self, source: &Arc<Source>, stop: Stop) -> Result<Drawable, String> {
        let world = DiskWorld::new(&self.library, source);
        let program = scad_eval::load(source, &world, None).map_err(|unparsed| {
            let messages: Vec<Message> = unparsed.diagnostics.into_iter().map(Message::Diagnostic).collect();
            first_error(&messages, &unparsed.sources)
        })?;
        let scene = scad_eval::evaluate_with(&program, &world, &self.eval)
            .map_err(|failed| first_error(&failed.messages, &failed.sources))?;
        let options = csg_mesh::Options { limits: self.limits, stop, parallel: self.alone, plain: false };
        let made = csg_mesh::make(&scene, &options);
        let geometry = made.geometry.map_err(|_| first_error(&made.messages, &scene.sources))?;
        if geometry == Geometry::Empty {
            let error = made.messages.iter().any(is_error);
            return Err(if error {
                first_error(&made.messages, &scene.sources)
            } else {
                "it makes nothing".to_owned()
            });
        }
        Ok(Drawable { model: Model::new(&geometry, self.shading), sources: scene.sources })
    }
}

fn is_error(message: &Message) -> bool {
    matches!(message, Message::Diagnostic(diagnostic) if diagnostic.severity == Severity::Error)
}

/// The first error in OpenSCAD's form.
pub(crate) fn first_error(messages: &[Message], sources: &SourceMap) -> String {
    let error = messages.iter().find(|message| is_error(message));
    let lines = error.map(|error| report::openscad_lines(std::slice::from_ref(error), sources));
    let line = lines.as_deref().and_then(|lines| lines.lines().next());
    line.unwrap_or("it cannot be made, and does not say why").to_owned()
}
