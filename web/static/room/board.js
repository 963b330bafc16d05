// What the room shows: price, own standing, time, extension, log, chart. Texts only, never markup.

import { isOver, standingOf } from "./hall.js";
import { duration, timeOfDay, word, yuan } from "./words.js";

const LOG_MAX = 200;
const SVG = "http://www.w3.org/2000/svg";
const SIGNS = { leading: "✔ ", outbid: "✖ ", none: "○ ", watching: "" };
const at = function (id) { return document.getElementById(id); };
const titleAtFirst = document.title;
let announced = 0;
let isAnnouncing = false;

export function say(text) {
  const wait = Math.max(0, announced + 1500 - Date.now());
  at("live").dataset.next = text;
  if (isAnnouncing) {
    return;
  }
  isAnnouncing = true;
  setTimeout(function () {
    isAnnouncing = false;
    announced = Date.now();
    at("live").textContent = at("live").dataset.next;
  }, wait);
}

export function showConnection(key) {
  const net = at("net");
  if (net.dataset.state !== key) {
    net.hidden = false;
    net.dataset.state = key;
    net.textContent = word("net_" + key);
  }
}

export function draw(state, before, me) {
  const standing = standingOf(state, me.code);
  drawPrice(state, before);
  drawStanding(state, standing);
  drawCounts(state);
  if (state.bids !== before.bids) {
    drawLog(state.bids, me.code);
    drawChart(state.bids);
  }
  drawExtension(state, before);
  drawTab(state, standing);
  if (state.price > before.price && before.version >= 0) {
    say([word("price_is", { price: yuan(state.price) }), standingWords(state, standing),
      state.extensions > before.extensions ? word("extended_short") : ""].join(" "));
  }
}

function drawPrice(state, before) {
  const isSold = state.phase === "closed" && state.price;
  at("price-label").textContent = word(isSold ? "price_final" : state.price ? "price_now" : "price_starting");
  at("price").textContent = yuan(state.price || state.starting);
  if (state.price) { // the page came with the words of the starting price
    at("price-words").textContent = state.priceWords;
  }
  if (state.price > before.price && before.version >= 0) {
    at("price").classList.remove("bump");
    void at("price").offsetWidth;
    at("price").classList.add("bump");
  }
}

function drawStanding(state, standing) {
  at("mine").hidden = false;
  at("mine").dataset.standing = standing;
  at("mine").textContent = standingWords(state, standing);
  at("pause").textContent = pauseWords(state);
  at("pause").hidden = !at("pause").textContent;
}

// The court's ground is published in its own words; that of a technical pause is a code.
function pauseWords(state) {
  if (state.phase === "suspended") {
    return state.pauseGround;
  }
  return state.phase === "paused" ? word("pause_technical") : "";
}

// After the end nobody leads any more: it is won, not won, or over.
function standingWords(state, standing) {
  if (!isOver(state)) {
    return SIGNS[standing] + word("mine_" + standing);
  }
  if (state.phase === "stopped" || standing === "watching" || !state.leader) {
    return word("mine_over");
  }
  return standing === "leading" ? SIGNS.leading + word("mine_won") : word("mine_not_won");
}

function drawCounts(state) {
  at("bid-count").textContent = word("bid_count", { n: state.bids.length });
  at("watchers").textContent = word("watcher_count", { n: state.watchers });
}

function drawExtension(state, before) {
  const line = at("extension");
  if (isOver(state)) {
    line.textContent = state.extensions ? word("extended_in_all", { n: state.extensions }) : "";
    line.classList.remove("hit");
    return;
  }
  if (!state.extensions) {
    return;
  }
  line.textContent = word("extended", { n: state.extensions, at: timeOfDay(state.closesAt) });
  line.classList.add("hit");
  if (state.extensions > before.extensions && before.version >= 0) {
    at("clock").classList.remove("bump");
    void at("clock").offsetWidth;
    at("clock").classList.add("bump");
  }
}

function drawTab(state, standing) {
  const price = yuan(state.price || state.starting);
  document.title = (SIGNS[standing] || "") + price + " · " + titleAtFirst;
  const icon = at("icon");
  const wanted = icon.dataset[standing] || icon.dataset.watching;
  if (icon.getAttribute("href") !== wanted) {
    icon.setAttribute("href", wanted);
  }
}

function drawLog(bids, mine) {
  const lines = document.createDocumentFragment();
  bids.slice(-LOG_MAX).reverse().forEach(function (bid) {
    const line = document.createElement("li");
    line.className = bid.code === mine ? "me" : "";
    const who = bid.code + (bid.code === mine ? " · " + word("me") : "") ;
    [who, yuan(bid.amount), timeOfDay(bid.at)].forEach(function (text) {
      const part = document.createElement("span");
      part.textContent = text;
      line.appendChild(part);
    });
    lines.appendChild(line);
  });
  const log = at("log");
  while (log.firstChild) {
    log.removeChild(log.firstChild);
  }
  log.appendChild(lines);
  at("log-empty").hidden = bids.length > 0;
}

// A step line: each price stands until the next one.
function drawChart(bids) {
  const chart = at("chart");
  chart.parentNode.hidden = bids.length < 2;
  if (bids.length < 2) {
    return;
  }
  const first = bids[0], last = bids[bids.length - 1];
  const x = function (bid) { return 600 * (bid.at - first.at) / Math.max(1, last.at - first.at); };
  const y = function (bid) { return 110 - 100 * (bid.amount - first.amount) / Math.max(1, last.amount - first.amount); };
  let path = "M0 " + y(first);
  bids.slice(1).forEach(function (bid) { path += "H" + x(bid).toFixed(1) + "V" + y(bid).toFixed(1); });
  let line = chart.querySelector("path");
  if (!line) {
    line = chart.appendChild(document.createElementNS(SVG, "path"));
  }
  line.setAttribute("d", path);
  at("chart-from").textContent = yuan(first.amount);
  at("chart-to").textContent = yuan(last.amount);
}

// The clock never decides the end: at zero it says that the server's word is awaited.
export function drawClock(state, now, extendMillis) {
  const clock = at("clock");
  const target = state.phase === "scheduled" ? state.opensAt : state.closesAt;
  const left = Math.max(0, target - now);
  const runs = state.phase === "open" || state.phase === "scheduled";
  at("clock-label").textContent = word(clockLabel(state, left));
  at("left").textContent = runs ? duration(left) : "—";
  at("fill").style.transform = "scaleX(" + (state.phase === "open" ? Math.min(1, left / extendMillis) : runs ? 1 : 0) + ")";
  clock.classList.toggle("last", state.phase === "open" && left < 60000);
  return state.phase === "open" ? left : Infinity;
}

function clockLabel(state, left) {
  if (state.phase === "open") {
    return left > 0 ? "until_end" : "awaiting_server";
  }
  if (state.phase === "scheduled") {
    return left > 0 ? "until_opening" : "awaiting_opening";
  }
  return "phase_" + state.phase;
}

export function drawResult(state, me) {
  if (!isOver(state)) {
    return;
  }
  const box = at("result");
  at("room").classList.add("ended");
  const result = state.result || {};
  box.hidden = false;
  document.querySelector(".now").classList.add("over");
  if (!me.code) {
    at("bid").hidden = true;
  }
  const isMine = Boolean(me.code) && result.code === me.code;
  const key = state.phase === "stopped" ? "result_stopped" : result.code ? (isMine ? "result_mine" : "result_sold") : "result_passed_in";
  at("result-title").textContent = word(key);
  at("result-price").textContent = result.code ? yuan(result.price) + " " + word("yuan_unit") : "";
  at("result-code").textContent = result.code ? word("result_code", { code: result.code }) : "";
  at("result-next").textContent = nextWords(state, result, isMine, me);
}

// Only a sale is confirmed; a withdrawal has its reason, and whoever did not win has his deposit.
function nextWords(state, result, isMine, me) {
  if (isMine) {
    return word("next_mine");
  }
  const parts = [];
  if (state.phase === "stopped") {
    parts.push(word(state.pauseGround ? "next_stopped" : "next_stopped_where", { ground: state.pauseGround }));
  }
  if (me.code) {
    parts.push(word("next_other"));
  } else if (result.code) {
    parts.push(word("next_watcher"));
  }
  return parts.join(" ");
}
