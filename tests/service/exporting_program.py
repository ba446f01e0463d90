"""A stand-in for the program that exports."""

PROGRAM = """
import json, os, pathlib, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
go = pathlib.Path(os.environ["PEFTSEARCH_FILES"]) / "go"
while not go.exists():
    time.sleep(0.01)
    if (say := go.with_name("say")).exists():
        print(say.read_text(), file=sys.stderr, flush=True)
        say.unlink()
if error := go.read_text():
    print(json.dumps({"error": error, "exit_code": 1}))
    sys.exit(1)
out.mkdir()
(out / "adapter.safetensors").write_bytes(bytes(1000))
(out / "README.md").write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
form = sys.argv[sys.argv.index("--form") + 1].replace("auto", "peft")
loading = {"automatic": "AutoModel", "base": "/bert", "arguments": {}}
checked = {"rows": 64, "difference": 1e-7, "size": 1000}
told = [f"Asked for {x}." for x in sys.argv if x in ("--precision", "--temperature")]
checked |= {"calibration_words": told}
print(json.dumps({"form": form, "out": str(out), "loading": loading} | checked))
"""
"""Exports when the file `go` is there; its text is the error to give. Logs what is in `say`."""
