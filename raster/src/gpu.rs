//! The renderer that hands its plan to a graphics device. The only file that knows wgpu.

use std::sync::{Arc, Mutex, PoisonError};

use wgpu::util::DeviceExt as _;

use crate::image::Image;
use crate::maps::{Ids, Maps};
use crate::model::{Layer, Model};
use crate::plan::{AMBIENT, Draw, FILL, KEY, Plan, What};
use crate::renderer::Renderer;
use crate::view::{RenderError, View};

/// Which devices will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    /// None that the processor imitates.
    Real,
    /// All.
    Any,
}

/// A graphics device, kept for as many pictures as there are.
pub struct GpuRenderer {
    name: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    layout: wgpu::BindGroupLayout,
    /// By [`Kind`].
    pipelines: Vec<wgpu::RenderPipeline>,
    /// What the driver complained of last.
    complaint: Arc<Mutex<Option<String>>>,
}

impl std::fmt::Debug for GpuRenderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuRenderer").field("name", &self.name).finish_non_exhaustive()
    }
}

const COLOR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
const NUMBERS: wgpu::TextureFormat = wgpu::TextureFormat::R32Uint;
/// Samples of a pixel.
const SAMPLES: u32 = 4;
/// Bytes of a vertex: place of four numbers, normal of three, color of four bytes.
const VERTEX: u64 = 16 + 12 + 4;
/// Bytes from the uniforms of a draw to the next: what all devices can start at.
const UNIFORM: u64 = 256;
/// Rows of a copy to memory start at multiples of this.
const ROW: u32 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;
/// Pictures that are under way at a time.
const BATCH: usize = 8;

/// What a pipeline draws.
#[derive(Debug, Clone, Copy)]
struct Kind {
    two_sided: bool,
    blend: bool,
    numbers: bool,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self { two_sided: false, blend: false, numbers: false },
        Self { two_sided: true, blend: false, numbers: false },
        Self { two_sided: false, blend: true, numbers: false },
        Self { two_sided: true, blend: true, numbers: false },
        Self { two_sided: false, blend: false, numbers: true },
        Self { two_sided: true, blend: false, numbers: true },
    ];

    /// Its place among all.
    fn index(self) -> usize {
        usize::from(self.two_sided) + if self.numbers { 4 } else { 2 * usize::from(self.blend) }
    }
}

impl GpuRenderer {
    /// A device, the fastest that there is.
    ///
    /// # Errors
    /// Why there is none.
    pub fn new(devices: Devices) -> Result<Self, RenderError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let wanted = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = pollster::block_on(instance.request_adapter(&wanted)).map_err(failed)?;
        let info = adapter.get_info();
        if devices == Devices::Real && info.device_type == wgpu::DeviceType::Cpu {
            return Err(RenderError::Device(format!("{} is the processor itself", info.name)));
        }
        let limits = wgpu::Limits {
            max_buffer_size: adapter.limits().max_buffer_size,
            ..wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits())
        };
        let wanted = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&wanted)).map_err(failed)?;
        let complaint = Arc::new(Mutex::new(None));
        let heard = Arc::clone(&complaint);
        // Without a handler wgpu panics.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
        }));
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: None,
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: true,
                    min_binding_size: None,
                },
                count: None,
            }],
        });
        let pipelines = pipelines(&device, &layout);
        let renderer =
            Self { name: format!("{} ({:?})", info.name, info.backend), device, queue, layout, pipelines, complaint };
        renderer.heard()?;
        Ok(renderer)
    }

    /// What went wrong, if anything did.
    fn heard(&self) -> Result<(), RenderError> {
        match self.complaint.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(complaint) => Err(RenderError::Device(complaint)),
            None => Ok(()),
        }
    }

    /// Draws plans and reads what is asked for back: for each plan as many rows of bytes as there are targets.
    fn run(&self, layers: &Layers, plans: &[Plan<'_>], numbers: bool) -> Result<Vec<Vec<Vec<u8>>>, RenderError> {
        let mut read = Vec::with_capacity(plans.len());
        for batch in plans.chunks(BATCH) {
            let mut waiting = Vec::new();
            let mut targets: Option<Targets> = None;
            for plan in batch {
                let most = self.device.limits().max_texture_dimension_2d;
                if plan.width > most || plan.height > most {
                    return Err(RenderError::Device(format!("{} draws at most {most} pixels on a side", self.name)));
                }
                if targets.as_ref().is_none_or(|targets| targets.size != [plan.width, plan.height]) {
                    targets = Some(Targets::new(&self.device, [plan.width, plan.height], numbers));
                }
                if let Some(targets) = &targets {
                    waiting.push(self.draw(layers, plan, targets)?);
                }
                self.heard()?;
            }
            for buffer in waiting.iter().flatten() {
                buffer.slice(..).map_async(wgpu::MapMode::Read, |_| {});
            }
            self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(failed)?;
            self.heard()?;
            for (plan, buffers) in batch.iter().zip(waiting) {
                let rows = |buffer: &wgpu::Buffer| -> Result<Vec<u8>, RenderError> {
                    let mapped = buffer.slice(..).get_mapped_range().map_err(failed)?;
                    let wide = padded(plan.width) as usize;
                    Ok(mapped.chunks(wide).flat_map(|row| &row[..plan.width as usize * 4]).copied().collect())
                };
                read.push(buffers.iter().map(rows).collect::<Result<_, _>>()?);
            }
        }
        Ok(read)
    }

    /// Sends the commands of a plan off; its pixels will be in the buffers.
    fn draw(&self, layers: &Layers, plan: &Plan<'_>, targets: &Targets) -> Result<Vec<wgpu::Buffer>, RenderError> {
        let mut uniforms = Vec::new();
        let mut indices: Vec<u8> = Vec::new();
        let mut first_id = 1;
        for draw in &plan.draws {
            uniform(&mut uniforms, plan, draw, first_id);
            uniforms.resize(uniforms.len().next_multiple_of(UNIFORM as usize), 0);
            if let What::Layer { layer, triangles } = &draw.what {
                first_id += plan.model.layers[*layer].triangles.len() as u32;
                for triangle in triangles.iter().flatten() {
                    for corner in 0..3 {
                        indices.extend((triangle * 3 + corner).to_le_bytes());
                    }
                }
            }
        }
        uniforms.resize(uniforms.len().max(UNIFORM as usize), 0);
        let buffer = |contents: &[u8], usage| self.buffer(contents, usage);
        let uniforms = buffer(&uniforms, wgpu::BufferUsages::UNIFORM)?;
        let indices = buffer(&indices, wgpu::BufferUsages::INDEX)?;
        let overlay = buffer(&overlay_bytes(plan), wgpu::BufferUsages::VERTEX)?;
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &uniforms,
                    offset: 0,
                    size: wgpu::BufferSize::new(UNIFORM),
                }),
            }],
        });
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = targets.begin(&mut encoder, plan);
            let mut next_index = 0u32;
            for (idx, draw) in plan.draws.iter().enumerate() {
                let kind = Kind { two_sided: draw.two_sided, blend: draw.blend, numbers: targets.numbers };
                pass.set_pipeline(&self.pipelines[kind.index()]);
                pass.set_bind_group(0, &group, &[(idx as u64 * UNIFORM) as u32]);
                match &draw.what {
                    What::Overlay(range) => {
                        pass.set_vertex_buffer(0, overlay.slice(..));
                        pass.draw(range.clone(), 0..1);
                    }
                    What::Layer { layer, triangles } => {
                        pass.set_vertex_buffer(0, layers.0[*layer].slice(..));
                        match triangles {
                            None => pass.draw(0..plan.model.layers[*layer].triangles.len() as u32 * 3, 0..1),
                            Some(list) => {
                                let end = next_index + list.len() as u32 * 3;
                                pass.set_index_buffer(indices.slice(..), wgpu::IndexFormat::Uint32);
                                pass.draw_indexed(next_index..end, 0, 0..1);
                                next_index = end;
                            }
                        }
                    }
                }
            }
        }
        let read = targets.read(&self.device, &mut encoder);
        self.queue.submit([encoder.finish()]);
        Ok(read)
    }

    /// A buffer with these bytes; never an empty one, which cannot be bound.
    fn buffer(&self, contents: &[u8], usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, RenderError> {
        let most = self.device.limits().max_buffer_size;
        if contents.len() as u64 > most {
            return Err(RenderError::Device(format!("{} holds at most {} MB in one piece", self.name, most >> 20)));
        }
        let contents = if contents.is_empty() { &[0; 64] } else { contents };
        Ok(self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage }))
    }

    /// The vertices of a model, on the device.
    fn layers(&self, model: &Model) -> Result<Layers, RenderError> {
        let buffer = |layer: &Layer| self.buffer(&layer_bytes(layer), wgpu::BufferUsages::VERTEX);
        model.layers.iter().map(buffer).collect::<Result<_, _>>().map(Layers)
    }
}

impl Renderer for GpuRenderer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn images(&self, model: &Model, views: &[View]) -> Result<Vec<Image>, RenderError> {
        let plans = views.iter().map(|view| view.plan(model)).collect::<Result<Vec<_>, _>>()?;
        let read = self.run(&self.layers(model)?, &plans, false)?;
        let image = |(plan, mut read): (&Plan<'_>, Vec<Vec<u8>>)| Image {
            width: plan.width,
            height: plan.height,
            rgba: read.pop().unwrap_or_default(),
        };
        Ok(plans.iter().zip(read).map(image).collect())
    }

    fn maps(&self, model: &Model, views: &[View]) -> Result<Vec<Maps>, RenderError> {
        let plan = |view: &View| view.check().map(|()| Plan::for_maps(model, view));
        let plans = views.iter().map(plan).collect::<Result<Vec<_>, _>>()?;
        let read = self.run(&self.layers(model)?, &plans, true)?;
        let maps = |((plan, view), read): ((&Plan<'_>, &View), Vec<Vec<u8>>)| {
            let words = |bytes: &Vec<u8>| -> Vec<u32> {
                bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
            };
            let [triangles, depth] = [0, 1].map(|idx| read.get(idx).map(words).unwrap_or_default());
            let depth = depth.into_iter().map(f32::from_bits).collect();
            let ids = Ids { width: plan.width, height: plan.height, triangles, depth };
            Maps::new(model, view, &ids, plan.range)
        };
        Ok(plans.iter().zip(views).zip(read).map(maps).collect())
    }
}

/// Vertices of each layer.
struct Layers(Vec<wgpu::Buffer>);

fn layer_bytes(layer: &Layer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(layer.triangles.len() * 3 * VERTEX as usize);
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    let colors: Vec<[u8; 4]> = layer.colors.iter().map(|color| color.map_or([0; 4], |color| color.map(byte))).collect();
    for (idx, corners) in layer.triangles.iter().enumerate() {
        let color = colors[layer.paints[idx] as usize];
        for (corner, vertex) in corners.iter().enumerate() {
            let [x, y, z] = layer.vertices[*vertex as usize];
            let normal = layer.smooth.as_ref().map_or(layer.normals[idx], |smooth| smooth[idx][corner]);
            vertex_bytes(&mut bytes, [x, y, z, 1.0], normal, color);
        }
    }
    bytes
}

fn overlay_bytes(plan: &Plan<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(plan.overlay.len() * VERTEX as usize);
    for vertex in &plan.overlay {
        vertex_bytes(&mut bytes, vertex.clip, [0.0; 3], vertex.color);
    }
    bytes
}

fn vertex_bytes(to: &mut Vec<u8>, place: [f32; 4], normal: [f32; 3], color: [u8; 4]) {
    to.extend(place.iter().chain(&normal).flat_map(|value| value.to_le_bytes()));
    to.extend(color);
}

/// The uniforms of a draw, as the shader's `Draw` has them.
fn uniform(to: &mut Vec<u8>, plan: &Plan<'_>, draw: &Draw, first_id: u32) {
    let mut put = |values: &[f32]| to.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    for column in 0..4 {
        put(&draw.matrix.map(|row| row[column]));
    }
    let [x, y, z] = plan.light.key;
    put(&[x, y, z, KEY]);
    let [x, y, z] = plan.light.fill;
    put(&[x, y, z, FILL]);
    put(&draw.paint.base(None));
    let [red, green, blue] = draw.paint.inside;
    put(&[red, green, blue, AMBIENT]);
    let is_overlay = matches!(draw.what, What::Overlay(_));
    let flag = |is: bool| f32::from(u8::from(is));
    // Whether one color is for all, light falls on it, and vertices have their own colors whatever these are.
    put(&[flag(draw.paint.only.is_some()), flag(draw.paint.lit), flag(is_overlay), 0.0]);
    to.extend(first_id.to_le_bytes());
    to.extend([0; 12]);
}

/// Textures of one size.
struct Targets {
    size: [u32; 2],
    numbers: bool,
    /// What is read: the picture, or the numbers of triangles.
    result: wgpu::Texture,
    samples: Option<wgpu::TextureView>,
    depth: wgpu::Texture,
}

impl Targets {
    fn new(device: &wgpu::Device, size: [u32; 2], numbers: bool) -> Self {
        let texture = |format, sample_count, usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: None,
                size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats: &[],
            })
        };
        let (drawn, read) = (wgpu::TextureUsages::RENDER_ATTACHMENT, wgpu::TextureUsages::COPY_SRC);
        let samples =
            (!numbers).then(|| texture(COLOR, SAMPLES, drawn).create_view(&wgpu::TextureViewDescriptor::default()));
        Self {
            size,
            numbers,
            result: texture(if numbers { NUMBERS } else { COLOR }, 1, drawn | read),
            samples,
            depth: if numbers { texture(DEPTH, 1, drawn | read) } else { texture(DEPTH, SAMPLES, drawn) },
        }
    }

    fn begin<'e>(&self, encoder: &'e mut wgpu::CommandEncoder, plan: &Plan<'_>) -> wgpu::RenderPass<'e> {
        let result = self.result.create_view(&wgpu::TextureViewDescriptor::default());
        let depth = self.depth.create_view(&wgpu::TextureViewDescriptor::default());
        let [red, green, blue] = plan.background.map(|value| f64::from(value) / 255.0);
        let clear =
            if self.numbers { wgpu::Color::TRANSPARENT } else { wgpu::Color { r: red, g: green, b: blue, a: 1.0 } };
        let (view, resolve_target, store) = match &self.samples {
            Some(samples) => (samples, Some(&result), wgpu::StoreOp::Discard),
            None => (&result, None, wgpu::StoreOp::Store),
        };
        let depth_store = if self.numbers { wgpu::StoreOp::Store } else { wgpu::StoreOp::Discard };
        encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(clear), store },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: depth_store }),
                stencil_ops: None,
            }),
            ..Default::default()
        })
    }

    /// Copies what was drawn to where it can be read.
    fn read(&self, device: &wgpu::Device, encoder: &mut wgpu::CommandEncoder) -> Vec<wgpu::Buffer> {
        let [width, height] = self.size;
        let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        let mut copied = Vec::new();
        let all = [(&self.result, wgpu::TextureAspect::All), (&self.depth, wgpu::TextureAspect::DepthOnly)];
        for (texture, aspect) in &all[..if self.numbers { 2 } else { 1 }] {
            let buffer = device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: u64::from(padded(width)) * u64::from(height),
                usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
                mapped_at_creation: false,
            });
            let layout =
                wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(padded(width)), rows_per_image: None };
            let from = wgpu::TexelCopyTextureInfo { aspect: *aspect, ..texture.as_image_copy() };
            encoder.copy_texture_to_buffer(from, wgpu::TexelCopyBufferInfo { buffer: &buffer, layout }, size);
            copied.push(buffer);
        }
        copied
    }
}

/// Bytes of a row of pixels in a copy.
fn padded(width: u32) -> u32 {
    (width * 4).next_multiple_of(ROW)
}

fn failed(error: impl std::fmt::Display) -> RenderError {
    RenderError::Device(error.to_string())
}

fn pipelines(device: &wgpu::Device, layout: &wgpu::BindGroupLayout) -> Vec<wgpu::RenderPipeline> {
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(include_str!("gpu.wgsl").into()),
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        bind_group_layouts: &[Some(layout)],
        ..Default::default()
    });
    let attributes = wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x3, 2 => Unorm8x4];
    let vertex = wgpu::VertexBufferLayout {
        array_stride: VERTEX,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes: &attributes,
    };
    let over = wgpu::BlendState {
        color: wgpu::BlendComponent {
            src_factor: wgpu::BlendFactor::SrcAlpha,
            dst_factor: wgpu::BlendFactor::OneMinusSrcAlpha,
            operation: wgpu::BlendOperation::Add,
        },
        // What is behind keeps its opacity.
        alpha: wgpu::BlendComponent {
            src_factor: wgpu::BlendFactor::Zero,
            dst_factor: wgpu::BlendFactor::One,
            operation: wgpu::BlendOperation::Add,
        },
    };
    let pipeline = |kind: Kind| {
        let (vertex_entry, fragment_entry) =
            if kind.numbers { ("number_vertex", "number_fragment") } else { ("color_vertex", "color_fragment") };
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &shader,
                entry_point: Some(vertex_entry),
                compilation_options: Default::default(),
                buffers: &[Some(vertex.clone())],
            },
            primitive: wgpu::PrimitiveState {
                cull_mode: (!kind.two_sided).then_some(wgpu::Face::Back),
                ..Default::default()
            },
            depth_stencil: Some(wgpu::DepthStencilState {
                format: DEPTH,
                depth_write_enabled: Some(!kind.blend),
                depth_compare: Some(wgpu::CompareFunction::Less),
                stencil: Default::default(),
                bias: Default::default(),
            }),
            multisample: wgpu::MultisampleState { count: if kind.numbers { 1 } else { SAMPLES }, ..Default::default() },
            fragment: Some(wgpu::FragmentState {
                module: &shader,
                entry_point: Some(fragment_entry),
                compilation_options: Default::default(),
                targets: &[Some(wgpu::ColorTargetState {
                    format: if kind.numbers { NUMBERS } else { COLOR },
                    blend: kind.blend.then_some(over),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
            }),
            multiview_mask: None,
            cache: None,
        })
    };
    Kind::ALL.into_iter().map(pipeline).collect()
}
