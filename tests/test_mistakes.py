import pytest
from tiny_course import SQUARED, make_course, write

from grader.course import open_course
from grader.errors import CourseError
from grader.mistakes import Mistake, read_mistakes


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path / "course")


def read(folder, text=None):
    if text is not None:
        write(folder / "solutions" / "doubling" / "mistakes" / "squared.py", text)
    return read_mistakes(open_course(folder).assignment("doubling"))


def problems_of(folder, text):
    with pytest.raises(CourseError) as caught:
        read(folder, text)
    return caught.value.problems


def test_reads_a_mistake(folder):
    """The docstring's title, paragraphs and keys are told apart; the source is the whole file."""
    assert read(folder) == (
        Mistake(
            name="squared",
            task="twice",
            fails=("doubles", "eight_is_eight"),
            title="The argument was squared.",
            explanation="`x * x` is the square of x. Twice x is `x + x`.",
            zh="求成了平方。",
            source=SQUARED,
        ),
    )


def test_mistakes_come_in_the_order_of_their_names(folder):
    """The order is the same on every machine; files that are no Python are left alone."""
    mistakes = folder / "solutions" / "doubling" / "mistakes"
    write(mistakes / "again.py", SQUARED)
    write(mistakes / "notes.txt", "nothing")

    assert [mistake.name for mistake in read(folder)] == ["again", "squared"]


def test_an_assignment_without_mistakes(folder):
    """No folder, no mistakes."""
    (folder / "solutions" / "doubling" / "mistakes" / "squared.py").unlink()
    (folder / "solutions" / "doubling" / "mistakes").rmdir()

    assert read(folder) == ()


def test_several_paragraphs_and_lines(folder):
    """Paragraphs stay apart, a colon in them is text, and a value goes on in the lines below its key."""
    text = '''"""Title.

First: one
and two.

Second.

task: twice
fails: doubles,
  eight_is_eight
zh: 第一行
第二行 ends here
and there

新段
"""'''

    (mistake,) = read(folder, text)

    assert mistake.explanation == "First: one\nand two.\n\nSecond."
    assert mistake.fails == ("doubles", "eight_is_eight")
    assert mistake.zh == "第一行第二行 ends here and there新段"


def test_chinese_may_be_left_out(folder):
    """A course in one language needs no translation."""
    (mistake,) = read(folder, SQUARED.replace("zh: 求成了平方。\n", ""))

    assert mistake.zh == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = (", "is not Python (line 1): "),
        ("x = '\x00'", "is not Python"),
        ("x = 1", "has no docstring"),
        ('"""  """', "has no docstring"),
        ('"""\n\nWhy.\n\ntask: twice\nfails: doubles\n"""', "has no explanation"),
        ('"""Title.\n\ntask: twice\nfails: doubles\n"""', "has no explanation"),
        ('"""Title.\n\nWhy.\n\nfails: doubles\n"""', "task: is missing"),
        ('"""Title.\n\nWhy.\n\ntask: thrice\nfails: a\n"""', "task: there is no task 'thrice'; there are: twice"),
        ('"""Title.\n\nWhy.\n\ntask: twice\n"""', "fails: is missing"),
        ('"""Title.\n\nWhy.\n\ntask: twice\nfails: a b\n"""', "fails: 'a b' is no name of a check"),
        ('"""Title.\n\nWhy.\n\ntask: twice\nfails: a, a\n"""', "fails: `a` is named twice"),
        ('"""Title.\n\nWhy.\n\ntask: twice\ntask: twice\nfails: a\n"""', "task: is given twice"),
        (
            '"""Title.\n\nWhy.\n\ntask: twice\nfail: a\nfails: a\n"""',
            "fail: unknown key; did you mean `fails`?",
        ),
    ],
)
def test_wrong_mistakes(folder, text, problem):
    """Each kind of wrong docstring is named with file and key."""
    (found,) = problems_of(folder, text)

    assert found.startswith(f"solutions/doubling/mistakes/squared.py: {problem}")


def test_a_file_that_is_not_text(folder):
    """A file that is not UTF-8 is a problem, not a crash."""
    (folder / "solutions" / "doubling" / "mistakes" / "squared.py").write_bytes(b"\xff")

    assert problems_of(folder, None) == ("solutions/doubling/mistakes/squared.py: is not UTF-8 text (byte 0).",)


def test_all_problems_come_at_once(folder):
    """Every wrong mistake is in the one error."""
    write(folder / "solutions" / "doubling" / "mistakes" / "another.py", "x = 1")

    assert len(problems_of(folder, '"""Title.\n\ntask: none\n"""')) == 4
