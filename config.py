"""The only file you edit. Plain constants, grouped by step; nothing here does any work.

A new dataset in four lines:
  1. put the photos into  raw_img/<name>/          (sub-folders are fine)
  2. set                  DATASET = "<name>"
  3. say where the true labels are (LABELS_FROM), or LABELS_FROM = None when there are none
  4. run                  python run_all.py
Labelled photos of other products of the same kind make the clusters better: TRAIN_DATASET names them.
Any setting can also be given for one run:  python 04_cluster_som.py --set NUM_CLUSTERS=40
"""

# ---------------------------------------------------------------- datasets and folders

# Name of the photo set to cluster. It is put where {DATASET} stands in the folders below, so changing this one line
# moves everything. "sample" is a small catalogue that step 00 draws on first use.
DATASET = "sample"

# What step 02 adapts the network to:
#   "auto"     the photos of DATASET themselves, without their labels: nothing is trained, but how the network pools
#              what it sees is fitted to them (from 50 photos on), which tells products apart better. For the sample its
#              training part, which has labels
#   "<name>"   a photo set WITH labels, to fine-tune the network on (TRAIN_LABELS_FROM says where they are): other
#              products than those to be clustered, of the same kind if you can. To one without labels it is fitted
#   None       nothing: the pretrained network as it is; better where a group is a kind of thing (shirts, hats) rather
#              than one product
TRAIN_DATASET = "auto"

# Where the photos lie. Sub-folders are searched too; nothing in here is ever changed.
# Relative paths count from the folder of this file; absolute paths are taken as they are.
RAW_IMG_DIR = "raw_img/{DATASET}"

# Where step 01 writes the photos as the network is to see them: cropped, with their background removed where wanted.
IMG_DIR = "img/{DATASET}"

# Where labels, features, the network and the clusters go: files for programs.
DATA_DIR = "data/{DATASET}"

# Where figures go: files for people.
RESULT_DIR = "result/{DATASET}"

# Seed of everything random (training, bootstrap; the map and the number of clusters depend on no chance). A whole
# number from 0. Same seed, same results.
RANDOM_SEED = 0

# Processes that read photos at the same time. None: one per processor core.
NUM_WORKERS = None

# Largest photo that is opened, in pixels (width x height). A guard against files made to fill the memory.
MAX_PIXELS = 200_000_000

# ---------------------------------------------------------------- step 00: true labels

# Where the true product model of each photo is found:
#   "filename"   in the file name, by LABEL_REGEX
#   "folder"     the name of the first sub-folder the photo lies in (blanks and # become _, as in all labels)
#   "x.csv"      in a CSV file with the columns file (path below RAW_IMG_DIR) and label; the path of the CSV file itself
#                counts from the folder of this file and may hold {DATASET}
#   None         there are none: the photos are clustered all the same, only the scores are left out
LABELS_FROM = "filename"

# The same for TRAIN_DATASET and CALIBRATION_DATASET where their labels are found in another way, or where the photos to
# be clustered have none. None: as LABELS_FROM says; so with LABELS_FROM = None no labels are looked for in
# TRAIN_DATASET, and those of an earlier run, and the network trained on them, are used as they are.
TRAIN_LABELS_FROM = None

# With LABELS_FROM = "filename": a regular expression searched in each file name (without folders); its first group is
# the label. The default takes the leading number of names such as 1234_88_0.jpg (MODEL_PRODUCT_IMAGE.jpg).
LABEL_REGEX = r"^(\d+)_"

# ---------------------------------------------------------------- step 01: background removal

# How the product is cut out: "grabcut" (colour model and graph cut, the best), "contours" (edges, faster, for plain
# backgrounds only) or "none" (whole photo).
BACKGROUND_METHOD = "grabcut"

# What stands behind the product afterwards: "keep" (the photo as it is: what groups real photos best, and the fastest),
# "white", "grey", "mean" (the photo's mean colour), "blur" or "transparent" (the files then hold PNG data, whatever
# their names; the network sees white). Try "white" where sellers' backgrounds differ more than the products do, and for
# search by photo (step 07) where photos were taken in hands and shops.
BACKGROUND = "keep"

# Crop each photo to a square around the product, so that the seller's framing no longer matters: "plain" (only where
# the background is plain and the cut therefore sure), True (every photo) or False.
CROP_TO_PRODUCT = "plain"

# Leave out photos in which the product fills less than this share of the frame (0 to below 1; 0: none), or that show
# more separate objects than this (from 1; None: any number). They are listed in skipped.csv with the reason.
MIN_PRODUCT_SHARE = 0.0
MAX_OBJECTS = None

# True: even out the lightness (CLAHE). For photos taken in very different light.
NORMALIZE_CONTRAST = False

# True: also write each mask (0 = background, 255 = product, at the photo's own size) to DATA_DIR/masks/.
SAVE_MASKS = False

# True: later steps leave out photos that are copies of another one (resized, recompressed, cropped, marked, framed).
# The best copy stays: colour before grey, then the one that shows the most detail (an enlarged copy shows no more than
# its original).
# False: each copy gets the cluster of its original, and has no say in how many clusters there are. Either way they are
# listed in duplicates.csv, and no file is deleted.
REMOVE_DUPLICATES = False

# Longer side, in pixels, of the photos written to IMG_DIR (larger ones are scaled down). At least the network's input
# size; more costs disk space and time for nothing.
MAX_IMG_SIDE = 640

# ---------------------------------------------------------------- the network (steps 02, 03 and 07)

# Pretrained network. "auto": InceptionV3 where its ImageNet weights are on this machine or can be downloaded, else the
# small network that ships with this project ("bundled"). A network named here never falls back on another: InceptionV3,
# VGG16, VGG19, ResNet50, ResNet50V2, MobileNet, MobileNet_0.75, MobileNetV2, MobileNetV3Small, MobileNetV3Large,
# EfficientNetB0 to EfficientNetB4, EfficientNetV2B0, EfficientNetV2S, ConvNeXtTiny, DenseNet121, DenseNet169, bundled.
# MobileNetV2 is several times faster than InceptionV3. "hub:PRESET": a preset of keras-hub such as a ViT or DINOv2
# (pip install -r requirements-hub.txt), or the folder of one. A list such as ["InceptionV3", "MobileNetV2"] trains and
# uses several together, which is better, and as slow as all of them.
BACKBONE = "auto"

# Its weights: "imagenet" (Keras downloads them once), the path of a weights file (.h5 or .weights.h5, without the
# classification layer; needs BACKBONE to name its network), or None (random: only for trying things out). With a list
# in BACKBONE: a list, one entry for each, or one word for all.
WEIGHTS = "imagenet"

# Side of the square picture the network sees, in pixels. None: the size it was made for (224 to 384). Smaller is
# faster, and time goes with the square.
INPUT_SIZE = None

# How a photo becomes square: "pad" (white margins, nothing lost), "stretch", or "crop" (the middle).
RESIZE_MODE = "pad"

# How the network's maps become one vector. "avg" (the average), "max" and "gem" (generalised mean, between the two,
# learnt in training) pool the last map alone. "auto": step 02 fits the pooling of maps of three depths to the photos of
# TRAIN_DATASET (from 50 on); without that step it is "avg". A weights file that says how to pool, such as the bundled
# network's, is followed, and its pooling fitted anew only where there are no labels. With LOSS = "cascaded" none is.
POOLING = "auto"

# Photos per batch, in training and in feature extraction. Less if memory runs out.
BATCH_SIZE = 32

# ---------------------------------------------------------------- step 02: fine-tuning

# Share of the models (0 to below 1) held out of training to choose the best epoch on: the network is for models it was
# never trained on, and only such models tell whether it is ready for them. At least two; with fewer than four models,
# or 0, photos held back of the trained models choose instead, which favours learning those models by heart.
HOLDOUT_MODELS = 0.2

# True: once the held-out models have chosen the number of epochs, the network is trained once more, for as many, on all
# models: the more models it learns, the better it tells new ones apart. Takes twice the time at most.
TRAIN_ON_ALL = True

# Share of each trained model's photos to train on (above 0, below 1); the rest shows how well they are recognised.
TRAIN_FRACTION = 0.9

# True: the features of the pretrained network, as it was, stand beside those it learnt: what it knew before still
# serves for products unlike those it was trained on, and alone for another kind of product (USE_FINE_TUNED). Step 03
# takes a third longer: blocks that training left as they were (TRAINABLE_FRACTION) run once for both.
KEEP_PRETRAINED = True

# True: after training, directions in which photos of one model differ (pose, light, background) count less in the
# features; learnt from the training photos, kept in the network. Costs nothing.
WHITEN_WITHIN_MODELS = True

# What the network learns to do:
#   "softmax"       tell the models apart
#   "center"        "softmax", and photos of a model near its centre
#   "cosine"        tell the models apart by direction alone, as clusters are compared
#   "arcface"       "cosine", with a margin between the models
#   "contrastive"   "cosine", and photos of one model are each other's nearest in a batch
#   "triplet"       "cosine", and a photo is nearer to its own model than to another by a margin (semi-hard triplets;
#                   "triplet_hard": the hardest of a batch)
#   "cascaded"      "cosine", and pairs of photos at three depths of the network, each on the pairs that were hard for
#                   the one before
LOSS = "contrastive"

# Size of a learnt vector of length 1 on top of the pooled features, which step 03 then writes (2 to 4096). None: the
# pooled features themselves.
EMBEDDING_DIM = None

# Photos of each model in a batch (from 2), for the losses that compare photos: "contrastive" and those below it.
IMGS_PER_MODEL_IN_BATCH = 8

# Passes over the photos for the new classification layer alone, on the frozen network. Cheap.
HEAD_EPOCHS = 40

# Passes over the photos for the upper part of the network. 0: only the classification layer is trained. Few: after
# some, the network only gets better at the models it is trained on, and worse at others. More (10) for a classifier.
EPOCHS = 6

# The network that is kept is the average of its weights over about this many epochs (1, say, for long trainings). 0:
# the weights of one moment, which is better for short ones.
WEIGHT_AVERAGING = 0.0

# Share of the network's layers, from the top, that fine-tuning changes (0 to 1).
TRAINABLE_FRACTION = 0.6

# Learning rate of the classification layer, and of the network's upper part (about ten times lower).
HEAD_LEARNING_RATE = 2e-3
LEARNING_RATE = 2e-4

# How the learning rate falls: "cosine" (smoothly to 0 over EPOCHS), "step" (times 0.3 at one and at two thirds of
# EPOCHS) or "plateau" (times 0.3 whenever nothing got better for 2 epochs).
LEARNING_RATE_SCHEDULE = "cosine"

# Stop when nothing got better for this many epochs: MAP@R of the held-out models (HOLDOUT_MODELS; how many of a photo's
# nearest photos show its own model), or the validation loss where there are none.
EARLY_STOPPING_PATIENCE = 8

# Share of the features dropped at random in front of the classification layer (0 to below 1).
DROPOUT = 0.0

# Share of the label spread over the other models (0 to below 1): guards against overconfidence and wrong labels.
LABEL_SMOOTHING = 0.1

# True: models with few photos count as much as models with many.
CLASS_WEIGHTS = True

# Augmentation: how much each training photo is changed at random. 0 switches a change off (False: the mirroring).
AUGMENT_CROP = 0.12         # share of the side cut off by a random crop, 0 to 0.5
AUGMENT_ROTATION = 10.0     # degrees to either side, 0 to 180
AUGMENT_FLIP = True         # left-right mirroring; False where text or left and right matter
AUGMENT_TRANSLATION = 0.05  # share of the side, 0 to 0.5
AUGMENT_ZOOM = 0.1          # share of the size, in and out, 0 to 0.5
AUGMENT_BRIGHTNESS = 0.15   # share of full range, 0 to 1
AUGMENT_CONTRAST = 0.15     # share, 0 to 1
AUGMENT_COLOR = 0.15        # saturation and hue, share, 0 to 1
AUGMENT_NOISE = 0.01        # standard deviation as a share of full range, 0 to 0.5

# How many changed versions of each photo are drawn. The blocks that training leaves as they are see each once, and the
# rest of the network meets it again in later epochs, from disk (up to 8 GB for each network while step 02 runs; where
# that would not do, it is as with None). None: new ones in every epoch, which takes twice the time.
AUGMENT_VERSIONS = 4

# ---------------------------------------------------------------- step 03: features

# Whether the network that step 02 fine-tuned is used: "auto" (for photos of the kind of product that it was trained on;
# photos of another kind get the features from before the training, which are better for them, if KEEP_PRETRAINED kept
# them) or True (for all photos, say because step 03 took yours for another kind and you know better).
USE_FINE_TUNED = "auto"

# True: average the features of each photo and its mirror image, also the probabilities of tools/predict_models.py.
# Takes twice the time; more exact.
FLIP_AVERAGING = False

# Average the features of each photo and of its middle, enlarged this many times (1 to 3), such as 1.3, also the
# probabilities of tools/predict_models.py: for photos in which the product is small. Takes twice the time. 1.0: the
# whole photo alone.
ZOOM_AVERAGING = 1.0

# True: scale every feature vector to length 1, so that distances compare directions (cosine).
L2_NORMALIZE = True

# Reduce the features to this many principal components, of equal variance (whitening). None: leave them as they are.
PCA_WHITENING = None

# True: also write what TensorFlow's Embedding Projector shows: features.tsv, metadata.tsv (files and labels),
# sprite.png (the photos, small) and projector_config.pbtxt. TensorBoard shows them:
# pip install tensorboard; tensorboard --logdir data/NAME
FEATURES_TSV = False

# ---------------------------------------------------------------- step 04: clusters

# Number of clusters (product models). None: it is estimated.
NUM_CLUSTERS = None

# Roughly how many photos one product model has, when you know. None: not known.
NUM_IMGS_PER_MODEL = None

# Name of a labelled dataset of other products. It shows step 04 how finely to count. If the network was not trained on
# labels, it also shows how photos of one product differ; such differences then count less, even with NUM_CLUSTERS set.
# Run steps 00, 01 and 03 for both datasets first, with the same TRAIN_DATASET (a name, best this one, or None).
# "auto": TRAIN_DATASET, when it has labels and features, shows the same kind of product and a number is to be
# estimated. None: none, the estimate is made blindly.
CALIBRATION_DATASET = "auto"

# Name of a dataset that was clustered before (steps 03 and 04, with the same network). The photos of DATASET are placed
# in its clusters, which keep their numbers; photos that fit none, likely new products, get cluster -1. With
# TRAIN_DATASET = "auto" the network that made its features is used. None: cluster DATASET by itself.
ASSIGN_TO = None

# True: photos far from all others get cluster -1 instead of the nearest cluster.
ALLOW_OUTLIERS = False

# Rows and columns of the Self-Organizing Map, such as (20, 20). None: chosen from the number of photos. Where there are
# more than 6,000 photos, a map of fewer than 600 units is only shown: they are clustered on one as None chooses it.
SOM_GRID = None

# Neighbourhood of the map's units: "rectangular" (8 neighbours) or "hexagonal" (6).
SOM_TOPOLOGY = "rectangular"

# True: the map's edges meet (a torus), so that no unit lies at a border. A hexagonal map then needs an even number of
# columns.
SOM_TOROIDAL = False

# Passes over the photos while the map is trained.
SOM_EPOCHS = 20

# ---------------------------------------------------------------- steps 05 and 06: scores and figures

# Draws behind the interval of the ARI (adjusted Rand index, the score of step 05).
BOOTSTRAP_SAMPLES = 1000

# Largest number of clusters and models shown one by one (contact sheets, confusion table).
MAX_SHEETS = 20

# Largest number of photos (from 10) that t-SNE lays out for the scatter plot; its time grows with them. Of more photos
# so many are drawn at random, and each other one is put beside those most like it.
SCATTER_MAX_PHOTOS = 3000

# Put the photos into RESULT_DIR/clusters/<cluster>/: False, "copy" or "link" (symbolic links).
EXPORT_CLUSTERS = False
