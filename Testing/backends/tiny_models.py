"""Tiny models with random weights, made on the spot: their answers mean nothing, but depend on what they see.

Run: python Testing/backends/tiny_models.py FOLDER
Writes FOLDER/gemma3 (the class of MedGemma) and FOLDER/volume (as M3D-LaMed is asked, with code of its own).
Torch stays out of the tests' process.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3Processor,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

SIDE, PATCH, TOKENS_PER_IMAGE = 56, 14, 16
CONTEXT = 8192
WORDS = "left right lung lobe lower upper middle nodule anterior posterior yes no SLICE 0123456789 question"
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
IMAGE = ["<start_of_image>", "<end_of_image>", "<image_soft_token>"]
FAULTS = ["<crash>", "<memory>"]
CHAT = """{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + m['role'] + '\\n' }}\
{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}\
{% if c['type'] == 'image' %}{{ '<start_of_image>' }}{% else %}{{ c['text'] }}{% endif %}\
{% endfor %}{% endif %}{{ '<end_of_turn>\\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"""


def tokenizer(special: list[str], **named: str) -> PreTrainedTokenizerFast:
    """Byte pairs of the words above; `named` are extra special tokens by the names that a processor wants."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=letters, show_progress=False
    )
    made.train_from_iterator([WORDS] * 50, trainer)
    bos = ("<bos>", made.token_to_id("<bos>"))  # put before every text, as by Gemma's and Llama's
    made.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[bos])
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        extra_special_tokens=named,
    )


def make_gemma3(folder: Path) -> None:
    """A Gemma 3 of 80 thousand weights with its processor."""
    words = tokenizer([*SPECIAL, *IMAGE], boi_token=IMAGE[0], eoi_token=IMAGE[1], image_token=IMAGE[2])
    ids = {name: words.convert_tokens_to_ids(name) for name in (*SPECIAL, *IMAGE)}
    text = Gemma3TextConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=CONTEXT,
        sliding_window=512,
        layer_types=["sliding_attention", "full_attention"],
        pad_token_id=ids["<pad>"],
        eos_token_id=ids["<eos>"],
        bos_token_id=ids["<bos>"],
        query_pre_attn_scalar=16,
    )
    vision = SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=PATCH,
        vision_use_head=False,
    )
    config = Gemma3Config(
        text_config=text,
        vision_config=vision,
        mm_tokens_per_image=TOKENS_PER_IMAGE,
        tie_word_embeddings=False,
        boi_token_index=ids[IMAGE[0]],
        eoi_token_index=ids[IMAGE[1]],
        image_token_index=ids[IMAGE[2]],
        image_token_id=ids[IMAGE[2]],
    )
    torch.manual_seed(0)
    model = Gemma3ForConditionalGeneration(config).eval()
    randomise(model)
    model.generation_config.eos_token_id = [ids["<eos>"], ids["<end_of_turn>"]]
    model.generation_config.pad_token_id = ids["<pad>"]
    # as Gemma's own configuration does: greedy must not depend on it
    model.generation_config.do_sample = True
    model.generation_config.top_k = 64
    pictures = Gemma3ImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, image_seq_length=TOKENS_PER_IMAGE
    )
    processor = Gemma3Processor(
        image_processor=pictures, tokenizer=words, chat_template=CHAT, image_seq_length=TOKENS_PER_IMAGE
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def make_volume_model(folder: Path) -> None:
    """A small Llama with a vision tower, in code that lies beside the weights as a repository brings it."""
    sys.path.insert(0, str(Path(__file__).parent))
    from tiny_volume_code import TinyVolumeConfig, TinyVolumeForCausalLM

    words = tokenizer([*SPECIAL, "<im_patch>", *FAULTS])
    config = TinyVolumeConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
        patch_token_id=words.convert_tokens_to_ids("<im_patch>"),
        fault_token_ids={name: words.convert_tokens_to_ids(name) for name in FAULTS},
    )
    config.auto_map = {
        "AutoConfig": "tiny_volume_code.TinyVolumeConfig",
        "AutoModelForCausalLM": "tiny_volume_code.TinyVolumeForCausalLM",
    }
    torch.manual_seed(1)
    model = TinyVolumeForCausalLM(config).eval()
    randomise(model)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    shutil.copy(Path(__file__).with_name("tiny_volume_code.py"), folder)


def randomise(model: torch.nn.Module) -> None:
    """Weights large enough that the answer depends on the pixels.

    A fresh Gemma 3 is blind: the projection of its vision tower is made of zeros.
    """
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "mm_input_projection_weight" in name or "vision_tower.weight" in name:
                weights.normal_(0, 4)
            elif weights.dim() > 1:
                weights.normal_(0, 0.3)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    make_gemma3(target / "gemma3")
    make_volume_model(target / "volume")
