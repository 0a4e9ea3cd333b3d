"""Which network sees the photos: what is said where the one that the settings name is not there."""
import pytest
from planned import settings_in

from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.feature_record import note_features
from imgcluster.datafiles.records import weights_digest, write_record
from imgcluster.errors import UserError
from imgcluster.extraction.network_choice import choose_network, look_at_network
from imgcluster.files import write_lines


@pytest.fixture
def warned_of(tmp_path):
    """warned_of(number of photos, *overrides): what is warned of where step 02 left no network."""
    def warned_of(num_photos, *overrides):
        warned = []
        look_at_network(settings_in(tmp_path, "TRAIN_DATASET=auto", *overrides), num_photos, warn=warned.append)
        return warned
    return warned_of


def test_a_network_that_step_02_should_have_made_is_missed_and_no_other(warned_of, tmp_path):
    [said] = warned_of(50)
    assert "new/network.keras (step 02 makes it, or says why not)" in said
    assert warned_of(49) == warned_of(500, "POOLING=max") == warned_of(500, "TRAIN_DATASET=None") == []
    assert warned_of(10, "TRAIN_DATASET=new") == []
    write_lines(tmp_path / "data" / "new" / "labels_true.txt", "a" * 10)
    assert len(warned_of(10, "TRAIN_DATASET=new")) == 1  # labels teach, however few photos there are


def test_weights_replaced_since_are_told_of_unless_other_ones_are_named(warned_of, tmp_path):
    data_dir, path, named = tmp_path / "data" / "new", tmp_path / "w.weights.h5", "BACKBONE=MobileNetV2"
    path.write_bytes(b"one")
    write_lines(data_dir / "network.keras", ["fitted"])
    settings = settings_in(tmp_path, "TRAIN_DATASET=auto", named, f"WEIGHTS={path}")
    write_record(data_dir, "02", settings=of_step(settings, "02"), outputs=[],
                 weights=weights_digest(settings.weights()))
    assert warned_of(500, named, f"WEIGHTS={path}") == []
    path.write_bytes(b"two")
    [said] = warned_of(500, named, f"WEIGHTS={path}")
    assert "run 02_finetune_network.py again to use it" in said
    assert warned_of(500, named) == []  # of that `warn_if_changed` tells


@pytest.mark.parametrize("made_by, is_needed", [({"fitted_to": "week1"}, True), ({}, False)])
def test_the_network_of_the_photos_clustered_before_is_asked_for_where_they_had_one(warned_of, tmp_path, made_by,
                                                                                    is_needed):
    week1 = tmp_path / "data" / "week1"
    week1.mkdir(parents=True)
    (week1 / "features.npy").write_bytes(b"features")
    note_features(week1, {"settings": {"TRAIN_DATASET": "week1"}, **made_by})
    if is_needed:
        with pytest.raises(UserError, match=r"ASSIGN_TO = 'week1': .*network.keras is missing"):
            warned_of(500, "ASSIGN_TO=week1")
    else:
        assert warned_of(500, "ASSIGN_TO=week1") == []


@pytest.mark.parametrize("side, warnings", [(63, 1), (64, 0)])
def test_photos_smaller_than_what_the_network_sees_are_warned_of(tiny_backbone, tmp_path, side, warnings):
    warned = []
    settings = settings_in(tmp_path, "TRAIN_DATASET=None", f"BACKBONE={tiny_backbone}", "WEIGHTS=None", "INPUT_SIZE=64",
                           f"MAX_IMG_SIDE={side}")
    choose_network(settings, tmp_path, [], say=str, warn=warned.append)
    assert len(warned) == warnings and all("64 x 64 pixels" in line for line in warned)
