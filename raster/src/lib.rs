//! Nothing yet: `Mesh` and `View` → `Image`, a CPU renderer and wgpu beside it.
