"""A stand-in for the program that makes reports."""

PROGRAM = """
import json, os, pathlib, sys, time
asked = json.loads(sys.argv[1])
pathlib.Path(sys.argv[2]).write_text("working out what 3 trials say")
go = pathlib.Path(os.environ["PEFTSEARCH_FILES"]) / "go"
while not go.exists():
    time.sleep(0.01)
if error := go.read_text():
    print(json.dumps({"error": error}))
    sys.exit()
pathlib.Path(sys.argv[3]).write_text(f"<!doctype html><title>report</title>{asked['pick']}")
"""
"""Makes a page when the file `go` is there; its text is the error to give."""
