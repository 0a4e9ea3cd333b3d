"""Figures of the Self-Organizing Map: distances, hits, and the map as a wall of photos."""
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import MaxNLocator

from imgcluster.plots.canvas import fitted, show_canvas
from imgcluster.plots.cells import brick_centres, cell_centres, cell_outlines, cluster_borders, connected_parts
from imgcluster.plots.style import (
    BORDER_COLOUR,
    DPI,
    bold_style,
    group_colour,
    new_figure,
    outline,
    short_names,
    text_style,
)
from imgcluster.wording import text_width

MAX_SIDE = 60  # units along the longer side of a wall of photos
_LONGEST_NAME = 14  # characters of a cluster's name
_LONGER_SIDE = (4.5, 9.0)  # inches, from a map of a few units to one of very many


def distance_map_figure(distance_map, unit_clusters, *, topology, title, hits=None, names=None):
    """U-matrix: how far each unit's prototype is from its neighbours', with the borders of the clusters.

    distance_map: float [rows, columns], 0 to 1; unit_clusters: int [rows, columns], -1 for units of no cluster; hits:
    photos of each unit, int [rows, columns], those that hold some bear a dot or a name; names: {cluster: what people
    call it}. Dark ridges part groups of products (Ultsch & Siemon, INNC 1990). The seam of a toroidal map is not drawn.
    """
    title += "" if hits is None else ". Numbers and dots: units with photos"
    figure, axes = _map_axes(distance_map, topology, title)
    low, high = float(distance_map.min()), float(distance_map.max())
    cells = _draw_cells(axes, distance_map, topology, cmap="Greys", limits=(low, high) if high > low else (0, 1))
    _colour_bar(figure, axes, cells, "distance to neighbours (largest = 1)")
    centres = cell_centres(distance_map.shape, topology=topology)
    outlines = cell_outlines(centres, topology=topology)
    _draw_borders(axes, outlines, unit_clusters, width=1.6)
    low, high = _limits(outlines)
    points = 72 * _figure_size(high - low)[0] / (high - low)[0]
    named = _name_clusters(axes, outlines, unit_clusters, points=points, size=float(np.clip(points / 3, 6, 9)),
                           names=names)
    if hits is not None:
        dots = centres[(hits.ravel() > 0) & ~named]
        axes.scatter(*dots.T, s=(0.15 * points)**2, color=BORDER_COLOUR, edgecolors="white", linewidths=0.02 * points)
    return figure


def hits_figure(hits, *, topology, title):
    """Photos per unit: int [rows, columns]; units without a photo stay white, the number is written where it fits."""
    figure, axes = _map_axes(hits, topology, title)
    shown, most = np.ma.masked_equal(hits, 0), max(2, int(hits.max()))
    cells = _draw_cells(axes, shown, topology, cmap="YlGnBu", limits=(1, most))
    _colour_bar(figure, axes, cells, "photos in the unit", ticks=MaxNLocator(integer=True))
    if max(hits.shape) <= 25:
        for (x, y), count in zip(cell_centres(hits.shape, topology=topology), hits.ravel()):
            if count:
                dark = count > 0.6 * most
                axes.text(x, y, str(count), ha="center", va="center", fontsize=8, color="white" if dark else "black")
    return figure


def _map_axes(values, topology, title):
    low, high = _limits(cell_outlines(cell_centres(values.shape, topology=topology), topology=topology))
    width, height = _figure_size(high - low)
    figure = new_figure(width + 1.2, height + 0.7, title=title)
    axes = figure.add_subplot()
    axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    axes.set_xlabel("unit column", **text_style())
    axes.set_ylabel("unit row", **text_style())
    _number_units(axes, values.shape, topology)
    return figure, axes


def _limits(outlines):
    corners = outlines.reshape(-1, 2)
    return corners.min(axis=0), corners.max(axis=0)


def _figure_size(extent):
    """Inches of a picture of `extent` (width, height) units, with room for a title and for the name of the colours."""
    longer = np.clip(0.7 * extent.max(), *_LONGER_SIDE)
    return np.maximum(longer * extent / extent.max(), (4.5, 2.9))


def _number_units(axes, shape, topology):
    """Ticks at every unit or every so many, numbered as in the tables; hexagons lie closer along one axis."""
    centres = cell_centres(shape, topology=topology).reshape(*shape, 2)
    for axis, places in ((axes.xaxis, centres[0, :, 0]), (axes.yaxis, centres[:, 0, 1])):
        numbers = np.arange(0, len(places), max(1, -(-len(places) // 12)))
        axis.set_ticks(places[numbers], labels=[str(number) for number in numbers])


def _draw_cells(axes, values, topology, *, cmap, limits):
    outlines = cell_outlines(cell_centres(values.shape, topology=topology), topology=topology)
    cells = PolyCollection(outlines, cmap=cmap, edgecolors="#BBBBBB", linewidths=0.3)
    cells.set_array(np.ma.asarray(values).ravel())
    cells.set_clim(*limits)
    axes.add_collection(cells)
    return cells


def _colour_bar(figure, axes, cells, name, *, ticks=None):
    bar = figure.colorbar(cells, ax=axes, shrink=0.7, aspect=30, pad=0.02, ticks=ticks)
    bar.set_label(name, fontsize=9, **text_style())


def _draw_borders(axes, outlines, unit_clusters, *, width, colour=BORDER_COLOUR):
    segments = cluster_borders(outlines, unit_clusters.ravel())
    axes.add_collection(LineCollection(segments, colors=colour, linewidths=width, capstyle="round"))


def _name_clusters(axes, outlines, unit_clusters, *, points, size, names=None, below=0.0):
    """Name each part of each cluster, at its unit nearest to the middle of it or beside the edge there, unless that
    would cover another name: that of a larger cluster, or of any where this is not its cluster's largest part.

    points: typographic points of a data unit; below: how far below the middle of a unit its name stands. Returns which
    units bear a name, bool [units].
    """
    flat, named = unit_clusters.ravel(), np.zeros(unit_clusters.size, bool)
    centres = outlines.mean(axis=1) + (0, below)
    low, high = np.sort(np.transpose([axes.get_xlim(), axes.get_ylim()]), axis=0)
    parts, taken = _parts(outlines, flat), []
    texts = short_names([(names or {}).get(cluster, cluster) for cluster in dict(parts)], _LONGEST_NAME)
    texts = dict(zip(dict(parts), texts))
    for cluster, units in parts:
        apart = np.linalg.norm(centres[units] - np.median(centres[units], axis=0), axis=1)
        unit = units[apart.argmin()]
        half = np.array([0.38 * (text_width(texts[cluster]) + 0.6), 0.7]) * size / points
        place = np.clip(centres[unit], np.minimum(low + half, (low + high) / 2),
                        np.maximum(high - half, (low + high) / 2))
        if all((abs(place - other) > half + other_half).any() for other, other_half in taken):
            taken.append((place, half))
            named[unit] = True
            axes.text(*place, texts[cluster], ha="center", va="center", fontsize=size, path_effects=outline(3),
                      **bold_style(texts[cluster]))
    return named


def _parts(outlines, clusters):
    """(cluster, units) of each connected part of each cluster: the largest parts of all clusters, then the others, of
    both those of large clusters first."""
    part, found = connected_parts(outlines, clusters), []
    for cluster in np.unique(clusters[clusters >= 0]).tolist():
        own = np.flatnonzero(clusters == cluster)
        units = sorted((own[part[own] == each] for each in np.unique(part[own])), key=len, reverse=True)
        found += [(place > 0, -len(own), place, cluster, each) for place, each in enumerate(units)]
    return [(cluster, units) for *_, cluster, units in sorted(found, key=lambda item: item[:4])]


def map_with_thumbnails(grid_shape, unit_photo, thumbnail, unit_clusters, *, topology, title, names=None):
    """The map with a photo in each occupied unit, framed in its cluster's colour, dark lines between clusters.

    Each cluster's number, or what people call it where `names` {cluster: name} says so, stands at the foot of a photo
    in the middle of each of its parts.

    grid_shape: (rows, columns); unit_photo: int [rows, columns], row of the photo to show, -1 for none; thumbnail:
    callable from that row to a uint8 RGB [h, w, 3]; unit_clusters: int [rows, columns], -1 for none. Of a map
    longer than 60 units each square block of units shows one photo, so that the picture stays readable.
    """
    step = -(-max(grid_shape) // MAX_SIDE)
    photos, clusters = (_thinned(np.asarray(unit_photo), np.asarray(unit_clusters), step) if step > 1
                        else (np.asarray(unit_photo), np.asarray(unit_clusters)))
    topology = "rectangular" if step > 1 else topology
    pixels = 2 * int(np.clip(800 // max(photos.shape), 20, 80))  # even: bricks are shifted by half a cell
    centres = brick_centres(photos.shape, topology=topology)
    outlines = cell_outlines(centres, topology=topology, square=True)
    low, high = _limits(outlines)
    canvas = _wall(photos, clusters, thumbnail, corners=np.rint((centres - 0.5 - low) * pixels).astype(int),
                   size=np.rint((high - low) * pixels).astype(int), pixels=pixels)
    note = "" if step == 1 else f", one photo for {step} x {step} units"
    figure, axes = show_canvas(canvas, title=f"{title}{note}")
    _draw_borders(axes, (outlines - low) * pixels - 0.5, clusters, width=1.5, colour="black")
    _name_clusters(axes, (outlines - low) * pixels, clusters, points=72 / DPI, size=float(np.clip(pixels / 8, 6, 10)),
                   names=names, below=0.42 * pixels)
    return figure


def _thinned(photos, clusters, step):
    """Photo and cluster of the first occupied unit in each block of `step` x `step` units."""
    rows, columns = (-(-side // step) for side in photos.shape)
    blocks = []
    for values in (photos, clusters):
        padded = np.full((rows * step, columns * step), -1)
        padded[:values.shape[0], :values.shape[1]] = values
        blocks.append(padded.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows * columns, -1))
    first = (blocks[0] >= 0).argmax(axis=1)
    return tuple(block[np.arange(len(first)), first].reshape(rows, columns) for block in blocks)


def _wall(photos, clusters, thumbnail, *, corners, size, pixels):
    """Paint every unit: its cluster's colour, and inside it the photo."""
    canvas = np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    frame = max(3, pixels // 16)
    for photo, cluster, (x, y) in zip(photos.ravel(), clusters.ravel(), corners):
        cell = canvas[y:y + pixels, x:x + pixels]
        if photo >= 0:
            cell[:] = np.rint(255 * np.array(group_colour(cluster)))
            cell[frame:-frame, frame:-frame] = fitted(thumbnail(int(photo)), pixels - 2 * frame)
        else:
            cell[:] = 242
    return canvas
