"""The charts of the answer: one module a family, each told, drawn, tabled and saved in the same way."""

from experiments.page.answer.charts.board import board as board
from experiments.page.answer.charts.board import script as script
