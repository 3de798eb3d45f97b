//! What evaluation can find wrong, in OpenSCAD's words. One variant, one code. The problems of built-in functions and
//! modules stand beside those, in `functions/problem.rs` and `modules/problem.rs`.

use ecow::EcoString;
use miette::Diagnostic;
use thiserror::Error;

use crate::limits::Limit;

#[derive(Debug, Clone, PartialEq, Error, Diagnostic)]
pub(crate) enum Problem {
    #[error("Ignoring unknown variable \"{name}\"")]
    #[diagnostic(code(scad::eval::unknown_variable), severity(Warning))]
    UnknownVariable {
        name: EcoString,
        #[help]
        help: Option<String>,
    },
    #[error("Ignoring unknown function '{name}'")]
    #[diagnostic(code(scad::eval::unknown_function), severity(Warning))]
    UnknownFunction {
        name: EcoString,
        #[help]
        help: Option<String>,
    },
    #[error("Ignoring unknown module '{name}'")]
    #[diagnostic(code(scad::eval::unknown_module), severity(Warning))]
    UnknownModule {
        name: EcoString,
        #[help]
        help: Option<String>,
    },
    #[error("Can't call function on {type_name}")]
    #[diagnostic(code(scad::eval::not_a_function), severity(Warning))]
    NotAFunction { type_name: &'static str },
    #[error("Too many unnamed arguments supplied")]
    #[diagnostic(code(scad::eval::too_many_arguments), severity(Warning))]
    TooManyArguments,
    #[error("variable \"{name}\" not specified as parameter")]
    #[diagnostic(code(scad::eval::unknown_argument), severity(Warning))]
    UnknownArgument {
        name: EcoString,
        #[help]
        help: Option<String>,
    },
    #[error("argument \"{name}\" supplied more than once")]
    #[diagnostic(code(scad::eval::repeated_argument), severity(Warning))]
    RepeatedArgument { name: EcoString },
    #[error("argument \"{name}\" overrides positional argument")]
    #[diagnostic(code(scad::eval::overridden_argument), severity(Warning))]
    OverriddenArgument { name: EcoString },
    #[error("Parameter \"{name}\" is overwritten with a literal")]
    #[diagnostic(
        code(scad::eval::overwritten_parameter),
        severity(Warning),
        help("the value that the caller passes is lost; a default stands in the parameter list: `{name} = …`")
    )]
    OverwrittenParameter { name: EcoString },
    #[error("Ignoring duplicate variable assignment \"{name}\" = {value}")]
    #[diagnostic(code(scad::eval::repeated_assignment), severity(Warning))]
    RepeatedAssignment { name: EcoString, value: String },
    #[error("Assignment without variable name {value}")]
    #[diagnostic(code(scad::eval::unnamed_assignment), severity(Warning))]
    UnnamedAssignment { value: String },
    #[error("undefined operation ({left} {op} {right})")]
    #[diagnostic(code(scad::eval::undefined_operation), severity(Warning))]
    UndefinedBinary { left: &'static str, op: &'static str, right: &'static str },
    #[error("undefined operation ({op}{operand})")]
    #[diagnostic(code(scad::eval::undefined_operation), severity(Warning))]
    UndefinedUnary { op: &'static str, operand: &'static str },
    #[error("{text}")]
    #[diagnostic(code(scad::eval::undefined_product), severity(Warning))]
    UndefinedProduct { text: String },
    #[error("negative shift")]
    #[diagnostic(code(scad::eval::negative_shift), severity(Warning))]
    NegativeShift,
    #[error("shift too large")]
    #[diagnostic(code(scad::eval::large_shift), severity(Warning))]
    LargeShift,
    #[error("begin is greater than the end, but step is positive")]
    #[diagnostic(
        code(scad::eval::empty_range),
        severity(Warning),
        help("the range is empty; to count down write a negative step: `[10 : -1 : 0]`")
    )]
    BeginAfterEnd,
    #[error("begin is smaller than the end, but step is negative")]
    #[diagnostic(code(scad::eval::empty_range), severity(Warning), help("the range is empty"))]
    BeginBeforeEnd,
    #[error("Unable to convert [{before}{value}{after}] to a {part} value")]
    #[diagnostic(code(scad::eval::range_part), severity(Warning))]
    RangePart { before: &'static str, value: String, after: &'static str, part: &'static str },
    #[error("Unable to convert [{begin}:...:{end}] to a range")]
    #[diagnostic(code(scad::eval::range_part), severity(Warning))]
    RangeEnds { begin: String, end: String },
    #[error("Unable to convert {name}={value} to {wanted}")]
    #[diagnostic(code(scad::eval::camera), severity(Warning))]
    Camera { name: &'static str, value: String, wanted: &'static str },
    #[error("Bad range parameter in for statement: too many elements ({count})")]
    #[diagnostic(code(scad::eval::long_range), severity(Warning), help("a loop takes fewer than 1,000,000 rounds"))]
    LongRange { count: u32 },
    #[error("Bad range parameter for children: too many elements ({count})")]
    #[diagnostic(code(scad::eval::long_children_range), severity(Warning))]
    LongChildrenRange { count: u32 },
    #[error("Children index ({index}) out of bounds ({count} children)")]
    #[diagnostic(code(scad::eval::children_index), severity(Warning))]
    ChildrenIndex { index: String, count: usize },
    #[error("Bad parameter type ({value}) for children, only accept: empty, number, vector, range")]
    #[diagnostic(code(scad::eval::children_type), severity(Warning))]
    ChildrenType { value: String },
    #[error("module {name}() does not support child modules")]
    #[diagnostic(code(scad::eval::no_children), severity(Warning), help("missing `;` after it?"))]
    NoChildren { name: EcoString },
    #[error("The assign() module will be removed in future releases. Use a regular assignment instead.")]
    #[diagnostic(code(scad::eval::assign), severity(Advice))]
    Assign,
    #[error("More than one Root Modifier (!)")]
    #[diagnostic(code(scad::eval::many_roots), severity(Warning))]
    ManyRoots,
    #[error("{name} too small - clamping to {smallest:.6}")]
    #[diagnostic(code(scad::eval::too_small), severity(Warning))]
    TooSmall { name: &'static str, smallest: f64 },
    #[error(
        "Imported file ({path}) found in document root instead of relative to the importing module. This behavior is deprecated"
    )]
    #[diagnostic(code(scad::eval::file_in_document_root), severity(Advice))]
    FileInDocumentRoot { path: EcoString },
    #[error("Assertion{condition} failed{message}")]
    #[diagnostic(code(scad::eval::assertion))]
    Assertion { condition: String, message: String },
    #[error("Recursion detected calling {what} '{name}'")]
    #[diagnostic(code(scad::eval::recursion), help("is there a case that ends the recursion, and is it reached?"))]
    Recursion { what: &'static str, name: EcoString },
    #[error("For loop counter exceeded limit")]
    #[diagnostic(code(scad::eval::endless_for), help("is the condition ever false?"))]
    EndlessFor,
    #[error("{}", describe_limit(*limit))]
    #[diagnostic(code(scad::eval::limit), help("make the program smaller, or raise the limit"))]
    Limit { limit: Limit },
}

fn describe_limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Depth => "calls are nested too deep",
        Limit::Work => "the program takes too many steps",
        Limit::Memory => "the program takes too much memory",
        Limit::Nodes => "the program makes too many objects",
        Limit::Rounds => "a loop takes too many rounds",
        Limit::Time => "the program takes too long",
        Limit::Nesting => "the program is nested too deep",
    }
}
