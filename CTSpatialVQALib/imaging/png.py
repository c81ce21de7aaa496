"""How do pictures leave the program? As PNG without metadata, made fast, each pixel as it is."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module

import numpy as np

from CTSpatialVQALib.imaging.contract import Prepared
from CTSpatialVQALib.imaging.hounsfield_maps import Bytes
from CTSpatialVQALib.imaging.sampling import WORKERS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP, _GREY, _COLOUR = 2, 0, 2

Deflate = Callable[[memoryview], bytes]


def as_pngs(prepared: Prepared, *, side: int | None = None, workers: int = WORKERS) -> list[bytes]:
    """Each picture of an `images` contract as PNG bytes, in order.

    Parameters
    ----------
    side : resize to side x side pixels (bilinear, as Gemma 3's processor does); None leaves them as they are
    workers : threads; resizing and packing let go of the interpreter
    """
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda picture: png_bytes(picture, side=side), prepared.array))


def by_runs(data: memoryview) -> bytes:
    """Deflate that looks for runs of equal bytes only (zlib's Z_RLE)."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return packer.compress(data) + packer.flush()


@cache
def quickest_deflate() -> Deflate:
    """Intel's ISA-L where the package `isal` is installed: a quarter of the time, and somewhat smaller."""
    try:
        compress = import_module("isal.isal_zlib").compress
    except ImportError:
        return by_runs
    return lambda data: bytes(compress(data, 1))


def png_bytes(picture: Bytes, *, side: int | None = None, deflate: Deflate | None = None) -> bytes:
    """One (H, W) or (H, W, 3) uint8 picture as PNG.

    Written here, because Pillow tries five filters on every row; each row minus the one above it takes a
    fraction of the time (PNG specification, filter type 2).

    Parameters
    ----------
    deflate : makes a zlib stream; default the quickest there is
    """
    if side is not None:
        from PIL import Image

        picture = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))
    height, width = picture.shape[:2]
    rows = np.ascontiguousarray(picture).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">2I5B", width, height, 8, _COLOUR if picture.ndim == 3 else _GREY, 0, 0, 0)
    data = (deflate or quickest_deflate())(filtered.data)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
