"""The summary of a run: what each step wrote, and the result."""
from functools import partial
from pathlib import Path

from planned import finish, settings_in

from imgcluster.files import write_json, write_lines
from imgcluster.running.run_summary import summary

SCRIPTS = {"04": Path("04_cluster_som.py"), "05": Path("05_evaluate.py"), "06": Path("06_visualize.py")}
said = partial(summary, scripts=SCRIPTS)


def test_the_summary_names_what_was_written_and_the_ari(tmp_path):
    settings = settings_in(tmp_path)
    finish(settings, "new", "04", "05")
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"ari": 0.75, "num_clusters": 9, "num_models_true": 8}')
    lines = said(settings, [("new", "04", 1.0, 0, True), ("new", "05", 2.5, 0, True)]).splitlines()
    assert lines[1].startswith("04_cluster_som new") and lines[1].endswith("1.0  output_of_04")
    assert lines[-1] == "new: 9 clusters for 8 models, ARI 0.750"
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"num_clusters": 9}')
    write_lines(settings.folder("RESULT_DIR") / "report.html", [])
    lines = said(settings, [("new", "06", 1.0, 0, True)]).splitlines()
    assert lines[-2:] == [f"open in a browser: {settings.folder('RESULT_DIR') / 'report.html'}", "new: 9 clusters"]
    placed = '{"ari": 0.5, "num_clusters": 2, "num_models_true": 3, "share_in_no_cluster": 0.2, "photos": 15}'
    (settings.folder("DATA_DIR") / "metrics.json").write_text(placed)
    assert said(settings, [("new", "05", 1.0, 0, True)]).endswith(
        "new: 2 clusters for 3 models, ARI 0.500, 3 photos in none (-1)")
    placed = '{"num_clusters": 2, "share_in_no_cluster": 0.8, "photos": 15}'
    (settings.folder("DATA_DIR") / "metrics.json").write_text(placed)
    assert said(settings, [("new", "05", 1.0, 0, True)]).endswith("new: 2 clusters, 12 photos in none (-1)")
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"num_clusters": 1}')
    assert said(settings, [("new", "05", 1.0, 0, True)]).splitlines()[-1] == "new: 1 cluster"
    failed = said(settings, [("new", "04", 1.0, 0, True), ("new", "05", 2.5, 2, False)])
    assert failed.splitlines()[-1].endswith("failed") and "clusters" not in failed


def test_scores_of_earlier_clusters_are_not_the_result_of_a_run(tmp_path):
    settings = settings_in(tmp_path)
    finish(settings, "new", "05", "06")
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"ari": 1.0, "num_clusters": 9, "num_models_true": 9}')
    rows = [("new", "06", 1.0, 0, True)]
    assert said(settings, rows).endswith("9 clusters for 9 models, ARI 1.000")
    write_lines(settings.folder("DATA_DIR") / "output_of_00", ["others since"])  # which step 05 read
    assert "clusters" not in said(settings, rows)


def test_each_dataset_clustered_has_its_result(tmp_path):
    settings = settings_in(tmp_path)
    for name, number in (("new", 9), ("later", 7)):
        finish(settings, name, "04", "05")
        write_json(settings.data_dir_of(name) / "metrics.json", {"num_clusters": number})
    rows = [(name, number, 1.0, 0, True) for name in ("new", "later") for number in ("04", "05")]
    assert said(settings, rows).splitlines()[-2:] == ["new: 9 clusters", "later: 7 clusters"]
