"""The other side of peer_gguf.rs: reads and writes GGUF files with the package `gguf` (PyPI: gguf, numpy).

read FILE RAW NUMBERS   prints keys and tensors as JSON; writes all tensors' bytes, and all numbers as F32
write FROM TO TYPE      writes the tensors of FROM anew, matrices as TYPE, with other keys and another alignment
quantize TYPE IN OUT    numbers in F32 to blocks
"""

import json
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType, quants


def read(path, raw, numbers):
    reader = gguf.GGUFReader(path)
    keys = {}
    for name, field in reader.fields.items():
        value = field.contents()
        keys[name] = value[:300] if isinstance(value, list) else value
    tensors = []
    with open(raw, "wb") as raw_file, open(numbers, "wb") as numbers_file:
        for tensor in reader.tensors:
            shape = [int(size) for size in tensor.shape]
            tensors.append({"name": tensor.name, "type": tensor.tensor_type.name, "shape": shape})
            raw_file.write(tensor.data.tobytes())
            numbers_file.write(quants.dequantize(tensor.data, tensor.tensor_type).astype("<f4").tobytes())
    print(json.dumps({"keys": keys, "tensors": tensors}))


def write(source, target, kind):
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "gemma3")
    writer.add_custom_alignment(128)
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        sub_type = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), field.types[0], sub_type)
    writer.add_key_value("peer.u8", 200, gguf.GGUFValueType.UINT8)
    writer.add_key_value("peer.i8", -100, gguf.GGUFValueType.INT8)
    writer.add_key_value("peer.u16", 60000, gguf.GGUFValueType.UINT16)
    writer.add_key_value("peer.i16", -30000, gguf.GGUFValueType.INT16)
    writer.add_key_value("peer.u64", 2**63 - 1, gguf.GGUFValueType.UINT64)
    writer.add_key_value("peer.i64", -(2**62), gguf.GGUFValueType.INT64)
    writer.add_key_value("peer.f64", 0.1, gguf.GGUFValueType.FLOAT64)
    writer.add_key_value("peer.truths", [True, False], gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.BOOL)
    writer.add_key_value("peer.integers", [-1, 2**40], gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.INT64)
    writer.add_key_value("peer.strings", ["", "▁a", "\n"], gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.STRING)
    kind = GGMLQuantizationType[kind]
    for tensor in reversed(reader.tensors):
        data = np.array(tensor.data)
        if len(tensor.shape) == 2:
            writer.add_tensor(tensor.name, quants.quantize(data, kind), raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantize(kind, source, target):
    numbers = np.fromfile(source, dtype="<f4").reshape(-1, 32)
    with np.errstate(all="ignore"):
        quants.quantize(numbers, GGMLQuantizationType[kind]).tofile(target)


if __name__ == "__main__":
    {"read": read, "write": write, "quantize": quantize}[sys.argv[1]](*sys.argv[2:])
