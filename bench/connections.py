# SPDX-License-Identifier: Apache-2.0
"""What connections cost: idle ones (e), handshakes (g), all of them after a restart, and the server
itself. One line for each, goals beside it."""

import statistics

import goals


def told(line: dict) -> str:
    """The figures of one run, in words."""
    if line["name"] == "e":
        after = line["rss_large_per_conn_b"]
        text = (f"{line['ready']:,} idle: {line['rss_per_conn_b'] / 1024:.2f} KB each, "
                f"{line['connects_s']:,.0f} connects/s, {line['cpu_ms_per_connect']:.3f} ms CPU each")
        return text + (f"; {after / 1024:.2f} KB after a message of {line['large'] >> 10} KB"
                       if after else "")
    if line["name"] == "g":
        return (f"{line['ready']:,} handshakes: {line['cpu_ms_per_hs']:.3f} ms CPU each, "
                f"{line['handshakes_s']:,.0f}/s, p99 {line['p99_us'] / 1000:.0f} ms, "
                f"{line['failed']} failed")
    return (f"{line['n']:,} devices: all have CONNACK {line['back_s']:.1f} s after kill -9, "
            f"the server is ready after {line['ready_s']:.1f} s, {line['cpu_s']:.1f} s CPU, "
            f"{line['refused']} refused")


def rendered(lines: list[dict]) -> str:
    text = []
    for name in ("e", "g", "reconnect"):
        runs = [line for line in lines if line["name"] == name]
        for label in dict.fromkeys(line["label"] for line in runs):
            mine = [line for line in runs if line["label"] == label]
            good = [line for line in mine if "error" not in line]
            if not good:
                text.append(f"{name:10}{label:20} failed: {mine[0]['error']}")
                continue
            middle = {key: statistics.median(line[key] for line in good)
                      if isinstance(value, (int, float)) else value
                      for key, value in good[0].items()}
            middle = {key: int(value) if isinstance(good[0][key], int) else value
                      for key, value in middle.items()}
            text.append(f"{name:10}{label:20} {told(middle)}")
            if label.startswith("headwater"):
                text += [f"{'':31}{words}" for words in judged(middle)]
    for line in lines:
        if line["name"] == "start":
            text.append(start(line))
    return "\n\n" + "\n".join(text)


def judged(middle: dict) -> list[str]:
    if middle["name"] == "g":
        return [goals.HANDSHAKE.judged(middle["cpu_ms_per_hs"])]
    if middle["name"] == "reconnect":
        return [goals.RECONNECT.judged(middle["back_s"])]
    goal = goals.IDLE_TLS if middle["tls"] else goals.IDLE_PLAIN
    words = ["idle: " + goal.judged(middle["rss_per_conn_b"] / 1024)]
    if after := middle["rss_large_per_conn_b"]:
        words.append("after the large message: " + goal.judged(after / 1024))
    return words


def start(line: dict) -> str:
    idle_mb = line["idle_kb"] / 1024
    return (f"start: ready after {line['start_ms']:.0f} ms ({goals.START.judged(line['start_ms'])}), "
            f"on an empty folder after {line['first_start_ms']:.0f} ms; idle {idle_mb:.0f} MB "
            f"({goals.IDLE_SERVER.judged(idle_mb)}), {line['idle_cores']:.3f} cores")
