// What cpu/setup.rs and cpu/tile.rs compute, on a graphics device.

struct Draw {
    matrix: mat4x4<f32>,
    // Toward the lamp; how much it adds.
    key: vec4<f32>,
    fill: vec4<f32>,
    // Of faces without a color.
    face: vec4<f32>,
    // Of inner sides; how bright it is without a lamp.
    inside: vec4<f32>,
    // Whether `face` is for all, light falls on it, and colors of vertices count whatever they are.
    flags: vec4<f32>,
    first_number: u32,
};

@group(0) @binding(0) var<uniform> draw: Draw;

struct Corner {
    @builtin(position) place: vec4<f32>,
    @location(0) normal: vec3<f32>,
    @location(1) color: vec4<f32>,
};

@vertex
fn color_vertex(
    @location(0) place: vec4<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) color: vec4<f32>,
) -> Corner {
    var corner: Corner;
    corner.place = draw.matrix * place;
    corner.normal = normal;
    corner.color = color;
    // No color was given where even the alpha is zero.
    if draw.flags.x > 0.0 || (draw.flags.z == 0.0 && all(color == vec4<f32>(0.0))) {
        corner.color = draw.face;
    }
    return corner;
}

@fragment
fn color_fragment(corner: Corner, @builtin(front_facing) front: bool) -> @location(0) vec4<f32> {
    var color = corner.color;
    var normal = corner.normal;
    if draw.flags.z == 0.0 && !front {
        color = vec4<f32>(draw.inside.rgb, color.a);
        normal = -normal;
    }
    if draw.flags.y > 0.0 {
        let unit = normalize(normal);
        let key = draw.key.w * max(dot(unit, draw.key.xyz), 0.0);
        let fill = draw.fill.w * max(dot(unit, draw.fill.xyz), 0.0);
        color = vec4<f32>(color.rgb * min(draw.inside.w + key + fill, 1.0), color.a);
    }
    return color;
}

struct Numbered {
    @builtin(position) place: vec4<f32>,
    @location(0) @interpolate(flat, either) number: u32,
};

@vertex
fn number_vertex(@builtin(vertex_index) index: u32, @location(0) place: vec4<f32>) -> Numbered {
    var corner: Numbered;
    corner.place = draw.matrix * place;
    corner.number = draw.first_number + index / 3u;
    return corner;
}

@fragment
fn number_fragment(corner: Numbered) -> @location(0) u32 {
    return corner.number;
}
