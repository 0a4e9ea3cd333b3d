"""The scores of step 05 as people read them on a terminal."""
from imgcluster.scores.score_names import LABEL_FREE, MAIN, OTHERS, PLACED, known
from imgcluster.scores.seen import in_percent

FACTS = {"num_models_true": "True number of models", "num_clusters": "Number of clusters", "photos": "Photos",
         "share_in_no_cluster": "Share of photos in no cluster"}
# What shares of the photos and products the network had seen (`seen.seen_by_network`): said in one line.
SEEN = {"trained_on_these_photos": "trained on {}these photos",
        "fitted_to_these_photos": "fitted to {}these photos without labels",
        "trained_on_these_models": "trained on {}these labels"}


def score_table(metrics):
    """Return the scores of metrics.json as aligned lines: the main ones, what they are of, the others in groups."""
    facts = {name: metrics[score] for score, name in FACTS.items() if score in metrics}
    if metrics.get("corrected_by_hand"):
        facts["Clusters"] = "corrected by hand, which the scores are of"
    if SEEN.keys() & metrics.keys():
        facts["Network"] = _seen(metrics)
    lines = [*_scores(MAIN | PLACED, metrics), *(f"  {name:34}{_in_digits(value)}" for name, value in facts.items())]
    for group, names in {**OTHERS, "Without the labels": LABEL_FREE}.items():
        if scores := _scores(names, metrics):
            lines += [group, *scores]
    return "\n".join(lines)


def _scores(names, metrics):
    return [f"  {name:34}{_in_digits(value)}" + (f"  (95 %: {_in_digits(interval[0])} to {_in_digits(interval[1])})"
                                                if interval else "")
            for name, _, value, interval in known(names, metrics)]


def _in_digits(value):
    return f"{value:z.4f}" if isinstance(value, float) else str(value)


def _seen(metrics):
    """What the network had seen, in words: photos rather than products."""
    for name, words in SEEN.items():
        if metrics.get(name):
            return words.format("" if metrics[name] == 1 else f"{in_percent(metrics[name])} of ")
    unknown = None in (metrics.get(name, 0) for name in SEEN)
    return "not known whether trained on these photos" if unknown else "not trained on these photos"
