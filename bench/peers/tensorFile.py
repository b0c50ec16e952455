"""Reads the safetensors files that the benchmarks hand to the programs beside this one."""
import json

import numpy
import torch

types = {"F32": "<f4", "I32": "<i4"}


def load(path):
    """All tensors of a file, by name."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], types[entry["dtype"]]).copy()
        tensors[name] = torch.from_numpy(values).reshape(entry["shape"])
    return tensors
