"""Write the JSON Schema of every published record to Resources/schemas."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.schemas import PUBLISHED, schema_text

FOLDER = Path(__file__).resolve().parent.parent / "Resources" / "schemas"


def main() -> None:
    for stale in set(FOLDER.glob("*.json")) - {FOLDER / f"{name}.json" for name in PUBLISHED}:
        stale.unlink()
    for name in PUBLISHED:
        write_text(FOLDER / f"{name}.json", schema_text(name))
    print(f"{len(PUBLISHED)} schemas are current.")


if __name__ == "__main__":
    main()
