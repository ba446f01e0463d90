"""`python -m peftsearch`."""

from peftsearch.cli.app import main

if __name__ == "__main__":
    main()
