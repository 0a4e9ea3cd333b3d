"""What a run of all steps says at its end."""
from imgcluster.datafiles.records import read_record, read_scores, record_file
from imgcluster.running.cli import shown
from imgcluster.wording import counted


def summary(settings, rows, *, scripts):
    """A table: step, seconds, what it wrote; then, where known, the report, the number of clusters and the ARI.

    rows: (dataset, step number, seconds, exit code, whether the step wrote its record in this run). scripts: {step
    number: path}.
    """
    lines = [f"{'step':42}{'seconds':>9}  wrote"]
    for dataset, number, seconds, failed, wrote in rows:
        outputs = read_record(settings.data_dir_of(dataset), number).get("outputs", []) if wrote else []
        more = f" and {len(outputs) - 3} more" if outputs[3:] else ""
        said = "failed" if failed else ", ".join(outputs[:3]) + more or "nothing"
        lines.append(f"{scripts[number].stem + ' ' + dataset:42}{seconds:9.1f}  {said}")
    last = rows[-1][1] if rows and not rows[-1][3] else ""
    report = settings.folder("RESULT_DIR") / "report.html"
    if last == "06" and report.exists():
        lines.append(f"open in a browser: {shown(report)}")
    if last >= "05" and (metrics := read_scores(settings.folder("DATA_DIR"))):
        scores = ""
        if "ari" in metrics:
            scores = f" for {counted(metrics['num_models_true'], 'model')}, ARI {metrics['ari']:.3f}"
        alone = round(metrics.get("share_in_no_cluster", 0) * metrics.get("photos", 0))
        outside = f", {counted(alone, 'photo')} in none (-1)" if alone else ""
        lines.append(f"{settings.DATASET}: {counted(metrics['num_clusters'], 'cluster')}{scores}{outside}")
    return "\n".join(lines)


def time_of_record(settings, dataset, number):
    """When a step last wrote its record, in nanoseconds; None where there is none."""
    path = record_file(settings.data_dir_of(dataset), number)
    return path.stat().st_mtime_ns if path.exists() else None
