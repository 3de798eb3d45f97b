//! Nothing yet: prompt → tokens, Gemma 3 with its tokenizer, weights, sampling and quantized kernels.
