// 300 times 1,000 modules deep.
module nest(n) {
  if (n > 0) nest(n - 1);
}

for (i = [1 : 300]) nest(1000);
echo("done");
