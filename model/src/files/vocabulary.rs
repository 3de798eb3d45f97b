//! A made-up SentencePiece vocabulary, so that files of random weights load everywhere.

use super::gguf::{Strings, Value};

/// Kinds of tokens in `tokenizer.ggml.token_type`.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

/// The tokens that come before all others, at Gemma's numbers.
const FIRST: [(&str, i32); 4] = [("<pad>", CONTROL), ("<eos>", CONTROL), ("<bos>", CONTROL), ("<unk>", UNKNOWN)];
/// Those between the special ones and the bytes, here; Gemma has them at 105 and 106.
const TURNS: [&str; 2] = ["<start_of_turn>", "<end_of_turn>"];

/// Keys and values for a vocabulary of a size: special tokens, all bytes, and made-up words. From 263 tokens on, llama.cpp
/// takes it.
pub(crate) fn made_up(size: usize) -> Vec<(String, Value)> {
    let mut tokens = Strings::default();
    let mut types = Vec::with_capacity(size);
    let mut push = |token: &str, kind: i32| {
        if types.len() < size {
            tokens.push(token.as_bytes());
            types.push(kind);
        }
    };
    FIRST.iter().for_each(|&(token, kind)| push(token, kind));
    TURNS.iter().for_each(|token| push(token, CONTROL));
    (0..=255u8).for_each(|byte| push(&format!("<0x{byte:02X}>"), BYTE));
    push("▁", NORMAL);
    // Every text of small letters once, the short ones first: a, b … z, aa, ab …
    (0..size).for_each(|index| push(&word(index), NORMAL));
    // Pieces that come earlier are merged first, as in a trained vocabulary.
    let scores: Vec<f32> =
        types.iter().enumerate().map(|(id, &kind)| if kind == NORMAL { -(id as f32) } else { 0.0 }).collect();
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    vec![
        (key("model"), "llama".into()),
        (key("pre"), "default".into()),
        (key("tokens"), tokens.into()),
        (key("scores"), scores.into()),
        (key("token_type"), types.into()),
        (key("bos_token_id"), 2u32.into()),
        (key("eos_token_id"), 1u32.into()),
        (key("unknown_token_id"), 3u32.into()),
        (key("padding_token_id"), 0u32.into()),
        (key("eot_token_id"), 5u32.into()),
        (key("add_bos_token"), true.into()),
        (key("add_eos_token"), false.into()),
        (key("add_space_prefix"), false.into()),
    ]
}

fn word(index: usize) -> String {
    let mut letters = Vec::new();
    let mut left = index + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'a' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}
