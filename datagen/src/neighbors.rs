//! Known shapes, and which of them a new one resembles.

use crate::descriptor::{Descriptor, SAME};

/// Known objects, each with the descriptors of some of its shapes.
#[derive(Debug, Clone, Default)]
pub struct Neighbors {
    /// Name and category.
    objects: Vec<(String, String)>,
    /// Descriptors with the index of their object.
    shapes: Vec<(usize, Descriptor)>,
}

/// A known object, as it is seen from a new shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbor<'a> {
    /// The object's name.
    pub object: &'a str,
    /// Its category.
    pub category: &'a str,
    /// The distance of its nearest shape.
    pub distance: f64,
}

impl Neighbor<'_> {
    /// Whether the new shape is taken for this object, if there is none nearer.
    pub fn is_same(&self) -> bool {
        self.distance <= SAME
    }
}

impl Neighbors {
    /// Adds a shape of an object, which may be known already. The same name in another category is another object.
    pub fn add(&mut self, name: &str, category: &str, descriptor: Descriptor) {
        let is_it = |object: &(String, String)| object.0 == name && object.1 == category;
        // From the end, since the shapes of an object come one after the other as a rule.
        let object = self.objects.iter().rposition(is_it).unwrap_or_else(|| {
            self.objects.push((name.to_owned(), category.to_owned()));
            self.objects.len() - 1
        });
        self.shapes.push((object, descriptor));
    }

    /// How many objects there are.
    pub fn objects(&self) -> usize {
        self.objects.len()
    }

    /// How many shapes there are of all objects.
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }

    /// The nearest `count` objects, the nearest first; of equally near ones, the one that was added first.
    pub fn nearest(&self, descriptor: &Descriptor, count: usize) -> Vec<Neighbor<'_>> {
        let turned = descriptor.turned();
        let mut distances = vec![f64::INFINITY; self.objects.len()];
        for (object, shape) in &self.shapes {
            let nearest = &mut distances[*object];
            for (turned, cost) in &turned {
                *nearest = nearest.min(turned.standing(shape) + cost);
            }
        }
        let mut order: Vec<usize> = (0..self.objects.len()).collect();
        order.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
        let neighbor = |object: usize| {
            let (name, category) = &self.objects[object];
            Neighbor { object: name, category, distance: distances[object] }
        };
        order.into_iter().take(count).map(neighbor).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A descriptor that differs from that of nothing in the first feature.
    fn shape(value: i16) -> Descriptor {
        let mut bytes = Descriptor::default().to_bytes();
        bytes[2..4].copy_from_slice(&value.to_le_bytes());
        Descriptor::from_bytes(&bytes).expect("it has the right length")
    }

    #[test]
    fn the_nearest_shape_of_an_object_counts() {
        let mut known = Neighbors::default();
        for (name, category, value) in [("cup", "a", 0), ("pot", "a", 500), ("cup", "b", 2000), ("cup", "a", 1100)] {
            known.add(name, category, shape(value));
        }
        assert_eq!((known.objects(), known.shapes()), (3, 4));
        let found = known.nearest(&shape(1000), 2);
        assert_eq!(
            found.iter().map(|near| (near.object, near.category)).collect::<Vec<_>>(),
            [("cup", "a"), ("pot", "a")]
        );
        assert!(found[0].is_same() && found[0].distance < found[1].distance);
        assert_eq!(known.nearest(&shape(1000), 9).len(), 3);
        assert!(known.nearest(&shape(0), 1)[0].distance == 0.0);
        assert!(Neighbors::default().nearest(&shape(0), 5).is_empty());
    }
}
