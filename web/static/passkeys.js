// A button with data-options asks the browser for a passkey, and sends what it signed by its form.
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function creation(options) {
  const known = (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const user = { ...options.user, id: bytes(options.user.id) };
  return { ...options, challenge: bytes(options.challenge), user, excludeCredentials: known };
}

function told(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[name]) {
      response[name] = text(answer[name]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
}

async function ask(button) {
  const options = JSON.parse(button.dataset.options);
  const isNew = button.dataset.passkey === "new";
  const credential = isNew
    ? await navigator.credentials.create({ publicKey: creation(options) })
    : await navigator.credentials.get({
        publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: [] },
      });
  const field = button.dataset.passkey === "proof" ? "proof" : "credential";
  button.form.elements[field].value = told(credential);
  button.form.submit();
}

for (const button of document.querySelectorAll("button[data-passkey]")) {
  if (window.PublicKeyCredential) {
    button.hidden = false;
    button.addEventListener("click", () => {
      ask(button).catch(() => { button.form.querySelector(".passkey-failed").hidden = false; });
    });
  }
}
