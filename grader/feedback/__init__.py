"""HTML views of saved reports: one page per submission, one page per class.

A page is one self-contained file without any script or foreign request. Whatever comes from a student's notebook or
process is escaped, sanitised or left out; none of it can make a page fail.
"""

from grader.feedback.index import IndexRow, render_index
from grader.feedback.page import render_report

__all__ = ["IndexRow", "render_index", "render_report"]
