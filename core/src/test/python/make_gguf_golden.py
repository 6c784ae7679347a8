"""Writes golden/gguf: small GGUF files and what other programs make of them.

    pip install torch transformers gguf safetensors sentencepiece
    cd core/src/test && python python/make_gguf_golden.py resources/golden

quants.safetensors   per type of tensor random blocks and the values gguf-py gives them
<model>.gguf         random weights in the layout of llama.cpp's convert_hf_to_gguf.py, names of
                     tensors by gguf-py, matrices in types taken in turn, the tokenizer of
                     golden/tokenizers or one trained here with SentencePiece
<model>.safetensors  token ids, and hidden states of all blocks by the transformers model that the
                     file was made of, in fp64, with the weights as the file has them
<model>.json         texts and their token ids, by tokenizers (of the original tokenizer.json) or
                     by SentencePiece

Where transformers reads GGUF files of the architecture itself, its hidden states are compared, too.
"""

import io
import json
import math
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import numpy as np
import sentencepiece
import torch
from gguf import GGMLQuantizationType as Type
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    Phi3Config,
    PhiConfig,
    Qwen2Config,
    Qwen3Config,
)

from gguf_reference import TEXTS

LAYERS = 2
TURNS = [Type.Q8_0, Type.Q4_0, Type.Q5_1, Type.F16, Type.Q4_1, Type.BF16, Type.Q5_0, Type.F32]
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def quants(target):
    random = np.random.default_rng(1)
    out = {}
    for kind in [
        Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.Q4_K, Type.Q5_K, Type.Q6_K,
    ]:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (12, size), dtype=np.uint8)
        # Scales of all magnitudes, with and without a sign, subnormal and zero; none infinite.
        scales = random.normal(0, 1, (12, 2)) * 10.0 ** random.integers(-7, 3, (12, 2))
        scales[0] = 0
        scales = scales.astype(np.float16)
        at = {Type.Q6_K: [208]}.get(kind, [0, 2] if kind.name in ("Q4_1", "Q5_1", "Q4_K", "Q5_K") else [0])
        for i, place in enumerate(at):
            blocks[:, place : place + 2] = scales[:, i : i + 1].view(np.uint8)
        values = gguf.quants.dequantize(blocks, kind)
        out[kind.name + ".bytes"] = torch.from_numpy(blocks)
        out[kind.name + ".values"] = torch.from_numpy(values.reshape(12, elements).copy())
    save_file(out, os.path.join(target, "quants.safetensors"))


def permute(weights, heads):
    """As convert_hf_to_gguf.py does with queries and keys of Llama."""
    return (
        weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
        .swapaxes(1, 2)
        .reshape(weights.shape)
    )


def undo_permute(weights, heads):
    return (
        weights.reshape(heads, weights.shape[0] // heads // 2, 2, *weights.shape[1:])
        .swapaxes(1, 2)
        .reshape(weights.shape)
    )


def three_parts(weights, heads):
    """As it does with GPT-NeoX: from head by head to all queries, all keys, all values."""
    return (
        weights.reshape(heads, 3, weights.shape[0] // heads // 3, *weights.shape[1:])
        .swapaxes(0, 1)
        .reshape(weights.shape)
    )


def undo_three_parts(weights, heads):
    return (
        weights.reshape(3, heads, weights.shape[0] // heads // 3, *weights.shape[1:])
        .swapaxes(0, 1)
        .reshape(weights.shape)
    )


def layouts(arch, config, name):
    """What is done to a tensor on its way into the file, and how it is undone."""
    if arch == "llama" and ".q_proj." in name:
        return (lambda w: permute(w, config.num_attention_heads)), (
            lambda w: undo_permute(w, config.num_attention_heads)
        )
    if arch == "llama" and ".k_proj." in name:
        return (lambda w: permute(w, config.num_key_value_heads)), (
            lambda w: undo_permute(w, config.num_key_value_heads)
        )
    if arch == "gptneox" and ".query_key_value." in name:
        return (lambda w: three_parts(w, config.num_attention_heads)), (
            lambda w: undo_three_parts(w, config.num_attention_heads)
        )
    if arch == "gpt2" and name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
        return np.transpose, np.transpose
    if arch in ("gemma", "gemma2") and name.endswith("norm.weight"):
        return (lambda w: w + np.float32(1)), (lambda w: w - np.float32(1))
    return (lambda w: w), (lambda w: w)


def llama3_factors(config):
    scaling = config.rope_parameters
    dim = config.head_dim
    base = scaling["rope_theta"]
    freqs = 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    old = scaling["original_max_position_embeddings"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    factors = []
    for freq in freqs:
        wavelength = 2 * math.pi / freq
        if wavelength < old / high:
            factors.append(1)
        elif wavelength > old / low:
            factors.append(scaling["factor"])
        else:
            smooth = (old / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def byte_level(golden, kind, pre):
    """A vocabulary of golden/tokenizers, as get_vocab_base and SpecialVocab give it."""

    def write(writer, rows):
        file = os.path.join(golden, "tokenizers", kind, "tokenizer.json")
        content = json.load(open(file))
        ids = dict(content["model"]["vocab"])
        added = {token["id"]: token for token in content["added_tokens"]}
        ids.update({token["content"]: token["id"] for token in content["added_tokens"]})
        by_id = {id: token for token, id in ids.items()}
        tokens, types = [], []
        for id in range(rows):
            tokens.append(by_id.get(id, f"[PAD{id}]"))
            if id in added:
                types.append(CONTROL if added[id]["special"] else USER_DEFINED)
            else:
                types.append(NORMAL if id in by_id else UNUSED)
        merges = content["model"]["merges"]
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_list(tokens)
        writer.add_token_types(types)
        writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
        tokenizer = Tokenizer.from_file(file)
        bos = tokenizer.encode("a").ids[0]
        adds_bos = len(tokenizer.encode("a").ids) > len(tokenizer.encode("a", add_special_tokens=False).ids)
        if adds_bos:
            writer.add_bos_token_id(bos)
            # Llama 3's files say nothing of it, and llama.cpp adds it by the pre-tokenizer's name.
        cases = json.load(open(os.path.join(golden, "tokenizers", kind, "cases.json")))["cases"]
        texts = TEXTS + [case["text"] for case in cases]
        return [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]

    return write


def sentence_piece(prefix, user_defined=()):
    def write(writer, rows):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(TEXTS + open(__file__).read().split("\n")),
            model_writer=model,
            model_type="bpe",
            vocab_size=rows,
            byte_fallback=True,
            character_coverage=0.98,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=prefix,
            split_digits=True,
            allow_whitespace_only_pieces=True,
            user_defined_symbols=list(user_defined),
            hard_vocab_limit=True,
            num_threads=1,
            minloglevel=2,
        )
        spm = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        tokens, scores, types = [], [], []
        for id in range(rows):
            piece = spm.id_to_piece(id)
            kind = NORMAL
            if spm.is_unknown(id):
                kind = UNKNOWN
            elif spm.is_control(id):
                kind = CONTROL
            elif spm.is_unused(id):
                kind = UNUSED
            elif spm.is_byte(id):
                kind = BYTE
            if piece in user_defined:
                # As convert_hf_to_gguf.py writes those of Gemma.
                piece, kind = piece.replace("\u2581", " "), USER_DEFINED
            tokens.append(piece)
            scores.append(spm.get_score(id))
            types.append(kind)
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(tokens)
        writer.add_token_scores(scores)
        writer.add_token_types(types)
        writer.add_bos_token_id(spm.bos_id())
        writer.add_eos_token_id(spm.eos_id())
        writer.add_unk_token_id(spm.unk_id())
        if not prefix:
            writer.add_add_space_prefix(False)
        # Written out control tokens are text for SentencePiece.
        texts = [text for text in TEXTS if "<|" not in text]
        return [{"text": text, "ids": [spm.bos_id()] + spm.encode(text)} for text in texts]

    return write


def models(golden):
    size = dict(
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        max_position_embeddings=512,
        vocab_size=648,
    )
    neox = {**size, "vocab_size": 640}
    yield "llama", "llama", LlamaConfig(
        **size,
        num_key_value_heads=2,
        head_dim=16,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 500000.0,
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
    ), byte_level(golden, "llama3", "llama-bpe")
    yield "llama-spm", "llama", LlamaConfig(
        **size,
        num_key_value_heads=4,
        rms_norm_eps=1e-6,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0},
    ), sentence_piece(True)
    yield "qwen2", "qwen2", Qwen2Config(
        **size, num_key_value_heads=2, tie_word_embeddings=True, use_sliding_window=False
    ), byte_level(golden, "qwen2", "qwen2")
    yield "qwen3", "qwen3", Qwen3Config(
        **size, num_key_value_heads=2, head_dim=32, tie_word_embeddings=False
    ), byte_level(golden, "qwen2", "qwen2")
    yield "phi3", "phi3", Phi3Config(
        **size,
        num_key_value_heads=2,
        sliding_window=5,
        tie_word_embeddings=False,
        pad_token_id=0,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    ), sentence_piece(True)
    yield "gemma", "gemma", GemmaConfig(
        **size, num_key_value_heads=1, head_dim=32, tie_word_embeddings=True
    ), sentence_piece(False, ["\u2581" * n for n in range(2, 6)] + ["\n\n"])
    yield "gemma2", "gemma2", Gemma2Config(
        **size,
        num_key_value_heads=2,
        head_dim=32,
        query_pre_attn_scalar=32,
        sliding_window=5,
        attn_logit_softcapping=3.0,
        tie_word_embeddings=True,
    ), sentence_piece(False, ["\u2581" * n for n in range(2, 6)])
    yield "gptneox", "gptneox", GPTNeoXConfig(
        **neox, rotary_pct=0.25, use_parallel_residual=True, tie_word_embeddings=False
    ), byte_level(golden, "neox", "olmo")
    yield "gptneox-sequential", "gptneox", GPTNeoXConfig(
        **neox, rotary_pct=1.0, use_parallel_residual=False, tie_word_embeddings=False
    ), byte_level(golden, "neox", "mpt")
    yield "phi2", "phi2", PhiConfig(
        **size, num_key_value_heads=4, partial_rotary_factor=0.5, tie_word_embeddings=False
    ), byte_level(golden, "gpt2", "phi-2")
    yield "gpt2", "gpt2", GPT2Config(
        n_embd=64, n_layer=LAYERS, n_head=4, n_inner=96, n_positions=128, vocab_size=648
    ), byte_level(golden, "gpt2", "gpt-2")


def metadata(writer, arch, config):
    writer.add_name("Random " + arch)
    heads = config.num_attention_heads
    width = config.hidden_size
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(width)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_head_count(heads)
    writer.add_feed_forward_length(96)
    writer.add_file_type(1)
    if arch in ("gptneox", "phi2", "gpt2"):
        writer.add_layer_norm_eps(config.layer_norm_epsilon if arch == "gpt2" else config.layer_norm_eps)
    else:
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_head_count_kv(config.num_key_value_heads)
    if arch == "phi2":
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_add_bos_token(False)
    if arch == "gptneox":
        writer.add_parallel_residual(config.use_parallel_residual)
    if arch == "gpt2":
        return
    rope = config.rope_parameters
    head_dim = getattr(config, "head_dim", None) or width // heads
    writer.add_rope_dimension_count(int(rope.get("partial_rotary_factor", 1) * head_dim))
    if arch not in ("gptneox", "phi2", "gemma", "gemma2"):
        writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if arch in ("qwen3", "gemma", "gemma2"):
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if arch == "phi3":
        writer.add_sliding_window(config.sliding_window)
        writer.add_rope_scaling_orig_ctx_len(config.max_position_embeddings)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_sliding_window(config.sliding_window)


def blocks_of(model):
    inner = getattr(model, "model", None) or getattr(model, "gpt_neox", None) or model.transformer
    return inner.layers if hasattr(inner, "layers") else inner.h


def hidden_states(model, ids):
    states = {}
    hooks = [
        block.register_forward_hook(
            lambda module, args, result, i=i: states.__setitem__(
                i, result[0] if isinstance(result, tuple) else result
            )
        )
        for i, block in enumerate(blocks_of(model))
    ]
    with torch.no_grad():
        model(torch.tensor([ids]))
    for hook in hooks:
        hook.remove()
    return [states[i].reshape(len(ids), -1) for i in range(LAYERS)]


def write(golden, target, name, arch, config, vocabulary):
    torch.manual_seed(len(name))
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    path = os.path.join(target, name + ".gguf")
    writer = gguf.GGUFWriter(path, arch)
    metadata(writer, arch, config)
    cases = vocabulary(writer, config.vocab_size)
    kind = next(key for key, value in gguf.MODEL_ARCH_NAMES.items() if value == arch)
    names = gguf.get_tensor_name_map(kind, LAYERS)
    if name == "llama":
        writer.add_tensor("rope_freqs.weight", llama3_factors(config))
    turn = len(name)
    state = model.state_dict()
    tied = config.tie_word_embeddings
    for hf, parameter in state.items():
        if tied and hf == "lm_head.weight":
            continue
        norm = parameter.ndim == 1 and hf.endswith(".weight")
        values = torch.randn(parameter.shape) * (0.1 if parameter.ndim > 1 else 0.2)
        if norm and arch not in ("gemma", "gemma2"):
            values += 1
        if "embed" in hf or "wte" in hf or "wpe" in hf:
            values *= 5
        change, undo = layouts(arch, config, hf)
        stored = np.ascontiguousarray(change(values.numpy()))
        assert (undo(stored).shape == values.shape) and np.allclose(undo(stored), values.numpy(), atol=1e-6)
        dtype = Type.F32
        if stored.ndim > 1:
            dtype = TURNS[turn % len(TURNS)]
            turn += 1
        data = gguf.quants.quantize(stored, dtype)
        place = names.get_name(hf, try_suffixes=(".weight", ".bias"))
        assert place, hf
        writer.add_tensor(place, data, raw_dtype=dtype)
        parameter.copy_(torch.from_numpy(undo(gguf.quants.dequantize(data, dtype)).copy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ids = [id for id in cases[0]["ids"]][:24]
    states = hidden_states(model.double(), ids)
    save_file(
        {"ids": torch.tensor(ids), **{f"hidden.{i}": s.float().contiguous() for i, s in enumerate(states)}},
        os.path.join(target, name + ".safetensors"),
    )
    with open(os.path.join(target, name + ".json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    try:
        read = AutoModelForCausalLM.from_pretrained(
            target, gguf_file=name + ".gguf", dtype=torch.float32, attn_implementation="eager"
        )
        theirs = hidden_states(read.double().eval(), ids)
        difference = max((a - b).abs().max().item() for a, b in zip(states, theirs))
        note = f"transformers reads it, difference {difference:.1e}"
    except Exception as e:  # noqa: BLE001
        note = "transformers: " + str(e).split("\n")[0][:120]
    print(name, os.path.getsize(path), "bytes;", note)


def main(golden):
    target = os.path.join(golden, "gguf")
    os.makedirs(target, exist_ok=True)
    quants(target)
    for model in models(golden):
        write(golden, target, *model)


if __name__ == "__main__":
    main(sys.argv[1])
