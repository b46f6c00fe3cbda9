"""Patch and configuration evidence from Cloud Foundry, and what it proves about NIST SP 800-53 controls."""

__version__ = "0.1.0"
