// SPDX-License-Identifier: Apache-2.0
// Sends the key, then shows what was asked for.
const form = document.getElementById("sign-in");
const key = document.getElementById("api-key");
const refusal = document.getElementById("refusal");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  refusal.textContent = "";
  try {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ api_key: key.value }),
    });
    if (answer.ok) {
      location.reload();
      return;
    }
    const { error } = await answer.json();
    refuse(`Not signed in: ${error.message}.`);
  } catch {
    refuse("Not signed in: the server can't be reached.");
  }
});

function refuse(text) {
  refusal.textContent = text;
  key.setAttribute("aria-invalid", "true");
  key.select();
}
