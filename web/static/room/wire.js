// From the protocol's messages (web/live/protocol.py, version 1) to what the room speaks of.

const PHASES = { sold: "closed", passed_in: "closed" };

function bidOf(shown) {
  return { seq: shown.seq, code: shown.code, amount: shown.amount_fen, at: shown.entered_at };
}

function stateOf(told) {
  const isSold = told.state === "sold";
  return {
    version: told.version, seq: told.seq, phase: PHASES[told.state] || told.state,
    price: told.price_fen || 0, priceWords: told.price_words,
    leader: told.leader || "", leaderRank: told.leader_rank,
    opensAt: told.opens_at, closesAt: told.closes_at, extensions: told.extensions,
    starting: told.starting_fen, increment: told.increment_fen,
    watchers: told.watchers, pauseGround: told.pause_ground,
    result: PHASES[told.state] ? { code: isSold ? told.leader : "", price: isSold ? told.price_fen : 0 } : null,
  };
}

function verdictOf(told) {
  return told && {
    accepted: told.is_accepted, reason: told.reason, seq: told.seq,
    enteredAt: told.entered_at, receipt: told.receipt,
  };
}

export function heard(told) {
  switch (told.type) {
    case "snapshot":
    case "frame":
      return { kind: told.type, session: told.session, fromSeq: told.from_seq || 0, state: stateOf(told.state), bids: told.bids.map(bidOf) };
    case "verdict":
      return { kind: "verdict", bidId: told.bid_id, verdict: verdictOf(told) };
    case "fate":
      return { kind: "fate", bidId: told.bid_id, verdict: verdictOf(told.verdict) };
    default:
      return { kind: told.type, code: told.code, bidId: told.bid_id, origin: told.origin };
  }
}
