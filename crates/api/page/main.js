// SPDX-License-Identifier: Apache-2.0
// Which view the address asks for.
import { showList } from "./list.js";
import { showSource } from "./source.js";

const main = document.getElementById("main");
const path = location.pathname;

document.getElementById("sign-out").addEventListener("click", async () => {
  await fetch("/api/v1/session", { method: "DELETE" });
  location.assign("/");
});

if (path.startsWith("/things/")) {
  showSource(main, { thing: decoded(path.slice("/things/".length)) });
} else if (path === "/topic") {
  showSource(main, { topic: new URLSearchParams(location.search).get("name") ?? "" });
} else {
  showList(main);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
