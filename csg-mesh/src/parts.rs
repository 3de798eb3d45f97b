//! Solids as the mesher holds them: a list of parts that do not meet, each a shared body in a place.
//!
//! Placing a part changes nothing but its map, and putting parts that do not meet together copies nothing. A body becomes
//! a solid of the kernel when the first operation needs it, and triangles when somebody reads them.

use std::sync::{Arc, OnceLock};

use crate::affine::Box3;
use crate::kernel::{Kernel, KernelError, Placed};
use crate::prism::Prism;
use crate::{Affine, Place, Soup};

/// A solid: parts whose boxes do not meet, or that are known not to meet. No parts: nothing.
#[derive(Debug)]
pub(crate) struct Solid<K: Kernel> {
    pub(crate) parts: Vec<Part<K>>,
}

/// A body in its place.
#[derive(Debug)]
pub(crate) struct Part<K: Kernel> {
    pub(crate) body: Arc<Body<K>>,
    pub(crate) place: Place,
    /// A box around it, in its place.
    pub(crate) bounds: Box3,
}

/// One shape, shared by all its copies.
pub(crate) struct Body<K: Kernel> {
    pub(crate) form: Form,
    pub(crate) bounds: Box3,
    solid: OnceLock<Result<K::Solid, KernelError>>,
}

/// How a body is known.
#[derive(Debug)]
pub(crate) enum Form {
    /// As triangles that close.
    Triangles(Soup),
    /// As triangles that do not close: they can be written out, and no operation takes them.
    Open(Soup),
    /// As an outline and two heights.
    Prism(Prism),
    /// As the kernel holds it.
    Kernel,
}

impl<K: Kernel> Clone for Solid<K> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone() }
    }
}

impl<K: Kernel> Clone for Part<K> {
    fn clone(&self) -> Self {
        Self { body: Arc::clone(&self.body), place: self.place.clone(), bounds: self.bounds }
    }
}

impl<K: Kernel> std::fmt::Debug for Body<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("form", &self.form).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl<K: Kernel> Solid<K> {
    pub(crate) const EMPTY: Self = Self { parts: Vec::new() };

    pub(crate) fn from_body(body: Body<K>) -> Self {
        Self { parts: vec![Part::new(Arc::new(body))] }
    }

    /// Triangles as a body, or nothing if there are none.
    pub(crate) fn from_soup(soup: Soup) -> Self {
        match soup.bounds() {
            Some(bounds) if !soup.triangles.is_empty() => Self::from_body(Body::new(Form::Triangles(soup), bounds)),
            _ => Self::EMPTY,
        }
    }

    pub(crate) fn from_prism(prism: Prism) -> Self {
        match prism.bounds() {
            Some(bounds) => Self::from_body(Body::new(Form::Prism(prism), bounds)),
            None => Self::EMPTY,
        }
    }

    /// What the kernel made.
    pub(crate) fn from_kernel(kernel: &K, solid: K::Solid) -> Self {
        let Some(bounds) = kernel.bounds(&solid) else { return Self::EMPTY };
        let body = Body::new(Form::Kernel, bounds);
        let _ = body.solid.set(Ok(solid));
        Self::from_body(body)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// A box around all parts.
    pub(crate) fn bounds(&self) -> Option<Box3> {
        self.parts.iter().map(|part| part.bounds).reduce(|a, b| {
            [
                [0, 1, 2].map(|axis| f64::min(a[0][axis], b[0][axis])),
                [0, 1, 2].map(|axis| f64::max(a[1][axis], b[1][axis])),
            ]
        })
    }

    /// The same, moved.
    pub(crate) fn placed(mut self, map: &Affine) -> Self {
        if !map.is_identity() {
            for part in &mut self.parts {
                part.place.then(map);
                part.bounds = part.place.bounds(part.body.bounds);
            }
        }
        self
    }

    /// All triangles, in place.
    pub(crate) fn soup(&self, kernel: &K) -> Soup {
        let mut all = Soup::default();
        if let [part] = self.parts.as_slice()
            && let Form::Triangles(soup) | Form::Open(soup) = &part.body.form
        {
            all = soup.clone();
            all.vertices.iter_mut().for_each(|vertex| *vertex = part.place.point(*vertex));
            if part.place.product().determinant() < 0.0 {
                all.turn();
            }
            return all;
        }
        for part in &self.parts {
            part.append_to(&mut all, kernel);
        }
        all
    }

    /// Upper bound of the number of triangles.
    pub(crate) fn triangles(&self, kernel: &K) -> usize {
        self.parts.iter().map(|part| part.body.triangles(kernel)).sum()
    }
}

impl<K: Kernel> Part<K> {
    fn new(body: Arc<Body<K>>) -> Self {
        let bounds = body.bounds;
        Self { body, place: Place::default(), bounds }
    }

    /// As the kernel's operand; an error when it is no closed solid or is squashed flat.
    pub(crate) fn operand(&self, kernel: &K) -> Result<Placed<'_, K::Solid>, KernelError> {
        Ok(Placed { solid: self.body.solid(kernel)?, place: &self.place })
    }

    /// Whether an operation can take it.
    pub(crate) fn is_solid(&self, kernel: &K) -> bool {
        match &self.body.form {
            Form::Open(_) => false,
            Form::Prism(_) | Form::Kernel => true,
            Form::Triangles(_) => self.body.solid(kernel).is_ok(),
        }
    }

    /// Why an operation cannot take it.
    pub(crate) fn reason(&self) -> String {
        match &self.body.form {
            Form::Open(soup) | Form::Triangles(soup) => match crate::solid::check(soup) {
                Err(problem) => problem.to_string(),
                Ok(()) => "surfaces meet in a way that does not say what is inside".to_owned(),
            },
            Form::Prism(_) | Form::Kernel => "the kernel failed".to_owned(),
        }
    }

    /// Whether it is known by an outline.
    pub(crate) fn is_prism(&self) -> bool {
        matches!(self.body.form, Form::Prism(_))
    }

    /// Whether its map squashes it flat.
    pub(crate) fn is_flat(&self) -> bool {
        self.place.product().determinant() == 0.0
    }

    /// Calls back with each corner, in place.
    pub(crate) fn for_each_vertex(&self, kernel: &K, mut call: impl FnMut([f64; 3])) {
        let mut each = |vertex: &[f64; 3]| call(self.place.point(*vertex));
        match &self.body.form {
            Form::Triangles(soup) | Form::Open(soup) => soup.vertices.iter().for_each(&mut each),
            Form::Prism(prism) => prism.vertices().for_each(|vertex| each(&vertex)),
            Form::Kernel => {
                if let Ok(solid) = self.body.solid(kernel) {
                    kernel.export(solid).vertices.iter().for_each(&mut each);
                }
            }
        }
    }

    fn append_to(&self, all: &mut Soup, kernel: &K) {
        let made;
        let soup = match &self.body.form {
            Form::Triangles(soup) | Form::Open(soup) => soup,
            Form::Prism(prism) => {
                made = prism.soup();
                &made
            }
            Form::Kernel => {
                let Ok(solid) = self.body.solid(kernel) else { return };
                made = kernel.export(solid);
                &made
            }
        };
        let first = all.vertices.len() as u32;
        all.vertices.extend(soup.vertices.iter().map(|vertex| self.place.point(*vertex)));
        // A mirrored surface is turned inside out again.
        let mirrored = self.place.product().determinant() < 0.0;
        all.triangles.extend(soup.triangles.iter().map(|[a, b, c]| {
            let [a, b, c] = [first + a, first + b, first + c];
            if mirrored { [a, c, b] } else { [a, b, c] }
        }));
        all.triangle_origins.extend_from_slice(&soup.triangle_origins);
        all.triangle_origins.resize(all.triangles.len(), u32::MAX);
    }
}

impl<K: Kernel> Body<K> {
    pub(crate) fn new(form: Form, bounds: Box3) -> Self {
        Self { form, bounds, solid: OnceLock::new() }
    }

    /// As the kernel holds it.
    pub(crate) fn solid(&self, kernel: &K) -> Result<&K::Solid, KernelError> {
        let made = self.solid.get_or_init(|| match &self.form {
            Form::Triangles(soup) => kernel.import(soup),
            Form::Prism(prism) => kernel.import(&prism.soup()),
            Form::Open(_) | Form::Kernel => Err(KernelError::NotClosed),
        });
        made.as_ref().map_err(|error| *error)
    }

    /// Upper bound of the number of triangles.
    fn triangles(&self, kernel: &K) -> usize {
        match &self.form {
            Form::Triangles(soup) | Form::Open(soup) => soup.triangles.len(),
            Form::Prism(prism) => prism.corners() * 4,
            Form::Kernel => self.solid(kernel).map_or(0, |solid| kernel.triangles(solid)),
        }
    }
}
