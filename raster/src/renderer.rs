//! Who draws: the processor, or a graphics device.

use crate::cpu;
use crate::image::Image;
use crate::maps::Maps;
use crate::model::Model;
use crate::plan::Plan;
use crate::view::{RenderError, View};

/// Draws pictures. One is made once and kept for as many as there are: a device takes long to start.
pub trait Renderer: Send + Sync {
    /// What draws, for people: `cpu`, or the name of the device.
    fn name(&self) -> String;

    /// A picture for each view.
    ///
    /// # Errors
    /// [`RenderError`] of the first view that cannot be drawn, or of the device.
    fn images(&self, model: &Model, views: &[View]) -> Result<Vec<Image>, RenderError>;

    /// For each view what its pixels show.
    ///
    /// # Errors
    /// As [`Renderer::images`].
    fn maps(&self, model: &Model, views: &[View]) -> Result<Vec<Maps>, RenderError>;
}

/// The renderer that needs no device.
#[derive(Debug, Clone, Copy, Default)]
pub struct CpuRenderer;

impl Renderer for CpuRenderer {
    fn name(&self) -> String {
        "cpu".to_owned()
    }

    fn images(&self, model: &Model, views: &[View]) -> Result<Vec<Image>, RenderError> {
        views.iter().map(|view| Ok(cpu::image(&view.plan(model)?))).collect()
    }

    fn maps(&self, model: &Model, views: &[View]) -> Result<Vec<Maps>, RenderError> {
        let maps = |view: &View| {
            view.check()?;
            let plan = Plan::for_maps(model, view);
            Ok(Maps::new(model, view, &cpu::ids(&plan), plan.range))
        };
        views.iter().map(maps).collect()
    }
}

impl View {
    /// The plan of a picture, if it can be drawn.
    pub(crate) fn plan<'m>(&self, model: &'m Model) -> Result<Plan<'m>, RenderError> {
        self.check()?;
        Ok(Plan::new(model, self))
    }
}

/// Who is to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// A graphics device if there is a real one, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A graphics device, and be it one that the processor imitates.
    Wgpu,
}

/// Whether this build can use graphics devices.
pub const HAS_WGPU: bool = cfg!(feature = "wgpu");

/// The renderer that was chosen, or the processor's and a line that says why it is that one.
pub fn choose(choice: Choice) -> (Box<dyn Renderer>, Option<String>) {
    match choice {
        Choice::Cpu => (Box::new(CpuRenderer), None),
        #[cfg(feature = "wgpu")]
        Choice::Auto => match crate::gpu::GpuRenderer::new(crate::gpu::Devices::Real) {
            Ok(renderer) => (Box::new(renderer), None),
            // That there is no device is the usual case, and nothing to talk about.
            Err(_) => (Box::new(CpuRenderer), None),
        },
        #[cfg(feature = "wgpu")]
        Choice::Wgpu => match crate::gpu::GpuRenderer::new(crate::gpu::Devices::Any) {
            Ok(renderer) => (Box::new(renderer), None),
            Err(problem) => {
                (Box::new(CpuRenderer), Some(format!("no graphics device, the processor draws: {problem}")))
            }
        },
        #[cfg(not(feature = "wgpu"))]
        Choice::Auto => (Box::new(CpuRenderer), None),
        #[cfg(not(feature = "wgpu"))]
        Choice::Wgpu => {
            let notice = "this build has no graphics devices (cargo feature `wgpu`), the processor draws";
            (Box::new(CpuRenderer), Some(notice.to_owned()))
        }
    }
}
