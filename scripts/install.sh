# shellcheck shell=bash
# Sourced by scripts that may install what they need: Debian packages as root, Rust components and targets by rustup.
# A tool that is there already is left as it is.

# apt_install COMMAND=PACKAGE...: installs each package whose command is missing.
apt_install() {
    local pair packages=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
    done
    [ "${#packages[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "missing: ${packages[*]} (Debian's package names); install them and try again" >&2
        return 2
    fi
    echo "installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null 2>&1; then
        apt-get -qq update
        apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
    fi
}

# rust_component COMMAND=COMPONENT...: adds each component whose cargo command does not run.
rust_component() {
    local pair
    for pair in "$@"; do
        cargo "${pair%%=*}" --version >/dev/null 2>&1 || rustup component add "${pair#*=}"
    done
}

# has_rust_target TRIPLE: whether the standard library for it is there.
has_rust_target() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]
}

# rust_target TRIPLE...: adds the standard library of each.
rust_target() {
    local triple
    for triple in "$@"; do
        has_rust_target "$triple" || rustup target add "$triple"
    done
}
