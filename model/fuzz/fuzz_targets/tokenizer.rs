//! Any bytes as a tokenizer.json: an error, or a tokenizer that takes every text and can be trimmed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Specials, Tokenizer};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(tokenizer) = Tokenizer::from_json(text) else { return };
    // The file itself is a text with all names of its tokens in it.
    let text = &text[..text.floor_char_boundary(2000)];
    for specials in [Specials::AsText, Specials::Parse] {
        let ids = tokenizer.encode(text, specials);
        assert!(ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()));
    }
    let ids = tokenizer.encode(text, Specials::AsText);
    assert!(ids.iter().all(|&id| !tokenizer.is_special(id)));
    let spelled = if tokenizer.id("▁").is_some() { text.replace('▁', " ") } else { text.to_owned() };
    assert_eq!(tokenizer.decode(&ids).replace('▁', " "), spelled.replace('▁', " "));
    let (kept, trimmed) = tokenizer.trim([text]);
    let after: Vec<_> = trimmed.encode(text, Specials::AsText).iter().map(|&id| kept[id as usize]).collect();
    assert_eq!(ids, after);
    Tokenizer::from_json(&trimmed.to_json().expect("it has a form")).expect("it was written by us");
    if let Ok(data) = tokenizer.to_gguf_vocabulary() {
        let _ = Tokenizer::from_gguf(&data);
    }
});
