"""Writes what transformers makes of a GGUF file: checksums of its weights, token ids, hidden states.

    pip install torch transformers gguf safetensors
    python gguf_reference.py SmolLM2-135M-Instruct.Q4_1.gguf reference.safetensors

The soak test GgufSmolSoakTest compares with it: mvn -B verify -Psoak -Dtommer.gguf=FILE.gguf
-Dtommer.gguf.reference=reference.safetensors

transformers 5.24 reads the vocabulary and merges of the file, but splits texts of the
pre-tokenizer "smollm" as GPT-2 does; llama.cpp and the published tokenizer.json split digits off
one by one first, which is put right here.
"""

import json
import os
import sys
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from gguf import GGUFReader
from safetensors.torch import save_file
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS = [
    "Marie Curie was born in Warsaw in 1867 and worked at the Sorbonne in Paris.",
    "  Two spaces, a tab\tand\r\nline breaks\n\n\nend here. ",
    "It's what they've said: we'll see, I'd guess; DON'T 'S.",
    "Łódź, Kärntnertor, naïve café, İstanbul, ﬁ, e\u0301 and é",
    "北京大学 и Москва, 東京タワー, العربية, हिन्दी, 한국어",
    "👩‍👩‍👧 🇵🇱 emoji\u200b and\u00a0no-break spaces",
    "3.14159 ½ ² ٣ 1,000,000 x2y 2024-11-27",
    "for (int i = 0; i < 10; i++) { sum += a[i] * b[i]; }  // done",
    "<|im_start|>user\nHello<|im_end|> <|endoftext|>",
    "a" * 200 + " " * 50 + "!" * 30,
    "The quick brown fox. " * 30,
]


def main(source, target):
    folder, name = os.path.split(os.path.abspath(source))
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name).backend_tokenizer
    reader = GGUFReader(source)
    if reader.fields["tokenizer.ggml.pre"].contents() == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    out = {
        "crc." + name: torch.tensor([zlib.crc32(value.detach().contiguous().numpy().tobytes())])
        for name, value in model.state_dict().items()
    }
    model.double()
    blocks = {}
    for i, layer in enumerate(model.model.layers):
        layer.register_forward_hook(
            lambda module, args, result, i=i: blocks.__setitem__(
                i, result[0] if isinstance(result, tuple) else result
            )
        )
    for t, text in enumerate(TEXTS):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        out[f"{t}.text"] = torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)
        out[f"{t}.ids"] = torch.tensor(ids)
        if len(ids) <= 64:
            # In fp64, so that only our own rounding shows.
            with torch.no_grad():
                model(torch.tensor([[model.config.bos_token_id] + ids]))
            for i in sorted({0, 1, 11, len(model.model.layers) - 1}):
                out[f"{t}.hidden.{i}"] = blocks[i].reshape(len(ids) + 1, -1).float().contiguous()
    save_file(out, target, metadata={"texts": json.dumps(len(TEXTS))})


if __name__ == "__main__":
    main(*sys.argv[1:])
