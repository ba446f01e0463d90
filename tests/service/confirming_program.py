"""A stand-in for the program that foresees and makes confirmations."""

PROGRAM = """
import json, os, pathlib, sys, time
if len(sys.argv) == 1:
    asked = json.load(sys.stdin)
    print(json.dumps({"what": asked["pick"], "trainings": 14, "trainings_total": 14,
        "trainings_further": 0, "seconds": None, "words": "14 trainings", "reading": 2,
        "ordinal": "second", "begun": False, "earlier": ["other"], "level": 0.975,
        "widening": 1.14, "reading_words": [], "width": None, "width_words": [],
        "test_rows": 60, "groups": None, "notes": []}))
    sys.exit()
asked, progress = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
progress.write_text("4 of 14: training for the test split: lora")
go = pathlib.Path(os.environ["PEFTSEARCH_FILES"]) / "go"
while not go.exists():
    time.sleep(0.01)
print(go.read_text() or json.dumps({"sentence": f"In short: {asked['pick']}.", "reading": 2,
    "level": 0.975}))
"""
"""Foresees at once, and ends when the file `go` is there; its text is the answer to give."""
