#!/usr/bin/env python3
"""How fast transformers decodes Gemma 3 1B on an NVIDIA card: the peer of `model/examples/gpu_decode.rs`.

Random weights, bf16, sdpa. Two ways: `generate` with its dynamic cache (eager), and a loop over a static cache whose step
is compiled with CUDA graphs (`mode="reduce-overhead"`). One JSON line for each measurement; what fails says so and the rest
goes on. Prompts have 32 tokens, 128 steps are timed, as in the example. Needs torch and transformers.
"""

import json
import statistics
import time

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


def report(how, sequences, seconds):
    say(peer="transformers", how=how, sequences=sequences, tokens_per_s=sequences * STEPS / seconds,
        step_us=seconds / STEPS * 1e6, memory_peak=torch.cuda.max_memory_allocated())


def eager(net, sequences):
    ids = torch.randint(5, 262143, (sequences, PROMPT), device=DEVICE)

    def run(steps):
        net.generate(ids, max_new_tokens=steps, min_new_tokens=steps, do_sample=False, eos_token_id=None, pad_token_id=0)

    run(8)
    rounds = 2
    # The prompt and the first token are taken out: they are no decoding steps.
    seconds = timed(lambda: run(STEPS + 1), rounds) - timed(lambda: run(1), rounds)
    report("eager, dynamic cache", sequences, seconds)


def compiled(net, step, sequences):
    """A greedy loop whose tokens stay on the card; `step` is the (compiled) pass of one token for each sequence."""
    ids = torch.randint(5, 262143, (sequences, PROMPT), device=DEVICE)
    cache = StaticCache(config=net.config, max_cache_len=1024)
    token = None

    def prompt():
        nonlocal token
        cache.reset()
        positions = torch.arange(PROMPT, device=DEVICE)
        out = net(input_ids=ids, past_key_values=cache, cache_position=positions, use_cache=True, logits_to_keep=1)
        token = out.logits[:, -1:].argmax(-1).clone()

    def loop(steps):
        nonlocal token
        position = torch.tensor([PROMPT], device=DEVICE)
        for _ in range(steps):
            torch.compiler.cudagraph_mark_step_begin()
            token = step(token, position, cache).clone()
            position = position + 1

    prompt()
    start = time.time()
    loop(4)
    torch.cuda.synchronize()
    warm_up = time.time() - start
    seconds = []
    for _ in range(3):
        prompt()
        seconds.append(timed(lambda: loop(STEPS), 1))
    report(f"static cache, compiled (warm-up {warm_up:.0f} s)", sequences, statistics.median(seconds))


def main():
    say(torch=torch.__version__, transformers=transformers.__version__, card=torch.cuda.get_device_name())
    net = model()
    say(parameters=sum(p.numel() for p in net.parameters()))

    def token_step(token, position, cache):
        out = net(input_ids=token, past_key_values=cache, cache_position=position, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1:].argmax(-1)

    with torch.no_grad():
        for length in (512, 2048):
            ids = torch.randint(5, 262143, (1, length), device=DEVICE)
            for _ in range(3):
                net(ids, logits_to_keep=1)
            seconds = timed(lambda: net(ids, logits_to_keep=1), 10)
            say(peer="transformers", prefill=length, tokens_per_s=length / seconds, ms=seconds * 1e3)
        for sequences in (1, 8, 64):
            torch.cuda.reset_peak_memory_stats()
            try:
                eager(net, sequences)
            except Exception as error:  # noqa: BLE001: the others should still run
                say(peer="transformers", how="eager", sequences=sequences, failed=repr(error)[:300])
        for sequences in (1, 8, 64):
            if time.time() - START > BUDGET - 60:
                say(peer="transformers", how="compiled", sequences=sequences, failed="no time left")
                continue
            torch.cuda.reset_peak_memory_stats()
            torch._dynamo.reset()
            step = torch.compile(token_step, mode="reduce-overhead", fullgraph=False, dynamic=False)
            try:
                compiled(net, step, sequences)
            except Exception as error:  # noqa: BLE001
                say(peer="transformers", how="compiled", sequences=sequences, failed=repr(error)[:300])
    say(seconds=time.time() - START)


if __name__ == "__main__":
    main()
