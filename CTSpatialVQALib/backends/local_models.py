"""Loading and asking a local model: the only file that knows torch and transformers.

It is used by `local_worker`, in any environment with torch, transformers, numpy and pillow (Python 3.10 or
later); nothing of this package is imported.
"""

from __future__ import annotations

import gc
import hashlib
import os
from importlib import import_module
from typing import Any

Message = dict[str, Any]
Foreign = Any  # an object of torch or transformers; neither is installed where types are checked
Inputs = dict[str, Any]

VOLUME_TOKEN = "<im_patch>"
MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory")


class Refused(Exception):
    """The model must not be asked this; the text says why."""


class Remembered:
    """A function of a model whose result is kept while the same pictures are asked about.

    The pictures of a volume are prepared and encoded once, not once per question; the values are the same.
    """

    def __init__(self, inner: Foreign, pictures: Pictures) -> None:
        self._inner = inner
        self._pictures = pictures
        self._key: object = None
        self._result: Foreign = None

    def __getattr__(self, name: str) -> Foreign:
        return getattr(self._inner, name)

    def __call__(self, *args: Foreign, **kwargs: Foreign) -> Foreign:
        """The result for the pictures that are asked about now."""
        plain = sorted((name, str(value)) for name, value in kwargs.items() if _plain(value))
        key = (self._pictures.number, self._pictures.questions, plain)
        if key != self._key:
            self.forget()
            self._result, self._key = self._inner(*args, **kwargs), key
            self._pictures.encoded = True
        # what the caller takes out of a dictionary must stay in ours
        return (
            type(self._result)(dict(self._result))
            if hasattr(self._result, "convert_to_tensors")
            else self._result
        )

    def forget(self) -> None:
        """Let go of the result."""
        self._key = self._result = None


def _plain(value: object) -> bool:
    return isinstance(value, bool | int | float | str | None)


class Pictures:
    """What is shown at present, and what became of it in the processor."""

    def __init__(self) -> None:
        self.number = 0
        self.questions: list[list[int]] = []
        self.encoded = False
        self.array: Foreign = None
        self.images: list[Foreign] = []
        self.facts: Message = {}

    def show(self, header: Message, raw: bytes) -> None:
        """Take over an array; one that is not what its hash says is refused."""
        numpy = import_module("numpy")
        array = numpy.frombuffer(raw, dtype=header["dtype"]).reshape(header["shape"])
        digest = hashlib.sha256(f"{header['dtype']};{tuple(header['shape'])};".encode())
        digest.update(raw)
        if digest.hexdigest() != header["sha256"]:
            raise Refused("the array did not arrive as it was sent")
        self.number += 1
        self.array = array
        self.facts = {"shown_shape": list(array.shape), "shown_dtype": array.dtype.name}
        self.images = []
        if array.dtype == numpy.uint8 and array.ndim in (3, 4):
            image = import_module("PIL.Image")
            self.images = [image.fromarray(picture).convert("RGB") for picture in array]
            self.array = None  # not twice in memory


class Model:
    """A loaded model and the way to ask it; `ask` answers several questions about the same pictures."""

    def __init__(self, header: Message, pictures: Pictures) -> None:
        self.torch = import_module("torch")
        self.transformers = import_module("transformers")
        self.pictures = pictures
        self.folder = str(header["folder"])
        self.trusted = header["trusted"] is True
        self.device = self._device(str(header["device"]))
        self.dtype = self._dtype(str(header["dtype"]))
        self.remembered: list[Remembered] = []
        self.model = self.loaded()
        self.model.eval()

    def loaded(self) -> Foreign:
        """The model on its device."""
        raise NotImplementedError

    def inputs(self, questions: list[Message], shown: bool) -> Inputs:
        """What the model is given, and under `length` how many of the returned tokens are the prompt's."""
        raise NotImplementedError

    def tokenizer(self) -> Foreign:
        """What turns tokens into text."""
        raise NotImplementedError

    def _device(self, expected: str) -> str:
        if expected != "auto":
            return expected
        if self.torch.cuda.is_available():
            return "cuda"
        return "mps" if self.torch.backends.mps.is_available() else "cpu"

    def _dtype(self, expected: str) -> Foreign:
        if expected == "auto":  # never float16 by itself: Gemma 3 overflows in it
            good = self.device.startswith("cuda") and self.torch.cuda.is_bf16_supported()
            expected = "bfloat16" if good else "float32"
        return getattr(self.torch, expected)

    def from_folder(self, auto_class: str) -> Foreign:
        """Load with one of transformers' Auto classes."""
        version = tuple(int(part) for part in self.transformers.__version__.split(".")[:2])
        dtype_name = "dtype" if version >= (4, 56) else "torch_dtype"
        model = getattr(self.transformers, auto_class).from_pretrained(
            self.folder, trust_remote_code=self.trusted, local_files_only=True, **{dtype_name: self.dtype}
        )
        return model.to(self.device)

    def remember(self, owner: Foreign, name: str) -> None:
        """Keep the result of `owner.name` per volume, where there is such a function."""
        inner = getattr(owner, name, None)
        if callable(inner):
            self.remembered.append(Remembered(inner, self.pictures))
            setattr(owner, name, self.remembered[-1])

    def forget(self) -> None:
        """Free what belonged to the volume before."""
        for function in self.remembered:
            function.forget()
        gc.collect()
        if self.device.startswith("cuda"):
            self.torch.cuda.empty_cache()
        elif self.device == "mps":
            self.torch.mps.empty_cache()

    def facts(self) -> Message:
        """What the parent cannot know of the loaded model."""
        return {
            "device": self.device,
            "dtype": str(self.dtype).removeprefix("torch."),
            "model_class": type(self.model).__name__,
            "torch": self.torch.__version__,
            "transformers": self.transformers.__version__,
        }

    def ask(
        self, questions: list[Message], shown: bool, generation: Message, seed: int | None
    ) -> list[Message]:
        """One reply for each: text, why it ended, and facts."""
        self.pictures.questions, self.pictures.encoded = [_numbers(question) for question in questions], False
        inputs = self.inputs(questions, shown)
        prompt_tokens, skipped = inputs.pop("prompt_tokens"), inputs.pop("length")
        self._fits(max(prompt_tokens) + int(generation["max_new_tokens"]))
        if seed is not None:
            self.torch.manual_seed(seed)
        settings = dict(generation)
        if settings.get("stop_strings"):
            settings["tokenizer"] = self.tokenizer()
        if self.tokenizer().pad_token_id is not None:
            settings["pad_token_id"] = self.tokenizer().pad_token_id
        with self.torch.inference_mode():
            output = self.model.generate(**inputs, **settings)
        rows = output[0] if isinstance(output, tuple) else output
        common = {"batch": len(questions), **(self.pictures.facts if shown else {})}
        if shown:
            common["encoded_now"] = self.pictures.encoded
        return [
            {
                "ok": True,
                **self._reply(row[skipped:].tolist(), generation),
                "facts": {"prompt_tokens": tokens, **common},
            }
            for row, tokens in zip(rows, prompt_tokens, strict=True)
        ]

    def _fits(self, tokens: int) -> None:
        config = self.model.config
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        limit = getattr(text, "max_position_embeddings", None)
        if limit is not None and tokens > limit:
            raise Refused(f"prompt and reply need {tokens} tokens, and the model has room for {limit}")

    def _reply(self, tokens: list[int], generation: Message) -> Message:
        ends = self._ends()
        length = next((at + 1 for at, token in enumerate(tokens) if token in ends), len(tokens))
        text = str(self.tokenizer().decode(tokens[:length], skip_special_tokens=True))
        stops = [text.find(stop) for stop in generation.get("stop_strings") or () if stop in text]
        if stops:
            text = text[: min(stops)]
        ended = bool(stops) or bool(length and tokens[length - 1] in ends)
        cut = not ended and length >= int(generation["max_new_tokens"])
        return {"text": text, "finish": "length" if cut else "stop", "completion_tokens": length}

    def _ends(self) -> set[int]:
        ends = self.model.generation_config.eos_token_id
        both = [*(ends if isinstance(ends, list) else [ends]), self.tokenizer().eos_token_id]
        return {token for token in both if token is not None}


class ChatModel(Model):
    """A model with a chat template: of text and pictures (Gemma 3, Qwen 2.5 VL), or of text alone."""

    def loaded(self) -> Foreign:
        """The model and its processor; the class follows from the configuration."""
        auto = self.transformers
        kind = auto.AutoConfig.from_pretrained(
            self.folder, trust_remote_code=self.trusted, local_files_only=True
        )
        mapping = import_module(
            "transformers.models.auto.modeling_auto"
        ).MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
        remote = getattr(kind, "auto_map", None) or {}
        self.sees = kind.model_type in mapping or "AutoModelForImageTextToText" in remote
        reader = auto.AutoProcessor if self.sees else auto.AutoTokenizer
        self.processor = reader.from_pretrained(
            self.folder, trust_remote_code=self.trusted, local_files_only=True
        )
        self.tokenizer().padding_side = "left"
        model = self.from_folder("AutoModelForImageTextToText" if self.sees else "AutoModelForCausalLM")
        if self.sees:
            self.remember(self.processor, "image_processor")
            self.remember(getattr(model, "model", None), "get_image_features")
        return model

    def tokenizer(self) -> Foreign:
        """The processor's, or the processor is one."""
        return getattr(self.processor, "tokenizer", self.processor)

    def inputs(self, questions: list[Message], shown: bool) -> Inputs:
        """The chat template of each conversation, pictures where they stand in it, padded on the left."""
        if shown and not self.sees:
            raise Refused("this model takes text alone")
        texts = [self._templated(question) for question in questions]
        bos = self.tokenizer().bos_token
        settings: Message = {"return_tensors": "pt", "padding": True}
        settings["add_special_tokens"] = not (
            bos and texts[0].startswith(bos)
        )  # else it would stand there twice
        pictures = [[self.pictures.images[at] for at in _numbers(question)] for question in questions]
        if any(pictures):
            settings["images"] = pictures
        inputs_of_processor = self.processor(text=texts, **settings)
        if self.pictures.encoded:
            self.pictures.facts.update(first_picture(inputs_of_processor))
        inputs = {name: self._moved(value) for name, value in inputs_of_processor.items()}
        inputs["prompt_tokens"] = [int(row.sum()) for row in inputs_of_processor["attention_mask"]]
        inputs["length"] = inputs_of_processor["input_ids"].shape[1]
        return inputs

    def _templated(self, question: Message) -> str:
        text = "".join(part.get("text", "") for part in question["parts"])
        content = [
            {"type": "text", "text": part["text"]} if "text" in part else {"type": "image"}
            for part in question["parts"]
        ]
        messages: list[Message] = [{"role": "user", "content": content if self.sees else text}]
        if question["system"]:
            system = [{"type": "text", "text": question["system"]}] if self.sees else question["system"]
            messages.insert(0, {"role": "system", "content": system})
        template = self.processor.apply_chat_template
        return str(template(messages, tokenize=False, add_generation_prompt=True))

    def _moved(self, value: Foreign) -> Foreign:
        moved = value.to(self.device)
        return moved.to(self.dtype) if moved.is_floating_point() else moved


class VolumeModel(Model):
    """M3D-LaMed and its kin: `generate(images=[1, 1, D, H, W], inputs=ids)` by code of the model's own."""

    def loaded(self) -> Foreign:
        """The model as its demonstration script loads it."""
        self._tokenizer = self.transformers.AutoTokenizer.from_pretrained(
            self.folder, trust_remote_code=self.trusted, local_files_only=True
        )
        model = self.from_folder("AutoModelForCausalLM")
        tower = os.path.join(self.folder, "vision_tower.bin")  # noqa: PTH118 as Med3DVLM's demonstration does
        if os.path.exists(tower):  # noqa: PTH110
            weights = self.torch.load(tower, map_location=self.device, weights_only=True)
            model.get_model().vision_tower.load_state_dict(weights)
        self.remember(model, "encode_images")
        return model

    def tokenizer(self) -> Foreign:
        """The model's own."""
        return self._tokenizer

    def inputs(self, questions: list[Message], shown: bool) -> Inputs:
        """The prompt's tokens beside the volume; questions come one at a time, for there is no padding."""
        (question,) = questions
        text = "".join([question["system"], *(part["text"] for part in question["parts"])])
        ids = self._tokenizer(text, return_tensors="pt")["input_ids"]
        inputs: Inputs = {"inputs": ids.to(self.device), "images": None}
        if shown:
            self._would_see(ids[0].tolist(), text)
            volume = self.torch.from_numpy(self.pictures.array.copy())
            self.pictures.facts.update(first_picture({"pixel_values": volume}))
            inputs["images"] = volume.to(self.device, self.dtype)
        inputs["prompt_tokens"], inputs["length"] = [ids.shape[1]], 0  # only new tokens come back
        return inputs

    def _would_see(self, ids: list[int], text: str) -> None:
        """Refuse a prompt whose image tokens are not where the volume goes: the model would be blind."""
        token = self._tokenizer.convert_tokens_to_ids(VOLUME_TOKEN)
        found_in_ids, in_prompt = ids.count(token), text.count(VOLUME_TOKEN)
        room = getattr(self.model.config, "proj_out_num", in_prompt)
        if not in_prompt or found_in_ids != in_prompt or room != in_prompt:
            raise Refused(
                f"{VOLUME_TOKEN} stands {in_prompt} times in the prompt, {found_in_ids} times in its tokens; "
                f"the model has room for {room}: it would not see the volume"
            )


def _numbers(question: Message) -> list[int]:
    return [part["image"] for part in question["parts"] if "image" in part]


def first_picture(inputs: Inputs) -> Message:
    """Shape, type and hash of what the model's own processor made of the first picture."""
    values = inputs.get("pixel_values")
    if values is None:
        return {}
    rows = 1
    if "image_grid_thw" in inputs:  # Qwen: patches of all pictures one after another
        rows = int(inputs["image_grid_thw"][0].prod())
    first = values[:rows].contiguous().cpu().float().numpy()
    return {
        "pixels_shape": list(values.shape),
        "pixels_dtype": str(values.dtype).removeprefix("torch."),
        "pixels_sha256": hashlib.sha256(first.astype("<f4").tobytes()).hexdigest(),
    }


def failure(error: Exception) -> Message:
    """What went wrong, in a kind that the parent knows and one text."""
    if isinstance(error, Refused):
        return {"ok": False, "kind": "refused", "text": str(error)}
    memory = isinstance(error, MemoryError) or any(words in str(error).lower() for words in MEMORY_WORDS)
    unusable = isinstance(error, ImportError)
    kind = "memory" if memory else "unusable" if unusable else "error"
    return {"ok": False, "kind": kind, "text": f"{type(error).__name__}: {error}"}
