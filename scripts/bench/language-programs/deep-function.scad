// 160 times 5,000 calls deep, none of them in tail position.
function depth(n) = n == 0 ? 0 : 1 + depth(n - 1);

echo([for (i = [1 : 160]) depth(5000 + i % 5)][159]);
