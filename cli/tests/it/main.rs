//! Whole programs, from text to what a person sees.

mod check;
mod convert;
mod fixtures;
mod generate;
mod objects;
mod pictures;
mod render;
mod reports;
mod shape;
mod similar;
mod train;

// The binary has no library: its way of showing messages and its world are compiled in once more.
#[expect(dead_code, reason = "only some of it is needed here")]
#[path = "../../src/report.rs"]
mod report;
#[expect(dead_code, reason = "only some of it is needed here")]
#[path = "../../src/world.rs"]
mod world;
