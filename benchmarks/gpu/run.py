#!/usr/bin/env python3
"""Checks and measures on a GPU what the engine would run there. Needs Python 3.9 and PyTorch, nothing else.

    python run.py --kit KIT --out OUT [--quick]

KIT is what `./submit.sh bench --export KIT` wrote: the TorchScript of models with the arguments that the engine
gives it, token ids, and what is expected. OUT receives a JSON file for each step as soon as it is done; report.py
makes tables of them. Steps run one after the other, each in a process of its own with a time limit, so that one
that fails or crashes is recorded and does not stop the next. All of it ends within 8 minutes, with --quick
within 90 seconds, by this program's own clock: what does not fit is left out, and said to be.

--dry-run runs everything on the CPU for a moment each, with a stand-in for kernels that only a GPU has; its
numbers mean nothing.
"""
import argparse
import collections
import gzip
import hashlib
import importlib.util
import json
import math
import os
import platform
import re
import signal
import statistics
import sys
import threading
import time
import traceback

import torch

FORMAT = 2
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
STORED = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "I32": torch.int32, "U8": torch.uint8}

# Accepted deviations: of hidden states in fp32, of their direction in 16 bits, of scores in fp32.
MAX_STATE_DIFFERENCE = 1e-3
MIN_COSINE = 0.99
MAX_SCORE_DIFFERENCE = 1e-4
MIN_DICE = 0.99

# The flag that ends a call of the engine: nobody cancels one here.
NEVER = torch.zeros(1, dtype=torch.uint8)

# What libtorch says when memory is short, as the engine recognises it (DeviceMemory.java).
EXHAUSTED = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed", "bad_alloc")


# --- the kit --------------------------------------------------------------------------------------


def read_tensors(path):
    """Tensors by name: gzipped safetensors, the bytes of elements in planes."""
    with gzip.open(path, "rb") as file:
        content = bytearray(file.read())
    begin = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, info in json.loads(content[8:begin]).items():
        if name == "__metadata__":
            continue
        first, last = info["data_offsets"]
        dtype = STORED[info["dtype"]]
        if first == last:
            tensors[name] = torch.empty(info["shape"], dtype=dtype)
            continue
        raw = torch.frombuffer(content, dtype=torch.uint8, offset=begin + first, count=last - first)
        size = torch.empty(0, dtype=dtype).element_size()
        tensors[name] = raw.view(size, -1).t().contiguous().view(-1).view(dtype).view(info["shape"])
    return tensors


def groups_of(lengths):
    """(count, length) of each run of sequences of equal length, as a flat list."""
    groups = []
    for length in lengths:
        if groups and groups[-1] == length:
            groups[-2] += 1
        else:
            groups += [1, length]
    return groups


class Batch:
    """Sequences token after token, as the engine packs them."""

    def __init__(self, sequences, per_token):
        self.sequences = sequences
        self.lengths = [last - first for _, first, last in sequences]
        self.groups = groups_of(self.lengths)
        self.tokens = sum(self.lengths)
        self.per_token = {
            name: torch.cat([values[first:last] for _, first, last in sequences]) for name, values in per_token.items()
        }


class Model:
    """An entry of the kit on a device, called as the engine calls it."""

    def __init__(self, kit, entry, attention, dtype, device):
        self.entry, self.device, self.dtype = entry, device, DTYPES[dtype]
        self.module = torch.jit.load(os.path.join(kit.path, entry["archives"][attention]), map_location=device)
        tensors = kit.tensors(entry)
        self.generator = torch.Generator(device=device).manual_seed(1)
        self.weights = [self.weight(w, tensors) for w in entry["weights"]]
        self.settings = []
        self.per_token = {"ids": tensors["ids"].long()}
        for argument in entry.get("arguments", []):
            name = argument["name"]
            if "tensors" in argument:
                value = [self.tensor(t, tensors, torch.float32) for t in argument["tensors"]]
            elif "per_token" in argument:
                self.per_token[name] = tensors[argument["per_token"]]
                value = None
            else:
                value = argument.get("ints", argument.get("floats"))
            self.settings.append((name, value))
        self.layers = dict(self.settings).get("layers", [entry["layer"]])
        ends = tensors["lengths"].long().cumsum(0).tolist()
        self.sequences = [(i, begin, end) for i, (begin, end) in enumerate(zip([0] + ends, ends))]

    def tensor(self, described, tensors, dtype):
        if "random" in described:
            values = torch.empty(described["shape"], dtype=dtype, device=self.device)
            return values.normal_(described["random"]["mean"], described["random"]["std"], generator=self.generator)
        return tensors[described["tensor"]].to(self.device, dtype)

    def weight(self, described, tensors):
        kind = described["kind"]
        if kind == "absent":
            return torch.empty(0, device=self.device)
        if kind in ("norm", "norm_offset", "table"):
            values = self.tensor(described, tensors, torch.float32)
            return values + 1 if kind == "norm_offset" and "random" not in described else values
        dtype = self.dtype
        if kind == "embedding" and "tensor" in described and tensors[described["tensor"]].element_size() == 2:
            dtype = tensors[described["tensor"]].dtype
        if "rows" in described:
            table = torch.zeros(described["shape"], dtype=dtype, device=self.device)
            table[tensors[described["rows"]].long().to(self.device)] = self.tensor(described, tensors, dtype)
            return table
        values = self.tensor(described, tensors, dtype)
        return values.t() if kind == "transposed" else values

    def batch(self, sequences):
        return Batch(sequences, self.per_token)

    def on_device(self, batch):
        """The batch's tensors as the engine sends them: copied from memory that is not pinned."""
        return {name: values.to(self.device) for name, values in batch.per_token.items()}

    def arguments(self, batch, sent, without=()):
        given = dict(sent, groups=batch.groups, w=self.weights, stop=NEVER)
        return [given.get(name, value) for name, value in self.settings if name not in without]

    def detect(self, batch, sent=None):
        """Spans and probabilities of the head, on the device."""
        sent = sent or self.on_device(batch)
        return getattr(self.module, self.entry["method"])(*self.arguments(batch, sent))

    def call(self, batch):
        """All that a call of the engine does: ids to the device, spans and probabilities back."""
        return [found.cpu() for found in self.detect(batch)]

    def hidden(self, batch, sent=None):
        sent = sent or self.on_device(batch)
        return self.module.hidden(sent["ids"], batch.groups, self.layers, self.weights, NEVER)

    def score(self, batch, taps, sent):
        method = self.entry["method"].replace("detect", "score")
        return getattr(self.module, method)(taps, *self.arguments(batch, sent, ("ids", "layers", "w", "stop")))

    def peak_batches(self, budget):
        """Batches of about `budget` tokens, as a task makes them: of its look-ahead, sorted by length, cut."""
        have = sum(last - first for _, first, last in self.sequences)
        ahead = self.sequences * max(1, math.ceil(budget / have))
        ahead = sorted(ahead, key=lambda s: s[1] - s[2])
        batches, part, size = [], [], 0
        for sequence in ahead:
            length = sequence[2] - sequence[1]
            if part and size + length > budget:
                batches.append(part)
                part, size = [], 0
            part.append(sequence)
            size += length
        if part and (not batches or size > budget / 2):
            batches.append(part)
        # From all lengths alike, and not more than are measured.
        step = max(1, len(batches) // 8)
        return [self.batch(part) for part in batches[::step]][:8]


class Kit:
    """The files of an export."""

    def __init__(self, path):
        self.path = path
        with open(os.path.join(path, "kit.json"), encoding="utf-8") as file:
            self.json = json.load(file)
        if self.json.get("format") != FORMAT:
            raise SystemExit(f"Cannot read {path}/kit.json: its format is {self.json.get('format')}, not {FORMAT}; "
                             "use the run.py of the version that wrote it")
        self.entries = self.json["entries"]
        self.read = {}

    def damage(self):
        """What is wrong with the files, one line each."""
        wrong = []
        for name, expected in self.json["files"].items():
            try:
                with open(os.path.join(self.path, name), "rb") as file:
                    content = file.read()
                if hashlib.sha256(content).hexdigest() != expected["sha256"]:
                    wrong.append(f"{name} is damaged: copy it again")
            except OSError as e:
                wrong.append(f"{name} cannot be read ({e.strerror}): copy it again")
        return wrong

    def tensors(self, entry):
        if entry["name"] not in self.read:
            self.read[entry["name"]] = read_tensors(os.path.join(self.path, entry["tensors"]))
        return self.read[entry["name"]]

    def of_kind(self, *kinds):
        return [entry for entry in self.entries if entry["kind"] in kinds]

    def measured(self):
        """Entries in the order of their importance: the first two shapes, models, further shapes."""
        shapes = self.of_kind("shape")
        return shapes[:2] + self.of_kind("model") + shapes[2:]


# --- a step ---------------------------------------------------------------------------------------


class Context:
    """What a step knows and how it says what it found."""

    def __init__(self, kit, out, device, plan, path, deadline):
        self.kit, self.out, self.device, self.plan, self.path, self.deadline = kit, out, device, plan, path, deadline
        self.cuda = device.type == "cuda"
        self.result = {}

    def left(self):
        return self.deadline - time.monotonic()

    def save(self):
        write_json(self.path, {"result": self.result})

    def note(self, key, value):
        """Adds to a list of the result, at once on disk."""
        self.result.setdefault(key, []).append(value)
        self.save()

    def earlier(self, name):
        """The result of an earlier step; empty if it has none."""
        for file in sorted(os.listdir(self.out)):
            if re.fullmatch(r"\d\d-%s\.json" % re.escape(name), file):
                with open(os.path.join(self.out, file), encoding="utf-8") as content:
                    return json.load(content).get("result", {})
        return {}

    def sync(self):
        if self.cuda:
            torch.cuda.synchronize()

    def seconds(self, work, share=1.0):
        """Median wall time of a call, device included; some rounds, as many as the plan has time for."""
        prepare_thread()
        work()
        self.sync()
        times = []
        begin = time.monotonic()
        while len(times) < 3 or (time.monotonic() - begin < self.plan["measure"] * share and len(times) < 200):
            start = time.perf_counter()
            work()
            self.sync()
            times.append(time.perf_counter() - start)
            if self.left() < 0:
                break
        return statistics.median(times)

    def attempt(self, key, label, work):
        """Adds what work returns, or why there is nothing."""
        begin = time.perf_counter()
        try:
            found = work()
        except Exception as e:  # A kernel that is not there, memory that does not suffice: a finding.
            found = {"error": first_line(e)}
            self.recover()
        self.note(key, dict(label, **found, seconds=round(time.perf_counter() - begin, 3)))
        return found

    def recover(self):
        if self.cuda:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()

    def attentions(self, entry, dtype):
        """The ways to attend that suit an entry in a type, the one that the engine prefers first."""
        ways = [way for way in ("varlen", "blocks") if way in entry["archives"]]
        return ["blocks"] if dtype == "fp32" else ways

    def best_attention(self, entry):
        for found in self.earlier("attention").get("chosen", []):
            if found["model"] == entry["name"]:
                return found["attention"]
        return self.attentions(entry, "bf16")[0]

    def fits(self, entry, dtype="bf16"):
        if not self.cuda:
            return True
        free, _ = torch.cuda.mem_get_info()
        return entry["parameters"] * (4 if dtype == "fp32" else 2) * 1.3 + (2 << 30) < free

    def free(self):
        self.kit.read.clear()
        if self.cuda:
            torch.cuda.empty_cache()


def first_line(e):
    lines = [line.strip() for line in str(e).splitlines() if line.strip()]
    said = [line for line in lines if "Error" in line or "rror:" in line]
    return f"{type(e).__name__}: {(said or lines or ['no message'])[-1 if said else 0]}"[:400]


def prepare_thread():
    """As the engine does for each of its threads: no compilation for every length of a batch."""
    torch._C._set_graph_executor_optimize(False)
    torch.set_grad_enabled(False)


def write_json(path, value):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(path + ".part", path)


# --- the steps ------------------------------------------------------------------------------------


def environment(c):
    c.result.update(
        torch=torch.__version__, python=platform.python_version(), kit=c.kit.json["version"],
        processors=os.cpu_count(), device="cpu", carried_bytes=sum(f["bytes"] for f in c.kit.json["files"].values()))
    c.save()
    if c.cuda:
        p = torch.cuda.get_device_properties(c.device)
        c.result.update(device=p.name, capability=f"{p.major}.{p.minor}", memory_bytes=p.total_memory,
                        multiprocessors=p.multi_processor_count, cuda=torch.version.cuda)
    damage = c.kit.damage()
    c.result["damage"] = damage
    c.save()
    if damage:
        raise RuntimeError("the kit is not whole: " + "; ".join(damage[:3]))


def models(c):
    """Mentions of models against those that the engine found in fp32 on a CPU."""
    for entry in c.kit.of_kind("model"):
        for dtype in ("fp32", "bf16", "fp16"):
            for attention in c.attentions(entry, dtype):
                c.attempt("models", {"model": entry["name"], "dtype": dtype, "attention": attention},
                          lambda: compare_mentions(c, entry, dtype, attention))
        c.free()


def compare_mentions(c, entry, dtype, attention):
    model = Model(c.kit, entry, attention, dtype, c.device)
    prepare_thread()
    tensors = c.kit.tensors(entry)
    expected = dict(zip(
        zip(*(tensors["expected." + part].tolist() for part in ("sequence", "start", "end"))),
        tensors["expected.score"].tolist()))
    compared = model.sequences[: entry["expected_sequences"]]
    compared = [s for s in compared if s[2] <= c.plan["compared_tokens"]] or compared[:1]
    expected = {span: score for span, score in expected.items() if span[0] < len(compared)}
    sequences = sorted(compared, key=lambda s: s[1] - s[2])
    found = {}
    at = 0
    while at < len(sequences):
        to, size = at, 0
        while to < len(sequences) and (to == at or size < c.plan["correct_batch"]):
            size += sequences[to][2] - sequences[to][1]
            to += 1
        batch = model.batch(sequences[at:to])
        spans, scores = model.call(batch)[:2]
        starts = torch.tensor([0] + batch.lengths).cumsum(0)
        owner = torch.searchsorted(starts, spans[1], right=True) - 1
        first = starts[owner]
        for o, s, e, p in zip(owner.tolist(), (spans[0] - first).tolist(), (spans[1] - first).tolist(), scores.tolist()):
            found[(batch.sequences[o][0], s, e)] = p
        at = to
    threshold = entry["threshold"]
    ours = {span for span, score in found.items() if score > threshold}
    theirs = {span for span, score in expected.items() if score > threshold}
    both = found.keys() & expected.keys()
    worst = max((abs(found[span] - expected[span]) for span in both), default=0.0)
    # Of a span that only one side has, the other side's score is unknown but below the floor.
    far = [span for span in ours ^ theirs
           if abs(found.get(span, expected.get(span)) - threshold) > MAX_SCORE_DIFFERENCE]
    dice = 2 * len(ours & theirs) / max(1, len(ours) + len(theirs))
    right = not far if dtype == "fp32" else dice >= MIN_DICE
    return {"mentions": len(ours), "expected": len(theirs), "dice": dice, "score_difference": worst,
            "differ_beyond_1e-4": len(far), "ok": bool(right)}


def references(c):
    """Hidden states of every family against transformers' in fp32."""
    for entry in c.kit.of_kind("reference"):
        for dtype in ("fp32", "bf16"):
            for attention in c.attentions(entry, dtype):
                c.attempt("references", {"model": entry["name"], "dtype": dtype, "attention": attention},
                          lambda: compare_states(c, entry, dtype, attention))


def compare_states(c, entry, dtype, attention):
    prepare_thread()
    model = Model(c.kit, entry, attention, dtype, c.device)
    batch = model.batch(sorted(model.sequences, key=lambda s: s[1] - s[2]))
    states = model.hidden(batch)[0].float().cpu()
    expected = c.kit.tensors(entry)["expected.hidden"]
    expected = torch.cat([expected[first:last] for _, first, last in batch.sequences])
    worst = (states - expected).abs().max().item()
    cosine = torch.nn.functional.cosine_similarity(states, expected, dim=1).min().item()
    right = worst <= MAX_STATE_DIFFERENCE if dtype == "fp32" else cosine >= MIN_COSINE
    return {"difference": worst, "cosine": cosine, "ok": bool(right)}


def peak(c):
    """Speed at the products of a model's block alone, in bf16, as bench measures it."""
    for entry in c.kit.measured():
        if not c.fits(entry):
            c.note("peak", {"model": entry["name"], "error": "does not fit the memory"})
            continue
        c.attempt("peak", {"model": entry["name"]}, lambda: peak_of(c, entry))
        c.free()


def peak_of(c, entry):
    prepare_thread()
    module = torch.jit.load(os.path.join(c.kit.path, entry["archives"]["blocks"]), map_location=c.device)
    shapes = [entry["weights"][i] for i in entry["products"]]
    weights = []
    for described in shapes:
        out, into = described["shape"] if described["kind"] != "transposed" else reversed(described["shape"])
        weights.append(torch.randn(out, into, device=c.device).mul_(0.02).to(torch.bfloat16))
    best = 0.0
    for rows in c.plan["peak_rows"]:
        inputs = [module.noise(rows, w) for w in weights]
        took = c.seconds(lambda: module.products(inputs, weights), 0.5)
        best = max(best, sum(2.0 * rows * w.numel() for w in weights) / took)
    return {"flops": best}


def attention(c):
    """Ways to attend over packed sequences, a layer of attention alone, in bf16; and in fp32 what differs."""
    for entry in c.kit.measured():
        for budget in c.plan["attention_budgets"]:
            c.attempt("attention", {"model": entry["name"], "tokens": budget}, lambda: attentions_of(c, entry, budget))
            c.free()
            if c.left() < 0:
                return


def attentions_of(c, entry, budget):
    prepare_thread()
    lengths = c.kit.tensors(entry)["lengths"].tolist()
    while sum(lengths) < budget:
        lengths = lengths * 2
    lengths = sorted(lengths, reverse=True)
    stride = max(1, sum(lengths) // budget)
    lengths = lengths[stride // 2 :: stride]
    groups = groups_of(lengths)
    n, longest = sum(lengths), lengths[0]
    heads, kv_heads, dim = entry["heads"], entry["kv_heads"], entry["head_dim"]
    random = torch.Generator(device=c.device).manual_seed(2)
    q, k, v = (torch.randn(n, h, dim, device=c.device, generator=random).to(torch.bfloat16)
               for h in (heads, kv_heads, kv_heads))
    causal, scale = entry["causal"], dim ** -0.5
    like = torch.empty(n, dtype=torch.int64, device=c.device)
    starts = torch.tensor([0] + lengths, dtype=torch.int32).cumsum(0, dtype=torch.int32).to(c.device)
    sdpa = torch.nn.functional.scaled_dot_product_attention

    def repeated(x):
        return x.repeat_interleave(heads // kv_heads, 1) if kv_heads < heads else x

    def scripted(way):
        module = torch.jit.load(os.path.join(c.kit.path, entry["archives"][way]), map_location=c.device)

        def run():
            blocks = module.blocks(groups)
            spread, back = module.padding(groups, blocks, like)
            return module.attend(q, k, v, blocks, spread, back, 0, scale)
        return run

    def nested():
        parts = [torch.nested.nested_tensor_from_jagged(x, starts.long()).transpose(1, 2)
                 for x in (q, repeated(k), repeated(v))]
        return sdpa(*parts, is_causal=causal, scale=scale).transpose(1, 2).values().reshape(n, -1)

    def padded():
        row = torch.repeat_interleave(torch.arange(len(lengths), device=c.device), (starts[1:] - starts[:-1]).long())
        column = torch.arange(n, device=c.device) - starts[:-1].long()[row]
        parts = []
        for x in (q, repeated(k), repeated(v)):
            wide = x.new_zeros(len(lengths), longest, heads, dim)
            wide[row, column] = x
            parts.append(wide.transpose(1, 2))
        mask = None
        if not causal:
            mask = torch.arange(longest, device=c.device)[None] < (starts[1:] - starts[:-1]).long()[:, None]
            mask = mask[:, None, None, :]
        y = sdpa(*parts, attn_mask=mask, is_causal=causal, scale=scale)
        return y.transpose(1, 2)[row, column].reshape(n, -1)

    def block_diagonal():
        if n > c.plan["diagonal_tokens"]:
            raise MemoryError(f"a mask of {n} x {n} is not tried")
        row = torch.repeat_interleave(torch.arange(len(lengths), device=c.device), (starts[1:] - starts[:-1]).long())
        mask = row[:, None] == row[None]
        if causal:
            mask = mask.tril()
        parts = [x.transpose(0, 1)[None] for x in (q, repeated(k), repeated(v))]
        return sdpa(*parts, attn_mask=mask, scale=scale)[0].transpose(0, 1).reshape(n, -1)

    def efficient():
        y = torch.ops.aten._efficient_attention_forward(
            q[None], repeated(k)[None], repeated(v)[None], None, starts, starts, longest, longest, 0.0,
            1 if causal else 0, False, scale=scale)[0]
        return y.reshape(n, -1)

    ways = {way: scripted(way) for way in entry["archives"]}
    ways.update(nested=nested, padded=padded, block_diagonal=block_diagonal, efficient=efficient)
    found = {}
    truth = None
    for name in sorted(ways, key=lambda way: way != "blocks"):
        try:
            y = ways[name]()
            c.sync()
            truth = y if truth is None else truth
            milliseconds = 1e3 * c.seconds(ways[name], 0.3)
            found[name] = {"ms": milliseconds, "difference": (y.float() - truth.float()).abs().max().item()}
        except Exception as e:
            found[name] = {"error": first_line(e)}
            c.recover()
    fast = {way: found[way]["ms"] for way in entry["archives"] if "ms" in found[way]}
    if fast and budget == c.plan["attention_budgets"][-1]:
        c.note("chosen", {"model": entry["name"], "attention": min(fast, key=fast.get)})
    return {"sequences": len(lengths), "lengths": len(groups) // 2, "ways": found}


def throughput(c):
    """Tokens per second of whole calls, one after the other, by the budget of a batch; and peak memory."""
    peaks = {p["model"]: p.get("flops") for p in c.earlier("peak").get("peak", [])}
    entries = [entry for entry in c.kit.measured()]
    for i, entry in enumerate(entries):
        if not c.fits(entry):
            c.note("throughput", {"model": entry["name"], "error": "does not fit the memory"})
            continue
        until = c.left() - c.left() / (len(entries) - i)
        best = c.best_attention(entry)
        for way in [best] + [way for way in c.attentions(entry, "bf16") if way != best and i < 2]:
            model = Model(c.kit, entry, way, "bf16", c.device)
            for budget in c.plan["budgets"]:
                if c.left() < until or (way != best and budget not in c.plan["few_budgets"]):
                    continue
                found = c.attempt("throughput", {"model": entry["name"], "attention": way, "budget": budget},
                                  lambda: speed(c, model, budget, peaks.get(entry["name"])))
                if exhausted(found.get("error", "")):
                    break
            del model
            c.free()
    recommend(c)


def recommend(c):
    """The smallest budget with 95 % of the best speed, and the best speed, of each model."""
    by_model = collections.defaultdict(list)
    for found in c.result.get("throughput", []):
        if "tokens_per_s" in found:
            by_model[found["model"]].append(found)
    for model, found in by_model.items():
        best = max(f["tokens_per_s"] for f in found)
        enough = min(f["budget"] for f in found if f["tokens_per_s"] >= 0.95 * best)
        c.note("recommended", {"model": model, "batch_tokens": enough, "tokens_per_s": best})


def speed(c, model, budget, peak_flops):
    prepare_thread()
    batches = model.peak_batches(budget)
    if c.cuda:
        torch.cuda.reset_peak_memory_stats()
    for batch in batches[:2]:
        model.call(batch)
    tokens = sum(batch.tokens for batch in batches)
    begin = time.perf_counter()
    done = 0
    rounds = 0
    while rounds < 1 or time.perf_counter() - begin < c.plan["measure"]:
        for batch in batches:
            model.call(batch)
        done += tokens
        rounds += 1
    took = time.perf_counter() - begin
    rate = done / took
    found = {"tokens_per_s": rate, "batches": len(batches), "tokens_per_batch": tokens / len(batches),
             "lengths_per_batch": statistics.mean(len(b.groups) // 2 for b in batches)}
    if peak_flops:
        found["of_peak"] = rate * model.entry["product_flops"] / peak_flops
    if c.cuda:
        found["peak_bytes"] = torch.cuda.max_memory_allocated()
    return found


def parts(c):
    """Where the time of a call goes: ids sent, backbone, head with threshold, results fetched; and whether the
    host keeps up with the device."""
    for entry in c.kit.measured():
        if not c.fits(entry):
            continue
        model = Model(c.kit, entry, c.best_attention(entry), "bf16", c.device)
        for budget in c.plan["few_budgets"]:
            if c.left() < 0:
                return
            c.attempt("parts", {"model": entry["name"], "budget": budget}, lambda: parts_of(c, model, budget))
        if c.cuda:
            c.attempt("graphs", {"model": entry["name"], "budget": budget}, lambda: graph_of(c, model, budget))
        del model
        c.free()


def parts_of(c, model, budget):
    prepare_thread()
    batch = model.peak_batches(budget)[0]
    sent = model.on_device(batch)
    taps = model.hidden(batch, sent)
    found = model.score(batch, taps, sent)
    c.sync()
    send = c.seconds(lambda: model.on_device(batch), 0.2)
    hidden = c.seconds(lambda: model.hidden(batch, sent), 0.5)
    score = c.seconds(lambda: model.score(batch, taps, sent), 0.3)
    fetch = c.seconds(lambda: [f.cpu() for f in found], 0.2)

    # How long the host takes to issue the backbone's kernels, which returns before the device is done.
    issued = []
    for _ in range(5):
        c.sync()
        begin = time.perf_counter()
        model.hidden(batch, sent)
        issued.append(time.perf_counter() - begin)
        c.sync()
    return {"tokens": batch.tokens, "spans": int(found[0].size(1)), "send_ms": 1e3 * send, "backbone_ms": 1e3 * hidden,
            "head_ms": 1e3 * score, "fetch_ms": 1e3 * fetch, "issue_ms": 1e3 * statistics.median(issued),
            "head_of_forward": score / (score + hidden)}


def graph_of(c, model, budget):
    """The backbone as a CUDA graph: what it would save at best, for one shape of a batch."""
    prepare_thread()
    batch = model.peak_batches(budget)[0]
    sent = model.on_device(batch)
    plain = c.seconds(lambda: model.hidden(batch, sent), 0.3)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="relaxed"):
        model.hidden(batch, sent)
    replayed = c.seconds(graph.replay, 0.3)
    return {"plain_ms": 1e3 * plain, "graph_ms": 1e3 * replayed}


def streams(c):
    """Calls at once, as of so many tasks: on the stream that all threads of a JVM share, and on one for each."""
    recommended = {r["model"]: r["batch_tokens"] for r in c.earlier("throughput").get("recommended", [])}
    for entry in c.kit.measured()[: c.plan["stream_models"]]:
        if not c.fits(entry):
            continue
        model = Model(c.kit, entry, c.best_attention(entry), "bf16", c.device)
        budget = recommended.get(entry["name"], c.plan["few_budgets"][-1])
        for calls in (1, 2, 4):
            for own in (False, True):
                if own and (calls == 1 or not c.cuda):
                    continue
                c.attempt("streams", {"model": entry["name"], "budget": budget, "calls": calls, "own_streams": own},
                          lambda: concurrent(c, model, budget, calls, own))
        del model
        c.free()


def concurrent(c, model, budget, calls, own):
    batches = model.peak_batches(budget)
    stop = time.monotonic() + c.plan["measure"]
    done, errors = [0] * calls, []

    def work(place):
        prepare_thread()
        stream = torch.cuda.Stream() if own else None
        at = place
        try:
            while done[place] == 0 or time.monotonic() < stop:
                batch = batches[at % len(batches)]
                if own:
                    with torch.cuda.stream(stream):
                        model.call(batch)
                else:
                    model.call(batch)
                done[place] += batch.tokens
                at += 1
        except Exception as e:
            errors.append(first_line(e))

    prepare_thread()
    model.call(batches[0])
    c.sync()
    begin = time.perf_counter()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    if errors:
        raise RuntimeError(errors[0])
    return {"tokens_per_s": sum(done) / took}


def exhausted(message):
    return any(part in message.lower() for part in EXHAUSTED)


def memory(c):
    """An out-of-memory provoked, recognised by its message, the budget halved and the batch tried again."""
    entry = c.kit.measured()[0]
    model = Model(c.kit, entry, c.best_attention(entry), "bf16", c.device)
    budget = c.plan["budgets"][-1]
    prepare_thread()
    small = c.plan["few_budgets"][0]
    before = [found.clone() for found in model.call(model.peak_batches(small)[0])]
    limit = None
    if c.cuda:
        # Room for the weights and for an eighth of the batch.
        torch.cuda.empty_cache()
        weights = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        model.call(model.peak_batches(budget // 8)[0])
        limit = weights + (torch.cuda.max_memory_allocated() - weights) * 1.5
        torch.cuda.empty_cache()
        _, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total))
    failures = []
    found = None
    while budget >= 1 and found is None:
        try:
            if not c.cuda and not failures:
                torch.empty(1 << 60)
            found = model.call(model.peak_batches(budget)[0])
        except RuntimeError as e:
            failures.append({"budget": budget, "message": first_line(e), "recognised": exhausted(str(e))})
            c.result["failures"] = failures
            c.save()
            if not exhausted(str(e)):
                raise
            budget //= 2
    c.result.update(limit_bytes=limit, budget_that_fits=budget, halvings=len(failures))
    after = model.call(model.peak_batches(small)[0])
    c.result["same_afterwards"] = bool(before[0].equal(after[0]) and before[1].equal(after[1]))
    c.save()
    if not failures:
        raise RuntimeError("no out-of-memory could be provoked")


def peer(c):
    """The usual pipeline on the same device: transformers in padded batches sorted by length, dense spans."""
    if importlib.util.find_spec("transformers") is None:
        raise Skipped("transformers is not installed here")
    ours = {r["model"]: r["tokens_per_s"] for r in c.earlier("throughput").get("recommended", [])}
    ways = ["sdpa"] + (["flash_attention_2"] if importlib.util.find_spec("flash_attn") else [])
    entries = c.kit.measured()[: c.plan["peer_models"]]
    for i, entry in enumerate(entries):
        until = c.left() - c.left() / (len(entries) - i)
        for way in ways:
            if c.fits(entry):
                c.attempt("peer", {"model": entry["name"], "attention": way},
                          lambda: peer_of(c, entry, way, ours.get(entry["name"]), until))
            c.free()


def peer_of(c, entry, way, ours, until):
    from transformers import AutoConfig, AutoModel

    prepare_thread()
    fields = {key: value for key, value in entry["config"].items()
              if key not in ("model_type", "architectures", "transformers_version", "dtype", "torch_dtype")}
    fields["num_hidden_layers"] = entry["layer"] + 1
    config = AutoConfig.for_model(entry["config"]["model_type"], **fields)
    # Versions of transformers differ in how they are told a type.
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(c.device):
            model = AutoModel.from_config(config, attn_implementation=way).eval()
    finally:
        torch.set_default_dtype(torch.float32)
    random = torch.Generator(device=c.device).manual_seed(1)
    width, rank = entry["width"], 64
    wq, wk = (torch.randn(width, rank, device=c.device, generator=random) for _ in range(2))
    wv = torch.randn(width, device=c.device, generator=random) / math.sqrt(width)
    tensors = c.kit.tensors(entry)
    ids, lengths = tensors["ids"].long(), tensors["lengths"].tolist()
    sequences = sorted(ids.split(lengths), key=len, reverse=True)
    cached = {"use_cache": False} if entry["causal"] else {}
    found = {"ours_tokens_per_s": ours}
    for budget in c.plan["peer_budgets"]:
        if c.left() < until:
            break
        batches, part = [], []
        for sequence in sequences:
            if part and (len(part) + 1) * len(part[0]) > budget:
                batches.append(part)
                part = []
            part.append(sequence)
        batches.append(part)
        batches = batches[:: max(1, len(batches) // 8)][:8]

        def run(with_head):
            for part in batches:
                padded = torch.nn.utils.rnn.pad_sequence(part, batch_first=True).to(c.device)
                mask = torch.arange(padded.size(1))[None] < torch.tensor([len(s) for s in part])[:, None]
                states = model(input_ids=padded, attention_mask=mask.long().to(c.device), **cached).last_hidden_state
                if with_head:
                    p = dense_spans(states.float(), wq, wk, wv, 25)
                    [x.cpu() for x in torch.where(p > 0.5)]

        tokens = sum(len(sequence) for part in batches for sequence in part)
        try:
            run(True)
            whole = tokens / c.seconds(lambda: run(True), 0.3)
            backbone = tokens / c.seconds(lambda: run(False), 0.3)
        except RuntimeError as e:
            if not exhausted(str(e)):
                raise
            c.recover()
            break
        if whole > found.get("tokens_per_s", 0):
            found.update(tokens_per_s=whole, backbone_tokens_per_s=backbone, padded_budget=budget)
    if ours and "tokens_per_s" in found:
        found["ours_times_peer"] = ours / found["tokens_per_s"]
        found["ours_times_peer_backbone"] = ours / found["backbone_tokens_per_s"]
    return found


def dense_spans(states, wq, wk, wv, window):
    """Probabilities (batch, end, start) of all spans, pooled over whole rows as the published code does."""
    pool = torch.nn.functional
    q, k = pool.normalize(states @ wq, dim=-1), pool.normalize(states @ wk, dim=-1)
    value = states @ wv - 3
    n = states.size(1)
    end = torch.arange(n, device=states.device)[:, None]
    start = torch.arange(n, device=states.device)[None]
    mask = (end >= start) & (end - start <= window) & (start != 0)
    match = torch.einsum("bih,bjh->bij", q, k).masked_fill(~mask, 0.0)

    def right(m):
        return pool.max_pool2d(pool.pad(m, (-1, n)), kernel_size=(1, n), stride=1)

    features = [match, -right(-match), right(match), value[:, :, None].expand(-1, -1, n),
                pool.pad(value, (-1, 1))[:, :, None].expand(-1, -1, n)]
    return torch.sigmoid(torch.stack(features, 1).sum(1)).masked_fill(~mask, 0.0)


def profile(c):
    """The kernels that take longest, of the first two shapes."""
    recommended = {r["model"]: r["batch_tokens"] for r in c.earlier("throughput").get("recommended", [])}
    for entry in c.kit.measured()[:2]:
        if c.fits(entry):
            c.attempt("profile", {"model": entry["name"]},
                      lambda: profile_of(c, entry, recommended.get(entry["name"], c.plan["few_budgets"][-1])))
        c.free()


def profile_of(c, entry, budget):
    from torch.profiler import ProfilerActivity

    prepare_thread()
    model = Model(c.kit, entry, c.best_attention(entry), "bf16", c.device)
    batch = model.peak_batches(budget)[0]
    model.call(batch)
    c.sync()
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if c.cuda else [])
    with torch.profiler.profile(activities=activities) as profiler:
        model.call(batch)
        c.sync()
    events = profiler.key_averages()
    name = "self_device_time_total" if c.cuda else "self_cpu_time_total"
    rows = sorted(((getattr(event, name, 0.0), event.count, event.key) for event in events), reverse=True)
    total = sum(row[0] for row in rows) or 1.0
    top = [{"kernel": key[:120], "calls": count, "ms": took / 1e3, "share": took / total}
           for took, count, key in rows[:25] if took > 0]
    launches = sum(event.count for event in events if "LaunchKernel" in event.key)
    return {"budget": budget, "tokens": batch.tokens, "launches": launches, "top": top}


class Skipped(Exception):
    """A step that has nothing to work with here."""


# Steps and their shares of the time. What one leaves, the next ones may take.
STEPS = [
    (environment, 0.03), (models, 0.09), (references, 0.06), (peak, 0.05), (attention, 0.09), (throughput, 0.28),
    (parts, 0.08), (streams, 0.09), (memory, 0.05), (peer, 0.12), (profile, 0.06),
]

K = 1024
PLANS = {
    "full": {
        "seconds": 470, "least": 15, "measure": 0.6, "few_budgets": [4 * K, 32 * K], "peak_rows": [8 * K, 32 * K],
        "budgets": [2 * K, 4 * K, 8 * K, 16 * K, 32 * K, 64 * K, 128 * K, 256 * K],
        "attention_budgets": [4 * K, 32 * K], "diagonal_tokens": 16 * K, "correct_batch": 8 * K,
        "compared_tokens": 1 << 40, "stream_models": 3, "peer_models": 3, "peer_budgets": [8 * K, 32 * K, 128 * K],
    },
    "quick": {
        "seconds": 86, "least": 7, "measure": 0.15, "few_budgets": [16 * K], "peak_rows": [16 * K],
        "budgets": [2 * K, 16 * K, 64 * K],
        "attention_budgets": [16 * K], "diagonal_tokens": 16 * K, "correct_batch": 8 * K,
        "compared_tokens": 8 * K, "stream_models": 2, "peer_models": 2, "peer_budgets": [32 * K],
    },
    "dry-run": {
        "seconds": 900, "least": 1, "measure": 0.0, "few_budgets": [64, 128], "peak_rows": [16],
        "budgets": [64, 256],
        "attention_budgets": [1024], "diagonal_tokens": 4096, "correct_batch": 2 * K,
        "compared_tokens": 1000, "stream_models": 2, "peer_models": 2, "peer_budgets": [128],
    },
}


# --- running them ---------------------------------------------------------------------------------


def flash_stand_in():
    """FlashAttention over packed sequences on a CPU, which has none: for dry runs, slow and in fp32."""
    library = torch.library.Library("aten", "IMPL")

    def forward(q, k, v, starts, starts_k, longest, longest_k, dropout, causal, debug, *, scale=None,
                window_size_left=None, window_size_right=None, seqused_k=None, alibi_slopes=None):
        left = -1 if window_size_left is None else window_size_left
        right = -1 if window_size_right is None else window_size_right
        parts = []
        bounds = starts.tolist()
        assert starts.dtype == torch.int32 and q.dtype != torch.float32 and q.stride(-1) == 1
        assert max(b - a for a, b in zip(bounds, bounds[1:])) == longest and bounds[-1] == q.size(0)
        for first, last in zip(bounds, bounds[1:]):
            qs, ks, vs = (x[first:last].float().transpose(0, 1) for x in (q, k, v))
            ks, vs = (x.repeat_interleave(q.size(1) // k.size(1), 0) for x in (ks, vs))
            apart = torch.arange(last - first)[:, None] - torch.arange(last - first)[None]
            hidden = torch.zeros_like(apart, dtype=torch.bool)
            if causal or right >= 0:
                hidden |= apart < -max(0, 0 if causal else right)
            if left >= 0:
                hidden |= apart > left
            weights = (qs @ ks.transpose(1, 2) * scale).masked_fill(hidden, -math.inf).softmax(-1)
            parts.append((weights @ vs).transpose(0, 1).to(q.dtype))
        none = q.new_empty(0)
        return torch.cat(parts), none, none, none, none

    library.impl("_flash_attention_forward", forward, "CPU")
    return library


def run_step(step, kit, out, device_name, plan, path, limit, stderr):
    """Runs a step in a process of its own; returns its status and why it did not succeed."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.dup2(stderr.fileno(), 2)
            context = Context(kit, out, torch.device(device_name), plan, path, begin + limit - 1)
            context.save()
            if device_name == "cpu":
                torch.set_num_threads(1)
            try:
                step(context)
                context.save()
                status = 0
            except Skipped as e:
                write_json(path, {"result": context.result, "error": str(e)})
                status = 3
            except BaseException as e:
                traceback.print_exc()
                write_json(path, {"result": context.result, "error": first_line(e)})
        finally:
            sys.stderr.flush()
            os._exit(status)
    while True:
        done, wait_status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begin > limit:
            os.kill(child, signal.SIGKILL)
            # A process that hangs in a driver does not end at once, or not at all.
            killed = time.monotonic()
            while time.monotonic() - killed < 2 and not os.waitpid(child, os.WNOHANG)[0]:
                time.sleep(0.02)
            return "timed out", f"took more than its {limit:.0f} s"
        time.sleep(0.02)
    if os.WIFSIGNALED(wait_status):
        return "failed", f"the process ended with signal {os.WTERMSIG(wait_status)}"
    return {0: ("done", None), 3: ("skipped", None)}.get(os.WEXITSTATUS(wait_status), ("failed", None))


def main():
    begin = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kit", required=True, help="directory that bench --export wrote")
    parser.add_argument("--out", required=True, help="directory that receives the results; made if need be")
    parser.add_argument("--quick", action="store_true", help="less of everything, in 90 seconds")
    parser.add_argument("--dry-run", action="store_true", help="everything for a moment, on the CPU")
    parser.add_argument("--device", help="cuda, cuda:1 or cpu (default: cuda)")
    parser.add_argument("--steps", help="only these steps, such as peak,throughput")
    options = parser.parse_args()
    kit = Kit(options.kit)
    os.makedirs(options.out, exist_ok=True)
    plan = PLANS["dry-run" if options.dry_run else "quick" if options.quick else "full"]
    device = "cpu" if options.dry_run else options.device or "cuda"
    names = [step.__name__ for step, _ in STEPS]
    wanted = options.steps.split(",") if options.steps else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"there is no step {unknown[0]}; there are {', '.join(names)}")
    library = flash_stand_in() if device == "cpu" else None
    deadline = begin + plan["seconds"]
    summary = {"plan": "dry-run" if options.dry_run else "quick" if options.quick else "full", "device": device,
               "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "steps": []}
    with open(os.path.join(options.out, "stderr.txt"), "w", encoding="utf-8") as stderr:
        for number, (step, share) in enumerate(STEPS, 1):
            if step.__name__ not in wanted:
                continue
            path = os.path.join(options.out, f"{number:02d}-{step.__name__}.json")
            if os.path.exists(path):
                os.remove(path)
            left = deadline - time.monotonic()
            fair = plan["seconds"] * share + max(0.0, spare(wanted, number, left, plan))
            # Starting CUDA takes seconds whatever the step.
            limit = min(left, max(plan["least"], fair))
            start = time.monotonic()
            if limit < 2:
                status, why = "skipped", "no time was left"
            else:
                status, why = run_step(step, kit, options.out, device, plan, path, limit, stderr)
            finish(path, step.__name__, status, why, time.monotonic() - start, limit)
            summary["steps"].append({"name": step.__name__, "status": status,
                                     "seconds": round(time.monotonic() - start, 2)})
            summary["seconds"] = round(time.monotonic() - begin, 2)
            write_json(os.path.join(options.out, "summary.json"), summary)
            print(f"{step.__name__:12} {status:10} {time.monotonic() - start:7.1f} s   {said(path)}", flush=True)
    del library
    print(f"{time.monotonic() - begin:.1f} s in all; python report.py {options.out}")


def spare(wanted, number, left, plan):
    """What a step may take beyond its share, because earlier ones took less than theirs."""
    later = sum(share for step, share in STEPS[number - 1:] if step.__name__ in wanted)
    return left - later * plan["seconds"]


def finish(path, name, status, why, seconds, limit):
    found = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    found = {"step": name, "status": status, "seconds": round(seconds, 2), "limit": round(limit, 1),
             "error": why or found.get("error"), "result": found.get("result", {})}
    write_json(path, found)


def said(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file).get("error") or ""


if __name__ == "__main__":
    main()
