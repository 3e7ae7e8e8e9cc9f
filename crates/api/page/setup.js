// SPDX-License-Identifier: Apache-2.0
// Opens a one-time link: asks whose it is, lets choose name and password, goes on signed in. The
// token stands behind # in the address, which a browser sends to nobody.

const form = document.getElementById("setup");
const say = document.getElementById("say");
const refusal = document.getElementById("refusal");
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

async function send(body) {
  const answer = await fetch("/api/v1/setup", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...body }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error?.message ?? `status ${answer.status}`);
  return said;
}

async function begin() {
  try {
    const owner = await send({});
    form.hidden = false;
    if (owner.name === null) {
      say.textContent = `You will be the first administrator of account ${owner.account}.`;
      form.elements.name.focus();
      return;
    }
    say.textContent = `Choose a password for ${owner.name}.`;
    form.elements.name.value = owner.name;
    form.elements.name.readOnly = true;
    form.elements.password.focus();
  } catch (error) {
    say.textContent = `This link opens nothing: ${error.message}`;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  refusal.textContent = "";
  const fields = form.elements;
  const name = fields.name.readOnly ? {} : { name: fields.name.value };
  try {
    await send({ ...name, password: fields.password.value });
    location.replace("/");
  } catch (error) {
    refusal.textContent = error.message;
  }
});

begin();
