//! What people might say when they want an object.

use scad_parser::customizer::CustomizerValue;

use crate::object::{Draw, Object};
use crate::random::Random;

/// A prompt, and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The whole sentence.
    pub text: String,
    /// The object with its words, without article: `tall stool with a foot ring`.
    pub called: String,
}

/// How often the usual name is used, if there are others.
const USUAL_NAME: f64 = 0.6;

/// How often a word is replaced by one that means the same.
const OTHER_WORD: f64 = 0.25;

/// Words and what else people say for them.
const SYNONYMS: [(&str, &[&str]); 34] = [
    ("tall", &["high"]),
    ("low", &["short"]),
    ("short", &["small", "stubby"]),
    ("large", &["big", "huge"]),
    ("big", &["large", "huge"]),
    ("small", &["little", "tiny", "mini"]),
    ("tiny", &["very small", "mini"]),
    ("wide", &["broad"]),
    ("narrow", &["slim"]),
    ("thin", &["slim", "slender"]),
    ("slim", &["thin", "slender"]),
    ("slender", &["slim", "thin"]),
    ("thick", &["fat", "chunky"]),
    ("fat", &["chubby", "thick"]),
    ("chubby", &["fat", "round"]),
    ("round", &["circular"]),
    ("square", &["squared"]),
    ("rectangular", &["boxy"]),
    ("modern", &["contemporary", "minimalist"]),
    ("classic", &["traditional", "classical"]),
    ("traditional", &["classic"]),
    ("old", &["vintage", "old-fashioned"]),
    ("retro", &["vintage", "old-school"]),
    ("simple", &["plain", "basic"]),
    ("plain", &["simple"]),
    ("cartoon", &["cute", "toy-like"]),
    ("long", &["elongated"]),
    ("flat", &["low"]),
    ("curved", &["bent"]),
    ("hollow", &["empty"]),
    ("low-poly", &["faceted", "angular"]),
    ("three-legged", &["3-legged"]),
    ("four-legged", &["4-legged"]),
    ("six-sided", &["hexagonal"]),
];

/// Sentences; `{a}` is the object with its article, `{it}` without.
const SENTENCES: [(f64, &str); 24] = [
    (0.44, "hey cadmonkey, make me {a}"),
    (0.05, "make me {a}"),
    (0.05, "{a}"),
    (0.04, "{it}"),
    (0.03, "make {a}"),
    (0.03, "please make me {a}"),
    (0.03, "hey cadmonkey, design {a}"),
    (0.03, "hey cadmonkey, I need {a}"),
    (0.03, "hey cadmonkey, can you make {a}?"),
    (0.02, "hey cadmonkey, build me {a}"),
    (0.02, "hey cadmonkey, create {a}"),
    (0.02, "hey cadmonkey, model {a}"),
    (0.02, "hey cadmonkey, give me {a}"),
    (0.02, "Hey CADMonkey, make me {a}."),
    (0.02, "I want {a}"),
    (0.02, "I need {a} to print"),
    (0.02, "create a model of {a}"),
    (0.02, "design {a} for 3D printing"),
    (0.02, "draw {a}"),
    (0.02, "could you design {a}?"),
    (0.02, "a 3D model of {a}"),
    (0.01, "show me {a}"),
    (0.01, "generate {a}"),
    (0.01, "{a}, please"),
];

impl Object {
    /// A random prompt for a draw.
    pub fn prompt(&self, draw: &Draw, random: &mut Random) -> Prompt {
        let name = if self.names.len() > 1 && !random.chance(USUAL_NAME) {
            random.pick(&self.names[1..])
        } else {
            &self.names[0]
        };
        let mut words: Vec<(bool, String)> = draw
            .words
            .iter()
            .map(|&word| (self.words[word].follows_noun(), with_synonyms(&self.phrase(word, draw), random)))
            .collect();
        random.shuffle(&mut words);
        let called = called(name, &words);
        let sentence = random.weighted(&SENTENCES);
        let text = sentence.replace("{it}", &called).replace("{a}", &model::chat::with_article(&called));
        Prompt { text, called }
    }

    /// The usual prompt for a draw: the usual name, the words in the order of the file.
    pub fn usual_prompt(&self, draw: &Draw) -> Prompt {
        let words: Vec<_> =
            draw.words.iter().map(|&word| (self.words[word].follows_noun(), self.phrase(word, draw))).collect();
        let called = called(&self.names[0], &words);
        Prompt { text: model::chat::prompt(&called), called }
    }

    /// The phrase of a word, with values in the place of braces.
    pub fn phrase(&self, word: usize, draw: &Draw) -> String {
        let mut phrase = self.words[word].phrase.clone();
        for &at in &self.words[word].mentions {
            let value = match &draw.values[at] {
                CustomizerValue::Number(number) => scad_parser::number::number_to_string(*number),
                CustomizerValue::Text(text) => text.clone(),
                CustomizerValue::Bool(flag) => flag.to_string(),
                CustomizerValue::Vector(numbers) => {
                    let numbers = numbers.iter().map(|number| scad_parser::number::number_to_string(*number));
                    numbers.collect::<Vec<_>>().join(" x ")
                }
            };
            phrase = phrase.replace(&format!("{{{}}}", self.parameters[at].name), &value);
        }
        one_of_many(&phrase)
    }
}

/// `with 1 floors` is `with 1 floor`.
fn one_of_many(phrase: &str) -> String {
    let mut last = "";
    let words = phrase.split(' ').map(|word| {
        let one = last == "1" && word.ends_with('s') && !word.ends_with("ss");
        last = word;
        if one { &word[..word.len() - 1] } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Words before the noun, the noun, phrases after it: `tall red stool with a ring and 3 legs`.
fn called(name: &str, words: &[(bool, String)]) -> String {
    let mut text = String::new();
    let has = |word: &str| name.split(' ').any(|part| part == word); // no royal royal crown
    for (_, word) in words.iter().filter(|(follows, word)| !follows && !has(word)) {
        text.push_str(word);
        text.push(' ');
    }
    text.push_str(name);
    let mut last = "";
    for (_, phrase) in words.iter().filter(|(follows, _)| *follows) {
        let (preposition, rest) = phrase.split_once(' ').unwrap_or((phrase, ""));
        text.push(' ');
        if preposition == last {
            text.push_str("and ");
            text.push_str(rest);
        } else {
            text.push_str(phrase);
        }
        last = preposition;
    }
    text
}

fn with_synonyms(phrase: &str, random: &mut Random) -> String {
    match SYNONYMS.iter().find(|(word, _)| phrase == *word) {
        Some((_, others)) if random.chance(OTHER_WORD) => (*random.pick(others)).to_owned(),
        _ => phrase.to_owned(),
    }
}
