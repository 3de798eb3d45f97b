//! The elements of a drawing in order, with `use` put in place.

use std::collections::HashMap;

use roxmltree::{Document, Node, NodeId};

use super::super::{DrawingProblem, Region};
use super::SvgOptions;
use super::document::{INKSCAPE, SVG, XLINK};
use super::matrix::Matrix;
use super::page::{view, view_box};
use super::shape::{Outlines, number, outlines};
use super::stroke::{ROUND_POINTS, Stroke};
use super::style::is_hidden;
use super::trace::Tracer;

/// Elements may be nested this deep, counting those that `use` puts in place.
const MOST_NESTING: usize = 500;

/// Points of a drawing, beyond one for each byte of its file.
const MOST_POINTS: usize = 4_000_000;

/// What the elements that `use` repeats may come to, in bytes of their attributes and [`ELEMENT_WORK`] for each.
const MOST_WORK: usize = 1 << 27;

/// Work for an element of any kind.
const ELEMENT_WORK: usize = 32;

/// Regions of the elements, and whether the filter named any.
pub(super) fn regions(
    document: &Document<'_>,
    page: Matrix,
    options: &SvgOptions<'_>,
) -> Result<(Vec<Region>, bool), DrawingProblem> {
    let size = document.input_text().len();
    let mut by_id = HashMap::new();
    for element in document.root_element().descendants().skip(1) {
        if let Some(id) = element.attribute("id") {
            by_id.entry(id).or_insert(element);
        }
    }
    let named = options.layer.is_none() && options.id.is_some_and(|id| by_id.contains_key(id));
    let mut walker = Walker {
        options,
        by_id,
        tracer: Tracer::new(options.facets, MOST_POINTS.saturating_add(size)),
        work: MOST_WORK.saturating_add(size.saturating_mul(ELEMENT_WORK)),
        open: Vec::new(),
        regions: Vec::new(),
        chosen: named,
    };
    let unfiltered = options.id.is_none() && options.layer.is_none();
    walker.children(
        document.root_element(),
        &State { matrix: page, in_layer: options.layer.is_none(), chosen: unfiltered },
    )?;
    Ok((walker.regions, walker.chosen))
}

/// What an element hands on to those in it.
#[derive(Debug, Clone, Copy)]
struct State {
    matrix: Matrix,
    /// Whether the layer that the filter asks for has been entered.
    in_layer: bool,
    /// Whether the filter lets the element through.
    chosen: bool,
}

struct Walker<'a, 'input> {
    options: &'a SvgOptions<'a>,
    /// The first element of each id.
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    tracer: Tracer,
    work: usize,
    /// Elements that have been entered and not left.
    open: Vec<NodeId>,
    regions: Vec<Region>,
    chosen: bool,
}

impl<'a, 'input> Walker<'a, 'input> {
    fn children(&mut self, parent: Node<'a, 'input>, state: &State) -> Result<(), DrawingProblem> {
        for element in parent.children().filter(Node::is_element) {
            // Drawn where something uses them.
            if !matches!(name(element), "defs" | "symbol") {
                self.element(element, state)?;
            }
        }
        Ok(())
    }

    fn element(&mut self, element: Node<'a, 'input>, outer: &State) -> Result<(), DrawingProblem> {
        self.charge(element)?;
        let Some(mut state) = self.filter(element, outer) else { return Ok(()) };
        if let Some(transform) = element.attribute("transform") {
            state.matrix = state.matrix.then(Matrix::parse(transform));
        }
        self.open.push(element.id());
        match name(element) {
            "use" => self.follow(element, &state)?,
            "svg" => {
                let place = Matrix::translate(number(element, "x"), number(element, "y"));
                state.matrix = state.matrix.then(place).then(inner_view(element, element));
            }
            name if state.chosen => self.shape(name, element, &state)?,
            _ => {}
        }
        // Whatever is not known holds its children together like a group.
        self.children(element, &state)?;
        self.open.pop();
        Ok(())
    }

    /// Work is bounded, so that elements which `use` each other twice, and so on, come to an end.
    fn charge(&mut self, element: Node<'_, '_>) -> Result<(), DrawingProblem> {
        if self.open.len() == MOST_NESTING {
            return Err(DrawingProblem::TooDeep { element: shown(element), limit: MOST_NESTING });
        }
        let work = element.attributes().map(|attribute| attribute.value().len()).sum::<usize>() + ELEMENT_WORK;
        self.work =
            self.work.checked_sub(work).ok_or_else(|| DrawingProblem::TooManyElements { element: shown(element) })?;
        Ok(())
    }

    /// The state within an element, before its transformation; `None` when it is not shown.
    ///
    /// An element that the filter names is shown even where it, or something around it, is hidden. With an id and a layer
    /// the element must be the layer or in it.
    fn filter(&mut self, element: Node<'_, '_>, outer: &State) -> Option<State> {
        let is_layer = || element.attribute((INKSCAPE, "groupmode")) == Some("layer");
        let label = || element.attribute((INKSCAPE, "label"));
        let mut state = *outer;
        state.in_layer |= self.options.layer.is_some_and(|layer| is_layer() && label() == Some(layer));
        state.chosen |= state.in_layer && self.options.id.is_none_or(|id| element.attribute("id") == Some(id));
        self.chosen |= state.chosen;
        let hidden = outer.chosen && is_hidden(element);
        (!hidden).then_some(state)
    }

    /// Draws what a `use` element names, unless that holds the element itself.
    fn follow(&mut self, element: Node<'a, 'input>, state: &State) -> Result<(), DrawingProblem> {
        let link = element.attribute((XLINK, "href")).or_else(|| element.attribute("href"));
        let target = link.and_then(|link| link.trim().strip_prefix('#')).and_then(|id| self.by_id.get(id).copied());
        let Some(target) = target.filter(|target| !self.open.contains(&target.id())) else { return Ok(()) };
        let place = Matrix::translate(number(element, "x"), number(element, "y"));
        let mut state = State { matrix: state.matrix.then(place), ..*state };
        if name(target) == "symbol" {
            state.matrix = state.matrix.then(inner_view(target, element));
        }
        self.element(target, &state)
    }

    fn shape(&mut self, name: &str, element: Node<'_, '_>, state: &State) -> Result<(), DrawingProblem> {
        let Some(Outlines { mut closed, open }) = outlines(name, element, &mut self.tracer)? else { return Ok(()) };
        if !open.is_empty() {
            let stroke = Stroke::of(element);
            for line in &open {
                self.tracer.charge(line.len().saturating_mul(ROUND_POINTS))?;
                closed.extend(stroke.around(line));
            }
        }
        for point in closed.iter_mut().flatten() {
            *point = state.matrix.point(*point);
        }
        closed.retain(|contour| contour.len() > 2 && contour.iter().flatten().all(|value| value.is_finite()));
        if !closed.is_empty() {
            self.regions.push(Region { contours: closed });
        }
        Ok(())
    }
}

/// The name of an element of SVG, or of a file that does not say what it is; empty for others.
fn name<'a>(element: Node<'a, '_>) -> &'a str {
    let tag = element.tag_name();
    if matches!(tag.namespace(), None | Some(SVG)) { tag.name() } else { "" }
}

/// An element as a message shows it.
fn shown(element: Node<'_, '_>) -> String {
    let name = element.tag_name().name();
    element.attribute("id").map_or_else(|| format!("<{name}>"), |id| format!("<{name} id=\"{id}\">"))
}

/// What the view box of an inner `svg` or a `symbol` does within the width and height that another element gives it.
fn inner_view(boxed: Node<'_, '_>, sized: Node<'_, '_>) -> Matrix {
    let place = ["width", "height"].map(|name| number(sized, name));
    view_box(boxed).and_then(|view_box| view(view_box, place, boxed)).unwrap_or(Matrix::IDENTITY)
}
