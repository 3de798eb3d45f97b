# shellcheck shell=bash
# Sourced: how the static binaries are built, and where cargo leaves them.

# static_flags TRIPLE: from here on cargo builds for TRIPLE, linked statically. Tests in CI are built like this, too, so
# that one build of the dependencies serves both and the tests exercise the code that is shipped.
#
# The explicit target keeps the flag away from procedural macros and build scripts, which cannot be static. RUSTFLAGS
# would replace the flag, and rebuild everything: it is put aside.
static_flags() {
    local name
    name=$(echo "$1" | tr 'a-z-' 'A-Z_')
    export CARGO_BUILD_TARGET=$1
    export "CARGO_TARGET_${name}_RUSTFLAGS=-C target-feature=+crt-static"
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
}

# build PROFILE: builds the binary. With `ci` it is asked for together with the tests: alone, its dependencies would have
# fewer features switched on than the tests' ones, and would be built a second time.
build() {
    local what=(--package cadmonkey --bin cadmonkey)
    [ "$1" != ci ] || what=(--workspace --bins --tests)
    cargo build --locked --profile "$1" "${what[@]}"
}

# built PROFILE: the binary that cargo built with that profile (not dev, whose folder is called debug).
built() {
    local folder
    folder=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    echo "$folder${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}/$1/cadmonkey"
}
