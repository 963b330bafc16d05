// Words and figures: texts come from the page, so that the page's language is the room's.

const shelf = document.getElementById("words");

// `{n|bid|bids}` is the first where n is one and the second where it is not, as in web/i18n.py.
export function word(key, facts) {
  const found = shelf.querySelector('[data-word="' + key + '"]');
  let text = found ? found.textContent : key;
  text = text.replace(/\{(\w+)\|([^|}]*)\|([^|}]*)\}/g, function (whole, name, one, many) {
    return facts && name in facts ? (String(facts[name]) === "1" ? one : many) : whole;
  });
  Object.keys(facts || {}).forEach(function (name) {
    text = text.split("{" + name + "}").join(String(facts[name]));
  });
  return text;
}

export function yuan(fen) {
  const whole = Math.floor(fen / 100);
  const rest = String(fen % 100).padStart(2, "0");
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",") + "." + rest;
}

// Fen of an amount in yuan as people type it; NaN when it is none.
export function fenOf(text) {
  const half = text.replace(/[０-９．，]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0xfee0); });
  const plain = half.replace(/[,\s]/g, "");
  const match = /^(\d{1,30})(?:\.(\d{1,2}))?$/.exec(plain);
  return match ? Number(match[1]) * 100 + Number((match[2] || "").padEnd(2, "0")) : NaN;
}

const clockFace = new Intl.DateTimeFormat("zh-CN", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "Asia/Shanghai",
});

export function timeOfDay(millis) {
  return clockFace.format(new Date(millis));
}

export function duration(millis) {
  const seconds = Math.floor(millis / 1000);
  const two = function (n) { return String(n).padStart(2, "0"); };
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const clock = two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
  const tenth = millis < 60000 ? "." + Math.floor((millis % 1000) / 100) : "";
  return (days ? days + word("days") + " " : "") + (days || hours ? two(hours) + ":" : "") + clock + tenth;
}
