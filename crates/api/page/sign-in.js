// SPDX-License-Identifier: Apache-2.0
// Sends name and password, or a key, then shows what was asked for.
const form = document.getElementById("sign-in");
const refusal = document.getElementById("refusal");

// Behind a link on another site the browser kept the cookie back: ask once more from here.
const TRIED = "headwater.asked-again";
if (!sessionStorage.getItem(TRIED)) {
  fetch("/api/v1/session").then((answer) => {
    if (!answer.ok) return;
    sessionStorage.setItem(TRIED, "1");
    location.replace(location.href);
  });
} else {
  sessionStorage.removeItem(TRIED);
}

function credentials() {
  const { name, password, account, api_key: key } = form.elements;
  if (key.value.trim()) return { api_key: key.value.trim() };
  const person = { name: name.value.trim(), password: password.value };
  return account.value.trim() ? { ...person, account: account.value.trim() } : person;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  refusal.textContent = "";
  try {
    const answer = await fetch("/api/v1/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials()),
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
  form.elements.password.setAttribute("aria-invalid", "true");
  form.elements.password.select();
}
