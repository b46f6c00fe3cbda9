"""A simulated BOSH director; what real directors answer is compared in `tests/sandbox/test_bosh_recordings.py`."""
