//! Any bytes as a config.json: reading ends in an error or in a possible shape.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use model::Config;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = Config::from_json(bytes, Path::new("config.json")) {
        config.check().expect("it was checked");
        assert_eq!(config.global_layers.len(), config.n_layers);
    }
});
