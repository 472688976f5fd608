"""The benchmark's data: incompressible, the same each time, made once, with its .torrent and what a run is checked against."""
import hashlib
import json
import os
import random

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
TRACKER_PORT = 6969
#        bytes       piece length  files
SETS = {
    "k16": (16 * KIB, 16 * KIB, 1),
    "m512": (512 * MIB, MIB, 1),
    "g1": (GIB, MIB, 1),
    "g4": (4 * GIB, 4 * MIB, 1),
    "many": (256 * MIB, 256 * KIB, 5000),
}


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return bencode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def file_sizes(total, count):
    """Sizes between a half and three halves of the mean that add up to `total`."""
    sizes, rest, mean = [], total, total // count
    for index in range(count - 1):
        sizes.append(mean // 2 + index * 7919 % mean)
        rest -= sizes[-1]
    while rest < 0:  # the rounding of the spread, taken back from the largest
        largest = max(range(count - 1), key=sizes.__getitem__)
        sizes[largest] -= mean // 2
        rest += mean // 2
    return sizes + [rest]


def prepare(folder, name):
    """Makes the set `name` under `folder` unless it is there: {name, bytes, piece, payload, torrent, infoHash, sha256, files}."""
    base = os.path.join(folder, "data", name)
    record = os.path.join(base, "set.json")
    if not os.path.exists(record):
        os.makedirs(base, exist_ok=True)
        made = make(base, name)
        with open(record, "w") as file:
            json.dump(made, file)
    with open(record) as file:
        return json.load(file)


def make(base, name):
    total, piece, count = SETS[name]
    payload = os.path.join(base, "payload")  # all files end to end; the file itself where there is one
    generator, whole, hashes = random.Random(name), hashlib.sha256(), []
    with open(payload, "wb") as file:
        for _ in range(0, total, piece):
            data = generator.randbytes(piece)
            whole.update(data)
            hashes.append(hashlib.sha1(data).digest())
            file.write(data)
    info = {"name": name, "piece length": piece, "pieces": b"".join(hashes)}
    seed = os.path.join(base, "seed")
    os.makedirs(seed)
    if count == 1:
        files = [name]
        info["length"] = total
        os.link(payload, os.path.join(seed, name))
    else:
        sizes = file_sizes(total, count)
        paths = [["%02d" % (index // 100), "%04d.bin" % index] for index in range(count)]
        info["files"] = [{"length": size, "path": path} for size, path in zip(sizes, paths)]
        files = [os.path.join(name, *path) for path in paths]
        with open(payload, "rb") as source:
            for size, path in zip(sizes, files):
                os.makedirs(os.path.dirname(os.path.join(seed, path)), exist_ok=True)
                with open(os.path.join(seed, path), "wb") as file:
                    file.write(source.read(size))
    torrent = os.path.join(base, name + ".torrent")
    with open(torrent, "wb") as file:
        file.write(bencode({"announce": "http://127.0.0.1:%d/announce" % TRACKER_PORT, "info": info}))
    return {"name": name, "bytes": total, "piece": piece, "payload": payload, "seed": seed, "torrent": torrent, "files": files,
            "infoHash": hashlib.sha1(bencode(info)).hexdigest(), "sha256": whole.hexdigest()}


def digest(folder, files):
    """SHA-256 of the files of `folder`, end to end."""
    whole = hashlib.sha256()
    for path in files:
        with open(os.path.join(folder, path), "rb") as file:
            while data := file.read(4 * MIB):
                whole.update(data)
    return whole.hexdigest()
