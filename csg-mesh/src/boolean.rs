//! Union, difference and intersection of solids: what can be settled without the kernel is, and the kernel gets only parts
//! that meet.
//!
//! - Parts whose boxes do not meet are put together, not computed with.
//! - What is subtracted away from the box of a part is left out for it.
//! - Upright prisms go the way of [`prism`].
//!
//! [`Booleans::plain`] switches all of this off: the plain twin that tests compare with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::affine::{Box3, touch};
use crate::kernel::{Kernel, KernelError, Operation};
use crate::parts::{Part, Solid};
use crate::{Limit, Options, prism};

/// What operations need besides their operands.
pub(crate) struct Booleans<'a, K: Kernel> {
    pub(crate) kernel: &'a K,
    pub(crate) options: &'a Options,
    /// Tells the color of an origin.
    pub(crate) color: &'a (dyn Fn(u32) -> Option<[f32; 4]> + Sync),
}

/// Why an operation gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It would take too much.
    Limit(Limit),
    /// The kernel failed.
    Kernel,
}

impl From<Limit> for Failure {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Self {
        match error {
            KernelError::Stopped => Self::Limit(Limit::Stopped),
            KernelError::NotClosed | KernelError::Failed => Self::Kernel,
        }
    }
}

/// Layers of prisms are united first where that leaves so many times fewer parts: outlines of many pieces have more edges
/// than the pieces, and a few cost the kernel more than they save (a Menger sponge, whose bars cross, gets slower).
const FEWER: usize = 4;

impl<K: Kernel> Booleans<'_, K> {
    /// Whether shortcuts are off.
    fn plain(&self) -> bool {
        self.options.plain
    }

    /// What is in any of the solids.
    pub(crate) fn union(&self, solids: Vec<Solid<K>>) -> Result<Solid<K>, Failure> {
        let mut solids: Vec<Solid<K>> = solids.into_iter().filter(|solid| !solid.is_empty()).collect();
        if solids.len() < 2 {
            return Ok(solids.pop().unwrap_or(Solid::EMPTY));
        }
        let parts: Vec<Part<K>> = solids.into_iter().flat_map(|solid| solid.parts).collect();
        let mut result = Solid::EMPTY;
        for group in self.groups(&parts) {
            match group.as_slice() {
                [one] => result.parts.push(parts[*one].clone()),
                _ => {
                    let group: Vec<&Part<K>> = group.iter().map(|idx| &parts[*idx]).collect();
                    let layers = if self.plain() { Vec::new() } else { self.layers(&group) };
                    let group: Vec<&Part<K>> = if layers.is_empty() { group } else { layers.iter().collect() };
                    match group.as_slice() {
                        [one] => result.parts.push((*one).clone()),
                        _ => result.parts.extend(self.combine(Operation::Union, &group)?.parts),
                    }
                }
            }
        }
        Ok(result)
    }

    /// The same parts with those upright prisms united that meet, and begin and end at the same heights: a grid of cubes, the
    /// fingers of a joint. Empty when there are none such.
    fn layers(&self, parts: &[&Part<K>]) -> Vec<Part<K>> {
        let mut layers: Vec<Vec<&Part<K>>> = Vec::new();
        let mut known: HashMap<_, usize> = HashMap::new();
        for part in parts {
            match prism::layer(part, self.color).map(|key| known.entry(key)) {
                Some(Entry::Occupied(place)) => layers[*place.get()].push(part),
                vacant => {
                    if let Some(Entry::Vacant(place)) = vacant {
                        place.insert(layers.len());
                    }
                    layers.push(vec![part]);
                }
            }
        }
        let mut groups: Vec<Vec<&Part<K>>> = Vec::new();
        for layer in layers {
            let boxes: Vec<Box3> = layer.iter().map(|part| part.bounds).collect();
            groups.extend(connected(&boxes).iter().map(|group| group.iter().map(|idx| layer[*idx]).collect()));
        }
        if groups.len() * FEWER > parts.len() {
            return Vec::new();
        }
        let united = |group: Vec<&Part<K>>| match group.as_slice() {
            [one] => vec![(*one).clone()],
            _ => prism::combine(Operation::Union, &group, prism::UPRIGHT).parts,
        };
        groups.into_iter().flat_map(united).collect()
    }

    /// What is in the first solid and in none of the others.
    pub(crate) fn difference(&self, first: Solid<K>, others: &[Solid<K>]) -> Result<Solid<K>, Failure> {
        let others: Vec<&Part<K>> = others.iter().flat_map(|solid| &solid.parts).collect();
        let each = |part: &Part<K>| -> Result<Solid<K>, Failure> {
            let meet = |other: &&&Part<K>| self.plain() || touch(&part.bounds, &other.bounds);
            let tools: Vec<&Part<K>> = others.iter().filter(meet).copied().collect();
            self.subtract(part, &tools)
        };
        let mut result = Solid::EMPTY;
        for part in self.each(&first.parts, each)? {
            result.parts.extend(part.parts);
        }
        Ok(result)
    }

    fn subtract(&self, part: &Part<K>, tools: &[&Part<K>]) -> Result<Solid<K>, Failure> {
        if tools.is_empty() {
            return Ok(Solid { parts: vec![part.clone()] });
        }
        if self.plain() {
            return self.combine(Operation::Difference, &[&[part], tools].concat());
        }
        let all: Vec<&Part<K>> = [&[part], tools].concat();
        if tools.len() == 1 || prism::axis(Operation::Difference, &all, self.color).is_some() {
            return self.combine(Operation::Difference, &all);
        }
        // Those that go through from end to end along one axis are taken away in the plane, first.
        let through =
            |axis: usize| move |tool: &&Part<K>| prism::fit(Operation::Difference, &[part, tool], axis, self.color);
        let count = |axis: &usize| tools.iter().filter(|tool| through(*axis)(tool)).count();
        let axis = if part.is_prism() { [2, 0, 1].into_iter().max_by_key(count) } else { None };
        let (flat, deep): (Vec<&Part<K>>, Vec<&Part<K>>) = match axis {
            Some(axis) => tools.iter().copied().partition(through(axis)),
            None => (Vec::new(), tools.to_vec()),
        };
        let cut = match axis {
            Some(axis) if !flat.is_empty() => {
                prism::combine(Operation::Difference, &[&[part], flat.as_slice()].concat(), axis)
            }
            _ => Solid { parts: vec![part.clone()] },
        };
        let [rest] = cut.parts.as_slice() else { return Ok(cut) };
        self.combine(Operation::Difference, &[&[rest], deep.as_slice()].concat())
    }

    /// What is in all of the solids.
    pub(crate) fn intersection(&self, solids: Vec<Solid<K>>) -> Result<Solid<K>, Failure> {
        let mut solids = solids.into_iter();
        let Some(mut common) = solids.next() else { return Ok(Solid::EMPTY) };
        for solid in solids {
            let pairs: Vec<(&Part<K>, &Part<K>)> = common
                .parts
                .iter()
                .flat_map(|lhs| solid.parts.iter().map(move |rhs| (lhs, rhs)))
                .filter(|(lhs, rhs)| self.plain() || touch(&lhs.bounds, &rhs.bounds))
                .collect();
            let pieces = self.each(&pairs, |(lhs, rhs)| self.combine(Operation::Intersection, &[lhs, rhs]))?;
            common = Solid { parts: pieces.into_iter().flat_map(|piece| piece.parts).collect() };
        }
        Ok(common)
    }

    /// By outlines if that is possible, else by the kernel.
    fn combine(&self, operation: Operation, parts: &[&Part<K>]) -> Result<Solid<K>, Failure> {
        if !self.plain()
            && let Some(axis) = prism::axis(operation, parts, self.color)
        {
            return Ok(prism::combine(operation, parts, axis));
        }
        if self.options.stop.is_set() {
            return Err(Limit::Stopped.into());
        }
        let operands = parts.iter().map(|part| part.operand(self.kernel)).collect::<Result<Vec<_>, _>>()?;
        let made = self.kernel.combine(operation, &operands, &self.options.stop)?;
        if self.kernel.triangles(&made) > self.options.limits.triangles {
            return Err(Limit::Triangles.into());
        }
        Ok(Solid::from_kernel(self.kernel, made))
    }

    /// Applies `work` to each item, on all cores where that pays; results in order.
    fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R, Failure> + Sync + Send,
    ) -> Result<Vec<R>, Failure> {
        #[cfg(feature = "parallel")]
        if self.options.parallel && items.len() > 1 {
            use rayon::prelude::*;
            let done: Vec<Result<R, Failure>> = items.par_iter().map(&work).collect();
            return done.into_iter().collect();
        }
        items.iter().map(work).collect()
    }

    /// Parts that are connected by boxes that meet, each group and all of them in order.
    fn groups(&self, parts: &[Part<K>]) -> Vec<Vec<usize>> {
        if self.plain() {
            return vec![(0..parts.len()).collect()];
        }
        let boxes: Vec<Box3> = parts.iter().map(|part| part.bounds).collect();
        connected(&boxes)
    }
}

/// Indices of boxes in groups: two boxes are in one group when they meet, directly or by way of others. Groups are in order
/// of their first box.
fn connected(boxes: &[Box3]) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..boxes.len()).collect();
    fn find(leader: &mut [usize], mut idx: usize) -> usize {
        while leader[idx] != idx {
            leader[idx] = leader[leader[idx]];
            idx = leader[idx];
        }
        idx
    }
    // A sweep along the axis on which boxes are least crowded: each is compared with those that are still open where it
    // begins.
    let crowding = |axis: usize| {
        let covered: f64 = boxes.iter().map(|bounds| bounds[1][axis] - bounds[0][axis]).sum();
        let low = boxes.iter().map(|bounds| bounds[0][axis]).fold(f64::INFINITY, f64::min);
        let high = boxes.iter().map(|bounds| bounds[1][axis]).fold(f64::NEG_INFINITY, f64::max);
        if high > low { covered / (high - low) } else { f64::INFINITY }
    };
    let axis = [0, 1, 2].into_iter().min_by(|a, b| crowding(*a).total_cmp(&crowding(*b))).unwrap_or(0);
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|a, b| boxes[*a][0][axis].total_cmp(&boxes[*b][0][axis]));
    let mut open: Vec<usize> = Vec::new();
    for idx in order {
        open.retain(|other| boxes[*other][1][axis] >= boxes[idx][0][axis]);
        for other in &open {
            if touch(&boxes[idx], &boxes[*other]) {
                let (a, b) = (find(&mut leader, idx), find(&mut leader, *other));
                leader[a.max(b)] = a.min(b);
            }
        }
        open.push(idx);
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut place = vec![usize::MAX; boxes.len()];
    for idx in 0..boxes.len() {
        let first = find(&mut leader, idx);
        if place[first] == usize::MAX {
            place[first] = groups.len();
            groups.push(Vec::new());
        }
        groups[place[first]].push(idx);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_meet_are_one_group() {
        let at = |x: f64, y: f64| [[x, y, 0.0], [x + 1.0, y + 1.0, 1.0]];
        let boxes = [at(0.0, 0.0), at(5.0, 0.0), at(1.0, 0.5), at(5.0, 3.0), at(1.5, 1.5), at(5.5, 2.0)];
        assert_eq!(connected(&boxes), [vec![0, 2, 4], vec![1], vec![3, 5]]);
        assert_eq!(connected(&[]), Vec::<Vec<usize>>::new());
    }
}
