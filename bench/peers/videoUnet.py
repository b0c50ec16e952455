"""The video U-Net of presets.lab in PyTorch, for comparison of speed: channels_last memory, AdamW.

usage: python3 videoUnet.py SETTINGS.json

SETTINGS: {"weights": safetensors file, "inputs": safetensors file with x, level, action, target, "threads": n,
"heads": width of a head, "groups": n}. Then reads commands from standard input, one per line, and answers each with
one line of JSON: "check" gives the loss, "forward" and "step" the seconds of one call.
"""
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from tensorFile import load


class Unet(nn.Module):
    """Parameters under the official names, so that one file of weights serves both programs."""

    def __init__(self, tensors, head_width, groups):
        super().__init__()
        self.names = {name: name.replace(".", "|") for name in tensors}
        for name, key in self.names.items():
            tensor = tensors[name]
            if tensor.dim() == 5:  # a temporal kernel, as an image kernel of shape taps x 1
                tensor = tensor[..., 0]
            if tensor.dim() == 4:
                tensor = tensor.contiguous(memory_format=torch.channels_last)
            self.register_parameter(key, nn.Parameter(tensor))
        self.head_width = head_width
        self.groups = groups

    def get(self, name):
        return getattr(self, self.names[name]) if name in self.names else None

    def has(self, prefix):
        return any(name.startswith(prefix) for name in self.names)

    def linear(self, name, x):
        matrix = self.get(f"{name}.weight")
        return F.linear(x, matrix.reshape(matrix.shape[0], -1), self.get(f"{name}.bias"))

    def conv(self, name, x, stride=1):
        kernel = self.get(f"{name}.weight")
        padding = (kernel.shape[2] // 2, kernel.shape[3] // 2)
        return F.conv2d(x, kernel, self.get(f"{name}.bias"), stride, padding)

    def norm(self, name, x, epsilon=1e-5):
        return F.group_norm(x, self.groups, self.get(f"{name}.weight"), self.get(f"{name}.bias"), epsilon)

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    def mlp(self, name, indices, x):
        for i, index in enumerate(indices):
            x = self.linear(f"{name}.{index}", F.silu(x) if i > 0 else x)
        return x

    def attention(self, name, x):
        sequences, tokens, channels = x.shape
        heads = channels // self.head_width

        def project(part):
            return self.linear(f"{name}.{part}", x).view(sequences, tokens, heads, -1).transpose(1, 2)

        query, key, value = project("to_q"), project("to_k"), project("to_v")
        weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(self.head_width), -1)
        seen = (weights @ value).transpose(1, 2).reshape(sequences, tokens, channels)
        return self.linear(f"{name}.to_out.0", seen)

    def feed_forward(self, name, x):
        value, gate = self.linear(f"{name}.net.0.proj", x).chunk(2, -1)
        return self.linear(f"{name}.net.2", value * F.gelu(gate))

    def spatial(self, name, x):
        block = f"{name}.transformer_blocks.0"
        images, channels, height, width = x.shape
        h = self.norm(f"{name}.norm", x, 1e-6).permute(0, 2, 3, 1).reshape(images, height * width, channels)
        h = self.linear(f"{name}.proj_in", h)
        h = h + self.attention(f"{block}.attn1", self.layer_norm(f"{block}.norm1", h))
        h = h + self.feed_forward(f"{block}.ff", self.layer_norm(f"{block}.norm3", h))
        h = self.linear(f"{name}.proj_out", h).view(images, height, width, channels)
        return x + h.permute(0, 3, 1, 2)

    def over_time(self, x, batch):
        """[batch * frame, channel, height, width] to [batch, channel, frame, position], channels last in memory."""
        images, channels, height, width = x.shape
        h = x.permute(0, 2, 3, 1).reshape(batch, images // batch, height * width, channels)
        return h.permute(0, 3, 1, 2)

    def temporal(self, name, x, batch):
        block = f"{name}.transformer_blocks.0"
        images, channels, height, width = x.shape
        frames = images // batch
        h = self.norm(f"{name}.norm", self.over_time(x, batch), 1e-6)
        h = h.permute(0, 3, 2, 1).reshape(batch * height * width, frames, channels)
        h = self.linear(f"{name}.proj_in", h)
        for attention, norm in (("attn1", "norm1"), ("attn2", "norm2")):
            h = h + self.attention(f"{block}.{attention}", self.layer_norm(f"{block}.{norm}", h))
        h = h + self.feed_forward(f"{block}.ff", self.layer_norm(f"{block}.norm3", h))
        h = self.linear(f"{name}.proj_out", h).view(batch, height * width, frames, channels)
        h = h.transpose(1, 2).reshape(images, height, width, channels)
        return x + h.permute(0, 3, 1, 2)

    def residual(self, name, x, embedding, batch):
        h = self.conv(f"{name}.in_layers.2", F.silu(self.norm(f"{name}.in_layers.0", x)))
        h = h + self.linear(f"{name}.emb_layers.1", embedding)[:, :, None, None]
        h = self.conv(f"{name}.out_layers.3", F.silu(self.norm(f"{name}.out_layers.0", h)))
        skip = self.conv(f"{name}.skip_connection", x) if self.has(f"{name}.skip_connection.") else x
        x = skip + h
        t = self.over_time(x, batch)
        for stage, index in ((1, 2), (2, 3), (3, 3), (4, 3)):
            part = f"{name}.temopral_conv.conv{stage}"
            t = self.conv(f"{part}.{index}", F.silu(self.norm(f"{part}.0", t)))
        images, channels, height, width = x.shape
        t = t.permute(0, 2, 3, 1).reshape(images, height, width, channels)
        return x + t.permute(0, 3, 1, 2)

    def block(self, name, x, embedding, batch):
        index = 0
        while self.has(f"{name}.{index}."):
            part = f"{name}.{index}"
            if self.has(f"{part}.in_layers."):
                x = self.residual(part, x, embedding, batch)
            elif self.has(f"{part}.transformer_blocks.0.norm2."):
                x = self.temporal(part, x, batch)
            elif self.has(f"{part}.transformer_blocks."):
                x = self.spatial(part, x)
            elif self.has(f"{part}.op."):
                x = self.conv(f"{part}.op", x, 2)
            elif self.has(f"{part}.conv."):
                x = self.conv(f"{part}.conv", F.interpolate(x, scale_factor=2, mode="nearest"))
            else:
                x = self.conv(part, x)
            index += 1
        return x

    def forward(self, x, level, action):
        batch, frames, height, width, channels = x.shape
        size = self.get("time_embed.0.weight").shape[1]
        rates = torch.exp(-math.log(10000) * torch.arange(size // 2) / (size // 2))
        angles = level[..., None] * rates
        embedding = self.mlp("time_embed", (0, 2), torch.cat((angles.cos(), angles.sin()), -1))
        embedding = embedding + self.mlp("action_emb_proj", (0, 2, 4), action)
        embedding = F.silu(embedding.reshape(batch * frames, -1))
        h = x.reshape(batch * frames, height, width, channels).permute(0, 3, 1, 2)
        skips = []
        while self.has(f"input_blocks.{len(skips)}."):
            h = self.block(f"input_blocks.{len(skips)}", h, embedding, batch)
            skips.append(h)
        h = self.block("middle_block", h, embedding, batch)
        index = 0
        while skips:
            h = self.block(f"output_blocks.{index}", torch.cat((h, skips.pop()), 1), embedding, batch)
            index += 1
        h = self.conv("out.2", F.silu(self.norm("out.0", h)))
        return h.permute(0, 2, 3, 1).reshape(batch, frames, height, width, -1)


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    torch.set_num_threads(settings["threads"])
    inputs = load(settings["inputs"])
    model = Unet(load(settings["weights"]), settings["heads"], settings["groups"])
    given = (inputs["x"], inputs["level"], inputs["action"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def loss():
        return F.mse_loss(model(*given), inputs["target"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    def forward():
        with torch.no_grad():
            model(*given)

    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == "check":
            with torch.no_grad():
                print(json.dumps({"loss": loss().item()}), flush=True)
            continue
        started, busy = time.perf_counter(), time.process_time()
        {"forward": forward, "step": step}[command]()
        seconds, processor = time.perf_counter() - started, time.process_time() - busy
        print(json.dumps({"seconds": seconds, "processor": processor}), flush=True)


main()
