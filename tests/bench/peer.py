"""What one would write in an afternoon: one requests.Session, plain json, page after page. A process of its own."""

import json
import sys
import time
from typing import Any

import requests

PAGE = 1000
BATCH = 200


class Peer:
    """A sequential collector that keeps what it needs of each row."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.http = requests.Session()
        self.http.trust_env = False
        self.requests = 0

    def get(self, path: str, **query: str | int) -> Any:
        """One answer."""
        self.requests += 1
        return self.http.get(f"{self.api}{path}", params=query, timeout=60).json()

    def rows(self, path: str) -> list[dict[str, Any]]:
        """A whole list, by page numbers."""
        found, number = [], 1
        while True:
            page = self.get(path, page=number, per_page=PAGE, order_by="created_at")
            found += page["resources"]
            if page["pagination"]["next"] is None:
                return found
            number += 1

    def apps(self) -> list[tuple[str, ...]]:
        """Guid, name, state, space and droplet of every app, with no page kept."""
        found: list[tuple[str, ...]] = []
        number = 1
        while True:
            page = self.get("/v3/apps", page=number, per_page=PAGE, order_by="created_at")
            for row in page["resources"]:
                related = row["relationships"]
                space, droplet = related["space"]["data"]["guid"], related["current_droplet"]["data"]["guid"]
                found.append((row["guid"], row["name"], row["state"], space, droplet))
            if page["pagination"]["next"] is None:
                return found
            number += 1

    def droplets(self, guids: list[str]) -> list[tuple[Any, ...]]:
        """Guid, creation and buildpacks of droplets, by the batch."""
        found = []
        for at in range(0, len(guids), BATCH):
            batch = ",".join(guids[at : at + BATCH])
            for row in self.get("/v3/droplets", guids=batch, per_page=BATCH)["resources"]:
                packs = tuple((pack["name"], pack["version"]) for pack in row["buildpacks"])
                found.append((row["guid"], row["created_at"], packs))
        return found


def main() -> None:
    """Collect, and say how long it took."""
    peer = Peer(sys.argv[1])
    begun, busy = time.perf_counter(), time.process_time()
    for path in ("/v3/organizations", "/v3/spaces", "/v3/buildpacks", "/v3/stacks"):
        peer.rows(path)
    apps = peer.apps()
    droplets = peer.droplets([app[4] for app in apps])
    wall, cpu = time.perf_counter() - begun, time.process_time() - busy
    print(json.dumps({"wall": wall, "cpu": cpu, "requests": peer.requests, "rows": len(droplets)}))


if __name__ == "__main__":
    main()
