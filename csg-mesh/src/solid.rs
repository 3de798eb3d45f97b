//! Triangles: [`Soup`], whatever they are, and [`Mesh`], which is closed.

use scad_parser::Span;

/// Any triangles: what a file holds, or a polyhedron before anybody looked at it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Soup {
    /// Corners, in the program's own unit.
    pub vertices: Vec<[f64; 3]>,
    /// Indices of three vertices each, counterclockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
    /// For each triangle where it comes from, an index into `origins`; empty when nobody knows.
    pub triangle_origins: Vec<u32>,
    /// What the triangles come from.
    pub origins: Vec<Origin>,
    /// The faces as a polyhedron or file lists them, when nothing was done to it since and some have more than three
    /// corners; otherwise empty, and the triangles are the faces.
    pub polygons: Vec<Vec<u32>>,
}

/// Where a triangle comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// The instantiation of the shape whose surface it is.
    pub span: Span,
    /// Red, green, blue, alpha in 0..=1, if a color was given.
    pub color: Option<[f32; 4]>,
}

/// A closed, oriented surface with finite corners: each edge is passed once in each direction for every two triangles
/// that meet there.
///
/// Made by [`Mesh::new`] only, which checks it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mesh(Soup);

/// Why triangles are no [`Mesh`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// A corner is infinite or no number.
    #[error("a vertex is not finite")]
    NotFinite,
    /// An index is out of range.
    #[error("triangle {triangle} names a vertex that does not exist")]
    Index {
        /// Which triangle.
        triangle: usize,
    },
    /// Some edges are passed more often in one direction than in the other.
    #[error("the surface is open: {edges} edges do not have a triangle on both sides")]
    Open {
        /// How many.
        edges: usize,
    },
}

impl Soup {
    /// Turns it inside out.
    pub(crate) fn turn(&mut self) {
        for [_, b, c] in &mut self.triangles {
            std::mem::swap(b, c);
        }
        for polygon in &mut self.polygons {
            polygon.reverse();
        }
    }

    /// Corners of a triangle.
    pub fn corners(&self, triangle: usize) -> [[f64; 3]; 3] {
        self.triangles[triangle].map(|vertex| self.vertices[vertex as usize])
    }

    /// The color of a triangle, if it has one.
    pub fn color(&self, triangle: usize) -> Option<[f32; 4]> {
        self.origin(triangle)?.color
    }

    /// Where a triangle comes from, if that is known.
    pub fn origin(&self, triangle: usize) -> Option<&Origin> {
        self.origins.get(*self.triangle_origins.get(triangle)? as usize)
    }

    /// Whether any triangle has a color.
    pub fn is_colored(&self) -> bool {
        !self.triangle_origins.is_empty() && self.origins.iter().any(|origin| origin.color.is_some())
    }

    /// Corners `[low, high]` of the box around all vertices; `None` when there are none.
    pub fn bounds(&self) -> Option<[[f64; 3]; 2]> {
        let first = *self.vertices.first()?;
        Some(self.vertices.iter().fold([first, first], |[low, high], vertex| {
            [
                [0, 1, 2].map(|axis| f64::min(low[axis], vertex[axis])),
                [0, 1, 2].map(|axis| f64::max(high[axis], vertex[axis])),
            ]
        }))
    }
}

impl Mesh {
    /// The triangles as a closed surface.
    ///
    /// # Errors
    /// [`NotClosed`] says what is amiss.
    pub fn new(soup: Soup) -> Result<Self, NotClosed> {
        check(&soup)?;
        Ok(Self(soup))
    }

    /// The triangles as a closed surface, or as they are.
    pub(crate) fn new_or_soup(soup: Soup) -> Result<Self, Soup> {
        if check(&soup).is_ok() { Ok(Self(soup)) } else { Err(soup) }
    }

    /// Its triangles.
    pub fn soup(&self) -> &Soup {
        &self.0
    }

    /// Its triangles, to change them.
    pub fn into_soup(self) -> Soup {
        self.0
    }

    /// Whether it has no triangle.
    pub fn is_empty(&self) -> bool {
        self.0.triangles.is_empty()
    }
}

/// Whether triangles are a closed surface.
pub(crate) fn check(soup: &Soup) -> Result<(), NotClosed> {
    if !soup.vertices.iter().flatten().all(|value| value.is_finite()) {
        return Err(NotClosed::NotFinite);
    }
    let vertices = soup.vertices.len();
    if let Some(triangle) =
        soup.triangles.iter().position(|corners| corners.iter().any(|vertex| *vertex as usize >= vertices))
    {
        return Err(NotClosed::Index { triangle });
    }
    let open = open_edges(&soup.triangles, vertices);
    if open > 0 { Err(NotClosed::Open { edges: open }) } else { Ok(()) }
}

/// Edges that are passed more often in one direction than in the other.
fn open_edges(triangles: &[[u32; 3]], vertices: usize) -> usize {
    let edges = || triangles.iter().flat_map(|[a, b, c]| [(*a, *b), (*b, *c), (*c, *a)]);
    // Edges in buckets by their lower vertex, of which each has only some.
    let mut ends = vec![0u32; vertices + 1];
    for (from, to) in edges() {
        ends[from.min(to) as usize + 1] += 1;
    }
    for vertex in 0..vertices {
        ends[vertex + 1] += ends[vertex];
    }
    let mut next = ends.clone();
    let mut passed = vec![(0u32, 0i8); triangles.len() * 3];
    for (from, to) in edges() {
        let place = &mut next[from.min(to) as usize];
        // From a vertex to itself is no edge.
        passed[*place as usize] = (from.max(to), (from < to) as i8 - (to < from) as i8);
        *place += 1;
    }
    let mut open = 0;
    for vertex in 0..vertices {
        let bucket = &mut passed[ends[vertex] as usize..ends[vertex + 1] as usize];
        bucket.sort_unstable_by_key(|(to, _)| *to);
        for edge in bucket.chunk_by(|a, b| a.0 == b.0) {
            open += usize::from(edge.iter().map(|(_, way)| i32::from(*way)).sum::<i32>() != 0);
        }
    }
    open
}
