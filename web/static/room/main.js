// The live room: the line brings messages, the hall makes them a state, the board shows it.

import { draw, drawClock, drawResult, say, showConnection } from "./board.js";
import { BidBox } from "./bidbox.js";
import { EMPTY, isGap, standingOf, withNews } from "./hall.js";
import { Line } from "./line.js";
import { allow, play } from "./sound.js";
import { word } from "./words.js";
import { heard } from "./wire.js";

const room = document.getElementById("room");
const me = { code: room.dataset.code, rank: Number(room.dataset.rank) };
const extendMillis = Number(room.dataset.extendSeconds) * 1000;
const line = new Line({
  live: room.dataset.live, listing: room.dataset.listing,
  ticketUrl: room.dataset.ticketUrl, token: room.dataset.token,
}, hear);
const AT_FIRST = Object.assign({}, EMPTY, {
  starting: Number(room.dataset.starting), increment: Number(room.dataset.increment),
  opensAt: Number(room.dataset.opensAt), closesAt: Number(room.dataset.closesAt),
  price: Number(room.dataset.price), leader: room.dataset.leader, leaderRank: Number(room.dataset.leaderRank),
});
let state = AT_FIRST;
let session = room.dataset.session;
const box = me.code ? new BidBox(me, { send: (message) => line.send(message), amountInWords: amountInWords }) : null;

function hear(wire) {
  if (wire.type === "cut" && line.isOver) {
    return; // what it said when it gave up stays
  }
  if (wire.type === "cut" || wire.type === "locked") {
    showConnection(wire.type === "cut" ? "off" : "locked");
    refreshBox();
    if (wire.type === "locked") {
      startAnew();
    }
    return;
  }
  const message = heard(wire);
  if (message.kind === "snapshot") {
    showConnection("on");
    if (message.session !== session) { // a practice begins anew after a cut
      session = message.session;
      state = AT_FIRST;
    }
    become(withNews(state, message));
    if (box) {
      box.askFate();
    }
  } else if (message.kind === "frame") {
    if (isGap(state, message)) {
      line.send({ type: "fetch", from_seq: Math.max(0, state.seq) });
    }
    become(withNews(state, message));
  } else if (message.kind === "verdict" || message.kind === "fate") {
    settle(message);
  } else if (message.kind === "fault") {
    stumble(message);
  }
}

// No ticket is given any more: the page, asked again, shows the result or asks for the password.
function startAnew() {
  const key = "anew" + location.pathname;
  if (Date.now() - Number(sessionStorage.getItem(key)) > 30000) {
    sessionStorage.setItem(key, String(Date.now()));
    setTimeout(function () { location.reload(); }, 1500);
  }
}

// What could not be done: a doubtful bid is asked about, never sent again unasked.
function stumble(fault) {
  if (fault.code === "home_elsewhere" && fault.origin) {
    line.moveTo(fault.origin);
  } else if (fault.code === "too_fast" && fault.bidId) {
    settle({ bidId: fault.bidId, verdict: { accepted: false, reason: "limit" } });
  } else if (fault.code === "unknown" && box) {
    box.askFate();
  } else if (fault.code === "too_many_sockets") {
    line.giveUp();
    showConnection("crowded");
  } else if (fault.code !== "too_fast" || !line.isIn) {
    line.again();
  }
}

function become(next) {
  const before = state;
  state = next;
  draw(state, before, me);
  drawResult(state, me);
  sing(before);
  refreshBox();
}

function settle(message) {
  if (box) {
    box.settle(message.bidId, message.verdict);
  }
  if (message.verdict && message.verdict.accepted) {
    say(word("bid_taken"));
    ring("taken");
  }
}

function refreshBox() {
  if (box) {
    box.update(state, line.isOpen && state.version >= 0);
  }
}

function sing(before) {
  if (before.version < 0) {
    return;
  }
  if (state.phase === "closed" && before.phase !== "closed") {
    ring("result");
  } else if (standingOf(before, me.code) === "leading" && standingOf(state, me.code) === "outbid") {
    ring("outbid");
  } else if (state.extensions > before.extensions) {
    ring("extension");
  }
}

function ring(name) {
  if (document.getElementById("sound-on").checked) {
    play(name);
  }
}

// An open hall is use: whoever watches his bid for an hour is not signed out for idling.
setInterval(function () { fetch("/account/present"); }, 240000);

// 大写 comes from the server, so that one place says how an amount is written.
function amountInWords(fen, show) {
  fetch(room.dataset.wordsUrl + "?fen=" + fen).then(function (answer) {
    return answer.ok ? answer.text() : "";
  }).then(show, function () { show(""); });
}

document.getElementById("sound-on").addEventListener("change", function (event) {
  if (event.target.checked) {
    allow();
    play("taken");
  }
});

let leftBefore = Infinity;
function tick() {
  const left = drawClock(state, line.now(), extendMillis);
  if (left < 60000 && leftBefore >= 60000 && leftBefore !== Infinity) {
    ring("minute");
  }
  leftBefore = left;
  requestAnimationFrame(tick);
}

document.documentElement.classList.add("has-script");
if (me.code && window.matchMedia("(max-width: 859px)").matches) {
  document.querySelector(".lot-facts").open = false;
}
if (!room.classList.contains("ended")) {
  showConnection("wait");
  refreshBox();
}
line.connect();
tick();
