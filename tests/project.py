"""A project as a user has it, with its config.py, and its scripts run on that."""
import numpy as np
from scripts import ROOT, apart, here

# A network for what need not be one of the table, and the program that runs scripts which name it.
TINY, WITH_TINY = "Tiny", ROOT / "tests" / "tiny_network.py"
# The records name library versions and inputs; everything else in a data folder is compared byte by byte.
CONFIG = '''
DATASET = "shop"
TRAIN_DATASET = "shop_train"
BACKBONE = "MobileNet_0.75"
WEIGHTS = None
INPUT_SIZE = 32
BATCH_SIZE = 4
EPOCHS = 2
HEAD_EPOCHS = 2
SOM_EPOCHS = 5
BOOTSTRAP_SAMPLES = 50
NUM_WORKERS = 2
BACKGROUND_METHOD = "contours"
'''


def run(script, project, *arguments, check=0, where=here):
    """Run a script of the project on the settings in `project`/config.py, from a folder that is neither's."""
    done = where(script, "--config", project / "config.py", *arguments, cwd=project.parent)
    assert done.returncode == check, done.stdout + done.stderr
    return done


def with_tiny(script, *arguments, cwd):
    """`apart` for a script that may name the tiny network; run_all.py runs its steps in that one process."""
    return apart(WITH_TINY, ROOT / script, *arguments, cwd=cwd)


def files_of(folder):
    """Content of every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lines(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def new_project(folder, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    overrides = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    (folder / "config.py").write_text(CONFIG + overrides)
    return folder


def known_and_new(tmp_path, *, known_at=0.0):
    """A project whose shop and shop_train have features of six clouds of 20 photos each; returns its folder."""
    project, rng = new_project(tmp_path / "mine"), np.random.default_rng(0)
    for name, centre in (("shop", 0.0), ("shop_train", known_at)):
        folder, clouds = project / "data" / name, np.repeat(np.arange(6), 20)
        folder.mkdir(parents=True)
        features = centre + rng.standard_normal((6, 24))[clouds] * 0.5 + 0.1 * rng.standard_normal((120, 24))
        np.save(folder / "features.npy", features.astype(np.float32))
        (folder / "img_paths.txt").write_text("".join(f"{row:03}.jpg\n" for row in range(120)))
        (folder / "labels_true.txt").write_text("".join(f"{row // 20}\n" for row in range(120)))
    return project
