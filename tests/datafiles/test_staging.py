"""Files that change together: whoever is killed, at last all of them have."""
import pytest

from imgcluster.datafiles.staging import FOLDER, READY, commit, discard, finish, finish_claimed, stage_folder
from imgcluster.files import write_json, write_text

BEFORE = {"a.txt": "old a", "b.txt": "old b", "c.txt": "old c"}
AFTER = {"a.txt": "new a", "b.txt": "new b", "outdated/b.txt": "old b", "outdated/c.txt": "old c"}


@pytest.fixture
def data_dir(tmp_path):
    """A dataset of three files, two of which are prepared anew."""
    for name, text in BEFORE.items():
        write_text(tmp_path / name, text)
    for name in ("a.txt", "b.txt"):
        write_text(stage_folder(tmp_path) / name, f"new {name[0]}")
    return tmp_path


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.txt")}


def test_prepared_files_take_their_places_and_others_are_kept(data_dir):
    commit(data_dir, ["a.txt", "b.txt"], outdated=["b.txt", "c.txt", "none.txt"])
    assert content(data_dir) == AFTER and not (data_dir / FOLDER).exists()
    # Killed once all were moved, it leaves the plan alone.
    write_json(stage_folder(data_dir) / READY, {"files": ["a.txt", "b.txt"], "outdated": ["b.txt", "c.txt"]})
    finish(data_dir)
    assert content(data_dir) == AFTER and not (data_dir / FOLDER).exists()


@pytest.mark.parametrize("moves", range(1, 6))
@pytest.mark.parametrize("ending", [finish, finish_claimed])
def test_whoever_comes_after_a_kill_finishes(data_dir, killed_after, moves, ending):
    # The first is that of ready.json.
    with killed_after(moves):
        commit(data_dir, ["a.txt", "b.txt"], outdated=["b.txt", "c.txt"])
    ending(data_dir)
    assert content(data_dir) == AFTER


def test_what_was_prepared_and_never_committed_changes_nothing(data_dir):
    finish(data_dir)
    assert {name: text for name, text in content(data_dir).items() if not name.startswith(FOLDER)} == BEFORE
    discard(data_dir)
    assert content(data_dir) == BEFORE
