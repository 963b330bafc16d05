// The bid box: the field, the steps that set it, the question on the same spot, and the answer.

import { faultOf, isOver, leastBid, MOST_FEN } from "./hall.js";
import { say } from "./board.js";
import { fenOf, timeOfDay, word, yuan } from "./words.js";

const JUMP_STEPS = 10;
const GO_WORDS = { open: "go", scheduled: "go_scheduled", paused: "go_paused", suspended: "go_suspended" };
const at = function (id) { return document.getElementById(id); };

export class BidBox {
  constructor(me, room) {
    this.me = me;
    this.room = room;
    this.state = null;
    this.pending = null;
    this.isAsked = false;
    this.isTyped = false;
    this.isOpen = false;
    this.listen();
  }

  listen() {
    at("bid-form").addEventListener("submit", (event) => { event.preventDefault(); this.ask(); });
    at("back").addEventListener("click", () => { this.unask(); at("go").focus({ preventScroll: true }); });
    at("confirm").addEventListener("click", () => this.confirm());
    at("amount").addEventListener("input", () => { this.isTyped = true; this.showFault(""); });
    ["jump-sure", "own-sure"].forEach((id) => {
      at(id).addEventListener("change", () => this.showWait());
    });
    document.querySelectorAll("[data-steps]").forEach((button) => {
      button.addEventListener("click", () => this.step(Number(button.dataset.steps)));
    });
    document.querySelectorAll("[data-nudge]").forEach((button) => {
      button.addEventListener("click", () => this.nudge(Number(button.dataset.nudge)));
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.key === "Escape" && this.isAsked) {
      this.unask();
      at("go").focus({ preventScroll: true });
    } else if (event.key === "Escape" && this.state) {
      this.forget();
    }
    if (!at("keys-on").checked || event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const button = document.querySelectorAll("[data-steps]")["1234".indexOf(event.key)];
    if (button && !this.isAsked) {
      button.click();
    }
  }

  // Escape takes the complaint away, and an amount that could not be bid with it.
  forget() {
    this.showFault("");
    if (faultOf(this.state, this.me, fenOf(at("amount").value))) {
      this.isTyped = false;
      this.set(leastBid(this.state, this.me));
    }
  }

  // A jump, and a bid above one's own, each need a word of their own.
  get isSure() {
    return (!this.isJump || at("jump-sure").checked) && (!this.isOwn || at("own-sure").checked);
  }

  get canBid() {
    return this.isOpen && Boolean(this.state) && this.state.phase === "open" && !this.pending;
  }

  // Called with every new state and every change of the line.
  update(state, isOpen) {
    const moved = this.state && state.price !== this.state.price;
    this.state = state;
    this.isOpen = isOpen;
    const least = leastBid(state, this.me);
    at("least").textContent = yuan(least);
    if (!this.isTyped || !(fenOf(at("amount").value) >= least)) {
      this.set(least);
      this.isTyped = false;
    }
    if (this.isAsked && moved) {
      this.reask();
    }
    const isEnded = isOver(state);
    if (isEnded) {
      this.isAsked = false;
    }
    at("bid-form").hidden = isEnded || this.isAsked;
    at("question").hidden = isEnded || !this.isAsked;
    at("go").disabled = !this.canBid;
    at("go").textContent = word(this.buttonWord());
    this.showWait();
    document.querySelectorAll("[data-steps]").forEach((button) => {
      const steps = Number(button.dataset.steps);
      const isStart = !state.price && steps === 1;
      button.querySelector("span").textContent = isStart ? word("price_starting") : word("step", { n: steps });
      button.querySelector("small").textContent = yuan(this.offer(steps)).replace(/\.00$/, "");
    });
  }

  // Why the question cannot be confirmed yet, beside the button that waits.
  showWait() {
    const key = !this.canBid ? this.buttonWord()
      : this.isOwn && !at("own-sure").checked ? "wait_own"
      : this.isJump && !at("jump-sure").checked ? "wait_jump" : "";
    at("confirm").disabled = Boolean(key);
    at("question-wait").textContent = key ? word(key) : "";
  }

  buttonWord() {
    if (this.pending) {
      return this.pending.isAsking ? "asking_fate" : "sending";
    }
    if (this.state.version < 0) {
      return "net_wait";
    }
    if (!this.isOpen) {
      return "go_offline";
    }
    return GO_WORDS[this.state.phase] || "go_over";
  }

  // What a step button offers; before the first bid its first is the starting price itself.
  offer(steps) {
    const state = this.state;
    if (!state.price) {
      return state.starting + (steps === 1 ? 0 : steps * state.increment);
    }
    return state.price + steps * state.increment;
  }

  set(fen) {
    at("amount").value = yuan(fen);
  }

  step(steps) {
    this.isTyped = true;
    this.showFault("");
    this.set(this.offer(steps));
  }

  nudge(steps) {
    const least = leastBid(this.state, this.me);
    const now = fenOf(at("amount").value);
    this.isTyped = true;
    this.showFault("");
    const wanted = (isNaN(now) || now > MOST_FEN ? least : now) + steps * this.state.increment;
    this.set(Math.max(least, wanted));
  }

  showFault(key) {
    at("fault").textContent = key ? this.faultWords(key) : "";
    at("amount").setAttribute("aria-invalid", key ? "true" : "false");
  }

  faultWords(key) {
    const state = this.state;
    return word("fault_" + key, {
      least: yuan(leastBid(state, this.me)), increment: yuan(state.increment), most: yuan(MOST_FEN),
    });
  }

  ask() {
    if (!this.canBid) {
      return;
    }
    const fen = fenOf(at("amount").value);
    const fault = faultOf(this.state, this.me, fen);
    this.showFault(fault);
    if (fault) {
      at("amount").focus({ preventScroll: true });
      return;
    }
    this.isAsked = true;
    this.asked = fen;
    at("receipt").hidden = true;
    at("question").hidden = false;
    at("bid-form").hidden = true;
    at("only-if").checked = false;
    at("jump-sure").checked = false;
    at("own-sure").checked = false;
    this.reask();
    at("question-words").textContent = "";
    this.room.amountInWords(fen, function (words) { at("question-words").textContent = words; });
    at("confirm").focus({ preventScroll: true });
  }

  // The price may move under the question: say so, and keep the amount if it is still legal.
  reask() {
    const state = this.state;
    const fault = faultOf(state, this.me, this.asked);
    if (fault) {
      this.unask();
      this.showMoved();
      return;
    }
    const above = this.asked - (state.price || state.starting);
    this.isJump = above / state.increment > JUMP_STEPS;
    at("question-amount").textContent = yuan(this.asked);
    at("question-above").textContent = this.aboveWords(above);
    this.isOwn = state.leader === this.me.code;
    at("question-lead").hidden = !this.isOwn;
    at("own").hidden = !this.isOwn;
    at("jump").hidden = !this.isJump;
    this.showWait();
  }

  aboveWords(above) {
    const state = this.state;
    const key = state.price ? (above ? "above" : "above_nothing") : (above ? "above_start" : "is_start");
    return word(key, { above: yuan(above), steps: Math.round(above / state.increment) });
  }

  // Somebody bid while the question stood open: what was asked about was never sent.
  showMoved() {
    const state = this.state;
    const text = word("moved", {
      price: yuan(state.price), amount: yuan(this.asked), least: yuan(leastBid(state, this.me)),
    });
    at("fault").textContent = text;
    say(text);
  }

  unask() {
    this.isAsked = false;
    at("question").hidden = true;
    at("bid-form").hidden = false;
  }

  confirm() {
    if (!this.canBid || !this.isSure) {
      return;
    }
    const bid = { type: "bid", bid_id: crypto.randomUUID ? crypto.randomUUID() : uuid(), amount_fen: this.asked };
    if (at("only-if").checked) {
      bid.only_if_price = this.state.price;
    }
    this.pending = bid;
    this.unask();
    this.room.send(bid);
    this.update(this.state, this.isOpen);
  }

  // After a cut nothing new may be bid before the fate of the last bid is known.
  askFate() {
    if (this.pending) {
      this.pending.isAsking = true;
      this.room.send({ type: "fate", bid_id: this.pending.bid_id });
    }
  }

  settle(bidId, verdict) {
    if (!this.pending || this.pending.bid_id !== bidId) {
      return;
    }
    const bid = this.pending;
    this.pending = null;
    this.isTyped = false;
    this.update(this.state, this.isOpen);
    if (!verdict) {
      at("fault").textContent = word("fate_unknown", { amount: yuan(bid.amount_fen) });
      at("amount").focus({ preventScroll: true });
    } else if (verdict.accepted) {
      this.showReceipt(bid, verdict);
    } else {
      at("fault").textContent = word("refused_" + verdict.reason, { amount: yuan(bid.amount_fen), least: yuan(leastBid(this.state, this.me)) });
      at("amount").focus({ preventScroll: true });
    }
  }

  showReceipt(bid, verdict) {
    at("fault").textContent = "";
    at("receipt").hidden = false;
    at("receipt-text").textContent = word("receipt", {
      seq: verdict.seq, amount: yuan(bid.amount_fen), at: timeOfDay(verdict.enteredAt),
    });
    const text = JSON.stringify(verdict.receipt);
    const link = at("receipt-file");
    if (link.dataset.made) {
      URL.revokeObjectURL(link.dataset.made);
    }
    link.dataset.made = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.href = link.dataset.made;
    link.download = "receipt-" + bid.bid_id + ".json";
  }
}

function uuid() {
  const chance = crypto.getRandomValues(new Uint8Array(16));
  chance[6] = (chance[6] & 15) | 64;
  chance[8] = (chance[8] & 63) | 128;
  const hex = Array.from(chance, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
