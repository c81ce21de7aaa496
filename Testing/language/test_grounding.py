"""Grounding on an own sample: each sentence with the rule it is about and the structures it must give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.language.claims import sides_in
from CTSpatialVQALib.language.grounding import ground, mentions, read_anatomy
from CTSpatialVQALib.language.lexicon import load_lexicon
from CTSpatialVQALib.records.structures import structures

SHORT = {
    "RU": "lung_upper_lobe_right",
    "RM": "lung_middle_lobe_right",
    "RL": "lung_lower_lobe_right",
    "LU": "lung_upper_lobe_left",
    "LL": "lung_lower_lobe_left",
    "KR": "kidney_right",
    "KL": "kidney_left",
    "AR": "adrenal_gland_right",
    "AL": "adrenal_gland_left",
}
RIGHT, LEFT, LUNGS = "RU RM RL", "LU LL", "RU RM RL LU LL"
THORACIC = " ".join(f"vertebrae_T{n}" for n in range(1, 13))
RIBS = " ".join(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13))
GIRDLE = "sternum scapula_left scapula_right clavicula_left clavicula_right"

# rule, sentence, structures, and after a bar the regions (only where the rule is about them)
NAMED = [
    ("R1", "Is the liver enlarged?", "liver"),
    ("R1", "Where is the stone in the kidneys?", "KR KL"),
    ("R1", "Is there a cyst in the right kidney?", "KR"),
    ("R1", "Are the adrenal glands thickened?", "AR AL"),
    ("R1", "Is the left adrenal gland thicker than the right?", "AL"),
    ("R1", "Is the oesophagus dilated?", "esophagus"),
    ("R1", "Is there a lesion in the pancreas or the gallbladder?", "pancreas gallbladder"),
    ("R1", "Does the mass touch the superior vena cava?", "superior_vena_cava"),
    ("R1", "left kidney and adrenal gland", "KL AL"),
    ("R1", "the right adrenal gland and the left kidney", "AR KL"),
    ("R2", "Are there nodules in both lungs?", LUNGS),
    ("R2", "Is the right lung clear?", RIGHT),
    ("R2", "Which part of the left lung is collapsed?", LEFT),
    ("R2", "Are there opacities in the lung parenchyma?", LUNGS),
    ("R2", "the right lung and the left lower lobe", f"{RIGHT} LL"),
    ("R3", "apical segment of the right lung", "RU"),
    ("R3", "the apicoposterior segment on the left", "LU"),
    ("R3", "the superior segment of the left lower lobe", "LL"),
    ("R3", "right lower lobe apical segment", "RL"),
    ("R3", "the medial segment of the middle lobe", "RM"),
    ("R3", "the lateral segment of the right middle lobe", "RM"),
    ("R3", "Are the lung bases clear?", "RL LL"),
    ("R3", "a right posterobasal opacity", "RL"),
    ("R3", "the left lung apex", "LU"),
    ("R3", "Is there scarring in the lingula?", "LU"),
    ("R3", "the left middle lobe", "LU"),
    ("R3", "the right lingula", "RM"),
    ("R3", "the upper lobes", "RU LU"),
    ("R3", "upper and middle lobes of the right lung", "RU RM"),
    ("R3", "right upper lobe and lower lobe of the left lung", "RU LL"),
    ("R3", "RUL, RML and LLL", "RU RM LL"),
    ("R3", "LUL and RLL", "LU RL"),
    ("R3", "both lower lobes", "RL LL"),
    ("R3", "right lung, upper lobe, posterior segment", "RU"),
    ("R3", "left upper lobe; lower lobe of the right lung", "LU RL"),
    ("R3", "right upper-middle lobe", "RU RM"),
    ("R3", "the anterobasal parts of the upper lobes", "RU LU"),
    ("R3", "the upper lobe posterior dorsal area in the right lung", "RU"),
    ("R3", "the lobe below, right apical and left basal segments", "RU LL"),
    ("R1", "the adrenal glands on the right, left or both", "AR AL"),
    ("R6", "the posterior segment of the right lobe of the liver", "liver"),
    ("R3", "the upper part of the left lung", "LU"),
    ("R3", "the upper or lower part of the right lung", "RU RL"),
    ("R3", "the apical left lung", "LU"),
    ("R3", "both the middle and lower lobes of the right lung", "RM RL"),
    ("R3", "the left lung's middle zone", "LU"),
    ("R3", "Which lung lobe is collapsed?", LUNGS),
    ("R3", "Which lung lobe shows a scar crossing the lingula?", "LU"),
    ("R3", "fluid of the left lung reaches up to the middle zone", "LU LL"),
    ("R6", "the lower lobe bronchus of the left lung", "LL"),
    ("R6", "the apical level of the left lobe of the liver", "liver"),
    ("R6", "the apex of the right ventricle", "heart"),
    ("R11", "the upper end plate of L1", "vertebrae_L1"),
    ("R11", "On the left side, in the front part of the 4th rib", "rib_left_4"),
    ("R11", "the right 7th–9th ribs", "rib_right_7 rib_right_8 rib_right_9"),
    ("R13", "a nodular lesion", ""),
    ("R4", "in both lungs, especially in the lower lobes", LUNGS),
    ("R6", "How wide is the ascending aorta?", "aorta"),
    ("R6", "a cyst in the upper pole of the left kidney", "KL"),
    ("R6", "the left lobe of the liver", "liver"),
    ("R6", "the corpus of the right adrenal gland", "AR"),
    ("R6", "Is the left ventricle dilated?", "heart"),
    ("R6", "a stent in the left anterior descending artery", "heart"),
    ("R6", "Is the pericardium thickened?", "heart"),
    ("R6", "Are both main bronchi open?", "trachea"),
    ("R6", "Are the intervertebral discs narrowed?", THORACIC),
    ("R9", "the minor fissure", "RU RM"),
    ("R9", "the fissure of the left lung", LEFT),
    ("R9", "beside the fissure in the right upper lobe", "RU"),
    ("R10", "Where is the mass in relation to the aortic arch?", "aorta"),
    ("R11", "Are the thoracic vertebrae aligned?", THORACIC),
    ("R11", "the lower thoracic vertebrae", "vertebrae_T9 vertebrae_T10 vertebrae_T11 vertebrae_T12"),
    ("R11", "the mid-thoracic vertebrae", "vertebrae_T5 vertebrae_T6 vertebrae_T7 vertebrae_T8"),
    ("R11", "collapse of D4", "vertebrae_T4"),
    ("R11", "collapse of Th7", "vertebrae_T7"),
    ("R11", "T10-T12 and L1", "vertebrae_T10 vertebrae_T11 vertebrae_T12 vertebrae_L1"),
    ("R11", "the fifth thoracic vertebra", "vertebrae_T5"),
    ("R11", "a fracture of the right 5th rib", "rib_right_5"),
    ("R11", "ribs 3-5 on the left", "rib_left_3 rib_left_4 rib_left_5"),
    ("R11", "Are the bones normal?", f"{THORACIC} {RIBS} {GIRDLE}"),
    ("R11", "the left 3rd costovertebral junction", "rib_left_3 vertebrae_T3"),
    ("R11", "a T2-weighted image", ""),
    ("R12", "the upper abdominal organs", "liver spleen stomach pancreas gallbladder KR KL AR AL"),
    ("R13", "a renal cyst in the left kidney", "KL"),
]
PLACES = [
    ("R7", "a paratracheal node", "trachea", "paratracheal"),
    ("R7", "a pre-tracheal node", "trachea", "pretracheal"),
    ("R7", "sub-carinal nodes", "trachea", "subcarinal"),
    ("R7", "the aorticopulmonary window", "aorta", "aortopulmonary_window"),
    ("R7", "a retrosternal mass", "sternum", "retrosternal"),
    ("R7", "the right supraclavicular fossa", "clavicula_right", "supraclavicular"),
    ("R8", "Is the mediastinum wide?", "", "mediastinum"),
    ("R8", "prevascular and hilar nodes", "", "prevascular hilum"),
    ("R8", "fluid in the right pleural space", "", "pleura"),
    ("R8", "the left axilla", "", "axilla"),
    ("R12", "the upper abdominal sections", "", "upper_abdomen"),
    ("R13", "no effusion on the left", "", "pleura"),
    ("R13", "an effusion in the abdomen", "", "upper_abdomen"),
    ("R6", "a pericardial effusion", "heart", "pericardium"),
    ("R14", "the subpleural area of the right lower lobe", "RL", "subpleural"),
    ("R14", "the paramediastinal left upper lobe", "LU", "paramediastinal"),
]
IMPLIED = [
    ("Is there emphysema?", LUNGS),
    ("Where is the atelectasis on the left side?", LEFT),
    ("Are there ground-glass opacities?", LUNGS),
    ("Where is the nodule?", LUNGS),
    ("Is there peribronchial thickening?", LUNGS),
    ("Are there atheroma plaques?", "aorta heart"),
    ("Is there a hiatus hernia?", "esophagus stomach"),
    ("Are there osteophytes?", THORACIC),
]
NOTHING_IMPLIED = [
    ("Are the lymph nodes enlarged?", ""),
    ("Is there a nodule in the thyroid?", "thyroid_gland"),
    ("Is there emphysema in the right upper lobe?", "RU"),
    ("Is there atheroma in the aorta?", "aorta"),
    ("Is there a nodule in the left breast?", ""),
]
# question, answer, structures of both together
TOGETHER = [
    ("Which lung contains the nodule?", "The right lung.", RIGHT),
    ("Which kidney has a stone?", "Right.", "KR"),
    ("Which segment of the left upper lobe is it?", "The anterior segment.", "LU"),
    ("In which segment of the right lung is it?", "The superior segment.", "RL"),
    ("Where is the nodule in the right lung?", "Upper lobe.", "RU"),
    ("Where is the nodule in the left lung?", "The nodule in the left lung is in the lower lobe.", "LL"),
    ("Where are the opacities in the lungs?", "In both lungs, more prominent below.", LUNGS),
    ("Where are the bands in the left lung?", "In the left lung, especially in the lower lobe.", LEFT),
    ("Where is the mass in relation to the aortic arch?", "In the left upper lobe.", "aorta LU"),
    ("Where is the emphysema?", "On the left.", LEFT),
    ("Is there a lesion in the kidneys?", "No lesion in the right kidney.", "KR"),
    ("Where is the stone?", "In the gallbladder.", "gallbladder"),
    # the answer replaces what a finding implied ...
    ("Where is the nodule?", "In the left lobe of the thyroid.", "thyroid_gland"),
    ("Where is the nodule?", "In the left breast.", ""),
    ("Where are the atheroma plaques?", "In the aortic arch.", "aorta"),
    ("Where are the atheroma plaques?", "In the right subclavian artery.", "subclavian_artery_right"),
    ("Where is the hiatal hernia?", "At the lower end of the esophagus.", "esophagus"),
    # ... but not by what it only lies beside
    ("Where is the nodule?", "Adjacent to the heart.", f"{LUNGS} heart"),
    # the many are narrowed to the few
    ("Which bones are broken?", "The right scapula.", "scapula_right"),
    ("Which upper abdominal organs are seen?", "The liver and the right kidney.", "liver KR"),
    ("Is it in the ribs or in the thoracic vertebrae?", "In the vertebrae.", THORACIC),
    ("Which lung has a band in the middle lobe?", "The right lung.", "RM"),
    ("Which side has a nodule in the upper lobes?", "The right lung.", "RU"),
    # stressing one site leaves the others, unless the stress is what was asked about
    ("Where are the bands in the lungs?", "They are more prominent in the lower lobes.", LUNGS),
    ("Where are the bands more prominent?", "They are more prominent in the lower lobes.", "RL LL"),
    ("Where are the bands in the lungs?", "In the lower lobes, more prominent on the right.", "RL LL"),
    ("Where are the bands in the lungs?", "The upper lobes also show them.", LUNGS),
    ("Where in the spine is the collapse?", "In L1.", "vertebrae_L1"),
    # zones and segments of other organs are none of the lung
    ("Where is the stone in the left kidney?", "In the middle zone.", "KL"),
    ("Where is the cyst in the liver?", "In the right lobe, anterior segment.", "liver"),
    ("Which side shows a small kidney?", "The left side shows a small kidney.", "KL"),
    ("Where are the bands?", "In both lungs, specifically in the right upper lobe.", "RU"),
]


def full(names: str) -> set[str]:
    return {SHORT.get(name, name) for name in names.split()}


@pytest.mark.parametrize(("rule", "sentence", "expected"), NAMED)
def test_named_structures_are_found(rule: str, sentence: str, expected: str) -> None:
    grounding = ground(sentence)
    assert set(grounding.question_structures) == full(expected), rule
    assert grounding.question_implied == ()


@pytest.mark.parametrize(("rule", "sentence", "expected", "regions"), PLACES)
def test_places_are_regions_with_their_landmarks(
    rule: str, sentence: str, expected: str, regions: str
) -> None:
    grounding = ground(sentence)
    assert set(grounding.question_structures) == full(expected), rule
    assert grounding.question_regions == tuple(regions.split())


@pytest.mark.parametrize(("sentence", "expected"), IMPLIED)
def test_a_finding_implies_its_organ(sentence: str, expected: str) -> None:
    grounding = ground(sentence)
    assert set(grounding.question_implied) == full(expected)
    assert grounding.question_implied == grounding.question_structures


@pytest.mark.parametrize(("sentence", "expected"), NOTHING_IMPLIED)
def test_a_named_place_leaves_nothing_to_imply(sentence: str, expected: str) -> None:
    grounding = ground(sentence)
    assert grounding.question_implied == ()
    assert set(grounding.question_structures) == full(expected)


@pytest.mark.parametrize(("question", "answer", "expected"), TOGETHER)
def test_a_narrower_answer_narrows_the_question(question: str, answer: str, expected: str) -> None:
    assert set(ground(question, answer).answer_structures) == full(expected)


def test_the_answer_says_where_an_effusion_is() -> None:
    assert ground("Where is the effusion?", "On the left.").answer_regions == ("pleura",)
    assert ground("Where is the effusion?", "In the pericardial space.").answer_regions == ("pericardium",)


def test_without_an_answer_both_halves_are_the_question_s() -> None:
    grounding = ground("Is the liver beside the hilum?")
    assert grounding.answer_structures == grounding.question_structures == ("liver",)
    assert grounding.answer_regions == grounding.question_regions == ("hilum",)


def test_names_come_in_the_order_of_the_table() -> None:
    names = ground("aorta, liver, spleen and the left lung").question_structures
    assert list(names) == sorted(names, key=list(structures()).index)


def test_mentions_carry_the_characters_of_their_words() -> None:
    text = "A nodule in the upper lobe of the right lung, near the hilum."
    upper, hilum = mentions(text)
    assert text[upper.span.start : upper.span.end] == upper.words == "upper lobe"
    assert upper.structures == ("lung_upper_lobe_right",)
    assert (hilum.words, hilum.region) == ("hilum", "hilum")


def test_a_mention_says_when_its_organ_is_only_implied() -> None:
    (mention,) = mentions("Is there emphysema?")
    assert mention.implied
    assert len(mention.structures) == 5


def test_british_and_american_spelling_and_plurals_are_one() -> None:
    for pair in (
        ("oesophagus", "esophagus"),
        ("hila", "hilum"),
        ("vertebrae", "vertebra"),
        ("apices", "apex"),
    ):
        first, second = (ground(f"Look at the {word}") for word in pair)
        assert first == second


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a peribrochial band", "a peribronchial band"),  # a letter missing
        ("centiracinar emphysema", "centriacinar emphysema"),  # two in each other's place
        ("the mediaobasal segment", "the mediobasal segment"),  # one too many
        ("the aorticapulmonary window", "the aortopulmonary window"),  # another spelling with one wrong
    ],
)
def test_long_words_are_recognised_with_one_letter_wrong(written: str, meant: str) -> None:
    assert ground(written) == ground(meant)
    assert ground(meant).question_regions or ground(meant).question_structures


@pytest.mark.parametrize("other", ["around", "ventral", "antrum", "asymmetrical"])
def test_other_words_are_not_taken_for_misspelt_ones(other: str) -> None:
    assert mentions(f"It lies {other}.") == ()
    assert sides_in(other) == frozenset()


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for mention in mentions(text):
        assert text[mention.span.start : mention.span.end] == mention.words
        assert set(mention.structures) <= set(structures())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('[[organ]]\nwords = ["liver"]\nnames = ["livre"]\n', "livre"),
        ('[[oragn]]\nwords = ["liver"]\n', "oragn"),
        ('[[organ]]\nwords = ["liver"]\nname = ["liver"]\n', "name"),
        ('[[organ]]\nnames = ["liver"]\n', "without words"),
        ('[[lung]]\nwords = ["lung", "lung"]\n[[place]]\nregion = "x"\nwords = ["lung"]\n', "lung"),
        ("organ = [", "lexicon.toml"),
    ],
)
def test_a_faulty_lexicon_is_refused_by_name(tmp_path: Path, content: str, named: str) -> None:
    faulty = tmp_path / "lexicon.toml"
    faulty.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=named):
        load_lexicon(faulty)


@pytest.mark.real_data
def test_nearly_every_public_item_is_grounded(real_data: Path) -> None:
    import json

    lines = (real_data / "benchmark" / "spatial_qa_filtered_full_nifti.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in lines.splitlines()]
    groundings = [ground(row["question"], row["answer"]) for row in rows]
    lost = sum(1 for one in groundings if not one.answer_structures and not one.answer_regions)
    assert len(groundings) == 9077
    assert lost < 60
    assert sum(1 for one in groundings if one.question_structures) > 6900


# the labelling rules send these to the organ they are part of, or to a region (R2, R6, R8, R13)
_OF_THE_HEART = (
    "atrial_appendage_left heart_myocardium heart_atrium_left heart_ventricle_left heart_atrium_right"
    " heart_ventricle_right coronary_arteries pericardial_effusion pericardium"
)
_REGIONS = "lung_pleural pleural_effusion abdominal_cavity thoracic_cavity mediastinum breast face"
_BY_RULE: dict[str, frozenset[str]] = {
    **{f"kidney_cyst_{side}": frozenset({f"kidney_{side}"}) for side in ("left", "right")},
    **{f"liver_segment_{number}": frozenset({"liver"}) for number in range(1, 9)},
    **dict.fromkeys(_OF_THE_HEART.split(), frozenset({"heart"})),
    **dict.fromkeys(_REGIONS.split(), frozenset()),
}


@pytest.mark.parametrize("name", structures())
def test_a_display_name_is_found_as_itself_or_as_the_rules_send_it(name: str) -> None:
    found = read_anatomy(structures()[name].display).structures
    if name in ("vertebrae_body", "intervertebral_discs"):
        assert found == {f"vertebrae_T{number}" for number in range(1, 13)}  # R11
    elif name.startswith("lung") and name not in _BY_RULE:
        side = next((side for side in ("left", "right") if name.endswith(side)), "")
        assert found
        assert all(one.startswith("lung_") and one.endswith(side) for one in found)  # R2
    else:
        assert found == _BY_RULE.get(name, {name})


def test_two_vessels_keep_their_own_sides() -> None:
    read = read_anatomy("right common iliac artery aneurysm and left iliac vein")
    assert read.structures == {"iliac_artery_right", "iliac_vena_left"}
