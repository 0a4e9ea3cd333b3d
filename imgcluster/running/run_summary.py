"""What a run of all steps says at its end."""
from imgcluster.datafiles.records import read_record, read_scores, record_file
from imgcluster.running.console import shown
from imgcluster.wording import counted


def summary(settings, rows, *, scripts):
    """A table: step, seconds, what it wrote; then of each dataset clustered, where known, the report, the number of
    clusters and the ARI.

    rows: (dataset, step number, seconds, exit code, whether the step wrote its record in this run). scripts: {step
    number: path}.
    """
    lines = [f"{'step':42}{'seconds':>9}  wrote"]
    for dataset, number, seconds, failed, wrote in rows:
        outputs = read_record(settings.data_dir_of(dataset), number).get("outputs", []) if wrote else []
        more = f" and {len(outputs) - 3} more" if outputs[3:] else ""
        said = "failed" if failed else ", ".join(outputs[:3]) + more or "nothing"
        lines.append(f"{scripts[number].stem + ' ' + dataset:42}{seconds:9.1f}  {said}")
    done = [(dataset, number) for dataset, number, _, failed, _ in rows if not failed]
    # Datasets to learn from have no scores.
    for dataset in dict.fromkeys(dataset for dataset, number in done if number >= "05"):
        lines += _results(settings.for_dataset(dataset), reported=(dataset, "06") in done)
    return "\n".join(lines)


def _results(settings, *, reported):
    """Yield where the report of a dataset is, if this run wrote one, and its number of clusters and ARI."""
    report = settings.folder("RESULT_DIR") / "report.html"
    if reported and report.exists():
        yield f"open in a browser: {shown(report)}"
    if metrics := read_scores(settings.folder("DATA_DIR")):
        scores = ""
        if "ari" in metrics:
            scores = f" for {counted(metrics['num_models_true'], 'model')}, ARI {metrics['ari']:.3f}"
        alone = round(metrics.get("share_in_no_cluster", 0) * metrics.get("photos", 0))
        outside = f", {counted(alone, 'photo')} in none (-1)" if alone else ""
        yield f"{settings.DATASET}: {counted(metrics['num_clusters'], 'cluster')}{scores}{outside}"


def time_of_record(settings, dataset, number):
    """When a step last wrote its record, in nanoseconds; None where there is none."""
    path = record_file(settings.data_dir_of(dataset), number)
    return path.stat().st_mtime_ns if path.exists() else None
