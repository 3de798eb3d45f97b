// Evaluation outweighs reading the library here.
include <BOSL2/std.scad>
rounded_prism(hexagon(r = 20), height = 20, joint_top = 3, joint_bot = 3, joint_sides = 4, splinesteps = 6);
skin([for (i = [0 : 3]) path3d(circle(r = 10 + i % 3, $fn = 24 + i), i * 2)], slices = 2, method = "distance");
