// 999,999 rounds of a C-style `for` with two variables.
echo([for (i = 0, sum = 0; i <= 999998; i = i + 1, sum = sum + i % 7) if (i == 999998) sum]);
