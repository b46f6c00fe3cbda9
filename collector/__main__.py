"""`python -m collector` is `collect`."""

from collector.cli import main

if __name__ == "__main__":
    main()
