// The line to the hall: tickets, pings, the server's clock, and coming back after a cut.

const SILENCE_MAX = 15000;
const PING_EVERY = 5000;
const BACK_OFF = [500, 8000];
// After a restart (1012) everybody comes back within so long, spread out (web/live/protocol.py).
const RESTART = 1012;
const RESTART_SPREAD = 3000;

export class Line {
  constructor(place, hear) {
    this.place = place;
    this.hear = hear;
    this.socket = null;
    this.offset = 0;
    this.bestTrip = Infinity;
    this.heardAt = 0;
    this.wait = BACK_OFF[0];
    this.isOver = false;
    this.isIn = false;
    setInterval(this.keepAlive.bind(this), 1000);
  }

  // Milliseconds since 1970 as the server counts them.
  now() {
    return performance.timeOrigin + performance.now() + this.offset;
  }

  get isOpen() {
    return Boolean(this.socket) && this.socket.readyState === WebSocket.OPEN;
  }

  async connect() {
    let ticket = null;
    try {
      ticket = this.place.ticketUrl ? await this.fetchTicket() : null;
    } catch (_cut) {
      this.later();
      return;
    }
    const socket = new WebSocket(this.place.live);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onopen = () => {
      this.heardAt = Date.now();
      this.bestTrip = Infinity;
      this.send(Object.assign({ type: "hello", listing: this.place.listing }, ticket ? { ticket: ticket } : {}));
      this.ping();
    };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket === socket) {
        this.socket = null;
        this.isIn = false;
        this.hear({ type: "cut" });
        this.later(event.code === RESTART ? RESTART_SPREAD * Math.random() : undefined);
      }
    };
  }

  async fetchTicket() {
    const answer = await fetch(this.place.ticketUrl, {
      method: "POST", headers: { "X-CSRF-Token": this.place.token }, credentials: "same-origin",
    });
    if ([401, 403, 409, 422].indexOf(answer.status) >= 0) {
      this.isOver = true;
      this.hear({ type: "locked" });
      throw new Error("no seat any more");
    }
    if (!answer.ok) {
      throw new Error("no ticket");
    }
    return (await answer.json()).ticket;
  }

  receive(message) {
    this.heardAt = Date.now();
    if (message.type === "pong") {
      const here = performance.timeOrigin + performance.now();
      const trip = here - message.sent;
      if (trip < this.bestTrip) {
        this.bestTrip = trip;
        this.offset = message.now + trip / 2 - here;
      }
      return;
    }
    if (message.now && this.bestTrip === Infinity) {
      this.offset = message.now - (performance.timeOrigin + performance.now());
    }
    if (message.type === "snapshot") {
      this.wait = BACK_OFF[0];
      this.isIn = true;
    }
    this.hear(message);
  }

  send(message) {
    if (!this.isOpen) {
      return false;
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  ping() {
    this.pingedAt = Date.now();
    this.send({ type: "ping", sent: performance.timeOrigin + performance.now() });
  }

  keepAlive() {
    if (!this.isOpen) {
      return;
    }
    if (Date.now() - this.heardAt > SILENCE_MAX) {
      this.socket.close();
    } else if (Date.now() - this.pingedAt > PING_EVERY) {
      this.ping();
    }
  }

  later(wait) {
    if (this.isOver) {
      return;
    }
    setTimeout(this.connect.bind(this), wait === undefined ? this.wait * (0.5 + Math.random()) : wait);
    this.wait = Math.min(this.wait * 2, BACK_OFF[1]);
  }

  // Start anew with a fresh ticket: the line says that it was cut, and comes back.
  again() {
    if (this.socket) {
      this.socket.close();
    }
  }

  // The hall has no place for this socket: the page stays as it is until it is asked again.
  giveUp() {
    this.isOver = true;
    this.again();
  }

  // The session's home is another process: go there.
  moveTo(origin) {
    this.place.live = origin;
    this.wait = BACK_OFF[0];
    this.again();
  }
}
