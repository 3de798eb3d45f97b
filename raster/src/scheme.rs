//! Color schemes, with OpenSCAD's names.

/// Red, green, blue of 0..=255.
pub type Rgb = [u8; 3];

/// The colors of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// As OpenSCAD calls it.
    pub name: &'static str,
    /// Behind everything.
    pub background: Rgb,
    /// Faces without a color.
    pub face: Rgb,
    /// The inner side of faces: seen when a surface is open or inside out, or the camera is in it.
    pub inside: Rgb,
    /// Flat regions without a color.
    pub flat: Rgb,
    /// Edges.
    pub edge: Rgb,
    /// Axes and their scales.
    pub axes: Rgb,
    /// The cross at the center of the view.
    pub crosshairs: Rgb,
}

const fn rgb(hex: u32) -> Rgb {
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

/// Columns: background, face, inside, flat, edge, axes, crosshairs.
const fn scheme(name: &'static str, colors: [u32; 7]) -> Scheme {
    let [background, face, inside, flat, edge, axes, crosshairs] = colors;
    Scheme {
        name,
        background: rgb(background),
        face: rgb(face),
        inside: rgb(inside),
        flat: rgb(flat),
        edge: rgb(edge),
        axes: rgb(axes),
        crosshairs: rgb(crosshairs),
    }
}

impl Scheme {
    /// All of them; the first is the usual one. Background, faces, inner sides and flat regions are those of pictures that
    /// OpenSCAD 2021.01 makes, where it has the scheme.
    #[rustfmt::skip]
    pub const ALL: &'static [Self] = &[
        scheme("Cornfield",      [0xffffe5, 0xf9d72c, 0x9dcb51, 0x00bf99, 0xff0000, 0x000000, 0x800000]),
        scheme("Metallic",       [0xaaaaff, 0xddddff, 0xdd22dd, 0x00bf99, 0xff0000, 0x222233, 0x800000]),
        scheme("Sunset",         [0xaa4444, 0xffaaaa, 0x882233, 0x00bf99, 0xff0000, 0x331111, 0x800000]),
        scheme("Starnight",      [0x000000, 0xffffe0, 0x00ffff, 0x9370db, 0xff0000, 0xffffff, 0xf27500]),
        scheme("BeforeDawn",     [0x333333, 0xcccccc, 0x5563dd, 0x00bf99, 0xff0000, 0xcccccc, 0xf27500]),
        scheme("Nature",         [0xfafafa, 0x16a085, 0xdbf4da, 0x00bf99, 0xff0000, 0x111111, 0x800000]),
        scheme("Daylight Gem",   [0xffffff, 0x0c6292, 0x8c96a8, 0x00bf99, 0xff0000, 0x111111, 0x800000]),
        scheme("Nocturnal Gem",  [0x1a1a2e, 0x22a7f0, 0x8c96a8, 0x00bf99, 0xff0000, 0xdddddd, 0xf27500]),
        scheme("DeepOcean",      [0x333333, 0xeeeeee, 0x0babc8, 0x9370db, 0xff0000, 0xcccccc, 0xf27500]),
        scheme("Solarized",      [0xfdf6e3, 0xb58800, 0x882233, 0x6c71c4, 0xdc322f, 0x586e75, 0xcb4b16]),
        scheme("Tomorrow",       [0xf8f8f8, 0x4271ae, 0xf5871f, 0x718c00, 0xc82829, 0x4d4d4c, 0xf5871f]),
        scheme("Tomorrow Night", [0x1d1f21, 0x81a2be, 0xde935f, 0xb5bd68, 0xcc6666, 0xc5c8c6, 0xde935f]),
        scheme("ClearSky",       [0xd3ecff, 0xffec5e, 0xe16ab5, 0x00bf99, 0xff0000, 0x222222, 0x800000]),
        scheme("Monotone",       [0xffffe5, 0xf9d72c, 0xf9d72c, 0x00bf99, 0x303030, 0x404040, 0x404040]),
    ];

    /// The scheme of that name, whatever the case and with or without blanks.
    pub fn named(name: &str) -> Option<Self> {
        let plain = |name: &str| name.replace([' ', '-', '_'], "").to_ascii_lowercase();
        Self::ALL.iter().find(|scheme| plain(scheme.name) == plain(name)).copied()
    }
}

impl Default for Scheme {
    fn default() -> Self {
        Self::ALL[0]
    }
}
