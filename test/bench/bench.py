"""Measures effusion beside aria2c and libtorrent, on one machine, in turns (A B C A B C), and prints a table.

usage: npm run bench -- SCENARIO[,SCENARIO...] [-n ROUNDS] [-c CLIENT,...]      npm run bench -- --list

Downloads are measured from the start of the program to its end and count only when the SHA-256 of what they wrote is right. For
seeding, the seeder is measured: its CPU from ready until the leecher has every byte. CPU per GiB is the steady figure: the other
side runs on the same cores, and the wall time holds its work too. Data is made once, under $BENCH_DIR (12 GiB with everything).
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import make_data
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
EFFUSION = os.path.join(HERE, "..", "..", "bin", "effusion.js")
LIBTORRENT = os.path.join(HERE, "..", "support", "peers", "libtorrent_peer.py")
BENCH_DIR = os.environ["BENCH_DIR"]
NET = os.environ.get("BENCH_NET", "127.99.0.")
PORT, OWN_PORT = 7001, 7101
ARIA2 = ["aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
         "--file-allocation=none", "--disk-cache=64M", "--bt-max-peers=0", "--bt-max-open-files=6000", "--summary-interval=0",
         "--show-console-readout=false", "--allow-overwrite=true", f"--listen-port={OWN_PORT}", "--bt-request-peer-speed-limit=0"]

#            data    seeders: kind, count, bytes/s each
SCENARIOS = {
    "S1": ("g1", "libtorrent", 1, 0, "1 GiB from 1 libtorrent seeder"),
    "S1c": ("g1", "cheap", 1, 0, "1 GiB from 1 cheap seeder"),
    "S3": ("g1", "libtorrent", 8, 0, "1 GiB from 8 libtorrent seeders"),
    "S3c": ("g1", "cheap", 8, 0, "1 GiB from 8 cheap seeders"),
    "S4": ("many", "libtorrent", 1, 0, "256 MiB in 5,000 files from 1 libtorrent seeder"),
    "S5": ("m512", "cheap", 40, 2 << 20, "512 MiB from 40 cheap seeders at 2 MiB/s each"),
    "S6": ("g4", "none", 0, 0, "re-check of 4 GiB that are already there"),
    "S7": ("k16", "cheap", 1, 0, "16 KiB from 1 cheap seeder: start to exit"),
    "seed": ("g1", "measured", 1, 0, "seeding 1 GiB to 1 cheap leecher"),
    "seedlt": ("g1", "measured", 1, 0, "seeding 1 GiB to 1 libtorrent leecher"),
}
CLIENTS = ["effusion", "aria2c", "libtorrent"]


def download_command(client, torrent, folder, recheck):
    if client == "effusion":
        return ["node", EFFUSION, "download", torrent, "--output", folder, "--no-dht", "--no-lsd"]
    if client == "aria2c":
        return [*ARIA2, f"--dir={folder}", "--seed-time=0", *(["--check-integrity=true"] if recheck else []), torrent]
    return [sys.executable, LIBTORRENT, "leech", torrent, folder, f"0.0.0.0:{OWN_PORT}"]


def seed_command(client, data, address):
    """(command, text that says it serves)"""
    if client == "effusion":
        command = ["node", EFFUSION, "seed", data["torrent"], "--data", data["seed"], "--port", str(PORT), "--no-trackers", "--no-dht", "--no-lsd"]
        return command, "seeding "
    if client == "aria2c":
        aria2 = [*ARIA2, f"--listen-port={PORT}", "--seed-ratio=0.0", "--bt-seed-unverified=true", "--check-integrity=false"]
        return [*aria2, "--bt-exclude-tracker=*", f"--dir={data['seed']}", data["torrent"]], f"listening on TCP port {PORT}"
    return [sys.executable, LIBTORRENT, "seed", data["torrent"], data["seed"], address], "ready"


def start_tracker(addresses):
    """Answers every announce with these addresses; a thread of this process. Returns what ends it."""
    peers = b"".join(socket.inet_aton(host) + port.to_bytes(2, "big") for host, port in addresses)
    body = b"d8:intervali1800e5:peers%d:%se" % (len(peers), peers)
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    server = socket.create_server(("127.0.0.1", make_data.TRACKER_PORT), backlog=64)

    def serve():
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                client.settimeout(5)
                try:
                    request = b""
                    while b"\r\n\r\n" not in request and (part := client.recv(65536)):
                        request += part
                    client.sendall(answer)
                except OSError:
                    pass

    def stop():
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread out of accept; without it the port stays taken
        thread.join()
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return stop


def start_seeders(kind, count, rate, data, folder):
    addresses = [(f"{NET}{index + 1}", PORT) for index in range(count)]
    names = [f"{host}:{port}" for host, port in addresses]
    log = os.path.join(folder, "seeder.log")
    if kind == "cheap":
        command = [os.path.join(BENCH_DIR, "cheap-seeder"), data["infoHash"], data["payload"], str(data["piece"]), str(rate), *names]
        return measure.Background(command, log, "ready"), addresses
    if kind == "libtorrent":
        command = [sys.executable, LIBTORRENT, "seed", data["torrent"], data["seed"], ",".join(names), "--eager"]
        return measure.Background(command, log, "ready", environment(folder)), addresses
    return None, []


def environment(folder):
    """The same plain one for every client: a developer's own may hold what costs one of them alone (NODE_EXTRA_CA_CERTS: 30 ms of Node's start)."""
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": home, "PEER_SECONDS": "900"}


def run_download(scenario, client, folder, cache):
    name, kind, count, rate, _ = SCENARIOS[scenario]
    data = make_data.prepare(BENCH_DIR, name)
    out = os.path.join(folder, "out")
    os.makedirs(out)
    recheck = kind == "none"
    if recheck:
        subprocess.run(["cp", "-r", "--reflink=auto", os.path.join(data["seed"], "."), out], check=True)
    seeder, addresses = start_seeders(kind, count, rate, data, folder)
    stop_tracker = start_tracker(addresses)
    try:
        cache.fill()
        before = seeder.cpu() if seeder else 0
        command = download_command(client, data["torrent"], out, recheck)
        result = measure.run(command, os.path.join(folder, "client.log"), folder, environment(folder), 180)
        result["other_cpu"] = seeder.cpu() - before if seeder else 0
    finally:
        if seeder:
            seeder.stop()
        stop_tracker()
    if result["state"] == "ok" and make_data.digest(out, data["files"]) != data["sha256"]:
        result["state"] = "wrong data"
    return {**result, "bytes": data["bytes"]}


def run_seeding(scenario, client, folder, cache):
    data = make_data.prepare(BENCH_DIR, SCENARIOS[scenario][0])
    address = f"{NET}1:{PORT}"
    command, ready = seed_command(client, data, address)
    seeder = measure.Background(command, os.path.join(folder, "client.log"), ready, environment(folder))
    try:
        if scenario == "seed":
            leecher = [os.path.join(BENCH_DIR, "cheap-leecher"), data["infoHash"], data["payload"], str(data["piece"]), "128", address]
        else:
            leecher = [sys.executable, LIBTORRENT, "leech", data["torrent"], os.path.join(folder, "out"), f"0.0.0.0:{OWN_PORT}", "--peer", address]
        wait_for_listener(address)
        cache.fill()
        before = seeder.cpu()
        result = measure.run(leecher, os.path.join(folder, "leecher.log"), folder, environment(folder), 180)
        peak, anonymous = measure.memory_mib(seeder.pid)
        cpu = seeder.cpu() - before
    finally:
        seeder.stop()
    return {"state": result["state"], "wall": result["wall"], "cpu": cpu, "user": cpu, "sys": 0, "peak": peak, "anonymous": anonymous,
            "other_cpu": result["cpu"], "bytes": data["bytes"]}


def wait_for_listener(address):
    host, _, port = address.rpartition(":")
    for _ in range(500):
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("nothing listens on " + address)


def run_one(scenario, client, cache):
    # What a run wrote is deleted after the last one: an ext4 without journal takes minutes to use the inode of a deleted file
    # again, and whoever makes files meanwhile pays for the search among them (S4: up to 3 s of system time).
    folder = tempfile.mkdtemp(prefix="run-", dir=os.path.join(BENCH_DIR, "runs"))
    try:
        result = run_seeding(scenario, client, folder, cache) if scenario.startswith("seed") else run_download(scenario, client, folder, cache)
    except (OSError, RuntimeError) as error:
        result = {"state": f"failed: {error}"}
    if result["state"] != "ok":
        shutil.copytree(folder, os.path.join(BENCH_DIR, "failed"), dirs_exist_ok=True, ignore=shutil.ignore_patterns("out", "home"))
    if SCENARIOS[scenario][0] != "many":
        shutil.rmtree(folder, ignore_errors=True)
    return {"scenario": scenario, "client": client, **result}


def spread(values, digits):
    if not values:
        return "-"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def print_table(scenario, clients, results):
    print(f"\n### {scenario}: {SCENARIOS[scenario][4]}\n")
    print("| client | runs ok | wall s | MiB/s | CPU-s/GiB | CPU-s | peak RSS MiB | own memory MiB | other side CPU-s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for client in clients:
        every = [result for result in results if result["client"] == client]
        good = [result for result in every if result["state"] == "ok"]
        bad = "".join(sorted({" " + result["state"][:60] for result in every if result["state"] != "ok"}))
        column = {key: [result[key] for result in good] for key in ("wall", "cpu", "peak", "anonymous", "other_cpu")}
        rates = [result["bytes"] / result["wall"] / (1 << 20) for result in good]
        costs = [result["cpu"] / result["bytes"] * (1 << 30) for result in good]
        print(f"| {client} | {len(good)}/{len(every)}{bad} | {spread(column['wall'], 3)} | {spread(rates, 0)} | {spread(costs, 2)} | "
              f"{spread(column['cpu'], 3)} | {spread(column['peak'], 0)} | {spread(column['anonymous'], 0)} | {spread(column['other_cpu'], 2)} |")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="?", default="S1c,S3c,S5,S4,S7")
    parser.add_argument("-n", type=int, default=3, help="rounds")
    parser.add_argument("-c", default=",".join(CLIENTS), help="clients")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list:
        for name, row in SCENARIOS.items():
            print(f"{name:7} {row[4]}")
        return
    clients = args.c.split(",")
    os.makedirs(os.path.join(BENCH_DIR, "runs"), exist_ok=True)
    try:
        measure_all(args.scenarios.split(","), clients, args.n)
    finally:
        shutil.rmtree(os.path.join(BENCH_DIR, "runs"), ignore_errors=True)


def measure_all(scenarios, clients, rounds):
    cache = measure.FullCache(os.path.join(BENCH_DIR, "runs"))
    for scenario in scenarios:
        results = []
        data = make_data.prepare(BENCH_DIR, SCENARIOS[scenario][0])
        # Read once: else the first run waits for the seeder's disk.
        make_data.digest(data["seed"], data["files"])
        for round_number in range(rounds):
            for client in clients:
                result = run_one(scenario, client, cache)
                results.append(result)
                with open(os.path.join(BENCH_DIR, "results.jsonl"), "a") as file:
                    file.write(json.dumps({"at": time.strftime("%F %T"), **result}) + "\n")
                figures = " ".join(f"{key}={result[key]:.3f}" for key in ("wall", "cpu", "peak") if key in result)
                print(f"{scenario} round {round_number + 1} {client}: {result['state']} {figures}", file=sys.stderr, flush=True)
        print_table(scenario, clients, results)


main()
