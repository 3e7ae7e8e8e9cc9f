# SPDX-License-Identifier: Apache-2.0
"""From another computer: by which names and addresses the server is reached, that its certificate is
for them, and that it follows the machine to another address."""

import json
import re
import textwrap

import pytest

from harness import binary, network, tls, web
from harness.network import SERVER, Network, ServerThere
from harness.waiting import until

pytestmark = pytest.mark.skipif(not network.possible(), reason="needs root and network namespaces")

#: Asks by multicast for one name's address and prints what is answered, as hexadecimal.
ASK = textwrap.dedent("""
    import socket, struct, sys
    name, kind = sys.argv[1], int(sys.argv[2])
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0"
    query = struct.pack("!6H", 7, 0, 1, 0, 0, 0) + labels + struct.pack("!2H", kind, 1)
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.bind((sys.argv[3], 0))
    asking.settimeout(1)
    asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[3]))
    for _ in range(10):
        asking.sendto(query, ("224.0.0.251", 5353))
        try:
            print(asking.recv(9000).hex())
            break
        except TimeoutError:
            pass
""")


@pytest.fixture(scope="module")
def net():
    with Network() as made:
        yield made


@pytest.fixture(scope="module")
def server(net, tmp_path_factory):
    with ServerThere(tmp_path_factory.mktemp("reach"), net) as running:
        yield running


def names(server) -> set[str]:
    shown = web.ask_socket(server, "GET", "/api/v1/authorities").json()["authorities"]
    return set(next(one["names"] for one in shown if one["kind"] == "server"))


def verified(net, server, host: str, port: int = 8443) -> bool:
    """Whether another computer that trusts the CA takes the certificate for that host."""
    what = ["-verify_ip", host] if re.fullmatch(r"[\d.]+", host) else ["-verify_hostname", host]
    said = net.neighbour.run("openssl", "s_client", "-connect", f"{SERVER}:{port}", "-CAfile",
                             str(server.data / "ca.pem"), *what, stdin="", check=False)
    return "Verify return code: 0 (ok)" in said


def test_the_certificate_is_for_what_others_use(net, server):
    assert {"pi", "pi.local", SERVER, "localhost", "127.0.0.1", "::1"} <= names(server)
    for host in (SERVER, "pi.local"):
        assert verified(net, server, host) and verified(net, server, host, 8883)
    assert not verified(net, server, "192.0.2.99")


def test_the_set_up_link_works_from_another_computer(net, server):
    here, elsewhere = server.setup_line.split("\n")
    assert "http://localhost:8080/setup#" in here
    link = re.search(rf"https://{SERVER}:8443/setup#\S+", elsewhere).group(0)
    assert web.token(link) == web.token(here)
    # Its page asks whose link it is.
    site, token = link.split("/setup#")
    said = net.neighbour.run(
        "curl", "-sS", "--cacert", str(server.data / "ca.pem"), "-H", "Content-Type: application/json",
        "-H", f"Origin: {site}", "-H", "Sec-Fetch-Site: same-origin",
        "-d", json.dumps({"token": token}), f"{site}/api/v1/setup")
    assert json.loads(said) == {"account": "000000000001", "name": None}
    # The command line says so, too: the link for here on stdout, alone.
    made = binary.run("setup-link", "--data", str(server.data))
    assert made.stdout.startswith("http://localhost:8080/setup#") and made.stdout.count("\n") == 1
    assert f"From another computer: https://{SERVER}:8443/setup#" in made.stderr


def test_addresses_the_best_first(server):
    reach = web.ask_socket(server, "GET", "/api/v1/reach").json()
    hosts = [(host["name"], host["covered"], host["why"]) for host in reach["hosts"]]
    assert hosts[:3] == [(SERVER, True, "address"), ("pi.local", True, "name"), ("pi", True, "name")]
    assert all(covered for _, covered, _ in hosts)
    trust = web.ask_socket(server, "GET", "/api/v1/trust").json()
    assert trust["pages"][0]["url"] == f"https://{SERVER}:8443/trust"
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", trust["pages"][0]["qr"]["path"])


def test_announced_by_mdns(net, server):
    def ask(name: str, kind: int) -> bytes:
        said = net.neighbour.run("python3", "-c", ASK, name, str(kind), network.NEIGHBOUR)
        return bytes.fromhex(said.strip())

    address = bytes(int(part) for part in SERVER.split("."))
    assert address in ask("pi.local", 1)
    for service in ("_https._tcp.local", "_secure-mqtt._tcp.local"):
        assert b"Headwater on pi" in ask(service, 12)


def test_it_can_be_silent(net, tmp_path):
    with ServerThere(tmp_path, net, HEADWATER_LISTEN_MDNS="false", HEADWATER_LISTEN_HTTPS="0.0.0.0:9443",
                     HEADWATER_LISTEN_MQTTS="off", HEADWATER_LISTEN_HTTP="off") as silent:
        assert "announced by mDNS" not in silent.log.read_text()


def test_the_machine_moves_to_another_address(net, server):
    moved = "192.0.2.8"
    net.home.address(f"{moved}/24")
    until(lambda: moved in names(server), 75, "the new address in the certificate")
    assert SERVER in names(server), "who still uses the old one is not turned away"
    assert verified(net, server, moved) and verified(net, server, SERVER)
    reach = web.ask_socket(server, "GET", "/api/v1/reach").json()
    assert [host["name"] for host in reach["hosts"]][:2] == [SERVER, moved]
    net.home.address(f"{moved}/24", what="del")
    reach = web.ask_socket(server, "GET", "/api/v1/reach").json()
    assert {"name": moved, "covered": True, "why": "certificate", "public": False} in reach["hosts"]


def test_more_names_by_setting(fresh):
    """On loopback alone: what the machine can't know, and nothing that it could."""
    server = fresh(env={"HEADWATER_CERTIFICATES_NAMES": "203.0.113.5,iot.example"})
    assert names(server) == {"203.0.113.5", "iot.example", "localhost", "127.0.0.1", "::1"}
    own = server.data / "ca.pem"
    assert tls.names(tls.shown(server, own, "iot.example"))
    trust = web.ask_socket(server, "GET", "/api/v1/trust").json()
    assert trust["pages"] == [], "a door on loopback leads no phone here"
    assert json.dumps(trust).count("PRIVATE") == 0
