// A binary recursion: about 10^6 calls, 28 deep.
function fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2);

echo(fib(28));
