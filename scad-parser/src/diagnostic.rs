//! What can be wrong with a text, and the plain form in which every problem of the house is told.

use std::fmt;

use ecow::EcoString;

use crate::source::Span;

/// How bad it is, in OpenSCAD's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Works, but will not for ever.
    Deprecated,
    /// Evaluation goes on, perhaps with `undef`.
    Warning,
    /// Evaluation stopped.
    Error,
}

impl Severity {
    /// The prefix of OpenSCAD's message lines.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Deprecated => "DEPRECATED",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }

    /// The name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deprecated => "deprecated",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One problem, plain: what the terminal, a JSON row, the web page and a repair prompt all show.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Stable name such as `scad::eval::unknown_variable`.
    pub code: EcoString,
    /// How bad it is.
    pub severity: Severity,
    /// What was found and what was expected.
    pub message: String,
    /// OpenSCAD's own wording, where `message` says more than it.
    pub openscad: Option<String>,
    /// Where; a few messages have no place.
    pub span: Option<Span>,
    /// Of a syntax error the token at which OpenSCAD gives up, which may lie behind `span`.
    pub given_up: Option<Span>,
    /// The next thing to try.
    pub help: Option<String>,
    /// The chain of calls that led there, innermost first.
    pub trace: Vec<TraceLine>,
}

/// One line of the chain of calls behind an error.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceLine {
    /// Such as ``called by 'm'``.
    pub message: String,
    /// Where, if anywhere.
    pub span: Option<Span>,
}

impl Diagnostic {
    /// The plain form of a problem at a place.
    pub fn new(problem: &(impl miette::Diagnostic + ?Sized), span: Option<Span>) -> Self {
        let severity = match problem.severity() {
            Some(miette::Severity::Advice) => Severity::Deprecated,
            Some(miette::Severity::Warning) => Severity::Warning,
            Some(miette::Severity::Error) | None => Severity::Error,
        };
        Self {
            code: problem.code().map_or_else(EcoString::new, |code| ecow::eco_format!("{code}")),
            severity,
            message: problem.to_string(),
            openscad: None,
            span,
            given_up: None,
            help: problem.help().map(|help| help.to_string()),
            trace: Vec::new(),
        }
    }

    /// The text of OpenSCAD's line, without prefix and place.
    pub fn openscad_text(&self) -> &str {
        self.openscad.as_deref().unwrap_or(&self.message)
    }
}

/// A list of problems, as an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, diagnostic) in self.0.iter().enumerate() {
            let separator = if idx == 0 { "" } else { "\n" };
            write!(f, "{separator}{}: {}", diagnostic.severity.name(), diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Everything that can be wrong with a text. One variant, one code.
#[derive(Debug, Clone, PartialEq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum SyntaxProblem {
    /// The general case.
    #[error("expected {expected}, found {found}")]
    #[diagnostic(code(scad::parse::unexpected_token))]
    UnexpectedToken {
        /// What could have stood there.
        expected: &'static str,
        /// What stands there.
        found: EcoString,
        /// What to try.
        #[help]
        help: Option<String>,
    },
    /// A statement runs into the next.
    #[error("missing `;` after this, before {found}")]
    #[diagnostic(code(scad::parse::missing_semicolon), help("end the statement with `;`"))]
    MissingSemicolon {
        /// What stands there instead.
        found: EcoString,
    },
    /// A bracket is never closed.
    #[error("this `{open}` is not closed: expected `{close}`, found {found}")]
    #[diagnostic(code(scad::parse::unclosed_bracket), help("add `{close}`"))]
    UnclosedBracket {
        /// The opening bracket.
        open: char,
        /// What closes it.
        close: char,
        /// What stands there instead.
        found: EcoString,
    },
    /// A bracket closes nothing.
    #[error("this `{close}` closes nothing")]
    #[diagnostic(code(scad::parse::extra_bracket), help("remove it, or look for a bracket that was closed too early"))]
    ExtraBracket {
        /// The bracket.
        close: char,
    },
    /// Two values without a comma.
    #[error("missing `,` before {found}")]
    #[diagnostic(code(scad::parse::missing_comma), help("separate the values with `,`"))]
    MissingComma {
        /// The second value.
        found: EcoString,
    },
    /// The text is not only a program.
    #[error("this is {what}, not OpenSCAD")]
    #[diagnostic(code(scad::parse::not_a_program), help("{help}"))]
    NotAProgram {
        /// A Markdown fence, a sentence.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// A habit from another language.
    #[error("`{found}` is not OpenSCAD")]
    #[diagnostic(code(scad::parse::foreign_syntax), help("{help}"))]
    ForeignSyntax {
        /// What is written.
        found: EcoString,
        /// What OpenSCAD has instead.
        help: &'static str,
    },
    /// A character outside strings and comments that no token has.
    #[error("the character `{found}` has no meaning here")]
    #[diagnostic(code(scad::parse::invalid_character), help("{help}"))]
    InvalidCharacter {
        /// The character, or its number when it cannot be seen.
        found: EcoString,
        /// What to write.
        help: &'static str,
    },
    /// `/*` without `*/`.
    #[error("this comment never ends: expected `*/`")]
    #[diagnostic(code(scad::parse::unterminated_comment), help("add `*/`"))]
    UnterminatedComment,
    /// `"` without `"`.
    #[error("this string never ends: expected `\"`")]
    #[diagnostic(code(scad::parse::unterminated_string), help("add `\"`"))]
    UnterminatedString,
    /// `use <` or `include <` without `>`.
    #[error("this path never ends: expected `>`")]
    #[diagnostic(code(scad::parse::unterminated_path), help("add `>`"))]
    UnterminatedPath,
    /// `module` or `function` among children.
    #[error("a {what} definition cannot stand among children")]
    #[diagnostic(
        code(scad::parse::definition_in_children),
        help("move it before the statement whose children these are")
    )]
    DefinitionInChildren {
        /// `module` or `function`.
        what: &'static str,
    },
    /// A modifier before something that is not an instantiation.
    #[error("the modifier `{modifier}` cannot stand before {what}")]
    #[diagnostic(
        code(scad::parse::misplaced_modifier),
        help("put it before each object, or wrap them: `{modifier}union() {{ ... }}`")
    )]
    MisplacedModifier {
        /// The modifier.
        modifier: char,
        /// What follows.
        what: &'static str,
    },
    /// `for`, `if`, `each` where a value is expected.
    #[error("`{keyword}` is an element of a list, not a value")]
    #[diagnostic(code(scad::parse::element_outside_list), help("{help}"))]
    ElementOutsideList {
        /// The keyword.
        keyword: &'static str,
        /// What to write.
        help: &'static str,
    },
    /// `let`, `assert`, `echo`, `function` as an operand.
    #[error("`{keyword}` cannot be an operand")]
    #[diagnostic(code(scad::parse::unparenthesized_form), help("put it in parentheses: `(... {keyword}(...) ...)`"))]
    UnparenthesizedForm {
        /// The keyword.
        keyword: &'static str,
    },
    /// Brackets, operators or statements nested deeper than [`MAX_NESTING`](crate::MAX_NESTING).
    #[error("nested deeper than {limit} levels")]
    #[diagnostic(code(scad::parse::nesting_limit), help("build long sums and lists with a list comprehension"))]
    NestingLimit {
        /// The limit.
        limit: usize,
    },
    /// More text than positions or memory are kept for.
    #[error("the program and its includes are larger than {limit} {what}")]
    #[diagnostic(code(scad::parse::size_limit), help("look for a file that includes others again and again"))]
    SizeLimit {
        /// The limit.
        limit: usize,
        /// What is counted.
        what: &'static str,
    },
    /// `include` of a file that is not there.
    #[error("Can't find include file '{path}'.")]
    #[diagnostic(
        code(scad::parse::missing_include),
        severity(Warning),
        help("paths start at the folder of this file, then at the folders of OPENSCADPATH")
    )]
    MissingInclude {
        /// As written.
        path: EcoString,
    },
    /// `use` of a file that is not there.
    #[error("Can't open library '{path}'.")]
    #[diagnostic(
        code(scad::parse::missing_library),
        severity(Warning),
        help("paths start at the folder of this file, then at the folders of OPENSCADPATH")
    )]
    MissingLibrary {
        /// As written.
        path: EcoString,
    },
    /// A line break between `<` and `>`.
    #[error("new lines {word} is not defined - behavior may change in the future")]
    #[diagnostic(code(scad::parse::newline_in_path), severity(Warning))]
    NewlineInPath {
        /// OpenSCAD's words for the statement.
        word: &'static str,
    },
    /// `\q`
    #[error("Undefined escape sequence")]
    #[diagnostic(
        code(scad::parse::undefined_escape),
        severity(Warning),
        help("escapes are \\n \\t \\r \\\\ \\\" \\x01..\\x7F \\uHHHH \\UHHHHHH")
    )]
    UndefinedEscape,
    /// `2d`
    #[error("Variable names starting with digits (\"{name}\") will be removed in future releases.")]
    #[diagnostic(
        code(scad::parse::digit_name),
        severity(Advice),
        help("start the name with a letter or `_`; a product needs its `*`: `2 * x`")
    )]
    DigitName {
        /// The name.
        name: EcoString,
    },
    /// A whole number beyond 2^53.
    #[error("Integer \"{text}\" cannot be represented precisely")]
    #[diagnostic(code(scad::parse::imprecise_integer), severity(Warning))]
    ImpreciseInteger {
        /// As written.
        text: EcoString,
    },
    /// A hexadecimal number of more than 64 bits.
    #[error("Hexadecimal constant \"{text}\" too large")]
    #[diagnostic(code(scad::parse::large_hexadecimal), severity(Warning))]
    LargeHexadecimal {
        /// As written.
        text: EcoString,
    },
    /// A variable is assigned twice in one scope.
    #[error("\"{name}\" was assigned on line {line}{file} but was overwritten", file = file.as_ref().map_or_else(String::new, |file| format!(" of \"{file}\"")))]
    #[diagnostic(
        code(scad::parse::overwritten),
        severity(Warning),
        help("a variable has one value in its scope, the last one; it cannot be changed step by step")
    )]
    Overwritten {
        /// The variable.
        name: EcoString,
        /// Line of the first assignment.
        line: u32,
        /// Its file, when that is not the same or not the main file.
        file: Option<String>,
    },
}
