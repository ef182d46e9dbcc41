"""Some hundred generated inputs of each kind; `make fuzz` has a hundred thousand."""

from pathlib import Path

import pytest

from tests.attack.generated.attack import Attack, attack
from tests.attack.generated.cards import Cards
from tests.attack.generated.readers import Readers
from tests.attack.generated.recipes import Recipes
from tests.attack.generated.rest import Rest


def require_no_finding(kind: type[Attack], inputs: int, folder: Path) -> None:
    report = attack(kind, inputs, 0, folder, folder / "findings")
    assert report.inputs == inputs
    assert not report.findings, report.findings


@pytest.mark.parametrize(
    ("kind", "inputs"), [(Readers, 300), (Recipes, 300), (Rest, 512), (Cards, 300)]
)
def test_generated_inputs_end_in_success_or_one_line(
    kind: type[Attack], inputs: int, tmp_path: Path
) -> None:
    folder = tmp_path / "attacked"
    folder.mkdir()
    require_no_finding(kind, inputs, folder)


def test_generated_files_of_a_run_folder_end_in_success_or_one_line(tmp_path: Path) -> None:
    from tests.attack.generated.run_folders import RunFolders

    require_no_finding(RunFolders, 600, tmp_path)


def test_generated_grpc_messages_get_meant_statuses(tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="the extra grpc is not installed")
    pytest.importorskip("grpc_health", reason="the extra grpc is not installed")
    from tests.attack.generated.grpc_calls import GrpcCalls

    require_no_finding(GrpcCalls, 512, tmp_path)


def test_an_attack_finds_tracebacks_slow_inputs_and_long_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack itself: each forbidden outcome is a finding, and its input is kept."""
    import time

    from nlp_apps.errors import WorkError
    from tests.attack.generated import attack as attacks

    monkeypatch.setattr(attacks, "MAX_SECONDS", 0.2)
    outcomes = [
        lambda: None,
        lambda: _raise(WorkError("one line")),
        lambda: _raise(KeyError("traceback")),
        lambda: _raise(WorkError("line\n" * 9)),
        lambda: time.sleep(60),
    ]

    class Fake(Attack):
        name = "fake"
        count = 0

        def make(self, draw: object) -> attacks.Input:
            self.count += 1
            return attacks.Input((str(self.count - 1),), {"a.txt": b"\xff"})

        def call(self, one: attacks.Input) -> None:
            outcomes[int(one.call[0])]()

    report = attack(Fake, 5, 1, tmp_path, tmp_path / "findings")
    assert [text.split(":")[0][:21] for text in report.findings] == [
        "KeyError",
        "an error message of s",
        "takes more than 0.2 s",
    ]
    kept = sorted(path.name for path in (tmp_path / "findings").iterdir())
    assert kept == ["fake-1-2", "fake-1-3", "fake-1-4"]
    assert (tmp_path / "findings" / "fake-1-2" / "a.txt").read_bytes() == b"\xff"


def _raise(error: Exception) -> None:
    raise error
