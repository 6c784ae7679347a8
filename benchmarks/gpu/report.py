#!/usr/bin/env python3
"""Makes Markdown of what run.py wrote.

    python report.py OUT
"""
import json
import os
import re
import sys


def read(folder):
    """Steps by name, in their order."""
    steps = {}
    for file in sorted(os.listdir(folder)):
        if re.fullmatch(r"\d\d-.*\.json", file):
            with open(os.path.join(folder, file), encoding="utf-8") as content:
                step = json.load(content)
            steps[step["step"]] = step
    if not steps:
        raise SystemExit(f"Cannot report on {folder}: it has no results of run.py")
    return steps


def table(title, columns, rows):
    if not rows:
        return
    print(f"\n### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |")


def number(value, form="{:,.0f}"):
    return "" if value is None else form.format(value)


def percent(value):
    return number(None if value is None else 100 * value, "{:.0f} %")


def gigabytes(value):
    return number(None if value is None else value / 1e9, "{:.1f}")


def budget(value):
    return "" if value is None else f"{value // 1024}k" if value >= 1024 else str(value)


def error(found):
    return found.get("error", "")


def head(steps):
    found = steps.get("environment", {}).get("result", {})
    print(f"## {found.get('device', 'unknown device')}\n")
    print(f"PyTorch {found.get('torch')}, CUDA {found.get('cuda', 'none')}, capability "
          f"{found.get('capability', 'none')}, {gigabytes(found.get('memory_bytes')) or 'no'} GB, "
          f"{found.get('processors')} processors; kit of version {found.get('kit')}, "
          f"{found.get('carried_bytes', 0) / 1e6:.1f} MB.")
    table("Steps", ["step", "", "s", ""],
          [(name, step["status"], step["seconds"], step["error"] or "") for name, step in steps.items()])


def models(result):
    table("Mentions, against fp32 on a CPU",
          ["model", "dtype", "attention", "", "mentions", "expected", "DICE", "greatest difference of scores",
           "beyond 1e-4 of the threshold"],
          [(f["model"], f["dtype"], f["attention"], verdict(f), f.get("mentions"), f.get("expected"),
            number(f.get("dice"), "{:.4f}"), number(f.get("score_difference"), "{:.1e}"), f.get("differ_beyond_1e-4"))
           for f in result.get("models", [])])


def references(result):
    table("Hidden states, against transformers in fp32",
          ["snapshot", "dtype", "attention", "", "greatest difference", "least cosine"],
          [(f["model"], f["dtype"], f["attention"], verdict(f), number(f.get("difference"), "{:.1e}"),
            number(f.get("cosine"), "{:.5f}")) for f in result.get("references", [])])


def verdict(found):
    return error(found) or ("ok" if found.get("ok") else "**differs**")


def peak(result):
    table("Peak of a model's own products, bf16", ["model", "TFLOP/s", ""],
          [(f["model"], number(f["flops"] / 1e12, "{:,.1f}") if "flops" in f else "", error(f))
           for f in result.get("peak", [])])


def attention(result):
    found = result.get("attention", [])
    ways = sorted({way for f in found for way in f.get("ways", {})})
    table("Attention of one layer over packed sequences, ms",
          ["model", "tokens", "sequences", "lengths", *ways],
          [(f["model"], budget(f["tokens"]), f.get("sequences"), f.get("lengths"),
            *(number(f["ways"][way].get("ms"), "{:.3f}") or f["ways"][way].get("error", "")[:60]
              if way in f.get("ways", {}) else error(f) for way in ways)) for f in found])


def throughput(result):
    table("Calls one after the other, bf16",
          ["model", "attention", "budget", "tokens/s", "of peak", "peak memory, GB", "lengths a batch", ""],
          [(f["model"], f.get("attention"), budget(f.get("budget")), number(f.get("tokens_per_s")),
            percent(f.get("of_peak")), gigabytes(f.get("peak_bytes")), number(f.get("lengths_per_batch")), error(f))
           for f in result.get("throughput", [])])
    table("Smallest budget with 95 % of the best speed", ["model", "budget", "best tokens/s"],
          [(f["model"], budget(f["batch_tokens"]), number(f["tokens_per_s"])) for f in result.get("recommended", [])])


def parts(result):
    table("Parts of a call, ms",
          ["model", "tokens", "spans", "ids sent", "backbone", "head", "head of forward", "results fetched",
           "host issues the backbone in", ""],
          [(f["model"], f.get("tokens"), f.get("spans"), number(f.get("send_ms"), "{:.2f}"),
            number(f.get("backbone_ms"), "{:.2f}"), number(f.get("head_ms"), "{:.2f}"), percent(f.get("head_of_forward")),
            number(f.get("fetch_ms"), "{:.2f}"), number(f.get("issue_ms"), "{:.2f}"), error(f))
           for f in result.get("parts", [])])
    table("The backbone as a CUDA graph, ms", ["model", "as it is", "graph", ""],
          [(f["model"], number(f.get("plain_ms"), "{:.2f}"), number(f.get("graph_ms"), "{:.2f}"), error(f))
           for f in result.get("graphs", [])])


def streams(result):
    table("Calls at once", ["model", "budget", "calls", "streams", "tokens/s", ""],
          [(f["model"], budget(f["budget"]), f["calls"], "one each" if f["own_streams"] else "shared",
            number(f.get("tokens_per_s")), error(f)) for f in result.get("streams", [])])


def memory(result):
    if "halvings" not in result:
        return
    print(f"\n### Memory\n\nRan out {result['halvings']} time(s), and then {budget(result['budget_that_fits'])} "
          f"tokens fitted; results afterwards {'the same' if result.get('same_afterwards') else '**differ**'}.\n")
    for failure in result.get("failures", []):
        known = "recognised" if failure["recognised"] else "**not recognised**"
        print(f"- {budget(failure['budget'])}: {known}: `{failure['message'][:160]}`")


def peer(result):
    table("The peer, bf16",
          ["model", "attention", "padded budget", "tokens/s", "backbone alone", "ours", "times the peer's",
           "times its backbone's", ""],
          [(f["model"], f["attention"], budget(f.get("padded_budget")), number(f.get("tokens_per_s")),
            number(f.get("backbone_tokens_per_s")), number(f.get("ours_tokens_per_s")),
            number(f.get("ours_times_peer"), "{:.1f}"), number(f.get("ours_times_peer_backbone"), "{:.1f}"), error(f))
           for f in result.get("peer", [])])


def profile(result):
    for f in result.get("profile", []):
        table(f"Kernels of {f['model']}, {f.get('tokens', 0):,} tokens, {f.get('launches', 0):,} launches{error(f)}",
              ["kernel", "calls", "ms", "share"],
              [(f"`{row['kernel']}`".replace("|", "\\|"), row["calls"], number(row["ms"], "{:.3f}"),
                number(100 * row["share"], "{:.1f} %")) for row in f.get("top", [])] or [("", "", "", "")])


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: report.py OUT")
    steps = read(sys.argv[1])
    head(steps)
    for section in (models, references, peak, attention, throughput, parts, streams, memory, peer, profile):
        section(steps.get(section.__name__, {}).get("result", {}))


if __name__ == "__main__":
    main()
