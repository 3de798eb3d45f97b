//! Programs rewritten through their syntax trees: an object with its choices made, in one of many ways of writing.

mod compute;
mod fold;
mod structure;
mod text;
mod value;
mod walk;

use ecow::EcoString;
use scad_parser::ast::{Stmt, StmtKind};
use scad_parser::customizer::{CustomizerValue, Widget};

use crate::object::{Draw, Object};
use crate::random::Random;
use fold::Wanted;
use structure::Naming;
use value::Known;
pub(crate) use value::constant;

/// A way of writing.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Do measures stand as variables at the top? Else all numbers are computed.
    parameters: bool,
    /// Share of modules that are opened up where they are called once.
    open: f64,
    /// Loops of at most so many rounds are written out.
    unroll: usize,
    naming: Naming,
    /// Modules below what uses them.
    main_first: bool,
    /// Variables and parts in another order.
    shuffle: bool,
    comments: Comments,
}

/// Which comments there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comments {
    None,
    /// What it is, on the first line.
    Title,
    /// That, and what parameters mean.
    All,
}

impl Style {
    /// As the library writes, with parameters.
    pub fn plain() -> Self {
        Self {
            parameters: true,
            open: 0.0,
            unroll: 0,
            naming: Naming::Own,
            main_first: false,
            shuffle: false,
            comments: Comments::None,
        }
    }

    /// A random one. Most are close to how the library is written: a small model learns one way of writing better than ten.
    pub fn draw(random: &mut Random) -> Self {
        let parameters = random.chance(0.7);
        Self {
            parameters,
            open: *random.weighted(&[(0.5, 0.0), (0.5, 1.0)]),
            unroll: if !parameters && random.chance(0.4) { 4 } else { 0 },
            naming: *random.weighted(&[
                (0.76, Naming::Own),
                (0.08, Naming::Short),
                (0.08, Naming::Long),
                (0.08, Naming::Verbs),
            ]),
            main_first: random.chance(0.15),
            shuffle: random.chance(0.15),
            comments: *random.weighted(&[(0.6, Comments::None), (0.2, Comments::Title), (0.2, Comments::All)]),
        }
    }

    /// In words, for the record.
    pub fn describe(&self) -> String {
        let mut words = vec![if self.parameters { "parameters" } else { "literals" }];
        let mut say = |is: bool, word| {
            if is {
                words.push(word);
            }
        };
        say(self.open > 0.0, "open");
        say(self.unroll > 0, "unrolled");
        say(self.naming == Naming::Short, "short names");
        say(self.naming == Naming::Long, "long names");
        say(self.naming == Naming::Verbs, "verbs");
        say(self.main_first, "main first");
        say(self.shuffle, "shuffled");
        say(self.comments == Comments::Title, "title");
        say(self.comments == Comments::All, "comments");
        words.join(", ")
    }
}

/// The program of a draw, exactly as the file has it with these values: the reference for all ways of writing.
pub fn reference(object: &Object, draw: &Draw) -> Vec<Stmt> {
    let mut statements = object.program.statements.clone();
    for (parameter, value) in object.parameters.iter().zip(&draw.values) {
        for stmt in &mut statements {
            if let StmtKind::Assign { name, value: old } = &mut stmt.kind
                && name.name == parameter.name
            {
                *old = Known::from(value).expr(false);
            }
        }
    }
    statements
}

/// Writes a draw in a style; `title` is what it is called in a comment. `random` decides what the style leaves open.
pub fn write(object: &Object, draw: &Draw, style: &Style, title: &str, random: &mut Random) -> String {
    let values = object.parameters.iter().zip(&draw.values);
    let values = values.map(|(parameter, value)| (parameter.name.clone(), Known::from(value).expr(false))).collect();
    let numbers = |value: &CustomizerValue| matches!(value, CustomizerValue::Number(_) | CustomizerValue::Vector(_));
    let keep = object.parameters.iter().zip(&draw.values).filter(|(parameter, value)| {
        // A choice of numbers is a choice all the same, but a measure or a count is a measure.
        style.parameters && numbers(value) && !matches!(parameter.widget, Widget::Checkbox)
    });
    let keep = keep.map(|(parameter, _)| parameter.name.clone()).collect();
    let wanted = Wanted { values, keep, rounded: true, unroll: style.unroll };
    let mut statements = fold::fold(&object.program.statements, &wanted);
    structure::prune(&mut statements);
    structure::open_up(&mut statements, style.open, random);
    structure::prune(&mut statements);
    if style.main_first {
        structure::main_first(&mut statements);
    }
    if style.shuffle {
        structure::shuffle(&mut statements, random);
    }
    let described = object.parameters.iter().filter_map(|parameter| {
        let description = parameter.description.as_ref().filter(|_| style.comments == Comments::All)?;
        Some((parameter.name.clone(), description.clone()))
    });
    let described: Vec<(EcoString, String)> = described.collect();
    let notes = text::notes(&statements, &described);
    structure::rename(&mut statements, style.naming, &object.name);
    text::text(&statements, (style.comments != Comments::None).then_some(title), &notes)
}

/// Is a program made only of what can be rewritten? Else what it is made of that cannot.
pub fn unknown_territory(statements: &[Stmt]) -> Option<&'static str> {
    text::unknown_territory(statements)
}
