include <BOSL2/std.scad>
cuboid([10,20,30], rounding=2);
