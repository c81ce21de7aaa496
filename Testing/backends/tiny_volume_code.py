"""The code that the tiny volume model brings with it, as M3D-LaMed brings its own."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM


class TinyVolumeConfig(LlamaConfig):
    model_type = "tiny_volume"

    proj_out_num: int = 256
    patch_token_id: int = 0
    fault_token_ids: dict[str, int] | None = None


class TinyVolumeForCausalLM(LlamaForCausalLM):
    """A volume of 32 x 256 x 256 becomes 256 tokens, each from a block of 8 x 32 x 32 voxels."""

    config_class = TinyVolumeConfig

    def __init__(self, config: TinyVolumeConfig) -> None:
        super().__init__(config)
        self.vision_tower = torch.nn.Conv3d(1, config.hidden_size, (8, 32, 32), stride=(8, 32, 32))
        self.post_init()

    def encode_images(self, images: torch.Tensor) -> torch.Tensor:
        return self.vision_tower(images).flatten(2).transpose(1, 2)

    @torch.no_grad()
    def generate(
        self, images: torch.Tensor | None = None, inputs: torch.Tensor | None = None, **settings: Any
    ) -> torch.Tensor:
        ids = inputs[0].tolist()
        print("what a model's code prints must not be taken for a reply")
        faults = self.config.fault_token_ids
        if faults["<crash>"] in ids:
            print("the tiny model was told to crash", file=sys.stderr, flush=True)
            os.abort()
        if faults["<memory>"] in ids:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        embedded = self.get_input_embeddings()(inputs)
        if images is not None:
            features = self.encode_images(images)
            embedded[0, [at for at, one in enumerate(ids) if one == self.config.patch_token_id]] = features[0]
        return super().generate(inputs_embeds=embedded, **settings)
