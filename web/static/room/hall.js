// What the room knows of the session. Pure: messages in, a new state out; nothing is applied twice.

// The largest amount a bid may carry (auction/kernel/money.py FEN_MAX).
export const MOST_FEN = 9000000000000000;

export const EMPTY = {
  version: -1, seq: -1, phase: "waiting", price: 0, priceWords: "", leader: "", leaderRank: 0,
  opensAt: 0, closesAt: 0, extensions: 0, watchers: 0, bids: [], increment: 0, starting: 0,
  result: null, pauseGround: "",
};

// Whether entries between what is known and this frame were missed.
export function isGap(state, frame) {
  return state.seq >= 0 && frame.fromSeq > state.seq + 1;
}

// A snapshot or a frame: a newer state replaces the old one, bids are added once each.
export function withNews(state, news) {
  const known = {};
  state.bids.forEach(function (bid) { known[bid.seq] = true; });
  const added = news.bids.filter(function (bid) { return !known[bid.seq]; });
  const bids = added.length ? state.bids.concat(added).sort(function (a, b) { return a.seq - b.seq; }) : state.bids;
  const newer = news.state.version >= state.version ? news.state : {};
  return Object.assign({}, state, newer, { bids: bids });
}

// Whether nothing moves any more.
export function isOver(state) {
  return state.phase === "closed" || state.phase === "stopped";
}

export function standingOf(state, me) {
  if (!me) {
    return "watching";
  }
  if (state.leader === me) {
    return "leading";
  }
  return state.bids.some(function (bid) { return bid.code === me; }) ? "outbid" : "none";
}

// The lowest legal next bid; a priority holder may match the price that another holds (网拍21).
export function leastBid(state, me) {
  if (!state.price) {
    return state.starting;
  }
  const outranks = !state.leaderRank || me.rank < state.leaderRank;
  const mayMatch = me.rank > 0 && state.leader !== me.code && outranks;
  return mayMatch ? state.price : state.price + state.increment;
}

// Why an amount is not a legal bid now; an empty text when it is.
export function faultOf(state, me, fen) {
  if (isNaN(fen)) {
    return "not_an_amount";
  }
  if (fen > MOST_FEN) {
    return "too_high";
  }
  if (fen < leastBid(state, me)) {
    return "too_low";
  }
  return (fen - state.starting) % state.increment ? "off_ladder" : "";
}
