"""`python -m peftsearch`."""

from .cli import main

if __name__ == "__main__":
    main()
