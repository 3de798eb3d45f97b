#!/usr/bin/env python3
"""How fast transformers decodes Gemma 3 1B on an NVIDIA card: the peer of `model/examples/gpu_decode.rs`.

    gpu.py [prefill|eager|graph|static ...] [1|8|64 ...]

Random weights, bf16, sdpa. Three ways: `generate` with its dynamic cache (eager); a pass over a static cache whose launches
are captured once in a CUDA graph and replayed (graph); `generate` with its static cache, which compiles the pass
(static). One JSON line for each measurement; what fails says so and the rest goes on. Prompts have 32 tokens, as in the
example. Needs torch and transformers.
"""

import json
import os
import statistics
import sys
import time

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "16")

import torch
import transformers
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, StaticCache

PROMPT, STEPS, DEVICE = 32, 128, "cuda"
BUDGET = 225  # seconds; measurements that would start later are left out
START = time.time()


def say(**fields):
    print(json.dumps(fields), flush=True)


def model():
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=262144, hidden_size=1152, intermediate_size=6912, num_hidden_layers=26, num_attention_heads=4,
        num_key_value_heads=1, head_dim=256, sliding_window=512, query_pre_attn_scalar=256, max_position_embeddings=32768,
    )
    config._attn_implementation = "sdpa"
    with torch.device(DEVICE):
        return Gemma3ForCausalLM(config).to(torch.bfloat16).eval()


def timed(work, rounds):
    seconds = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def report(how, sequences, steps, seconds, **more):
    say(peer="transformers", how=how, sequences=sequences, tokens_per_s=sequences * steps / seconds,
        step_us=seconds / steps * 1e6, memory_peak=torch.cuda.max_memory_allocated(), **more)


def generated(net, sequences, steps, how, **options):
    ids = torch.randint(5, 262143, (sequences, PROMPT), device=DEVICE)

    def run(count):
        net.generate(ids, max_new_tokens=count, min_new_tokens=count, do_sample=False, eos_token_id=None, pad_token_id=0,
                     **options)

    start = time.time()
    run(8)
    warm_up = time.time() - start
    # The prompt and the first token are taken out: they are no decoding steps.
    run(2)
    seconds = timed(lambda: run(steps + 2), 1) - timed(lambda: run(2), 1)
    report(how, sequences, steps, seconds, warm_up_s=warm_up)


def graph(net, sequences):
    """Greedy steps whose tokens, positions and mask stay on the card, captured and replayed."""
    ids = torch.randint(5, 262143, (sequences, PROMPT), device=DEVICE)
    cache = StaticCache(config=net.config, max_cache_len=1024)
    positions = torch.arange(PROMPT, device=DEVICE)
    out = net(input_ids=ids, past_key_values=cache, cache_position=positions, use_cache=True, logits_to_keep=1)
    token = out.logits[:, -1:].argmax(-1).clone()
    position = torch.tensor([PROMPT], device=DEVICE)

    def step():
        out = net(input_ids=token, past_key_values=cache, cache_position=position, position_ids=position[None],
                  use_cache=True, logits_to_keep=1)
        token.copy_(out.logits[:, -1:].argmax(-1))
        position.add_(1)

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        step()

    def replays():
        for _ in range(STEPS):
            captured.replay()

    report("static cache, CUDA graph", sequences, STEPS, timed(replays, 3))


def main():
    asked = sys.argv[1:]
    parts = [part for part in asked if not part.isdigit()] or ["prefill", "eager", "graph", "static"]
    counts = [int(count) for count in asked if count.isdigit()] or [1, 8, 64]
    say(torch=torch.__version__, transformers=transformers.__version__, card=torch.cuda.get_device_name())
    net = model()
    say(parameters=sum(p.numel() for p in net.parameters()))

    def prefill():
        for length in (512, 2048):
            ids = torch.randint(5, 262143, (1, length), device=DEVICE)
            for _ in range(3):
                net(ids, logits_to_keep=1)
            seconds = timed(lambda: net(ids, logits_to_keep=1), 10)
            say(peer="transformers", prefill=length, tokens_per_s=length / seconds, ms=seconds * 1e3)

    ways = {
        "eager": lambda count: generated(net, count, 32, "eager, dynamic cache"),
        "graph": lambda count: graph(net, count),
        "static": lambda count: generated(net, count, STEPS, "compiled, static cache", cache_implementation="static"),
    }
    with torch.no_grad():
        for part in parts:
            if part == "prefill":
                prefill()
                continue
            for count in counts:
                if time.time() - START > BUDGET - (70 if part == "static" else 20):
                    say(peer="transformers", how=part, sequences=count, failed="no time left")
                    continue
                say(starting=part, sequences=count, after_s=round(time.time() - START))
                torch.cuda.reset_peak_memory_stats()
                try:
                    ways[part](count)
                except Exception as error:  # noqa: BLE001: the others should still run
                    say(peer="transformers", how=part, sequences=count, failed=repr(error)[:400])
    say(seconds=time.time() - START)


if __name__ == "__main__":
    main()
