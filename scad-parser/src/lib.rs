//! OpenSCAD text → syntax tree.
//!
//! In goes a [`Source`], out comes a [`Program`]: every node with its [`Span`], every comment kept, nothing resolved.
//! [`parse`] takes a text by itself, [`parse_with`] splices its includes.
//!
//! - Parsing is linear: a pest grammar makes the tokens, a Pratt stage the tree, and nothing is tried twice.
//! - Nesting is bounded by [`MAX_NESTING`], so that everything that walks the tree may recurse.
//! - The tree is what the text says: [`print`](print()) gives a text that parses to the same tree.
//!
//! ```
//! let source = scad_parser::Source::new("box.scad", "cube([1, 2, 3]);");
//! let program = scad_parser::parse(&source)?;
//! assert_eq!(program.statements.len(), 1);
//! # Ok::<(), scad_parser::Diagnostics>(())
//! ```

// pest without its `std` feature, which would bring a stack probe written in assembly, names `alloc`.
extern crate alloc;

pub mod ast;
pub mod customizer;
mod diagnostic;
mod dump;
mod erase;
mod lex;
mod mixer;
pub mod number;
mod parse;
mod print;
mod program_hash;
#[cfg(any(test, feature = "reference"))]
pub mod reference;
mod source;

pub use ast::Program;
pub use diagnostic::{Diagnostic, Diagnostics, Severity, SyntaxProblem, TraceLine};
pub use dump::{dump, dump_expression};
pub use erase::{erase_spans, same_tree};
pub use mixer::Mixer;
pub use parse::{Loader, MAX_NESTING, MAX_TOKENS, Surroundings, Unparsed, parse, parse_expression, parse_with};
pub use print::{format, print, print_expression};
pub use program_hash::program_hash;
pub use source::{Location, Source, SourceMap, Span, raw_byte};

/// Stack that must be left before another level of a tree is walked, and the size of the segments that are added when it
/// is not.
const RED_ZONE: usize = 64 << 10;
const STACK_SEGMENT: usize = 1 << 20;

/// Runs a step of a recursive walk, on more stack if this one is nearly used up.
fn with_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, STACK_SEGMENT, step)
}
