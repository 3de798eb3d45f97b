// 999,990 calls in tail position, from two starts.
function collatz(n, rounds) = rounds == 0 ? n : collatz(n % 2 == 0 ? n / 2 : (3 * n + 1) % 65521, rounds - 1);

echo([for (start = [28, 29]) collatz(start, 999990)]);
