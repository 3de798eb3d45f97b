"""llama.cpp as the peer of scripts/bench/inference: loads a model, passes a prompt, decodes, and prints one JSON object.

    python3 llama_peer.py MODEL.gguf THREADS [speed|start]

`speed`: a prompt of 511 tokens in one batch of 512, then 64 greedy tokens after the first 32 of it. `start`: from after the
import of the bindings to the first token after a prompt of 5. The C interface of `llama_cpp` is called directly, so that
nothing of Python stands between two tokens but reading the logits' argmax; that is outside the measured time.
"""

import ctypes
import json
import resource
import statistics
import sys
import time

import llama_cpp as llama
import numpy

PROMPT = [300 + (idx * 7) % 1000 for idx in range(511)]


def main():
    path, threads, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "speed"
    silent = llama.llama_log_callback(lambda level, text, user: None)
    llama.llama_log_set(silent, ctypes.c_void_p(0))
    imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    start = time.perf_counter()
    llama.llama_backend_init()
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    settings = llama.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch = 2048, 512, 512
    settings.n_threads = settings.n_threads_batch = threads
    context = llama.llama_init_from_model(model, settings)
    rows = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    load = time.perf_counter() - start

    def decode(tokens):
        array = (llama.llama_token * len(tokens))(*tokens)  # kept alive until the call is over
        begin = time.perf_counter()
        if llama.llama_decode(context, llama.llama_batch_get_one(array, len(tokens))):
            sys.exit("llama_decode failed")
        logits = llama.llama_get_logits(context)  # waits for the result
        took = time.perf_counter() - begin
        return took, int(numpy.ctypeslib.as_array(logits, (rows,)).argmax())

    told = {"load_s": load}
    if mode == "start":
        decode(PROMPT[:5])
        told["first_token_s"] = time.perf_counter() - start
    else:
        took, token = decode(PROMPT)
        told["prefill_tokens_per_s"] = len(PROMPT) / took
        llama.llama_memory_seq_rm(llama.llama_get_memory(context), 0, 32, -1)
        steps = []
        token = PROMPT[32]
        for _ in range(64):
            took, token = decode([token])
            steps.append(took)
        told["decode_tokens_per_s"] = 1 / statistics.mean(steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told.update(peak_memory_bytes=peak, imported_bytes=imported, version=llama.__version__)
    print(json.dumps(told))


main()
