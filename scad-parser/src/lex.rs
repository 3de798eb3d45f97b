//! Text → tokens, by the pest grammar `lex.pest`. The only module that sees pest's pairs of it.

use pest::{Parser as _, Token as Event};
use pest_derive::Parser;

use crate::source::Span;

#[derive(Parser)]
#[grammar = "lex.pest"]
struct Grammar;

/// What a token is; its text is found through its span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident,
    DigitIdent,
    Number,
    String,
    Use,
    Include,
    Eof,
    Unknown,
    OpenString,
    OpenComment,
    OpenFileRef,
    // keywords
    Module,
    Function,
    If,
    Else,
    Let,
    Assert,
    Echo,
    For,
    Each,
    True,
    False,
    Undef,
    // punctuation
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Comma,
    Semicolon,
    Colon,
    Question,
    Dot,
    Assign,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    ShiftLeft,
    ShiftRight,
    AndAnd,
    OrOr,
    And,
    Or,
    Bang,
    Tilde,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Hash,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// The tokens of one text (without the end mark) and its comments; spans count from the start of the text.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Span>,
}

pub(crate) fn lex(text: &str) -> Tokens {
    let mut result = Tokens { tokens: Vec::with_capacity(text.len() / 6 + 8), comments: Vec::new() };
    let pairs = Grammar::parse(Rule::tokens, text).expect("the rule `unknown` takes any character");
    let bytes = text.as_bytes();
    let mut start = 0;
    for event in pairs.tokens() {
        let (rule, end) = match event {
            Event::Start { pos, .. } => {
                start = pos.pos();
                continue;
            }
            Event::End { rule, pos } => (rule, pos.pos()),
        };
        let lexeme = &bytes[start..end];
        let kind = match rule {
            Rule::ident => keyword(lexeme),
            Rule::punct => punctuation(lexeme),
            Rule::number => Kind::Number,
            Rule::string => Kind::String,
            Rule::digit_ident => Kind::DigitIdent,
            Rule::file_ref if lexeme[0] == b'u' => Kind::Use,
            Rule::file_ref => Kind::Include,
            Rule::open_string => Kind::OpenString,
            Rule::open_comment => Kind::OpenComment,
            Rule::open_file_ref => Kind::OpenFileRef,
            Rule::unknown => Kind::Unknown,
            Rule::comment => {
                result.comments.push(Span::new(start as u32, end as u32));
                continue;
            }
            _ => continue,
        };
        result.tokens.push(Token { kind, span: Span::new(start as u32, end as u32) });
    }
    result
}

fn keyword(lexeme: &[u8]) -> Kind {
    match lexeme {
        b"module" => Kind::Module,
        b"function" => Kind::Function,
        b"if" => Kind::If,
        b"else" => Kind::Else,
        b"let" => Kind::Let,
        b"assert" => Kind::Assert,
        b"echo" => Kind::Echo,
        b"for" => Kind::For,
        b"each" => Kind::Each,
        b"true" => Kind::True,
        b"false" => Kind::False,
        b"undef" => Kind::Undef,
        _ => Kind::Ident,
    }
}

fn punctuation(lexeme: &[u8]) -> Kind {
    match lexeme {
        b"(" => Kind::LeftParen,
        b")" => Kind::RightParen,
        b"[" => Kind::LeftBracket,
        b"]" => Kind::RightBracket,
        b"{" => Kind::LeftBrace,
        b"}" => Kind::RightBrace,
        b"," => Kind::Comma,
        b";" => Kind::Semicolon,
        b":" => Kind::Colon,
        b"?" => Kind::Question,
        b"." => Kind::Dot,
        b"=" => Kind::Assign,
        b"==" => Kind::Equal,
        b"!=" => Kind::NotEqual,
        b"<" => Kind::Less,
        b"<=" => Kind::LessEqual,
        b">" => Kind::Greater,
        b">=" => Kind::GreaterEqual,
        b"<<" => Kind::ShiftLeft,
        b">>" => Kind::ShiftRight,
        b"&&" => Kind::AndAnd,
        b"||" => Kind::OrOr,
        b"&" => Kind::And,
        b"|" => Kind::Or,
        b"!" => Kind::Bang,
        b"~" => Kind::Tilde,
        b"+" => Kind::Plus,
        b"-" => Kind::Minus,
        b"*" => Kind::Star,
        b"/" => Kind::Slash,
        b"%" => Kind::Percent,
        b"^" => Kind::Caret,
        b"#" => Kind::Hash,
        _ => Kind::Unknown,
    }
}
