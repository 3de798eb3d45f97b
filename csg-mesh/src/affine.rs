//! Affine maps of space, and boxes.

/// An affine map: three rows of four, acting on columns `[x, y, z, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine(pub [[f64; 4]; 3]);

/// A box along the axes: lowest and highest corner.
pub(crate) type Box3 = [[f64; 3]; 2];

impl Affine {
    /// The map that moves nothing.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);

    /// The first three rows of a matrix.
    pub(crate) fn from_matrix(matrix: &[[f64; 4]; 4]) -> Self {
        Self([matrix[0], matrix[1], matrix[2]])
    }

    pub(crate) fn translation(by: [f64; 3]) -> Self {
        let mut map = Self::IDENTITY;
        for (row, by) in map.0.iter_mut().zip(by) {
            row[3] = by;
        }
        map
    }

    pub(crate) fn scaling(by: [f64; 3]) -> Self {
        let mut map = Self([[0.0; 4]; 3]);
        for (axis, by) in by.into_iter().enumerate() {
            map.0[axis][axis] = by;
        }
        map
    }

    /// Whether it moves nothing.
    pub fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.0.iter().flatten().all(|value| value.is_finite())
    }

    /// Where a point goes.
    #[inline]
    pub fn point(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        self.0.map(|[a, b, c, d]| a * x + b * y + c * z + d)
    }

    /// This map after another.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        if first.is_identity() {
            return *self;
        }
        if self.is_identity() {
            return *first;
        }
        let mut product = [[0.0; 4]; 3];
        for (row, out) in self.0.iter().zip(&mut product) {
            for (column, value) in out.iter_mut().enumerate() {
                *value = row[0] * first.0[0][column] + row[1] * first.0[1][column] + row[2] * first.0[2][column];
            }
            out[3] += row[3];
        }
        Self(product)
    }

    /// The factor by which volumes grow; negative when it turns solids inside out.
    pub fn determinant(&self) -> f64 {
        let [[a, b, c, _], [d, e, f, _], [g, h, i, _]] = self.0;
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    }

    /// A box that holds the image of a box; the image itself where axes go to axes.
    pub(crate) fn bounds(&self, [low, high]: Box3) -> Box3 {
        let mut image = [[0.0; 3]; 2];
        for (axis, row) in self.0.iter().enumerate() {
            let (mut least, mut most) = (row[3], row[3]);
            for column in 0..3 {
                if row[column] == 0.0 {
                    continue;
                }
                let (one, other) = (row[column] * low[column], row[column] * high[column]);
                least += one.min(other);
                most += one.max(other);
            }
            image[0][axis] = least;
            image[1][axis] = most;
        }
        image
    }

    /// Whether it takes axes to axes.
    pub(crate) fn goes_to_axes(&self) -> bool {
        let single = |values: [f64; 3]| values.iter().filter(|value| **value != 0.0).count() == 1;
        self.0.iter().all(|row| single([row[0], row[1], row[2]]))
            && (0..3).all(|column| single([self.0[0][column], self.0[1][column], self.0[2][column]]))
    }

    /// The part that acts on the plane: rows of X and Y without Z.
    pub(crate) fn planar(&self) -> [[f64; 3]; 2] {
        [0, 1].map(|row: usize| [self.0[row][0], self.0[row][1], self.0[row][3]])
    }
}

/// Where a solid goes: maps that are applied to each corner one after the other.
///
/// They are not multiplied: a program that puts one shape upon another does so by numbers, and the product of matrices rounds
/// otherwise than their application, so that faces would miss each other by the last bit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place(Vec<Affine>);

impl Place {
    /// More maps than this are multiplied after all.
    const LONGEST: usize = 32;

    /// Whether it moves nothing.
    pub fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves on by one more map.
    pub(crate) fn then(&mut self, map: &Affine) {
        let full = self.0.len() == Self::LONGEST;
        match self.0.last_mut() {
            _ if map.is_identity() => {}
            Some(last) if full => *last = map.after(last),
            _ => self.0.push(*map),
        }
    }

    /// Where a point goes.
    #[inline]
    pub fn point(&self, point: [f64; 3]) -> [f64; 3] {
        self.0.iter().fold(point, |point, map| map.point(point))
    }

    /// The one map that is nearly the same.
    pub fn product(&self) -> Affine {
        self.0.iter().fold(Affine::IDENTITY, |product, map| map.after(&product))
    }

    /// Whether it is a single map, which its product equals.
    pub fn is_single(&self) -> bool {
        self.0.len() < 2
    }

    /// A box that holds the image of a box; the image itself where each map takes axes to axes.
    pub(crate) fn bounds(&self, bounds: Box3) -> Box3 {
        if self.0.iter().all(Affine::goes_to_axes) {
            return self.0.iter().fold(bounds, |bounds, map| map.bounds(bounds));
        }
        // Box around box around box would grow with each turn. The product rounds otherwise than its factors: some air.
        let [low, high] = self.product().bounds(bounds);
        let reach = low.iter().chain(&high).fold(0.0, |most: f64, value| most.max(value.abs()));
        [low.map(|value| value - reach * AIR), high.map(|value| value + reach * AIR)]
    }
}

/// By how much of its largest coordinate a box is widened for rounding: a few thousand times what it can be.
const AIR: f64 = 1e-12;

/// Whether two boxes have a point in common, faces included.
pub(crate) fn touch(a: &Box3, b: &Box3) -> bool {
    (0..3).all(|axis| a[0][axis] <= b[1][axis] && b[0][axis] <= a[1][axis])
}
