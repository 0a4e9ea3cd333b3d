"""Tiny things that several tests share: coloured squares, digits in clusters, networks, a silent bar, a browser."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import contextlib  # noqa: E402
import shutil  # noqa: E402
import tracemalloc  # noqa: E402

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

from imgcluster.clusters.cluster_count import cluster_photos  # noqa: E402
from imgcluster.clusters.cluster_results import write_clustering  # noqa: E402
from imgcluster.files import write_array, write_lines  # noqa: E402
from imgcluster.photos import processes  # noqa: E402
from imgcluster.som import SelfOrganizingMap  # noqa: E402

COLOURS = ((220, 40, 40), (40, 200, 60), (50, 60, 220), (230, 210, 40))
SIDE = 16
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--window-size=1280,900")


def pytest_collection_modifyitems(items):
    """Begin with the longest file: begun late, it would keep one process busy when the others are done.

    pytest-xdist keeps to this by --no-loadscope-reorder.
    """
    items.sort(key=lambda item: item.path.name != "test_pipeline.py")


class SilentBar:
    """What the package asks of a progress bar: `update` and a `with` block."""

    def __init__(self, at=0):
        self.at = at

    def update(self, steps):
        self.at += steps


@pytest.fixture(scope="session")
def pools():
    """{number of processes: the pool of these that works on photos}, for all tests; ended with the last."""
    found = {}
    yield found
    for pool in found.values():
        pool.shutdown(cancel_futures=True)


@pytest.fixture(autouse=True)
def processes_stay(request, monkeypatch, pools):
    """Start processes that work on photos once, as that takes a second, but for tests of how they start and end."""
    if request.path.name == "test_processes.py":
        return
    start = processes._pool

    @contextlib.contextmanager
    def kept(workers):
        pool = pools.pop(workers, None) or start(workers)
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        pools[workers] = pool
    monkeypatch.setattr(processes, "_pool", kept)


@pytest.fixture(scope="session")
def silent():
    """What stands for `progress.progress` and shows nothing."""
    return lambda *_, **options: contextlib.nullcontext(SilentBar())


@pytest.fixture(scope="session")
def peak_memory():
    """peak_memory(function, *args, **options): bytes that a call holds at most."""
    def measured(function, *args, **options):
        tracemalloc.start()
        try:
            function(*args, **options)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return measured


@pytest.fixture(scope="session")
def squares():
    """squares(labels, seed=0): uint8 [N, 16, 16, 3], a noisy square of the label's colour on white for each label."""
    def draw(labels, seed=0):
        rng = np.random.default_rng(seed)
        pictures = np.full((len(labels), SIDE, SIDE, 3), 255, np.uint8)
        for picture, label in zip(pictures, labels):
            top, left = rng.integers(1, 5, size=2)
            noise = rng.integers(-25, 25, size=(9, 9, 3))
            picture[top:top + 9, left:left + 9] = np.clip(np.array(COLOURS[label]) + noise, 0, 255)
        return pictures
    return draw


@pytest.fixture(scope="session")
def save_photos():
    """save_photos(folder, {relative path: uint8 RGB [H, W, 3]}): write lossless photos (PNG whatever their names)."""
    def save(folder, photos):
        for name, picture in photos.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())
        return list(photos)
    return save


@pytest.fixture(scope="session")
def tiny_embedding():
    """tiny_embedding(seed=0): a network with the layers every embedding has, "backbone" and "features"."""
    import keras

    def build(seed=0):
        keras.utils.set_random_seed(seed)
        maps = keras.Input((SIDE, SIDE, 3))
        x = maps
        for filters in (6, 8):
            x = keras.layers.Conv2D(filters, 3, strides=2)(x)
            x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation("relu")(x)
        backbone = keras.Model(maps, x, name="backbone")
        pictures = keras.Input((SIDE, SIDE, 3), name="picture")
        scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pictures)
        features = keras.layers.GlobalAveragePooling2D(name="features")(backbone(scaled, training=False))
        return keras.Model(pictures, features, name="embedding")
    return build


@pytest.fixture(scope="module")
def tiny_backbone():
    """The name of one more network of the table while a module's tests run (`tiny_network`)."""
    import tiny_network  # brings Keras, which most tests do without
    tiny_network.register()
    yield tiny_network.NAME
    tiny_network.forget()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A headless Chromium under selenium; its downloads go to the folder `downloads`. Skips where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver")
    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium with its chromedriver found (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.downloads = downloads
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def killed_after():
    """killed_after(moves): a block of a run that is killed once so many files were given their names."""
    @contextlib.contextmanager
    def killed(moves):
        left, real = [moves], os.replace

        def dying(source, target):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            real(source, target)

        with pytest.MonkeyPatch.context() as monkeypatch, contextlib.suppress(KeyboardInterrupt):
            monkeypatch.setattr(os, "replace", dying)
            yield

    return killed


@pytest.fixture(scope="session")
def digits():
    """Pixels of 300 handwritten digits, float32 [300, 64]."""
    return load_digits().data[:300].astype(np.float32)


@pytest.fixture(scope="session")
def fitted(digits):
    """A map of them."""
    return SelfOrganizingMap(6, 8, 64, topology="hexagonal", normalize=True).fit(digits, epochs=4)


@pytest.fixture(scope="session")
def written(digits, fitted, tmp_path_factory):
    """(folder, Clustering) of them as step 04 leaves it; not to be changed."""
    folder = tmp_path_factory.mktemp("digits")
    names = [f"{row}.png" for row in range(len(digits))]
    write_lines(folder / "img_paths.txt", names)
    clustering = cluster_photos(digits, fitted)
    write_clustering(folder, names, digits, fitted, clustering, calibration_dataset=None)
    return folder, clustering


@pytest.fixture
def data_dir(tmp_path):
    """A dataset of four photos with features."""
    write_lines(tmp_path / "img_paths.txt", [f"{row}.jpg" for row in range(4)])
    write_array(tmp_path / "features.npy", np.arange(8, dtype=np.float32).reshape(4, 2))
    return tmp_path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of a dozen pictures of coloured shapes, and one file that is no picture."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(12):
        picture = np.full((60, 80, 3), rng.integers(256, size=3), np.uint8)
        cv2.circle(picture, (40, 30), int(rng.integers(8, 28)), rng.integers(256, size=3).tolist(), -1)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def weeks(tmp_path):
    """Three weeks of a shop: 5 is new in the second and was given a cluster, 6 is new in the third."""
    from weeks import Weeks

    shop = Weeks(tmp_path)
    shop.photograph("week1", 0, 1, 2, 3, 4)
    shop.find("week1")
    shop.photograph("week2", 1, 2, 5)
    shop.correct("week2", *(f"split,5_{number}.jpg,-1,new-1" for number in range(15)), "name,,new-1,boots",
                 "name,,1,ones")
    shop.place("week2", "week1")
    shop.photograph("week3", 0, 1, 5, 6)
    shop.place("week3", "week2")
    return shop
