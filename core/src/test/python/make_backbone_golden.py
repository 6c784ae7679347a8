"""Writes golden/backbones/<name> for families that came after the first references.

    pip install torch transformers safetensors
    cd core/src/test && python python/make_backbone_golden.py resources/golden [name ...]

A folder is a snapshot with random weights: config.json with the keys that published checkpoints have,
config.v5.json as transformers 5 writes it, model.safetensors; and hidden.safetensors with {a,b,c}.input_ids,
.attention_mask and .hidden.L, the output of block L by the transformers model, in fp32 with eager
attention. Texts and tokenizer are those of another reference. Hidden states of padding are 0.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

# name -> reference whose tokenizer and texts are taken, config.json, and where the blocks are
MODELS = {
    "gpt2-inverse-layer": (
        "gpt2",
        {
            "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
            "bos_token_id": 600, "embd_pdrop": 0.1, "eos_token_id": 600, "initializer_range": 0.02,
            "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_embd": 48, "n_head": 4, "n_inner": None,
            "n_layer": 3, "n_positions": 200, "reorder_and_upcast_attn": True, "resid_pdrop": 0.1,
            "scale_attn_by_inverse_layer_idx": True, "scale_attn_weights": True, "vocab_size": 601,
        },
        "transformer.h",
    ),
    "distilbert": (
        "bert",
        {
            "activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1,
            "dim": 48, "dropout": 0.1, "hidden_dim": 80, "initializer_range": 0.02,
            "max_position_embeddings": 200, "model_type": "distilbert", "n_heads": 4, "n_layers": 3,
            "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
            "sinusoidal_pos_embds": False, "tie_weights_": True, "vocab_size": 640,
        },
        "distilbert.transformer.layer",
    ),
    "electra": (
        "bert",
        {
            "architectures": ["ElectraForMaskedLM"], "attention_probs_dropout_prob": 0.1,
            "embedding_size": 32, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 48,
            "initializer_range": 0.02, "intermediate_size": 80, "layer_norm_eps": 1e-12,
            "max_position_embeddings": 200, "model_type": "electra", "num_attention_heads": 4,
            "num_hidden_layers": 3, "summary_activation": "gelu", "summary_last_dropout": 0.1,
            "summary_type": "first", "summary_use_proj": True, "type_vocab_size": 2, "vocab_size": 640,
        },
        "electra.encoder.layer",
    ),
}
# Nothing lies between embeddings and blocks.
MODELS["electra-unprojected"] = (
    "bert",
    MODELS["electra"][1] | {"embedding_size": 48, "num_hidden_layers": 2},
    "electra.encoder.layer",
)


def randomise(model):
    """Norms and biases that do something, and states of a size at which rounding shows."""
    generator = torch.Generator().manual_seed(17)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm = "norm" in name.lower() or ".ln_" in name
            if norm and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif "embed" in name or ".wte" in name or ".wpe" in name:
                parameter.copy_(0.7 * noise)
            else:
                parameter.copy_((0.15 if parameter.dim() == 2 else 0.1) * noise)


def write(root, name):
    like, published, blocks = MODELS[name]
    target = os.path.join(root, "backbones", name)
    source = os.path.join(root, "backbones", like)
    os.makedirs(target, exist_ok=True)

    settings = dict(published)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    config._attn_implementation = "eager"
    causal = published["architectures"][0].endswith("LMHeadModel")
    model = (AutoModelForCausalLM if causal else AutoModelForMaskedLM).from_config(config).float().eval()
    randomise(model)

    weights = {}
    for tensor, value in model.state_dict().items():
        # The head of the language model is tied, or of no use here.
        if tensor.startswith(blocks.split(".")[0] + "."):
            weights[tensor] = value.contiguous()
    save_file(weights, os.path.join(target, "model.safetensors"))
    with open(os.path.join(target, "config.json"), "w") as out:
        json.dump(published, out, indent=2, sort_keys=True)
        out.write("\n")
    model.config.to_json_file(os.path.join(target, "config.v5.json"))

    tokenizer = Tokenizer.from_file(os.path.join(source, "tokenizer.json"))
    with open(os.path.join(source, "batches.json")) as file:
        batches = json.load(file)["batches"]
    pad = config.pad_token_id if config.pad_token_id is not None else config.eos_token_id
    tensors = {}
    for key, batch in batches.items():
        ids = [tokenizer.encode(text).ids for text in batch["texts"]]
        width = max(map(len, ids))
        padded = torch.tensor([row + [pad] * (width - len(row)) for row in ids])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
        taps = []
        layers = model.get_submodule(blocks)
        hooks = [
            layer.register_forward_hook(
                lambda module, arguments, output: taps.append(
                    output[0] if isinstance(output, tuple) else output))
            for layer in layers
        ]
        with torch.no_grad():
            model(input_ids=padded, attention_mask=mask)
        for hook in hooks:
            hook.remove()
        tensors[key + ".input_ids"] = padded
        tensors[key + ".attention_mask"] = mask
        for layer, tap in enumerate(taps):
            tensors["%s.hidden.%d" % (key, layer)] = (tap * mask.unsqueeze(-1)).contiguous()
    save_file(tensors, os.path.join(target, "hidden.safetensors"))
    largest = max(float(t.abs().max()) for n, t in tensors.items() if ".hidden." in n)
    print(name, "values up to", largest)


for chosen in sys.argv[2:] or MODELS:
    write(sys.argv[1], chosen)
