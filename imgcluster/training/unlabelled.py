"""Networks fitted to photos without labels: how they pool their maps is learnt, their weights stay."""
import keras
import numpy as np

from imgcluster.configuring.settings import FEW_PHOTOS
from imgcluster.files import arrays_if_whole, write_arrays
from imgcluster.network.backbones import load_backbone, origin_of
from imgcluster.network.classifier import PRETRAINED
from imgcluster.network.depth_pooling import DepthPooling, backbone_maps, has_depths
from imgcluster.network.determinism import make_deterministic
from imgcluster.network.ensemble import join_networks, side_by_side
from imgcluster.training.crops import VIEWS, ViewStream
from imgcluster.training.frozen_maps import digest
from imgcluster.training.pooling_fit import PHOTOS_TOGETHER, fit_to_pooled, view_pooling

# Looks at photos, in several views each, after which more tell hardly more.
LOOKS = 1024


def fit_networks(members, img_dir, img_paths, *, seed, folder, progress, say):
    """Return (one embedding network of `members`, each with features fitted to photos beside its own; their names).

    members: as `step_options.each_network` gives them; those of one map alone stay as they are, and where all
    do the network is None. img_paths: relative to `img_dir`. say: function of one line. The others: as in
    `fit_to_photos`.
    """
    photos, networks, names, any_fitted = [img_dir / path for path in img_paths], [], [], False
    for member in members:
        make_deterministic(seed)
        network, name, remark = load_backbone(member["backbone"], weights=member["weights"], pooling=member["pooling"],
                                              input_size=member["input_size"])
        say(f"network: {name}, {origin_of(name, member['weights'])}{remark and f' ({remark})'}")
        statistics = fit_to_photos(network, photos, seed=seed, folder=folder, progress=progress)
        networks.append(fitted_beside_own(network, statistics) if statistics else _own_alone(network))
        names.append(name)
        any_fitted |= statistics is not None
        if statistics is None:
            say(f"{name} has no maps at several depths to pool and stays as it is")
    if not any_fitted:
        return None, names
    return (join_networks(networks) if networks[1:] else networks[0]), names


def fit_to_photos(embedding, photos, *, seed, folder, progress):
    """Return `fit_to_pooled` of `LOOKS` looks at photos; None where they are too few or the network has one map alone.

    photos: paths, unreadable ones are passed over. folder: for what a killed run goes on from.
    progress: `progress.progress`.
    """
    if len(photos) < FEW_PHOTOS or not has_depths(embedding):
        return None
    size = embedding.input_shape[1]
    path = folder / f"pooling_{digest([*embedding.get_weights(), np.array([seed, size]), *_written(photos)])}.npz"
    statistics = arrays_if_whole(path)
    if statistics is None:
        stream = ViewStream(photos, size=size, seed=seed)
        with progress(f"views of {len(photos)} photos", LOOKS * VIEWS, "view") as bar:
            groups = list(_pooled_groups(embedding, stream, path.with_suffix(""), bar))
        with progress("pooling fitted to them", 1, "network") as bar:
            statistics = fit_to_pooled(groups)
            bar.update(1)
        write_arrays(path, **statistics)
    return statistics


def _written(photos):
    """Arrays that tell photo files from others: paths, and when each was written (0 where there is none)."""
    times = [path.stat().st_mtime_ns if path.exists() else 0 for path in photos]
    return np.array(list(map(str, photos))), np.array(times)


def _pooled_groups(embedding, stream, folder, bar):
    """Yield what `view_pooling` makes of `LOOKS` looks, group by group; what a killed run left in `folder` it does not
    make again."""
    pool = view_pooling(embedding)
    for first in range(0, LOOKS, PHOTOS_TOGETHER):
        path, count = folder / f"{first:04}.npz", min(PHOTOS_TOGETHER, LOOKS - first)
        kept = arrays_if_whole(path)
        if kept is None:
            parts = pool(list(stream.views(count)))
            kept = {"state": np.array(stream.state()), **{str(part): array for part, array in enumerate(parts)}}
            write_arrays(path, **kept)
        stream.go_on(str(kept.pop("state")))
        yield list(kept.values())
        bar.update(count * VIEWS)


def fitted_beside_own(embedding, statistics):
    """Return the embedding network with features pooled by `statistics` beside its own (by themselves: PRETRAINED).

    The backbone runs once for both.
    """
    inputs = keras.Input(embedding.input_shape[1:], name="picture")
    maps = backbone_maps(embedding)(inputs, training=False)
    pool = DepthPooling(statistics["axes"].shape[1], name="fitted", dtype="float32")
    own = _own_pooling(embedding, maps)
    network = side_by_side(inputs, [{"features": own, PRETRAINED: own}, {"features": pool(maps)}])
    pool.set_statistics(statistics)
    return network


def _own_alone(embedding):
    """The network with the same features as before it was fitted, for its place among networks that were."""
    inputs = keras.Input(embedding.input_shape[1:], name="picture")
    own = keras.Model(embedding.input, embedding.output, name="own")(inputs)
    return side_by_side(inputs, [{"features": own, PRETRAINED: own}])


def _own_pooling(embedding, maps):
    """The vectors that an embedding network's own pooling makes of the maps of `backbone_maps`."""
    layer = embedding.get_layer("features")
    again = type(layer).from_config({**layer.get_config(), "name": PRETRAINED + "_own"})
    vectors = again(maps if isinstance(layer, DepthPooling) else maps[-1])
    again.set_weights(layer.get_weights())
    return vectors
