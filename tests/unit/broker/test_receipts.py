"""How often receipts go out, and what they name."""

import asyncio
import json

from broker.receipts import Receipts


class Post:
    """Where receipts are delivered, with the time of each."""

    def __init__(self) -> None:
        self.receipts: list[tuple[str, list[list[int]]]] = []
        self.at_s: list[float] = []

    def deliver(self, device_id: str, topic: str, payload: bytes) -> bool:
        assert topic == f"v1/devices/{device_id}/receipt"
        self.receipts.append((device_id, json.loads(payload)["events"]))
        self.at_s.append(asyncio.get_running_loop().time())
        return True


async def test_the_first_receipt_goes_at_once_and_the_rest_a_second_later():
    post = Post()
    receipts = Receipts(post.deliver)
    receipts.send({"washer-0001": [(17, 1)], "washer-0002": [(3, 9)]})
    receipts.send({"washer-0001": [(17, 2)]})
    receipts.send({"washer-0001": [(17, 3)]})
    assert post.receipts == [("washer-0001", [[17, 1]]), ("washer-0002", [[3, 9]])]
    async with asyncio.timeout(60):
        while len(post.receipts) < 3:  # noqa: ASYNC110 - a timer sets no event
            await asyncio.sleep(0.01)
    assert post.receipts[2] == ("washer-0001", [[17, 2], [17, 3]])
    assert post.at_s[2] - post.at_s[0] >= 0.99


async def test_one_receipt_names_at_most_a_hundred_events():
    post = Post()
    Receipts(post.deliver).send({"washer-0001": [(17, seq) for seq in range(250)]})
    assert [len(events) for _, events in post.receipts] == [100]
