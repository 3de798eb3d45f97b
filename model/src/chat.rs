//! The conversation as Gemma was taught to see it, and the one question that CADMonkey asks.
//!
//! ```text
//! <bos><start_of_turn>user
//! hey cadmonkey, make me a bracket<end_of_turn>
//! <start_of_turn>model
//! cube([40, 20, 4]);<end_of_turn>
//! ```

use serde::{Deserialize, Serialize};

use crate::{ModelError, Specials, TokenId, Tokenizer};

/// One record of training: what is asked, and the program that answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Example {
    /// The user's text, as [`prompt`] makes it.
    pub prompt: String,
    /// The text of an OpenSCAD program.
    pub program: String,
}

/// The user's text for an object, which is named without an article: `hex bolt`.
pub fn prompt(object: &str) -> String {
    format!("hey cadmonkey, make me {}", with_article(object.trim()))
}

/// A name with the article that it takes: `a hex bolt`, `an apple`, `scissors`.
///
/// By its letters, which is right for the names of things but for a few; those are listed.
pub fn with_article(name: &str) -> String {
    let mut words = name.split([' ', '-']);
    let first = words.next().unwrap_or_default().to_lowercase();
    // What is counted decides: the last word before a preposition.
    let noun =
        name.split(' ').take_while(|word| !PREPOSITIONS.contains(word)).last().unwrap_or_default().to_lowercase();
    let singular_s = ["ss", "us", "is", "as"].iter().any(|end| noun.ends_with(end));
    if noun.ends_with('s') && !singular_s && !SINGULAR.contains(&noun.as_str()) || PLURAL.contains(&noun.as_str()) {
        return name.to_owned();
    }
    let sounds_open = first.starts_with(['a', 'e', 'i', 'o', 'u'])
        || first.starts_with('8')
        || first == "11"
        || first == "18"
        || ["f", "h", "l", "m", "n", "r", "s", "x"].contains(&first.as_str()); // letters by their names
    let consonant =
        ["uni", "use", "usu", "eur", "uku", "one", "ufo", "uti"].iter().any(|start| first.starts_with(start));
    let open = sounds_open && !consonant || first.starts_with("hour") || first.starts_with("honest");
    format!("{} {name}", if open { "an" } else { "a" })
}

/// What ends the noun with the words before it.
const PREPOSITIONS: [&str; 12] =
    ["with", "without", "for", "in", "on", "from", "of", "made", "at", "under", "having", "that"];

/// Names that end like plurals and are none.
const SINGULAR: [&str; 6] = ["cyclops", "chess", "lens", "atlas", "canvas", "gas"];

/// Names that are plurals and do not end like it.
const PLURAL: [&str; 3] = ["people", "dice", "stonehenge"];

/// The conversation up to where the model answers, for showing; tokens are made by [`encode`], which does not mistake
/// the user's words for tokens.
pub fn text(system: Option<&str>, user: &str) -> String {
    format!("<start_of_turn>{}<end_of_turn>\n<start_of_turn>{MODEL_TURN}", user_turn(system, user))
}

/// The tokens of a conversation up to where the model answers.
///
/// Blanks around the user's text are dropped. A system text goes before it in the same turn, with an empty line
/// between. Names of control tokens in either are ordinary text.
pub fn encode(tokenizer: &Tokenizer, system: Option<&str>, user: &str) -> Result<Vec<TokenId>, ModelError> {
    let (start, end) = turn_tokens(tokenizer)?;
    let as_text = |text: &str| tokenizer.encode(text, Specials::AsText);
    let mut tokens: Vec<_> = tokenizer.bos().into_iter().collect();
    tokens.push(start);
    tokens.extend(as_text(&user_turn(system, user)));
    tokens.push(end);
    tokens.extend(as_text("\n"));
    tokens.push(start);
    tokens.extend(as_text(MODEL_TURN));
    Ok(tokens)
}

/// The tokens of an example for training, and how many of them are the prompt: those are not learned.
pub fn encode_example(tokenizer: &Tokenizer, example: &Example) -> Result<(Vec<TokenId>, usize), ModelError> {
    let (_, end) = turn_tokens(tokenizer)?;
    let mut tokens = encode(tokenizer, None, &example.prompt)?;
    let prompt = tokens.len();
    tokens.extend(tokenizer.encode(example.program.trim(), Specials::AsText));
    tokens.push(end);
    Ok((tokens, prompt))
}

/// The tokens that end an answer.
pub fn stop_tokens(tokenizer: &Tokenizer) -> Vec<TokenId> {
    tokenizer.end_of_turn().into_iter().chain(tokenizer.eos()).collect()
}

const MODEL_TURN: &str = "model\n";

fn user_turn(system: Option<&str>, user: &str) -> String {
    let user = user.trim();
    match system {
        Some(system) => format!("user\n{system}\n\n{user}"),
        None => format!("user\n{user}"),
    }
}

fn turn_tokens(tokenizer: &Tokenizer) -> Result<(TokenId, TokenId), ModelError> {
    let id = |name: &str| {
        tokenizer.id(name).filter(|&id| tokenizer.is_special(id)).ok_or_else(|| {
            ModelError::Tokenizer(format!("no token `{name}`, expected one for the turns of a conversation"))
        })
    };
    let end = tokenizer.end_of_turn().map_or_else(|| id("<end_of_turn>"), Ok)?;
    Ok((id("<start_of_turn>")?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_those_that_people_say() {
        let said = [
            "a hex bolt",
            "an apple",
            "an open box",
            "a unicorn",
            "an hourglass",
            "an L-shaped bar",
            "an 8 mm wide box",
        ];
        for phrase in said {
            let name = phrase.split_once(' ').expect("an article and a name").1;
            assert_eq!(with_article(name), phrase);
        }
        for name in ["scissors", "small headphones with a microphone", "crossed bars", "dice"] {
            assert_eq!(with_article(name), name);
        }
        for phrase in
            ["a cyclops with scissors", "a glass", "a bus", "a bunch of grapes", "a cactus", "a 3-legged stool"]
        {
            assert_eq!(with_article(&phrase[2..]), phrase);
        }
        assert_eq!(prompt("hex bolt"), "hey cadmonkey, make me a hex bolt");
    }
}
