// What the room knows of the session. Pure: messages in, a new state out; nothing is applied twice.

export const EMPTY = {
  seq: -1, phase: "waiting", price: 0, priceWords: "", leader: "", opensAt: 0, closesAt: 0,
  extensions: 0, watchers: 0, registrations: 0, bids: [], increment: 0, starting: 0, result: null,
  pausedWhy: "",
};

export function isGap(state, frame) {
  return state.seq >= 0 && frame.fromSeq > state.seq + 1;
}

export function withSnapshot(state, snapshot) {
  return snapshot.seq < state.seq ? state : Object.assign({}, state, snapshot);
}

// A frame carries the bids after what was sent last; those already known are left out.
export function withFrame(state, frame) {
  if (frame.seq < state.seq) {
    return state;
  }
  const known = {};
  state.bids.forEach(function (bid) { known[bid.seq] = true; });
  const added = frame.bids.filter(function (bid) { return !known[bid.seq]; });
  const bids = state.bids.concat(added).sort(function (a, b) { return a.seq - b.seq; });
  return Object.assign({}, state, frame, { bids: bids });
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
  const mayMatch = me.rank && state.leader !== me.code && !leaderOutranks(state, me.rank);
  return mayMatch ? state.price : state.price + state.increment;
}

function leaderOutranks(state, rank) {
  return state.leaderRank > 0 && state.leaderRank <= rank;
}

// Why an amount is not a legal bid now; an empty text when it is.
export function faultOf(state, me, fen) {
  if (isNaN(fen)) {
    return "not_an_amount";
  }
  if (fen < leastBid(state, me)) {
    return "too_low";
  }
  return (fen - state.starting) % state.increment ? "off_ladder" : "";
}
