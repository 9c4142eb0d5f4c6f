"""What we publish, judged by the real Home Assistant: its discovery schemas, units, templates.

Optional, for it pins some hundred packages of its own; the newest for Python 3.11 is 2024.3.3:

    python3.11 -m venv HA && HA/bin/pip install homeassistant==2024.3.3 paho-mqtt==1.6.1
    NACHSCHUB_HOME_ASSISTANT_PYTHON=HA/bin/python python -m pytest THIS

Without it, tests/unit/runtime/test_home_assistant.py compares with its documentation.
"""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime import home_assistant
from tests.unit.runtime.test_home_assistant import NODE, SUPPLY, words

PYTHON = os.environ.get("NACHSCHUB_HOME_ASSISTANT_PYTHON", "")
CHECK = Path(__file__).with_name("home_assistant_check.py")
UNKNOWN = replace(
    SUPPLY, level_percent=None, days_left=None, next_order_at=None, ask=None, by_hand=None
)

pytestmark = pytest.mark.skipif(
    not PYTHON, reason="NACHSCHUB_HOME_ASSISTANT_PYTHON names no Python with homeassistant"
)
__all__ = ["words"]  # the fixture: in English and in German


async def judged(messages: dict[str, str], **changes: Any) -> list[str]:
    configs = {
        topic: json.loads(payload) | changes
        for topic, payload in messages.items()
        if topic.endswith("/config")
    }
    told = json.dumps({"configs": configs, "states": messages}).encode()
    check = await asyncio.create_subprocess_exec(
        PYTHON,
        str(CHECK),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, failed = await check.communicate(told)
    return [*said.decode().splitlines(), *failed.decode().splitlines()[-1:]]


@pytest.mark.parametrize("supply", [SUPPLY, UNKNOWN], ids=["known", "unknown"])
async def test_home_assistant_takes_every_field_and_every_state(words, supply) -> None:
    assert await judged(home_assistant.messages(NODE, [supply], words)) == []


async def test_the_check_can_fail(words) -> None:
    messages = home_assistant.messages(NODE, [SUPPLY], words)
    assert any("ignores ['made_up']" in each for each in await judged(messages, made_up=1))
    wrong = await judged(messages, device_class="temperature")
    assert any("temperature in %" in each for each in wrong), wrong
