"""Draw the extension's icon: an axial slice of a thorax as radiologists see it, and a question in it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TARGET = Path(__file__).resolve().parent.parent / "CTSpatialVQA/Resources/Icons/CTSpatialVQA.png"
SIZE = 128
OVERSAMPLED = 8  # drawn large and reduced, because ImageDraw does not smooth edges

BACKGROUND = (16, 24, 38, 255)
TISSUE = (122, 132, 148, 255)
FAT = (74, 84, 102, 255)
LUNG = (22, 32, 50, 255)
HEART = (196, 120, 116, 255)
VESSEL = (222, 150, 142, 255)
BONE = (244, 240, 226, 255)
QUESTION = (255, 200, 60, 255)
SIDE = (150, 215, 255, 255)


class Sheet:
    """A drawing surface in icon coordinates: 0 to 128, from the upper left."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIZE * OVERSAMPLED, SIZE * OVERSAMPLED), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def rounded(self, box: tuple[float, float, float, float], radius: float, fill: tuple[int, ...]) -> None:
        self._draw.rounded_rectangle([v * OVERSAMPLED for v in box], radius * OVERSAMPLED, fill=fill)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], fill: tuple[int, ...]) -> None:
        (x, y), (rx, ry) = centre, radii
        self._draw.ellipse([v * OVERSAMPLED for v in (x - rx, y - ry, x + rx, y + ry)], fill=fill)

    def text(self, centre: tuple[float, float], words: str, height: float, fill: tuple[int, ...]) -> None:
        self._draw.text(
            (centre[0] * OVERSAMPLED, centre[1] * OVERSAMPLED),
            words,
            font=ImageFont.load_default(height * OVERSAMPLED),
            fill=fill,
            anchor="mm",
            stroke_width=OVERSAMPLED * height / 44,
            stroke_fill=fill,
        )

    def reduced(self) -> Image.Image:
        return self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def draw() -> Image.Image:
    sheet = Sheet()
    sheet.rounded((2, 2, 126, 126), 22, BACKGROUND)
    _draw_body(sheet)
    _draw_words(sheet)
    return sheet.reduced()


def _draw_body(sheet: Sheet) -> None:
    sheet.ellipse((64, 66), (56, 42), FAT)
    sheet.ellipse((64, 66), (52, 38), TISSUE)
    sheet.ellipse((38, 66), (22, 29), LUNG)  # the patient's right lung stands on the viewer's left
    sheet.ellipse((90, 66), (22, 29), LUNG)
    sheet.ellipse((64, 62), (10, 26), TISSUE)
    sheet.ellipse((72, 55), (19, 16), HEART)  # the heart lies to the patient's left
    sheet.ellipse((75, 81), (5.5, 5.5), VESSEL)  # descending aorta, left of the spine
    sheet.ellipse((64, 90), (10, 8), BONE)
    sheet.ellipse((64, 98), (3, 6), BONE)
    sheet.ellipse((64, 91), (3.5, 3), TISSUE)
    sheet.ellipse((64, 30), (8, 2.6), BONE)
    for x, y in ((23, 46), (17, 66), (25, 87), (105, 46), (111, 66), (103, 87)):
        sheet.ellipse((x, y), (3.4, 3.4), BONE)


def _draw_words(sheet: Sheet) -> None:
    sheet.text((38, 66), "?", 40, QUESTION)
    sheet.text((15, 19), "R", 17, SIDE)
    sheet.text((113, 19), "L", 17, SIDE)


if __name__ == "__main__":
    draw().save(TARGET, optimize=True)
    print(f"{TARGET.name} is drawn.")
