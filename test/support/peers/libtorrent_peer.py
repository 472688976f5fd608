"""A libtorrent peer for the interop tests and the benchmark: seeds or downloads one torrent on given addresses, nothing else.

usage: libtorrent_peer.py seed  TORRENT FOLDER LISTEN[,LISTEN...] [--peer HOST:PORT ...] [--upload-limit BYTES_PER_SECOND] [--encrypt] [--lsd]
                                [--super-seed] [--eager]
       libtorrent_peer.py leech TORRENT|MAGNET FOLDER LISTEN [--peer HOST:PORT ...] [--download-limit BYTES_PER_SECOND] [--encrypt] [--lsd]
       libtorrent_peer.py show  TORRENT

LISTEN is 127.0.0.1:PORT or [::1]:PORT; one session each. `seed` prints `ready` and goes on until SIGTERM, then prints
`uploaded N` (payload bytes of all sessions). `leech` prints `listening`, `connected N` whenever
it has more peers than before, `pieces N` with their number whenever it has more of them, `upload only` once one of them says it wants nothing (BEP 21), and ends with 0 when all is there. `show` prints info hash, name and size
as JSON. No DHT, port mapping or uTP, and LSD only with --lsd; plain connections first, with --encrypt only RC4 in and out; it ends by itself after PEER_SECONDS (default 120).
"""
import argparse
import json
import os
import signal
import sys

import libtorrent as lt

stopped = False

# Policies: 0 forced, 1 enabled, 2 disabled; levels: 1 plain text, 2 RC4.
FORCED = {"in_enc_policy": 0, "out_enc_policy": 0, "allowed_enc_level": 2}


def stop(_signal, _frame):
    global stopped
    stopped = True


# Sends half a MiB ahead to whoever asks, at once: by default it sends one block at a time until it has counted, once a second, how
# quick its peer is. As the seeders of the reference rig are set.
EAGER = {"send_buffer_watermark": 4 << 20, "send_buffer_low_watermark": 512 << 10, "send_buffer_watermark_factor": 150,
         "aio_threads": 2, "hashing_threads": 1}


def open_session(listen, upload_limit):
    return lt.session({
        **(FORCED if arguments.encrypt else {"out_enc_policy": 2}),
        **(EAGER if arguments.eager else {}),
        "listen_interfaces": listen,
        "enable_dht": False, "enable_lsd": arguments.lsd, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "allow_multiple_connections_per_ip": True,
        "connections_limit": 500, "connection_speed": 200, "unchoke_slots_limit": -1,
        "max_allowed_in_request_queue": 5000, "upload_rate_limit": upload_limit,
        "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification
        | lt.alert.category_t.storage_notification,
    })


def add(session, torrent, folder, seeding):
    if torrent.startswith("magnet:"):
        params = lt.parse_magnet_uri(torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent)
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    if seeding:
        params.flags |= lt.torrent_flags.seed_mode | lt.torrent_flags.override_trackers
        if arguments.super_seed:
            params.flags |= lt.torrent_flags.super_seeding
        params.trackers = []
    return session.add_torrent(params)


def dial(handle, peers):
    for peer in peers:
        host, _, port = peer.rpartition(":")
        handle.connect_peer((host.strip("[]"), int(port)))


def wait_until(session, wanted, look=lambda: None):
    """Until an alert of that type comes or we are stopped; the library's errors end the run. `look` is called now and then."""
    while not stopped:
        session.wait_for_alert(200)
        look()
        for alert in session.pop_alerts():
            if isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert, lt.listen_failed_alert)):
                sys.exit("libtorrent: " + alert.message())
            if wanted is not None and isinstance(alert, wanted):
                return True
    return False


def seed(args):
    open_ones = []
    for listen in args.listen.split(","):
        session = open_session(listen, args.upload_limit)
        wait_until(session, lt.listen_succeeded_alert)
        open_ones.append((session, add(session, args.torrent, args.folder, True)))
    for session, handle in open_ones:
        while not handle.status().is_seeding and not stopped:
            session.wait_for_alert(20)
            session.pop_alerts()
        dial(handle, args.peer)
    print("ready", flush=True)
    wait_until(open_ones[0][0], None)
    print("uploaded", sum(handle.status().total_payload_upload for _, handle in open_ones), flush=True)
    os._exit(0)


def leech(args):
    global stopped
    session = open_session(args.listen, 0)
    wait_until(session, lt.listen_succeeded_alert)
    handle = add(session, args.torrent, args.folder, False)
    # Of the torrent: the limits of a session don't hold on loopback.
    handle.set_download_limit(args.download_limit)
    print("listening", flush=True)
    dial(handle, args.peer)
    most = 0
    pieces = 0
    is_told = False

    def count_peers():
        nonlocal most, pieces, is_told
        status = handle.status()
        if status.num_pieces > pieces:
            pieces = status.num_pieces
            print("pieces", pieces, flush=True)
        count = status.num_peers
        if count > most:
            most = count
            print("connected", count, flush=True)
        if not is_told and any(peer.flags & lt.peer_info.upload_only for peer in handle.get_peer_info()):
            is_told = True
            print("upload only", flush=True)

    if not wait_until(session, lt.torrent_finished_alert, count_peers):
        # Whoever stops it looks at what came.
        stopped = False
        handle.flush_cache()
        wait_until(session, lt.cache_flushed_alert)
        sys.exit(1)
    session.remove_torrent(handle)
    print("finished", flush=True)


def show(args):
    info = lt.torrent_info(args.torrent)
    print(json.dumps({"infoHash": str(info.info_hashes().v1), "name": info.name(), "totalBytes": info.total_size()}))


parser = argparse.ArgumentParser()
parser.add_argument("role", choices=["seed", "leech", "show"])
parser.add_argument("torrent")
parser.add_argument("folder", nargs="?", default=".")
parser.add_argument("listen", nargs="?", default="127.0.0.1:0")
parser.add_argument("--peer", action="append", default=[])
parser.add_argument("--upload-limit", type=int, default=0)
parser.add_argument("--eager", action="store_true")
parser.add_argument("--download-limit", type=int, default=0)
parser.add_argument("--encrypt", action="store_true")
parser.add_argument("--lsd", action="store_true")
parser.add_argument("--super-seed", action="store_true")
arguments = parser.parse_args()
signal.signal(signal.SIGTERM, stop)
signal.alarm(int(os.environ.get("PEER_SECONDS", "120")))
{"seed": seed, "leech": leech, "show": show}[arguments.role](arguments)
