"""Makes the vectors that FidelityTest compares with: hidden states and mentions of the bundled models.

Nothing of the product is used: the ONNX file is read with the package onnx, the encoder is that of
Hugging Face transformers in float32, and the heads are written down here from their equations (arXiv
2510.19410 for published ones). Run it after the build has unpacked the ONNX files (mvn -pl core,models
process-classes), whenever a model's layer, type or head has changed:

    pip install torch transformers tokenizers onnx safetensors
    python models/src/test/python/fidelity.py
"""

import json
import math
import pathlib
import unicodedata

import numpy as np
import onnx
import onnx.numpy_helper
import safetensors.numpy
import tokenizers
import torch
import transformers

MODULE = pathlib.Path(__file__).resolve().parents[3]
MODELS = MODULE / "src/main/resources/io/github/tommerspark/models"
VECTORS = MODULE / "src/test/resources/io/github/tommerspark/models/fidelity"
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
THRESHOLDS = (0.2, 0.5, "recommended")
# A score so near to a threshold would make the comparison depend on rounding.
MARGIN = 1e-4

TEXTS = [
    "Marie Curie was born in Warsaw.",
    "Ludwig van Beethoven's Ninth Symphony was first heard at the Theater am Kärntnertor in Vienna on"
    " 7 May 1824.",
    "The Treaty of Tordesillas (1494) divided the newly discovered lands outside Europe between the"
    " Crown of Castile and the Portuguese Empire.",
    "aspirin inhibits cyclooxygenase-1; patients with type 2 diabetes mellitus were excluded 🙂 #ESC2023",
    "\u201cI saw her\u201d, said naïve Mr. O'Neill-Smith of the U.N., \u201cin São Paulo\u201d\u2026 東京タワー",
    "Transformer-based models such as BERT outperform conditional random fields on the CoNLL-2003"
    " shared task, but training them on a single GPU takes days.",
    "ok",
    " \t\n",
    "",
]


def encoder(record):
    """The published encoder, cut and rounded as the record says, and how many heads it has."""
    file = MODULE / "target/onnx" / record["source"]["onnx"]
    graph = onnx.load(file).graph
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {name: value for name, value in tensors.items() if value.dtype == np.float32}
    for node in graph.node:
        for name in node.input if node.op_type == "Add" else ():
            product = made_by.get(name)
            biases = [other for other in node.input if other.endswith(".bias")]
            if biases and product is not None and product.op_type == "MatMul" and product.input[1] in tensors:
                weights[biases[0][: -len("bias")] + "weight"] = tensors[product.input[1]].T
    layers = record["layer"] + 1
    config = transformers.BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=1536,
        hidden_act="gelu",
        max_position_embeddings=512,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    dtype = DTYPES[record["source"]["dtype"]]
    state = {
        name: torch.tensor(weights[name].copy()).to(dtype).float()
        for name in model.state_dict()
        if name in weights
    }
    model.load_state_dict(state, strict=False)
    missing = [name for name, _ in model.named_parameters() if name not in state]
    assert not missing, missing
    return model


def probabilities(head, fields, z):
    """Of every span (start, end) of one sequence, by the equations of the paper."""
    assert fields["causal_mask"] and fields["use_cosine"] and not fields["normalize_scores"], fields
    window = fields["sliding_window"]
    n = z.size(0)
    queries = torch.nn.functional.normalize(z @ head["W_Q"], dim=1)
    keys = torch.nn.functional.normalize(z @ head["W_K"], dim=1)
    value = (z @ head["classifier.fc.weight"].T + head["classifier.fc.bias"]).squeeze(1)
    following = torch.cat([value[1:], torch.zeros(1)])
    matches = queries @ keys.T
    feature = head["cl_w"].flatten()
    spans = {}
    for end in range(n):
        starts = range(max(1, end - window), end + 1)
        for start in starts:
            later = [matches[end, k].item() for k in range(start + 1, end + 1)]
            logit = (
                feature[0] * matches[end, start]
                + feature[1] * min([0.0, *later])
                + feature[2] * max([0.0, *later])
                + feature[3] * value[end]
                + feature[4] * following[end]
            )
            spans[start, end] = torch.sigmoid(logit).item()
    return spans


def is_boundary(text, at):
    """Whether a place in a text does not lie within a word; enough of the rule for the texts here."""
    if not 0 < at < len(text) or unicodedata.combining(text[at]):
        return not 0 < at < len(text)
    spaced = [c.isalnum() and not "\u3040" <= c <= "\u9fff" for c in (text[at - 1], text[at])]
    return not all(spaced)


def boundary_probabilities(head, fields, additions, z, text, encoding):
    """Of every span (start, end) of one sequence, by the equations in BoundaryHead.java."""
    window = fields["sliding_window"]
    n = z.size(0)
    tokens = torch.nn.functional.gelu(z @ head["token.weight"].T + head["token.bias"])
    shares = (tokens @ head["context.weight"].T + head["context.bias"]).view(n, 5, -1)
    around = torch.zeros(n, shares.size(2))
    for i in range(n):
        for place in range(5):
            if 0 <= i + place - 2 < n:
                around[i] += shares[i + place - 2, place]
    x = torch.nn.functional.gelu(around)
    queries, keys = x @ head["query.weight"], x @ head["key.weight"]
    probes = x @ head["probe.weight"].T + head["probe.bias"]
    greatest, least = head["inside.weight"]
    special = encoding.special_tokens_mask
    starts = [not special[i] and is_boundary(text, encoding.offsets[i][0]) for i in range(n)]
    ends = [not special[i] and is_boundary(text, encoding.offsets[i][1]) for i in range(n)]
    alone = {}
    for end in range(n):
        for start in range(max(1, end - window), end + 1):
            if starts[start] and ends[end]:
                inside = probes[start : end + 1]
                alone[start, end] = (
                    queries[end] @ keys[start] / fields["rank"] ** 0.5
                    + probes[start, 0]
                    + probes[end, 1]
                    + inside[:, 2].sum() / 8
                    + inside[:, 3:].max(0).values @ greatest
                    + inside[:, 3:].min(0).values @ least
                    + head["length.bias"][end - start]
                ).item()
    scores = {}
    for (start, end), logit in alone.items():
        rivals = [0.0] * 4
        for (s, e), other in alone.items():
            if (s == start) != (e == end):
                kind = (0 if s > start else 1) if e == end else (2 if e < end else 3)
                rivals[kind] = max(rivals[kind], 1 / (1 + math.exp(-other)))
        logit += sum(w * r for w, r in zip(head["rival.weight"].tolist(), rivals))
        logit = additions.get("calibration_scale", 1) * logit + additions.get("calibration_offset", 0)
        scores[start, end] = 1 / (1 + math.exp(-logit))
    return scores


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    VECTORS.mkdir(parents=True, exist_ok=True)
    for directory in sorted(path for path in MODELS.iterdir() if path.is_dir()):
        record = json.loads((directory / "tommer.json").read_text())
        if "source" not in record:
            continue
        head_directory = directory / record["head"]
        boundary = (head_directory / "boundary.json").exists()
        fields = json.loads(
            (head_directory / ("boundary.json" if boundary else "experimaestro.json")).read_text()
        )
        fields = fields if boundary else fields[0]["fields"]
        additions = json.loads((head_directory / "tommer.json").read_text())
        recommended = additions["recommended_threshold"]
        head = {
            name: torch.from_numpy(value)
            for name, value in safetensors.numpy.load_file(head_directory / "model.safetensors").items()
        }
        tokenizer = tokenizers.Tokenizer.from_file(
            str(MODULE / "target/onnx" / record["source"]["tokenizer"])
        )
        tokenizer.no_truncation()
        tokenizer.no_padding()
        model = encoder(record)
        tensors = {}
        texts = []
        for index, text in enumerate(TEXTS):
            encoding = tokenizer.encode(text)
            with torch.no_grad():
                states = model(
                    input_ids=torch.tensor([encoding.ids]), output_hidden_states=True
                ).hidden_states[1:]
                z = states[record["layer"]][0]
                spans = (
                    boundary_probabilities(head, fields, additions, z, text, encoding)
                    if boundary
                    else probabilities(head, fields, z)
                )
            tensors[f"{index}.ids"] = np.array(encoding.ids, dtype=np.int64)
            for layer, state in enumerate(states):
                tensors[f"{index}.hidden.{layer}"] = state[0].numpy()
            mentions = {}
            for (start, end), score in spans.items():
                if any(encoding.special_tokens_mask[start : end + 1]):
                    continue
                place = (encoding.offsets[start][0], encoding.offsets[end][1])
                mentions[place] = max(score, mentions.get(place, 0.0))
            kept = {place: score for place, score in mentions.items() if score > min(
                recommended if t == "recommended" else t for t in THRESHOLDS)}
            for threshold in THRESHOLDS:
                threshold = recommended if threshold == "recommended" else threshold
                near = [s for s in mentions.values() if abs(s - threshold) < MARGIN]
                assert not near, (directory.name, text, threshold, near)
            texts.append(
                {
                    "text": text,
                    "mentions": [
                        {"start": start, "end": end, "score": round(score, 6)}
                        for (start, end), score in sorted(kept.items())
                    ],
                }
            )
        safetensors.numpy.save_file(tensors, VECTORS / f"{directory.name}.safetensors")
        (VECTORS / f"{directory.name}.json").write_text(
            json.dumps(
                {
                    "layer": record["layer"],
                    "thresholds": [recommended if t == "recommended" else t for t in THRESHOLDS],
                    "texts": texts,
                },
                ensure_ascii=False,
                indent=1,
            )
            + "\n"
        )
        size = (VECTORS / f"{directory.name}.safetensors").stat().st_size
        print(f"{directory.name}: {sum(len(t['mentions']) for t in texts)} mentions, {size:,} bytes")


if __name__ == "__main__":
    main()
