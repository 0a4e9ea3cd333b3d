"""Which photos are searched: those of a dataset, and of the earlier ones in whose clusters they were placed."""
from dataclasses import dataclass
from pathlib import Path

from imgcluster.clusters.chain_checks import check_comparable
from imgcluster.datafiles.artefacts import BEFORE, read_features
from imgcluster.datafiles.chain import chain_behind
from imgcluster.datafiles.feature_record import read_before
from imgcluster.datafiles.staging import finish_claimed
from imgcluster.errors import UserError


@dataclass(frozen=True)
class Source:
    """A dataset whose photos are searched: its name, its DATA_DIR, and the folders where the photos lie, tried in
    order."""

    name: str
    data_dir: Path
    folders: list


def sources_of(name, folders_of, *, warn):
    """Return the Sources of a search: the dataset `name`, then the one in whose clusters its photos were placed, and so
    on, as far as a photo can be compared with all of them; `warn` of the first that it cannot, with which they end.

    folders_of: function from the name of a dataset to (its DATA_DIR, the folders where its photos lie).
    """
    sources = [Source(name, *folders_of(name))]
    for earlier in chain_behind(sources[0].data_dir, folder_of=lambda other: folders_of(other)[0]):
        try:
            sources.append(_comparable(Source(earlier, *folders_of(earlier)), sources[0].data_dir))
        except UserError as error:
            warn(f"photos of {earlier} are not searched: {error}")
            break
    return sources


def _comparable(source, first):
    """The Source; UserError where its features are not there, or cannot be compared with those in the folder `first`.
    """
    finish_claimed(source.data_dir)
    read_features(source.data_dir)
    check_comparable({source.name: source.data_dir}, first)
    lacking = [folder for folder in (source.data_dir, first) if read_before(folder) is None]
    if len(lacking) == 1:
        raise UserError(f"{lacking[0] / BEFORE} is missing; run 03_extract_features.py for it again")
    return source
