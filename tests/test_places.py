# SPDX-License-Identifier: Apache-2.0
"""Where things are, for maps: by what they say, or by their attributes."""

import json

import pytest

from harness import device, policies, web
from harness.mqtt import Client
from harness.waiting import until

#: What each says, and its attributes.
HOUSE = {
    "place-both": ({"lat": 1.5, "lon": -2.5, "level": 4}, {"lat": "50", "lon": "60"}),
    "place-half": ({"lat": 1, "level": "low"}, {"lat": "51", "lon": "61"}),
    "place-lng": ({"lat": -3, "lng": 4}, {}),
    "place-long": ({"latitude": 5, "longitude": 6, "level": 7}, {}),
    "place-mute": (None, {"Site.Lat": "-7", "Site.Lon": "8", "site": "north"}),
    "place-none": ({"level": 1}, {"site": "north"}),
    "place-wrong": ({"lat": 91, "lon": 0}, {"lat": "north", "lon": "east"}),
}
WHERE = {"place-both": (1.5, -2.5), "place-half": (51, 61), "place-lng": (-3, 4), "place-long": (5, 6),
         "place-mute": (-7, 8)}


@pytest.fixture(scope="module")
def places(server, tmp_path_factory):
    """A function that reads the places of a query."""
    folder = tmp_path_factory.mktemp("places")
    for name, (said, attributes) in HOUSE.items():
        made = device.register(server, folder, policies.EVERYTHING, name)
        server.keys.client("iot").update_thing(thingName=name, attributePayload={"attributes": attributes})
        if said:
            with Client(server, made) as client:
                client.publish("places", json.dumps(said))

    def get(status: int = 200, **query):
        answer = web.ask(server, "GET", "/api/v1/places?" + web.query(**query), **server.keys.bearer)
        assert answer.status == status, answer.text
        return answer.json() if status == 200 else answer
    return get


def test_a_place_is_what_was_said_or_what_is_registered(places):
    found = places(search="place-")
    assert {one["name"]: (one["lat"], one["lon"]) for one in found["places"]} == WHERE
    assert (found["things"], found["next"]) == (len(HOUSE), None)
    assert all(one["value"] is None and not one["connected"] for one in found["places"])


def test_a_metric_stands_beside_each_place(places):
    found = places(search="place-", metric="level")["places"]
    values = {one["name"]: one["value"] and (one["value"]["value"], one["value"]["text"]) for one in found}
    assert values == {"place-both": (4, None), "place-half": (None, "low"), "place-lng": None,
                      "place-long": (7, None), "place-mute": None}


def test_places_move_and_devices_come(server, places, tmp_path):
    made = device.register(server, tmp_path, policies.EVERYTHING, "ship-1")
    at = lambda: [(one["lat"], one["lon"], one["connected"]) for one in places(search="ship-")["places"]]
    assert at() == []
    with Client(server, made) as client:
        for lat in (10, 11):
            client.publish("ship", json.dumps({"lat": lat, "lon": 20}))
            until(lambda: at() == [(lat, 20, True)], 3, f"the ship at {lat}")


def test_filters_and_what_is_wrong(places):
    assert [one["name"] for one in places(search="place-", attribute="site:north")["places"]] == ["place-mute"]
    assert [one["name"] for one in places(search="place-", presence="never")["places"]] == ["place-mute"]
    assert places(group="no-such-group") == {"places": [], "things": 0, "next": None}
    assert places(search="place-", after="place-long")["things"] == 3
    for wrong in ({"metric": "m" * 129}, {"presence": "somewhere"}, {"limit": 5}, {"prefix": "a"}):
        assert places(400, **wrong).message
