"""The networks of LPIPS (VGG), FID and FVD in PyTorch, for comparison of speed and of results.

usage: python3 featureNetworks.py FOLDER THREADS

FOLDER holds vgg, inception and i3d.safetensors, each with the weights and the input "x" (for vgg "x" and "y"), channels
last. Reads names of networks from standard input, one per line; answers each with one line of JSON: seconds of one
call, processor seconds, and the mean of the absolute result.
"""
import json
import os
import sys
import time

import torch
from torch.nn import functional as F

from tensorFile import load


def vgg(w):
    def trunk(x):
        shift = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
        scale = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
        x = (x.flatten(0, 1).permute(0, 3, 1, 2) * 2 - 1 - shift) / scale
        taps = []
        for stage in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
            for index in stage:
                x = F.relu(F.conv2d(x, w[f"features.{index}.weight"], w[f"features.{index}.bias"], 1, 1))
            taps.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
            x = F.max_pool2d(x, 2)
        return taps

    total = 0
    for layer, (a, b) in enumerate(zip(trunk(w["x"]), trunk(w["y"]))):
        total = total + F.conv2d((a - b).square(), w[f"lin{layer}.model.1.weight"]).mean((1, 2, 3))
    return total


def inception(w):
    def conv(name, x, stride=1, pad=0):
        x = F.conv2d(x, w[f"{name}.conv.weight"], None, stride, pad)
        n = f"{name}.bn."
        args = (w[n + "running_mean"], w[n + "running_var"], w[n + "weight"], w[n + "bias"])
        return F.relu(F.batch_norm(x, *args, eps=0.001))

    def mean(x):
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    x = w["x"].flatten(0, 1).permute(0, 3, 1, 2)
    x = F.interpolate(x, (299, 299), mode="bilinear", align_corners=False) * 2 - 1
    x = conv("Conv2d_2a_3x3", conv("Conv2d_1a_3x3", x, 2))
    x = F.max_pool2d(conv("Conv2d_2b_3x3", x, 1, 1), 3, 2)
    x = F.max_pool2d(conv("Conv2d_4a_3x3", conv("Conv2d_3b_1x1", x)), 3, 2)
    for m in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        five = conv(f"{m}.branch5x5_2", conv(f"{m}.branch5x5_1", x), 1, 2)
        three = conv(f"{m}.branch3x3dbl_2", conv(f"{m}.branch3x3dbl_1", x), 1, 1)
        three = conv(f"{m}.branch3x3dbl_3", three, 1, 1)
        x = torch.cat((conv(f"{m}.branch1x1", x), five, three, conv(f"{m}.branch_pool", mean(x))), 1)
    m = "Mixed_6a"
    three = conv(f"{m}.branch3x3dbl_2", conv(f"{m}.branch3x3dbl_1", x), 1, 1)
    x = torch.cat((conv(f"{m}.branch3x3", x, 2), conv(f"{m}.branch3x3dbl_3", three, 2), F.max_pool2d(x, 3, 2)), 1)
    for m in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        seven = conv(f"{m}.branch7x7_2", conv(f"{m}.branch7x7_1", x), 1, (0, 3))
        seven = conv(f"{m}.branch7x7_3", seven, 1, (3, 0))
        twice = conv(f"{m}.branch7x7dbl_1", x)
        for part, pad in ((2, (3, 0)), (3, (0, 3)), (4, (3, 0)), (5, (0, 3))):
            twice = conv(f"{m}.branch7x7dbl_{part}", twice, 1, pad)
        x = torch.cat((conv(f"{m}.branch1x1", x), seven, twice, conv(f"{m}.branch_pool", mean(x))), 1)
    m = "Mixed_7a"
    three = conv(f"{m}.branch3x3_2", conv(f"{m}.branch3x3_1", x), 2)
    seven = conv(f"{m}.branch7x7x3_2", conv(f"{m}.branch7x7x3_1", x), 1, (0, 3))
    seven = conv(f"{m}.branch7x7x3_4", conv(f"{m}.branch7x7x3_3", seven, 1, (3, 0)), 2)
    x = torch.cat((three, seven, F.max_pool2d(x, 3, 2)), 1)
    for m in ("Mixed_7b", "Mixed_7c"):
        parts = [conv(f"{m}.branch1x1", x)]
        three = conv(f"{m}.branch3x3_1", x)
        double = conv(f"{m}.branch3x3dbl_2", conv(f"{m}.branch3x3dbl_1", x), 1, 1)
        for branch, value in (("branch3x3_2", three), ("branch3x3dbl_3", double)):
            parts.append(conv(f"{m}.{branch}a", value, 1, (0, 1)))
            parts.append(conv(f"{m}.{branch}b", value, 1, (1, 0)))
        pooled = mean(x) if m == "Mixed_7b" else F.max_pool2d(x, 3, 1, 1)
        x = torch.cat((*parts, conv(f"{m}.branch_pool", pooled)), 1)
    return x.mean((2, 3))


def i3d(w):
    def same(x, kernel, stride):
        pads = []
        for size, k, s in reversed(tuple(zip(x.shape[2:], kernel, stride))):
            total = max((-(-size // s) - 1) * s + k - size, 0)
            pads += [total // 2, total - total // 2]
        return F.pad(x, pads)

    def conv(name, x, stride=1):
        kernel = w[f"{name}.conv3d.weight"]
        steps = (stride,) * 3
        x = F.conv3d(same(x, kernel.shape[2:], steps), kernel, None, steps)
        n = f"{name}.bn."
        args = (w[n + "running_mean"], w[n + "running_var"], w[n + "weight"], w[n + "bias"])
        return F.relu(F.batch_norm(x, *args, eps=0.001))

    def pool(x, kernel, stride):
        return F.max_pool3d(same(x, kernel, stride), kernel, stride)

    def mixed(x, *names):
        for name in names:
            m = f"Mixed_{name}"
            parts = [conv(f"{m}.b0", x)]
            parts += [conv(f"{m}.{b}b", conv(f"{m}.{b}a", x)) for b in ("b1", "b2")]
            x = torch.cat((*parts, conv(f"{m}.b3b", pool(x, (3, 3, 3), (1, 1, 1)))), 1)
        return x

    x = conv("Conv3d_1a_7x7", w["x"].permute(0, 4, 1, 2, 3) * 2 - 1, 2)
    x = pool(x, (1, 3, 3), (1, 2, 2))
    x = conv("Conv3d_2c_3x3", conv("Conv3d_2b_1x1", x))
    x = mixed(pool(x, (1, 3, 3), (1, 2, 2)), "3b", "3c")
    x = mixed(pool(x, (3, 3, 3), (2, 2, 2)), "4b", "4c", "4d", "4e", "4f")
    x = mixed(pool(x, (2, 2, 2), (2, 2, 2)), "5b", "5c")
    x = F.avg_pool3d(x, (2, 7, 7), 1)
    return F.conv3d(x, w["logits.conv3d.weight"], w["logits.conv3d.bias"]).flatten(2).mean(2)


folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
networks = {"vgg": vgg, "inception": inception, "i3d": i3d}
weights = {name: load(os.path.join(folder, f"{name}.safetensors")) for name in networks}
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    name = line.strip()
    with torch.inference_mode():
        started, busy = time.perf_counter(), time.process_time()
        result = networks[name](weights[name])
        answer = {"seconds": time.perf_counter() - started, "processor": time.process_time() - busy}
    print(json.dumps({**answer, "mean": float(result.abs().mean())}), flush=True)
