// Rooms that stay complete, in a browser or under Node 22 and newer; docs/live.md has the rules this follows.
//
//   const live = new Live({ url: 'ws://127.0.0.1:8000/ws', token: async () => session.access_token })
//   live.follow(roomId, (event) => console.log(event.seq, event.type, event))
//   await live.send(roomId, 'Hello.')
//
// `token` is asked for each connection and a minute before the old one ends: give it one that is fresh. What a handler
// gets are the entries of the room's log, each exactly once and in order, `{ type: 'reset', messages, … }` where it has to
// start over, and what is only said in passing (`presence`, `typing`, `read`).

const LOG = new Set(['message.created', 'message.updated', 'message.deleted', 'participant.added', 'participant.removed', 'room.updated'])
const OVER = new Set([4400, 4403]) // nothing to come back for
const AGAIN = new Set(['unavailable', 'rate_limited', 'server_error'])
const FIRST_PAUSE = 500, LONGEST_PAUSE = 30_000

export class Live {
  constructor({ url, token, onNotice = () => {}, WebSocket = globalThis.WebSocket }) {
    Object.assign(this, { url, token, onNotice, WebSocket })
    this.rooms = new Map() // id → { handler, seq, joined }
    this.waiting = new Map() // ref → { frame, resolve, reject }: what was asked and is not answered yet
    this.refs = 0
    this.pause = FIRST_PAUSE
    this.connect()
  }

  // --- what one does with it ---

  follow(roomId, handler, since = null) {
    this.rooms.set(roomId, { handler, seq: since, joined: false })
    if (this.open) this.join(roomId)
  }

  leave(roomId) {
    this.rooms.delete(roomId)
    return this.ask({ type: 'room.leave', room_id: roomId })
  }

  // The id is made here, so that a message whose answer was lost can be sent again and is still stored once.
  send(roomId, content) {
    return this.ask({ type: 'message.send', room_id: roomId, content, id: crypto.randomUUID() })
  }

  // Nobody answers this one, and an old one is worth nothing.
  typing(roomId, active) {
    if (this.open) this.socket.send(JSON.stringify({ type: 'typing', room_id: roomId, active }))
  }

  // What is not answered before the connection is lost is asked again on the next one.
  ask(frame) {
    return new Promise((resolve, reject) => {
      const ref = String(++this.refs)
      this.waiting.set(ref, { frame: { ...frame, ref }, resolve, reject })
      this.transmit(ref)
    })
  }

  close() {
    this.closed = true
    this.socket?.close()
  }

  // --- the connection ---

  async connect() {
    try {
      const token = await this.token()
      this.socket = new this.WebSocket(this.url, ['lifestring.v1', `bearer.${token}`])
    } catch {
      return this.later()
    }
    this.socket.onmessage = ({ data }) => this.take(JSON.parse(data))
    this.socket.onclose = ({ code }) => {
      this.open = false
      for (const room of this.rooms.values()) room.joined = false
      if (OVER.has(code)) this.closed = true
      this.onNotice({ type: 'closed', code, final: Boolean(this.closed) })
      if (!this.closed) this.later()
      else for (const { reject } of this.waiting.values()) reject(new Error(`closed: ${code}`))
    }
  }

  later() {
    // A random part, so that all the clients of a server that restarts do not come back at once.
    if (!this.closed) setTimeout(() => this.connect(), this.pause * (0.5 + Math.random() / 2))
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE)
  }

  transmit(ref) {
    const asked = this.waiting.get(ref)
    if (asked && this.open) this.socket.send(JSON.stringify(asked.frame))
  }

  // --- what comes in ---

  take(frame) {
    if (frame.type === 'hello') return this.greet()
    if (frame.type === 'auth.expiring') return this.renew()
    if (frame.ref && this.waiting.has(frame.ref)) return this.answer(frame)
    const room = this.rooms.get(frame.room_id)
    if (room && LOG.has(frame.type)) this.hear(frame.room_id, room, frame)
    else if (room) room.handler(frame)
    else this.onNotice(frame)
  }

  greet() {
    this.open = true
    this.pause = FIRST_PAUSE
    for (const roomId of this.rooms.keys()) this.join(roomId)
    for (const ref of this.waiting.keys()) if (!this.waiting.get(ref).joins) this.transmit(ref)
  }

  async renew() {
    const answer = this.ask({ type: 'auth', token: await this.token() })
    await answer.catch((error) => this.onNotice({ type: 'error', message: error.message }))
  }

  answer(frame) {
    const { joins, resolve, reject } = this.waiting.get(frame.ref)
    if (frame.type === 'error' && AGAIN.has(frame.code)) return setTimeout(() => this.transmit(frame.ref), 1000)
    this.waiting.delete(frame.ref)
    if (joins) this.joined(joins, frame)
    if (frame.type === 'error') reject(Object.assign(new Error(frame.message), frame))
    else resolve(frame)
  }

  // --- rooms ---

  join(roomId) {
    const ref = String(++this.refs)
    // Of an earlier connection there may be one without an answer.
    for (const [old, { joins }] of this.waiting) if (joins === roomId) this.waiting.delete(old)
    const { seq } = this.rooms.get(roomId)
    const frame = { type: 'room.join', room_id: roomId, ref, ...(seq === null ? {} : { since: seq }) }
    this.waiting.set(ref, { frame, joins: roomId, resolve() {}, reject() {} })
    this.transmit(ref)
  }

  joined(roomId, frame) {
    const room = this.rooms.get(roomId)
    if (!room) return
    if (frame.type === 'error') {
      this.rooms.delete(roomId)
      return room.handler(frame)
    }
    if (frame.reset) {
      room.seq = frame.seq
      room.handler({ ...frame, type: 'reset' })
    } else {
      for (const event of frame.events) this.hear(roomId, room, event)
      // More of the log than fits into one answer: the room is joined when all of it was read.
      if (frame.has_more) return this.join(roomId)
    }
    room.joined = true
  }

  hear(roomId, room, event) {
    if (event.seq <= room.seq) return
    if (room.seq !== null && event.seq !== room.seq + 1) {
      // It never happens, says the contract. If it does, ask for what is missing rather than show a hole.
      this.onNotice({ type: 'hole', room_id: roomId, after: room.seq, got: event.seq })
      return this.join(roomId)
    }
    room.seq = event.seq
    room.handler(event)
  }
}
