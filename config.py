"""The only file you edit: plain constants, grouped by step. Nothing here does any work.

To cluster a new dataset:
  1. put the photos into  raw_img/<name>/          (sub-folders are fine)
  2. set                  DATASET = "<name>"
  3. set                  LABELS_FROM to where the true labels are, or to None when there are none
  4. run                  python run_all.py
Labelled photos of other products of the same kind make the clusters better: name them in TRAIN_DATASET.
Any setting can also be given for a single run:  python 04_cluster_som.py --set NUM_CLUSTERS=40
"""

# ---------------------------------------------------------------- datasets and folders

# Name of the photo set to cluster. It replaces {DATASET} in the folders below, so this one line switches everything to
# another set. "sample" is a small catalogue that step 00 draws on first use.
DATASET = "sample"

# What step 02 adapts the pretrained network to:
#   "auto"     the photos of DATASET, without looking at their labels. The network's weights stay as they are; only its
#              pooling (see POOLING) is fitted to the photos, which tells products apart better. Needs 50 photos or
#              more. For the sample, "auto" means its training part, "sample_train", which has labels; where
#              CALIBRATION_DATASET names a dataset, it means None
#   "<name>"   a photo set WITH labels, to fine-tune the network on (TRAIN_LABELS_FROM says where the labels are). It
#              should show other products than those to be clustered, of the same kind if you can, or be a labelled
#              part of the photos to be clustered
#   None       nothing: the pretrained network is used as it is. Better where a group is a kind of thing (shirts, hats)
#              rather than one product
TRAIN_DATASET = "auto"

# Where the photos are. Sub-folders are searched too; no photo in here is ever changed
# (07_search.py --add puts photos into it, and step 00 draws those of the sample).
# Here and below, relative paths count from the folder of this file; absolute paths are taken as they are.
RAW_IMG_DIR = "raw_img/{DATASET}"

# Where step 01 writes the photos as the network will see them: cropped and, if wanted, without their background.
IMG_DIR = "img/{DATASET}"

# Where files for programs go: labels, features, the network, the clusters.
DATA_DIR = "data/{DATASET}"

# Where files for people go: the report and figures.
RESULT_DIR = "result/{DATASET}"

# Seed for everything random (training, the interval of the ARI, the layout of the scatter plot; the map and the number
# of clusters involve no chance). A whole number from 0. The same seed gives the same results. On another computer, or
# with another number of cores in step 03, the last digits of the features differ, which may move the number of clusters
# of photos that are much alike.
RANDOM_SEED = 0

# Number of processes that read photos at the same time. None: one per processor core.
NUM_WORKERS = None

# Largest photo that is opened, in pixels (width x height). Guards against files made to fill the memory.
MAX_PIXELS = 200_000_000

# ---------------------------------------------------------------- step 00: true labels

# Where to find the true product model of each photo:
#   "filename"   in the file name, by LABEL_REGEX
#   "folder"     the name of the first sub-folder that the photo is in (in all labels, blanks and # become _, and blanks
#                around them do not count)
#   "x.csv"      in a CSV file with the columns file (path below RAW_IMG_DIR) and label. The path of the CSV file itself
#                counts from the folder of this file and may contain {DATASET}
#   None         nowhere: the photos are clustered all the same, only the scores are left out
LABELS_FROM = "filename"

# The same for TRAIN_DATASET and CALIBRATION_DATASET. Set it if their labels are found in another way, or if the photos
# to be clustered have none. None: as LABELS_FROM says. If that is None too, no labels are looked for in TRAIN_DATASET;
# labels from an earlier run, and the network trained on them, are used as they are.
TRAIN_LABELS_FROM = None

# With LABELS_FROM = "filename": a regular expression that is searched for in each file name (without folders). Its
# first group is the label. The default takes the leading number of names such as 1234_88_0.jpg
# (MODEL_PRODUCT_IMAGE.jpg).
LABEL_REGEX = r"^(\d+)_"

# ---------------------------------------------------------------- step 01: background removal

# How the product is cut out: "grabcut" (colour model and graph cut, the best), "contours" (edges; faster, for plain
# backgrounds only) or "none" (the whole photo).
BACKGROUND_METHOD = "grabcut"

# What replaces the background: "keep" (nothing, the photo stays as it is; groups real photos best, and is fastest),
# "white", "grey", "mean" (the photo's mean colour), "blur" or "transparent" (the files then contain PNG, or WebP
# under .webp, whatever their names; the network sees white). Try "white" where sellers' backgrounds differ more than
# the products do, and for search by photo (step 07) where photos were taken in hands and shops.
BACKGROUND = "keep"

# Crop each photo to a square around the product, so that the seller's framing no longer matters: "plain" (only on plain
# backgrounds, where the product is found reliably), True (every photo) or False (none). Photos in which no product is
# found keep their frame.
CROP_TO_PRODUCT = "plain"

# Leave out photos in which the product fills less than MIN_PRODUCT_SHARE of the frame (0 to below 1; 0: none are left
# out), or that show more than MAX_OBJECTS separate objects (from 1; None: any number). They are listed in skipped.csv
# with the reason.
MIN_PRODUCT_SHARE = 0.0
MAX_OBJECTS = None

# True: even out the lightness (CLAHE). Use it for photos taken in very different light.
NORMALIZE_CONTRAST = False

# True: also write each mask (0 = background, 255 = product, at the photo's own size) to DATA_DIR/masks/.
SAVE_MASKS = False

# What to do with copies of a photo (resized, recompressed, cropped, watermarked, framed).
# True: later steps leave them out. The best copy stays: colour before grey, then the one that shows the most detail (an
# enlarged copy shows no more than its original, one of 256 colours at most, such as a GIF, less).
# False: each copy gets the cluster of its original, but has no influence on the number of clusters.
# Either way copies are listed in duplicates.csv, and no file is deleted.
REMOVE_DUPLICATES = False

# Longer side, in pixels (from 32), of the photos written to IMG_DIR; larger photos are scaled down. Should be at least
# the network's input size (step 03 warns); more only costs disk space and time.
MAX_IMG_SIDE = 640

# ---------------------------------------------------------------- the network (steps 02, 03 and 07)

# Pretrained network. "auto": InceptionV3 if its ImageNet weights are on this machine or can be downloaded, otherwise
# the small network that ships with this project ("bundled"). A network that is named here is never replaced by another:
# InceptionV3, VGG16, VGG19, ResNet50, ResNet50V2, MobileNet, MobileNet_0.75, MobileNetV2, MobileNetV3Small,
# MobileNetV3Large, EfficientNetB0 to EfficientNetB4, EfficientNetV2B0, EfficientNetV2S, ConvNeXtTiny, DenseNet121,
# DenseNet169, bundled. MobileNetV2 is several times faster than InceptionV3.
# "hub:PRESET": a preset of keras-hub such as a ViT or DINOv2 (pip install -r requirements-hub.txt), or a preset's
# folder. A list such as ["InceptionV3", "MobileNetV2"] trains and uses several together: a little better than one
# (within what chance makes), and as slow as all of them.
BACKBONE = "auto"

# Weights of the network: "imagenet" (Keras downloads them once), the path of a weights file (.h5 or .weights.h5,
# without the classification layer; BACKBONE must name its network), or None (random; only for trying things out). If
# BACKBONE is a list: a list with one entry for each network, or one value for all.
WEIGHTS = "imagenet"

# Side of the square picture that the network sees, in pixels. None: the size it was made for (224 to 384). Smaller is
# faster: time grows with the square of the side.
INPUT_SIZE = None

# How a photo becomes square: "pad" (white margins, nothing is lost), "stretch", or "crop" (the middle).
RESIZE_MODE = "pad"

# How the network's feature maps become one vector. "avg" (average), "max" and "gem" (generalised mean, between the two,
# learnt in training) pool the last map alone. "auto": step 02 fits a pooling of maps from three depths to the photos of
# TRAIN_DATASET (50 or more); without that step the average is used. Some weights files, such as the bundled network's,
# say how to pool: "auto" then does that, and fits the pooling anew only where there are no labels. Training with
# LOSS = "cascaded" fits no pooling.
POOLING = "auto"

# Photos per batch, in training and in feature extraction. Lower it if memory runs out.
BATCH_SIZE = 32

# ---------------------------------------------------------------- step 02: fine-tuning

# Share of the models (0 to below 1) that are kept out of training and used to choose the best epoch. The network is
# meant for models that it was never trained on, and only such models show how good it is at them. At least two are held
# out, all of two photos or more. With fewer than four models, or with 0, held-back photos of the trained models choose
# the epoch instead, which favours learning those models by heart.
HOLDOUT_MODELS = 0.2

# True: once the held-out models have determined the number of epochs, train the network again from the start for as
# many epochs on all models. The more models it learns, the better it tells new ones apart. Takes at most twice as long.
TRAIN_ON_ALL = True

# Share of each trained model's photos to train on (above 0, below 1). The rest shows how well the models are
# recognised.
TRAIN_FRACTION = 0.9

# True: keep the features of the network as it was before training beside those it learnt. They still serve for products
# unlike those it was trained on, and are used alone for another kind of product (USE_FINE_TUNED). Step 03 takes a third
# longer: the blocks that training left unchanged (TRAINABLE_FRACTION) run once for both.
KEEP_PRETRAINED = True

# True: after training, give less weight to directions of the features in which photos of the same model differ (pose,
# light, background). They are learnt from the training photos and stored in the network. Costs nothing.
WHITEN_WITHIN_MODELS = True

# What the network is trained to do. "contrastive", "arcface" and the triplet losses are about equally good for new
# models (docs/finetuning.md, Losses):
#   "softmax"       classify photos by model
#   "center"        "softmax", and pull photos towards the centre of their model
#   "cosine"        classify photos by model using the direction of their features alone, as clusters are compared
#   "arcface"       "cosine", with a margin between the models
#   "contrastive"   "cosine", and make photos of one model each other's nearest in a batch
#   "triplet"       "cosine", and make a photo nearer to its own model than to another by a margin (semi-hard triplets;
#                   "triplet_hard": the hardest triplets of a batch)
#   "cascaded"      "cosine", and compare pairs of photos at three depths of the network, each depth using the pairs
#                   that were hardest for the one before
LOSS = "contrastive"

# Number of features (2 to 4096) of a learnt layer on top of the pooled features, scaled to length 1, which step 03 then
# writes. None: step 03 writes the pooled features themselves.
EMBEDDING_DIM = None

# Photos of each model in a batch (from 2), for the losses that compare photos: "contrastive" and those below it in the
# list.
IMGS_PER_MODEL_IN_BATCH = 8

# Epochs (passes over the photos) in which only the new classification layer is trained, on the frozen network. Cheap.
HEAD_EPOCHS = 40

# Epochs in which the upper part of the network is trained. 0: only the classification layer is trained. Keep it small:
# after a few epochs the network only gets better at the models it is trained on, and worse at others. Use more (10) for
# a classifier of the trained models.
EPOCHS = 6

# The weights that are kept are the average over about this many epochs (1, say, for long trainings). 0: no averaging,
# which is better for short trainings.
WEIGHT_AVERAGING = 0.0

# Share of the network's layers, counted from the top, that fine-tuning changes (0 to 1).
TRAINABLE_FRACTION = 0.6

# Learning rate of the classification layer, and of the network's upper part (about ten times lower).
HEAD_LEARNING_RATE = 2e-3
LEARNING_RATE = 2e-4

# How the learning rate falls: "cosine" (smoothly to 0 over EPOCHS), "step" (times 0.3 after one third and again after
# two thirds of EPOCHS) or "plateau" (times 0.3 whenever nothing has improved for 2 epochs).
LEARNING_RATE_SCHEDULE = "cosine"

# Stop training when the score has not improved for this many of the EPOCHS (HEAD_EPOCHS do not count), so for long
# trainings: without effect unless it is smaller than EPOCHS. The score is MAP@R of the held-out models
# (HOLDOUT_MODELS; how many of a photo's nearest photos show its own model), or the validation loss where there are
# none.
EARLY_STOPPING_PATIENCE = 8

# Share of the features dropped at random before the classification layer (0 to below 1).
DROPOUT = 0.0

# Share of each label that is spread over the other models (0 to below 1). Guards against overconfidence and wrong
# labels.
LABEL_SMOOTHING = 0.1

# True: models with few photos count as much as models with many. No effect with the losses that compare photos
# ("contrastive" and those below it), whose batches hold as many photos of each model anyway.
CLASS_WEIGHTS = True

# Augmentation: how much each training photo is changed at random. 0 switches a change off (False for the mirroring).
AUGMENT_CROP = 0.12         # share of the side cut off by a random crop, 0 to 0.5
AUGMENT_ROTATION = 10.0     # degrees to either side, 0 to 180
AUGMENT_FLIP = True         # left-right mirroring; False where text or left and right matter
AUGMENT_TRANSLATION = 0.05  # share of the side, 0 to 0.5
AUGMENT_ZOOM = 0.1          # share of the size, in and out, 0 to 0.5
AUGMENT_BRIGHTNESS = 0.15   # share of full range, 0 to 1
AUGMENT_CONTRAST = 0.15     # share, 0 to 1
AUGMENT_COLOR = 0.15        # saturation and hue, share, 0 to 1
AUGMENT_NOISE = 0.01        # standard deviation as a share of full range, 0 to 0.5

# How many randomly changed versions of each photo are made. The blocks that training does not change process each
# version once; later epochs read the result from disk (up to 8 GB for each network, while step 02 runs). If it does not
# fit there, versions are made anew in every epoch, as with None, which takes twice the time.
AUGMENT_VERSIONS = 4

# ---------------------------------------------------------------- step 03: features

# When to use the network that step 02 fine-tuned. "auto": for photos of the kind of product that it was trained on;
# photos of another kind get the features from before the training, which are better for them, if KEEP_PRETRAINED kept
# them. True: for all photos, for example if step 03 takes your photos for another kind and you know better. No effect
# with ASSIGN_TO, or on the photos of TRAIN_DATASET.
USE_FINE_TUNED = "auto"

# True: average the features of each photo and its mirror image (also the probabilities of tools/predict_models.py).
# More exact, but takes twice the time.
FLIP_AVERAGING = False

# Average the features of each photo and of its middle, enlarged this many times (1 to 3), such as 1.3 (also the
# probabilities of tools/predict_models.py). For photos in which the product is small. Takes twice the time. 1.0: the
# whole photo alone.
ZOOM_AVERAGING = 1.0

# True: scale every feature vector to length 1, so that distances compare directions (cosine).
L2_NORMALIZE = True

# Reduce the features to this many principal components, scaled to equal variance (whitening). None: leave them as they
# are.
PCA_WHITENING = None

# True: also write the files for TensorFlow's Embedding Projector: features.tsv, metadata.tsv (files and labels),
# sprite.png (the photos, small) and projector_config.pbtxt. To see them:
# pip install tensorboard; tensorboard --logdir data/NAME
FEATURES_TSV = False

# ---------------------------------------------------------------- step 04: clusters

# Number of clusters (product models), if you know it. None: it is estimated.
NUM_CLUSTERS = None

# Roughly how many photos there are of one product model, if you know. The number of clusters is then about photos /
# this; if the photos themselves show a clear number near it, the two are joined. None: not known.
NUM_IMGS_PER_MODEL = None

# Name of a labelled dataset of other products, which shows step 04 how finely to count. If the network was not trained
# on labels, it also shows how photos of one product differ; such differences then count less, even with NUM_CLUSTERS
# set. Photos picked from DATASET itself show only the latter. TRAIN_LABELS_FROM says where its labels are; run_all.py
# takes it through steps 00, 01 and 03, too. Its features and those of DATASET must come from the same network, so none
# is fitted to DATASET: TRAIN_DATASET is the name of a labelled dataset (this one, say) or None, and "auto" means None.
# "auto": TRAIN_DATASET, if it has labels and features, shows the same kind of product, and neither NUM_CLUSTERS nor
# NUM_IMGS_PER_MODEL is set.
# None: no dataset; the number is estimated from the photos alone.
CALIBRATION_DATASET = "auto"

# Name of a dataset that was clustered before (steps 03 and 04, with the same network), such as last week's. The photos
# of DATASET are then placed in its clusters, which keep their numbers and names; photos that fit none, likely new
# products, get cluster -1. If its photos were placed in the clusters of a third dataset, those are compared, too, and
# so on back to the first week's. Search (07, 08) then looks through the photos of all of them. With TRAIN_DATASET =
# "auto" the network that made its features is used. The other settings of step 04 then have no effect, and
# PCA_WHITENING must be None. None: cluster DATASET by itself.
ASSIGN_TO = None

# True: photos far from all others, such as those of another kind of thing, get cluster -1 instead of the nearest
# cluster. Where they are few and products have many photos, half of them are found; of the others one in 100 to 300 is
# taken for one.
ALLOW_OUTLIERS = False

# Rows and columns of the Self-Organizing Map, such as (20, 20). None: chosen from the number of photos, about a unit
# for 3.5 of them. At most 10,000 units, or one for each photo. With more than 6,000 photos, a map of fewer than 600
# units is only shown; clusters are then found on a map of the size that None would choose. So they are with more than
# 10,000 photos on a map of more than 10,000 units.
SOM_GRID = None

# Neighbours of each unit of the map: "rectangular" (8) or "hexagonal" (6).
SOM_TOPOLOGY = "rectangular"

# True: opposite edges of the map meet (a torus), so that no unit is at a border. A hexagonal map then needs an even
# number of columns.
SOM_TOROIDAL = False

# Passes over the photos while the map is trained.
SOM_EPOCHS = 20

# ---------------------------------------------------------------- steps 05 and 06: scores and figures

# Number of random halves of the photos behind the interval of the ARI (adjusted Rand index, the main score of step 05);
# from 10.
BOOTSTRAP_SAMPLES = 1000

# Largest number of clusters and models that are shown one by one in contact sheets and in confusion.png; 0: neither.
MAX_SHEETS = 20

# Largest number of photos (from 10) that t-SNE lays out for the scatter plot; its time grows with them. If there are
# more, this many are drawn at random, and each of the others is placed beside those most like it.
SCATTER_MAX_PHOTOS = 3000

# Put the photos into RESULT_DIR/clusters/<cluster and its name>/: False (do not), "copy" or "link" (symbolic links).
# Made anew each time; a folder in which you changed anything, or of whose photos the originals are gone, is kept as
# RESULT_DIR/clusters-1.
EXPORT_CLUSTERS = False
