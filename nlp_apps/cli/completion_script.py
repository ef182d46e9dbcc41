"""The command `nlp-apps completion SHELL`: prints the script that completes commands."""

from collections.abc import Sequence
from importlib.util import find_spec

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, add_debug
from nlp_apps.errors import WorkError

SHELLS = ("bash", "zsh", "fish")

EPILOG = """\
once, in ~/.bashrc:                    eval "$(nlp-apps completion bash)"
in ~/.zshrc, after compinit:           eval "$(nlp-apps completion zsh)"
in ~/.config/fish/config.fish:         nlp-apps completion fish | source"""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the script; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    shell = make_parser().parse_args(words).shell
    if find_spec("argcomplete") is None:
        raise WorkError("completion needs argcomplete. Run: pip install argcomplete")
    from argcomplete import shellcode

    print(shellcode(["nlp-apps"], shell=shell), end="")


def make_parser() -> Parser:
    """Makes the parser of the command."""
    parser = Parser(
        prog="nlp-apps completion",
        description="Print the script with which a shell completes nlp-apps commands on TAB.",
        epilog=EPILOG,
    )
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    add_debug(parser)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
