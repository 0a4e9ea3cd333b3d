"""Thumbnails in sheets: whole photos, within a budget."""
from functools import partial

import numpy as np

from imgcluster.photos.images import grey
from imgcluster.report import sprites
from imgcluster.report.sprites import pack_sprites, thumbnail


def test_the_photos_seen_first_lie_in_the_first_sheet(written):
    first = written.page.data["photos"]["cluster"][:15]
    assert [first.count(cluster) for cluster in range(3)] == [5, 5, 5]


def test_thumbnail_holds_the_whole_photo():
    photo = np.full((10, 40, 3), 200, np.uint8)
    photo[3:7, 5:35] = 10
    square = thumbnail(photo, 32)
    assert square.shape == (32, 32, 3)
    assert (square[0] == 200).all() and (square[16, 6:26] == 10).all()


def test_sheets_that_are_alike_are_made_once_and_others_are_not(monkeypatch, silent):
    made, encode, colours = [], sprites._encode, np.random.default_rng(0).integers(0, 255, (720, 3), np.uint8)
    monkeypatch.setattr(sprites, "_encode", lambda *arguments: made.append(1) or encode(*arguments))
    alike = pack_sprites([lambda: grey(160)] * 720, progress=silent)
    assert len(alike.sheets) == 5 and len(set(alike.sheets)) == 1 and len(made) < 5
    others = pack_sprites([partial(np.full, (160, 160, 3), colour) for colour in colours], progress=silent)
    assert len(set(others.sheets)) == 5


def test_noisy_photos_keep_to_the_budget(monkeypatch):
    monkeypatch.setattr("imgcluster.report.sprites.BUDGET", 600_000)
    noise = np.random.default_rng(0).integers(0, 255, (160, 160, 3)).astype(np.uint8)
    sprites = pack_sprites([lambda: noise] * 200)
    assert sum(map(len, sprites.sheets)) < 1.2 * 600_000 and sprites.side < 160
