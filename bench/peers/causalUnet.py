"""The causal video U-Net of this project once more in PyTorch, for comparison: one call on a whole causal sequence.

Reads a folder: config.json, weights.safetensors and call.safetensors (inputs and the answer to compare with). Prints one
line of JSON: seconds of one call and processor seconds (medians of five), the largest difference relative to the largest answer, torch's version.
Covers what the lab preset has: no text or image tokens, no fps, continuous actions, causal masks, norms per frame.

Usage: python3 causalUnet.py FOLDER THREADS (0: all cores)
"""

import json
import math
import statistics
import sys
import time

import torch
from torch.nn import functional as F

from tensorFile import load


class VideoUnet:
    """Activations are [batch * frame, channel, height, width] in channels-last memory, frames fastest."""

    def __init__(self, config, weights):
        self.config = config
        self.w = {
            name: tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
            for name, tensor in weights.items()
        }

    def linear(self, name, x):
        weight = self.w[name + ".weight"]
        return F.linear(x, weight.reshape(weight.shape[0], weight.shape[1]), self.w.get(name + ".bias"))

    def conv(self, name, x, stride=1):
        weight = self.w[name + ".weight"]
        return F.conv2d(x, weight, self.w[name + ".bias"], stride, weight.shape[2] // 2)

    def norm(self, name, x, epsilon):
        return F.group_norm(x, self.config["normGroups"], self.w[name + ".weight"], self.w[name + ".bias"], epsilon)

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"])

    def embed(self, level, action, mask):
        half = self.config["channels"] // 2
        rates = torch.exp(-math.log(10000) * torch.arange(half) / half)
        angles = level.reshape(-1, 1) * rates
        sinusoid = torch.cat([angles.cos(), angles.sin()], 1)
        emb = self.linear("time_embed.2", F.silu(self.linear("time_embed.0", sinusoid)))
        if action is not None:
            h = F.silu(self.linear("action_emb_proj.0", action.reshape(-1, action.shape[-1])))
            h = F.silu(self.linear("action_emb_proj.2", h))
            emb = emb + self.linear("action_emb_proj.4", h) * mask.reshape(-1, 1)
        return F.silu(emb)

    def residual(self, name, x, emb):
        h = self.conv(name + ".in_layers.2", F.silu(self.norm(name + ".in_layers.0", x, 1e-5)))
        h = h + self.linear(name + ".emb_layers.1", emb)[:, :, None, None]
        h = self.conv(name + ".out_layers.3", F.silu(self.norm(name + ".out_layers.0", h, 1e-5)))
        skip = name + ".skip_connection"
        return (self.conv(skip, x) if skip + ".weight" in self.w else x) + h

    def temporal_convolutions(self, name, x):
        frames, channels, height, width = x.shape
        h = x
        for norm, conv in (("conv1.0", "conv1.2"), ("conv2.0", "conv2.3"), ("conv3.0", "conv3.3"), ("conv4.0", "conv4.3")):
            h = F.silu(self.norm(f"{name}.{norm}", h, 1e-5))
            weight = self.w[f"{name}.{conv}.weight"].squeeze(-1)  # [out, in, tap, 1]
            video = h.reshape(self.batch, -1, channels, height * width).transpose(1, 2)
            video = F.pad(video, (0, 0, weight.shape[2] - 1, 0))
            video = F.conv2d(video, weight, self.w[f"{name}.{conv}.bias"])
            h = video.transpose(1, 2).reshape(frames, channels, height, width)
        return x + h

    def attention(self, name, x, causal):
        sequences, tokens, channels = x.shape
        split = lambda part: self.linear(f"{name}.{part}", x).reshape(sequences, tokens, -1, self.config["headWidth"]).transpose(1, 2)
        query, key, value = split("to_q"), split("to_k"), split("to_v")
        logits = query @ key.transpose(-1, -2) / math.sqrt(self.config["headWidth"])
        if causal:
            logits = logits + torch.full((tokens, tokens), -1e9).triu(1)
        seen = logits.softmax(-1) @ value
        return self.linear(name + ".to_out.0", seen.transpose(1, 2).reshape(sequences, tokens, channels))

    def feed_forward(self, name, x):
        value, gate = self.linear(name + ".net.0.proj", x).chunk(2, -1)
        return self.linear(name + ".net.2", value * F.gelu(gate))

    def spatial(self, name, x):
        count, channels, height, width = x.shape
        block = name + ".transformer_blocks.0"
        h = self.linear(name + ".proj_in", self.norm(name + ".norm", x, 1e-6).flatten(2).transpose(1, 2))
        h = h + self.attention(block + ".attn1", self.layer_norm(block + ".norm1", h), False)
        h = h + self.feed_forward(block + ".ff", self.layer_norm(block + ".norm3", h))
        return x + self.linear(name + ".proj_out", h).transpose(1, 2).reshape(x.shape)

    def temporal(self, name, x):
        count, channels, height, width = x.shape
        block = name + ".transformer_blocks.0"
        h = self.norm(name + ".norm", x, 1e-6).reshape(self.batch, -1, channels, height * width)
        h = self.linear(name + ".proj_in", h.permute(0, 3, 1, 2).reshape(self.batch * height * width, -1, channels))
        h = h + self.attention(block + ".attn1", self.layer_norm(block + ".norm1", h), True)
        h = h + self.attention(block + ".attn2", self.layer_norm(block + ".norm2", h), True)
        h = h + self.feed_forward(block + ".ff", self.layer_norm(block + ".norm3", h))
        h = self.linear(name + ".proj_out", h).reshape(self.batch, height * width, -1, channels)
        return x + h.permute(0, 2, 3, 1).reshape(x.shape)

    def run(self, block, x, emb):
        for name, kind in block:
            if kind == "convolution":
                x = self.conv(name, x)
            elif kind == "residual":
                x = self.temporal_convolutions(name + ".temopral_conv", self.residual(name, x, emb))
            elif kind == "spatial":
                x = self.spatial(name, x)
            elif kind == "temporal":
                x = self.temporal(name, x)
            elif kind == "down":
                x = self.conv(name + ".op", x, 2)
            else:
                x = self.conv(name + ".conv", F.interpolate(x, scale_factor=2, mode="nearest"))
        return x

    def plan(self):
        config = self.config
        levels, count = len(config["channelMultipliers"]), config["resBlocks"]
        named = lambda name, kinds: [(f"{name}.{i}", kind) for i, kind in enumerate(kinds)]
        both = lambda level: ["spatial", "temporal"] if 2**level in config["attentionAt"] else []
        down, up = [named("input_blocks.0", ["convolution"])], []
        for level in range(levels):
            for _ in range(count):
                down.append(named(f"input_blocks.{len(down)}", ["residual", *both(level)]))
            if level < levels - 1:
                down.append(named(f"input_blocks.{len(down)}", ["down"]))
        middle = named("middle_block", ["residual", "spatial", "temporal", "residual"])
        for level in reversed(range(levels)):
            for i in range(count + 1):
                last = ["up"] if level > 0 and i == count else []
                up.append(named(f"output_blocks.{len(up)}", ["residual", *both(level), *last]))
        return down, middle, up

    def __call__(self, x, level, firstFrame, action=None, actionMask=None):
        self.batch, frames, height, width, channels = x.shape
        x = torch.cat([x, firstFrame.expand(-1, frames, -1, -1, -1)], -1).reshape(-1, height, width, 2 * channels)
        h = x.permute(0, 3, 1, 2)  # channels-last memory as it is
        emb = self.embed(level, action, actionMask)
        down, middle, up = self.plan()
        skips = []
        for block in down:
            h = self.run(block, h, emb)
            skips.append(h)
        h = self.run(middle, h, emb)
        for block in up:
            h = self.run(block, torch.cat([h, skips.pop()], 1), emb)
        h = self.conv("out.2", F.silu(self.norm("out.0", h, 1e-5)))
        return h.permute(0, 2, 3, 1).reshape(self.batch, frames, height, width, -1)


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    if threads:
        torch.set_num_threads(threads)
    with open(folder + "/config.json") as file:
        config = json.load(file)
    call = load(folder + "/call.safetensors")
    expected = call.pop("output")
    network = VideoUnet(config, load(folder + "/weights.safetensors"))
    with torch.no_grad():
        difference = (network(**call) - expected).abs().max() / expected.abs().max()
        seconds, processor = [], []
        for _ in range(5):
            start, used = time.perf_counter(), time.process_time()
            network(**call)
            seconds.append(time.perf_counter() - start)
            processor.append(time.process_time() - used)
    print(json.dumps({"seconds": statistics.median(seconds), "processor": statistics.median(processor), "difference": difference.item(), "torch": torch.__version__}))


main()
