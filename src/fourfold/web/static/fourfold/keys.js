// Asks the browser for a security key, and sends what it answers with the form. Loaded only where a key is set up or used.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function asked(options) {
  const given = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (given.user) given.user = { ...given.user, id: bytes(given.user.id) };
  given.excludeCredentials = named(given.excludeCredentials);
  given.allowCredentials = named(given.allowCredentials);
  return { publicKey: given };
}

function answered(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

for (const form of document.querySelectorAll("form[data-key]")) {
  const said = form.querySelector("[data-key-said]");
  if (!window.PublicKeyCredential) {
    said.textContent = "This browser cannot use a security key at this address. Use codes from an app.";
    continue;
  }
  const button = form.querySelector("button");
  button.hidden = false;
  said.textContent = "";
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    said.textContent = "Touch your key now.";
    button.disabled = true;
    try {
      const options = asked(JSON.parse(form.dataset.options));
      const found = form.dataset.key === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
      form.elements.credential.value = answered(found);
      form.submit();
    } catch {
      said.textContent = "No key answered. Try again, or use codes from an app.";
      button.disabled = false;
    }
  });
}
