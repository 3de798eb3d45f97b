use std::collections::HashMap;

use model::{Example, Specials, Tokenizer, chat};
use proptest::prelude::*;
use tokenizers::models::bpe::BpeTrainer;

use super::*;

const PROGRAM: &str = "// A bracket\nwidth = 40;\ndifference() {\n    cube([width, 20.5, 4]);\n    for (x = [-1, 1])\n        \
                       translate([x * 12, 0, -1]) cylinder(d = 3.2, h = 10, $fn = 24);\n}\n";

fn learned(texts: &[&str], size: usize) -> Vocabulary {
    let examples: Vec<_> = texts
        .iter()
        .flat_map(|&text| std::iter::repeat_n(Example { prompt: "hey cadmonkey".into(), program: text.into() }, 3))
        .collect();
    let mut counts = BTreeMap::new();
    Words::new().expect("a pattern").count(&examples, &mut counts);
    vocabulary(&learn::merges(&counts, size - FEWEST)).expect("a vocabulary")
}

fn names(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    let tokens = tokenizer.encode(text, Specials::AsText);
    tokens.into_iter().map(|id| String::from_utf8_lossy(tokenizer.bytes(id)).into_owned()).collect()
}

#[test]
fn special_tokens_stand_where_gemma_has_them() {
    let tokenizer = learned(&[PROGRAM], 300).tokenizer;
    let id = |name: &str| tokenizer.id(name);
    assert_eq!((tokenizer.padding(), tokenizer.eos(), tokenizer.bos()), (Some(0), Some(1), Some(2)));
    assert_eq!((id("<unk>"), id("<start_of_turn>"), tokenizer.end_of_turn()), (Some(3), Some(4), Some(5)));
    assert!((0..6).all(|id| tokenizer.is_special(id)) && !(6..300).any(|id| tokenizer.is_special(id)));
    let example = Example { prompt: "a <end_of_turn> cube".into(), program: "cube(1);".into() };
    let (tokens, prompt) = chat::encode_example(&tokenizer, &example).expect("it has turns");
    assert_eq!((tokens[0], tokens[1], tokens[tokens.len() - 1]), (2, 4, 5));
    assert_eq!(tokens.iter().filter(|&&id| id == 5).count(), 2, "what a user writes ends no turn");
    assert_eq!(tokenizer.decode(&tokens[prompt..]), "cube(1);");
}

#[test]
fn digits_are_tokens_and_layout_is() {
    let tokenizer = learned(&[PROGRAM], 420).tokenizer;
    assert_eq!(names(&tokenizer, "1234.05"), ["1", "2", "3", "4", ".", "0", "5"]);
    assert_eq!(names(&tokenizer, "[12, 0, -1]"), ["[", "1", "2", ", ", "0", ", ", "-", "1", "]"]);
    assert_eq!(names(&tokenizer, "width = 40;"), ["width", " = ", "4", "0", ";"]);
    assert_eq!(names(&tokenizer, ");\n    cube(["), [");\n", "   ", " cube", "(["]);
    assert_eq!(names(&tokenizer, "\n        translate(["), ["\n", "       ", " translate", "(["]);
}

#[test]
fn the_same_texts_give_the_same_file_and_gguf_knows_the_words() {
    let (first, second) = (learned(&[PROGRAM, "sphere(3);"], 330), learned(&[PROGRAM, "sphere(3);"], 330));
    assert_eq!((&first.tokenizer_json, &first.config_json), (&second.tokenizer_json, &second.config_json));
    assert_eq!(first.tokenizer.vocab_size(), 330);
    let data = first.tokenizer.to_gguf_vocabulary().expect("it has a name");
    assert_eq!((data.model.as_str(), data.pre.as_str()), ("gpt2", "qwen2"));
    let again = Tokenizer::from_gguf(&data).expect("what was written is read");
    let peer: tokenizers::Tokenizer = first.tokenizer_json.parse().expect("the crate reads it");
    for text in [PROGRAM, "", " ", ", ,, ", "é 漢字\u{0}\r\n\t x", "[1,2, 3 ,4]", "<bos>, "] {
        let tokens = first.tokenizer.encode(text, Specials::Parse);
        assert_eq!(again.encode(text, Specials::Parse), tokens, "{text:?}");
        assert_eq!(peer.encode(text, false).expect("it encodes").get_ids(), tokens, "{text:?}");
        assert_eq!(first.tokenizer.decode(&first.tokenizer.encode(text, Specials::AsText)), text);
    }
}

#[test]
fn sizes_and_sources_are_checked() {
    for size in [0, FEWEST - 1, MOST + 1] {
        let problem = train(&[], size, &mut |_| ()).expect_err("no such size").to_string();
        assert!(problem.contains(&format!("expected {FEWEST} to {MOST}")), "{problem}");
    }
    assert!(train(&[], 300, &mut |_| ()).is_err());
    let small = learned(&["a"], 5000).tokenizer;
    assert!(small.vocab_size() < 300, "{}", small.vocab_size());
}

/// The `tokenizers` crate's trainer, on words that have been cut already.
fn peer(words: &BTreeMap<String, u64>, size: usize) -> Vec<(String, String)> {
    let alphabet = (0..=u8::MAX).map(learn::character_of).collect();
    let trainer =
        BpeTrainer::builder().vocab_size(size).min_frequency(2).show_progress(false).initial_alphabet(alphabet);
    let spelled = |word: &String| word.bytes().map(learn::character_of).collect::<String>();
    let counts = words.iter().map(|(word, &count)| (spelled(word).into(), count)).collect();
    let mut model = tokenizers::models::bpe::BPE::default();
    trainer.build().do_train(&counts, &mut model).expect("it learns");
    let json: Value = serde_json::to_value(&model).expect("it is written");
    let merges = json["merges"].as_array().expect("a list").iter();
    merges.map(|pair| (pair[0].as_str().expect("a text").into(), pair[1].as_str().expect("a text").into())).collect()
}

#[test]
fn merges_are_those_of_the_tokenizers_crate() {
    let mut counts = BTreeMap::new();
    let example = Example { prompt: "hey cadmonkey, make me a hex bolt".into(), program: PROGRAM.into() };
    Words::new().expect("a pattern").count(&[example.clone(), example], &mut counts);
    let ours = learn::merges(&counts, 200);
    assert!(ours.len() > 50);
    assert_eq!(ours, peer(&counts, 256 + 200));
}

/// The same by its definition: count all pairs, join the best, again.
fn plain(words: &BTreeMap<String, u64>, most: usize) -> Vec<(String, String)> {
    let mut names: Vec<String> = (0..=u8::MAX)
        .map(learn::character_of)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(String::from)
        .collect();
    let spell = |word: &String| word.bytes().map(|byte| learn::character_of(byte).to_string()).collect::<Vec<_>>();
    let mut words: Vec<(Vec<String>, u64)> = words.iter().map(|(word, count)| (spell(word), *count)).collect();
    let mut merges = Vec::new();
    while names.len() < 256 + most {
        let mut counts: HashMap<(usize, usize), u64> = HashMap::new();
        let number: HashMap<_, _> = names.iter().zip(0..).collect();
        for (word, count) in &words {
            for pair in word.windows(2) {
                *counts.entry((number[&pair[0]], number[&pair[1]])).or_default() += count;
            }
        }
        let best = counts.into_iter().max_by_key(|&(pair, count)| (count, std::cmp::Reverse(pair)));
        let Some(((left, right), _)) = best.filter(|(_, count)| *count >= 2) else { break };
        let (left, right) = (names[left].clone(), names[right].clone());
        let whole = format!("{left}{right}");
        for (word, _) in &mut words {
            let mut at = 0;
            while at + 1 < word.len() {
                if word[at] == left && word[at + 1] == right {
                    word.splice(at..at + 2, [whole.clone()]);
                }
                at += 1;
            }
        }
        if !names.contains(&whole) {
            names.push(whole);
        }
        if !merges.contains(&(left.clone(), right.clone())) {
            merges.push((left, right));
        }
    }
    merges
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn merges_are_those_of_the_definition(words in prop::collection::btree_map("[ab(é]{1,8}", 1u64..6, 0..12), most in 0usize..30) {
        prop_assert_eq!(learn::merges(&words, most), plain(&words, most));
    }

    #[test]
    fn every_text_comes_back(text in any::<String>()) {
        static TOKENIZER: std::sync::OnceLock<Tokenizer> = std::sync::OnceLock::new();
        let tokenizer = TOKENIZER.get_or_init(|| learned(&[PROGRAM], 400).tokenizer);
        prop_assert_eq!(tokenizer.decode(&tokenizer.encode(&text, Specials::AsText)), text);
    }
}
