// A watering can: body, spout with a rose, handle
$fn = 48;

/* [Body] */
body_height = 60;      // [40:5:100]
body_radius = 32;      // [20:50]
wall = 2.4;            // [1.2:0.4:4]

/* [Spout] */
spout_length = 70;
spout_angle = 50;      // [30:70]
hole_count = 12;

module shell(height, radius, thickness = wall) {
  difference() {
    cylinder(h = height, r1 = radius, r2 = radius * 0.85);
    translate([0, 0, thickness])
      cylinder(h = height, r1 = radius - thickness, r2 = radius * 0.85 - thickness);
  }
}

module rose(radius) {
  difference() {
    union() {
      cylinder(h = 8, r1 = 5, r2 = radius);
      translate([0, 0, 8]) cylinder(h = wall, r = radius);
    }
    for (i = [0 : hole_count - 1]) {
      ring = i % 2 == 0 ? radius * 0.7 : radius * 0.4;
      rotate([0, 0, i * 360 / hole_count]) translate([ring, 0, -1]) cylinder(h = 14, d = 1.5, $fn = 12);
    }
  }
}

module spout() {
  translate([body_radius * 0.8, 0, 12]) rotate([0, spout_angle, 0]) {
    difference() {
      cylinder(h = spout_length, r1 = 9, r2 = 5);
      translate([0, 0, -0.1]) cylinder(h = spout_length + 0.2, r1 = 9 - wall, r2 = 5 - wall);
    }
    translate([0, 0, spout_length]) rose(14);
  }
}

function handle_point(t) = [-cos(t) * 22, 0, sin(t) * 26];

module handle(steps = 10) {
  points = [for (i = [0 : steps]) handle_point(i * 180 / steps)];
  translate([-body_radius * 0.3, 0, body_height - 4])
    for (i = [0 : len(points) - 2])
      hull() {
        translate(points[i]) sphere(r = 4, $fn = 16);
        translate(points[i + 1]) sphere(r = 4, $fn = 16);
      }
}

module watering_can() {
  color("SteelBlue") shell(body_height, body_radius);
  color([0.4, 0.5, 0.7]) spout();
  handle();
  if (body_height > 50 && wall >= 2)
    translate([0, 0, body_height - 6])
      linear_extrude(height = 6)
        difference() {
          circle(r = body_radius * 0.85);
          circle(r = body_radius * 0.85 - 3);
        }
}

watering_can();
