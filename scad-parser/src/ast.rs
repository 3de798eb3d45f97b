//! The syntax tree: what the text says, with a [`Span`] on every node and nothing resolved.

use std::sync::Arc;

use ecow::EcoString;

use crate::diagnostic::Diagnostic;
use crate::source::{Source, SourceMap, Span};

/// A whole program: the main file with all its includes spliced in.
#[derive(Debug, Clone)]
pub struct Program {
    /// Top-level statements in source order.
    pub statements: Vec<Stmt>,
    /// The texts that the spans point into.
    pub sources: SourceMap,
    /// Comments in source order, of all texts.
    pub comments: Vec<Span>,
    /// Warnings that parsing gave, in order.
    pub warnings: Vec<Diagnostic>,
}

/// A name with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    /// As written, `$` included.
    pub name: EcoString,
    /// Where.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first token (modifiers included) to its last.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    /// `;`
    Empty,
    /// `{ … }`, which makes no scope of its own at statement level.
    Block(Vec<Stmt>),
    /// `use <path>`
    Use(FileRef),
    /// `include <path>`, only where includes were not spliced ([`parse`](crate::parse)).
    Include(FileRef),
    /// `name = value;`
    Assign {
        /// The variable.
        name: Ident,
        /// Its expression.
        value: Expr,
    },
    /// `module name(parameters) body`
    Module {
        /// The module's name.
        name: Ident,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// A block, one statement, or [`StmtKind::Empty`].
        body: Box<Stmt>,
    },
    /// `function name(parameters) = body;`
    Function {
        /// The function's name.
        name: Ident,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// Its value.
        body: Expr,
    },
    /// `name(arguments) children`, a module instantiation. `for`, `let`, `assert`, `echo` and `each` are names here.
    Call {
        /// `! # % *` before it.
        modifiers: Modifiers,
        /// The module's name.
        name: Ident,
        /// Its arguments.
        arguments: Vec<Argument>,
        /// A block, one instantiation, or [`StmtKind::Empty`].
        children: Box<Stmt>,
    },
    /// `if (condition) then else otherwise`
    If {
        /// `! # % *` before it.
        modifiers: Modifiers,
        /// The condition.
        condition: Expr,
        /// Taken when it is true.
        then: Box<Stmt>,
        /// Taken when it is false.
        otherwise: Option<Box<Stmt>>,
    },
}

/// The path of a `use` or `include`, and the text found there.
#[derive(Debug, Clone)]
pub struct FileRef {
    /// As written between `<` and `>`.
    pub path: EcoString,
    /// The file's text, when a [`Loader`](crate::Loader) found it.
    pub source: Option<Arc<Source>>,
}

impl PartialEq for FileRef {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

/// The set of modifiers before an instantiation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// `!`: only this subtree is the result.
    pub root: bool,
    /// `#`: shown highlighted.
    pub highlight: bool,
    /// `%`: shown transparent, not part of the result.
    pub background: bool,
    /// `*`: as if it were not there.
    pub disable: bool,
}

/// A parameter of a module, function or function literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Ident,
    /// The default, evaluated in the scope of the definition.
    pub default: Option<Expr>,
}

/// An argument of a call; in `let` and `for` the assignments.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// `name =`, if it is named.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
    /// Name and value.
    pub span: Span,
}

/// An expression, or, inside a list only, a comprehension element.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first token to its last.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `undef`
    Undef,
    /// `true`, `false`
    Bool(bool),
    /// A number, decimal or hexadecimal.
    Number(f64),
    /// A string, escapes resolved.
    String(EcoString),
    /// A variable.
    Name(EcoString),
    /// `( … )`
    Paren(Box<Expr>),
    /// A prefix operator.
    Unary(UnaryOp, Box<Expr>),
    /// An infix operator.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `condition ? then : otherwise`
    Conditional(Box<[Expr; 3]>),
    /// `callee(arguments)`
    Call(Box<Expr>, Vec<Argument>),
    /// `value[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `value.name`
    Member(Box<Expr>, Ident),
    /// `[a, b, …]`; the only place where comprehension elements may stand.
    List(Vec<Expr>),
    /// `[begin : step : end]`
    Range(Box<Range>),
    /// `function(parameters) body`
    Function(Box<FunctionLiteral>),
    /// `let(assignments) body`; as a comprehension element the body is an element.
    Let(Vec<Argument>, Box<Expr>),
    /// `assert(arguments) body`
    Assert(Vec<Argument>, Option<Box<Expr>>),
    /// `echo(arguments) body`
    Echo(Vec<Argument>, Option<Box<Expr>>),
    /// Element `for(assignments) body`
    For(Vec<Argument>, Box<Expr>),
    /// Element `for(init; condition; next) body`
    ForC(Box<ForC>),
    /// Element `if(condition) then else otherwise`
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// Element `each value`
    Each(Box<Expr>),
}

/// `[begin : step : end]`
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// First value.
    pub begin: Expr,
    /// Distance of the values, 1 when left out.
    pub step: Option<Expr>,
    /// Bound that the values do not pass.
    pub end: Expr,
}

/// `function(parameters) body`
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionLiteral {
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its value.
    pub body: Expr,
}

/// `for(init; condition; next) body`
#[derive(Debug, Clone, PartialEq)]
pub struct ForC {
    /// Assignments before the first round.
    pub init: Vec<Argument>,
    /// Goes on while true.
    pub condition: Expr,
    /// Assignments after each round.
    pub next: Vec<Argument>,
    /// The element of each round.
    pub body: Expr,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `+`
    Plus,
    /// `!`
    Not,
    /// `~`
    BitNot,
}

/// Infix operators, from loose to tight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `|`
    BitOr,
    /// `&`
    BitAnd,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `^`, right associative, tighter than the prefix operators
    Power,
}

impl UnaryOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Negate => "-",
            Self::Plus => "+",
            Self::Not => "!",
            Self::BitNot => "~",
        }
    }
}

impl BinaryOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::BitOr => "|",
            Self::BitAnd => "&",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }

    /// How tightly it binds; prefix operators stand between `*` (9) and `^` (11).
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 4,
            Self::BitOr => 5,
            Self::BitAnd => 6,
            Self::ShiftLeft | Self::ShiftRight => 7,
            Self::Add | Self::Subtract => 8,
            Self::Multiply | Self::Divide | Self::Modulo => 9,
            Self::Power => 11,
        }
    }
}

/// Precedence of the prefix operators, on the scale of [`BinaryOp::precedence`].
pub const UNARY_PRECEDENCE: u8 = 10;

impl Expr {
    /// Whether this is a comprehension element, which only a list may hold.
    pub fn is_element(&self) -> bool {
        match &self.kind {
            ExprKind::For(..) | ExprKind::ForC(_) | ExprKind::If(..) | ExprKind::Each(_) => true,
            ExprKind::Let(_, body) | ExprKind::Paren(body) => body.is_element(),
            _ => false,
        }
    }
}
