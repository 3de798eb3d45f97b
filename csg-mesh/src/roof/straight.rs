//! Roofs by the straight skeleton: all edges of the outline move inward at one speed and stay straight. What an edge sweeps
//! is its face, with the time as height.
//!
//! The moving outline is kept as rings of vertices. Events are foreseen for each side of a ring (when it vanishes) and each
//! reflex vertex (when it runs into another side). An event is settled as a matter of its place alone: whatever vertices
//! are there end, sides that pass are cut, sides between ended vertices are gone, and what is left around the place is
//! paired to new vertices by direction. So it does not matter how many events fall together, as they do in whatever is
//! symmetric, nor which of them was foreseen.
//!
//! The faces share the paths of vertices, and are closed by that, whatever rounding does. Whether they also lie side by side
//! is seen at the end, by [`Surface::close`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::RoofProblem;
use super::outline::{Outline, cross, dot, minus, walk};
use super::pairs::pair;
use super::surface::{Surface, Ways};

/// Sides that meet at a sharper angle than this have no region between them any more: their vertex has gone to the end of
/// the shorter one at once.
const SHARP: f64 = 1e-7;

/// Events for each edge of the outline; more are a sign that rounding runs in circles.
const EVENTS: usize = 50;

/// The roof by the straight skeleton.
pub(super) fn straight(outline: &Outline) -> Result<Surface, RoofProblem> {
    let mut front = Front::new(outline);
    front.run()?;
    let Front { mut surface, faces, .. } = front;
    for face in faces {
        for round in face.rounds() {
            surface.add_flat(&round);
        }
    }
    Ok(surface)
}

/// The moving outline.
struct Front<'a> {
    outline: &'a Outline,
    surface: Surface,
    /// Around the face of each edge, as far as it is known.
    faces: Vec<Ways>,
    vertices: Vec<Vertex>,
    /// Vertices that have not ended.
    moving: Vec<usize>,
    /// Vertices that are to end before anything else happens.
    flat: Vec<usize>,
    events: BinaryHeap<Reverse<Event>>,
    now: f64,
}

/// A corner of the moving outline.
#[derive(Debug, Clone, Copy)]
struct Vertex {
    /// Where it starts, a node of the surface.
    node: usize,
    start: [f64; 2],
    time: f64,
    /// `None`: without region beside it, it is to end at once.
    velocity: Option<[f64; 2]>,
    /// The edge whose side ends here.
    coming: usize,
    /// The edge whose side starts here.
    leaving: usize,
    /// The vertex at the start of the coming side.
    before: usize,
    /// The vertex at the end of the leaving side.
    after: usize,
    is_reflex: bool,
    has_ended: bool,
    /// When the leaving side vanishes, unless something happens before.
    vanishes: f64,
}

/// What is foreseen: while both vertices of a side move on, it vanishes, or another vertex runs into it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Event {
    time: f64,
    side: [usize; 2],
    visitor: Option<usize>,
}

/// What happens at one place and time.
#[derive(Debug)]
struct Meeting {
    place: [f64; 2],
    /// Vertices that end there, whatever their computed position.
    ending: Vec<usize>,
    /// The vertex at the start of a side that is cut there.
    cut: Option<usize>,
}

/// One end of a side at the place of an event.
#[derive(Debug, Clone, Copy)]
struct Stub {
    edge: usize,
    /// The vertex at its other end.
    far: usize,
}

impl<'a> Front<'a> {
    fn new(outline: &'a Outline) -> Self {
        let mut front = Self {
            outline,
            surface: Surface::new(outline),
            faces: Vec::new(),
            vertices: Vec::new(),
            moving: Vec::new(),
            flat: Vec::new(),
            events: BinaryHeap::new(),
            now: 0.0,
        };
        for (idx, edge) in outline.edges.iter().enumerate() {
            let mut face = Ways::default();
            face.add(edge.from, edge.to);
            front.faces.push(face);
            // The vertex at the start of each edge has the number of the edge.
            let mut vertex = front.vertex(edge.from, outline.points[edge.from], edge.before, idx);
            (vertex.before, vertex.after) = (edge.before, edge.after);
            front.vertices.push(vertex);
            front.moving.push(idx);
        }
        front
    }

    /// Moves the outline until nothing is left of it.
    fn run(&mut self) -> Result<(), RoofProblem> {
        self.foresee(0);
        while let Some(meeting) = self.next()? {
            self.settle(&meeting);
        }
        if self.moving.is_empty() { Ok(()) } else { Err(RoofProblem::Tangled) }
    }

    /// What happens next.
    fn next(&mut self) -> Result<Option<Meeting>, RoofProblem> {
        if self.vertices.len() > self.outline.edges.len() * EVENTS {
            return Err(RoofProblem::Tangled);
        }
        while let Some(vertex) = self.flat.pop() {
            let Vertex { before, after, start, has_ended, .. } = self.vertices[vertex];
            if !has_ended {
                // There is no region beside it up to the nearer end of its sides.
                let distance = |far: usize| {
                    let away = minus(self.position(far), start);
                    dot(away, away)
                };
                let nearer = if distance(after) < distance(before) { after } else { before };
                return Ok(Some(Meeting { place: self.position(nearer), ending: vec![vertex, nearer], cut: None }));
            }
        }
        while let Some(Reverse(Event { time, side: [start, end], visitor })) = self.events.pop() {
            let has_ended = |vertex: usize| self.vertices[vertex].has_ended;
            if has_ended(start) || has_ended(end) || self.vertices[start].after != end || visitor.is_some_and(has_ended)
            {
                continue;
            }
            self.now = self.now.max(time);
            if let Some(visitor) = visitor {
                return Ok(Some(Meeting { place: self.position(visitor), ending: vec![visitor], cut: Some(start) }));
            }
            // The slower one is more exactly known.
            let speed = |vertex: usize| self.vertices[vertex].velocity.map_or(0.0, |velocity| dot(velocity, velocity));
            let slower = if speed(end) < speed(start) { end } else { start };
            return Ok(Some(Meeting { place: self.position(slower), ending: vec![start, end], cut: None }));
        }
        Ok(None)
    }

    /// A vertex between the sides of two edges that starts now.
    fn vertex(&self, node: usize, start: [f64; 2], coming: usize, leaving: usize) -> Vertex {
        let [a, b] = [coming, leaving].map(|edge| self.outline.edges[edge]);
        let (turn, straight) = (cross(a.along, b.along), dot(a.along, b.along));
        // 1 + cosine, without subtracting what is nearly equal.
        let open = if straight < 0.0 { turn * turn / (1.0 - straight) } else { 1.0 + straight };
        let is_flat = straight < 0.0 && turn.abs() < SHARP && (turn >= 0.0 || self.now > 0.0);
        let velocity = [0, 1].map(|axis| (a.inward()[axis] + b.inward()[axis]) / open);
        Vertex {
            node,
            start,
            time: self.now,
            velocity: (!is_flat).then_some(velocity),
            coming,
            leaving,
            before: 0,
            after: 0,
            is_reflex: turn < 0.0,
            has_ended: false,
            vanishes: f64::INFINITY,
        }
    }

    /// Where a vertex is at a time.
    fn position_at(&self, vertex: usize, time: f64) -> [f64; 2] {
        let Vertex { start, time: since, velocity, .. } = self.vertices[vertex];
        velocity.map_or(start, |velocity| walk(start, velocity, time - since))
    }

    fn position(&self, vertex: usize) -> [f64; 2] {
        self.position_at(vertex, self.now)
    }

    /// Foresees what will come of the vertices from a number on, and of the sides at them.
    fn foresee(&mut self, first: usize) {
        let new = first..self.vertices.len();
        for vertex in new.clone() {
            let Vertex { before, after, velocity, .. } = self.vertices[vertex];
            if velocity.is_none() || before == after {
                self.flat.push(vertex);
            }
            self.foresee_end([vertex, after]);
            if before < first {
                self.foresee_end([before, vertex]);
            }
        }
        // Vertices beside new ones may live longer than they would have, and so come to more sides.
        let mut visitors: Vec<usize> = new.clone().collect();
        for vertex in new {
            let Vertex { before, after, .. } = self.vertices[vertex];
            for idx in 0..self.moving.len() {
                self.foresee_visit(self.moving[idx], [vertex, after]);
                if before < first {
                    self.foresee_visit(self.moving[idx], [before, vertex]);
                }
            }
            visitors.extend([before, after].iter().filter(|beside| **beside < first));
        }
        for visitor in visitors {
            for idx in 0..self.moving.len() {
                let start = self.moving[idx];
                let end = self.vertices[start].after;
                // Sides of new vertices have been asked for all visitors.
                if self.vertices[visitor].is_reflex && start < first && end < first {
                    self.foresee_visit(visitor, [start, end]);
                }
            }
        }
    }

    fn foresee_end(&mut self, side: [usize; 2]) {
        let [Some(start), Some(end)] = side.map(|vertex| self.vertices[vertex].velocity) else { return };
        let along = self.outline.edges[self.vertices[side[0]].leaving].along;
        let length = dot(along, minus(self.position(side[1]), self.position(side[0])));
        let growth = dot(along, minus(end, start));
        let time = if growth < 0.0 { self.now + length.max(0.0) / -growth } else { f64::INFINITY };
        self.vertices[side[0]].vanishes = time;
        if growth < 0.0 {
            self.events.push(Reverse(Event { time, side, visitor: None }));
        }
    }

    fn foresee_visit(&mut self, visitor: usize, side: [usize; 2]) {
        let tolerance = self.outline.tolerance;
        let Vertex { velocity: Some(velocity), is_reflex: true, node, vanishes, before, .. } = self.vertices[visitor]
        else {
            return;
        };
        // From a common node they run apart.
        if side.contains(&visitor) || side.iter().any(|vertex| self.vertices[*vertex].node == node) {
            return;
        }
        let (start, along, inward) = self.outline.frame(self.vertices[side[0]].leaving);
        let ahead = dot(inward, minus(self.position(visitor), start)) - self.now;
        let closing = 1.0 - dot(inward, velocity);
        if ahead < -tolerance || closing <= 0.0 {
            return;
        }
        let time = self.now + ahead.max(0.0) / closing;
        // The side is no more by then, or the visitor, or has another direction: that is foreseen when it comes to it.
        if time > self.vertices[side[0]].vanishes.min(vanishes).min(self.vertices[before].vanishes) + tolerance {
            return;
        }
        let [visitor_at, start_at, end_at] = [visitor, side[0], side[1]].map(|vertex| self.position_at(vertex, time));
        let is_beside = |from, to| dot(along, minus(to, from)) < -tolerance;
        if !is_beside(start_at, visitor_at) && !is_beside(visitor_at, end_at) {
            self.events.push(Reverse(Event { time, side, visitor: Some(visitor) }));
        }
    }

    /// Settles what happens now at a place: the vertices named end there, and all others that are there; the side named is
    /// cut, and all others that pass.
    fn settle(&mut self, meeting: &Meeting) {
        let Meeting { place, ending: named, cut } = meeting;
        let place = *place;
        let tolerance = self.outline.tolerance;
        let is_here = |point: [f64; 2]| (0..2).all(|axis| (point[axis] - place[axis]).abs() <= tolerance);
        let (ending, staying): (Vec<usize>, Vec<usize>) =
            self.moving.iter().partition(|vertex| named.contains(vertex) || is_here(self.position(**vertex)));
        for vertex in &ending {
            self.vertices[*vertex].has_ended = true;
        }

        let (mut comes, mut leaves) = (Vec::new(), Vec::new());
        for vertex in &ending {
            let Vertex { coming, leaving, before, after, .. } = self.vertices[*vertex];
            if !self.vertices[before].has_ended {
                comes.push(Stub { edge: coming, far: before });
            }
            if !self.vertices[after].has_ended {
                leaves.push(Stub { edge: leaving, far: after });
            }
        }
        for start in &staying {
            let Vertex { leaving: edge, after: end, .. } = self.vertices[*start];
            if !self.vertices[end].has_ended && (*cut == Some(*start) || self.passes(place, edge, [*start, end])) {
                comes.push(Stub { edge, far: *start });
                leaves.push(Stub { edge, far: end });
            }
        }

        let node = self.surface.node(place, self.now);
        for vertex in &ending {
            let Vertex { node: since, coming, leaving, .. } = self.vertices[*vertex];
            self.faces[coming].add(since, node);
            self.faces[leaving].add(node, since);
        }
        self.moving = staying;

        let along = |stubs: &[Stub]| -> Vec<[f64; 2]> {
            stubs.iter().map(|stub| self.outline.edges[stub.edge].along).collect()
        };
        let pairs = if comes.is_empty() { vec![] } else { pair(&along(&comes), &along(&leaves)) };
        let first = self.vertices.len();
        for (a, b) in pairs {
            let (coming, leaving) = (comes[a], leaves[b]);
            let mut vertex = self.vertex(node, place, coming.edge, leaving.edge);
            (vertex.before, vertex.after) = (coming.far, leaving.far);
            let number = self.vertices.len();
            self.vertices[coming.far].after = number;
            self.vertices[leaving.far].before = number;
            self.vertices.push(vertex);
            self.moving.push(number);
        }
        self.foresee(first);
    }

    /// Whether a side passes a place.
    fn passes(&self, place: [f64; 2], edge: usize, side: [usize; 2]) -> bool {
        let (start, along, inward) = self.outline.frame(edge);
        (dot(inward, minus(place, start)) - self.now).abs() <= self.outline.tolerance
            && dot(along, minus(place, self.position(side[0]))) > 0.0
            && dot(along, minus(self.position(side[1]), place)) > 0.0
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    /// By time, and those at one time in a fixed order.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |event: &Self| (event.side, event.visitor);
        self.time.total_cmp(&other.time).then_with(|| key(self).cmp(&key(other)))
    }
}
