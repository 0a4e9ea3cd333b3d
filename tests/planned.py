"""A project's settings and what its steps leave, for the tests of what is run."""
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.records import write_record
from imgcluster.files import write_lines

ALL = ["00", "01", "02", "03", "04", "05", "06"]


def settings_in(root, *overrides):
    return load_settings(None, ["DATASET=new", "TRAIN_DATASET=known", *overrides], root=root)


def finish(settings, dataset, *numbers):
    """Leave what the steps leave: outputs, and the record of the settings that made them."""
    source = settings.for_dataset(dataset)
    data_dir = source.folder("DATA_DIR")
    for number in numbers:
        write_lines(data_dir / f"output_of_{number}", [number])
        write_record(data_dir, number, settings=of_step(source, number), outputs=[f"output_of_{number}"],
                     inputs=[data_dir / "output_of_00"])
