// The number of a contributor is made here and stays here until it is revealed.
import { commitment, hex, verify } from "./protocol.js";

const page = document.getElementById("draw");
const kept = `luochui.draw.${page.dataset.draw}`;

const commitForm = document.getElementById("commit");
if (commitForm && window.crypto?.subtle) {
  const nonce = localStorage.getItem(kept) ?? hex(crypto.getRandomValues(new Uint8Array(32)));
  localStorage.setItem(kept, nonce);
  document.getElementById("nonce").textContent = nonce;
  document.getElementById("made").hidden = false;
  document.getElementById("by-hand").hidden = true;
  document.getElementById("commitment").value = await commitment(
    page.dataset.draw, page.dataset.who, nonce);
}

const revealForm = document.getElementById("reveal");
if (revealForm && localStorage.getItem(kept)) {
  revealForm.elements.secret.value = localStorage.getItem(kept);
}

const check = document.getElementById("in-browser");
if (check && window.crypto?.subtle) {
  check.textContent = check.dataset.running;
  const answer = await fetch(`/draws/${page.dataset.id}/transcript.json`);
  const good = await verify(await answer.json());
  check.textContent = good ? check.dataset.good : check.dataset.bad;
  check.className = good ? "said" : "trouble";
}

// Follow the draw: show the page anew when there is one more message, unless somebody is typing.
if (page.dataset.state !== "held" && page.dataset.state !== "void") {
  setInterval(async () => {
    if (document.activeElement?.matches("input, textarea")) return;
    const answer = await fetch(`/draws/${page.dataset.id}/state.json`);
    if (!answer.ok) return;
    const { messages } = await answer.json();
    if (String(messages) !== page.dataset.messages) location.reload();
  }, 2000);
}
