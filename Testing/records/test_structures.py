"""The table of structures against itself: labels, pairs, parents, codes, colours, windows."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from itertools import chain

import pytest

from CTSpatialVQALib.records.structures import Naming, Structure, children, label_names, opposite, structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.resources import resource

# classes of a task that reports words point at and that have no label in task `total`
SUBTASKS = {
    "trunk_cavities": "abdominal_cavity thoracic_cavity pericardium mediastinum",
    "pleural_pericard_effusion": "lung_pleural pleural_effusion pericardial_effusion",
    "lung_vessels": "lung_airways lung_airways_wall lung_arteries lung_veins",
    "breasts": "breast",
    "vertebrae_body": "vertebrae_body intervertebral_discs",
    "liver_segments": " ".join(f"liver_segment_{number}" for number in range(1, 9)),
    "heartchambers_highres": (
        "heart_myocardium heart_atrium_left heart_ventricle_left heart_atrium_right heart_ventricle_right "
        "pulmonary_artery"
    ),
    "coronary_arteries": "coronary_arteries",
    "lung_nodules": "lung_nodules",
}
# the dihedral group's table and the permutation of Verhoeff's check digit (SNOMED CT Release File
# Specification, "Check-digit computation")
_FLIP = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)
_PERMUTE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

ALL = tuple(structures().values())
by_name = pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)


def product(first: int, second: int) -> int:
    """Of two elements of the dihedral group of order ten, 0-4 turns and 5-9 reflections."""
    if first < 5:
        return (first + second) % 5 if second < 5 else 5 + (first + second) % 5
    return 5 + (first - second) % 5 if second < 5 else (first - second) % 5


def has_valid_check_digit(code: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(code)):
        number = int(digit)
        for _ in range(place % 8):
            number = _PERMUTE[number]
        check = product(check, number)
    return check == 0


def pair_name(one: Structure) -> str:
    """The name that the other side must have; heart chambers are a pair, too."""
    swap = {"left": "right", "right": "left"}
    return "_".join(swap.get(part, part) for part in one.name.split("_"))


@pytest.mark.parametrize(("naming", "count"), [("total_v2", 117), ("total_v1", 104)])
def test_every_label_of_task_total_names_one_structure(naming: Naming, count: int) -> None:
    labels = label_names(naming)
    assert sorted(labels) == list(range(1, count + 1))
    assert len(set(labels.values())) == count


def test_all_classes_of_version_2_belong_to_task_total() -> None:
    assert {one.name for one in ALL if one.task == "total"} == set(label_names("total_v2").values())


@pytest.mark.parametrize(("task", "names"), SUBTASKS.items())
def test_a_task_beside_total_is_complete(task: str, names: str) -> None:
    assert {one.name for one in ALL if one.task == task} == set(names.split())


def test_names_and_displayed_names_are_unique() -> None:
    assert [name for name, count in Counter(one.display for one in ALL).items() if count > 1] == []
    assert [one.name for one in ALL] == list(structures())


@by_name
def test_a_sided_structure_says_so_in_name_display_and_modifier(one: Structure) -> None:
    words = set(one.name.split("_")) & {"left", "right"}
    assert words == ({one.side.value} if one.side else set())
    assert {word for word in one.display.split() if word in ("left", "right")} == words
    if one.modifier:
        assert one.modifier.value == {Side.LEFT: "7771000", Side.RIGHT: "24028007"}.get(one.side)


@by_name
def test_pairs_are_complete_and_alike(one: Structure) -> None:
    unpaired = {"lung_middle_lobe_right", "atrial_appendage_left"}
    if one.side is None or one.name in unpaired:
        assert opposite(one.name) is None
        return
    other = structures()[pair_name(one)]
    assert opposite(one.name) == other.name
    assert (one.group, one.task, one.window) == (other.group, other.task, other.window)


@by_name
def test_parents_exist_and_lead_to_an_end(one: Structure) -> None:
    passed = [one.name]
    while (parent := structures()[passed[-1]].parent) is not None:
        assert parent not in passed
        assert passed[-1] in children(parent)
        passed.append(parent)
    sides = {structures()[name].side for name in passed[1:] if structures()[name].side}
    assert sides <= {one.side}


def test_the_parts_of_a_lung_are_its_lobes() -> None:
    assert [len(children(side)) for side in ("lung_left", "lung_right")] == [2, 3]
    assert set(children("lung")) == {"lung_left", "lung_right"}


@by_name
def test_codes_are_snomed_identifiers(one: Structure) -> None:
    assert one.code.scheme == "SCT"
    assert one.code.meaning
    for code in (one.code.value, *([one.modifier.value] if one.modifier else [])):
        assert code.isdigit()
        assert 6 <= len(code) <= 18
        assert has_valid_check_digit(code), code


def test_a_mistyped_code_would_be_found() -> None:
    assert has_valid_check_digit("39607008")
    assert not has_valid_check_digit("39607009")
    assert not has_valid_check_digit("36907008")


def test_one_code_has_one_meaning() -> None:
    meanings: dict[str, set[str]] = {}
    for code in chain.from_iterable((one.code, *([one.modifier] if one.modifier else [])) for one in ALL):
        meanings.setdefault(code.value, set()).add(code.meaning)
    assert {value: words for value, words in meanings.items() if len(words) > 1} == {}


@by_name
def test_the_sides_of_a_pair_can_be_told_apart_by_colour(one: Structure) -> None:
    assert all(0 <= part <= 1 for part in one.colour)
    other = opposite(one.name)
    if other is not None:
        # a twelfth of the way from black to white is where neighbours in a picture still look different
        assert math.dist(one.colour, structures()[other].colour) > math.sqrt(3) / 12


def test_every_window_is_a_preset() -> None:
    presets = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["window"]
    assert {one.window for one in ALL} <= set(presets)
