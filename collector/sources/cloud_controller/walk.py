"""Walking one list by keyset, so that rows that appear or vanish meanwhile cost no other row.

Page numbers lose rows when the listing shrinks under the walk (measured: 30 of 500). Here every step asks for what was
created at or after the last row seen; page numbers serve only inside one second that fills whole pages.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collector.evidence import Ask
from collector.model import Gap
from collector.sources.cloud_controller.wire import Page, whole

PAGE_SIZE = 1000
SMALLEST_PAGE = 50
# So often a second that fills whole pages is begun anew when rows vanish from it; an end, should a server never settle.
RESTARTS = 20
# What a gateway says of a page that took too long. The way on is a smaller page, as it is after a timeout of ours.
_TOO_LARGE = (502, 503, 504)
_CAP = re.compile(r"must be less than (\d+)")


class Walk:
    """The state of one walk: `ask()` is the next question, `after(page)` the one that follows, None at the end."""

    def __init__(
        self, what: str, path: str, query: Mapping[str, str], decode: Callable[[bytes], Any], page_size: int = PAGE_SIZE
    ) -> None:
        self.what = what
        self.rows = 0
        self._path = path
        self._query = dict(query)
        self._decode = decode
        self._size = page_size
        self._since: datetime | None = None
        self._page = 1
        self._total = 0
        self._restarts = 0
        self._border: dict[str, datetime] = {}

    def ask(self, *, instead: bool = False) -> Ask:
        """The question for the place where the walk stands."""
        query = {**self._query, "order_by": "created_at", "per_page": str(self._size)}
        if self._since is not None:
            query["created_ats[gte]"] = f"{self._since:%Y-%m-%dT%H:%M:%SZ}"
        if self._page > 1:
            query["page"] = str(self._page)
        decode = whole(self._decode, self._size, self._page)
        return Ask(self.what, self._path, query, decode, instead=instead)

    def fresh(self, page: Page[Any]) -> list[Any]:
        """The rows of a page that were not seen before; to be taken before `after`."""
        return [row for row in page.resources if row.guid not in self._border]

    def after(self, page: Page[Any] | Gap) -> Ask | None:
        """The next question; None when the list is at its end or cannot be read further."""
        if isinstance(page, Gap):
            return self._smaller(page)
        self.rows += len(self.fresh(page))
        self._border |= {row.guid: row.created_at for row in page.resources}
        if self._slipped(page):
            self._restarts += 1
            return self.again()
        if not page.resources:
            return None
        self._total = page.pagination.total_results
        first, last = page.resources[0].created_at, page.resources[-1].created_at
        # Only rows from the last second on can come again.
        self._border = {guid: at for guid, at in self._border.items() if at >= last}
        if self._since is not None and last <= self._since:
            # The whole page is the second that was asked from: asking from it on would bring the same page again.
            self._page += 1
        elif self._since is None and first == last:
            self._since, self._page = last, 2
        else:
            self._since, self._page = last, 1
        return None if page.pagination.next is None else self.ask()

    def again(self) -> Ask:
        """Once more from the last second seen, for rows that came or slipped behind the walk."""
        self._page = 1
        return self.ask()

    def _slipped(self, page: Page[Any]) -> bool:
        """Whether rows vanished from the pages before inside one second, and drew unseen ones forward onto them."""
        shrunk = not page.resources or page.pagination.total_results < self._total
        return self._page > 1 and shrunk and self._restarts < RESTARTS

    def _smaller(self, gap: Gap) -> Ask | None:
        """The same place with fewer rows a page, where that can help; inside a tie the numbering begins anew."""
        cap = _CAP.search(gap.reason)
        if cap is not None:
            size = int(cap.group(1)) - 1
        elif gap.http_status in _TOO_LARGE or gap.reason.startswith("timeout"):
            size = max(self._size // 2, SMALLEST_PAGE)
        else:
            return None
        if not 0 < size < self._size:
            return None
        self._size, self._page = size, 1
        return self.ask(instead=True)
