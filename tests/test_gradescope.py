import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.gradescope import Author, read_metadata
from grader.listing import Entry


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("gradescope") / "submission_metadata.yml"

    def read_text(text):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return read_metadata(Entry((path.name,), path))

    return read_text


def test_names_numbers_and_times_are_read(read):
    """Every submitter of a group is named; quotes of YAML are removed."""
    text = (
        "---\r\nsubmission_1:\r\n  :submitters:\r\n  - :name: 'O''Neill: Ann'\r\n    :sid: '01'\r\n"
        '  - :name: "B\\u00e9 \\"x\\""\n    :sid: 02\n  :created_at: 2026-01-02 03:04:05.6 Z\n'
    )

    assert read(text) == {"submission_1": Author('O\'Neill: Ann, Bé "x"', "01,02", "2026-01-02T03:04:05+00:00")}


def test_earlier_attempts_and_outputs_are_not_looked_at(read):
    """Neither a student's output nor the history of a submission changes a name or a time."""
    text = (
        "submission_1:\n  :submitters:\n  - :name: Ann\n  :created_at: 2026-01-02 03:04:05 Z\n  :results:\n"
        "    output: |\n      submission_2:\n  - :name: Mallory\n  :history:\n  - :name: Mallory\n"
        "    :created_at: 2020-01-01 00:00:00 Z\n"
    )

    assert read(text) == {"submission_1": Author("Ann", "", "2026-01-02T03:04:05+00:00")}


def test_a_missing_file_names_nobody(tmp_path):
    """A file that cannot be read is no error: submissions keep their numbers."""
    assert read_metadata(Entry(("a",), tmp_path / "none")) == {}


LINES = ["submission_1:", "  :submitters:", "  - :name: ", '  - :name: "', "    :sid: '", "  :created_at: ", "\ud800"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES) | st.text(max_size=8), max_size=12))
def test_any_text_is_read(read, lines):
    """No text in the file makes it raise."""
    read("\n".join(lines))
