// 10^6 rounds of the statement `for`, each with a module call; OpenSCAD 2021.01 takes 10,000 rounds from one range.
module step(i, j) {
  if ((i + j) % 1000 == -1) cube(1);
}

for (i = [0 : 999]) for (j = [0 : 999]) step(i, j);
echo("done");
