//! The printer: a tree → canonical text; with the source at hand its comments and spelling stay.
//!
//! Four spaces a level, one statement a line, lines of up to 100 columns. The text that is printed depends on the tree
//! and, when formatting, on what stands between the tokens: comments, and whether there is a blank line. Where lines
//! break does not depend on where the source breaks them, so formatting twice changes nothing.

mod comments;
mod expression;
mod layout;
mod literal;
mod statement;
mod writer;

use std::sync::Arc;

pub(crate) use literal::{number, quoted};
use writer::Writer;

use crate::ast::{Expr, Program};
use crate::diagnostic::Diagnostics;
use crate::source::Source;

/// The program as text that parses to the same tree, without comments.
///
/// A tree that was made by hand gets the parentheses and braces that its shape needs; a negative number in it reads back
/// as a negation.
///
/// ```
/// let program = scad_parser::parse(&scad_parser::Source::new("t.scad", "x=1+2*y;/* c */cube( [x,2] );"))?;
/// assert_eq!(scad_parser::print(&program), "x = 1 + 2 * y;\ncube([x, 2]);\n");
/// # Ok::<(), scad_parser::Diagnostics>(())
/// ```
pub fn print(program: &Program) -> String {
    let mut printer = Printer { writer: Writer::new(None) };
    printer.statements(&program.statements);
    layout::layout(&printer.writer.finish())
}

/// The expression as text that parses to the same tree.
pub fn print_expression(expr: &Expr) -> String {
    let mut printer = Printer { writer: Writer::new(None) };
    printer.expression(expr, 0);
    let mut text = layout::layout(&printer.writer.finish());
    text.truncate(text.trim_end().len());
    text
}

/// The source in canonical layout: the same tree, the same comments, numbers and strings as they were spelled.
///
/// A comment stays where it was: on lines of its own, at the end of a line, or between two tokens. One blank line between
/// statements stays, too. Formatting a formatted source changes nothing.
///
/// ```
/// let source = scad_parser::Source::new("t.scad", "width=0x10 ;   // [1:100]\n\n\n\ncube(width);");
/// assert_eq!(scad_parser::format(&source)?, "width = 0x10; // [1:100]\n\ncube(width);\n");
/// # Ok::<(), scad_parser::Diagnostics>(())
/// ```
///
/// # Errors
///
/// The syntax errors of the source. An `include` in the middle of a statement is one, since only this text is read.
pub fn format(source: &Arc<Source>) -> Result<String, Diagnostics> {
    let program = crate::parse(source)?;
    let mut printer = Printer { writer: Writer::new(Some(source)) };
    printer.statements(&program.statements);
    Ok(layout::layout(&printer.writer.finish()))
}

struct Printer<'a> {
    writer: Writer<'a>,
}

#[cfg(test)]
mod tests;
