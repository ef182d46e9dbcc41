"""Runs JavaScript modules in Node.js."""

import shutil
import subprocess

import pytest

NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is missing")


def node(script: str, *words: str, input: str = "") -> str:
    """Runs a module and returns its output."""
    command = [str(NODE), "--input-type=module", "-e", script, *words]
    done = subprocess.run(command, input=input, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
