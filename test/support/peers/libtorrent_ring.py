"""A closed DHT of libtorrent nodes on loopback for the interop tests, and one more that seeds or downloads by it.

usage: libtorrent_ring.py COUNT HOST [--seed TORRENT FOLDER] [--leech MAGNET FOLDER]

HOST is 127.0.0.1 or ::1. Prints `ring HOST:PORT` (of one node) once they all know others; with --seed `seeder HOST:PORT`, and
`announced` once another node finds it by the hash; with --leech `finished` when all is there. It goes on until
SIGTERM, or until PEER_SECONDS (default 120) are over.
"""
import argparse
import os
import signal
import sys
import time

import libtorrent as lt

stopped = False


def stop(_signal, _frame):
    global stopped
    stopped = True


def open_session(host):
    written = "[%s]" % host if ":" in host else host
    return lt.session({
        "listen_interfaces": written + ":0",
        "enable_dht": True, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False, "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True, "dht_bootstrap_nodes": "",
        "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False,
        "dht_ignore_dark_internet": False, "dht_enforce_node_id": False, "dht_prefer_verified_node_ids": False,
        # All of them share an address: libtorrent would take their questions for a flood, and answer nobody there for minutes.
        "dht_block_ratelimit": 100000, "dht_block_timeout": 1,
        "dht_upload_rate_limit": 1000000,
        "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification
        | lt.alert.category_t.dht_notification | lt.alert.category_t.dht_operation_notification,
    })


def wait_for(condition):
    while not stopped and not condition():
        time.sleep(0.02)
    if stopped:
        sys.exit(0)


def listen_port(session):
    wait_for(lambda: session.listen_port() != 0)
    return session.listen_port()


def join(session, host, ports):
    for port in ports:
        session.add_dht_node((host, port))


def add(session, torrent, folder, seeding):
    if torrent.startswith("magnet:"):
        params = lt.parse_magnet_uri(torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent)
    params.save_path = folder
    params.trackers = []
    params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    params.flags |= lt.torrent_flags.override_trackers
    if seeding:
        params.flags |= lt.torrent_flags.seed_mode
    return session.add_torrent(params)


def finds_peer(session, info_hash):
    """Whether a node that has nothing to do with it finds somebody."""
    session.pop_alerts()
    session.dht_get_peers(info_hash)
    until = time.monotonic() + 1
    while time.monotonic() < until and not stopped:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_get_peers_reply_alert) and alert.num_peers() > 0:
                return True
    return False


parser = argparse.ArgumentParser()
parser.add_argument("count", type=int)
parser.add_argument("host")
parser.add_argument("--seed", nargs=2)
parser.add_argument("--leech", nargs=2)
arguments = parser.parse_args()
signal.signal(signal.SIGTERM, stop)
signal.alarm(int(os.environ.get("PEER_SECONDS", "120")))

host = arguments.host
nodes = [open_session(host) for _ in range(arguments.count)]
ports = [listen_port(node) for node in nodes]
for index, node in enumerate(nodes):
    join(node, host, [ports[(index + step) % len(ports)] for step in range(1, 7)])
wait_for(lambda: all(node.status().dht_nodes >= 6 for node in nodes))
print("ring", ("[%s]:%d" if ":" in host else "%s:%d") % (host, ports[0]), flush=True)

if arguments.seed is not None or arguments.leech is not None:
    torrent, folder = arguments.seed or arguments.leech
    session = open_session(host)
    port = listen_port(session)
    join(session, host, ports[3:9])
    wait_for(lambda: session.status().dht_nodes >= 6)
    handle = add(session, torrent, folder, arguments.seed is not None)
    if arguments.seed is not None:
        wait_for(lambda: handle.status().is_seeding)
        print("seeder", ("[%s]:%d" if ":" in host else "%s:%d") % (host, port), flush=True)
        handle.force_dht_announce()
        wait_for(lambda: finds_peer(nodes[12 % len(nodes)], handle.info_hash()))
        print("announced", flush=True)
    else:
        # Nobody may be there yet: it asks again and again.
        def is_finished():
            handle.force_dht_announce()
            time.sleep(0.5)
            return handle.status().is_seeding
        wait_for(is_finished)
        print("finished", flush=True)
wait_for(lambda: False)
