"""Reads what `writeEpisodes` wrote with h5py, Google's protobuf and Pillow, and prints it for formats.ts to compare.

    python3 formats.py <folder with rt1, rt1-jpeg, csgo, recon and recon-jpeg> <folder of make_tfrecord.py>
"""
import hashlib
import io
import json
import pathlib
import struct
import sys

import h5py
import numpy as np
from PIL import Image

folder = pathlib.Path(sys.argv[1])
sys.path.insert(0, sys.argv[2])
from make_tfrecord import Example, masked, parts  # noqa: E402


def decode(data):
    return np.array(Image.open(io.BytesIO(bytes(data))).convert("RGB"))


def summary(frames, actions):
    frames, actions = np.stack(frames), np.asarray(actions, np.float32)
    return {
        "shape": list(frames.shape),
        "frames": hashlib.sha256(frames.tobytes()).hexdigest(),
        "actions": hashlib.sha256(actions.tobytes()).hexdigest(),
        "actionShape": list(actions.shape),
    }


def rt1(folder):
    features = json.loads((folder / "features.json").read_text())
    steps = features["featuresDict"]["features"]["steps"]["sequence"]["feature"]["featuresDict"]["features"]
    assert sorted(steps["action"]["featuresDict"]["features"]) == [name for name, _ in parts]
    found = []
    for shard in sorted(folder.glob("*.tfrecord-*")):
        data = shard.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
            body = data[12 : 12 + length]
            assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked(body)
            data = data[16 + length :]
            feature = Example.FromString(body).features.feature
            images = feature["steps/observation/image"].bytes_list.value
            columns = []
            for name, size in parts:
                values = feature[f"steps/action/{name}"]
                kind = "int64_list" if name == "terminate_episode" else "float_list"
                columns.append(np.array(getattr(values, kind).value, np.float32).reshape(len(images), size))
            assert list(feature["steps/is_last"].int64_list.value) == [0] * (len(images) - 1) + [1]
            found.append(summary([decode(image) for image in images], np.concatenate(columns, 1)))
    return found


def csgo(folder):
    found = []
    for path in sorted(folder.rglob("*.hdf5")):
        with h5py.File(path, "r") as file:
            count = sum(name.endswith("_x") for name in file)
            assert file["frame_0_xaux"].shape == (54,) and file["frame_0_helperarr"].shape == (2,)
            frames = [file[f"frame_{i}_x"][:][:, :, ::-1] for i in range(count)]
            found.append(summary(frames, [file[f"frame_{i}_y"][:] for i in range(count)]))
    return found


def recon(folder):
    """The way of Navigation World Models: motion in the robot's frame, over 0.25 m, scaled to [-1, 1]."""
    low, high = np.array([-2.5, -4]), np.array([5, 4])
    found = []
    for path in sorted(folder.rglob("*.hdf5")):
        with h5py.File(path, "r") as file:
            images = file["images"]["rgb_left"]
            frames = [decode(images[i]) for i in range(images.shape[0])]
            position, yaw = file["jackal"]["position"][:, :2], file["jackal"]["yaw"][()]
        actions = np.zeros((len(frames), 3))
        for t in range(len(frames) - 1):
            cos, sin = np.cos(yaw[t]), np.sin(yaw[t])
            motion = (position[t + 1] - position[t]) @ np.array([[cos, -sin], [sin, cos]]) / 0.25
            actions[t, :2] = 2 * (motion - low) / (high - low) - 1
            actions[t, 2] = (yaw[t + 1] - yaw[t] + np.pi) % (2 * np.pi) - np.pi
        found.append({**summary(frames, actions), "values": actions.tolist()})
    return found


readers = {"rt1": rt1, "rt1-jpeg": rt1, "csgo": csgo, "recon": recon, "recon-jpeg": recon}
print(json.dumps({name: read(folder / name) for name, read in readers.items()}))
