"""The fixed vocabulary of the product: the same words in code, files, windows and documents."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """The six spatial dimensions of CT-SpatialVQA, in its own spelling."""

    LATERALITY = "Laterality & Bilateral Symmetry"
    VERTICAL = "Longitudinal (Vertical) Position"
    DEPTH = "Anterior-Posterior (Depth) Relations"
    CENTRICITY = "Medial-Lateral Orientation (Centricity)"
    ADJACENCY = "Adjacency & Containment"
    EXTENT = "Spatial Extent & Boundaries"


class QuestionForm(StrEnum):
    """How a question wants to be answered; each form has its own chance level."""

    WHERE = "where"
    LATERALITY = "laterality"
    YES_NO = "yes_no"
    LEVEL_LOBE = "level_lobe"
    CHOICE = "choice"
    MEASUREMENT = "measurement"
    FREE = "free"

    @property
    def spoken(self) -> str:
        """As people read it."""
        return {"yes_no": "yes/no", "level_lobe": "level or lobe", "free": "free text"}.get(self, self.value)


class Probe(StrEnum):
    """A controlled change of what the model is shown."""

    FULL = "full"
    TEXT_ONLY = "text_only"
    SINGLE_SLICE = "single_slice"
    MIRRORED = "mirrored"
    SHUFFLED = "shuffled"
    OTHER_CASE = "other_case"
    ERASED = "erased"
    MARKED = "marked"


class Outcome(StrEnum):
    """What became of one asking. Only `answered` carries an answer."""

    ANSWERED = "answered"
    REFUSED = "refused"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    UNPARSEABLE = "unparseable"
    TIMEOUT = "timeout"
    TRANSPORT_ERROR = "transport_error"
    OUT_OF_MEMORY = "out_of_memory"
    CANCELLED = "cancelled"

    @property
    def asked_again(self) -> bool:
        """Whether a resumed run asks this question again."""
        return self in _ASKED_AGAIN


_ASKED_AGAIN = frozenset({Outcome.TIMEOUT, Outcome.TRANSPORT_ERROR, Outcome.OUT_OF_MEMORY, Outcome.CANCELLED})


class VerdictValue(StrEnum):
    """A human's judgement of a reply."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNSURE = "unsure"
    QUESTION_FAULTY = "question_faulty"


class QuestionFault(StrEnum):
    """What is wrong with a faulty question."""

    NOT_SPATIAL = "not_spatial"
    REFERENCE_WRONG = "reference_wrong"
    AMBIGUOUS = "ambiguous"
    NOT_DETERMINABLE = "not_determinable"


class ErrorType(StrEnum):
    """How an incorrect answer is wrong."""

    LATERALITY_SWAP = "laterality_swap"
    WRONG_LEVEL_OR_LOBE = "wrong_level_or_lobe"
    WRONG_DEPTH = "wrong_depth"
    WRONG_RELATION = "wrong_relation"
    WRONG_EXTENT = "wrong_extent"
    INCOMPLETE = "incomplete"
    MISSED_FINDING = "missed_finding"
    HALLUCINATED_FINDING = "hallucinated_finding"
    NON_ANSWER = "non_answer"
    OTHER = "other"


class VerdictClass(StrEnum):
    """How an answer stands to its reference, before anybody asks whether that is right.

    finer, coarser : says more, or less, than the reference does, without contradicting it
    adds : states the reference's fact and a wrong one besides
    abstains : is no answer (see `NoAnswer`); unreadable : the rules cannot tell what it says
    """

    EQUAL = "equal"
    FINER = "finer"
    COARSER = "coarser"
    CONTRADICTS = "contradicts"
    ADDS = "adds"
    ABSTAINS = "abstains"
    UNREADABLE = "unreadable"


class NoAnswer(StrEnum):
    """Why a text is no answer: never right, never wrong, counted by these names."""

    REFUSED = "refused"
    CANNOT_DETERMINE = "cannot_determine"
    NO_IMAGE = "no_image"
    FAILED = "failed"
    UNCOMMITTED = "uncommitted"
    ECHO = "echo"
    BROKEN = "broken"

    @property
    def spoken(self) -> str:
        """As people read it."""
        return {
            "refused": "refused to answer",
            "cannot_determine": "said it cannot be determined",
            "no_image": "said there is no image",
            "failed": "reported an error",
            "uncommitted": "left it open",
            "echo": "repeated the question",
            "broken": "unreadable output",
        }[self.value]


class Severity(StrEnum):
    """What the error would mean at the bedside."""

    MINOR = "minor"
    CLINICALLY_RELEVANT = "clinically_relevant"
    CRITICAL = "critical"


class Stage(StrEnum):
    """Whether a verdict was given before or after the reveal."""

    BLIND = "blind"
    FINAL = "final"


class ReadingMode(StrEnum):
    """What the reader may see while judging."""

    OPEN = "open"
    BLINDED = "blinded"
    UNAIDED = "unaided"


class Polarity(StrEnum):
    """Whether a text affirms or denies."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"


class Side(StrEnum):
    """The patient's side."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"
    MIDLINE = "midline"


class Certainty(StrEnum):
    """How surely a text says something; `uncertain` commits to nothing."""

    STATED = "stated"
    LIKELY = "likely"
    UNCERTAIN = "uncertain"


class Frame(StrEnum):
    """Whose left and right: the patient's, or the viewer's on a picture."""

    PATIENT = "patient"
    VIEWER = "viewer"


class Dimension(StrEnum):
    """What a proposition is about."""

    PRESENCE = "presence"
    SIDE = "side"
    LEVEL = "level"
    LOBE = "lobe"
    SEGMENT = "segment"
    PART = "part"
    PLACE = "place"
    DEPTH = "depth"
    CENTRICITY = "centricity"
    CONTAINMENT = "containment"
    RELATION = "relation"
    EXTENT = "extent"
    SIZE = "size"
    COUNT = "count"


class Depth(StrEnum):
    """Position from front to back."""

    ANTERIOR = "anterior"
    POSTERIOR = "posterior"


class Level(StrEnum):
    """Position from head to foot, in a lung or in the spine."""

    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"


class Centricity(StrEnum):
    """Position from the centre of an organ or of the body outwards."""

    CENTRAL = "central"
    PERIPHERAL = "peripheral"


class LogTrust(StrEnum):
    """What `verify` could establish; only the last two resist someone who rewrites the whole file."""

    CONSISTENT = "consistent"
    ANCHORED = "anchored"
    SIGNED = "signed"


class AdapterEvidence(StrEnum):
    """How far an adapter for a model has been proven."""

    STAND_IN = "stand-in"
    OFFICIAL_PREPROCESSING = "official preprocessing"
    REAL_WEIGHTS = "real weights"
