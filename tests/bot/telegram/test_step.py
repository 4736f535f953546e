"""What one step of a form shows."""

import pytest

from bot.adapters.contract import Field, Form
from bot.adapters.telegram import step
from bot.adapters.telegram.draft import FormDraft

DATA = Field("data", "Data", "choices", choices=(("bsi", "Subscriber"), ("ip_logs", "IP logs")))
PAPER = Field("basis", "Paper", "begun", choices=(("court order", "Court order"), ("court order us", "US order")))


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [(DATA, "bsi,ip_logs", "Subscriber, IP logs"), (PAPER, "court order us 58/2026", "US order 58/2026")],
)
def test_a_summary_says_values_as_their_choices_are_called(field, value, read):
    form = Form("request file", "File the request", (field,))
    shown = step.show(FormDraft("request file", {field.name: value}), form, ())
    assert f"{field.label}: {read}" in shown.message.plain()
