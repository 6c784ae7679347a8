"""Checks that `pull` and huggingface_hub find what the other one fetched.

    pip install huggingface_hub transformers
    python core/src/test/python/hub_cache.py

Serves a bundled model as a Hub would, from this machine; nothing else is asked. Not part of the
build, which needs no Python.
"""

import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[4]
MODEL = ROOT / "core/src/main/resources/io/github/tommerspark/models/nano-llama"
ID = "some-org/some.model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {str(file.relative_to(MODEL)): file.read_bytes() for file in sorted(MODEL.rglob("*")) if file.is_file()}


def is_large(name):
    return name.endswith(".safetensors")


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    """Lists the files of one repository, and redirects for the large ones."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith(f"/api/models/{ID}/tree/"):
            entries = []
            for name, content in FILES.items():
                entry = {"type": "file", "path": name, "size": len(content), "oid": git_hash(content)}
                if is_large(name):
                    entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
                entries.append(entry)
            self.send(json.dumps(entries).encode(), {"Content-Type": "application/json"})
        elif path.startswith(f"/api/models/{ID}"):
            info = {"id": ID, "sha": COMMIT, "siblings": [{"rfilename": name} for name in FILES]}
            self.send(json.dumps(info).encode(), {"Content-Type": "application/json"})
        elif path.startswith("/cdn/"):
            self.send(FILES[path[len("/cdn/") :]], {})
        elif "/resolve/" not in path:
            self.send(b"", {}, status=404)
        else:
            name = path.split("/resolve/")[1].split("/", 1)[1]
            if name not in FILES:
                headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}
                self.send(b"", headers, status=404)
                return
            content = FILES[name]
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{git_hash(content)}"'}
            if is_large(name):
                headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
                headers["X-Linked-Size"] = str(len(content))
                headers["Location"] = f"http://localhost:{self.server.server_port}/cdn/{name}"
                self.send(b"", headers, status=302)
            else:
                self.send(content, headers)

    def send(self, content, headers, status=200):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def submit(environment, *arguments):
    command = [str(ROOT / "submit.sh"), *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hf(environment, code):
    """Runs Python with the Hub's variables, which its library reads once."""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        online = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": folder + "/ours"}
        offline = {**online, "HF_HUB_OFFLINE": "1"}

        submit(online, "pull", ID)
        ours = hf(
            offline,
            f"""
import os
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
snapshot = snapshot_download({ID!r})
for name in ("config.json", "tokenizer.json", "model.safetensors", "head/experimaestro.json"):
    assert hf_hub_download({ID!r}, name) == os.path.join(snapshot, name)
    assert try_to_load_from_cache({ID!r}, name) == os.path.join(snapshot, name)
cache = scan_cache_dir()
assert not cache.warnings, cache.warnings
assert {{repo.repo_id for repo in cache.repos}} == {{{ID!r}}}
from transformers import AutoModel, AutoTokenizer
AutoTokenizer.from_pretrained({ID!r})
AutoModel.from_pretrained({ID!r})
print(snapshot)
""",
        )
        print("huggingface_hub and transformers find, offline, what pull fetched:", ours)

        theirs = {**online, "HF_HOME": folder + "/theirs"}
        expected = hf(theirs, f"from huggingface_hub import snapshot_download; print(snapshot_download({ID!r}))")
        shown = submit(
            {**theirs, "HF_HUB_OFFLINE": "1"},
            *("show", "Marie Curie was born in Warsaw.", "--color", "never"),
            *("--backbone", ID, "--head", expected + "/head"),
        )
        assert "[Warsaw]" in shown, shown
        pulled = submit(theirs, "pull", ID)
        assert expected in pulled and " 0 bytes were fetched now" in pulled, pulled
        print("pull and --backbone find what huggingface_hub fetched:", expected)


if __name__ == "__main__":
    main()
