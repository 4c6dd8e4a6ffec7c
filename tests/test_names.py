import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.names import clean_student, file_stem, printable, with_hash


def test_printable_leaves_ordinary_names_alone():
    """Names in any script, with spaces and quotes, are shown as they are."""
    for name in ("ann.ipynb", "王小明 作业.ipynb", 'O\'Brien "x".ipynb', "Zoë"):
        assert printable(name) == name


def test_printable_escapes_what_a_terminal_would_obey():
    """Colours, line ends, overrides of direction and half characters become visible escapes."""
    assert printable("a\x1b[31m\n\u202eb\u2066\ud800\x7f\u2028") == ("a\\x1b[31m\\n\\u202eb\\u2066\\ud800\\x7f\\u2028")


def test_student_is_one_clean_line():
    """A student's name loses control characters and invisible ones, and is composed."""
    assert clean_student("  Zoe\u0308\n\u202e W\x1b  ") == "Zoë W"
    assert clean_student("\u202e\n") == "unnamed"
    assert len(clean_student("x" * 70_000)) == 80


@pytest.mark.parametrize("name", ["ann", "王小明", "Zoë-2", "a_b", "Андрей", "कि"])
def test_safe_names_are_their_own_stem(name):
    """A name that is safe as a file's name is used as it is."""
    assert file_stem(name) == name


@pytest.mark.parametrize(
    "name", ["CON", "nul", "lpt1", "../x", "a/b", ".hidden", "a b", "-rf", "", "💥", "a.b", "x" * 300]
)
def test_unsafe_names_get_a_hash(name):
    """What is changed carries a hash of what it was."""
    assert file_stem(name) != name
    assert file_stem(name)[-9] == "-"
    assert file_stem(name) == file_stem(name)


def test_names_that_differ_only_in_unsafe_characters_stay_apart():
    """Two students do not share a stem because their names are cleaned to the same."""
    assert file_stem("a/b") != file_stem("a:b")


@given(st.text(st.characters(), max_size=200))
def test_any_name_gives_a_safe_stem(name):
    """No stem can leave its folder, hide, or be too long, and everything shown can be encoded."""
    stem = file_stem(name)

    assert stem
    assert len(stem.encode()) <= 120
    assert not set(stem) & set('/\\:*?"<>|\0\n. ')
    assert stem[0] not in ".-_"
    assert len(printable(name)) <= 120
    assert all(unicodedata.category(c)[0] != "C" for c in printable(name))
    clean_student(name).encode()
    with_hash("x", name).encode()
