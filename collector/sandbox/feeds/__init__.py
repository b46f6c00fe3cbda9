"""The public feeds that patch latency is measured by, over HTTP on loopback or as a folder."""
