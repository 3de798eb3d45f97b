// 999,999 rounds of a list comprehension, the most that OpenSCAD 2021.01 takes, then as many of a tail call.
function total(v, i = 0, sum = 0) = i == len(v) ? sum : total(v, i + 1, sum + v[i]);

values = [for (i = [0 : 999998]) (i * 7 + 3) % 11];
echo(len(values), total(values));
